# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Five services on one host: ours, and the roles of the same names of prometheus.prometheus on a host like it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml

from tools.benchmark.promises import SITE
from tools.benchmark.runs import Ansible, Run, best
from tools.benchmark.tables import Table

SERVICES = ("node_exporter", "postgres_exporter", "redis_exporter", "prometheus", "alertmanager")
PEER = "prometheus.prometheus"
LIMIT_NOOP = 1 / 20
"""Of the peer's time for a run that changes nothing, ours may take this part; see LIMIT_FIRST."""
LIMIT_FIRST = 1 / 2
REPEATS = 3


@dataclass(frozen=True)
class Peer:
    """A checkout of the other collection.

    Args:
        address: A fresh host.
        collections: The directory that holds `ansible_collections`.
        variables: A file of variables for its roles, where they cannot take the releases from the addresses they know.
    """

    address: str
    collections: Path
    variables: Path | None = None


@dataclass(frozen=True)
class _Times:
    first: float
    noop: float
    executions: int


def measure(address: str, workspace: Path, variables: Path | None, peer: Peer | None) -> Table:
    """Measure ours on a fresh host, and the peer where there is one.

    Args:
        address: The fresh host.
        workspace: See `Ansible`.
        variables: A file of variables for ours, where it is not to install the distribution's packages.
        peer: The other collection.
    """
    table = Table(f"Five services on one host: {', '.join(SERVICES)}")
    ours = _ours(address, workspace, variables)
    table.seconds("first converge", ours.first)
    table.seconds("no-op", ours.noop)
    table.number("remote executions in a no-op", ours.executions, len(SERVICES) + 1)
    if peer is None:
        table.rows.append((f"compared with {PEER}", "  not run: PEER_COLLECTIONS names no directory"))
        return table
    theirs = _theirs(peer, workspace)
    table.seconds(f"{PEER}: first converge", theirs.first)
    table.seconds(f"{PEER}: no-op", theirs.noop)
    table.number(f"{PEER}: remote executions in a no-op", theirs.executions)
    table.number("first converge, ours / theirs", ours.first / theirs.first, LIMIT_FIRST)
    table.number("no-op, ours / theirs", ours.noop / theirs.noop, LIMIT_NOOP)
    return table


def _ours(address: str, workspace: Path, file: Path | None) -> _Times:
    groups = ("observability_hosts", "tickets_postgresql", "tickets_redis", "prometheus", "alertmanager")
    variables = {
        "observability_install_method": "package",
        "redis_exporter_passwords": {"main": "example-only-redis-exporter"},
    }
    ansible = Ansible("ours", {"bench": address}, {key: ["bench"] for key in groups}, variables, workspace)
    tags = ("--tags", ",".join(SERVICES))
    return _times(lambda *arguments: ansible.playbook(SITE, *tags, *_extra(file), *arguments))


def _theirs(peer: Peer, workspace: Path) -> _Times:
    playbook = workspace / "peer.yml"
    play = {
        "name": "Deploy five services",
        "hosts": "all",
        "roles": [f"{PEER}.{service}" for service in SERVICES],
        "vars": {"alertmanager_route": {"receiver": "none"}, "alertmanager_receivers": [{"name": "none"}]},
    }
    playbook.write_text(yaml.safe_dump([play], sort_keys=False))
    # Ansible's defaults, where this checkout's ansible.cfg has others that its roles cannot live with.
    environment = {
        "ANSIBLE_COLLECTIONS_PATH": str(peer.collections),
        "ANSIBLE_ALLOW_EMBEDDED_TEMPLATES": "true",
        "ANSIBLE_GATHERING": "implicit",
        "ANSIBLE_INJECT_FACT_VARS": "true",
    }
    ansible = Ansible("theirs", {"bench": peer.address}, {}, {}, workspace, environment)
    return _times(lambda *arguments: ansible.playbook(playbook, *_extra(peer.variables), *arguments))


def _extra(file: Path | None) -> tuple[str, ...]:
    return ("--extra-vars", f"@{file}") if file else ()


def _times(run: Callable[..., Run]) -> _Times:
    first = run().seconds
    return _Times(first, best(run, REPEATS).seconds, run("-vvv").executions)

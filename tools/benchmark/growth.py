# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From one host to ten: what a further host costs a run that changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tools.benchmark.promises import SITE
from tools.benchmark.runs import Ansible, best
from tools.benchmark.tables import Table

SERVICES = ("--tags", "node_exporter")
REPEATS = 3


def measure(addresses: Sequence[str], workspace: Path) -> Table:
    """Measure node_exporter on the hosts, and on the first of them alone."""
    hosts = {f"bench{number:02}": address for number, address in enumerate(addresses, start=1)}
    first, *_others = hosts
    variables = {"observability_install_method": "package"}
    groups = {"observability_hosts": list(hosts), "prometheus": [first]}
    many = Ansible("many", hosts, groups, variables, workspace)
    one = Ansible("one", {first: hosts[first]}, {key: [first] for key in groups}, variables, workspace)
    many.playbook(SITE, *SERVICES)
    alone = best(lambda: one.playbook(SITE, *SERVICES), REPEATS).seconds
    together = best(lambda: many.playbook(SITE, *SERVICES), REPEATS).seconds
    table = Table(f"node_exporter on one host and on {len(hosts)}")
    table.seconds("no-op, one host", alone)
    table.seconds(f"no-op, {len(hosts)} hosts", together)
    table.seconds("a further host", (together - alone) / (len(hosts) - 1))
    return table

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What a service has to do so that what runs is what is on disk; pure decisions."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service import files
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.bundle import (
    Bundle,
    strongest,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.state import Proof
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.systemd import UnitState

Loaded = t.Dict[str, t.Dict[str, t.Optional[t.List[int]]]]  # noqa: UP006 -- evaluated on Python 3.9
START_MARGIN = 0.1
"""Seconds by which a file must be older than a process to count as loaded at its start (coarse file clock)."""


@dataclass(frozen=True)
class Decision:
    """What to do and why.

    Attributes:
        reaction: none, reload, restart, start or stop.
        reasons: For people, empty where there is nothing to do.
    """

    reaction: str
    reasons: tuple[str, ...] = ()


def current_identities(bundle: Bundle) -> Loaded:
    """Identity of every file that the service loads, by reaction class; what asks for no reaction is left out."""
    paths: dict[str, list[str]] = {"reload": [], "restart": list(bundle.programs)}
    paths[bundle.watch_reaction] += bundle.watch
    reactions = [(item.on_change, item.dest) for item in bundle.files]
    reactions += [(link.on_change, link.dest) for link in bundle.links]
    for on_change, dest in reactions:
        if on_change in paths:
            paths[on_change].append(dest)
    return identities_of(paths, bundle.watch)


def identities_of(paths: dict[str, list[str]], watched: t.Container[str]) -> Loaded:
    """Identity of files by reaction class.

    Certificates are often links that a renewal points elsewhere: of a watched path the file behind the link counts.
    """
    return {
        reaction: {path: files.identity(path, follow=path in watched) for path in listed}
        for reaction, listed in paths.items()
    }


def drift(now: Loaded, proof: Proof | None, unit: UnitState) -> list[tuple[str, str]]:
    """Files that the running process has not been seen to load, as (reaction, path).

    A file that changed since the proof counts as loaded only when another process than the proven one started after the
    change: that was a reboot or a package upgrade. Within one run of the process clocks are not asked at all.
    """
    same_run = proof is not None and proof.invocation_id == unit.invocation_id
    found = []
    for reaction, paths in now.items():
        proven = proof.loaded.get(reaction, {}) if proof is not None else {}
        for path, identity in sorted(paths.items()):
            if identity is None or (path in proven and proven[path] == identity):
                continue
            started_after = identity[1] / 1e9 < unit.started - START_MARGIN
            if same_run or not started_after:
                found.append((reaction, path))
    return found


def decide(
    bundle: Bundle,
    unit: UnitState,
    change_reaction: str,
    drifted: t.Sequence[tuple[str, str]],
    replaced: str | None,
) -> Decision:
    """Decide on one reaction.

    Args:
        bundle: What should be.
        unit: What is.
        change_reaction: The strongest reaction that this run's changes ask for.
        drifted: What drift() found.
        replaced: Path of the program if the running one was replaced on disk.
    """
    if bundle.state == "stopped":
        return (
            Decision("stop", ("it should be stopped",))
            if unit.running or unit.active == "activating"
            else Decision("none")
        )
    if not unit.running and unit.active != "activating":
        return Decision("start", ("it is %s" % (unit.active if unit.load != "not-found" else "new on this host"),))
    reasons: list[tuple[str, str]] = []
    if change_reaction != "none":
        reasons.append((change_reaction, "its files changed"))
    reasons += [(reaction, "%s changed since it was last loaded" % path) for reaction, path in drifted]
    if unit.need_daemon_reload or _shadowed(bundle, unit):
        reasons.append(("restart", "its unit changed on disk"))
    if replaced:
        reasons.append(("restart", "%s was replaced under the running process" % replaced))
    reaction = strongest(reaction for reaction, _reason in reasons)
    if reaction == "reload" and not unit.running:
        reaction = "restart"
        reasons.append(("restart", "it is still starting, with its earlier files"))
    if reaction == "reload" and not unit.can_reload and not (bundle.loaded and bundle.loaded.reload_url):
        reaction = "restart"
        reasons.append(("restart", "it cannot reload"))
    return Decision(reaction, tuple(reason for _reaction, reason in reasons))


def _shadowed(bundle: Bundle, unit: UnitState) -> bool:
    """Whether systemd still knows another unit file (the package's) than ours: it does not notice by itself."""
    ours = any(item.dest == bundle.unit_path for item in bundle.files)
    return ours and unit.fragment != bundle.unit_path

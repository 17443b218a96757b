# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Waiting until a service is ready, and until it has confirmed a reload."""

from __future__ import annotations

import time
from dataclasses import dataclass

from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service import probing
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.bundle import (
    Bundle,
    LoadedSpec,
    ProbeSpec,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.systemd import (
    Unit,
    UnitState,
)

INTERVAL = 0.2
STABLE = 1.0
"""Seconds for which a ready service must stay the same process."""


@dataclass(frozen=True)
class Verdict:
    """Whether the service is as wanted; the reason is for people."""

    ok: bool
    reason: str = ""


def wait_ready(unit: Unit, bundle: Bundle, baseline: UnitState) -> Verdict:
    """Wait until the unit's own process answers the probe and is still the same process a second later.

    While the process lives it may take up to the probe's timeout (Prometheus replays its log); when it exits the wait
    ends.

    Args:
        unit: The unit.
        bundle: Its probe; without one an active, stable process is ready.
        baseline: The unit's state right after it was started, to notice restarts by systemd.
    """
    probe = bundle.ready
    deadline = time.monotonic() + (probe.timeout if probe else 60.0)
    why_not = "systemd says it is %s" % baseline.active
    while True:
        now = unit.show()
        changed = _other_process(baseline, now)
        if changed:
            return Verdict(False, changed)
        if now.active == "active":
            why_not = _probe(unit, probe) if probe else ""
            if not why_not:
                time.sleep(STABLE)
                later = unit.show()
                changed = _other_process(now, later)
                if changed:
                    return Verdict(False, "it answered and then ended: " + changed)
                why_not = _probe(unit, probe) if probe else ""
                if not why_not:
                    return Verdict(True)
        if time.monotonic() > deadline:
            return Verdict(False, "not ready after %d s: %s" % (probe.timeout if probe else 60, why_not))
        time.sleep(INTERVAL)


def _other_process(before: UnitState, now: UnitState) -> str:
    if now.died:
        return "its process has ended: " + now.describe_exit()
    if now.restarts > before.restarts or (before.invocation_id and now.invocation_id != before.invocation_id):
        return "its process ended and systemd started it again (restart %d)" % now.restarts
    if before.pid and before.active == "active" and now.pid != before.pid:
        return "its main process changed from %d to %d" % (before.pid, now.pid)
    return ""


def _probe(unit: Unit, probe: ProbeSpec) -> str:
    """Why the service is not ready; empty when it is."""
    answer = probing.request(probe)
    if answer.status not in probe.status:
        return "%s: %s" % (probe.url, answer.reason or "HTTP status %d" % answer.status)
    why_not = probing.unexpected(answer, probe.expect)
    if why_not:
        return "%s: %s" % (probe.url, why_not)
    other = probing.foreign_listener(probe.url, unit.processes())
    return "%s is answered by %s, which is not of %s" % (probe.url, other, unit.name) if other else ""


def confirm_reload(unit: Unit, bundle: Bundle) -> Verdict:
    """Reload the service; true only when the service itself says that it has loaded its files."""
    loaded, probe = bundle.loaded, bundle.ready or ProbeSpec("")
    if loaded is not None and loaded.reload_url:
        answer = probing.request(probe, loaded.reload_url, method="POST", timeout=loaded.timeout)
        if answer.status == 200:
            return Verdict(True)
        return Verdict(False, answer.reason or "HTTP status %d: %s" % (answer.status, answer.body.strip()))
    before = _load_metrics(loaded, probe) if loaded is not None else {}
    baseline = unit.show()
    outcome = unit.tell("reload")
    if not outcome.ok:
        return Verdict(False, outcome.output.strip())
    if loaded is None:
        return wait_ready(unit, bundle, baseline)
    return _wait_loaded(unit, loaded, probe, before, baseline)


def _wait_loaded(
    unit: Unit, loaded: LoadedSpec, probe: ProbeSpec, before: dict[str, float], baseline: UnitState
) -> Verdict:
    deadline = time.monotonic() + loaded.timeout
    while True:
        now = _load_metrics(loaded, probe)
        changed = _other_process(baseline, unit.show())
        if changed:
            return Verdict(False, changed)
        if now.get(loaded.success_metric) == 1.0 and now.get(loaded.timestamp_metric) != before.get(
            loaded.timestamp_metric
        ):
            return Verdict(True)
        if now.get(loaded.success_metric) == 0.0 and before.get(loaded.success_metric) == 1.0:
            return Verdict(False, "it refused its new files (%s is 0)" % loaded.success_metric)
        if time.monotonic() > deadline:
            return Verdict(
                False, "it did not confirm the reload within %d s (%s)" % (loaded.timeout, loaded.timestamp_metric)
            )
        time.sleep(0.05)


def _load_metrics(loaded: LoadedSpec | None, probe: ProbeSpec) -> dict[str, float]:
    if loaded is None:
        return {}
    answer = probing.request(probe, loaded.metrics_url)
    return probing.metric_values(answer.body, (loaded.success_metric, loaded.timestamp_metric))

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Probes of the log stack: Elasticsearch, Logstash, Kibana, Filebeat."""

from __future__ import annotations

import time
import typing as t

from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.http import fetch_json, joined
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.model import (
    CRITICAL,
    DEGRADED,
    OK,
    Access,
    Unreachable,
    Verdict,
    listed,
    worst,
)


def probe_elasticsearch_cluster(parameters: dict[str, t.Any], access: Access, timeout: float) -> Verdict:
    """The cluster is whole: all nodes are there and all shards are assigned."""
    health = fetch_json(joined(parameters["url"], "/_cluster/health"), access, timeout)
    nodes, expected = health["number_of_nodes"], int(parameters.get("expected", 1))
    unassigned = "%d shards are unassigned" % health["unassigned_shards"]
    if health["status"] == "red":
        return Verdict(CRITICAL, "is red, data is missing: %s" % unassigned)
    if nodes < expected:
        return Verdict(DEGRADED, "has %d of %d nodes; it is %s, %s" % (nodes, expected, health["status"], unassigned))
    if health["status"] != "green":
        return Verdict(DEGRADED, "is %s: %s" % (health["status"], unassigned))
    return Verdict(OK, "is green, %d nodes, %d shards" % (nodes, health["active_shards"]))


def probe_elasticsearch_disk(parameters: dict[str, t.Any], access: Access, timeout: float) -> Verdict:
    """No node is near a disk watermark: above the last one Elasticsearch stops taking data."""
    low = float(parameters.get("low", 0.85))
    flood = float(parameters.get("flood", 0.95))
    stats = fetch_json(
        joined(parameters["url"], "/_nodes/stats/fs", filter_path="nodes.*.name,nodes.*.fs.total"), access, timeout
    )
    states, full = [], []
    for node in stats.get("nodes", {}).values():
        total = node["fs"]["total"]
        used = 1 - total["available_in_bytes"] / total["total_in_bytes"]
        states.append(CRITICAL if used >= flood else DEGRADED if used >= low else OK)
        if used >= low:
            full.append("%s uses %.0f %% of its disk" % (node["name"], used * 100))
    if not states:
        raise Unreachable("does not tell about its disks")
    return Verdict(worst(states), listed(sorted(full)) or "no disk is near its watermark", tuple(sorted(full)))


def probe_logstash_pipelines(parameters: dict[str, t.Any], access: Access, timeout: float) -> Verdict:
    """Pipelines run, with their present configuration, and no queue is full."""
    stats = fetch_json(joined(parameters["url"], "/_node/stats/pipelines"), access, timeout)
    pipelines = {name: item for name, item in stats["pipelines"].items() if not name.startswith(".")}
    if not pipelines:
        return Verdict(CRITICAL, "no pipeline runs")
    states, bad = [OK], []
    for name, pipeline in sorted(pipelines.items()):
        filled = _filled(pipeline.get("queue") or {})
        if filled >= float(parameters.get("degraded_queue", 0.8)):
            states.append(CRITICAL if filled >= float(parameters.get("critical_queue", 0.95)) else DEGRADED)
            bad.append("the queue of %s is %.0f %% full" % (name, filled * 100))
        if (pipeline.get("reloads") or {}).get("last_error"):
            states.append(DEGRADED)
            bad.append("%s could not be reloaded: %s" % (name, pipeline["reloads"]["last_error"]["message"]))
        if not pipeline.get("events"):
            states.append(CRITICAL)
            bad.append("%s does not run" % name)
    return Verdict(worst(states), listed(bad, 3) or "%d pipelines run" % len(pipelines), tuple(bad))


def probe_logstash_dead_letters(parameters: dict[str, t.Any], access: Access, timeout: float) -> Verdict:
    """No event lies where those are kept that Elasticsearch has refused for good; when it is full, the oldest goes."""
    stats = fetch_json(joined(parameters["url"], "/_node/stats/pipelines"), access, timeout)
    states, bad = [OK], []
    for name, pipeline in sorted(stats["pipelines"].items()):
        queue = pipeline.get("dead_letter_queue") or {}
        # A queue without events has a file with one byte, the version of its format.
        kept, most = int(queue.get("queue_size_in_bytes", 0)), int(queue.get("max_queue_size_in_bytes", 0))
        if kept <= 1:
            continue
        full = most and kept >= most * float(parameters.get("critical_size", 0.9))
        states.append(CRITICAL if full else DEGRADED)
        more = ", as many as may be kept" if full else ""
        bad.append("%d bytes of events of %s were refused by Elasticsearch and are kept%s" % (kept, name, more))
    return Verdict(worst(states), listed(bad, 3) or "no event was refused", tuple(bad))


def _filled(queue: dict[str, t.Any]) -> float:
    """How full a persistent queue is, from 0 to 1. One in memory has no limit that is told."""
    capacity = queue.get("capacity") or queue
    most = capacity.get("max_queue_size_in_bytes") or 0
    return float(capacity.get("queue_size_in_bytes", 0)) / most if most else 0.0


def probe_kibana_status(parameters: dict[str, t.Any], access: Access, timeout: float) -> Verdict:
    """Kibana is available. It answers with 503 when it is not, and says why."""
    status = fetch_json(joined(parameters["url"], "/api/status"), access, timeout, (200, 503))["status"]
    overall = status["overall"]
    level = overall.get("level", "unavailable")
    state = {"available": OK, "degraded": DEGRADED}.get(level, CRITICAL)
    return Verdict(state, "is %s%s" % (level, "" if state == OK else ": " + overall.get("summary", "it says no more")))


def probe_filebeat_delivery(parameters: dict[str, t.Any], access: Access, timeout: float) -> Verdict:
    """What Filebeat reads gets out: its queue is not full, and while it fails to send it also succeeds."""
    before = _libbeat(parameters, access, timeout)
    time.sleep(float(parameters.get("interval", 1.0)))
    after = _libbeat(parameters, access, timeout)
    failed, acked = (after["output"][key] - before["output"][key] for key in ("failed", "acked"))
    if failed > 0 and acked <= 0:
        return Verdict(CRITICAL, "cannot deliver: %d events failed and none arrived" % failed)
    if after["filled"] >= float(parameters.get("degraded_queue", 0.9)):
        return Verdict(DEGRADED, "its queue is %.0f %% full" % (after["filled"] * 100))
    if after["output"]["active"] > 0 and acked <= 0 and before["output"]["active"] == after["output"]["active"]:
        return Verdict(DEGRADED, "%d events wait for an answer" % after["output"]["active"])
    return Verdict(OK, "delivers, %d events so far" % after["output"]["acked"])


def _libbeat(parameters: dict[str, t.Any], access: Access, timeout: float) -> dict[str, t.Any]:
    stats = fetch_json(joined(parameters["url"], "/stats"), access, timeout)["libbeat"]
    events = stats["output"].get("events") or {}
    filled = ((stats.get("pipeline") or {}).get("queue") or {}).get("filled") or {}
    return {
        "output": {key: int(events.get(key, 0)) for key in ("acked", "active", "failed")},
        "filled": float(filled.get("pct", 0.0)),
    }

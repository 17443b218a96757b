# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Probes of the monitoring: Prometheus, Alertmanager, Grafana.

`url` is always the address of the service with its path prefix.
"""

from __future__ import annotations

import time
import typing as t

from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.alertmanager import timestamp
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.http import (
    fetch,
    fetch_json,
    joined,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.model import (
    CRITICAL,
    DEGRADED,
    OK,
    Access,
    CannotTell,
    Unreachable,
    Verdict,
    listed,
    worst,
)

_TSDB_FAILURES = {
    "prometheus_tsdb_compactions_failed_total": "compactions failed",
    "prometheus_tsdb_reloads_failures_total": "blocks could not be loaded",
    "prometheus_tsdb_wal_corruptions_total": "the write-ahead log was corrupt",
    "prometheus_tsdb_wal_truncations_failed_total": "the write-ahead log could not be cut",
    "prometheus_tsdb_head_truncations_failed_total": "data in memory could not be written",
}
# The threshold health_check_age_seconds of the alert HealthCheckStale, which fires five minutes later.
_STALE_SECONDS = 600


def _api(parameters: dict[str, t.Any], access: Access, timeout: float, path: str, **query: str) -> t.Any:
    answer = fetch_json(joined(parameters["url"], "/api/v1/" + path, **query), access, timeout)
    if not isinstance(answer, dict) or answer.get("status") != "success":
        raise Unreachable("does not answer as Prometheus does")
    return answer["data"]


def query(parameters: dict[str, t.Any], access: Access, timeout: float, expression: str) -> list[dict[str, t.Any]]:
    """The samples of an instant query.

    Raises:
        CannotTell, Unreachable: As of fetch_json.
    """
    samples: list[dict[str, t.Any]] = _api(parameters, access, timeout, "query", query=expression)["result"]
    return samples


def probe_prometheus_targets(parameters: dict[str, t.Any], access: Access, timeout: float) -> Verdict:
    """All targets answer. That all of a job are down is critical; one of many is the business of an alert."""
    targets = _api(parameters, access, timeout, "targets", state="active")["activeTargets"]
    if not targets:
        return Verdict(CRITICAL, "watches nothing: it has no targets")
    jobs: dict[str, list[bool]] = {}
    down = []
    for target in targets:
        labels = target["labels"]
        jobs.setdefault(labels["job"], []).append(target["health"] == "down")
        if target["health"] == "down":
            down.append("%s %s: %s" % (labels["job"], labels.get("instance", ""), target.get("lastError", "")))
    dead = sorted(job for job, states in jobs.items() if all(states))
    if dead:
        return Verdict(CRITICAL, "reaches nothing of %s" % listed(dead), tuple(sorted(down)))
    if down:
        text = "%d of %d targets are down: %s" % (len(down), len(targets), listed(sorted(down), 3))
        return Verdict(DEGRADED, text, tuple(sorted(down)))
    return Verdict(OK, "%d targets, none is down" % len(targets))


def probe_prometheus_rules(parameters: dict[str, t.Any], access: Access, timeout: float) -> Verdict:
    """All rules can be evaluated. An alert whose rule fails cannot fire."""
    rules = [rule for group in _api(parameters, access, timeout, "rules")["groups"] for rule in group["rules"]]
    failing = sorted("%s: %s" % (rule["name"], rule.get("lastError", "")) for rule in rules if rule["health"] == "err")
    if failing:
        return Verdict(CRITICAL, "%d rules fail: %s" % (len(failing), listed(failing, 3)), tuple(failing))
    return Verdict(OK, "%d rules, none fails" % len(rules))


def probe_prometheus_alerts(parameters: dict[str, t.Any], access: Access, timeout: float) -> Verdict:
    """No alert fires. Only the severities critical and warning count."""
    states = {"critical": CRITICAL, "warning": DEGRADED}
    firing: list[tuple[str, str]] = []
    for alert in _api(parameters, access, timeout, "alerts")["alerts"]:
        labels = alert["labels"]
        severity = labels.get("severity", "")
        if alert["state"] == "firing" and severity in states:
            where = labels.get("node") or labels.get("instance") or labels.get("job") or ""
            firing.append((severity, "%s (%s)%s" % (labels["alertname"], severity, where and " on " + where)))
    names = [name for _severity, name in sorted(firing)]
    if not names:
        return Verdict(OK, "no alert fires")
    state = worst(states[severity] for severity, _name in firing)
    return Verdict(state, "%d alerts fire: %s" % (len(names), listed(names)), tuple(names))


def probe_prometheus_tsdb(parameters: dict[str, t.Any], access: Access, timeout: float) -> Verdict:
    """It runs with its present configuration, and its database has had no failure for some hours."""
    info = _api(parameters, access, timeout, "status/runtimeinfo")
    if info.get("reloadConfigSuccess") is False:
        return Verdict(CRITICAL, "could not load its configuration and runs with the one before")
    own = '{job="prometheus",node="%s"}' % parameters["node"]
    expression = " or ".join(
        'label_replace(increase(%s%s[3h]) > 0, "what", "%s", "", "")' % (metric, own, metric)
        for metric in _TSDB_FAILURES
    )
    failures = [_TSDB_FAILURES[sample["metric"]["what"]] for sample in query(parameters, access, timeout, expression)]
    if failures:
        return Verdict(DEGRADED, "within three hours " + listed(failures), tuple(failures))
    series = _api(parameters, access, timeout, "status/tsdb")["headStats"]["numSeries"]
    return Verdict(OK, "%d series, no failures" % series)


def probe_prometheus_health_checks(parameters: dict[str, t.Any], access: Access, timeout: float) -> Verdict:
    """What the health checks of the other hosts have found, and which of them have stopped."""
    others = '{node!="%s"}' % parameters["node"]
    samples = query(parameters, access, timeout, "ets_health_check_status%s > 0" % others)
    states = {1: DEGRADED, 2: CRITICAL, 3: DEGRADED}
    found = [
        (states[int(float(sample["value"][1]))], "%s on %s" % (sample["metric"]["check"], sample["metric"]["node"]))
        for sample in samples
    ]
    stale = query(
        parameters,
        access,
        timeout,
        "time() - ets_health_check_last_run_timestamp_seconds%s > %d" % (others, _STALE_SECONDS),
    )
    found += [(DEGRADED, "no health check for a while on %s" % sample["metric"]["node"]) for sample in stale]
    names = [name for _state, name in sorted(found)]
    if not names:
        return Verdict(OK, "the other hosts found nothing wrong with themselves")
    return Verdict(worst(state for state, _name in found), listed(names), tuple(names))


def probe_alertmanager_cluster(parameters: dict[str, t.Any], access: Access, timeout: float) -> Verdict:
    """The replicas know each other: otherwise every notification comes more than once."""
    cluster = fetch_json(joined(parameters["url"], "/api/v2/status"), access, timeout)["cluster"]
    expected, peers = int(parameters.get("expected", 1)), cluster.get("peers") or []
    if cluster["status"] == "disabled":
        if expected > 1:
            return Verdict(DEGRADED, "stands alone, though there should be %d of them" % expected)
        return Verdict(OK, "stands alone, as it should")
    if len(peers) < expected:
        names = ", ".join(sorted(peer.get("address", "") for peer in peers))
        return Verdict(DEGRADED, "sees %d of %d members: %s" % (len(peers), expected, names))
    if cluster["status"] != "ready":
        return Verdict(DEGRADED, "its cluster is %s" % cluster["status"])
    return Verdict(OK, "sees all %d members" % len(peers))


def probe_alertmanager_silences(parameters: dict[str, t.Any], access: Access, timeout: float) -> Verdict:
    """No silence lasts so long that it must have been forgotten."""
    limit = float(parameters.get("degraded_days", 7)) * 86400
    silences = fetch_json(joined(parameters["url"], "/api/v2/silences"), access, timeout)
    active = [silence for silence in silences if silence["status"]["state"] == "active"]
    long = [
        "%s by %s until %s (%s)" % (matchers_text(silence), silence["createdBy"], silence["endsAt"], silence["comment"])
        for silence in active
        if timestamp(silence["endsAt"]) - time.time() > limit
    ]
    if long:
        return Verdict(DEGRADED, "%d silences go on for long: %s" % (len(long), listed(long, 3)), tuple(long))
    return Verdict(OK, "%d silences are active" % len(active))


def matchers_text(silence: dict[str, t.Any]) -> str:
    """The matchers of a silence as Alertmanager writes them."""
    operators = {(True, False): "=", (False, False): "!=", (True, True): "=~", (False, True): "!~"}
    return ", ".join(
        '%s%s"%s"' % (item["name"], operators[item.get("isEqual", True), item["isRegex"]], item["value"])
        for item in silence["matchers"]
    )


def probe_grafana_datasources(parameters: dict[str, t.Any], access: Access, timeout: float) -> Verdict:
    """Grafana reaches its data sources, as far as their plugins can tell."""
    sources = fetch_json(joined(parameters["url"], "/api/datasources"), access, timeout)
    bad = []
    for source in sources:
        answer = fetch(joined(parameters["url"], "/api/datasources/uid/%s/health" % source["uid"]), access, timeout)
        if answer.status in (404, 501):  # its plugin has no health check
            continue
        if answer.status in (401, 403):
            raise CannotTell("may not ask for the health of data sources (HTTP %d)" % answer.status)
        data = answer.json()
        if answer.status != 200 or data.get("status") != "OK":
            bad.append("%s: %s" % (source["name"], data.get("message", "HTTP %d" % answer.status)))
    if not sources:
        return Verdict(CRITICAL, "has no data source")
    if bad:
        state = CRITICAL if len(bad) == len(sources) else DEGRADED
        return Verdict(state, "does not reach %s" % listed(bad, 3), tuple(bad))
    return Verdict(OK, "reaches all of its %d data sources" % len(sources))

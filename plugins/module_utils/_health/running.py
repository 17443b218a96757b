# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. All kinds of probes, the list of checks, and running all of them at once."""

from __future__ import annotations

import threading
import time
import typing as t
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase

from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.model import (
    CRITICAL,
    UNKNOWN,
    Access,
    CannotTell,
    Check,
    ConfigError,
    Finding,
    Unreachable,
    Verdict,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.probes_host import (
    check_expression,
    probe_clock,
    probe_disk,
    probe_http,
    probe_metric_age,
    probe_tcp,
    probe_ticket_system,
    probe_tls,
    probe_unit,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.probes_logging import (
    probe_elasticsearch_cluster,
    probe_elasticsearch_disk,
    probe_filebeat_delivery,
    probe_kibana_status,
    probe_logstash_dead_letters,
    probe_logstash_pipelines,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.probes_monitoring import (
    probe_alertmanager_cluster,
    probe_alertmanager_silences,
    probe_grafana_datasources,
    probe_prometheus_alerts,
    probe_prometheus_health_checks,
    probe_prometheus_rules,
    probe_prometheus_targets,
    probe_prometheus_tsdb,
)

Probe = t.Callable[[t.Dict[str, t.Any], Access, float], Verdict]  # noqa: UP006 -- evaluated on Python 3.9


@dataclass(frozen=True)
class Kind:
    """A kind of probe.

    Attributes:
        probe: The function.
        next_step: What to do if it is not well; may name parameters.
        required: Parameters that it needs.
        optional: Parameters that it may have.
        relays: See Check.
    """

    probe: Probe
    next_step: str
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    relays: bool = False


PROBES = {
    "unit": Kind(probe_unit, "systemctl status {unit}; journalctl --unit {unit} --lines 50", ("unit",), ("enabled",)),
    "http": Kind(probe_http, "curl --verbose {url}", ("url",), ("status", "expect")),
    "tcp": Kind(probe_tcp, "ss --listening --tcp --processes; is there a firewall?", ("host", "port")),
    "tls": Kind(
        probe_tls,
        "renew the certificate; the next playbook run loads it",
        ("host", "port"),
        ("name", "degraded_days", "critical_days"),
    ),
    "disk": Kind(
        probe_disk,
        "df --human-readable; journalctl --disk-usage; du --one-file-system --max-depth 2 /var | sort --numeric-sort",
        (),
        ("paths", "degraded", "critical"),
    ),
    "clock": Kind(probe_clock, "timedatectl; systemctl status systemd-timesyncd chrony ntpsec"),
    "metric_age": Kind(
        probe_metric_age,
        "systemctl list-timers --all; what has written {file}?",
        ("file", "metric"),
        ("degraded_hours", "critical_hours", "may_be_new"),
    ),
    "ticket_system": Kind(
        probe_ticket_system, "curl {url}; look at the log of the back end", ("url",), ("degraded_queue",)
    ),
    "prometheus_targets": Kind(
        probe_prometheus_targets, "look at the page Targets of {url} for the reason of each", ("url",)
    ),
    "prometheus_rules": Kind(
        probe_prometheus_rules, "look at the page Rules of {url}; runbook PrometheusRuleFailures", ("url",)
    ),
    "prometheus_alerts": Kind(
        probe_prometheus_alerts, "look at the page Alerts of {url}; each alert has a runbook", ("url",), relays=True
    ),
    "prometheus_tsdb": Kind(
        probe_prometheus_tsdb, "journalctl --unit prometheus --lines 50; is the disk full?", ("url", "node")
    ),
    "prometheus_health_checks": Kind(
        probe_prometheus_health_checks,
        "run enterprise-tickets-health-check on the host that is named",
        ("url", "node"),
        relays=True,
    ),
    "alertmanager_cluster": Kind(
        probe_alertmanager_cluster, "look at {url}/#/status; is the cluster port open?", ("url",), ("expected",)
    ),
    "alertmanager_silences": Kind(
        probe_alertmanager_silences, "look at {url}/#/silences and end what is over", ("url",), ("degraded_days",)
    ),
    "grafana_datasources": Kind(
        probe_grafana_datasources, "open the data source in Grafana and press Save & test", ("url",)
    ),
    "elasticsearch_cluster": Kind(
        probe_elasticsearch_cluster, "GET {url}/_cluster/allocation/explain", ("url",), ("expected",)
    ),
    "elasticsearch_disk": Kind(
        probe_elasticsearch_disk,
        "GET {url}/_cat/allocation?v; shorten the retention or add disk",
        ("url",),
        ("low", "flood"),
    ),
    "logstash_pipelines": Kind(
        probe_logstash_pipelines,
        "GET {url}/_node/stats/pipelines; does Elasticsearch take data?",
        ("url",),
        ("degraded_queue", "critical_queue"),
    ),
    "logstash_dead_letters": Kind(
        probe_logstash_dead_letters,
        "docs/troubleshooting.md, Events that Elasticsearch refuses: why, and how to send them once more",
        ("url",),
        ("critical_size",),
    ),
    "kibana_status": Kind(probe_kibana_status, "GET {url}/api/status; does Elasticsearch answer?", ("url",)),
    "filebeat_delivery": Kind(
        probe_filebeat_delivery,
        "filebeat test output; journalctl --unit filebeat --lines 50",
        ("url",),
        ("interval", "degraded_queue"),
    ),
}

_OWN_KEYS = tuple(item.name for item in fields(Check) if item.name not in ("parameters", "relays"))


def read_checks(data: t.Any) -> list[Check]:
    """Read the list of checks.

    Args:
        data: Dictionaries with the attributes of Check; all other keys are parameters of the probe.

    Raises:
        ConfigError: It is not such a list; the message says which check is wrong.
    """
    if not isinstance(data, list):
        raise ConfigError("expected a list of checks")
    checks = [_read_check(item, number) for number, item in enumerate(data, 1)]
    ids = [check.id for check in checks]
    for name in ids:
        if ids.count(name) > 1:
            raise ConfigError("two checks have the id %r" % name)
    return checks


def _read_check(item: t.Any, number: int) -> Check:
    if not isinstance(item, dict):
        raise ConfigError("check %d is no dictionary" % number)
    where = "check %r" % item.get("id", number)
    missing = [key for key in ("id", "group", "title", "kind") if not isinstance(item.get(key), str) or not item[key]]
    if missing:
        raise ConfigError("%s has no %s" % (where, missing[0]))
    kind = PROBES.get(item["kind"])
    if kind is None:
        raise ConfigError("%s is of the unknown kind %r; known: %s" % (where, item["kind"], ", ".join(sorted(PROBES))))
    parameters = {key: value for key, value in item.items() if key not in _OWN_KEYS}
    for key in kind.required:
        if parameters.get(key) in (None, ""):
            raise ConfigError("%s has no %s, which the kind %s needs" % (where, key, item["kind"]))
    for key in parameters:
        if key not in (*kind.required, *kind.optional):
            known = ", ".join((*kind.required, *kind.optional)) or "none"
            raise ConfigError("%s has the unknown key %r; the kind %s knows: %s" % (where, key, item["kind"], known))
    try:
        if "expect" in parameters:
            check_expression(parameters["expect"])
        timeout = float(item.get("timeout", 10.0))
    except ConfigError as error:
        raise ConfigError("%s: %s" % (where, error)) from None
    except (TypeError, ValueError):
        raise ConfigError("%s: timeout is %r; expected seconds" % (where, item["timeout"])) from None
    texts = {key: str(item.get(key, "")) for key in ("id", "group", "title", "kind", "next_step", "access")}
    return Check(parameters=parameters, timeout=timeout, relays=kind.relays, **texts)


def read_credentials(data: t.Any) -> dict[str, Access]:
    """Read the credentials.

    Args:
        data: Dictionaries with `name` and the attributes of Access.

    Raises:
        ConfigError: It is no such list; values are not shown.
    """
    known = {item.name for item in fields(Access)}
    if not isinstance(data, list) or not all(isinstance(item, dict) and item.get("name") for item in data):
        raise ConfigError("expected a list of credentials, each with a name")
    found = {}
    for item in data:
        own = {key: value for key, value in item.items() if key != "name"}
        if set(own) - known:
            raise ConfigError("credentials of %r: expected only %s" % (item["name"], ", ".join(sorted(known))))
        found[str(item["name"])] = Access(**own)
    return found


def select(checks: t.Sequence[Check], patterns: t.Sequence[str], own: bool = False) -> list[Check]:
    """The checks that are asked for.

    Args:
        checks: All.
        patterns: Names or shell patterns of ids, groups or kinds; empty for all.
        own: Leave out those that relay what others have found.

    Raises:
        ConfigError: A pattern fits nothing.
    """

    def fits(check: Check, pattern: str) -> bool:
        names = (check.id, check.id.partition(".")[0], check.group, check.kind)
        return any(fnmatchcase(name.lower(), pattern.lower()) for name in names)

    for pattern in patterns:
        if not any(fits(check, pattern) for check in checks):
            raise ConfigError("no check fits %r; --list shows all" % pattern)
    chosen = [check for check in checks if not patterns or any(fits(check, pattern) for pattern in patterns)]
    return [check for check in chosen if not (own and check.relays)]


def run_checks(checks: t.Sequence[Check], credentials: t.Mapping[str, Access]) -> list[Finding]:
    """Run all checks at once, in the order of the list. It takes as long as the slowest, at most its timeout.

    Each has a thread of its own, which is left alone once its time is over.
    """
    results: dict[str, Finding] = {}
    start = time.monotonic()
    threads = []
    for check in checks:
        thread = threading.Thread(target=_into, args=(results, check, credentials), daemon=True)
        thread.start()
        threads.append(thread)
    for check, thread in zip(checks, threads):
        thread.join(max(0.0, start + check.timeout - time.monotonic()))
    done = dict(results)
    return [done.get(check.id) or _late(check) for check in checks]


def _into(results: dict[str, Finding], check: Check, credentials: t.Mapping[str, Access]) -> None:
    results[check.id] = run_check(check, credentials)


def run_check(check: Check, credentials: t.Mapping[str, Access]) -> Finding:
    """Run one check; whatever happens becomes a finding."""
    kind = PROBES[check.kind]
    start = time.monotonic()
    try:
        access = credentials.get(check.access, Access())
        verdict = kind.probe(check.parameters, access, check.timeout)
    except CannotTell as error:
        verdict = Verdict(UNKNOWN, str(error))
    except Unreachable as error:
        verdict = Verdict(CRITICAL, str(error))
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        verdict = Verdict(UNKNOWN, "answers in a form that is not known (%s: %s)" % (type(error).__name__, error))
    except Exception as error:  # noqa: BLE001 -- a probe that fails must not hide what the others find
        verdict = Verdict(UNKNOWN, "%s: %s" % (type(error).__name__, error))
    return Finding(check, verdict, time.monotonic() - start, next_step(check))


def _late(check: Check) -> Finding:
    verdict = Verdict(CRITICAL, "no answer within %g s" % check.timeout)
    return Finding(check, verdict, check.timeout, next_step(check))


def next_step(check: Check) -> str:
    """What to do if a check is not well."""
    return check.next_step or PROBES[check.kind].next_step.format(**check.parameters)


def run_until_well(
    checks: t.Sequence[Check],
    credentials: t.Mapping[str, Access],
    seconds: float,
    awaited: t.Collection[str],
    pause: float = 2.0,
) -> list[Finding]:
    """Run all checks, and those in an awaited state again and again until they are in another or the time is over.

    Args:
        checks: The checks.
        credentials: See read_credentials.
        seconds: How long to wait.
        awaited: The states that are to pass. Not those that somebody lives with: they would cost the time in each run.
        pause: Seconds between two rounds.
    """
    deadline = time.monotonic() + seconds
    findings = run_checks(checks, credentials)
    while time.monotonic() + pause < deadline:
        bad = [finding.check for finding in findings if finding.state in awaited]
        if not bad:
            break
        time.sleep(pause)
        again = {finding.check.id: finding for finding in run_checks(bad, credentials)}
        findings = [again.get(finding.check.id, finding) for finding in findings]
    return findings

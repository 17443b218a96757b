# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What was found, for people, JSON, Nagios and node_exporter."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.model import (
    CRITICAL,
    DEGRADED,
    EXIT_CODES,
    OK,
    SEVERITY,
    UNKNOWN,
    Finding,
    counted,
    worst,
)

_COLOURS = {OK: "32", DEGRADED: "33", CRITICAL: "31", UNKNOWN: "35"}
_NAGIOS = {OK: "OK", DEGRADED: "WARNING", CRITICAL: "CRITICAL", UNKNOWN: "UNKNOWN"}
_SHOWN_DETAILS = 10


def as_text(findings: t.Sequence[Finding], host: str, seconds: float, colour: bool) -> str:
    """For people: the worst first, grouped, and what to do next.

    Args:
        findings: What was found.
        host: Where.
        seconds: How long it took.
        colour: For a terminal.
    """

    def painted(state: str, text: str) -> str:
        return "\033[%sm%s\033[0m" % (_COLOURS[state], text) if colour else text

    state = worst(finding.state for finding in findings)
    lines = ["%s is %s: %s (%.1f s)" % (host, painted(state, state.upper()), counted(findings), seconds)]
    width = max((len(finding.check.title) for finding in findings), default=0)
    order = sorted(findings, key=lambda finding: -SEVERITY.index(finding.state))
    heading = ""
    for finding in order:
        group = "%s: %s" % (finding.state.upper(), finding.check.group)
        if group != heading:
            lines += ["", painted(finding.state, group)]
            heading = group
        lines.append("  %-*s  %s" % (width, finding.check.title, finding.verdict.message))
        if finding.state != OK:
            details = finding.verdict.details
            lines += ["      - %s" % detail for detail in details[:_SHOWN_DETAILS] if len(details) > 1]
            if len(details) > _SHOWN_DETAILS:
                lines.append("      … %d more (--json shows all)" % (len(details) - _SHOWN_DETAILS))
            lines.append("      next: %s" % finding.next_step)
    return "\n".join(lines) + "\n"


def as_json(findings: t.Sequence[Finding], host: str, seconds: float) -> str:
    """For programs."""
    data = {
        "host": host,
        "state": worst(finding.state for finding in findings),
        "seconds": round(seconds, 3),
        "checks": [finding.as_data() for finding in findings],
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def as_nagios(findings: t.Sequence[Finding], seconds: float) -> str:
    """For Nagios and its like: one line with numbers, then one line for each problem; | has a meaning there."""
    state = worst(finding.state for finding in findings)
    bad = sorted((item for item in findings if item.state != OK), key=lambda item: -SEVERITY.index(item.state))
    problems = ["%s: %s: %s" % (_NAGIOS[item.state], item.check.id, item.verdict.message) for item in bad]
    first = "TICKETS %s - %s" % (_NAGIOS[state], counted(findings))
    numbers = ["%s=%d" % (name, sum(item.state == name for item in findings)) for name in SEVERITY]
    text = "%s | %s time=%.3fs" % (first, " ".join(numbers), seconds)
    return "\n".join([text, *(line.replace("|", "/").replace("\n", " ") for line in problems)]) + "\n"


def as_metrics(findings: t.Sequence[Finding], now: float) -> str:
    """For node_exporter's directory of text files.

    Args:
        findings: What was found.
        now: Seconds since the epoch.
    """
    lines = [
        "# HELP ets_health_check_status What a check found: 0 ok, 1 degraded, 2 critical, 3 could not be checked.",
        "# TYPE ets_health_check_status gauge",
    ]
    for item in findings:
        lines.append("ets_health_check_status{%s} %d" % (_metric_labels(item), EXIT_CODES[item.state]))
    lines += [
        "# HELP ets_health_check_duration_seconds How long a check took.",
        "# TYPE ets_health_check_duration_seconds gauge",
    ]
    for item in findings:
        lines.append("ets_health_check_duration_seconds{%s} %.3f" % (_metric_labels(item), item.seconds))
    lines += [
        "# HELP ets_health_check_last_run_timestamp_seconds When all of them were last checked.",
        "# TYPE ets_health_check_last_run_timestamp_seconds gauge",
        "ets_health_check_last_run_timestamp_seconds %d" % now,
    ]
    return "\n".join(lines) + "\n"


def _metric_labels(finding: Finding) -> str:
    check = finding.check
    values = (("check", check.id), ("group", check.group), ("kind", check.kind))
    return ",".join('%s="%s"' % (name, _escaped(value)) for name, value in values)


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")

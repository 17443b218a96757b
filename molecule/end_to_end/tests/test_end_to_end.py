# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of the real ticket system, from the metric over the alert to the messages, and to the message of their end.

All faults of a phase begin together, and end as soon as everybody has heard of them. The phases: services that are
stopped; what shows without traffic; what users feel.
"""

from __future__ import annotations

import dataclasses
import json
import re
import time

import pytest

SINKS = "http://127.0.0.1:8025"
PATIENCE = 180
LEADS = ("email-critical", "slack-alerts")
OPERATIONS = ("slack-ops", "teams-operations")
TEXTFILE = "/var/lib/prometheus/node-exporter/lab.prom"


@dataclasses.dataclass(frozen=True)
class Expected:
    """What has to be said of an alert, and to whom."""

    severity: str
    place: str
    summary: str
    receivers: tuple[str, ...]


NODE, SYSTEM = " on end-to-end", ""
SERVICES = {
    "RedisDown": Expected("CRITICAL", NODE, "Redis on end-to-end is down", LEADS + OPERATIONS),
    "PostgreSQLDown": Expected("CRITICAL", NODE, "PostgreSQL on end-to-end is down", LEADS + OPERATIONS),
    "NginxDown": Expected("CRITICAL", NODE, "NGINX on end-to-end is down", LEADS + OPERATIONS),
    "FastAPIDown": Expected(
        "CRITICAL", NODE, "The back end on end-to-end does not answer", (*LEADS, "teams-development")
    ),
    "HAProxyBackendDown": Expected(
        "CRITICAL", NODE, "HAProxy on end-to-end has no server left for tickets", LEADS + OPERATIONS
    ),
}
MONITORING = ("slack-alerts", "slack-monitoring", *OPERATIONS)
QUIET = {
    "ApprovalBacklog": Expected(
        "WARNING", SYSTEM, "approvals are waiting in test", ("slack-alerts", "teams-management")
    ),
    "ApprovalsStale": Expected("WARNING", SYSTEM, "has been waiting for 2d", ("slack-alerts", "teams-management")),
    "AuthenticationFailureRatio": Expected(
        "WARNING", SYSTEM, "of the logins in test fail", ("slack-alerts", *OPERATIONS)
    ),
    "PostgreSQLSlowQueries": Expected(
        "WARNING", NODE, "A transaction in tickets on end-to-end has been running", ("slack-alerts", *OPERATIONS)
    ),
    "PostgreSQLSessionsWaitingForLocks": Expected(
        "WARNING", NODE, "sessions of tickets on end-to-end wait for locks", ("slack-alerts", *OPERATIONS)
    ),
    "SystemdUnitFailed": Expected("WARNING", NODE, "lab-broken.service on end-to-end has failed", MONITORING),
    "TextfileUnreadable": Expected("WARNING", NODE, "node_exporter on end-to-end cannot read a textfile", MONITORING),
    "TargetDown": Expected("WARNING", NODE, "nginx on end-to-end does not answer", MONITORING),
}
USERS = {
    "FastAPIHighErrorRate": Expected(
        "CRITICAL", SYSTEM, "of the requests to fastapi in test fail", (*LEADS, "teams-development")
    ),
    "FastAPIHighResponseTime": Expected("CRITICAL", SYSTEM, "fastapi in test takes", (*LEADS, "teams-development")),
}
ALL = SERVICES | QUIET | USERS


class Messages:
    """What the sinks have been sent."""

    def __init__(self, host):
        self._host = host
        self._all = []

    def about(self, alert, receiver, state):
        """Those of a receiver about an alert: `state` is the word in brackets that the subject begins with."""
        expected = ALL[alert]
        subject = f"[{state}] {alert}{expected.place} (test)"
        return [
            item
            for item in self._all
            if (item["to"], item["subject"]) == (receiver, subject) and expected.summary in item["text"]
        ]

    def subjects(self):
        return sorted({(item["to"], item["subject"]) for item in self._all})

    def wait(self, alerts, resolved=False):
        """Wait until all who should have been told. Whether they have been is for the tests to say."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            self._all = json.loads(self._host.check_output(f"curl --silent --fail {SINKS}/messages"))
            if all(
                self.about(name, receiver, "RESOLVED" if resolved else expected.severity)
                for name, expected in alerts.items()
                for receiver in expected.receivers
            ):
                return
            time.sleep(1)


@pytest.fixture(scope="module")
def messages(host):
    """All messages, after all faults have come and gone."""
    found = Messages(host)

    def do(*commands):
        for command in commands:
            host.check_output(command)

    # What an earlier run has sent and measured is forgotten.
    do("systemctl restart sinks", "systemctl stop prometheus")
    do("find /var/lib/prometheus/metrics2 -mindepth 1 -delete", "systemctl start prometheus")
    cluster = host.check_output("systemctl list-units --plain --no-legend 'postgresql@*' | cut -d ' ' -f 1")
    stopped = f"ticket-system redis-server nginx {cluster}"
    do(f"systemctl stop {stopped}")
    found.wait(SERVICES)
    do(f"systemctl start {cluster} redis-server nginx ticket-system")
    found.wait(SERVICES, resolved=True)

    faults = {"approval_backlog": 400, "slow_sql": 600, "lock_waits": 8}
    do(*(f"ticket-system-fault on {name} --value {value} --seconds 600" for name, value in faults.items()))
    # Few enough for the good logins that follow.
    do("ticket-system-fault on failed_logins --value 10 --seconds 10")
    do(
        "systemd-run --unit lab-broken --property Restart=no /bin/false",
        f"echo 'not a metric' > {TEXTFILE}",
        "systemctl stop prometheus-nginx-exporter",
    )
    found.wait(QUIET)
    do("ticket-system-fault off", f"rm {TEXTFILE}", "systemctl reset-failed lab-broken")
    do("systemctl start prometheus-nginx-exporter")

    do("systemd-run --unit lab-load ticket-system-load --rate 6 --seconds 600")
    do(
        "ticket-system-fault on latency --value 2 --seconds 600",
        "ticket-system-fault on errors --value 0.8 --seconds 600",
    )
    found.wait(USERS)
    do("ticket-system-fault off", "systemctl stop lab-load")
    do("systemd-run --unit lab-load ticket-system-load --rate 150 --seconds 600")
    found.wait(ALL, resolved=True)
    do("systemctl stop lab-load")
    return found


@pytest.fixture(scope="module")
def fired(host, messages):
    """The alerts that have fired in Prometheus."""
    assert messages
    query = 'max by (alertname) (max_over_time(ALERTS{alertstate="firing"}[15m]))'
    url = "http://127.0.0.1:9090/api/v1/query"
    answer = json.loads(host.check_output("curl --silent --fail --data-urlencode query=%s %s", query, url))
    return {sample["metric"]["alertname"] for sample in answer["data"]["result"]}


@pytest.mark.parametrize("alert", ALL)
def test_the_alert_fires_and_everybody_hears_of_it(alert, messages, fired):
    assert alert in fired
    expected = ALL[alert]
    untold = [name for name in expected.receivers if not messages.about(alert, name, expected.severity)]
    assert not untold, messages.subjects()


@pytest.mark.parametrize("alert", ALL)
def test_everybody_hears_of_its_end(alert, messages):
    untold = [name for name in ALL[alert].receivers if not messages.about(alert, name, "RESOLVED")]
    assert not untold, messages.subjects()


@pytest.mark.parametrize("alert", ALL)
def test_nobody_else_hears_of_it(alert, messages):
    told = {to for to, subject in messages.subjects() if f"] {alert}" in subject}
    assert told == set(ALL[alert].receivers)


@pytest.mark.parametrize("alert", [name for name, expected in ALL.items() if "email-critical" in expected.receivers])
def test_a_mail_says_what_to_do(alert, messages):
    (mail, *_) = messages.about(alert, "email-critical", "CRITICAL")
    assert f"/docs/runbooks/{alert}.md" in mail["text"]
    assert "/#/silences/new?filter=%7Balertname%3D%22" in mail["text"]
    team = "development" if alert.startswith("FastAPI") else "operations (Operations, +49 30 5550100)"
    assert f"Team:      {team}\n" in mail["text"]
    assert f"/docs/runbooks/{alert}.md" in mail["html"]


@pytest.mark.parametrize(
    ("alert", "value"), [("FastAPIHighErrorRate", r"[2-9]\d\.?\d*%"), ("FastAPIHighResponseTime", r"[1-9].*s")]
)
def test_a_mail_shows_the_value(alert, value, messages):
    (mail, *_) = messages.about(alert, "email-critical", "CRITICAL")
    assert re.search(rf"^  Value:     {value}$", mail["text"], re.MULTILINE), mail["text"]


def test_an_effect_is_not_told_beside_its_cause(messages, fired):
    assert "HAProxyServerDown" in fired
    assert not [subject for _to, subject in messages.subjects() if "HAProxyServerDown" in subject]

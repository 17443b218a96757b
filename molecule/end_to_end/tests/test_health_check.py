# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The health check on the real ticket system: each check is green, red after the fault that it is for, and green again.

What needs a second host, Grafana, Kibana or the log stack is not looked at here.
"""

from __future__ import annotations

import dataclasses
import json

import pytest

COMMAND = "enterprise-tickets-health-check"
CONFIG = "/etc/enterprise_tickets_observability/health_checks.json"
RULES = "/etc/prometheus/rules/lab.yml"
BACKUPS = "/var/lib/prometheus/node-exporter/ets_backup.prom"
REDIS = "env REDISCLI_AUTH=fixture-redis redis-cli --no-auth-warning"
QUEUE = 'for i = 1, 50000 do redis.call(\'rpush\', \'notifications\', \'{"channel": "lab", "about": "lab"}\') end'
ALERTMANAGER = "--alertmanager.url http://127.0.0.1:9093"
STATUS = {"ok": 0, "degraded": 1, "critical": 2, "unknown": 3}


def rule(**content):
    """A rule of somebody's own appears, and Prometheus reads it."""
    text = json.dumps({"groups": [{"name": "lab", "interval": "1s", "rules": [content]}]})
    return f"echo '{text}' > {RULES} && systemctl reload prometheus"


def certificate(days):
    """A server of TLS has a certificate for so many days."""
    return (
        f"openssl req -x509 -newkey ed25519 -noenc -subj /CN=lab -days {days} -keyout /srv/tls.key -out /srv/tls.crt"
        " 2>/dev/null && systemctl restart lab-tls"
    )


def backup_was(hours):
    """The metrics of a backup from some hours ago."""
    return f"sed -i -E 's/^(ets_backup_last_success.*) .*/\\1 '$(( $(date +%s) - {hours} * 3600 ))'/' {BACKUPS}"


@dataclasses.dataclass(frozen=True)
class Fault:
    """What makes a check red, and what it must say then.

    Args:
        check: Its id.
        state: What it is then.
        begin: A command.
        end: Another, after which all is well again.
        words: They are in the message.
    """

    check: str
    state: str
    begin: str
    end: str
    words: str


NO_RULE = f"rm {RULES} && systemctl reload prometheus"
FAULTS = (
    Fault(
        "tickets.health",
        "critical",
        "systemctl stop redis-server",
        "systemctl start redis-server",
        "cache: unavailable",
    ),
    Fault("tickets.health", "degraded", f'{REDIS} eval "{QUEUE}" 0', f"{REDIS} del notifications", "has a long queue"),
    Fault(
        "lab.answer", "critical", f'{REDIS} eval "{QUEUE}" 0', f"{REDIS} del notifications", "not answer as expected"
    ),
    Fault(
        "lab.answer", "critical", "systemctl stop ticket-system", "systemctl start ticket-system", "refuses the conn"
    ),
    Fault(
        "tickets_backend.ready",
        "critical",
        "systemctl stop ticket-system",
        "systemctl start ticket-system",
        "refuses the connection",
    ),
    Fault("lab.port", "critical", "systemctl stop redis-server", "systemctl start redis-server", "cannot be reached"),
    Fault("lab.tls", "degraded", certificate(15), certificate(90), "valid for 15 more days"),
    Fault("lab.tls", "critical", certificate(3), certificate(90), "valid for 3 more days"),
    Fault("host.disk", "degraded", "fallocate -l 17M /srv/lab/file", "rm /srv/lab/file", "/srv/lab: 15 % of its space"),
    Fault("host.disk", "critical", "fallocate -l 19M /srv/lab/file", "rm /srv/lab/file", "/srv/lab: 5 % of its space"),
    Fault("backup.age", "degraded", backup_was(30), backup_was(0), "last succeeded 30.0 hours ago"),
    Fault("backup.age", "critical", backup_was(60), backup_was(0), "last succeeded 60.0 hours ago"),
    Fault(
        "prometheus.targets",
        "critical",
        "systemctl stop prometheus-nginx-exporter",
        "systemctl start prometheus-nginx-exporter",
        "reaches nothing of nginx",
    ),
    Fault(
        "prometheus.rules",
        "critical",
        # Nobody can say which of the targets belongs to which.
        rule(record="lab:rule", expr="up / on() up"),
        NO_RULE,
        "lab:rule",
    ),
    Fault(
        "prometheus.alerts",
        "degraded",
        rule(alert="LabWarning", expr="vector(1)", labels={"severity": "warning"}),
        NO_RULE,
        "LabWarning (warning)",
    ),
    Fault(
        "prometheus.alerts",
        "critical",
        rule(alert="LabCritical", expr="vector(1)", labels={"severity": "critical"}),
        NO_RULE,
        "LabCritical (critical)",
    ),
    Fault(
        "prometheus.tsdb",
        "critical",
        f"echo 'no: rules' > {RULES}; systemctl reload prometheus",
        NO_RULE,
        "could not load its configuration",
    ),
    Fault(
        "alertmanager.silences",
        "degraded",
        f"amtool {ALERTMANAGER} silence add node=lab --duration 30d --author lab --comment forgotten",
        f"amtool {ALERTMANAGER} silence expire $(amtool {ALERTMANAGER} silence query --quiet node=lab)",
        "1 silences go on for long",
    ),
    # The kernel's clock is that of the machine that the container runs on: only its answer can be changed here.
    Fault("host.clock", "degraded", "echo 5 > /srv/clock", "echo 0 > /srv/clock", "nothing keeps the clock in time"),
)
OTHERS = {
    # By unit, below.
    *("node_exporter", "postgres_exporter", "redis_exporter", "nginx_exporter", "blackbox_exporter"),
    *("prometheus", "alertmanager", "haproxy"),
    # With a second host only.
    *("alertmanager.cluster", "prometheus.others"),
}


@pytest.fixture(scope="module")
def checks(host):
    """What this host looks at, by id."""
    return {item["id"]: item for item in json.loads(host.file(CONFIG).content_string)}


@pytest.fixture(scope="module")
def check(host, checked):
    """Runs one check and returns its exit status, state and message."""
    clock = "strace -f -qqq -o /dev/null -e trace=adjtimex,clock_adjtime -e inject=adjtimex,clock_adjtime:retval="

    def run(name):
        # All clocks of containers are one, so how the kernel answers is put into its mouth.
        return checked(host, name, f"{clock}$(cat /srv/clock)" if name == "host.clock" else "")

    return run


@pytest.fixture(scope="module", autouse=True)
def prepared(host):
    """A backup was made, and what the faults need is there."""
    host.check_output("echo 0 > /srv/clock; apt-get --quiet=2 install --no-install-recommends strace")
    host.check_output(certificate(90))
    # It writes its files when it stops, and otherwise only after a quarter of an hour.
    host.check_output("systemctl restart prometheus-alertmanager && enterprise-tickets-backup run")


def test_every_check_of_this_host_has_a_fault(checks):
    named = {fault.check for fault in FAULTS}
    assert {name for name in checks if name not in named and {name, name.partition(".")[0]}.isdisjoint(OTHERS)} == set()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.check}-{fault.state}")
def test_it_is_green_then_red_then_green(host, check, wait, fault):
    def green():
        status, state, message = check(fault.check)
        if fault.check == "prometheus.alerts":
            # In a container some alert always fires, about its clock for one.
            return fault.words not in message
        return (status, state) == (0, "ok")

    def red():
        answer = check(fault.check)
        return answer if answer[1] == fault.state and fault.words in answer[2] else None

    wait(green, "it is green before")
    # A reload that fails is part of a fault.
    host.run(fault.begin)
    try:
        status, *_told = wait(red, f"{fault.check} is {fault.state} and says: {fault.words}")
        assert status == STATUS[fault.state]
    finally:
        host.check_output(fault.end)
    wait(green, "it is green again")


def test_each_unit_that_is_stopped(host, checks, check, wait):
    """Its own checks are red, each with its exit status, and those of the others are not."""
    units = {name.partition(".")[0]: item["unit"] for name, item in checks.items() if name.endswith(".unit")}
    assert {"prometheus", "alertmanager", "haproxy", "nginx_exporter"} <= set(units)
    for service, unit in units.items():
        wait(lambda service=service: check(f"{service}.ready")[0] == 0, f"{service} is ready")
        assert check(f"{service}.unit")[:2] == (0, "ok")
        host.check_output(f"systemctl stop {unit}")
        try:
            assert check(f"{service}.unit")[:2] == (2, "critical")
            assert check(f"{service}.ready")[:2] == (2, "critical")
        finally:
            host.check_output(f"systemctl start {unit}")
    for service in units:
        wait(lambda service=service: check(f"{service}.ready")[0] == 0, f"{service} is ready again")


def test_all_at_once_take_as_long_as_the_slowest(host):
    """And 0.3 seconds more, the start of Python included; once is enough, for others use this machine as well."""

    def more():
        done = host.run(f"date +%s.%N; {COMMAND} --json; date +%s.%N")
        begin, *answer, end = done.stdout.splitlines()
        found = json.loads("\n".join(answer))["checks"]
        assert len(found) > 20
        return float(end) - float(begin) - max(item["seconds"] for item in found)

    assert any(more() < 0.3 for _ in range(30))

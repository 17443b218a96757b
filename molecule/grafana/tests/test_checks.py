# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Grafana's health checks: green, red after the fault, and green again. Its database's: test_pair.py."""

from __future__ import annotations

import pytest

testinfra_hosts = ["ansible://grafana-trixie"]

COMMAND = "enterprise-tickets-health-check"
CREDENTIALS = "/etc/enterprise_tickets_observability/credentials.json"
PASSWORD = "lab-not-a-real-password"


@pytest.fixture
def check(host, checked):
    return lambda name: checked(host, name)


@pytest.fixture
def green(check, wait):
    return lambda *names: [wait(lambda name=name: check(name)[:2] == (0, "ok"), f"{name} is green") for name in names]


def test_grafana_that_is_stopped(host, check, green):
    names = ("grafana.unit", "grafana.ready", "grafana.database", "grafana.datasources")
    green(*names)
    host.check_output("systemctl stop grafana-server")
    try:
        assert {check(name)[:2] for name in names} == {(2, "critical")}
    finally:
        host.check_output("systemctl start grafana-server")
    green(*names)


def test_data_sources_that_are_away(host, check, green):
    green("grafana.datasources")
    host.check_output("systemctl stop prometheus")
    try:
        status, state, message = check("grafana.datasources")
        assert (status, state) == (2, "critical")
        assert "does not reach" in message
        assert "Elsewhere" in message
    finally:
        host.check_output("systemctl start prometheus")
    green("grafana.datasources", "prometheus.ready")


def test_a_login_that_is_refused_is_no_verdict(host, check, green):
    """What could not be checked is neither well nor broken: exit status 3 in every form of output."""
    name = "grafana.datasources"
    green(name)
    host.check_output(
        f"cp -a {CREDENTIALS} /root/lab_credentials && sed -i 's/{PASSWORD}/wrong-password/' {CREDENTIALS}"
    )
    try:
        status, state, message = check(name)
        assert (status, state) == (3, "unknown")
        assert "credentials are missing or wrong" in message
        assert "wrong-password" not in message
        nagios = host.run(f"{COMMAND} --format nagios --only {name}")
        assert (nagios.rc, nagios.stdout.split(" - ")[0]) == (3, "TICKETS UNKNOWN")
        # What is critical is said before what could not be seen.
        host.check_output("systemctl stop prometheus")
        assert host.run(f"{COMMAND} --only {name} --only prometheus.unit").rc == 2
        written = host.run(f"{COMMAND} --textfile /root/lab.prom --only {name}")
        assert written.rc == 3
        samples = host.file("/root/lab.prom").content_string.splitlines()
        assert [line.rsplit(" ", 1)[1] for line in samples if f'check="{name}"' in line and "_status" in line] == ["3"]
    finally:
        host.check_output(f"systemctl start prometheus; mv /root/lab_credentials {CREDENTIALS}")
    green(name)

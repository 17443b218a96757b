# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An Alertmanager from upstream's archive after its upgrade: alone, with TLS, passwords and a prefix."""

from __future__ import annotations

import json

import pytest

testinfra_hosts = ["ansible://archive-trixie"]

UNIT = "prometheus-alertmanager.service"
URL = "https://127.0.0.1:9093/alerts"


@pytest.fixture
def alertmanager(service):
    return service(URL, "--insecure", "--user", "probe:lab-probe")


def test_the_program_of_the_archive_runs(host, exposure):
    assert host.service(UNIT).is_running
    pid = host.check_output("systemctl show -P MainPID %s", UNIT)
    assert host.check_output("tr '\\0' '\\n' < /proc/%s/cmdline | head -1", pid) == "/usr/local/bin/alertmanager"
    assert host.check_output("ps -o user:32= -p %s", pid).strip() == "alertmanager"
    assert exposure(host, UNIT) <= 4


def test_nobody_gets_in_without_tls_and_a_password(alertmanager, service):
    assert alertmanager.status("/api/v2/status", "--insecure") == 401
    assert alertmanager.status("/api/v2/status", "--insecure", "--user", "probe:wrong") == 401
    assert service(URL.replace("https", "http")).status("/-/ready") == 400
    assert alertmanager.status("/-/ready", "--insecure", "--user", "probe:lab-probe") == 200


def test_prometheus_tells_it_with_the_certificate_checked(alertmanager, wait):
    found = wait(lambda: json.loads(alertmanager.get("/api/v2/alerts?filter=alertname=Watchdog")), "the watchdog")
    assert found[0]["generatorURL"].startswith("https://monitoring.example.com/prom/")


def test_alone_it_opens_no_port_for_a_cluster(host, alertmanager):
    sockets = host.check_output("ss --no-header --listening --tcp --udp --numeric")
    ports = {line.split()[4].rpartition(":")[2] for line in sockets.splitlines()}
    assert ("9093" in ports, "9094" in ports) == (True, False)
    assert json.loads(alertmanager.get("/api/v2/status"))["cluster"]["status"] == "disabled"

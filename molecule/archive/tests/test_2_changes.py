# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes of a running deployment: what restarts, what reloads, what asks for neither."""

from __future__ import annotations

import json

import pytest

GRAFANA = "$2b$05$cbcdefghijklmnopqrstuupkRTROLAs.kuGm1x6Q6Cbkq7GUgBdzi"


@pytest.fixture
def started(host):
    return lambda: host.check_output("systemctl show -P InvocationID prometheus.service")


@pytest.fixture
def rules(service):
    prometheus = service("https://127.0.0.1:9090/prom", "--insecure", "--user", "probe:lab-probe")
    return lambda: [rule["name"] for group in prometheus.api("rules")["groups"] for rule in group["rules"]]


def change(playbooks, variables):
    done = playbooks.run("--diff", "--tags", "prometheus_configure", "-e", json.dumps(variables))
    assert done.returncode == 0, done.stdout
    return done


def test_a_new_user_gets_in_without_a_restart(playbooks, service, started):
    before = started()
    users = {
        "probe": "$2b$05$abcdefghijklmnopqrstuuE8z54ZZshqrfoCEtH7CC.vdRy9RD1yK",
        "scraper": "$2b$05$bbcdefghijklmnopqrstuuSZ2ceV/uGVQN5G1t8ABtrogjRzjTxvW",
        "grafana": GRAFANA,
    }
    done = change(playbooks, {"prometheus_basic_auth_users": users})
    grafana = service("https://127.0.0.1:9090/prom", "--insecure", "--user", "grafana:lab-grafana")
    assert grafana.api("status/buildinfo")
    assert started() == before
    assert GRAFANA not in done.stdout


def test_a_rule_file_that_is_gone_is_unloaded(playbooks, rules, started):
    before, loaded = started(), rules()
    assert "LabAlwaysFires" in loaded
    change(playbooks, {"prometheus_extra_rule_files": []})
    assert rules() == [name for name in loaded if name != "LabAlwaysFires"]
    change(playbooks, {})
    assert rules() == loaded
    assert started() == before


def test_turning_tls_off_and_on_restarts(playbooks, service, started):
    before = started()
    change(playbooks, {"prometheus_tls_cert_file": "", "prometheus_tls_key_file": ""})
    assert service("http://127.0.0.1:9090/prom").status("/-/ready", "--user", "probe:lab-probe") == 200
    between = started()
    assert between != before
    change(playbooks, {})
    assert service("https://127.0.0.1:9090/prom").status("/-/ready", "--insecure", "--user", "probe:lab-probe") == 200
    assert started() != between


def test_a_wrong_password_of_the_probe_is_found_and_told(playbooks):
    """Nothing would ever become ready; the message has to say why, and must not say the password."""
    variables = {
        "prometheus_probe": {"username": "probe", "password": "wr0ng-probe"},
        "prometheus_ready_timeout": 5,
        "prometheus_retention_time": "32d",
    }
    done = playbooks.run("--limit", "archive-trixie", "--tags", "prometheus_configure", "-e", json.dumps(variables))
    assert done.returncode != 0
    assert "401" in done.stdout
    assert "wr0ng-probe" not in done.stdout + done.stderr
    assert change(playbooks, {})

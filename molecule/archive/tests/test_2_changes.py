# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes of a running deployment: what restarts, what reloads, what asks for neither."""

from __future__ import annotations

import json

import pytest

ADDRESS = "127.0.0.1:9090/prom"
GRAFANA = "$2b$05$cbcdefghijklmnopqrstuupkRTROLAs.kuGm1x6Q6Cbkq7GUgBdzi"


@pytest.fixture
def started(instances):
    """When Prometheus was started, by host: an id that systemd gives."""
    words = "systemctl show -P InvocationID prometheus.service"
    return lambda: {name: host.check_output(words) for name, host in instances.items()}


@pytest.fixture
def rules(instances, service_of):
    """The rules that are loaded, by host."""

    def loaded(host):
        prometheus = service_of(host, f"https://{ADDRESS}", "--insecure", "--user", "probe:lab-probe")
        return [rule["name"] for group in prometheus.api("rules")["groups"] for rule in group["rules"]]

    return lambda: {name: loaded(host) for name, host in instances.items()}


def change(playbooks, variables):
    done = playbooks.run("--diff", "--tags", "prometheus_configure", "-e", json.dumps(variables))
    assert done.returncode == 0, done.stdout
    return done


def test_a_new_user_gets_in_without_a_restart(playbooks, instances, service_of, started):
    before = started()
    users = {
        "probe": "$2b$05$abcdefghijklmnopqrstuuE8z54ZZshqrfoCEtH7CC.vdRy9RD1yK",
        "scraper": "$2b$05$bbcdefghijklmnopqrstuuSZ2ceV/uGVQN5G1t8ABtrogjRzjTxvW",
        "grafana": GRAFANA,
    }
    done = change(playbooks, {"prometheus_basic_auth_users": users})
    for host in instances.values():
        grafana = service_of(host, f"https://{ADDRESS}", "--insecure", "--user", "grafana:lab-grafana")
        assert grafana.api("status/buildinfo")
    assert started() == before
    assert GRAFANA not in done.stdout


def test_a_rule_file_that_is_gone_is_unloaded(playbooks, rules, started):
    before, loaded = started(), rules()
    assert all("LabAlwaysFires" in names for names in loaded.values())
    change(playbooks, {"prometheus_extra_rule_files": []})
    assert rules() == {host: [name for name in names if name != "LabAlwaysFires"] for host, names in loaded.items()}
    change(playbooks, {})
    assert rules() == loaded
    assert started() == before


def test_turning_tls_off_and_on_restarts(playbooks, instances, service_of, started):
    def statuses(scheme):
        services = (service_of(host, f"{scheme}://{ADDRESS}") for host in instances.values())
        return {service.status("/-/ready", "--insecure", "--user", "probe:lab-probe") for service in services}

    before = started()
    change(playbooks, {"prometheus_tls_cert_file": "", "prometheus_tls_key_file": ""})
    assert statuses("http") == {200}
    between = started()
    assert not between.items() & before.items()
    change(playbooks, {})
    assert statuses("https") == {200}
    assert not started().items() & between.items()


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

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operator's tools: each check green, and red after the fault that it is for."""

from __future__ import annotations

import contextlib
import json
import subprocess

import pytest

COMMAND = "/usr/local/bin/enterprise-tickets-health-check"
TEXTFILE = "/var/lib/prometheus/node-exporter/ets_health_check.prom"
TIMER = "enterprise-tickets-health-check.timer"
EXPORTER = "prometheus-node-exporter.service"
PROMETHEUS = "prometheus.service"


@pytest.fixture
def check(host):
    """Runs some checks and returns the exit status and the states by id."""

    def run(*only):
        words = " ".join(f"--only '{pattern}'" for pattern in only)
        done = host.run(f"{COMMAND} --json {words}")
        return done.rc, {item["id"]: item["state"] for item in json.loads(done.stdout)["checks"]}

    return run


@contextlib.contextmanager
def stopped(host, unit):
    host.check_output(f"systemctl stop {unit}")
    try:
        yield
    finally:
        host.check_output(f"systemctl start {unit}")


def test_all_is_well_but_what_containers_cannot_have(check, wait):
    """The clock and the disks are those of the machine that the containers run on."""

    def found():
        status, states = check("node_exporter", "prometheus.[!ao]*")
        return status == 0 and states

    states = wait(found, "all checks are ok")
    names = {"unit", "ready", "targets", "rules", "tsdb"}
    assert set(states) == {"node_exporter.unit", "node_exporter.ready", *(f"prometheus.{name}" for name in names)}


def test_an_exporter_that_is_stopped(host, check, wait):
    with stopped(host, EXPORTER):
        status, states = check("node_exporter")
        assert (status, states) == (2, {"node_exporter.unit": "critical", "node_exporter.ready": "critical"})
        # One of two is down: that is the business of an alert.
        wait(lambda: check("prometheus.targets") == (1, {"prometheus.targets": "degraded"}), "the target is down")
    wait(lambda: check("prometheus.targets", "node_exporter")[0] == 0, "all is well again")


def test_prometheus_that_is_stopped(host, check, wait):
    with stopped(host, PROMETHEUS):
        status, states = check("prometheus")
        assert status == 2
        assert set(states.values()) == {"critical"}
        urls = host.run("monitoring-urls --check --json")
        rows = json.loads(urls.stdout)
        up = {row["host"]: row["up"] for row in rows if row["title"].startswith("Prometheus")}
        name = host.check_output("hostname")
        assert (urls.rc, up) == (2, {host: host != name for host in up})
        assert len(up) == 2
    wait(lambda: check("prometheus.ready", "prometheus.rules")[0] == 0, "all is well again")
    wait(lambda: host.run("monitoring-urls --check").rc == 0, "all addresses are up")


def test_prometheus_that_hangs(host, check, wait):
    """A stopped process takes connections and never answers: no other check waits for it."""
    pid = host.check_output(f"systemctl show --value --property MainPID {PROMETHEUS}")
    host.check_output(f"kill -STOP {pid}")
    try:
        status, states = check("prometheus.ready", "prometheus.unit", "node_exporter")
    finally:
        host.check_output(f"kill -CONT {pid}")
    assert (status, states) == (
        2,
        {
            "prometheus.unit": "ok",
            "prometheus.ready": "critical",
            "node_exporter.unit": "ok",
            "node_exporter.ready": "ok",
        },
    )
    wait(lambda: check("prometheus.ready")[0] == 0, "it answers again")


def test_the_forms_of_output(host):
    done = host.run(f"{COMMAND} --only node_exporter --format nagios")
    assert (done.rc, done.stdout.startswith("TICKETS OK - 2 ok | ")) == (0, True)
    done = host.run(f"{COMMAND} --only node_exporter")
    assert (done.rc, "is OK: 2 ok" in done.stdout, "\033" in done.stdout) == (0, True, False)
    done = host.run(f"{COMMAND} --only nothing")
    assert (done.rc, "no check fits 'nothing'" in done.stderr) == (3, True)


def test_people_without_rights(host):
    """They see the addresses and run the checks; passwords are for root only."""
    run = "runuser --user nobody --"
    assert host.run(f"{run} monitoring-urls").rc == 0
    assert host.run(f"{run} {COMMAND} --only node_exporter").rc == 0
    assert host.run(f"{run} cat /etc/enterprise_tickets_observability/credentials.json").rc != 0


def test_the_timer_writes_metrics_and_they_are_served(host, service, wait):
    assert host.service(TIMER).is_running
    assert host.service(TIMER).is_enabled

    def served():
        samples = service("http://127.0.0.1:9100").metrics().get("ets_health_check_status", [])
        return {labels["check"]: value for labels, value in samples}

    found = wait(lambda: "node_exporter.unit" in served() and served(), "metrics of the health check")
    # What alerts or other hosts say is left out: it would never end.
    assert not {"prometheus.alerts", "prometheus.others"} & set(found)
    with stopped(host, PROMETHEUS):
        host.run("systemctl start enterprise-tickets-health-check.service")
        assert served()["prometheus.unit"] == 2
        assert host.check_output("systemctl is-failed enterprise-tickets-health-check.service || true") != "failed"
    wait(lambda: service("http://127.0.0.1:9090").status("/-/ready") == 200, "Prometheus is ready")
    host.check_output("systemctl start enterprise-tickets-health-check.service")


def test_what_a_host_found_is_told_by_the_other(host, check, wait):
    name = host.check_output("hostname")
    (other,) = {"monitoring-bookworm", "monitoring-trixie"} - {name}
    lab = "/var/lib/prometheus/node-exporter/lab.prom"
    sample = 'ets_health_check_status{check="lab.probe",group="Lab",kind="unit"} 2'

    def told():
        words = ["docker", "exec", other, COMMAND, "--json", "--only", "prometheus.others"]
        (found,) = json.loads(subprocess.run(words, capture_output=True, check=False).stdout)["checks"]
        return f"lab.probe on {name}" in found["message"] and found["state"] == "critical"

    # With the same words of help: node_exporter refuses different ones for one metric.
    host.check_output(f"(sed -n 1,2p {TEXTFILE}; echo '{sample}') > {lab}")
    try:
        wait(told, f"{other} tells what {name} found")
        _status, states = check("prometheus.alerts", "prometheus.others")
        assert set(states) == {"prometheus.alerts", "prometheus.others"}
    finally:
        host.check_output(f"rm {lab}")
    wait(lambda: not told(), "it is over")


def test_a_cluster_that_misses_a_member(host, check, instances, wait):
    (other,) = set(instances) - {host.check_output("hostname")}
    only = "alertmanager.cluster"
    wait(lambda: check(only) == (0, {only: "ok"}), "the members know each other")
    with stopped(instances[other], "prometheus-alertmanager.service"):
        wait(lambda: check(only) == (1, {only: "degraded"}), f"{other} is missed")
    wait(lambda: check(only) == (0, {only: "ok"}), "the members know each other again")


def test_the_sandbox_is_tight(host, exposure):
    assert exposure(host, "enterprise-tickets-health-check.service") <= 2.5


def test_the_playbook_tells_what_is_wrong(host, playbooks):
    variables = json.dumps({"operator_tools_wait": 0})
    name = host.check_output("hostname")
    with stopped(host, EXPORTER):
        done = playbooks.run("--limit", name, "-e", variables, playbook="health_check")
        assert done.returncode != 0
        assert "Node Exporter, Unit (node_exporter.unit, critical): is inactive" in done.stdout
        assert f"systemctl status {EXPORTER}" in done.stdout
    done = playbooks.run("--limit", name, "-e", json.dumps({"operator_tools_wait": 60}), playbook="health_check")
    assert done.returncode == 0, done.stdout

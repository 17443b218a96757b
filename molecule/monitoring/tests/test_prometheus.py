# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prometheus from the distribution's package."""

from __future__ import annotations

import pytest

UNIT = "prometheus.service"
HOSTS = ("monitoring-bookworm", "monitoring-trixie")


@pytest.fixture
def prometheus(service):
    return service("http://127.0.0.1:9090")


def test_it_runs_under_its_user_and_starts_at_boot(host):
    unit = host.service(UNIT)
    assert unit.is_running
    assert unit.is_enabled
    assert host.process.get(comm="prometheus").user == "prometheus"


def test_every_target_of_the_inventory_is_up_and_there_is_no_other(prometheus, wait):
    expected = {(job, node) for job in ("node", "prometheus", "alertmanager") for node in HOSTS}

    def seen():
        return {
            (sample["metric"]["job"], sample["metric"]["node"]): sample["value"][1] for sample in prometheus.query("up")
        }

    wait(lambda: seen() == dict.fromkeys(expected, "1"), f"up == 1 for exactly {sorted(expected)}")


def test_targets_carry_the_labels_that_joins_need(prometheus):
    (target,) = [
        found
        for found in prometheus.api("targets?state=active")["activeTargets"]
        if (found["labels"]["job"], found["labels"]["node"]) == ("node", HOSTS[0])
    ]
    assert target["labels"] == {
        "job": "node",
        "node": HOSTS[0],
        "instance": f"{HOSTS[0]}:9100",
        "environment": "test",
        "site": "lab",
    }
    assert target["scrapeInterval"] == "15s"


def test_replicas_differ_in_one_label(host, prometheus):
    config = prometheus.api("status/config")["yaml"]
    assert f"replica: {host.check_output('hostname')}\n" in config
    assert "environment: test\n" in config
    assert "evaluation_interval: 15s\n" in config


def test_flags(prometheus):
    flags = prometheus.api("status/flags")
    expected = {
        "storage.tsdb.retention.time": "31d",
        "storage.tsdb.path": "/var/lib/prometheus/metrics2",
        "web.enable-admin-api": "false",
        "web.enable-lifecycle": "false",
        "web.enable-remote-write-receiver": "false",
        "query.max-concurrency": "7",
    }
    assert {name: flags[name] for name in expected} == expected
    assert flags["storage.tsdb.retention.size"] in ("1GB", "1GiB")


def test_its_own_metrics_say_that_all_is_well(prometheus):
    metrics = prometheus.metrics()
    assert metrics["prometheus_config_last_reload_successful"] == [({}, 1)]


def test_the_sandbox_is_tight(host, exposure):
    assert exposure(host, UNIT) <= 4


def test_the_sandbox_leaves_the_limit_of_open_files(host, prometheus):
    """Go raises the soft limit to the hard one. Where it is not allowed to, 1024 targets are the end."""
    pid = host.check_output(f"systemctl show -P MainPID {UNIT}")
    limits = host.check_output(f"grep '^Max open files' /proc/{pid}/limits").split()
    soft, hard = int(limits[3]), int(limits[4])
    assert soft >= hard - 1  # newer versions of Go stay one below
    assert prometheus.metrics()["process_max_fds"] == [({}, soft)]

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The health check of the log stack: each check is green, red after the fault that it is for, and green again."""

from __future__ import annotations

import json

import pytest
import testinfra

testinfra_hosts = ["log2"]

COMMAND = "enterprise-tickets-health-check"


@pytest.fixture
def check(host):
    """Runs some checks; returns the exit status, and the states and messages by id."""

    def run(*only):
        done = host.run(f"{COMMAND} --json " + " ".join(f"--only {name}" for name in only))
        found = {item["id"]: item for item in json.loads(done.stdout)["checks"]}
        assert set(found) == set(only)
        return (
            done.rc,
            {name: item["state"] for name, item in found.items()},
            " ".join(item["message"] for item in found.values()),
        )

    return run


@pytest.fixture
def green(check, wait):
    def look(*only):
        return wait(lambda: check(*only)[0] == 0, f"green: {', '.join(only)}")

    return look


def test_a_node_that_is_stopped(host, check, green):
    green("elasticsearch.unit", "elasticsearch.ready", "elasticsearch.certificate", "elasticsearch.cluster")
    host.check_output("systemctl stop elasticsearch")
    try:
        status, states, _words = check("elasticsearch.unit", "elasticsearch.ready", "elasticsearch.certificate")
        assert (status, set(states.values())) == (2, {"critical"})
        assert check("elasticsearch.cluster")[:2] == (2, {"elasticsearch.cluster": "critical"})
    finally:
        host.check_output("systemctl start elasticsearch")
    green("elasticsearch.unit", "elasticsearch.ready", "elasticsearch.certificate", "elasticsearch.cluster")


def test_the_others_miss_a_node(check, green, wait):
    """Seen from here, while another one is away."""
    other = testinfra.get_host("docker://log3")
    green("elasticsearch.cluster")
    other.check_output("systemctl stop elasticsearch")
    try:
        wait(lambda: check("elasticsearch.cluster")[:2] == (1, {"elasticsearch.cluster": "degraded"}), "a node is away")
        assert "has 2 of 3 nodes" in check("elasticsearch.cluster")[2]
    finally:
        other.check_output("systemctl start elasticsearch")
    green("elasticsearch.cluster")


def test_logstash_that_is_stopped(host, check, green):
    names = ("logstash.unit", "logstash.ready", "logstash.pipelines")
    green(*names)
    host.check_output("systemctl stop logstash")
    try:
        assert check(*names)[:2] == (2, dict.fromkeys(names, "critical"))
    finally:
        host.check_output("systemctl start logstash")
    green(*names)


def test_filebeat_that_is_stopped(host, check, green):
    names = ("filebeat.unit", "filebeat.ready", "filebeat.delivery")
    green(*names)
    host.check_output("systemctl stop filebeat")
    try:
        assert check(*names)[:2] == (2, dict.fromkeys(names, "critical"))
    finally:
        host.check_output("systemctl start filebeat")
    green(*names)

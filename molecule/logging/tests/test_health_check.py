# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The health check of the log stack: each check is green, red after the fault that it is for, and green again."""

from __future__ import annotations

import json
import shlex

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


def test_a_disk_that_fills(check, green, wait):
    """Seen from here; the data of another node is on a small disk meanwhile."""
    data, filler = "/var/lib/elasticsearch", "/var/lib/elasticsearch/lab_filler"
    other = testinfra.get_host("docker://log3")
    only = ("elasticsearch.disk",)

    def fill(percent):
        size, used = map(int, other.check_output(f"rm -f {filler}; df -B1 --output=size,used {data}").split()[-2:])
        other.check_output(f"fallocate -l {size * percent // 100 - used} {filler}")

    other.check_output(
        f"systemctl stop elasticsearch && cp -a {data} /root/lab_data && mount -t tmpfs -o size=64m tmpfs {data} "
        f"&& cp -a /root/lab_data/. {data} && systemctl start elasticsearch"
    )
    try:
        green(*only, "elasticsearch.cluster")
        fill(90)
        wait(lambda: check(*only)[:2] == (1, {"elasticsearch.disk": "degraded"}), "above the low watermark")
        assert "log3 uses 90 % of its disk" in check(*only)[2]
        fill(97)
        wait(lambda: check(*only)[:2] == (2, {"elasticsearch.disk": "critical"}), "above the flood stage")
        other.check_output(f"rm {filler}")
        green(*only)
    finally:
        other.check_output(f"systemctl stop elasticsearch; umount {data}; systemctl start elasticsearch")
    green(*only, "elasticsearch.cluster")


def test_logstash_that_is_stopped(host, check, green):
    names = ("logstash.unit", "logstash.ready", "logstash.pipelines", "logstash.dead_letters")
    green(*names)
    host.check_output("systemctl stop logstash")
    try:
        assert check(*names)[:2] == (2, dict.fromkeys(names, "critical"))
    finally:
        host.check_output("systemctl start logstash")
    green(*names)


def test_a_pipeline_that_does_not_run(host, check, green, wait):
    """Put there by hand: a play would take it back."""
    pipelines, only = "/etc/logstash/pipelines.yml", ("logstash.pipelines",)
    text = host.file(pipelines).content_string
    known = json.loads("".join(line for line in text.splitlines() if not line.startswith("#")))
    code = 'input { heartbeat { } } filter { ruby { path => "/nowhere.rb" } } output { stdout { } }'
    broken = json.dumps([*known, {"pipeline.id": "broken", "config.string": code}])
    green(*only)
    host.check_output(f"cp -a {pipelines} /root/lab_pipelines.yml && echo {shlex.quote(broken)} > {pipelines}")
    try:
        host.check_output("systemctl kill --kill-whom main --signal HUP logstash")
        wait(lambda: check(*only)[:2] == (2, {"logstash.pipelines": "critical"}), "a pipeline does not run")
        assert "broken does not run" in check(*only)[2]
        assert "tickets" not in check(*only)[2]
    finally:
        host.check_output(f"mv /root/lab_pipelines.yml {pipelines}")
        host.check_output("systemctl kill --kill-whom main --signal HUP logstash")
    green(*only)


def test_events_that_elasticsearch_refuses(green, wait):
    """Logstash keeps them in memory here, so that a start makes it green again; the real one has them on the disk."""
    servers = [testinfra.get_host(f"docker://{name}") for name in ("log2", "log3")]
    source = testinfra.get_host("docker://log1")
    green("logstash.dead_letters")
    for number in range(4):
        source.check_output(f"echo 'an event that is refused, number {number}' >> /var/log/lab_refused.log")
    command = f"{COMMAND} --json --only logstash.dead_letters"
    (server,) = wait(lambda: [one for one in servers if one.run(command).rc == 1][:1], "a Logstash has dead letters")
    (found,) = json.loads(server.run(command).stdout)["checks"]
    assert "bytes of events of tickets were refused by Elasticsearch" in found["message"]
    for one in servers:
        one.check_output(
            "systemctl stop logstash && find /var/lib/logstash/dead_letter_queue -name '*.log*' -delete 2>/dev/null; "
            "systemctl start logstash"
        )
    green("logstash.dead_letters")


def test_filebeat_that_is_stopped(host, check, green):
    names = ("filebeat.unit", "filebeat.ready", "filebeat.delivery")
    green(*names)
    host.check_output("systemctl stop filebeat")
    try:
        assert check(*names)[:2] == (2, dict.fromkeys(names, "critical"))
    finally:
        host.check_output("systemctl start filebeat")
    green(*names)

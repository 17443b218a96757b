# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filebeat, or its stub, after a converge: lines are followed to the index. The tests go on from each other."""

from __future__ import annotations

import json

import pytest
import testinfra

testinfra_hosts = ["log1"]

UNIT = "filebeat.service"
LOG = "/var/log/ticket_system/app.json"
ELASTICSEARCH = "https://log1:9200"
LOGIN = "elastic:lab-not-a-real-elastic-password"
DELIVERY = "enterprise-tickets-health-check --json --only filebeat.delivery"


@pytest.fixture
def started(host):
    return lambda: host.check_output(f"systemctl show -p InvocationID,NRestarts {UNIT}")


@pytest.fixture
def indexed(service):
    """The messages in a data stream."""
    elasticsearch = service(ELASTICSEARCH, "--insecure", "--user", LOGIN)

    def messages(dataset):
        hits = json.loads(elasticsearch.get(f"/logs-ets.{dataset}-test/_search?size=1000"))["hits"]["hits"]
        return {hit["_source"]["message"]: hit["_source"] for hit in hits}

    return messages


def only_filebeat(playbooks, *arguments, **variables):
    return playbooks.run("--tags", "filebeat", "--limit", "log1", *arguments, variables=variables, playbook="logging")


def append(host, message):
    line = json.dumps({"message": message})
    host.check_output(f"mkdir -p /var/log/ticket_system && echo '{line}' >> {LOG}")


def arrives(wait, indexed, message, dataset="app"):
    """Logstash's filters may have taken the message out of its JSON, which the stub's do not."""
    wait(lambda: [known for known in indexed(dataset) if message in known], f"{message} is in {dataset}")


def test_it_runs_with_little_power(host, exposure):
    assert host.service(UNIT).is_running
    assert host.service(UNIT).is_enabled
    assert exposure(host, UNIT) <= 4
    config = host.file("/etc/filebeat/filebeat.yml")
    assert (config.mode, config.user) == (0o600, "root")


def test_it_is_pinned(host):
    assert " 990\n" in host.check_output("apt-cache policy filebeat")


def test_it_reaches_every_logstash_over_tls(host):
    paths = "-c /etc/filebeat/filebeat.yml --path.home /usr/share/filebeat --path.data /tmp/test-output"
    output = host.check_output(f"/usr/share/filebeat/bin/filebeat test output {paths}")
    assert "log2:5044" in output
    assert "log3:5044" in output


def test_a_line_in_a_small_file_is_followed_to_the_index(host, wait, indexed):
    """Under 64 bytes, the least that Filebeat's fingerprints take."""
    append(host, "one")
    assert host.file(LOG).size < 64
    arrives(wait, indexed, "one")
    (event,) = (event for message, event in indexed("app").items() if "one" in message)
    assert event["host"]["name"] == "log1"
    assert event["data_stream"] == {"type": "logs", "dataset": "ets.app", "namespace": "test"}


def test_a_line_of_the_journal_is_followed_to_the_index(host, wait, indexed):
    host.check_output("logger -t lab-program 'a line of the journal'")
    arrives(wait, indexed, "a line of the journal", "syslog")


def test_while_one_logstash_is_away_the_other_takes_everything(host, wait, indexed):
    other = testinfra.get_host("docker://log3")
    other.check_output("systemctl stop logstash")
    for number in range(6):
        append(host, f"alone {number}")
    for number in range(6):
        arrives(wait, indexed, f"alone {number}")
    other.check_output("systemctl start logstash")


def test_a_configuration_that_filebeat_refuses_changes_nothing(playbooks, started):
    before = started()
    done = only_filebeat(
        playbooks,
        filebeat_extra_inputs=[{"type": "filestream", "id": "lab", "paths": ["/x"], "parsers": [{"x": {}}]}],
    )
    assert done.returncode != 0
    assert "parser not supported" in done.stdout
    assert started() == before


def test_bad_settings_are_refused_by_name(playbooks, started):
    before = started()
    done = only_filebeat(
        playbooks,
        filebeat_logstash_hosts=["https://log2:5044"],
        filebeat_ca_certificate="",
        filebeat_settings={"output.elasticsearch": {}},
    )
    assert done.returncode != 0
    words = " ".join(done.stdout.split())
    assert "filebeat_logstash_hosts: found 'https://log2:5044'" in words
    assert "filebeat_ca_certificate: found nothing" in words
    assert "filebeat_settings: found 'output.elasticsearch'" in words
    assert started() == before


def test_the_wrong_authority_is_found_by_the_health_check_and_no_line_is_lost(playbooks, host, tmp_path, wait, indexed):
    make = tmp_path / "ca"
    done = playbooks.run("-e", json.dumps({"ca_directory": str(make), "ca_name": "Other"}), playbook="create_ca")
    assert done.returncode == 0, done.stdout
    done = only_filebeat(playbooks, filebeat_ca_certificate=(make / "ca.crt").read_text())
    assert done.returncode == 0, done.stdout
    append(host, "for nobody")
    wait(lambda: host.run(DELIVERY).rc == 2, "the health check says that nothing is delivered")
    assert not [message for message in indexed("app") if "for nobody" in message]
    done = only_filebeat(playbooks)
    assert done.returncode == 0, done.stdout
    arrives(wait, indexed, "for nobody")
    wait(lambda: host.run(DELIVERY).rc == 0, "the health check says that all is well")

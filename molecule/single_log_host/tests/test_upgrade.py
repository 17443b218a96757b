# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole log stack, or its stubs, from 8.19 to 9, and not back. The tests go on from each other in their order."""

from __future__ import annotations

import json

import pytest

ELASTICSEARCH = "https://127.0.0.1:9200"
LOGIN = "elastic:lab-not-a-real-elastic-password"
UNITS = ("elasticsearch", "logstash", "kibana", "filebeat")
OLD, NEW = "8.19.5", "9.1.5"
LOG = "/var/log/ticket_system/app.json"


@pytest.fixture
def ask(service):
    certificate = ("--cacert", "/etc/elasticsearch/tls/ca.crt", "--user", LOGIN)
    return lambda path: json.loads(service(ELASTICSEARCH, *certificate).get(path))


@pytest.fixture
def versions(host):
    def installed():
        found = host.check_output(f"dpkg-query --show --showformat '${{Package}} ${{Version}}\n' {' '.join(UNITS)}")
        packages = (line.split() for line in found.splitlines())
        return {name: version.removeprefix("1:").removesuffix("-1") for name, version in packages}

    return installed


@pytest.fixture
def started(host):
    return lambda: {unit: host.check_output(f"systemctl show -P InvocationID {unit}") for unit in UNITS}


@pytest.fixture
def arrives(host, ask, wait):
    """Write a line to the application's log, and wait for it in Elasticsearch."""

    def messages():
        hits = ask("/logs-ets.app-test/_search?size=1000")["hits"]["hits"]
        return " ".join(hit["_source"]["message"] for hit in hits)

    def write(message):
        host.check_output(f"mkdir -p {LOG.rpartition('/')[0]} && echo '{json.dumps({'message': message})}' >> {LOG}")
        wait(lambda: message in messages(), f"{message} is indexed")
        return messages()

    return write


def test_one_node_is_a_whole_cluster_with_the_certificate_that_was_given(host, ask):
    health = ask("/_cluster/health")
    assert (health["status"], health["number_of_nodes"]) == ("green", 1)
    served = host.check_output("openssl s_client -connect localhost:9200 </dev/null 2>/dev/null | openssl x509")
    assert served.strip() == host.check_output("openssl x509 -in /etc/elasticsearch/own/host.crt").strip()
    assert not host.file("/etc/elasticsearch/tls/host.crt").exists


def test_everything_is_upgraded_in_one_run_and_nothing_is_lost(playbooks, sums, ask, versions, arrives, started):
    assert versions() == dict.fromkeys(UNITS, OLD)
    before = started()
    arrives("before the upgrade")
    upgrade = {"observability_elastic_version": NEW}
    check = playbooks.run("--check", playbook="logging", variables=upgrade)
    assert check.returncode == 0, check.stdout
    assert (versions(), started()) == (dict.fromkeys(UNITS, OLD), before)

    done = playbooks.run(playbook="logging", variables=upgrade)
    assert done.returncode == 0, done.stdout
    assert versions() == dict.fromkeys(UNITS, NEW)
    assert ask("/")["version"]["number"] == NEW
    assert not set(before.values()) & set(started().values())
    assert "before the upgrade" in arrives("after the upgrade")

    done = playbooks.run(playbook="logging", variables=upgrade)
    assert (done.returncode, sums(done).changed) == (0, 0), done.stdout


def test_there_is_no_way_back(playbooks, versions, started):
    before = started()
    for allowed, message in (
        (False, f"which means {OLD}, but {NEW} is in use; expected no older version"),
        (True, f"found {OLD}, expected {NEW} or newer: data that a newer major version has written cannot be read"),
    ):
        done = playbooks.run(playbook="logging", variables={"elasticsearch_allow_downgrade": allowed})
        assert done.returncode != 0
        assert message in " ".join(done.stdout.split())
    assert (versions(), started()) == (dict.fromkeys(UNITS, NEW), before)

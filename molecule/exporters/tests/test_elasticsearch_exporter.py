# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real elasticsearch_exporter, 1.5 on Debian 12 and 1.9 on Debian 13, beside a stub of Elasticsearch."""

from __future__ import annotations

import itertools
import re

import pytest

UNIT = "prometheus-elasticsearch-exporter.service"
EXPORTER = "http://127.0.0.1:9114"
PLAYBOOK = "../molecule/exporters/elasticsearch"
METRICS = [
    ("elasticsearch_cluster_health_status", {"cluster": "tickets", "color": "green"}),
    ("elasticsearch_cluster_health_number_of_nodes", {"cluster": "tickets"}),
    ("elasticsearch_cluster_health_unassigned_shards", {"cluster": "tickets"}),
    ("elasticsearch_jvm_memory_used_bytes", {"cluster": "tickets", "area": "heap", "name": "search-1"}),
    ("elasticsearch_jvm_memory_max_bytes", {"cluster": "tickets", "area": "heap"}),
    ("elasticsearch_filesystem_data_available_bytes", {"cluster": "tickets", "name": "search-1"}),
    ("elasticsearch_filesystem_data_size_bytes", {"cluster": "tickets"}),
    ("elasticsearch_indices_indexing_index_total", {"cluster": "tickets", "name": "search-1"}),
    ("elasticsearch_indices_store_size_bytes", {"cluster": "tickets"}),
    ("elasticsearch_thread_pool_rejected_count", {"cluster": "tickets", "type": "write"}),
]


@pytest.fixture(scope="module", autouse=True)
def deployed(playbooks, sums):
    """What the first deployment on both instances said, and the second, which has to change nothing."""
    first = playbooks.run("--diff", "-vvv", playbook=PLAYBOOK)
    assert first.returncode == 0, first.stdout[-3000:]
    second = playbooks.run(playbook=PLAYBOOK)
    assert sums(second).changed == 0, second.stdout
    return first.stdout + first.stderr


def test_it_runs_under_its_own_user_in_a_tight_sandbox(host, exposure):
    assert host.service(UNIT).is_running
    assert host.service(UNIT).is_enabled
    pid = host.check_output("systemctl show --property MainPID --value %s", UNIT)
    assert host.check_output("stat --format %%U /proc/%s", pid) == "elasticsearch_exporter"
    assert exposure(host, UNIT) <= 2.5


def test_its_metrics_are_there_in_every_version(service):
    """It has come through TLS, and past a login with every character that systemd could take for something else."""
    found = service(EXPORTER).metrics()
    missing = [
        (metric, labels)
        for metric, labels in METRICS
        if not any(labels.items() <= sample.items() for sample, _value in found.get(metric, []))
    ]
    assert missing == []


def test_the_password_is_where_only_root_can_read_it(host, deployed):
    password = "-correct-horse"
    assert [line for line in deployed.splitlines() if password in line] == []
    for command in ("ps axww", f"systemctl cat {UNIT}", f"systemctl show {UNIT}"):
        assert password not in host.check_output(command), command
    found = host.run(
        "grep -rlF -e %s /etc /run /usr/local /opt /tmp /var/lib/enterprise_tickets_observability"
        " | xargs stat --format '%%n %%U:%%G %%a'",
        password,
    )
    assert found.stdout.splitlines() == ["/etc/elasticsearch_exporter/login root:root 600"]


def process_of(host):
    return host.check_output("systemctl show --property MainPID --value %s", UNIT)


def test_an_elasticsearch_that_goes_down_does_not_take_it_along(instances, service_of, wait, playbooks, told_about):
    def health(host):
        return "elasticsearch_cluster_health_status" in service_of(host, EXPORTER).metrics()

    hosts = instances.values()
    before = [process_of(host) for host in hosts]
    for host in hosts:
        host.check_output("systemctl stop elasticsearch")
    try:
        assert [health(host) for host in hosts] == [False] * len(hosts)
        told = playbooks.run("-v", playbook=PLAYBOOK)
        required = playbooks.run(playbook=PLAYBOOK, variables={"elasticsearch_exporter_require_target": True})
    finally:
        for host in hosts:
            host.check_output("systemctl start elasticsearch")
    assert told.returncode == 0, told.stdout
    assert required.returncode != 0
    for done, name in itertools.product((told, required), instances):
        assert re.search("Elasticsearch .main. is down.*connection refused", told_about(done, name)), done.stdout
    for host in hosts:
        wait(lambda host=host: health(host), "it is watched again", 30)
    assert [process_of(host) for host in hosts] == before


def test_a_wrong_password_is_told_apart_from_an_outage(instances, service_of, playbooks, told_about):
    """It is started anew, and without an answer listens ten seconds later."""
    refused = playbooks.run("-v", playbook=PLAYBOOK, variables={"elasticsearch_exporter_password": "wrong-horse"})
    assert refused.returncode == 0, refused.stdout
    words = "Elasticsearch (main) is up, but it tells elasticsearch_exporter nothing about the cluster"
    for name in instances:
        assert words in told_about(refused, name)
    back = playbooks.run(playbook=PLAYBOOK)
    assert back.returncode == 0, back.stdout
    for host in instances.values():
        assert service_of(host, EXPORTER).metrics()["elasticsearch_cluster_health_status"]

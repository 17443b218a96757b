# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Elasticsearch, or its stub, as a cluster of three nodes; what later runs change. The tests go on in their order."""

from __future__ import annotations

import json
import os

import pytest
import testinfra

URL = "https://127.0.0.1:9200"
CA = "/etc/elasticsearch/tls/ca.crt"
PASSWORD = "lab-not-a-real-elastic-password"
BACKUP_PASSWORD = "lab-not-a-real-backup-password"
UNIT = "elasticsearch.service"
NODES = ("log1", "log2", "log3")
FIRST = "log2"  # where the cluster has begun, before the others were in the inventory
testinfra_hosts = ["ansible://log1"]


@pytest.fixture
def ask(service):
    def get(path, login=f"elastic:{PASSWORD}"):
        return json.loads(service(URL, "--cacert", CA, "--user", login).get(path))

    return get


@pytest.fixture(scope="module")
def nodes():
    return {
        name: testinfra.get_host(f"ansible://{name}", ansible_inventory=os.environ["MOLECULE_INVENTORY_FILE"])
        for name in NODES
    }


@pytest.fixture
def started(nodes):
    return lambda: {name: host.check_output(f"systemctl show -P InvocationID {UNIT}") for name, host in nodes.items()}


@pytest.fixture
def deploy(playbooks):
    def run(*arguments, playbook="logging", **variables):
        return playbooks.run("--tags", "elasticsearch", *arguments, variables=variables, playbook=playbook)

    return run


def test_three_nodes_are_one_whole_cluster(ask, nodes):
    health = ask("/_cluster/health")
    assert (health["status"], health["number_of_nodes"]) == ("green", 3)
    assert {item["name"] for item in ask("/_nodes")["nodes"].values()} == set(NODES)
    for host in nodes.values():
        assert "initial_master_nodes" not in host.file("/etc/elasticsearch/elasticsearch.yml").content_string
        assert not host.file("/run/ets-elasticsearch/bootstrap.env").exists


def test_nodes_that_were_added_joined_the_cluster_that_was_there_and_the_first_one_ran_on(ask, nodes, started):
    """Also the one that begins a cluster where there is none."""
    before = json.loads(nodes[FIRST].file("/root/lab_first_node.json").content_string)
    assert ask("/")["cluster_uuid"] == before["cluster_uuid"]
    assert started()[FIRST] == before["start"]
    for name, host in nodes.items():
        seeds = host.file("/etc/elasticsearch/unicast_hosts.txt").content_string.split()
        assert seeds == [f"{other}:9300" for other in NODES if other != name]


def test_nobody_gets_in_without_a_password_or_with_another_authority(host, service):
    assert service(URL).status("/", "--cacert", CA) == 401
    assert service(URL).status("/", "--cacert", CA, "--user", "elastic:changeme") == 401
    assert host.run(f"curl --silent {URL}").rc == 60


def test_clients_may_do_what_they_need_and_no_more(ask, service):
    login = "ets_logstash:lab-not-a-real-logstash-password"
    assert ask("/_security/_authenticate", login)["roles"] == ["ets_logstash"]
    assert service(URL).status("/logs-ets.app-test/_search", "--cacert", CA, "--user", login) == 403
    assert service(URL).status("/_security/user/elastic", "--cacert", CA, "--user", login) == 403
    assert ask("/_security/_authenticate", "kibana_system:lab-not-a-real-kibana-password")
    assert ask("/_index_template/ets-logs-app")["index_templates"][0]["index_template"]["priority"] == 501


def test_secrets_are_where_nobody_else_reads_them(host):
    for path in ("/etc/elasticsearch/tls/host.key", "/etc/elasticsearch/elasticsearch.yml"):
        assert (host.file(path).mode, host.file(path).group) == (0o640, "elasticsearch")
    assert host.run(f"grep -r '{PASSWORD}' /etc/systemd /etc/default /run/ets-elasticsearch").rc != 0
    assert host.file("/etc/elasticsearch/elasticsearch.keystore").mode == 0o660


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"elasticsearch_elastic_password": "changeme"}, "elasticsearch_elastic_password: found a value that stands"),
        ({"elasticsearch_heap_size": "32g"}, "elasticsearch_heap_size: found '32g', expected 31g at most"),
        ({"observability_log_retention_days": 0}, "elasticsearch_retention_days.application is 0"),
        ({"elasticsearch_version": "7.17.0"}, "elasticsearch_version"),
    ],
)
def test_bad_input_changes_nothing(deploy, started, variables, message):
    before = started()
    done = deploy("--limit", "log1", **variables)
    assert done.returncode != 0
    assert message in done.stdout.replace("\n", " ").replace("        ", " ")
    assert started() == before


def test_an_authority_that_the_other_nodes_do_not_know_is_refused(playbooks, deploy, started, ask, nodes, tmp_path):
    """With it the node would leave the cluster: nobody takes its certificates."""
    before, files = started(), "cat /etc/elasticsearch/tls/*"
    held = nodes["log3"].check_output(files)
    make = tmp_path / "ca"
    done = playbooks.run("-e", json.dumps({"ca_directory": str(make), "ca_name": "Other"}), playbook="create_ca")
    assert done.returncode == 0, done.stdout
    other = {
        "observability_ca_certificate": (make / "ca.crt").read_text(),
        "observability_ca_private_key": (make / "ca.key").read_text(),
    }
    done = deploy("--limit", "log3", **other)
    assert done.returncode != 0
    assert "an authority that has not issued /etc/elasticsearch/tls/host.crt" in " ".join(done.stdout.split())
    assert (started(), nodes["log3"].check_output(files)) == (before, held)
    assert ask("/_cluster/health")["number_of_nodes"] == 3


def test_another_password_and_another_certificate_ask_for_no_restart(deploy, sums, started, ask):
    before = started()
    variables = {
        "elasticsearch_elastic_password": "lab-another-$password",
        "elasticsearch_tls_names": ["logs.example.com"],
    }
    done = deploy(**variables)
    assert done.returncode == 0, done.stdout
    assert "lab-another-$password" not in done.stdout
    assert started() == before
    assert ask("/_cluster/health", "elastic:lab-another-$password")["status"] == "green"
    done = deploy(**variables)
    assert (done.returncode, sums(done).changed) == (0, 0), done.stdout
    assert deploy().returncode == 0


def test_nodes_restart_one_at_a_time_and_the_cluster_is_told(deploy, nodes, started, ask):
    seed = nodes[FIRST]
    seed.check_output("truncate -s 0 /var/lib/elasticsearch/stub_events.log")
    before = started()
    done = deploy(elasticsearch_jvm_options=["-Dlab=1"])
    assert done.returncode == 0, done.stdout
    assert not set(before.values()) & set(started().values())
    events = seed.file("/var/lib/elasticsearch/stub_events.log").content_string.splitlines()
    left = [line for line in events if line.startswith("left")]
    assert left, events
    assert events.count("flushed") == 3, events
    assert all(line.endswith("allocation=primaries") for line in left), events
    assert ask("/_cluster/health")["status"] == "green"
    assert ask("/_cluster/settings")["persistent"] == {}


@pytest.fixture
def status(service):
    """The status of a request as a user."""
    return lambda path, *curl, login=f"elastic:{PASSWORD}": service(URL).status(
        path, "--cacert", CA, "--user", login, *curl
    )


def test_a_data_stream_that_is_lost_comes_back_from_a_snapshot(playbooks, host, ask, status):
    stream = "logs-ets.audit-test"
    lines = "".join(
        json.dumps(line) + "\n"
        for number in range(5)
        for line in ({"create": {}}, {"@timestamp": "2026-01-01T00:00:00Z", "message": f"drill {number}"})
    )
    send = ("-X", "POST", "-H", "Content-Type: application/json", "--data-binary", lines)
    assert status(f"/{stream}/_bulk", *send) == 200
    before = ask(f"/{stream}/_count")["count"]
    assert before >= 5
    done = playbooks.run(variables={"components": "elasticsearch"}, playbook="backup")
    assert done.returncode == 0, done.stdout
    assert BACKUP_PASSWORD not in done.stdout
    snapshot = host.check_output("enterprise-tickets-backup list elasticsearch").splitlines()[0].split()[-1]
    assert f"ok      {snapshot}" in host.check_output("enterprise-tickets-backup verify elasticsearch").splitlines()
    metrics = host.file("/var/lib/prometheus/node-exporter/ets_backup.prom").content_string
    assert 'ets_backup_last_run_success{component="elasticsearch"} 1.0' in metrics

    wish = {"component": "elasticsearch", "only": stream}
    done = playbooks.run(variables=wish, playbook="restore")
    assert done.returncode != 0
    assert f"{stream}: there already, so nothing was changed" in " ".join(done.stdout.split())

    assert status(f"/_data_stream/{stream}", "-X", "DELETE") == 200
    assert status(f"/_data_stream/{stream}") == 404
    done = playbooks.run(variables=wish, playbook="restore")
    assert done.returncode == 0, done.stdout
    assert f"{stream} has its {before} documents of the snapshot {snapshot} again" in " ".join(done.stdout.split())
    assert ask(f"/{stream}/_count")["count"] == before

    assert status(f"/{stream}/_bulk", *send) == 200
    assert ask(f"/{stream}/_count")["count"] == before + 5
    done = playbooks.run(variables=wish | {"replace": True, "archive": snapshot}, playbook="restore")
    assert done.returncode == 0, done.stdout
    assert ask(f"/{stream}/_count")["count"] == before
    assert "what was there before is kept in the snapshot ets-" in " ".join(done.stdout.split())


def test_who_makes_snapshots_may_do_no_more(status):
    login = f"ets_backup:{BACKUP_PASSWORD}"
    assert status("/_snapshot/backups/ets-*", login=login) == 200
    assert status("/_snapshot/backups", "-X", "DELETE", login=login) == 403
    assert status("/_security/user/elastic", login=login) == 403
    assert status("/_data_stream/other-stream", "-X", "DELETE", login=login) == 403


def test_a_repository_that_cannot_be_written_to_is_no_backup(host, nodes):
    nodes[FIRST].check_output("chown root:root /srv/snapshots")
    try:
        made = host.run("enterprise-tickets-backup run elasticsearch")
    finally:
        nodes[FIRST].check_output("chown elasticsearch:elasticsearch /srv/snapshots")
    assert made.rc == 1
    assert "path is not accessible on master node" in made.stderr


def test_without_a_password_for_snapshots_it_says_so_before_anything_changes(playbooks, started):
    before = started()
    done = playbooks.run("--tags", "backup", variables={"backup_elasticsearch_password": ""})
    assert done.returncode != 0
    assert "backup_elasticsearch_password is not set for log1" in " ".join(done.stdout.split())
    assert started() == before


def test_the_sandbox_is_tight(host, exposure):
    assert exposure(host, UNIT) <= 4

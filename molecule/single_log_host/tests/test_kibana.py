# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kibana, or its stub, after a converge; what later runs change. The tests go on from each other in their order."""

from __future__ import annotations

import json
import pathlib
import shlex

import pytest

testinfra_hosts = ["ansible://kibana"]

URL = "https://localhost:5601/kibana"
CA = "/etc/kibana/tls/ca.crt"
LOGIN = "ets_kibana:lab-not-a-real-content-password"
UNIT = "kibana.service"
CURL = (
    *("curl", "--silent", "--show-error", "--fail", "--cacert", CA),
    *("--user", LOGIN, "--header", "kbn-xsrf: true"),
)
TYPES = ("dashboard", "index-pattern", "query", "search", "tag")
SHIPPED = pathlib.Path(__file__).parents[3] / "roles" / "kibana" / "files" / "saved_objects"


@pytest.fixture
def level(service):
    def ask():
        answer = service(URL, "--cacert", CA).get("/api/status")
        return json.loads(answer)["status"]["overall"]["level"]

    return ask


@pytest.fixture
def objects(host):
    """What is in Kibana, by type and id."""

    def export():
        wanted = json.dumps({"type": list(TYPES), "excludeExportDetails": True})
        words = [
            *CURL,
            *("--json", wanted, f"{URL}/api/saved_objects/_export"),
        ]
        found = [json.loads(line) for line in host.check_output(shlex.join(words)).splitlines()]
        return {(item["type"], item["id"]): item for item in found}

    return export


@pytest.fixture
def store(host):
    """Import objects as people do."""

    def load(*items):
        lines = "".join(json.dumps(item) + "\n" for item in items)
        host.check_output("printf %%s %s >/root/objects.ndjson", lines)
        words = [
            *CURL,
            *("--form", "file=@/root/objects.ndjson", f"{URL}/api/saved_objects/_import?overwrite=true"),
        ]
        assert json.loads(host.check_output(shlex.join(words)))["success"]

    return load


@pytest.fixture
def started(host):
    return lambda: host.check_output(f"systemctl show -p InvocationID,NRestarts {UNIT}")


def only_kibana(playbooks, *arguments, **variables):
    return playbooks.run("--tags", "kibana", *arguments, variables=variables)


def shipped():
    lines = [line for path in SHIPPED.glob("*.ndjson") for line in path.read_text().splitlines()]
    return {(item["type"], item["id"]) for item in map(json.loads, lines)}


def query(identifier, **more):
    attributes = {"title": identifier, "description": "", "query": {"query": "tags: lab", "language": "kuery"}}
    return {
        "type": "query",
        "id": identifier,
        "attributes": {**attributes, "filters": []},
        "references": [],
        "coreMigrationVersion": "8.8.0",
        "typeMigrationVersion": "10.1.0",
        **more,
    }


def test_it_is_available_over_https_below_a_path(host, level, service):
    assert host.service(UNIT).is_running
    assert host.service(UNIT).is_enabled
    assert level() == "available"
    assert service("https://localhost:5601").status("/api/status", "--cacert", CA) == 404
    pid = host.check_output(f"systemctl show --property MainPID --value {UNIT}")
    assert host.check_output(f"stat --format %U /proc/{pid}") == "kibana"


def test_its_health_check(host, checked, wait):
    """Green, red after the fault, and green again: without Kibana, and without the Elasticsearch that it needs."""
    names = ("kibana.unit", "kibana.ready", "kibana.status")

    def green():
        return {checked(host, name)[:2] for name in names} == {(0, "ok")}

    wait(green, "Kibana is well")
    for unit, words in ((UNIT, "refuses the connection"), ("elasticsearch.service", "unavailable")):
        host.check_output(f"systemctl stop {unit}")
        try:
            answer = wait(
                lambda words=words: words in (found := checked(host, "kibana.status")).message and found,
                f"it is {words}",
            )
            assert answer[:2] == (2, "critical")
            if unit == UNIT:
                assert {checked(host, name)[:2] for name in names} == {(2, "critical")}
        finally:
            host.check_output(f"systemctl start {unit}")
        wait(green, "Kibana is well again")


def test_nobody_gets_in_without_the_right_login(service):
    for login in ("ets_kibana:wrong", "elastic:changeme"):
        arguments = ("--cacert", CA, "--header", "kbn-xsrf: true", "--json", '{"type": ["tag"]}', "--user", login)
        assert service(URL).status("/api/saved_objects/_export", *arguments) == 401


def test_what_the_collection_ships_is_there_and_read_only(objects):
    found = objects()
    assert set(found) == shipped() | {("tag", "ets")}
    assert all(item["managed"] for item in found.values())
    assert sum(kind == "dashboard" for kind, _id in found) == 5


def test_secrets_are_where_nobody_else_reads_them(host):
    for name in ("kibana.yml", "secrets.yml"):
        file = host.file(f"/etc/kibana/{name}")
        assert (file.mode, file.user, file.group) == (0o640, "root", "kibana")
    assert "lab-not-a-real" not in host.file("/etc/kibana/kibana.yml").content_string
    assert "lab-not-a-real" not in host.file("/etc/systemd/system/kibana.service").content_string


def test_the_sandbox_is_tight(host, exposure):
    assert exposure(host, UNIT) <= 4


def test_bad_input_is_refused_before_anything_changes(playbooks, tmp_path, started):
    before = started()
    dangling = tmp_path / "dangling.ndjson"
    dangling.write_text(
        json.dumps(query("lab-dangling", references=[{"type": "index-pattern", "id": "none", "name": "x"}]))
    )
    done = only_kibana(
        playbooks,
        kibana_elasticsearch_user="elastic",
        kibana_security_key="something_at_least_32_characters",
        kibana_reporting_key="short",
        kibana_saved_object_files=[str(dangling)],
    )
    assert done.returncode != 0
    for message in (
        "kibana_elasticsearch_user: found 'elastic'",
        "kibana_security_key: found a value that stands in examples",
        "kibana_reporting_key: found 5 characters",
        "query lab-dangling refers to index-pattern none (x), which is not among the objects",
    ):
        assert message in done.stdout
    assert started() == before


def test_a_wrong_password_of_the_content_is_told_apart(playbooks, started, objects):
    before = started()
    done = only_kibana(playbooks, kibana_content_password="lab-wrong-password")
    assert done.returncode != 0
    assert "Kibana refuses the user ets_kibana: the name or the password is wrong" in done.stdout
    assert "lab-wrong-password" not in done.stdout
    assert started() == before
    assert set(objects()) >= shipped()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kibana_elasticsearch_password": "lab-wrong-password"}, "unable to authenticate user [kibana_system]"),
        ({"kibana_settings": {"server.prot": 1}}, "server.prot"),
    ],
)
def test_what_does_not_become_available_is_taken_back(playbooks, wait, level, change, message):
    done = only_kibana(playbooks, kibana_ready_timeout=15, **change)
    assert done.returncode != 0
    assert message in " ".join(done.stdout.split())
    assert "lab-wrong-password" not in done.stdout
    wait(lambda: level() == "available", "Kibana runs with its previous files")


def test_own_objects_come_and_go_and_changes_are_changed_back(playbooks, sums, tmp_path, started, objects, store):
    before = started()
    file = tmp_path / "lab.ndjson"
    file.write_text(json.dumps(query("lab-own")))
    done = only_kibana(playbooks, "--diff", kibana_saved_object_files=[str(file)])
    assert (done.returncode, sums(done).changed) == (0, 1), done.stdout
    assert ("query", "lab-own") in objects()

    overview = objects()["dashboard", "ets-log-overview"]
    store({**overview, "attributes": {**overview["attributes"], "title": "Mine"}}, query("lab-foreign"))
    assert objects()["dashboard", "ets-log-overview"]["attributes"]["title"] == "Mine"

    done = only_kibana(playbooks, "--check", "--diff")
    assert (done.returncode, sums(done).changed) == (0, 1), done.stdout
    assert ("query", "lab-own") in objects()

    done = only_kibana(playbooks, "--diff")
    assert (done.returncode, sums(done).changed) == (0, 1), done.stdout
    assert "dashboard ets-log-overview (Log Overview) was changed in Kibana" in done.stdout
    assert "query lab-own (lab-own) is no longer wanted" in done.stdout
    found = objects()
    assert found["dashboard", "ets-log-overview"]["attributes"]["title"] == "Log Overview"
    assert ("query", "lab-own") not in found
    assert ("query", "lab-foreign") in found

    done = only_kibana(playbooks)
    assert (done.returncode, sums(done).changed) == (0, 0), done.stdout
    assert started() == before


def test_another_certificate_is_served(host, playbooks, started, level):
    before = started()
    host.check_output("rm /etc/kibana/tls/host.crt")
    done = only_kibana(playbooks)
    assert done.returncode == 0, done.stdout
    assert started() != before
    served = host.check_output("openssl s_client -connect localhost:5601 </dev/null 2>/dev/null | openssl x509")
    assert served.strip() == host.check_output("openssl x509 -in /etc/kibana/tls/host.crt").strip()
    assert level() == "available"


def test_it_is_pinned(host):
    assert " 990\n" in host.check_output("apt-cache policy kibana")

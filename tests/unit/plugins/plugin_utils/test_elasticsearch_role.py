# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cluster out of the inventory, and what the role refuses."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._certificates import make_authority
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._elasticsearch_role import (
    CLIENTS,
    OWN,
    client_resources,
    cluster,
    heap_bytes,
    problems,
    retention,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._inventory import Inventory
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import InputError

Hosts = dict[str, dict[str, t.Any]]
PASSWORD: t.Final = "another-example-password"


def seen(hosts: Hosts, host: str = "log1") -> dict[str, t.Any]:
    return cluster(Inventory({"elasticsearch": list(hosts)}, hosts), host)


THREE: t.Final[Hosts] = {"log1": {"ansible_host": "192.0.2.1"}, "log2": {}, "log3": {"elasticsearch_port": 9201}}


class TestCluster:
    def test_nodes_find_each_other(self) -> None:
        assert seen(THREE, "log2") == {
            "nodes": ["log1", "log2", "log3"],
            "seed": "log1",
            "seed_hosts": ["192.0.2.1:9300", "log3:9300"],
            "other_urls": ["https://192.0.2.1:9200", "https://log3:9201"],
            "problems": [],
        }

    def test_only_those_of_the_environment_are_one_cluster(self) -> None:
        staging = {"observability_environment": "staging"}
        hosts = {**THREE, "log4": staging}
        assert seen(hosts)["nodes"] == ["log1", "log2", "log3"]
        assert seen(hosts, "log4") == {
            "nodes": ["log4"],
            "seed": "log4",
            "seed_hosts": [],
            "other_urls": [],
            "problems": [],
        }

    def test_who_is_no_master_is_not_asked_for_the_cluster_and_does_not_begin_it(self) -> None:
        data = {"elasticsearch_node_roles": ["data", "ingest"], "elasticsearch_transport_port": 9301}
        found = seen({"log0": data, **THREE}, "log0")
        assert found["seed"] == "log1"
        assert found["seed_hosts"] == ["192.0.2.1:9300", "log2:9300", "log3:9300"]
        assert found["problems"] == []

    def test_an_ipv6_address_has_brackets(self) -> None:
        found = seen({"log1": {}, "log2": {"ansible_host": "2001:db8::2"}, "log3": {}})
        assert found["other_urls"][0] == "https://[2001:db8::2]:9200"
        assert found["seed_hosts"][0] == "[2001:db8::2]:9300"

    @pytest.mark.parametrize(
        ("hosts", "message"),
        [
            ({"log1": {}, "log2": {}}, "2 nodes may become master (log1, log2), expected an odd number"),
            (
                {"log1": {"elasticsearch_node_roles": ["data"]}},
                "0 nodes may become master (no host), expected an odd number",
            ),
            (
                {**THREE, "log2": {"elasticsearch_node_roles": ["master", "boss"]}},
                "elasticsearch_node_roles of log2: found 'boss', expected one of master, data,",
            ),
            (
                {**THREE, "log2": {"elasticsearch_version": "8.19.3"}, "log3": {"elasticsearch_version": "9.1.5"}},
                "elasticsearch_version: found 8.19.3 on log2, 9.1.5 on log3, expected one major version",
            ),
            (
                {
                    "log1": {"elasticsearch_version": "8.19.3", "observability_elastic_version": "9.1.5"},
                    "log2": {"observability_elastic_version": "9.1.5"},
                    "log3": {},
                },
                "elasticsearch_version: found 8.19.3 on log1, 9.1.5 on log2, expected one major version",
            ),
        ],
    )
    def test_what_is_no_good_cluster(self, hosts: Hosts, message: str) -> None:
        (problem,) = seen(hosts)["problems"]
        assert message in problem

    def test_minor_versions_may_differ_while_a_cluster_is_upgraded(self) -> None:
        hosts = {**THREE, "log2": {"elasticsearch_version": "9.0.1"}, "log3": {"elasticsearch_version": "9.1.5"}}
        assert seen(hosts)["problems"] == []

    @pytest.mark.parametrize(
        ("variables", "message"),
        [
            ({"elasticsearch_transport_port": 99999}, "elasticsearch_transport_port is 99999"),
            ({"elasticsearch_node_roles": "master"}, "elasticsearch_node_roles is"),
            ({"elasticsearch_node_roles": [1]}, "elasticsearch_node_roles is 1"),
        ],
    )
    def test_what_is_no_value_at_all(self, variables: dict[str, t.Any], message: str) -> None:
        with pytest.raises(InputError, match=message):
            seen({**THREE, "log3": variables})


class TestHeap:
    @pytest.mark.parametrize(
        ("size", "number"), [("", 0), (None, 0), ("4g", 4 << 30), ("512m", 512 << 20), ("31g", 31 << 30)]
    )
    def test_sizes(self, size: object, number: int) -> None:
        assert heap_bytes(size) == number

    @pytest.mark.parametrize(
        ("size", "message"),
        [
            ("32g", "found '32g', expected 31g at most"),
            ("64m", "found '64m', expected 128m or more"),
            ("much", "found 'much', expected a size such as 4g or 512m"),
            ("50%", "expected a size such as 4g"),
        ],
    )
    def test_what_is_refused(self, size: object, message: str) -> None:
        with pytest.raises(InputError, match=f"^elasticsearch_heap_size: .*{message}"):
            heap_bytes(size)


@pytest.mark.parametrize(
    ("days", "more", "found"),
    [
        (None, None, {}),
        ("", {}, {}),
        (14, None, {"application": 14}),
        (14, {"audit": 400}, {"application": 14, "audit": 400}),
        ({"application": 14, "system": 60}, {"system": 90}, {"application": 14, "system": 90}),
    ],
)
def test_retention(days: object, more: object, found: dict[str, t.Any]) -> None:
    assert retention(days, more) == found


class TestClients:
    def test_who_has_no_password_is_not_made(self) -> None:
        assert client_resources({}) == []
        assert client_resources({client.variable: "" for client in CLIENTS}) == []

    def test_a_user_has_the_role_of_its_name_and_its_password_beside_the_body(self) -> None:
        role, user = client_resources({"logstash_elasticsearch_password": PASSWORD})
        assert (role["kind"], role["name"]) == ("role", "ets_logstash")
        assert (user["kind"], user["name"], user["password"]) == ("user", "ets_logstash", PASSWORD)
        assert user["body"] == {"roles": ["ets_logstash"], "full_name": "Enterprise Tickets: logstash"}
        assert PASSWORD not in str(role)

    def test_of_a_user_that_elasticsearch_has_only_the_password_is_set(self) -> None:
        expected = {"kind": "user", "name": "kibana_system", "body": {}, "password": PASSWORD}
        assert client_resources({"kibana_elasticsearch_password": PASSWORD}) == [expected]

    def test_who_imports_dashboards_may_do_that_and_nothing_else(self) -> None:
        role, user = client_resources({"kibana_content_password": "example-password"})
        assert (role["kind"], role["name"], user["name"]) == ("role", "ets_kibana", "ets_kibana")
        assert (role["body"]["cluster"], role["body"]["indices"]) == ([], [])
        assert role["body"]["applications"] == [
            {
                "application": "kibana-.kibana",
                "privileges": ["feature_savedObjectsManagement.all"],
                "resources": ["space:default"],
            }
        ]
        assert user["body"]["roles"] == ["ets_kibana"]

    def test_nobody_manages_the_cluster_and_each_only_does_its_work(self) -> None:
        made = client_resources(dict.fromkeys((client.variable for client in CLIENTS), PASSWORD))
        roles = {item["name"]: item["body"] for item in made if item["kind"] == "role"}
        assert [
            name for name, role in roles.items() if {"all", "manage", "manage_security"} & set(role["cluster"])
        ] == []

        def who(*privileges: str) -> set[str]:
            return {
                name
                for name, role in roles.items()
                for part in role["indices"]
                if {*privileges} & {*part["privileges"]}
            }

        assert who("all", "write", "delete", "index", "manage", "create_index") == set()
        assert who("create_doc", "create") == {"ets_logstash"}
        assert who("read") == {"ets_grafana", "ets_backup"}
        assert who("delete_index") == {"ets_backup"}


@pytest.fixture(scope="module")
def authority() -> tuple[str, str]:
    return make_authority("Lab CA", 3650)


@pytest.fixture
def told(authority: tuple[str, str]) -> t.Callable[..., list[str]]:
    """What is wrong with good settings and some changes."""

    def ask(**changes: t.Any) -> list[str]:
        return problems(
            {
                "cluster": {"problems": []},
                "config_dir": "/etc/elasticsearch",
                "elastic_password": "example-of-a-password",
                "ca_certificate": authority[0],
                "ca_private_key": authority[1],
                "version": "9.1.5",
                "settings": {},
                **changes,
            }
        )

    return ask


class TestProblems:
    def test_good_settings(self, told: t.Callable[..., list[str]]) -> None:
        repository = {"name": "nightly", "type": "fs", "settings": {"location": "/srv/snapshots"}}
        assert told() == []
        assert (
            told(
                heap_size="2g",
                retention_days={"audit": 400},
                passwords={"kibana_elasticsearch_password": PASSWORD, "grafana_elasticsearch_password": ""},
                settings={"indices.query.bool.max_clause_count": 2048},
                snapshot_repository=repository,
                tls_cert_file="/etc/elasticsearch/own.crt",
                tls_key_file="/etc/elasticsearch/own.key",
            )
            == []
        )

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"heap_size": "40g"}, "elasticsearch_heap_size: found '40g', expected 31g at most"),
            ({"retention_days": {"audit": 0}}, "audit"),
            ({"elastic_password": ""}, "elasticsearch_elastic_password: found nothing"),
            ({"elastic_password": "changeme"}, "elasticsearch_elastic_password: found a value that stands in examples"),
            (
                {"passwords": {"kibana_elasticsearch_password": "short"}},
                "kibana_elasticsearch_password: found 5 characters",
            ),
            (
                {"passwords": {"kibana_elasticsearch_password": "example-of-a-password"}},
                "kibana_elasticsearch_password: found the password of elasticsearch_elastic_password",
            ),
            (
                {
                    "passwords": {
                        "kibana_elasticsearch_password": PASSWORD,
                        "grafana_elasticsearch_password": PASSWORD,
                    }
                },
                "grafana_elasticsearch_password: found the password of kibana_elasticsearch_password",
            ),
            ({"ca_certificate": "none"}, "observability_ca_certificate"),
            ({"ca_private_key": ""}, "observability_ca_private_key: found nothing, expected the key of"),
            (
                {"tls_cert_file": "/etc/ssl/es.crt", "tls_key_file": "/etc/elasticsearch/es.key"},
                "found '/etc/ssl/es.crt', expected a path below /etc/elasticsearch",
            ),
            ({"version": "7.17.0"}, "elasticsearch_version: found 7.17.0, expected 8.19 or newer"),
            ({"version": "nine"}, "elasticsearch_version: found 'nine', expected a version such as 9.1.5"),
            ({"version": "8.19.3", "previous_version": "9.1.5"}, "found 8.19.3, expected 9.1.5 or newer"),
            ({"previous_version": "8.17.2"}, "but 8.17.2 is installed; expected 8.19 first"),
            ({"settings": []}, "elasticsearch_settings: found a list, expected a dictionary"),
            ({"settings": {"http": {"port": 1}}}, "elasticsearch_settings.http: found a dictionary"),
            ({"snapshot_repository": {"type": "s3"}}, "elasticsearch_snapshot_repository.name: found nothing"),
            (
                {"snapshot_repository": {"name": "a", "type": "fs", "settings": {"location": "snapshots"}}},
                "elasticsearch_snapshot_repository.settings.location: found 'snapshots', expected an absolute path",
            ),
        ],
    )
    def test_each_is_named(self, told: t.Callable[..., list[str]], changes: dict[str, t.Any], message: str) -> None:
        (problem,) = told(**changes)
        assert message in problem

    @pytest.mark.parametrize("name", OWN)
    def test_what_the_role_sets_is_no_free_setting(self, told: t.Callable[..., list[str]], name: str) -> None:
        (problem,) = told(settings={name: "x"})
        assert problem.startswith(f"elasticsearch_settings.{name}: ")
        assert OWN[name] in problem

    def test_the_bridge_to_the_next_major_version_is_no_problem(self, told: t.Callable[..., list[str]]) -> None:
        assert told(previous_version="8.19.3") == []

    def test_no_secret_is_shown(self, told: t.Callable[..., list[str]]) -> None:
        found = told(elastic_password="sh0rt", passwords={"kibana_elasticsearch_password": "sh0rt"}, ca_certificate="x")
        assert found
        assert not [problem for problem in found if "sh0rt" in problem or "PRIVATE KEY-----\n" in problem]

    def test_without_the_key_a_node_that_has_its_certificate_goes_on(self, told: t.Callable[..., list[str]]) -> None:
        assert told(ca_private_key="", previous_version="9.1.5") == []

    def test_the_clusters_problems_are_among_them(self, told: t.Callable[..., list[str]]) -> None:
        assert told(cluster={"problems": ["no good"]}, heap_size="x")[0] == "no good"

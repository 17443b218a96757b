# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.running import (
    PROBES,
    read_checks,
    read_credentials,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._catalogue import SERVICES
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._health_checks import (
    health_checks,
    monitoring_urls,
    service_urls,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._inventory import Inventory
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._operations import OPERATIONS
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import InputError

Variables = dict[str, dict[str, t.Any]]

GROUPS = {
    "observability_hosts": ["mon1", "mon2", "db1"],
    "prometheus": ["mon1", "mon2"],
    "alertmanager": ["mon1", "mon2"],
    "tickets_redis": ["db1"],
    "tickets_backend": ["db1"],
}


def inventory(variables: Variables | None = None, groups: dict[str, list[str]] | None = None) -> Inventory:
    hosts = {host for members in (groups or GROUPS).values() for host in members}
    return Inventory(groups or GROUPS, {host: (variables or {}).get(host, {}) for host in hosts})


def checks(variables: Variables | None = None, host: str = "mon1", **settings: t.Any) -> dict[str, dict[str, t.Any]]:
    found = health_checks(inventory(variables), host, settings)["checks"]
    return {check["id"]: check for check in found}


class TestChecks:
    def test_a_host_checks_itself(self) -> None:
        assert set(checks(host="db1")) == {
            "host.disk",
            "host.clock",
            "node_exporter.unit",
            "node_exporter.ready",
            "redis_exporter.unit",
            "redis_exporter.ready",
            "tickets_backend.ready",
        }

    def test_filebeat_only_where_its_environment_has_a_logstash(self) -> None:
        groups = {**GROUPS, "logstash": ["mon2"]}
        here = {check["id"] for check in health_checks(inventory(groups=groups), "db1", {})["checks"]}
        assert {"filebeat.unit", "filebeat.ready", "filebeat.delivery"} <= here
        other = inventory({"mon2": {"observability_environment": "staging"}}, groups)
        there = {check["id"] for check in health_checks(other, "db1", {})["checks"]}
        assert there == {name for name in here if not name.startswith("filebeat.")}

    def test_a_prometheus_server(self) -> None:
        found = checks()
        names = {"targets", "rules", "tsdb", "alerts", "others", "unit", "ready"}
        assert {f"prometheus.{name}" for name in names} <= set(found)
        assert found["prometheus.unit"]["unit"] == "prometheus.service"
        assert found["prometheus.ready"]["url"] == "http://127.0.0.1:9090/-/ready"
        assert found["prometheus.others"]["node"] == "mon1"

    def test_how_many_there_should_be(self) -> None:
        assert checks()["alertmanager.cluster"]["expected"] == 2
        other = {"mon2": {"observability_environment": "staging"}}
        assert checks(other)["alertmanager.cluster"]["expected"] == 1

    @pytest.mark.parametrize(
        ("variables", "url"),
        [
            ({"prometheus_port": 19090}, "http://127.0.0.1:19090"),
            ({"prometheus_listen_address": "::"}, "http://[::1]:9090"),
            ({"prometheus_listen_address": "10.0.0.1"}, "http://10.0.0.1:9090"),
            ({"prometheus_tls_cert_file": "/x"}, "https://127.0.0.1:9090"),
            ({"prometheus_external_url": "https://m.example.com/prom/"}, "http://127.0.0.1:9090/prom"),
            # That others reach it through a proxy does not matter here.
            ({"observability_endpoints": {"prometheus": {"port": 443, "scheme": "https"}}}, "http://127.0.0.1:9090"),
        ],
    )
    def test_the_address_is_the_local_one(self, variables, url) -> None:
        found = checks({"mon1": variables})
        assert found["prometheus.rules"]["url"] == url
        assert found["prometheus.ready"]["url"] == url + "/-/ready"

    def test_a_certificate_is_looked_at_where_there_is_one(self) -> None:
        assert "prometheus.certificate" not in checks()
        found = checks({"mon1": {"prometheus_tls_cert_file": "/x", "observability_address": "m.example.com"}})
        assert found["prometheus.certificate"] == {
            "id": "prometheus.certificate",
            "group": "Prometheus",
            "title": "Certificate",
            "kind": "tls",
            "access": "prometheus",
            "host": "127.0.0.1",
            "port": 9090,
            "name": "m.example.com",
        }

    def test_what_should_be_stopped_is_not_checked(self) -> None:
        assert not [name for name in checks({"mon1": {"prometheus_state": "stopped"}}) if "prometheus" in name]

    def test_what_should_not_start_at_boot(self) -> None:
        assert checks({"mon1": {"prometheus_enabled": False}})["prometheus.unit"]["enabled"] is False

    def test_groups_of_other_names(self) -> None:
        groups = {"observability_hosts": ["a"], "prom_servers": ["a"]}
        found = health_checks(
            inventory({"a": {"observability_groups": {"prometheus": "prom_servers"}}}, groups), "a", {}
        )
        assert "prometheus.unit" in {check["id"] for check in found["checks"]}

    def test_the_ticket_system(self) -> None:
        url = "http://127.0.0.1:8000/health"
        assert checks(host="db1", tickets_url=url)["tickets.health"]["url"] == url
        assert "tickets.health" not in checks(tickets_url=url)

    def test_credentials_of_the_role(self) -> None:
        variables = {
            "mon1": {
                "prometheus_basic_auth_users": {"probe": "$2y$10$x"},
                "prometheus_probe": {"username": "probe", "password": "s3cret", "ca_file": ""},
            }
        }
        found = health_checks(inventory(variables), "mon1", {})
        by_name = {item["name"]: item for item in found["credentials"]}
        assert by_name["prometheus"] == {
            "name": "prometheus",
            "username": "probe",
            "password": "s3cret",
            "verify": False,
        }
        assert "s3cret" not in str(found["checks"])
        ready = {check["id"]: check for check in found["checks"]}
        assert ready["prometheus.ready"]["status"] == [200]
        assert ready["node_exporter.ready"]["status"] == [200, 401]
        assert read_credentials(found["credentials"])

    def test_credentials_of_their_own_win(self) -> None:
        given = {"prometheus": {"username": "health", "password": "x"}}
        found = health_checks(
            inventory({"mon1": {"prometheus_probe": {"username": "probe", "password": "y"}}}),
            "mon1",
            {"credentials": given},
        )
        assert {item["name"]: item for item in found["credentials"]}["prometheus"]["username"] == "health"

    def test_disabled(self) -> None:
        found = checks(disabled=["host.clock", "prometheus.*"])
        assert not [name for name in found if name == "host.clock" or name.startswith("prometheus.")]
        assert "alertmanager.unit" in found

    def test_options(self) -> None:
        found = checks(options={"host.disk": {"critical": 0.01}, "*": {"timeout": 3}, "prometheus.*": {"timeout": 5}})
        assert found["host.disk"]["critical"] == 0.01
        assert (found["host.clock"]["timeout"], found["prometheus.rules"]["timeout"]) == (3, 5)

    def test_further_ones(self) -> None:
        extra = {"id": "site.up", "group": "Site", "title": "Up", "kind": "tcp", "host": "x", "port": 443}
        assert checks(extra=[extra])["site.up"] == extra

    @pytest.mark.parametrize(
        ("settings", "words"),
        [
            ({"extra": [{"id": "a", "group": "b", "title": "c", "kind": "htp"}]}, ["extra_checks", "htp", "http"]),
            ({"extra": {"a": 1}}, ["operator_tools_extra_checks", "a dictionary", "a list"]),
            ({"options": {"host.disk": {"crit": 1}}}, ["operator_tools_check_options", "crit", "critical"]),
            ({"options": {"host.disk": 5}}, ["operator_tools_check_options.host.disk", "a number", "a dictionary"]),
            ({"disabled": "host.disk"}, ["operator_tools_checks_disabled", "a list"]),
            ({"credentials": {"grafana": {"user": "x"}}}, ["operator_tools_credentials.grafana", "user", "username"]),
            ({"tickets_url": 5}, ["operator_tools_tickets_url"]),
        ],
    )
    def test_what_is_wrong_is_named(self, settings, words) -> None:
        with pytest.raises(InputError) as raised:
            checks(**settings)
        assert [word for word in words if word not in str(raised.value)] == []


class TestUrls:
    def test_all_of_the_environment(self) -> None:
        rows = monitoring_urls(inventory({"mon1": {"ansible_host": "10.0.0.1"}}), "db1")
        found = {(row["title"], row["host"]): row["url"] for row in rows}
        assert found["Prometheus", "mon1"] == "http://10.0.0.1:9090/"
        assert found["Alertmanager API", "mon2"] == "http://mon2:9093/api/v2/status"
        assert {row["kind"] for row in rows} == {"dashboard", "api"}

    def test_another_environment_is_not_seen(self) -> None:
        rows = monitoring_urls(inventory({"mon2": {"observability_environment": "staging"}}), "mon1")
        assert {row["host"] for row in rows} == {"mon1"}

    def test_the_external_address(self) -> None:
        variables = {"mon1": {"prometheus_external_url": "https://m.example.com/prom/"}}
        rows = monitoring_urls(inventory(variables), "mon1")
        assert rows[0]["url"] == "https://m.example.com/prom/"

    def test_further_ones(self) -> None:
        extra = [{"title": "Tickets", "url": "https://t.example.com/"}]
        assert monitoring_urls(inventory(), "mon1", extra)[-1] == {
            "title": "Tickets",
            "url": "https://t.example.com/",
            "host": "-",
            "kind": "dashboard",
        }

    @pytest.mark.parametrize(
        ("extra", "word"),
        [
            ([{"title": "x", "url": "https://u:s3cret@t.example.com/"}], "credentials"),
            ([{"title": "x"}], "operator_tools_extra_urls[0].url"),
            ([{"title": "x", "link": "y"}], "link"),
            ("x", "operator_tools_extra_urls"),
        ],
    )
    def test_what_is_wrong(self, extra, word) -> None:
        with pytest.raises(InputError) as raised:
            monitoring_urls(inventory(), "mon1", extra)
        assert word in str(raised.value)
        assert "s3cret" not in str(raised.value)

    def test_of_one_service(self) -> None:
        assert service_urls(inventory(), "db1", "alertmanager") == ["http://mon1:9093", "http://mon2:9093"]

    def test_of_no_service(self) -> None:
        with pytest.raises(InputError, match="alertmanager"):
            service_urls(inventory(), "db1", "alertmanger")


class TestOperations:
    def test_every_probe_is_of_a_kind_that_there_is(self) -> None:
        for name, operations in OPERATIONS.items():
            data = [
                {
                    "id": f"{name}.{probe.name}",
                    "group": name,
                    "title": probe.title,
                    "kind": probe.kind,
                    "url": "http://x" + probe.path,
                    **({"node": "x"} if "node" in PROBES[probe.kind].required else {}),
                    **probe.parameters,
                }
                for probe in operations.probes
            ]
            assert len(read_checks(data)) == len(operations.probes)

    def test_no_name_is_that_of_a_check_that_each_service_has(self) -> None:
        names = {probe.name for operations in OPERATIONS.values() for probe in operations.probes}
        assert not names & {"unit", "ready", "certificate"}

    def test_the_services_of_the_catalogue_are_spelt_as_there(self) -> None:
        known = {service.name for service in SERVICES} | {"grafana", "elasticsearch", "logstash", "kibana", "filebeat"}
        assert set(OPERATIONS) <= known | {"alertmanager"}


GRAFANA = {"observability_hosts": ["mon1"], "prometheus": ["mon1"], "grafana": ["mon1"]}


@pytest.mark.parametrize(
    ("variables", "login"),
    [
        ({}, {}),
        ({"grafana_admin_password": "example-a"}, {"username": "admin", "password": "example-a"}),
        (
            {"grafana_admin_user": "boss", "grafana_admin_password": "example-a"},
            {"username": "boss", "password": "example-a"},
        ),
        (
            {"grafana_admin_password": "example-a", "grafana_probe": {"username": "viewer", "password": "example-b"}},
            {"username": "viewer", "password": "example-b"},
        ),
    ],
)
def test_grafana_is_asked_by_its_administrator_unless_told_otherwise(
    variables: dict[str, t.Any], login: dict[str, str]
) -> None:
    found = health_checks(inventory({"mon1": variables}, GRAFANA), "mon1", {})["credentials"]
    assert [item for item in found if item["name"] == "grafana"] == [{"name": "grafana", "verify": False, **login}]


@pytest.mark.parametrize(
    ("variables", "files"),
    [
        ({}, ["/var/lib/prometheus/node-exporter/ets_backup.prom"]),
        ({"node_exporter_textfile_dir": "/srv/text"}, ["/srv/text/ets_backup.prom"]),
        ({"node_exporter_textfile_dir": "/srv/text", "backup_textfile_dir": "/srv/own"}, ["/srv/own/ets_backup.prom"]),
        ({"backup_textfile_dir": ""}, []),
    ],
)
def test_where_there_are_backups_their_age_is_looked_at(variables: dict[str, t.Any], files: list[str]) -> None:
    groups = {"observability_hosts": ["mon1", "db1"], "backup_hosts": ["mon1"]}
    for host, expected in (("mon1", files), ("db1", [])):
        found = health_checks(inventory({host: variables}, groups), host, {})["checks"]
        assert [check["file"] for check in found if check["id"] == "backup.age"] == expected

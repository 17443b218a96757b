# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host is to back up."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._backup import (
    backup_components,
    data_directories,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._inventory import Inventory
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import InputError

GROUPS = {"prometheus": ["mon1"], "prom": ["mon2"], "observability_hosts": ["mon1", "mon2", "app1"]}
ON = {"prometheus_enable_admin_api": True}


def found(host: str = "mon1", variables: dict[str, t.Any] | None = None, **settings: t.Any) -> t.Any:
    hostvars: dict[str, dict[str, t.Any]] = {name: {} for name in ("mon1", "mon2", "app1")}
    hostvars[host] = ON if variables is None else variables
    return backup_components(Inventory(GROUPS, hostvars), host, settings)


def test_a_prometheus_server_backs_its_data_up_and_every_host_its_configuration() -> None:
    assert found() == {
        "components": [
            {
                "name": "prometheus",
                "method": "prometheus",
                "unit": "prometheus.service",
                "paths": ["/var/lib/prometheus/metrics2"],
                "http": {"url": "http://127.0.0.1:9090"},
                "ready_path": "/-/ready",
            },
            {"name": "configuration", "method": "configuration"},
        ],
        "credentials": {"prometheus": {"verify": False}},
        "problems": [],
    }
    assert [component["name"] for component in found("app1")["components"]] == ["configuration"]


def test_the_inventorys_own_paths_ports_prefixes_and_passwords_count() -> None:
    variables = ON | {
        "prometheus_storage_path": "/srv/prometheus/",
        "prometheus_port": 19090,
        "prometheus_listen_address": "192.0.2.1",
        "prometheus_tls_cert_file": "/etc/ssl/x.crt",
        "prometheus_route_prefix": "/prom",
        "prometheus_probe": {"username": "probe", "password": "example", "verify": True, "ca_file": ""},
    }
    result = found(variables=variables)
    assert result["components"][0]["paths"] == ["/srv/prometheus"]
    assert result["components"][0]["http"] == {"url": "https://192.0.2.1:19090/prom"}
    assert result["credentials"]["prometheus"] == {"username": "probe", "password": "example", "verify": True}


def test_a_group_may_have_another_name() -> None:
    result = found("mon2", ON | {"observability_groups": {"prometheus": "prom"}})
    assert [component["name"] for component in result["components"]] == ["prometheus", "configuration"]


def test_prometheus_without_the_interface_is_a_problem_unless_it_is_taken_out() -> None:
    (problem,) = found(variables={})["problems"]
    assert problem.startswith("prometheus_enable_admin_api is not true on mon1: ")
    assert "take 'prometheus' out with backup_components_disabled" in problem
    assert found(variables={}, disabled=["prometheus"]) == {
        "components": [{"name": "configuration", "method": "configuration"}],
        "credentials": {},
        "problems": [],
    }


def test_a_database_on_another_host_is_no_component_of_this_one() -> None:
    groups = {"grafana": ["mon1"]}

    def names(variables: dict[str, t.Any]) -> list[str]:
        made = backup_components(Inventory(groups, {"mon1": variables}), "mon1", {})
        return [component["name"] for component in made["components"]]

    assert names({}) == ["grafana", "configuration"]
    assert names({"grafana_database": {"host": "db1.example.com"}}) == ["configuration"]


CLUSTER = {"elasticsearch": ["es1", "es2", "es3"], "backup_hosts": ["es2", "es3", "mon1"]}
SNAPSHOTS: dict[str, t.Any] = {
    "elasticsearch_snapshot_repository": {"name": "backups", "type": "fs", "settings": {"location": "/srv/x"}},
    "backup_elasticsearch_password": "example-password",
}


def of_a_node(host: str, variables: dict[str, t.Any], **settings: t.Any) -> t.Any:
    hostvars = dict.fromkeys(("es1", "es2", "es3", "mon1"), variables)
    return backup_components(Inventory(CLUSTER, hostvars), host, settings)


def test_one_node_makes_the_snapshots_of_its_cluster() -> None:
    found = of_a_node("es2", SNAPSHOTS)
    assert found["components"][0] == {
        "name": "elasticsearch",
        "method": "elasticsearch",
        "http": {"url": "https://127.0.0.1:9200"},
        "repository": "backups",
        "data_streams": "logs-ets.*-*",
    }
    login = {"username": "ets_backup", "password": "example-password"}
    trust = {"ca_file": "/etc/elasticsearch/tls/ca.crt", "verify": True}
    assert found["credentials"] == {"elasticsearch": login | trust}
    assert found["problems"] == []
    for other in ("es1", "es3", "mon1"):
        assert [item["name"] for item in of_a_node(other, SNAPSHOTS)["components"]] == ["configuration"]


def test_each_cluster_has_a_node_that_makes_its_snapshots() -> None:
    here, there = SNAPSHOTS | {"observability_environment": "a"}, SNAPSHOTS | {"observability_environment": "b"}
    inventory = Inventory(CLUSTER, {"es1": there, "es2": here, "es3": there, "mon1": here})
    for host in ("es2", "es3"):
        assert "elasticsearch" in backup_components(inventory, host, {})["credentials"]


def test_a_certificate_of_ones_own_is_not_that_of_the_authority() -> None:
    found = of_a_node("es2", SNAPSHOTS | {"elasticsearch_tls_cert_file": "/etc/elasticsearch/own.crt"})
    assert found["credentials"]["elasticsearch"]["verify"] is False


@pytest.mark.parametrize("password", [{}, {"backup_elasticsearch_password": "example-password"}])
def test_without_a_repository_elasticsearch_is_no_component(password: dict[str, str]) -> None:
    found = of_a_node("es2", password)
    assert [item["name"] for item in found["components"]] == ["configuration"]
    assert (found["problems"], found["credentials"]) == ([], {})


def test_a_repository_needs_the_password_that_snapshots_are_made_with() -> None:
    repository = {name: SNAPSHOTS[name] for name in ("elasticsearch_snapshot_repository",)}
    (password,) = of_a_node("es2", repository)["problems"]
    assert password.startswith("backup_elasticsearch_password is not set for es2, ")
    assert "take 'elasticsearch' out with backup_components_disabled" in password
    found = of_a_node("es2", repository, disabled=["elasticsearch"])
    assert (found["problems"], [item["name"] for item in found["components"]]) == ([], ["configuration"])
    assert of_a_node("es3", repository)["problems"] == []


def test_a_repository_has_a_name() -> None:
    with pytest.raises(InputError, match=r"elasticsearch_snapshot_repository\.name"):
        of_a_node("es2", {"elasticsearch_snapshot_repository": {"type": "fs"}})


def test_where_data_are_whatever_the_host_is() -> None:
    moved = {"grafana_data_dir": "/srv/grafana/", "elasticsearch_data_dir": "/srv/elasticsearch"}
    assert data_directories(Inventory(GROUPS, {"app1": moved}), "app1") == {
        "prometheus": ["/var/lib/prometheus/metrics2"],
        "alertmanager": ["/var/lib/alertmanager"],
        "grafana": ["/srv/grafana"],
        "elasticsearch": ["/srv/elasticsearch"],
    }


def test_further_components() -> None:
    extra = [{"name": "wiki", "method": "sqlite", "paths": ["/var/lib/wiki.db"], "unit": "wiki.service"}]
    assert found("app1", extra=extra)["components"][-1] == extra[0]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"disabled": ["promtheus"]}, "backup_components_disabled names 'promtheus'.*did you mean 'prometheus'"),
        ({"extra": [{"name": "x", "paths": ["relative"]}]}, r"backup_extra_components\[0\].paths is \['relative'\]"),
        ({"extra": [{"name": "x", "paths": []}]}, "expected a list of absolute paths"),
        ({"extra": [{"name": "x", "method": "magic", "paths": ["/x"]}]}, "'magic'; expected files or sqlite"),
        ({"extra": [{"name": "configuration", "paths": ["/x"]}]}, "has configuration, which is there already"),
        ({"encryption": {"method": "rot13", "recipients": ["x"]}}, "backup_encryption.method"),
        ({"encryption": {"method": "age", "recipients": []}}, "backup_encryption.recipients is empty"),
        ({"copy_to": {"ssh": "ssh"}}, "backup_copy_to.destination"),
        ({"copy_to": {"destiny": "x"}}, "destiny"),
    ],
)
def test_what_is_wrong_is_named(settings: dict[str, t.Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        found(**settings)

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils import _grafana
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._elasticsearch_role import (
    client_resources,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._inventory import Inventory
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._topology import environment_seen_by
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import InputError

UID = re.compile(r"[A-Za-z0-9_-]{1,40}\Z")
SECRETS = {"admin_password": "long enough to be one", "secret_key": "another long enough"}


def sources(
    hosts: dict[str, dict[str, t.Any]], settings: t.Any = None, logins: t.Any = None, **groups: list[str]
) -> list[dict[str, t.Any]]:
    every = {"observability_hosts": sorted(hosts), "prometheus": ["mon1"], "grafana": ["mon1"], **groups}
    environment = environment_seen_by(Inventory(every, hosts), "mon1")
    return _grafana.datasources(environment, "30s", settings or {}, logins or {})


def test_datasources_follow_from_the_inventory() -> None:
    hosts = {
        "mon1": {"ansible_host": "10.0.0.1", "prometheus_external_url": "https://m.example/prom"},
        "mon2": {"prometheus_port": 9999, "prometheus_tls_cert_file": "/x"},
    }
    found = sources(hosts, prometheus=["mon2", "mon1"], alertmanager=["mon1"])
    assert [(item["uid"], item["type"], item["url"], item["isDefault"]) for item in found] == [
        ("prometheus-mon1", "prometheus", "http://10.0.0.1:9090/prom", True),
        ("prometheus-mon2", "prometheus", "https://mon2:9999", False),
        ("alertmanager-mon1", "alertmanager", "http://10.0.0.1:9093", False),
    ]
    assert found[0]["jsonData"]["timeInterval"] == "30s"
    assert found[0]["editable"] is False


def test_another_environment_is_not_seen() -> None:
    other = {"observability_environment": "staging"}
    found = sources({"mon1": {}, "stage": other}, prometheus=["mon1", "stage"])
    assert [item["uid"] for item in found] == ["prometheus-mon1"]


def test_grafana_logs_in_to_elasticsearch_as_its_own_user() -> None:
    logins = {"elasticsearch": _grafana.elasticsearch_login("example-password", "example-certificate")}
    prometheus, logs = sources({"mon1": {}, "log1": {}}, logins=logins, elasticsearch=["log1"])
    assert "basicAuth" not in prometheus
    assert (logs["url"], logs["basicAuth"], logs["basicAuthUser"]) == ("https://log1:9200", True, "ets_grafana")
    assert logs["jsonData"]["tlsAuthWithCACert"] is True
    assert logs["jsonData"]["index"] == "logs-ets.*-*"
    assert logs["secureJsonData"] == {"basicAuthPassword": "example-password", "tlsCACert": "example-certificate"}
    settings = {"elasticsearch": {"basicAuthUser": "me", "secureJsonData": {"basicAuthPassword": "mine"}}}
    _prometheus, own = sources({"mon1": {}, "log1": {}}, settings, logins, elasticsearch=["log1"])
    assert (own["basicAuthUser"], own["secureJsonData"]["basicAuthPassword"]) == ("me", "mine")


def test_without_a_password_or_an_authority_nothing_is_said_of_them() -> None:
    assert _grafana.elasticsearch_login("", "example-certificate") == {}
    login = _grafana.elasticsearch_login("example-password", "")
    assert login["secureJsonData"] == {"basicAuthPassword": "example-password"}
    assert "tlsAuthWithCACert" not in login["jsonData"]


def test_the_user_is_the_one_that_the_role_elasticsearch_makes() -> None:
    login = _grafana.elasticsearch_login("example-password", "")
    made = {"grafana_elasticsearch_password": "example-password"}
    assert login["basicAuthUser"] in [item["name"] for item in client_resources(made)]


def test_settings_by_type_are_merged() -> None:
    found = sources({"mon1": {}}, {"prometheus": {"basicAuth": True, "jsonData": {"timeInterval": "1m"}}})
    assert found[0]["basicAuth"] is True
    assert found[0]["jsonData"] == {"httpMethod": "POST", "timeInterval": "1m"}


def test_uids_are_stable_valid_and_different() -> None:
    nodes = ["mon1", "mon.1", "mon-1", "2001:db8::1", "n" * 60, "n" * 60 + "x", "münchen"]
    uids = [_grafana.datasource_uid("prometheus", node) for node in nodes]
    assert all(UID.match(uid) for uid in uids)
    assert len(set(uids)) == len(nodes)
    # Dashboards and bookmarks hold it: it must not change between versions.
    assert _grafana.datasource_uid("prometheus", "mon.1") == "prometheus-mon-1-c36ac11d"


def test_dollars_are_no_variables() -> None:
    content = _grafana.datasources_file([{"secureJsonData": {"password": "a$b$$c"}, "list": ["$x", 1]}])
    assert content["datasources"] == [{"secureJsonData": {"password": "a$$b$$$$c"}, "list": ["$$x", 1]}]
    assert content["prune"] is True


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (3000, "3000"),
        ("a b", "a b"),
        ("a;b", "`a;b`"),
        ("a#b", "`a#b`"),
        (" a", "` a`"),
        ('"a"', '`"a"`'),
        ("$__file{/x}", "$__file{/x}"),
    ],
)
def test_ini_values(value: object, text: str) -> None:
    assert (
        _grafana.ini_text({"server": {"key": value, "gone": None}, "log": {"gone": None}})
        == f"[server]\nkey = {text}\n"
    )


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"server": {"key": "a\n[security]"}}, "grafana_ini.server.key holds a line break"),
        ({"server": {"key": "`"}}, "backtick"),
        ({"server": {"key": [1]}}, "grafana_ini.server.key is "),
        ({"server": {"a = b": 1}}, "no name of a setting"),
        ({"a]b": {"c": 1}}, "is no section"),
    ],
)
def test_refuses_what_ini_cannot_hold(sections: t.Any, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        _grafana.ini_text(sections)


def test_the_users_settings_win() -> None:
    merged = _grafana.merge_ini({"a": {"x": 1, "y": 2}}, {"a": {"y": None}, "b": {"z": 3}})
    assert _grafana.ini_text(merged) == "[a]\nx = 1\n\n[b]\nz = 3\n"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("", "found nothing"),
        (None, "found nothing"),
        (123456789012, "found no text"),
        ("admin", "stands in examples"),
        ("secure_grafana_password", "stands in examples"),
        ("SW2YcwTIb9zpOOhoPsMm", "stands in examples"),
        ("short-one", "found 9 characters"),
        ("long enough\nbut two lines", "line break"),
    ],
)
@pytest.mark.parametrize("topic", ["admin_password", "secret_key"])
def test_secrets_that_are_none(topic: str, value: object, message: str) -> None:
    problems = list(_grafana.secret_problems({**SECRETS, topic: value}))
    assert len(problems) == 1
    assert problems[0].startswith(f"grafana_{topic}: ")
    assert message in problems[0]
    assert not value or str(value) not in problems[0].partition(":")[2]


def test_secrets_that_are_some() -> None:
    assert list(_grafana.secret_problems(SECRETS)) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no JSON object"),
        ([], "no JSON object"),
        ({"apiVersion": "dashboard.grafana.app/v2beta1", "spec": {}}, "in the v2 form"),
        ({"elements": {}, "title": "x", "uid": "x"}, "in the v2 form"),
        ({"__inputs": [], "uid": "x", "title": "x"}, "__inputs"),
        ({"title": "x"}, "uid is None"),
        ({"uid": "a b", "title": "x"}, "uid is 'a b'"),
        ({"uid": "a" * 41, "title": "x"}, "uid is 'aaa"),
        ({"uid": "x"}, "title is None"),
        ({"uid": "one", "title": "x"}, "'one' is that of first.json"),
    ],
)
def test_dashboards_that_grafana_would_not_load(content: t.Any, message: str) -> None:
    problems = list(
        _grafana.dashboard_problems([("first.json", {"uid": "one", "title": "One"}), ("second.json", content)])
    )
    assert len(problems) == 1
    assert problems[0].startswith("second.json: ")
    assert message in problems[0]


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ([], "expected a dictionary"),
        ({"sever": {}}, "'sever' is no section"),
        ({"server": []}, "grafana_ini.server: expected a dictionary"),
        ({"security": {"admin_password": "x"}}, "grafana_admin_password is for"),
    ],
)
def test_ini_that_grafana_would_ignore(sections: t.Any, message: str) -> None:
    assert [message in problem for problem in _grafana.ini_problems(sections)] == [True]


def test_ini_of_plugins_and_known_sections() -> None:
    assert list(_grafana.ini_problems({"smtp": {"enabled": True}, "plugin.grafana-image-renderer": {}})) == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"external_url": "grafana.example"}, "expected an address"),
        ({"external_url": "https://a.example/x/", "route_prefix": "/y"}, "grafana_route_prefix: found '/y'"),
    ],
)
def test_addresses(settings: dict[str, str], message: str) -> None:
    assert [message in problem for problem in _grafana.address_problems(settings)] == [True]
    assert list(_grafana.address_problems({"external_url": "https://a.example/x/", "route_prefix": "/x"})) == []


def test_folders_and_datasources_that_are_there_twice() -> None:
    folders = [{"uid": "a", "title": "T"}, {"uid": "a", "title": "T"}, {"uid": "a/b", "title": "U"}]
    assert len(list(_grafana.folder_problems(folders))) == 3
    source = {"uid": "a", "name": "A", "type": "prometheus", "isDefault": True}
    assert len(list(_grafana.datasource_problems([source, source]))) == 3
    assert len(list(_grafana.datasource_problems([{"uid": "a b", "name": "x"}]))) == 2
    assert list(_grafana.datasource_problems([source])) == []


def test_the_shipped_dashboards_pass() -> None:
    from ansible_collections.enterprise_tickets.observability.plugins.filter import grafana

    paths = sorted(str(path) for path in (Path(__file__).parents[4] / "roles/grafana/files/dashboards").glob("*.json"))
    assert paths
    assert grafana.grafana_problems({**SECRETS, "dashboards": paths}) == []

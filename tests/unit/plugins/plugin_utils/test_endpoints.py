# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._catalogue import BY_NAME
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._endpoints import (
    Endpoint,
    environment_of,
    overlaps,
    port_conflicts,
    read_endpoint,
    read_labels,
    variable_names,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._inventory import HostVariables
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import InputError


def endpoint(service: str, host: str = "web1", **variables: t.Any) -> Endpoint:
    return read_endpoint(BY_NAME[service], HostVariables(host, variables, {}))


def test_defaults() -> None:
    found = endpoint("node_exporter")
    assert found == Endpoint(
        service=BY_NAME["node_exporter"],
        node="web1",
        listen_address="0.0.0.0",
        listen_port=9100,
        address="web1",
        address_from="inventory_hostname",
        port=9100,
        scheme="http",
        path_prefix="",
        metrics_path="/metrics",
        labels={},
        forwarded=False,
        scrape=True,
    )


@pytest.mark.parametrize(
    ("variables", "address", "source"),
    [
        ({}, "web1", "inventory_hostname"),
        ({"ansible_host": "10.0.0.1"}, "10.0.0.1", "ansible_host"),
        ({"ansible_host": "10.0.0.1", "observability_address": "10.1.0.1"}, "10.1.0.1", "observability_address"),
        ({"ansible_host": "10.0.0.1", "observability_address": ""}, "10.0.0.1", "ansible_host"),
        ({"ansible_host": None}, "web1", "inventory_hostname"),
        ({"observability_address": "2001:DB8::1"}, "2001:db8::1", "observability_address"),
        ({"observability_address": "[2001:db8::1]"}, "2001:db8::1", "observability_address"),
        ({"observability_address": "web1.example.com"}, "web1.example.com", "observability_address"),
    ],
)
def test_address(variables: dict[str, t.Any], address: str, source: str) -> None:
    found = endpoint("node_exporter", **variables)
    assert (found.address, found.address_from) == (address, source)


@pytest.mark.parametrize(
    ("service", "variables", "attributes"),
    [
        ("node_exporter", {"node_exporter_port": 9200}, {"port": 9200, "listen_port": 9200}),
        ("node_exporter", {"node_exporter_port": "9200"}, {"port": 9200, "listen_port": 9200}),
        ("node_exporter", {"node_exporter_tls_cert_file": "/etc/tls/cert.pem"}, {"scheme": "https"}),
        ("node_exporter", {"node_exporter_tls_cert_file": ""}, {"scheme": "http"}),
        ("node_exporter", {"node_exporter_tls_cert_file": None}, {"scheme": "http"}),
        ("node_exporter", {"node_exporter_listen_address": "[::]"}, {"listen_address": "::"}),
        ("node_exporter", {"node_exporter_listen_address": ""}, {"listen_address": ""}),
        ("node_exporter", {"prometheus_port": 1}, {"port": 9100}),
        ("node_exporter", {"node_exporter_route_prefix": "/x"}, {"metrics_path": "/metrics"}),
        ("prometheus", {}, {"port": 9090, "path_prefix": "", "metrics_path": "/metrics"}),
        (
            "prometheus",
            {"prometheus_external_url": "https://example.com/prom/"},
            {"path_prefix": "/prom", "metrics_path": "/prom/metrics", "scheme": "http", "address": "web1"},
        ),
        ("prometheus", {"prometheus_external_url": "https://example.com/"}, {"metrics_path": "/metrics"}),
        (
            "prometheus",
            {"prometheus_external_url": "https://example.com/prom", "prometheus_route_prefix": "/"},
            {"path_prefix": "", "metrics_path": "/metrics"},
        ),
        ("alertmanager", {"alertmanager_route_prefix": "am/x/"}, {"path_prefix": "/am/x", "port": 9093}),
    ],
)
def test_role_variables(service: str, variables: dict[str, t.Any], attributes: dict[str, t.Any]) -> None:
    found = endpoint(service, **variables)
    assert {name: getattr(found, name) for name in attributes} == attributes


@pytest.mark.parametrize(
    ("override", "attributes"),
    [
        (
            {"address": "metrics.example.com", "port": 443, "scheme": "https", "path_prefix": "/prom/"},
            {
                "address": "metrics.example.com",
                "address_from": "observability_endpoints.prometheus.address",
                "port": 443,
                "listen_port": 9090,
                "scheme": "https",
                "path_prefix": "/prom",
                "metrics_path": "/prom/metrics",
                "forwarded": True,
                "scrape": True,
            },
        ),
        ({"port": 9443}, {"address": "web1", "port": 9443, "forwarded": True}),
        ({"metrics_path": "/federate"}, {"metrics_path": "/federate", "path_prefix": "", "forwarded": False}),
        ({"scheme": "https"}, {"scheme": "https", "forwarded": False}),
        ({"scrape": False}, {"scrape": False}),
        ({}, {"port": 9090}),
        (None, {"port": 9090}),
    ],
)
def test_overrides(override: object, attributes: dict[str, t.Any]) -> None:
    found = endpoint("prometheus", observability_endpoints={"prometheus": override})
    assert {name: getattr(found, name) for name in attributes} == attributes


NAMES = "expected a host name or an IP address, without scheme and port"


@pytest.mark.parametrize(
    ("service", "variables", "message"),
    [
        (
            "node_exporter",
            {"node_exporter_port": 99999},
            "node_exporter_port is 99999; expected a port, a whole number",
        ),
        ("node_exporter", {"node_exporter_port": ""}, "node_exporter_port is ''; expected a port"),
        ("node_exporter", {"observability_address": "web1:9100"}, f"observability_address is 'web1:9100'; {NAMES}."),
        (
            "node_exporter",
            {"observability_address": "http://web1"},
            f"observability_address is 'http://web1'; {NAMES}.",
        ),
        ("node_exporter", {"observability_address": "web 1"}, f"observability_address is 'web 1'; {NAMES}."),
        ("node_exporter", {"observability_address": 10}, f"observability_address is 10; {NAMES}."),
        ("node_exporter", {"observability_address": ["a"]}, f"observability_address is a list; {NAMES}."),
        ("node_exporter", {"ansible_host": "10.0.0.1:22"}, f"ansible_host is '10.0.0.1:22'; {NAMES}."),
        (
            "node_exporter",
            {"node_exporter_listen_address": "0.0.0.0:9100"},
            "node_exporter_listen_address is '0.0.0.0:9100'",
        ),
        (
            "node_exporter",
            {"node_exporter_tls_cert_file": True},
            "node_exporter_tls_cert_file is true; expected a text.",
        ),
        (
            "prometheus",
            {"prometheus_external_url": "http://[x/"},
            "prometheus_external_url is 'http://[x/'; expected a URL.",
        ),
        ("prometheus", {"observability_endpoints": []}, "observability_endpoints is a list; expected a dictionary."),
        (
            "prometheus",
            {"observability_endpoints": {"promtheus": {}}},
            (
                "observability_endpoints names the unknown service 'promtheus'; did you mean 'prometheus'? Known: "
                "alertmanager,"
            ),
        ),
        (
            "prometheus",
            {"observability_endpoints": {"prometheus": {"adress": "x"}}},
            (
                "observability_endpoints.prometheus names the unknown setting 'adress'; did you mean 'address'? Known: "
                "address,"
            ),
        ),
        (
            "prometheus",
            {"observability_endpoints": {"prometheus": "x"}},
            "observability_endpoints.prometheus is a text; expected a dictionary.",
        ),
        (
            "prometheus",
            {"observability_endpoints": {"prometheus": {"port": 0}}},
            "observability_endpoints.prometheus.port is 0; expected a port",
        ),
        (
            "prometheus",
            {"observability_endpoints": {"prometheus": {"scheme": "HTTPS"}}},
            "observability_endpoints.prometheus.scheme is 'HTTPS'; expected http or https.",
        ),
        (
            "prometheus",
            {"observability_endpoints": {"prometheus": {"metrics_path": "metrics"}}},
            "observability_endpoints.prometheus.metrics_path is 'metrics'; expected a path that begins with a slash.",
        ),
        (
            "prometheus",
            {"observability_endpoints": {"prometheus": {"scrape": "no"}}},
            "observability_endpoints.prometheus.scrape is 'no'; expected true or false.",
        ),
        (
            "node_exporter",
            {"node_exporter_labels": {"node": "x"}},
            "node_exporter_labels sets the label 'node', which comes",
        ),
    ],
)
def test_mistakes(service: str, variables: dict[str, t.Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        endpoint(service, **variables)
    assert str(caught.value).startswith(message)


def test_a_failed_template_is_reported_when_it_matters() -> None:
    variables = HostVariables("web1", {}, {"alertmanager_port": "alertmanager_port cannot be evaluated."})
    assert read_endpoint(BY_NAME["node_exporter"], variables).port == 9100
    with pytest.raises(InputError, match="alertmanager_port cannot be evaluated"):
        read_endpoint(BY_NAME["alertmanager"], variables)


def test_variable_names_cover_all_that_is_read() -> None:
    asked: set[str] = set()

    class Recording(HostVariables):
        def get(self, name: str) -> t.Any:
            asked.add(name)
            return super().get(name)

    for service in BY_NAME.values():
        asked.clear()
        variables = Recording("web1", {}, {})
        environment_of(variables)
        read_endpoint(service, variables)
        assert asked <= set(variable_names([service]))


@pytest.mark.parametrize(
    ("value", "labels"),
    [
        (None, {}),
        ({}, {}),
        ({"dc": "fra1", "rack": 12, "ratio": 1.5, "spare": True, "empty": ""}, None),
        ({"_x": "a", "A9": "b"}, {"_x": "a", "A9": "b"}),
    ],
)
def test_labels(value: object, labels: dict[str, str] | None) -> None:
    expected = {"dc": "fra1", "rack": "12", "ratio": "1.5", "spare": "true", "empty": ""} if labels is None else labels
    assert read_labels(value, "x") == expected


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], "x is a list; expected a dictionary."),
        ({"instance": "a"}, "x sets the label 'instance', which comes from the inventory name and the port."),
        ({"environment": "a"}, "x sets the label 'environment', which comes from observability_environment."),
        ({"job": "a"}, "x sets the label 'job', which comes from the service."),
        (
            {"data-center": "a"},
            "x has the label 'data-center'; expected letters, digits and underscores, neither a digit nor",
        ),
        ({"1a": "a"}, "x has the label '1a'; expected"),
        ({"": "a"}, "x has the label ''; expected"),
        ({"a\n": "a"}, "x has the label 'a\\n'; expected"),
        ({"__scheme__": "https"}, "x has the label '__scheme__'; expected"),
        ({"a": None}, "x.a is nothing; expected a text."),
        ({"a": ["b"]}, "x.a is a list; expected a text."),
        ({"a": {"b": "c"}}, "x.a is a dictionary; expected a text."),
    ],
)
def test_bad_labels(value: object, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_labels(value, "x")
    assert str(caught.value).startswith(message)


def test_labels_of_the_service_win_over_those_of_the_host() -> None:
    found = endpoint(
        "node_exporter",
        observability_labels={"team": "ops", "dc": "fra1"},
        node_exporter_labels={"team": "linux"},
        prometheus_labels={"team": "nobody"},
    )
    assert list(found.labels.items()) == [("dc", "fra1"), ("team", "linux")]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("0.0.0.0", "0.0.0.0", True),
        ("0.0.0.0", "10.0.0.1", True),
        ("0.0.0.0", "127.0.0.1", True),
        ("0.0.0.0", "web1", True),
        ("0.0.0.0", "::1", False),
        ("0.0.0.0", "::", True),
        ("0.0.0.0", "", True),
        ("::", "127.0.0.1", True),
        ("::", "::1", True),
        ("", "127.0.0.1", True),
        ("10.0.0.1", "10.0.0.1", True),
        ("10.0.0.1", "10.0.0.2", False),
        ("127.0.0.1", "10.0.0.1", False),
        ("::1", "127.0.0.1", False),
        ("web1", "WEB1", True),
        ("web1", "web2", False),
    ],
)
def test_overlaps(one: str, other: str, expected: bool) -> None:
    for first, second in ((one, other), (other, one)):
        assert overlaps(first, second) is expected


def test_port_conflicts() -> None:
    ports = {"node_exporter_port": 9090, "alertmanager_port": 9090, "alertmanager_listen_address": "::1"}
    endpoints = [endpoint(name, **ports) for name in ("node_exporter", "prometheus", "alertmanager")]
    assert port_conflicts(endpoints) == [
        (
            "node_exporter and prometheus both listen on port 9090 (0.0.0.0 and 0.0.0.0); expected different values of "
            "node_exporter_port and prometheus_port."
        )
    ]
    assert port_conflicts([endpoint(name) for name in ("node_exporter", "prometheus", "alertmanager")]) == []


@pytest.mark.parametrize(("value", "expected"), [(None, "default"), ("production", "production")])
def test_environment(value: object, expected: str) -> None:
    assert environment_of(HostVariables("web1", {"observability_environment": value}, {})) == expected


@pytest.mark.parametrize("value", ["", 5, ["a"], True])
def test_bad_environment(value: object) -> None:
    with pytest.raises(InputError, match=r"^observability_environment is .*; expected a text\.$"):
        environment_of(HostVariables("web1", {"observability_environment": value}, {}))


def test_a_service_may_speak_https_by_default_and_call_its_variables_otherwise() -> None:
    assert endpoint("elasticsearch").scheme == "https"
    logstash = endpoint("logstash", logstash_api_port=9601, logstash_port=1, logstash_tls_cert_file="/beats.crt")
    assert (logstash.listen_port, logstash.scheme) == (9601, "http")
    assert "logstash_api_port" in variable_names([BY_NAME["logstash"]])

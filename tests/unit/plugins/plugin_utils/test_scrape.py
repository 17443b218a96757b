# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
import yaml
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._inventory import Inventory
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._scrape import (
    Job,
    scrape_jobs,
    targets_file,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._topology import environment_seen_by
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import InputError

Hosts = dict[str, dict[str, t.Any]]


def jobs(hosts: Hosts, host: str = "mon1", **groups: list[str]) -> list[Job]:
    every = {"observability_hosts": sorted(hosts), "prometheus": ["mon1"], **groups}
    return scrape_jobs(environment_seen_by(Inventory(every, hosts), host))


def node(variables: dict[str, t.Any]) -> t.Any:
    """The target group of a host in the job of the Node Exporter."""
    found = jobs({"mon1": {}, "web1": variables})[0]
    return found.targets[1]


def test_jobs() -> None:
    found = jobs({"mon1": {"ansible_host": "10.0.0.1"}, "web1": {}}, alertmanager=["mon1"])
    assert [job.as_data() for job in found] == [
        {
            "name": "node",
            "service": "node_exporter",
            "scheme": "http",
            "metrics_path": "/metrics",
            "targets": [
                {
                    "targets": ["10.0.0.1:9100"],
                    "labels": {"node": "mon1", "instance": "mon1:9100", "environment": "default"},
                },
                {
                    "targets": ["web1:9100"],
                    "labels": {"node": "web1", "instance": "web1:9100", "environment": "default"},
                },
            ],
        },
        {
            "name": "prometheus",
            "service": "prometheus",
            "scheme": "http",
            "metrics_path": "/metrics",
            "targets": [
                {
                    "targets": ["10.0.0.1:9090"],
                    "labels": {"node": "mon1", "instance": "mon1:9090", "environment": "default"},
                }
            ],
        },
        {
            "name": "alertmanager",
            "service": "alertmanager",
            "scheme": "http",
            "metrics_path": "/metrics",
            "targets": [
                {
                    "targets": ["10.0.0.1:9093"],
                    "labels": {"node": "mon1", "instance": "mon1:9093", "environment": "default"},
                }
            ],
        },
    ]


def test_no_job_without_hosts() -> None:
    assert [job.service.name for job in jobs({"mon1": {}})] == ["node_exporter", "prometheus"]


def test_a_pair_scrapes_itself_and_the_other() -> None:
    seen = [jobs({"mon1": {}, "mon2": {}}, host, prometheus=["mon1", "mon2"])[1] for host in ("mon1", "mon2")]
    assert [group["targets"] for group in seen[0].targets] == [["mon1:9090"], ["mon2:9090"]]
    assert seen[0] == seen[1]


@pytest.mark.parametrize(
    ("variables", "targets", "labels"),
    [
        ({}, "web1:9100", {"instance": "web1:9100"}),
        ({"ansible_host": "2001:DB8::0:1"}, "[2001:db8::1]:9100", {"instance": "web1:9100"}),
        ({"observability_address": "[::2]"}, "[::2]:9100", {}),
        ({"node_exporter_port": "9200"}, "web1:9200", {"instance": "web1:9200"}),
        (
            {"observability_endpoints": {"node_exporter": {"address": "gw", "port": 1, "metrics_path": "/n"}}},
            "gw:1",
            {"instance": "web1:1", "__metrics_path__": "/n"},
        ),
        ({"node_exporter_tls_cert_file": "/cert.pem"}, "web1:9100", {"__scheme__": "https"}),
        (
            {"observability_labels": {"rack": 4, "dc": "fra1"}, "node_exporter_labels": {"team": "ops"}},
            "web1:9100",
            {"dc": "fra1", "rack": "4", "team": "ops"},
        ),
    ],
)
def test_targets(variables: dict[str, t.Any], targets: str, labels: dict[str, str]) -> None:
    expected = {"node": "web1", "instance": "web1:9100", "environment": "default", **labels}
    found = node(variables)
    assert found == {"targets": [targets], "labels": expected}
    assert list(found["labels"])[:3] == ["node", "instance", "environment"]


def test_an_address_as_the_name_of_a_host() -> None:
    found = jobs({"2001:db8::1": {}}, "2001:db8::1", prometheus=["2001:db8::1"])[0]
    assert found.targets[0]["targets"] == ["[2001:db8::1]:9100"]
    assert found.targets[0]["labels"]["instance"] == "[2001:db8::1]:9100"


def test_what_all_targets_share_belongs_to_the_job() -> None:
    tls = {"node_exporter_tls_cert_file": "/cert.pem"}
    path = {"observability_endpoints": {"node_exporter": {"metrics_path": "/n"}}}
    found = jobs({"mon1": {**tls, **path}, "web1": {**tls, **path}})[0]
    assert (found.scheme, found.metrics_path) == ("https", "/n")
    assert not [label for group in found.targets for label in group["labels"] if label.startswith("__")]
    mixed = jobs({"mon1": tls, "web1": {**tls, **path}})[0]
    assert (mixed.scheme, mixed.metrics_path) == ("https", "/metrics")
    assert [group["labels"].get("__metrics_path__") for group in mixed.targets] == [None, "/n"]


def test_prefixes_may_differ() -> None:
    found = jobs(
        {"mon1": {"prometheus_external_url": "https://example.com/a"}, "mon2": {}}, prometheus=["mon1", "mon2"]
    )[1]
    assert found.metrics_path == "/metrics"
    assert [group["labels"].get("__metrics_path__") for group in found.targets] == ["/a/metrics", None]


@pytest.mark.parametrize(
    ("listen", "target"),
    [
        ("127.0.0.1", "127.0.0.1:9100"),
        ("::1", "[::1]:9100"),
        ("localhost", "localhost:9100"),
        ("10.9.9.9", "mon1:9100"),
    ],
)
def test_what_listens_on_loopback_is_reached_there(listen: str, target: str) -> None:
    found = jobs({"mon1": {"node_exporter_listen_address": listen}})[0]
    assert found.targets[0]["targets"] == [target]
    assert found.targets[0]["labels"]["instance"] == "mon1:9100"


def test_hosts_that_are_left_out() -> None:
    off = {"observability_endpoints": {"node_exporter": {"scrape": False}}}
    assert [group["labels"]["node"] for group in jobs({"mon1": {}, "web1": off})[0].targets] == ["mon1"]
    assert [job.service.name for job in jobs({"mon1": off})] == ["prometheus"]


AWKWARD = (
    "quote \" back \\ tick ' colon: hash # {{ brace }} \t tab \x7f del \x85 nel \u2028 ls \ufeff bom é 日本 😀 - [a]"
)


def test_the_file_of_targets() -> None:
    job = jobs({"mon1": {"observability_labels": {"note": AWKWARD, "yes": "no", "number": "1e3"}}, "web1": {}})[0]
    text = targets_file(job, "# Header\n")
    assert text.splitlines()[0] == "# Header"
    lines = text.split("\n")
    assert len(lines) == 4
    assert lines[3] == ""
    assert lines[2] == (
        '- {"targets": ["web1:9100"], "labels": {"node": "web1", "instance": "web1:9100", "environment": "default"}}'
    )
    assert yaml.safe_load(text) == list(job.targets)


def test_a_service_without_metrics_is_not_scraped_and_needs_no_address_of_its_own() -> None:
    hosts: Hosts = {"mon1": {}, "log1": {"observability_address": "192.0.2.1"}, "log2": {}}
    hosts["log2"] = {"observability_endpoints": {"elasticsearch": {"address": "192.0.2.1", "scrape": True}}}
    found = jobs(hosts, elasticsearch=["log1", "log2"], logstash=["log1"])
    assert [job.service.name for job in found] == ["node_exporter", "prometheus", "elasticsearch_exporter"]


def test_each_further_instance_of_redis_is_a_target() -> None:
    instances = [
        {"name": "cache", "address": "redis://127.0.0.1:6379"},
        {"name": "queue", "address": "redis://127.0.0.1:6380"},
    ]
    hosts = {"mon1": {}, "db1": {"redis_exporter_instances": instances, "redis_exporter_labels": {"rack": "a"}}}
    (job,) = (job for job in jobs(hosts, tickets_redis=["db1"]) if job.service.name == "redis_exporter")
    common = {"node": "db1", "environment": "default", "rack": "a"}
    assert list(job.targets) == [
        {"targets": ["db1:9121"], "labels": {**common, "instance": "db1:9121"}},
        {
            "targets": ["db1:9121"],
            "labels": {
                **common,
                "instance": "db1:9121/queue",
                "__metrics_path__": "/scrape",
                "__param_target": "redis://127.0.0.1:6380",
            },
        },
    ]


def test_each_further_server_of_postgresql_is_a_target() -> None:
    servers = [{"name": "main"}, {"name": "audit", "host": "127.0.0.1", "port": 5433}]
    behind = {"postgres_exporter": {"port": 443, "metrics_path": "/pg/metrics"}}
    hosts = {"mon1": {}, "db1": {"postgres_exporter_servers": servers, "observability_endpoints": behind}}
    (job,) = (job for job in jobs(hosts, tickets_postgresql=["db1"]) if job.service.name == "postgres_exporter")
    assert [target["labels"] for target in job.targets] == [
        {"node": "db1", "instance": "db1:443", "environment": "default"},
        {
            "node": "db1",
            "instance": "db1:443/audit",
            "environment": "default",
            "__metrics_path__": "/pg/probe",
            "__param_target": "127.0.0.1:5433/postgres",
            "__param_auth_module": "audit",
        },
    ]


def test_a_list_that_is_wrong_is_named() -> None:
    hosts = {"mon1": {}, "db1": {"redis_exporter_instances": [{"name": "a"}, {"name": "a"}]}}
    with pytest.raises(InputError, match=r"redis_exporter_instances\[1\].name is 'a'"):
        jobs(hosts, tickets_redis=["db1"])

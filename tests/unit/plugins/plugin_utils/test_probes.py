# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils import _prometheus_settings as prometheus
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._inventory import Inventory
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._probes import Probe, probes, read_probes
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._prometheus import files
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._scrape import scrape_jobs
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._topology import environment_seen_by
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import InputError

URL = "https://tickets.example.com/"


def prometheus_files(exporters: list[str], host: str = "mon1", **values: t.Any) -> dict[str, t.Any]:
    """The contents of Prometheus's files by name."""
    hosts: dict[str, dict[str, t.Any]] = {"mon1": {}, "mon2": {"observability_address": "2001:db8::2"}}
    groups = {"observability_hosts": [*hosts], "prometheus": [*hosts], "blackbox_exporter": exporters}
    environment = environment_seen_by(Inventory(groups, hosts), host)
    settings = prometheus.read_settings(prometheus.given(values), pytest.fail)
    made = files(environment, scrape_jobs(environment), settings, host)
    return {file["dest"].removeprefix("/etc/prometheus/"): file["content"] for file in made}


def job(made: dict[str, t.Any]) -> dict[str, t.Any]:
    (found,) = [job for job in made["prometheus.yml"]["scrape_configs"] if job["job_name"] == "blackbox"]
    return t.cast("dict[str, t.Any]", found)


def test_the_exporter_is_asked_for_each_target() -> None:
    made = prometheus_files(
        ["mon1"], probes=[URL, {"target": "db:5432", "module": "tcp", "node": "db", "labels": {"a": 1}}]
    )
    assert job(made) == {
        "job_name": "blackbox",
        "metrics_path": "/probe",
        "relabel_configs": [
            {"source_labels": ["__address__"], "target_label": "__param_target"},
            {"target_label": "__address__", "replacement": "127.0.0.1:9115"},
        ],
        "file_sd_configs": [{"files": ["/etc/prometheus/file_sd/blackbox.yml"]}],
    }
    groups = [json.loads(line[2:]) for line in made["file_sd/blackbox.yml"].splitlines() if line.startswith("- ")]
    assert groups == [
        {"targets": [URL], "labels": {"instance": URL, "environment": "default", "__param_module": "http"}},
        {
            "targets": ["db:5432"],
            "labels": {
                "node": "db",
                "instance": "db:5432",
                "environment": "default",
                "a": "1",
                "__param_module": "tcp",
            },
        },
    ]


def test_services_with_a_browser_are_probed_by_the_module_that_knows_their_authority() -> None:
    """Kibana speaks HTTPS with a certificate of the collection's authority; what is before Grafana is the user's."""
    groups = {
        name: ["mon1"] for name in ("observability_hosts", "prometheus", "blackbox_exporter", "grafana", "kibana")
    }
    variables = {
        "mon1": {"grafana_tls_cert_file": "/etc/ssl/a.pem", "kibana_external_url": "https://logs.example.com/k"}
    }
    found = probes(environment_seen_by(Inventory(groups, variables), "mon1"), [])
    assert {(probe.target, probe.module) for probe in found} == {
        ("https://mon1:3000/api/health", "http"),
        ("https://mon1:5601/k/api/status", "http_internal"),
    }


@pytest.mark.parametrize(
    ("exporters", "host", "address"),
    [
        (["mon1", "mon2"], "mon2", "127.0.0.1:9115"),
        (["mon1"], "mon2", "mon1:9115"),
        (["mon2"], "mon1", "[2001:db8::2]:9115"),
    ],
)
def test_that_of_its_own_host_is_asked_first(exporters: list[str], host: str, address: str) -> None:
    made = prometheus_files(exporters, host, probes=[URL])
    assert job(made)["relabel_configs"][-1] == {"target_label": "__address__", "replacement": address}


def test_native_settings_of_the_exporter_hold_for_the_probes() -> None:
    own = {"relabel_configs": [{"action": "keep"}], "basic_auth": {"username": "u", "password_file": "/p"}}
    found = job(prometheus_files(["mon1"], probes=[URL], scrape_job_settings={"blackbox_exporter": own}))
    assert found["basic_auth"] == own["basic_auth"]
    assert found["relabel_configs"][2:] == own["relabel_configs"]


@pytest.mark.parametrize(("exporters", "probes"), [([], [URL]), (["mon1"], [])])
def test_no_job_without_exporter_or_targets(exporters: list[str], probes: list[str]) -> None:
    made = prometheus_files(exporters, probes=probes)
    assert "file_sd/blackbox.yml" not in made
    assert "blackbox" not in [job["job_name"] for job in made["prometheus.yml"]["scrape_configs"]]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (["tickets.example.com"], "p[0].target is 'tickets.example.com'; expected a URL"),
        (["https://u:p@tickets.example.com"], "expected a URL without user and password"),
        ([{"target": URL, "modul": "x"}], "did you mean 'module'?"),
        ([{"target": URL, "labels": {"instance": "x"}}], "p[0].labels sets the label 'instance'"),
        ([URL, URL], "p[1] probes https://tickets.example.com/ with the module http, as an entry before it does."),
        ({"a": URL}, "p is a dictionary; expected a list"),
    ],
)
def test_what_is_refused(value: object, message: str) -> None:
    with pytest.raises(InputError) as error:
        read_probes(value, "p")
    assert message in str(error.value)


def test_nothing_is_no_probe() -> None:
    assert read_probes(None, "p") == []
    assert read_probes([URL], "p") == [Probe(URL, "http", "", {})]

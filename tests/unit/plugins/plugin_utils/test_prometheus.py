# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils import _prometheus_settings as prometheus
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._inventory import Inventory
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._prometheus import (
    configuration,
    files,
    inline_secrets,
    readable_files,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._scrape import scrape_jobs
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._topology import environment_seen_by

Hosts = dict[str, dict[str, t.Any]]
HOSTS: Hosts = {"mon1": {}, "mon2": {}, "web1": {}}


def arguments(hosts: Hosts | None = None, alertmanager: t.Sequence[str] = (), **values: t.Any) -> tuple[t.Any, ...]:
    variables = {name: {**own, **(hosts or {}).get(name, {})} for name, own in HOSTS.items()}
    groups = {"observability_hosts": [*HOSTS], "prometheus": ["mon1", "mon2"], "alertmanager": [*alertmanager]}
    environment = environment_seen_by(Inventory(groups, variables), "mon1")
    settings = prometheus.read_settings(prometheus.given(values), pytest.fail)
    return environment, scrape_jobs(environment), settings, "mon1"


def config(hosts: Hosts | None = None, alertmanager: t.Sequence[str] = (), **values: t.Any) -> dict[str, t.Any]:
    return configuration(*arguments(hosts, alertmanager, **values))


def test_the_least() -> None:
    found = config()
    assert found == {
        "global": {
            "scrape_interval": "15s",
            "evaluation_interval": "15s",
            "external_labels": {"environment": "default", "replica": "mon1"},
        },
        "scrape_configs": [
            {"job_name": "node", "file_sd_configs": [{"files": ["/etc/prometheus/file_sd/node.yml"]}]},
            {"job_name": "prometheus", "file_sd_configs": [{"files": ["/etc/prometheus/file_sd/prometheus.yml"]}]},
        ],
    }
    assert list(found) == ["global", "scrape_configs"]


def test_everything() -> None:
    job = {"job_name": "app", "static_configs": [{"targets": ["app:1"]}]}
    found = config(
        {name: {"observability_environment": "production", "node_exporter_tls_cert_file": "/c"} for name in HOSTS},
        ["mon2", "mon1"],
        config_dir="/srv/prometheus",
        scrape_interval="30s",
        evaluation_interval="1m",
        scrape_timeout="5s",
        replica="a",
        external_labels={"dc": "fra1"},
        rule_files=["/srv/prometheus/rules/*.yml"],
        scrape_job_settings={"node_exporter": {"basic_auth": {"username": "u"}, "scrape_interval": "1m"}},
        extra_scrape_jobs=[job],
        alertmanager_settings={"timeout": "5s"},
        extra_alertmanagers=[{"static_configs": [{"targets": ["other:9093"]}]}],
        alert_relabel_configs=[{"action": "drop"}],
        remote_write=[{"url": "https://w"}],
        remote_read=[{"url": "https://r"}],
        extra_config={"storage": {"tsdb": {"out_of_order_time_window": "5m"}}, "global": {"query_log_file": "/q"}},
    )
    assert found == {
        "global": {
            "scrape_interval": "30s",
            "scrape_timeout": "5s",
            "evaluation_interval": "1m",
            "external_labels": {"environment": "production", "replica": "a", "dc": "fra1"},
            "query_log_file": "/q",
        },
        "rule_files": ["/srv/prometheus/rules/*.yml"],
        "alerting": {
            "alert_relabel_configs": [{"action": "labeldrop", "regex": "replica"}, {"action": "drop"}],
            "alertmanagers": [
                {"timeout": "5s", "static_configs": [{"targets": ["mon1:9093", "mon2:9093"]}]},
                {"static_configs": [{"targets": ["other:9093"]}]},
            ],
        },
        "remote_write": [{"url": "https://w"}],
        "remote_read": [{"url": "https://r"}],
        "scrape_configs": [
            {
                "job_name": "node",
                "scheme": "https",
                "basic_auth": {"username": "u"},
                "scrape_interval": "1m",
                "file_sd_configs": [{"files": ["/srv/prometheus/file_sd/node.yml"]}],
            },
            {"job_name": "prometheus", "file_sd_configs": [{"files": ["/srv/prometheus/file_sd/prometheus.yml"]}]},
            {"job_name": "alertmanager", "file_sd_configs": [{"files": ["/srv/prometheus/file_sd/alertmanager.yml"]}]},
            job,
        ],
        "storage": {"tsdb": {"out_of_order_time_window": "5m"}},
    }


def test_paths_of_jobs() -> None:
    prefix = {"prometheus_external_url": "https://example.com/prom"}
    found = config({"mon1": prefix, "mon2": prefix})
    assert found["scrape_configs"][1]["metrics_path"] == "/prom/metrics"


def test_alertmanagers_that_differ() -> None:
    found = config(
        {
            "mon1": {"alertmanager_tls_cert_file": "/c", "ansible_host": "2001:db8::1"},
            "mon2": {"alertmanager_external_url": "https://example.com/am/"},
            "web1": {"observability_endpoints": {"alertmanager": {"scrape": False}}},
        },
        ["mon1", "mon2", "web1"],
    )
    assert found["alerting"]["alertmanagers"] == [
        {"static_configs": [{"targets": ["web1:9093"]}]},
        {"path_prefix": "/am", "static_configs": [{"targets": ["mon2:9093"]}]},
        {"scheme": "https", "static_configs": [{"targets": ["[2001:db8::1]:9093"]}]},
    ]
    job = next(job for job in arguments(alertmanager=["mon1"])[1] if job.service.name == "alertmanager")
    assert len(job.targets) == 1


def test_files() -> None:
    found = files(*arguments(config_dir="/srv/p", group="prom"))
    assert [(entry["dest"], entry["group"], entry["mode"], entry["on_change"], entry["secret"]) for entry in found] == [
        ("/srv/p/prometheus.yml", "prom", "0640", "reload", False),
        ("/srv/p/file_sd/node.yml", "root", "0644", "none", False),
        ("/srv/p/file_sd/prometheus.yml", "root", "0644", "none", False),
    ]
    assert {entry["owner"] for entry in found} == {"root"}
    assert found[0]["content"] == config(config_dir="/srv/p", group="prom")
    assert found[1]["content"].startswith("# Managed by Ansible (enterprise_tickets.observability).")
    assert '"targets": ["web1:9100"]' in found[1]["content"]


@pytest.mark.parametrize(
    ("values", "secret"),
    [
        ({"remote_write": [{"url": "https://w", "basic_auth": {"username": "u", "password": "hunter2"}}]}, True),
        ({"remote_write": [{"url": "https://u:hunter2@w"}]}, True),
        ({"remote_write": [{"url": "https://w", "basic_auth": {"username": "u", "password_file": "/x"}}]}, False),
    ],
)
def test_a_configuration_with_a_password_is_secret(values: dict[str, t.Any], secret: bool) -> None:
    assert files(*arguments(**values))[0]["secret"] is secret


NATIVE = {
    "remote_write": [
        {
            "url": "https://user:in-url@example.com/write",
            "basic_auth": {"username": "u", "password": "pass-1"},
            "tls_config": {
                "ca_file": "ca.pem",
                "cert_file": "/etc/tls/c.pem",
                "key_file": "/etc/tls/../tls/k.pem",
                "key": "pem",
            },
            "headers": {"X-Scope-OrgID": "tenant", "Authorization": "Bearer header"},
            "sigv4": {"access_key": "ak", "secret_key": "sk"},
        },
        {
            "oauth2": {
                "client_id": "id",
                "client_secret": "cs",
                "client_secret_file": "/run/cs",
                "token_url": "https://t",
            },
            "http_headers": {
                "X-Auth": {"secrets": ["hs"], "files": ["/run/header"]},
                "Authorization": {"values": ["av"]},
                "X-Plain": {"values": ["plain"]},
            },
        },
    ],
    "scrape_job_settings": {
        "node_exporter": {"authorization": {"type": "Bearer", "credentials_file": "secrets/token", "credentials": "cr"}}
    },
    "extra_scrape_jobs": [
        {
            "job_name": "app",
            "bearer_token_file": "/run/token",
            "scrape_failure_log_file": "/var/log/failures",
            "params": {"token": ["t1", "t2"], "module": ["http"]},
            "file_sd_configs": [{"files": ["/x/*.yml"]}],
            "basic_auth": {"password_file": ""},
            "kubernetes_sd_configs": [{"kubeconfig_file": "/run/kube", "role": "pod"}],
        }
    ],
    "extra_config": {"global": {"query_log_file": "/var/log/query"}, "rule_files": ["/rules/*.yml"]},
}


def test_readable_files() -> None:
    assert readable_files(NATIVE, "/etc/prometheus") == [
        "/etc/prometheus/ca.pem",
        "/etc/prometheus/secrets/token",
        "/etc/tls/c.pem",
        "/etc/tls/k.pem",
        "/run/cs",
        "/run/header",
        "/run/kube",
        "/run/token",
    ]


def test_inline_secrets() -> None:
    assert inline_secrets(NATIVE) == sorted(
        ["in-url", "pass-1", "pem", "Bearer header", "ak", "sk", "cs", "hs", "av", "cr", "t1", "t2"]
    )


@pytest.mark.parametrize("value", [{}, [], None, "text", 5, {"a": {"b": [1, None]}}])
def test_nothing_to_find(value: object) -> None:
    assert readable_files(value, "/etc/prometheus") == []
    assert inline_secrets(value) == []

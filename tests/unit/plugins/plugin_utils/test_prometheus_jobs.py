# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._catalogue import BY_NAME
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._prometheus_jobs import (
    extra_jobs_problems,
    job_settings_problems,
)

TAKEN = {"node": BY_NAME["node_exporter"], "prometheus": BY_NAME["prometheus"]}


def extra(*jobs: t.Any) -> list[str]:
    return list(extra_jobs_problems(jobs, TAKEN))


def static(*targets: t.Any, **settings: t.Any) -> dict[str, t.Any]:
    return {"job_name": "app", "static_configs": [{"targets": list(targets)}], **settings}


RELABELLED = [
    {"source_labels": ["__address__"], "target_label": "__param_target"},
    {"target_label": "__address__", "replacement": "blackbox:9115"},
]


@pytest.mark.parametrize(
    "job",
    [
        static("db1:9100"),
        static("db1.example.com:1", "10.0.0.1:65535", "[::1]:9100", "[fe80::1%eth0]:9100", "db_1:80"),
        static(),
        {"job_name": "sd", "dns_sd_configs": [{"names": ["x"]}]},
        {"job_name": "sd", "file_sd_configs": [{"files": ["/x/*.yml"]}], "static_configs": [{"targets": ["a:1"]}]},
        static("https://example.com", "example.com", relabel_configs=RELABELLED),
        {**static("alertmanager:9093"), "job_name": "alertmanager"},  # no such group, so the name is free
    ],
)
def test_good_jobs(job: dict[str, t.Any]) -> None:
    assert extra(job) == []


JOB = "prometheus_extra_scrape_jobs[0]"
AT = f"{JOB}.static_configs[0].targets[0] (job 'app') is"


@pytest.mark.parametrize(
    ("job", "message"),
    [
        ("app", f"{JOB} is a text; expected a dictionary with a job_name."),
        (None, f"{JOB} is nothing; expected a dictionary with a job_name."),
        ({}, f"{JOB}.job_name is nothing; expected the name of the job."),
        ({"job_name": ""}, f"{JOB}.job_name is ''; expected the name of the job."),
        ({"job_name": 5}, f"{JOB}.job_name is 5; expected the name of the job."),
        (
            {"job_name": "app"},
            f"{JOB} (job 'app') has no targets; expected static_configs or one of Prometheus's *_sd_configs.",
        ),
        (
            {"job_name": "app", "static_configs": {}},
            f"{JOB}.static_configs (job 'app') is a dictionary; expected a list.",
        ),
        ({"job_name": "app", "dns_sd_configs": "x"}, f"{JOB}.dns_sd_configs (job 'app') is a text; expected a list."),
        (
            {"job_name": "app", "static_configs": ["db1:9100"]},
            f"{JOB}.static_configs[0] (job 'app') has no list of targets; expected targets: [host:port].",
        ),
        (
            {"job_name": "app", "static_configs": [{"targets": "db1:9100"}]},
            f"{JOB}.static_configs[0] (job 'app') has no list of targets; expected targets: [host:port].",
        ),
        (static("db1"), f"{AT} 'db1'; expected a host with a port, such as db1:9100."),
        (
            static("db1.example.com"),
            f"{AT} 'db1.example.com'; expected a host with a port, such as db1.example.com:9100.",
        ),
        (static("10.0.0.1"), f"{AT} '10.0.0.1'; expected a host with a port, such as 10.0.0.1:9100."),
        (static("db1:"), f"{AT} 'db1:'; expected a host with a port, such as db1.example.com:9100."),
        (static("db1:http"), f"{AT} 'db1:http'; expected a host with a port"),
        (static(":9100"), f"{AT} ':9100'; expected a host with a port"),
        (static(""), f"{AT} ''; expected a host with a port"),
        (static(9100), f"{AT} 9100; expected a host with a port"),
        (static({"host": "a"}), f"{AT} a dictionary; expected a host with a port"),
        (static("db1:0"), f"{AT} 'db1:0'; expected a port from 1 to 65535."),
        (static("db1:65536"), f"{AT} 'db1:65536'; expected a port from 1 to 65535."),
        (static("2001:db8::1"), f"{AT} '2001:db8::1'; expected a host with a port, such as [2001:db8::1]:9100."),
        (static("http://db1:9100"), f"{AT} 'http://db1:9100'; expected a host with a port"),
        (static("db1:9100/metrics"), f"{AT} 'db1:9100/metrics'; expected a host with a port"),
        (static("db1:9100\n"), f"{AT} 'db1:9100\\n'; expected a host with a port"),
        (static("https://u:hunter2@db1"), f"{AT} a text with an @, not shown; expected a host with a port"),
        (static(5, relabel_configs=RELABELLED), f"{AT} 5; expected a host with a port"),
        (static("db1", relabel_configs=RELABELLED[:1]), f"{AT} 'db1'; expected a host with a port"),
        (
            {**static("a:1"), "job_name": "node"},
            (
                f"{JOB}.job_name is 'node', the collection's own job for Node Exporter; expected another name. "
                "Settings of that job belong in prometheus_scrape_job_settings.node_exporter."
            ),
        ),
    ],
)
def test_bad_jobs(job: t.Any, message: str) -> None:
    (found,) = extra(job)
    assert found.startswith(message)


def test_names_are_different() -> None:
    assert extra(static("a:1"), static("b:1", job_name="b"), static("c:1")) == [
        (
            "prometheus_extra_scrape_jobs[2].job_name is 'app', as in prometheus_extra_scrape_jobs[0]; expected a name "
            "of its own."
        )
    ]


def test_all_mistakes_and_no_password() -> None:
    job = static("db1", "db2:x", basic_auth={"username": "u", "password": "hunter2"}, bearer_token="hunter2")
    found = extra(job, {**job, "static_configs": "hunter2"})
    assert len(found) == 4
    assert "hunter2" not in " ".join(found)


SETTINGS = "prometheus_scrape_job_settings"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"node_exportr": {}},
            f"{SETTINGS} names the unknown service 'node_exportr'; did you mean 'node_exporter'? Known: alertmanager,",
        ),
        ({"node": {}}, f"{SETTINGS} names the unknown service 'node'; "),
        ({"prometheus": []}, f"{SETTINGS}.prometheus is a list; expected a dictionary of scrape settings."),
        ({"prometheus": None}, f"{SETTINGS}.prometheus is nothing; expected a dictionary of scrape settings."),
        ({"prometheus": {"job_name": "x"}}, f"{SETTINGS}.prometheus sets job_name, which comes from the catalogue;"),
        (
            {"prometheus": {"scheme": "https"}},
            (
                f"{SETTINGS}.prometheus sets scheme, which comes from <role>_tls_cert_file or observability_endpoints; "
                "expected"
            ),
        ),
        (
            {"prometheus": {"metrics_path": "/x"}},
            f"{SETTINGS}.prometheus sets metrics_path, which comes from observability_",
        ),
        (
            {"prometheus": {"static_configs": []}},
            (
                f"{SETTINGS}.prometheus sets static_configs, but the targets come from the inventory; expected other "
                "settings only. Further targets belong in a job of prometheus_extra_scrape_jobs."
            ),
        ),
        ({"prometheus": {"dns_sd_configs": []}}, f"{SETTINGS}.prometheus sets dns_sd_configs, but the targets"),
    ],
)
def test_bad_settings(settings: dict[str, t.Any], message: str) -> None:
    (found,) = job_settings_problems(settings)
    assert found.startswith(message)


def test_good_settings() -> None:
    settings = {"node_exporter": {"basic_auth": {"username": "x"}, "tls_config": {}, "scrape_interval": "30s"}}
    assert list(job_settings_problems(settings)) == []

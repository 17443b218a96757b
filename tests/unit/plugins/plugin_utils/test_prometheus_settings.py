# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils import _prometheus_settings as prometheus
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import InputError


def read(**values: t.Any) -> tuple[prometheus.Settings, list[str]]:
    problems: list[str] = []
    return prometheus.read_settings(prometheus.given(values), problems.append), problems


def test_defaults() -> None:
    settings, problems = read()
    assert problems == []
    assert settings == prometheus.Settings(
        config_dir="/etc/prometheus",
        group="prometheus",
        scrape_interval="15s",
        evaluation_interval="15s",
        scrape_timeout="",
        replica="",
        external_labels={},
        rule_files=[],
        scrape_job_settings={},
        extra_scrape_jobs=[],
        probes=[],
        alertmanager_settings={},
        extra_alertmanagers=[],
        alert_relabel_configs=[],
        remote_write=[],
        remote_read=[],
        extra_config={},
    )


def test_nothing_counts_as_not_set() -> None:
    names = [name.removeprefix("prometheus_") for name in prometheus.settings_variables()]
    assert read(**dict.fromkeys([*names, "group", "rule_files"])) == read()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("config_dir", "/srv/prometheus/", "/srv/prometheus"),
        ("scrape_interval", "1m30s", "1m30s"),
        ("scrape_timeout", "500ms", "500ms"),
        ("external_labels", {"dc": 1}, {"dc": "1"}),
        ("external_labels", {"node": "x", "job": "y"}, {"node": "x", "job": "y"}),
        ("rule_files", ["/a/*.yml"], ["/a/*.yml"]),
        ("extra_config", {"storage": {"tsdb": {}}, "global": {"query_log_file": "/x"}}, None),
        ("alertmanager_settings", {"timeout": "5s"}, {"timeout": "5s"}),
    ],
)
def test_values(name: str, value: t.Any, expected: t.Any) -> None:
    settings, problems = read(**{name: value})
    assert problems == []
    assert getattr(settings, name) == (value if expected is None else expected)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("config_dir", "etc/prometheus", "prometheus_config_dir is 'etc/prometheus'; expected an absolute path."),
        ("config_dir", 5, "prometheus_config_dir is 5; expected a text."),
        ("scrape_interval", "15", "prometheus_scrape_interval is '15'; expected a duration such as 15s or 1m30s."),
        ("scrape_interval", 15, "prometheus_scrape_interval is 15; expected a duration such as 15s or 1m30s."),
        ("evaluation_interval", "15 s", "prometheus_evaluation_interval is '15 s'; expected a duration"),
        ("scrape_timeout", "1.5s", "prometheus_scrape_timeout is '1.5s'; expected a duration"),
        (
            "external_labels",
            {"replica": "a"},
            "prometheus_external_labels sets 'replica', which comes from prometheus_replica; set that instead.",
        ),
        (
            "external_labels",
            {"environment": "a"},
            (
                "prometheus_external_labels sets 'environment', which comes from observability_environment; set that "
                "instead."
            ),
        ),
        ("external_labels", {"a-b": "c"}, "prometheus_external_labels has the label 'a-b'; expected letters"),
        ("rule_files", "/a/*.yml", "prometheus_rule_files is a text; expected a list."),
        ("rule_files", [""], "prometheus_rule_files[0] is empty; expected a text."),
        ("scrape_job_settings", [], "prometheus_scrape_job_settings is a list; expected a dictionary."),
        ("extra_scrape_jobs", {"job_name": "a"}, "prometheus_extra_scrape_jobs is a dictionary; expected a list."),
        ("remote_write", {"url": "x"}, "prometheus_remote_write is a dictionary; expected a list."),
        (
            "remote_write",
            ["https://u:hunter2@x"],
            "prometheus_remote_write[0] is a text; expected a dictionary in Prometheus's",
        ),
        ("remote_read", [{}], "prometheus_remote_read[0] is a dictionary; expected a dictionary in Prometheus's"),
        ("extra_alertmanagers", "x", "prometheus_extra_alertmanagers is a text; expected a list."),
        ("alert_relabel_configs", [None], "prometheus_alert_relabel_configs[0] is nothing; expected a dictionary"),
        (
            "alertmanager_settings",
            {"static_configs": []},
            (
                "prometheus_alertmanager_settings sets static_configs, which comes from the inventory; expected other "
                "settings only. Alertmanagers that are not in the inventory belong in prometheus_extra_alertmanagers."
            ),
        ),
        (
            "alertmanager_settings",
            {"scheme": "https"},
            "prometheus_alertmanager_settings sets scheme, which comes from",
        ),
        (
            "alertmanager_settings",
            {"dns_sd_configs": []},
            "prometheus_alertmanager_settings sets dns_sd_configs, which",
        ),
        ("extra_config", [], "prometheus_extra_config is a list; expected a dictionary."),
        (
            "extra_config",
            {"scrape_configs": []},
            "prometheus_extra_config sets scrape_configs; expected this in prometheus_extra_scrape_jobs.",
        ),
        (
            "extra_config",
            {"global": {"scrape_interval": "1s"}},
            "prometheus_extra_config.global sets scrape_interval; expected this in prometheus_scrape_interval.",
        ),
        ("extra_config", {"global": []}, "prometheus_extra_config.global is a list; expected a dictionary."),
    ],
)
def test_mistakes(name: str, value: t.Any, message: str) -> None:
    settings, problems = read(**{name: value})
    assert len(problems) == 1
    assert problems[0].startswith(message)
    assert "hunter2" not in problems[0]
    assert getattr(settings, name) == getattr(read()[0], name)


def test_all_mistakes_at_once() -> None:
    _settings, problems = read(config_dir="x", remote_write="y", extra_scrape_jobs="z")
    assert len(problems) == 3


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], "The settings of Prometheus are a list; expected a dictionary."),
        (None, "The settings of Prometheus are nothing; expected a dictionary."),
        (
            {"scrape_intervall": "15s"},
            (
                "The settings of Prometheus have the unknown key 'scrape_intervall'; did you mean 'scrape_interval'? "
                "Known: alert_"
            ),
        ),
    ],
)
def test_bad_arguments(value: object, message: str) -> None:
    with pytest.raises(InputError) as caught:
        prometheus.given(value)
    assert str(caught.value).startswith(message)


def test_only_variables_of_the_role_are_looked_for_in_the_inventory() -> None:
    names = prometheus.settings_variables()
    assert "prometheus_extra_scrape_jobs" in names
    assert not {"prometheus_group", "prometheus_rule_files"} & set(names)

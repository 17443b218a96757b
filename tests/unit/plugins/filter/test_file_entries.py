# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters source_files, secret_files, web_config and play_hosts."""

from __future__ import annotations

import pathlib

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.enterprise_tickets.observability.plugins.filter import file_entries, play_hosts, web_config


def test_a_source_file_keeps_its_name() -> None:
    source_files = file_entries.FilterModule().filters()["source_files"]
    assert source_files(["rules/disk.yml"], "/etc/x", group="x", on_change="reload") == [
        {"dest": "/etc/x/disk.yml", "src": "rules/disk.yml", "group": "x", "mode": "0644", "on_change": "reload"}
    ]


def test_a_secret_file_is_secret() -> None:
    secret_files = file_entries.FilterModule().filters()["secret_files"]
    assert secret_files({"key": "hunter2"}, "/etc/x", group="x") == [
        {
            "dest": "/etc/x/key",
            "content": "hunter2",
            "group": "x",
            "mode": "0640",
            "on_change": "restart",
            "secret": True,
        }
    ]


@pytest.mark.parametrize(
    ("value", "said"), [("", "'key' is empty"), (None, "'key' is empty"), (12345, "'key' is not a")]
)
def test_a_secret_without_text_is_refused_and_not_shown(value: object, said: str) -> None:
    with pytest.raises(AnsibleFilterError, match=said) as error:
        file_entries.secret_files({"key": value}, "/etc/x", group="x")  # type: ignore[dict-item]
    assert "12345" not in str(error.value)


def test_the_web_configuration_filters() -> None:
    filters = web_config.FilterModule().filters()
    config = filters["web_config"]({"tls_cert_file": "/c", "tls_key_file": "/k", "port": 1})
    assert config == {"tls_server_config": {"cert_file": "/c", "key_file": "/k"}}
    assert filters["web_config_start_options"](config) == "tls http2"


@pytest.mark.parametrize(
    ("groups", "pattern"),
    [
        ({"all": [], "prometheus": ["a"]}, "prometheus"),
        ({"prometheus": ["x"], "prom": ["a"], "observability_play_prometheus_is_prom": ["a"]}, "prom"),
        (
            {
                "a-prom": [],
                "b_prom": [],
                "observability_play_prometheus_is_b_prom": ["b"],
                "observability_play_prometheus_is_a-prom": ["a"],
            },
            "a-prom:b_prom",
        ),
        ({"observability_play_alertmanager_is_am": ["a"]}, "prometheus"),
        ({"all": []}, "prometheus"),
        ({"observability_hosts": ["a"]}, "!all"),
        ({"watched": ["a"], "observability_play_observability_hosts_is_watched": ["a"]}, "!all"),
    ],
)
def test_a_play_finds_its_hosts_by_noted_names(groups: dict[str, list[str]], pattern: str) -> None:
    assert play_hosts.FilterModule().filters()["play_hosts"](groups, "prometheus") == pattern


@pytest.mark.parametrize(
    ("groups", "pattern"),
    [
        ({"observability_hosts": ["a"]}, "!all"),
        ({"observability_hosts": ["a"], "logstash": []}, "!all"),
        ({"observability_hosts": ["a"], "logstash": ["b"]}, "observability_hosts"),
        (
            {"observability_hosts": ["a"], "ls": ["b"], "observability_play_logstash_is_ls": ["b"]},
            "observability_hosts",
        ),
    ],
)
def test_a_play_has_no_hosts_without_those_whom_they_serve(groups: dict[str, list[str]], pattern: str) -> None:
    assert play_hosts.play_hosts(groups, "observability_hosts", needs="logstash") == pattern


def test_a_play_for_several_groups_leaves_out_those_that_are_not_there() -> None:
    groups = {"observability_hosts": ["a"], "prom": ["a"], "observability_play_prometheus_is_prom": ["a"]}
    assert play_hosts.play_hosts(groups, "observability_hosts", "prometheus", "alertmanager") == (
        "observability_hosts:prom"
    )


@pytest.mark.parametrize(
    ("tags", "pattern"),
    [
        (["all"], "prometheus"),
        (["prometheus"], "prometheus"),
        (["grafana", "prometheus_configure"], "prometheus"),
        (["grafana"], "!all"),
        (["backup_install", "operator_tools_preflight"], "!all"),
        # Not ours, and so perhaps given to our playbook where it is imported.
        (["grafana", "nightly"], "prometheus"),
        (["tickets_backend"], "prometheus"),
        (["tagged"], "prometheus"),
    ],
)
def test_a_play_has_no_hosts_where_the_tags_mean_other_roles(tags: list[str], pattern: str) -> None:
    groups = {"observability_hosts": ["a"], "prometheus": ["a"]}
    assert play_hosts.play_hosts(groups, "prometheus", role="prometheus", tags=tags) == pattern


def test_the_tags_are_those_of_the_roles_that_there_are() -> None:
    roles = pathlib.Path(__file__).parents[4] / "roles"
    assert set(play_hosts.ROLES) == {path.name for path in roles.iterdir()}

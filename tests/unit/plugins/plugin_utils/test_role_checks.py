# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of a role's variables before anything changes."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.enterprise_tickets.observability.plugins.filter import service_problems as filter_file
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._role_checks import service_problems

HASH: t.Final = "$2y$10$" + "a" * 53
STEPS: t.Final = [
    {"below": "2.55", "from": "3.0", "reason": "No way back.", "variable": "prometheus_allow_x", "allowed": False}
]


def test_good_settings_have_no_problems() -> None:
    assert (
        service_problems(
            "prometheus",
            {
                "port": "9090",
                "listen_address": "::",
                "basic_auth_users": {"probe": HASH},
                "probe": {"username": "probe", "password": "secret"},
                "probe_needed": True,
                "secret_files": {"node_exporter": "x"},
                "extra_rule_files": ["a/one.yml", "b/two.yaml"],
                "version": "2.53.3+ds1",
                "previous_version": "2.42.0",
                "minimum_version": "2.42",
                "version_steps": STEPS,
            },
        )
        == []
    )


@pytest.mark.parametrize("port", [0, 65536, -1, "http", "", 9090.5, True, None])
def test_what_is_no_port_is_shown(port: object) -> None:
    (found,) = service_problems("prometheus", {"port": port})
    assert found == f"prometheus_port: {port!r} is not a TCP port; a number from 1 to 65535 is expected."


@pytest.mark.parametrize("port", [1, 65535, "9090"])
def test_ports(port: object) -> None:
    assert service_problems("prometheus", {"port": port}) == []


@pytest.mark.parametrize("address", ["", "0.0.0.0:9090", "[::]", "http://x", "a b", "host:9090"])
def test_what_is_no_address_is_shown(address: str) -> None:
    (found,) = service_problems("prometheus", {"listen_address": address})
    assert found.startswith(f"prometheus_listen_address: {address!r} is not an address")
    assert "prometheus_port" in found


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "::1", "fe80::1", "prometheus.example.com", "localhost"])
def test_addresses(address: str) -> None:
    assert service_problems("prometheus", {"listen_address": address}) == []


@pytest.mark.parametrize(
    ("probe", "needed", "said"),
    [
        ({}, True, "prometheus_probe needs a username and its password"),
        ({"username": "probe"}, False, "prometheus_probe needs a username and its password"),
        ({"password": "hunter2"}, False, "prometheus_probe needs a username and its password"),
        ({"username": "other", "password": "hunter2"}, True, "'other' is not a user of prometheus_basic_auth_users"),
        ({"user": "probe"}, False, "prometheus_probe: unknown key 'user'"),
    ],
)
def test_a_probe_must_be_able_to_log_in(probe: dict[str, str], needed: bool, said: str) -> None:
    (found,) = service_problems(
        "prometheus", {"basic_auth_users": {"probe": HASH}, "probe": probe, "probe_needed": needed}
    )
    assert said in found
    assert "hunter2" not in found


def test_without_users_or_need_there_is_no_probe_to_complain_about() -> None:
    assert service_problems("node_exporter", {"basic_auth_users": {"a": HASH}, "probe": {}}) == []
    assert service_problems("prometheus", {"basic_auth_users": {}, "probe": {}, "probe_needed": True}) == []


@pytest.mark.parametrize(
    ("before", "after", "refused"),
    [
        ("2.42.0", "3.5.3", True),
        ("2.53.3", "3.0.0", True),
        ("3.5.3", "2.53.3", True),
        ("2.55.1", "3.5.3", False),
        ("3.5.3", "2.55.1", False),
        ("2.42.0", "2.55.0", False),
        ("3.5.3", "3.6.0", False),
        ("", "3.5.3", False),
        ("2.42.0", "", False),
    ],
)
def test_steps_without_a_way_back_must_be_asked_for(before: str, after: str, refused: bool) -> None:
    settings = {"version": after, "previous_version": before, "version_steps": STEPS}
    found = service_problems("prometheus", settings)
    assert bool(found) == refused
    if refused:
        (sentence,) = found
        assert sentence.startswith(f"prometheus would go from {before} to {after}. No way back. ")
        assert "prometheus_allow_x" in sentence
    allowed = {**settings, "version_steps": [{**STEPS[0], "allowed": True}]}
    assert service_problems("prometheus", allowed) == []


@pytest.mark.parametrize(("after", "refused"), [("13.1.3", True), ("13.1.4", False), ("13.2.0", False)])
def test_a_step_at_the_version_in_use_is_any_step_back(after: str, refused: bool) -> None:
    step = {"below": "13.1.4", "from": "13.1.4", "reason": "No way back.", "variable": "grafana_x", "allowed": False}
    settings = {"version": after, "previous_version": "13.1.4", "version_steps": [step]}
    assert bool(service_problems("grafana", settings)) is refused


def test_a_version_that_is_too_old_is_refused() -> None:
    (found,) = service_problems("prometheus", {"version": "2.31.2", "minimum_version": "2.42"})
    assert "2.31.2 is too old: 2.42 or newer" in found
    assert "prometheus_install_method" in found


@pytest.mark.parametrize("name", ["a/b", "../x", ".hidden", "", "two words"])
def test_a_secret_file_has_a_plain_name(name: str) -> None:
    (found,) = service_problems("prometheus", {"secret_files": {name: "hunter2"}})
    assert found.startswith(f"prometheus_secret_files: {name!r} is not a file name")
    assert "hunter2" not in found


@pytest.mark.parametrize(
    ("speeds", "said"),
    [
        ({"eth0": "1000"}, "prometheus_link_speeds.eth0: '1000' is not a speed; a number of Mbit/s above 0"),
        ({"eth0": 0}, "prometheus_link_speeds.eth0: 0 is not"),
        ({"eth0": True}, "prometheus_link_speeds.eth0: True is not"),
        ({'a"b': 10}, "prometheus_link_speeds: 'a\"b' is not the name of a network device"),
    ],
)
def test_a_link_speed_is_a_number_for_a_device(speeds: dict[str, object], said: str) -> None:
    (found,) = service_problems("prometheus", {"link_speeds": speeds})
    assert found.startswith(said)


def test_link_speeds_that_are_right() -> None:
    assert service_problems("node_exporter", {"link_speeds": {"eth0": 1000, "br-1a2b.100": 2.5}}) == []


def test_rule_files_need_names_of_their_own_that_are_loaded() -> None:
    assert service_problems("prometheus", {"extra_rule_files": ["a/x.yml", "b/x.yml", "y.rules"]}) == [
        "prometheus_extra_rule_files: 2 files are called 'x.yml'; in one directory names have to differ.",
        "prometheus_extra_rule_files: 'y.rules' would not be loaded; the name has to end in .yml or .yaml.",
    ]


def test_the_filter_passes_problems_on_and_refuses_what_nobody_checks() -> None:
    check = filter_file.FilterModule().filters()["service_problems"]
    assert check({"port": 9090}, "prometheus") == []
    with pytest.raises(AnsibleFilterError, match="unknown setting 'prot'"):
        check({"prot": 9090}, "prometheus")
    with pytest.raises(AnsibleFilterError, match="'newest' is not a version"):
        check({"version": "newest", "minimum_version": "2.42"}, "prometheus")

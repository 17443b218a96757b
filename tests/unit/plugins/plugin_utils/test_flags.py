# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Command-line flags by version."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._flags import (
    FlagError,
    command_flags,
    version_key,
)

TABLE: t.Final[list[dict[str, t.Any]]] = [
    {"flag": "web.listen-address", "value": ["0.0.0.0:1", "[::]:1"], "variable": "x_listen_address"},
    {"flag": "web.config", "value": "/etc/web.yml", "before": "1.5.0"},
    {"flag": "web.config.file", "value": "/etc/web.yml", "since": "1.5.0"},
    {"flag": "storage.size", "value": "", "variable": "x_size"},
    {"flag": "agent", "value": True, "since": "3.0.0", "variable": "x_agent"},
    {"flag": "old.timeout", "before": "3.0.0", "instead": "set it per target"},
]
NO_AGENT: t.Final = [entry for entry in TABLE if entry["flag"] != "agent"]


@pytest.mark.parametrize(
    ("version", "key"), [("2.53.3", (2, 53, 3)), ("2.53.3+ds1", (2, 53, 3)), ("3.5", (3, 5)), ("10", (10,))]
)
def test_versions_compare_by_number(version: str, key: tuple[int, ...]) -> None:
    assert version_key(version) == key


def test_a_text_that_is_no_version_is_refused() -> None:
    with pytest.raises(FlagError, match="'latest' is not a version"):
        version_key("latest")


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("1.3.1", ["--web.config=/etc/web.yml", "--web.listen-address=0.0.0.0:1", "--web.listen-address=[::]:1"]),
        ("1.10.0", ["--web.config.file=/etc/web.yml", "--web.listen-address=0.0.0.0:1", "--web.listen-address=[::]:1"]),
        ("", ["--web.config.file=/etc/web.yml", "--web.listen-address=0.0.0.0:1", "--web.listen-address=[::]:1"]),
    ],
)
def test_flags_are_chosen_by_version(version: str, expected: list[str]) -> None:
    assert command_flags(NO_AGENT, version) == expected


def test_a_switch_is_passed_bare() -> None:
    assert "--agent" in command_flags(TABLE, "3.5.0")


def test_a_variable_for_a_version_that_lacks_the_flag_is_an_error() -> None:
    with pytest.raises(
        FlagError, match=r"x_agent needs --agent, which exists from 3\.0\.0; the version here is 2\.53\.3"
    ):
        command_flags(TABLE, "2.53.3")


def test_users_flags_and_switches() -> None:
    arguments = command_flags(
        [],
        "1.0",
        extra={"b.count": 3, "a.list": ["x", "y"], "c.on": True, "d.off": False, "e.none": None},
        switch_on=["collector.systemd"],
        switch_off=["collector.arp"],
    )
    assert arguments == [
        "--a.list=x",
        "--a.list=y",
        "--b.count=3",
        "--c.on",
        "--no-collector.arp",
        "--collector.systemd",
        "--no-d.off",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"extra": {"web.listen-address": ":1"}},
            r"v: this role passes --web\.listen-address itself; set x_listen_address",
        ),
        ({"extra": {"web.config.file": "x"}}, r"v: this role passes --web\.config\.file itself$"),
        ({"extra": {"--log": "x"}}, r"v: '--log' is not the name of a flag"),
        (
            {"extra": {"old.timeout": "1s"}},
            r"v: version 3\.5\.0 does not know --old\.timeout, .*before 3\.0\.0; set it per",
        ),
        ({"extra": {"a": {"b": 1}}}, "the flag a takes a text"),
        (
            {"switch_on": ["collector.arp"], "switch_off": ["collector.arp"]},
            r"collector\.arp is asked for in more than one",
        ),
        (
            {"extra": {"collector.arp": True}, "switch_off": ["collector.arp"]},
            r"collector\.arp is asked for in more than",
        ),
    ],
)
def test_contradictions_name_the_variable(arguments: dict[str, t.Any], message: str) -> None:
    with pytest.raises(FlagError, match=message):
        command_flags(TABLE, "3.5.0", extra_variable="v", **arguments)


def test_a_flag_that_the_version_still_has_may_be_passed() -> None:
    assert "--old.timeout=1s" in command_flags(NO_AGENT, "2.53.3", extra={"old.timeout": "1s"})


@pytest.mark.parametrize("entry", [{"value": "x"}, {"flag": "--x"}, {"flag": "x", "form": "3"}])
def test_a_bad_table_is_refused(entry: dict[str, t.Any]) -> None:
    with pytest.raises(FlagError):
        command_flags([entry], "1.0")

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How postgres_exporter is told what to watch."""

from __future__ import annotations

import typing as t

import pytest
import yaml
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils import _postgres
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import InputError

TWO: t.Final = [{"name": "main"}, {"name": "audit", "host": "127.0.0.1", "port": 5433}]


def settings(servers: list[dict[str, t.Any]] | None = None, **other: t.Any) -> _postgres.Settings:
    values: dict[str, t.Any] = {
        "servers": _postgres.read_servers(servers or [{}], "watcher"),
        "passwords": {},
        "databases": [],
        "statements": False,
        "connection_options": {},
        "collectors_enabled": [],
        "collectors_disabled": [],
        "extra_queries": {},
        "version": "0.17.1",
        **other,
    }
    return _postgres.Settings(**values)


def test_a_socket_needs_no_password() -> None:
    assert list(_postgres.problems(settings())) == []
    assert _postgres.environment(settings(connection_options={"statement_timeout": "15s"}), "/x") == {
        "DATA_SOURCE_NAME": "user=watcher host=/run/postgresql port=5432 dbname=postgres statement_timeout=15s"
    }


def test_over_tcp_the_password_is_in_a_file() -> None:
    tcp = settings([{"host": "db.example.com", "database": "a b"}], passwords={"main": "secret"})
    assert _postgres.environment(tcp, "/etc/x/password") == {
        "DATA_SOURCE_URI": "db.example.com:5432/a%20b?sslmode=verify-full",
        "DATA_SOURCE_USER": "watcher",
        "DATA_SOURCE_PASS_FILE": "/etc/x/password",
    }
    assert _postgres.managed_roles(tcp, "postgres") == []


def test_a_further_server_is_asked_for_by_probe() -> None:
    two = settings(TWO, passwords={"audit": "secret"})
    assert list(_postgres.problems(two)) == []
    assert _postgres.urls(two, "http://h:9187") == {
        "main": "http://h:9187/metrics",
        "audit": "http://h:9187/probe?target=127.0.0.1%3A5433%2Fpostgres&auth_module=audit",
    }
    module = _postgres.configuration(two)["auth_modules"]["audit"]
    assert module["userpass"] == {"username": "watcher", "password": "secret"}
    assert [(item["name"], item["socket"], item["port"]) for item in _postgres.managed_roles(two, "postgres")] == [
        ("main", "/run/postgresql", 5432),
        ("audit", "/run/postgresql", 5433),
    ]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (settings(TWO), "postgres_exporter_passwords.audit is needed"),
        (settings(TWO, passwords={"audit": "s"}, version="0.11.1"), "0.11.1 can watch one"),
        (settings([{}, {"name": "b"}]), "over TCP only"),
        (settings(passwords={"nobody": "s"}), "'nobody', which is no server"),
        (settings(collectors_enabled=["wal"], collectors_disabled=["wal"]), "'wal'"),
        (settings(extra_queries={"a-b": {"query": "q", "metrics": [{"a": {"usage": "GAUGE"}}]}}), "letters"),
        (settings(extra_queries={"a": {"query": "q"}}), "needs a query and a list of metrics"),
        (settings(extra_queries={"a": {"query": "q", "metrics": [{"a": {"usage": "GAGE"}}]}}), "usage"),
    ],
)
def test_contradictions_are_named(given: _postgres.Settings, words: str) -> None:
    (problem,) = _postgres.problems(given)
    assert words in problem


@pytest.mark.parametrize(
    ("servers", "words"),
    [
        ([], "empty"),
        ([{}, {}], "as in another entry"),
        ([{"prot": 1}], "port"),
        ([{"port": 0}], "port"),
        ([{"host": "db:5432/x"}], "host"),
        ([{"name": "a b"}], "name"),
        ([{"sslmode": "prefer"}], "sslmode"),
    ],
)
def test_bad_servers_are_refused(servers: list[dict[str, t.Any]], words: str) -> None:
    with pytest.raises(InputError, match=words):
        _postgres.read_servers(servers, "watcher")


def test_collectors_that_a_version_lacks_are_left_out() -> None:
    wanted = ["database_wraparound", "postmaster", "of_the_future"]
    assert _postgres.collectors(settings(collectors_enabled=wanted, version="0.11.1"))[0] == ["of_the_future"]
    assert _postgres.collectors(settings(collectors_enabled=wanted))[0] == sorted(wanted)
    assert _postgres.collectors(settings(collectors_enabled=["replication_slot"], version="0.20.1"))[0] == []


def test_tables_of_several_databases_come_from_one_query_only() -> None:
    assert _postgres.collectors(settings(databases=["tickets"]))[1] == ["stat_user_tables", "statio_user_tables"]


OFFERED: t.Final = [
    {"name": "always", "query": "a", "metrics": []},
    {"name": "old", "query": "b", "metrics": [], "before": "0.13.0"},
    {"name": "tables", "query": "c", "metrics": [], "needs": "databases"},
    {"name": "checkpoints", "query": "d", "metrics": [], "collector": "stat_checkpointer"},
]


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (settings(), {"always", "checkpoints"}),
        (settings(version=""), {"always", "checkpoints"}),
        (settings(version="0.11.1"), {"always", "checkpoints", "old"}),
        (settings(databases=["x"]), {"always", "checkpoints", "tables"}),
        (settings(collectors_enabled=["stat_checkpointer"]), {"always"}),
        (settings(extra_queries={"mine": {}}), {"always", "checkpoints", "mine"}),
    ],
)
def test_queries_are_chosen_by_version_and_wish(given: _postgres.Settings, names: set[str]) -> None:
    assert set(_postgres.queries(given, OFFERED)) == names


def test_sql_stays_readable_in_the_file() -> None:
    text = _postgres.queries_file({"a": {"query": "SELECT 1\nFROM b\n"}})
    assert "query: |\n    SELECT 1\n    FROM b\n" in text
    assert yaml.safe_load(text) == {"a": {"query": "SELECT 1\nFROM b\n"}}

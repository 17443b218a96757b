# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How redis_exporter is told what to watch."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils import _redis
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import InputError

TWO: t.Final = [{"name": "cache"}, {"name": "queue", "address": "unix:///run/redis/queue.sock"}]


def settings(instances: list[dict[str, t.Any]] | None = None, **other: t.Any) -> _redis.Settings:
    values: dict[str, t.Any] = {
        "instances": _redis.read_instances(instances or [{}]),
        "username": "watcher",
        "passwords": {"main": "secret"},
        "admin_passwords": {},
        "rules": ["+info"],
        "rewrite": False,
        **other,
    }
    return _redis.Settings(**values)


def test_one_instance() -> None:
    assert list(_redis.problems(settings())) == []
    assert _redis.password_map(settings()) == {
        "redis://watcher@127.0.0.1:6379": "secret",
        "redis://127.0.0.1:6379": "secret",
    }
    assert _redis.urls(settings(), "http://h:9121") == {"main": "http://h:9121/metrics"}


def test_a_further_instance_is_asked_for_by_scrape() -> None:
    two = settings(TWO, passwords={"cache": "a", "queue": "b"})
    assert list(_redis.problems(two)) == []
    assert _redis.urls(two, "http://h:9121")["queue"] == (
        "http://h:9121/scrape?target=unix%3A%2F%2F%2Frun%2Fredis%2Fqueue.sock"
    )
    assert [item["password"] for item in _redis.managed_users(two)] == ["a", "b"]


def test_without_a_user_there_is_neither_login_nor_user() -> None:
    open_redis = settings(username="", passwords={})
    assert list(_redis.problems(open_redis)) == []
    assert _redis.password_map(open_redis) == {}
    assert _redis.managed_users(open_redis) == []


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (settings(passwords={}), "redis_exporter_passwords.main is needed"),
        (settings(passwords={"main": "s", "nobody": "s"}), "'nobody', which is no instance"),
        (settings(username=""), "nobody would log in"),
    ],
)
def test_contradictions_are_named(given: _redis.Settings, words: str) -> None:
    (problem,) = _redis.problems(given)
    assert words in problem


@pytest.mark.parametrize(
    ("address", "flag"),
    [
        ("redis://127.0.0.1:6379", "127.0.0.1:6379"),
        ("redis://[::1]:6379", "[::1]:6379"),
        ("rediss://redis.example.com:6380", "rediss://redis.example.com:6380"),
        ("unix:///run/redis/redis.sock", "unix:///run/redis/redis.sock"),
    ],
)
def test_the_exporter_is_given_the_address_with_which_it_tells_why_it_fails(address: str, flag: str) -> None:
    (instance,) = _redis.read_instances([{"address": address}])
    assert instance.as_flag() == flag


@pytest.mark.parametrize("address", ["redis://user:secret@x:1", "x:6379", "redis://x", "http://x:1", "unix://"])
def test_bad_addresses_are_refused_and_not_shown(address: str) -> None:
    with pytest.raises(InputError, match="address") as caught:
        _redis.read_instances([{"address": address}])
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("instances", [[], [{}, {}], [{"nmae": "x"}]])
def test_bad_instances_are_refused(instances: list[dict[str, t.Any]]) -> None:
    with pytest.raises(InputError):
        _redis.read_instances(instances)

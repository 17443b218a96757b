# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A user of Redis with a given set of rights."""

from __future__ import annotations

import io
import typing as t

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._redis_acl import (
    Address,
    RedisError,
    RedisRefusal,
    RedisUnreachable,
    Wish,
    acl_line,
    digest,
    encode,
    is_as_wished,
    read_reply,
    shown,
)

WISH: t.Final = Wish("watcher", "secret", ("+info", "+slowlog|get"))
# As Redis 7.0 and Redis 8.0 write the same user.
REDIS_7: t.Final = f"on #{digest('secret')} resetchannels -@all +slowlog|get +info"
REDIS_8: t.Final = f"on sanitize-payload #{digest('secret')} resetchannels -@all +info +slowlog|get"


@pytest.mark.parametrize("line", [REDIS_7, REDIS_8])
def test_a_user_that_is_right_is_recognised(line: str) -> None:
    assert is_as_wished(line, WISH)


@pytest.mark.parametrize(
    "line",
    [
        None,
        REDIS_7 + " +get",
        REDIS_7 + " ~*",
        REDIS_7 + " &*",
        REDIS_7.replace(" +info", ""),
        REDIS_7.replace("on ", "off "),
        REDIS_7.replace(digest("secret"), digest("other")),
        REDIS_7 + f" #{digest('second')}",
        "on nopass ~* &* +@all",
    ],
)
def test_a_user_that_may_more_or_less_is_not(line: str | None) -> None:
    assert not is_as_wished(line, WISH)


def test_its_line_is_found_by_its_whole_name() -> None:
    assert acl_line(["user default on", "user watcher2 off", "user watcher on +info"], "watcher") == "on +info"
    assert acl_line(["user default on"], "watcher") is None


def test_no_hash_of_a_password_is_shown() -> None:
    assert digest("secret") not in shown(REDIS_7)
    assert "+slowlog|get" in shown(REDIS_7)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("redis://127.0.0.1:6380", Address("127.0.0.1", 6380, "", False)),
        ("rediss://[::1]:6379", Address("::1", 6379, "", True)),
        ("unix:///run/redis/redis.sock", Address("", 0, "/run/redis/redis.sock", False)),
    ],
)
def test_addresses(url: str, address: Address) -> None:
    assert Address.parse(url) == address


@pytest.mark.parametrize("url", ["http://x:1", "redis://", "redis://u:pw@x:1", "unix://x/y", "redis://x:99999"])
def test_other_addresses_are_refused_and_not_shown(url: str) -> None:
    with pytest.raises(RedisError) as caught:
        Address.parse(url)
    assert "pw" not in str(caught.value)


def test_the_protocol() -> None:
    assert encode(["ACL", "LIST"]) == b"*2\r\n$3\r\nACL\r\n$4\r\nLIST\r\n"
    assert read_reply(io.BytesIO(b"*3\r\n$2\r\nab\r\n:7\r\n$-1\r\n")) == ["ab", 7, None]
    assert read_reply(io.BytesIO(b"+OK\r\n")) == "OK"
    with pytest.raises(RedisRefusal, match="NOAUTH"):
        read_reply(io.BytesIO(b"-NOAUTH Authentication required.\r\n"))
    with pytest.raises(RedisUnreachable):
        read_reply(io.BytesIO(b"+O"))


@pytest.mark.parametrize(
    "wish", [Wish("default", "x", ()), Wish("a b", "x", ()), Wish("a", "", ()), Wish("a", "x", ("on",))]
)
def test_what_cannot_be_wished(wish: Wish) -> None:
    assert wish.problem()
    assert not WISH.problem()

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A PostgreSQL role that may watch and nothing else."""

from __future__ import annotations

import base64
import typing as t

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._postgresql_role import (
    MARK,
    PostgresqlError,
    State,
    Wish,
    is_password,
    scram_verifier,
    statements,
)

SALT: t.Final = b"0123456789abcdef"
# The salt of the example in RFC 7677.
RFC_7677: t.Final = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"


def role(**other: t.Any) -> dict[str, t.Any]:
    powers = dict.fromkeys(("superuser", "createrole", "createdb", "replication", "bypassrls"), False)
    return {
        **powers,
        "login": True,
        "inherit": True,
        "password": None,
        "comment": MARK,
        "memberships": ["pg_monitor"],
        **other,
    }


def told(found: dict[str, t.Any] | None, wish: Wish, extensions: tuple[str, ...] = ()) -> list[str]:
    return [item.sql for item in statements(State(False, "", extensions, found), wish, SALT)]


def test_the_verifier_is_the_one_that_the_server_would_store() -> None:
    verifier = scram_verifier("pencil", base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ=="))
    assert (
        verifier
        == RFC_7677 + "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
    )
    assert is_password("pencil", verifier)
    assert not is_password("pen", verifier)
    assert not is_password("pencil", None)
    assert not is_password("pencil", "md5aaaa")


def test_a_missing_role_is_made_with_pg_monitor_and_our_mark() -> None:
    assert told(None, Wish("watcher")) == [
        'CREATE ROLE "watcher" LOGIN',
        f"COMMENT ON ROLE \"watcher\" IS '{MARK}'",
        'GRANT pg_monitor TO "watcher"',
    ]


def test_a_role_that_is_right_needs_nothing() -> None:
    stored = scram_verifier("secret", b"x" * 16)
    assert told(role(), Wish("watcher")) == []
    assert told(role(password=stored), Wish("watcher", "secret")) == []


def test_what_it_gained_is_taken_and_what_it_lost_is_given() -> None:
    changed = role(superuser=True, login=False, memberships=["pg_write_all_data"])
    assert told(changed, Wish("watcher")) == [
        'ALTER ROLE "watcher" NOSUPERUSER LOGIN',
        'REVOKE "pg_write_all_data" FROM "watcher"',
        'GRANT pg_monitor TO "watcher"',
    ]


def test_a_password_travels_as_its_verifier_and_is_not_shown() -> None:
    (item,) = statements(State(False, "", (), role()), Wish("watcher", "it's secret"), SALT)
    assert "secret" not in item.sql
    assert "SCRAM-SHA-256$" in item.sql
    assert item.shown == "ALTER ROLE \"watcher\" PASSWORD '********'"


def test_a_role_of_somebody_else_is_left_alone() -> None:
    assert told(role(comment=None), Wish("watcher")) == []
    with pytest.raises(PostgresqlError, match="watcher exists and was not made by this collection"):
        told(role(comment=None, memberships=[]), Wish("watcher"))


def test_the_extension_is_made_where_it_is_wanted() -> None:
    assert told(role(), Wish("watcher", statements=True)) == ["CREATE EXTENSION IF NOT EXISTS pg_stat_statements"]
    assert told(role(), Wish("watcher", statements=True), ("pg_stat_statements",)) == []


@pytest.mark.parametrize("name", ['a"b', "pg_x", "", "Upper", "a b"])
def test_strange_names_are_refused(name: str) -> None:
    assert "no name for the role" in Wish(name).problem()


def test_a_password_outside_ascii_is_refused_without_being_shown() -> None:
    problem = Wish("watcher", "geheimnißvoll").problem()
    assert "ASCII" in problem
    assert "geheim" not in problem

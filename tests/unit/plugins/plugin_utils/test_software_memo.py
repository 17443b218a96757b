# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import typing as t
from pathlib import Path

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._look import Look, Offer, Wish
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._software_memo import (
    Memo,
    Memory,
    Question,
    answers,
    empty_memory,
    merge,
)


def wish(name: str, version: str = "", optional: bool = False) -> Wish:
    return Wish(name=name, version=version, optional=optional)


def question(
    *wishes: Wish, known: t.Sequence[str] = (), services: t.Sequence[str] = (), users: t.Sequence[str] = ()
) -> Question:
    return Question(wishes=list(wishes), known=list(known), services=list(services), users=list(users))


def memory(
    asked: Question,
    installed: t.Mapping[str, str],
    *,
    offers: dict[str, Offer] | None = None,
    programs: t.Sequence[str] = (),
) -> Memory:
    look = Look(
        system={},
        machine="x86_64",
        debian_architecture="amd64",
        packages={
            name: {"version": version, "installed": True, "broken": False} for name, version in installed.items()
        },
        offers=offers,
        lists=None,
        programs=list(programs),
        releases={},
        links={},
        users={},
        interrupted=False,
        seconds=0.0,
    )
    return Memory(question=asked, look=look, previous={}, updated=False)


ASKED = question(wish("a"), known=["b", "c", "d"], services=["s"], users=["u"])


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (question(wish("a")), True),
        (question(wish("b")), True),
        (question(wish("b", "1.*")), True),
        # there, but not in the version asked for now: what apt offers was not asked
        (question(wish("b", "2.*")), False),
        (question(wish("c")), False),
        (question(wish("c", optional=True)), False),
        (question(wish("d", optional=True)), True),
        (question(wish("z")), False),
        (question(known=["z"]), False),
        (question(services=["s"], users=["u"], known=["a"]), True),
        (question(services=["t"]), False),
        (question(users=["v"]), False),
    ],
)
def test_a_look_that_found_everything_answers(new: Question, expected: bool) -> None:
    assert answers(memory(ASKED, {"a": "1.0", "b": "1.0"}, programs=["d"]), new) is expected


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (question(wish("a")), True),
        (question(wish("c")), True),
        (question(wish("c", "9.*")), True),
        # installed, so apt was not asked for other versions of it
        (question(wish("b", "2.*")), False),
        (question(wish("z")), False),
    ],
)
def test_a_look_that_missed_something_answers_for_all_that_is_not_installed(new: Question, expected: bool) -> None:
    assert answers(memory(ASKED, {"b": "1.0"}, offers={}), new) is expected


def test_no_look_answers_nothing() -> None:
    known = empty_memory()
    known["question"] = ASKED
    assert not answers(known, question())


def test_questions_are_asked_together() -> None:
    old = question(wish("a", "1.*"), wish("b"), known=["k"], services=["s"], users=["u"])
    new = question(wish("a", "2.*"), known=["l"], services=["t"], users=["u"])
    assert merge(old, new) == question(wish("a", "2.*"), wish("b"), known=["k", "l"], services=["s", "t"], users=["u"])


def test_remembers_for_the_run_and_for_the_host(tmp_path: Path) -> None:
    known = memory(ASKED, {"a": "1.0"})
    known["previous"]["prometheus"] = "2.42.0"
    Memo(str(tmp_path), "web-1").store(known)
    assert Memo(str(tmp_path), "web-1").load() == known
    assert Memo(str(tmp_path), "web-2").load() == empty_memory()
    assert Memo(str(tmp_path / "another-run"), "web-1").load() == empty_memory()


@pytest.mark.parametrize("host", ["../../etc/passwd", "web/1", "a" * 300, "wéb", ""])
def test_any_name_of_a_host_will_do(tmp_path: Path, host: str) -> None:
    Memo(str(tmp_path), host).store(empty_memory())
    assert Memo(str(tmp_path), host).load() == empty_memory()
    assert [entry.name for entry in tmp_path.iterdir()] == ["service_software"]


def test_nobody_else_reads_it_and_nothing_else_is_left(tmp_path: Path) -> None:
    memo = Memo(str(tmp_path), "web-1")
    memo.store(empty_memory())
    memo.store(empty_memory())
    (path,) = (tmp_path / "service_software").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(TypeError):
        memo.store(t.cast("Memory", {"look": object()}))
    assert os.listdir(tmp_path / "service_software") == [path.name]

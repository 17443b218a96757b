# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What a run has seen of a host, kept for the rest of the run.

It is kept in the temporary directory of the ansible-playbook process (C.DEFAULT_LOCAL_TMP), which all its workers share
and which goes with it: a later run looks again. Facts would do the same, but a fact cache keeps them for later runs.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import typing as t
from collections.abc import Iterable, Sequence

from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._look import (
    Look,
    Wish,
    is_fulfilled,
)


class Question(t.TypedDict):
    """What is asked of a host."""

    wishes: list[Wish]
    known: list[str]
    services: list[str]
    users: list[str]


class Memory(t.TypedDict):
    """What a run knows of a host.

    Attributes:
        question: what `look` answers.
        look: what was found; None when an installation has begun since.
        previous: service -> version in use when the run first asked for it.
        updated: whether the run has updated the package lists.
    """

    question: Question
    look: Look | None
    previous: dict[str, str]
    updated: bool


def empty_memory() -> Memory:
    """What a run knows of a host at its beginning."""
    return Memory(question=Question(wishes=[], known=[], services=[], users=[]), look=None, previous={}, updated=False)


def merge(old: Question, new: Question) -> Question:
    """Ask both at once; of two wishes for one package the new one counts."""
    wishes = {wish["name"]: wish for wish in (*old["wishes"], *new["wishes"])}
    return Question(
        wishes=[wishes[name] for name in sorted(wishes)],
        known=_union(old["known"], new["known"]),
        services=_union(old["services"], new["services"]),
        users=_union(old["users"], new["users"]),
    )


def _union(one: Iterable[str], other: Iterable[str]) -> list[str]:
    return sorted({*one, *other})


def answers(memory: Memory, question: Question) -> bool:
    """Tell whether the look at hand answers a question."""
    look = memory["look"]
    if look is None:
        return False
    asked = memory["question"]
    known = {*asked["known"], *(wish["name"] for wish in asked["wishes"])}
    return (
        known.issuperset(question["known"])
        and set(asked["services"]).issuperset(question["services"])
        and set(asked["users"]).issuperset(question["users"])
        and all(_answers_wish(look, asked["wishes"], known, wish) for wish in question["wishes"])
    )


def _answers_wish(look: Look, asked: Sequence[Wish], known: set[str], wish: Wish) -> bool:
    if wish["name"] not in known:
        return False
    if wish in asked or is_fulfilled(wish, look["packages"], look["programs"]):
        return True
    # apt was asked for everything that is not installed, once it was asked at all.
    state = look["packages"].get(wish["name"])
    return look["offers"] is not None and (state is None or not state["installed"])


class Memo:
    """The memory of one host, in a file.

    Args:
        directory: of the run; private to the user.
        host: name of the host in the inventory.
    """

    def __init__(self, directory: str, host: str) -> None:
        # A host's name may hold characters that a file's name may not.
        digest = hashlib.sha256(host.encode("utf-8", "surrogateescape")).hexdigest()
        self._directory = os.path.join(directory, "service_software")
        self._path = os.path.join(self._directory, f"{digest[:32]}.json")

    def load(self) -> Memory:
        """What is known; an empty memory at first."""
        try:
            with open(self._path, encoding="utf-8") as file:
                memory: Memory = json.load(file)
        except FileNotFoundError:
            return empty_memory()
        return memory

    def store(self, memory: Memory) -> None:
        """Keep what is known. Tasks delegated to one host may do so at the same time: the last one stays."""
        os.makedirs(self._directory, mode=0o700, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=self._directory)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(memory, file)
            os.replace(temporary, self._path)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
            raise


__all__ = ("Memo", "Memory", "Question", "answers", "empty_memory", "merge")

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every name that docs/from_the_specification.md gives to something of ours is a name of the collection."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "from_the_specification.md"
SOURCES = ("dashboards", "docs/examples", "logs", "playbooks", "plugins", "roles", "scripts")
# Where a name that looks like an alert's has to be one.
ALERT = re.compile(r"[A-Z][A-Za-z]+[a-z][A-Z]?[A-Za-z]*\Z")


class Row:
    """A line of a table: what was asked for, where it is, what shows it."""

    def __init__(self, line: str) -> None:
        cells = re.split(r"(?<!\\)\|", line.strip().strip("|"))
        self.asked, self.here, self.shown = (cell.strip() for cell in cells)
        self.complete = "**Not built**" not in self.here

    def names(self) -> Iterator[str]:
        """What stands in code."""
        yield from re.findall(r"`([^`]+)`", f"{self.here} {self.shown}")


def rows(text: str) -> list[Row]:
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [Row(line) for line in lines if not line.startswith("| specification")]


ROWS = rows(PAGE.read_text())


@functools.cache
def words() -> frozenset[str]:
    """All words of the collection's sources."""
    found: set[str] = set()
    for top in SOURCES:
        for path in (ROOT / top).rglob("*"):
            if path.is_file() and path.suffix not in {".md", ".pyc"}:
                found |= {path.stem, *re.findall(r"[\w-]+", path.read_text())}
    return frozenset(found)


@functools.cache
def alerts() -> frozenset[str]:
    rules = "".join(path.read_text() for path in (ROOT / "roles" / "prometheus" / "files" / "rules").glob("*.yml"))
    return frozenset(re.findall(r"alert: (\w+)", rules))


def unknown(name: str) -> bool:
    """Whether a name means nothing here. Commands are looked at for our own programs, other text is not."""
    path, _, test = name.partition("::")
    if re.match(r"(\.github|dashboards|docs|molecule|playbooks|roles|scripts|tests|tools)/", path):
        file = ROOT / path
        return not file.exists() or bool(test and f"def {test}(" not in file.read_text())
    if ALERT.match(name):
        return name not in alerts()
    if re.match(r"(enterprise-tickets-|monitoring-urls|alert-ack)", name):
        return name.split()[0] not in words()
    if re.match(r"(ets-)?[a-z0-9]+(_[a-z0-9]+)*\Z", name) and ("_" in name or name.startswith("ets-")):
        return name not in words()
    return False


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.asked)
def test_every_name_is_known(row: Row) -> None:
    assert [name for name in row.names() if unknown(name)] == []


def test_what_is_built_says_where_it_is() -> None:
    assert [row.asked for row in ROWS if row.complete and not row.here] == []


@pytest.mark.parametrize(
    "name",
    [
        "tests/rules/gone.test.yml",
        "tests/static/test_from_the_specification.py::test_gone",
        "FastAPIGone",
        "HighGoneUsage",
        "prometheus_gone",
        "enterprise-tickets-gone --check",
        "ets-gone",
    ],
)
def test_an_unknown_name_is_found(name: str) -> None:
    assert unknown(name)

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading what a ``/metrics`` page says: Prometheus' text format 0.0.4, and OpenMetrics as far as it is the same.

Exemplars and the values of timestamps are skipped. A line that cannot be read is kept as an error with its number, so
that one bad line does not hide the rest.
"""

from __future__ import annotations

import re
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field

_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_SAMPLE = re.compile(rf"(?P<name>{_NAME})(?P<labels>\{{)?")
_LABEL = re.compile(r'\s*(?P<name>[a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"(?P<value>(?:[^"\\\n]|\\.)*)"\s*(?P<comma>,?)')
_REST = re.compile(r"\s+(?P<value>\S+)(?:\s+(?P<time>[-+.0-9eE]+))?\s*(?:#.*)?")
_COMMENT = re.compile(rf"#\s+(?P<what>HELP|TYPE|UNIT)\s+(?P<name>{_NAME})(?:\s+(?P<text>.*))?")
_ESCAPES: t.Final[Mapping[str, str]] = {"n": "\n", "\\": "\\", '"': '"'}


@dataclass(frozen=True)
class Sample:
    """One line with a value."""

    name: str
    labels: Mapping[str, str]
    value: float
    line: int

    def key(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        """Return what makes the series another one than the rest."""
        return self.name, tuple(sorted(self.labels.items()))


@dataclass
class Exposition:
    """What a page says: ``types`` by the name in the ``# TYPE`` line, ``errors`` as line number and what is wrong."""

    samples: list[Sample] = field(default_factory=list)
    types: dict[str, str] = field(default_factory=dict)
    errors: list[tuple[int, str]] = field(default_factory=list)

    def by_name(self) -> dict[str, list[Sample]]:
        """Return the samples of each name."""
        found: dict[str, list[Sample]] = {}
        for sample in self.samples:
            found.setdefault(sample.name, []).append(sample)
        return found


def parse(text: str) -> Exposition:
    """Read a page."""
    exposition = Exposition()
    for number, line in enumerate(text.split("\n"), start=1):
        stripped = line.strip()
        if not stripped:
            continue
        try:
            if stripped.startswith("#"):
                _read_comment(stripped, exposition)
            else:
                exposition.samples.append(_read_sample(stripped, number))
        except ValueError as error:
            exposition.errors.append((number, str(error)))
    return exposition


def _read_comment(line: str, exposition: Exposition) -> None:
    match = _COMMENT.fullmatch(line)
    if match is None or match["what"] != "TYPE":
        return
    if match["name"] in exposition.types:
        raise ValueError(f"a second TYPE line for {match['name']}")
    exposition.types[match["name"]] = (match["text"] or "").strip()


def _read_sample(line: str, number: int) -> Sample:
    match = _SAMPLE.match(line)
    if match is None:
        raise ValueError(f"no metric name: {line[:60]!r}")
    position = match.end()
    labels: dict[str, str] = {}
    if match["labels"]:
        position = _read_labels(line, position, labels)
    rest = _REST.fullmatch(line, position)
    if rest is None:
        raise ValueError(f"no value after {match['name']}: {line[position : position + 60]!r}")
    return Sample(match["name"], labels, float(rest["value"]), number)


def _read_labels(line: str, position: int, labels: dict[str, str]) -> int:
    """Read the labels that begin at ``position`` and return where they end."""
    while True:
        match = _LABEL.match(line, position)
        if match is None:
            break
        if match["name"] in labels:
            raise ValueError(f"the label {match['name']} stands twice in one line")
        labels[match["name"]] = re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[0]), match["value"])
        position = match.end()
        if not match["comma"]:
            break
    if line[position : position + 1] != "}":
        raise ValueError(f"labels are not closed: {line[position : position + 60]!r}")
    return position + 1

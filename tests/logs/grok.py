# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Grok patterns run by the real Oniguruma, of which Logstash's Joni is a port."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onigurumacffi

# %{PATTERN}, %{PATTERN:field} or %{PATTERN:field:type}
_REFERENCE = re.compile(r"%\{(?P<pattern>\w+)(?::(?P<field>(?:\[[^\]]+\])+|[\w@.]+))?(?::(?P<type>int|float))?\}")
_TYPES = {"int": int, "float": float}


def read_patterns(directory: Path) -> dict[str, str]:
    """Pattern files: a name, a space, an expression per line."""
    patterns: dict[str, str] = {}
    for file in sorted(directory.iterdir()):
        for line in file.read_text().splitlines():
            name, _, expression = line.partition(" ")
            assert name not in patterns, f"the pattern {name} is defined twice"
            patterns[name] = expression
    return patterns


@dataclass(frozen=True)
class Grok:
    """An expanded grok expression.

    Attributes:
        expression: What Oniguruma is given.
        captures: Field and type of each numbered capture.
    """

    expression: str
    captures: tuple[tuple[str, str | None], ...]

    @classmethod
    def expand(cls, source: str, patterns: dict[str, str]) -> Grok:
        """Replace the references; an unknown pattern is a KeyError, as it is an error in Logstash."""
        captures: list[tuple[str, str | None]] = []

        def replaced(found: re.Match[str]) -> str:
            if found["field"]:
                captures.append((found["field"], found["type"]))
                index = len(captures)
                return f"(?<g{index}>{_REFERENCE.sub(replaced, patterns[found['pattern']])})"
            return f"(?:{_REFERENCE.sub(replaced, patterns[found['pattern']])})"

        return cls(_REFERENCE.sub(replaced, source), tuple(captures))

    def match(self, text: str) -> dict[str, Any] | None:
        """The captured fields without empty ones, or None where the expression does not match."""
        found = onigurumacffi.compile(self.expression).search(text)
        if found is None:
            return None
        fields: dict[str, Any] = {}
        for index, (field, kind) in enumerate(self.captures, 1):
            value = found[index]
            if value:
                fields[field] = _TYPES[kind](value) if kind else value
        return fields

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of environment variables (`.env`), as docker compose reads them. PRIVATE to the collection."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Mapping
from types import MappingProxyType

_LINE: t.Final = re.compile(r"(?:export[ \t]+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*(?P<value>.*)\Z", re.DOTALL)
_DOUBLE: t.Final = re.compile(r'"(?P<text>(?:[^"\\]|\\.)*)"[ \t]*(?:#.*)?\Z', re.DOTALL)
_SINGLE: t.Final = re.compile(r"'(?P<text>[^']*)'[ \t]*(?:#.*)?\Z", re.DOTALL)
_COMMENT: t.Final = re.compile(r"(?:^|[ \t])#.*\Z")
_ESCAPES: t.Final[Mapping[str, str]] = MappingProxyType({"n": "\n", "r": "\r", "t": "\t"})

#: Values that stand in documentation. They are no secrets, and nobody reads mail that is sent there.
SAMPLES: t.Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "GRAFANA_PASSWORD": frozenset(("secure_grafana_password", "admin", "changeme")),
        "ALERT_EMAIL": frozenset(("admin@yourcompany.com",)),
        "SLACK_WEBHOOK_URL": frozenset(("https://hooks.slack.com/your-webhook",)),
        "TEAMS_WEBHOOK_URL": frozenset(("https://outlook.office.com/webhook/your-webhook",)),
    }
)


class DotenvError(ValueError):
    """A file cannot be read or a value not be used. The message names file, line and variable, never a value."""


def parse(text: str, where: str) -> dict[str, str]:
    """Read variables.

    Args:
        text: Lines `NAME=value`, also with `export` before them. A value may stand in single quotes (taken as it is) or
            in double quotes (with escapes); without quotes it ends before ` #`. The last of equal names counts.
        where: The file, for messages.

    Raises:
        DotenvError: A line is none of that.
    """
    values: dict[str, str] = {}
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        match = _LINE.match(line)
        if match is None:
            raise DotenvError(f"{where}, line {number}: expected NAME=value, a comment or nothing.")
        values[match["name"]] = _value(match["value"], f"{where}, line {number}: {match['name']}")
    return values


def _value(text: str, where: str) -> str:
    if text[:1] in ("'", '"'):
        match = (_DOUBLE if text[0] == '"' else _SINGLE).match(text)
        if match is None:
            raise DotenvError(f"{where} has a quote that is not closed, or something after the closing one.")
        if text[0] == "'":
            return match["text"]
        return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), match["text"], flags=re.DOTALL)
    return _COMMENT.sub("", text).rstrip()


def value_of(values: Mapping[str, str], name: str, where: str) -> str | None:
    """The value of a variable, nothing where it is not set or empty.

    Args:
        values: What `parse` gave.
        name: The variable.
        where: The file, for messages.

    Raises:
        DotenvError: It still has the value that documentation shows.
    """
    value = values.get(name)
    if value is not None and value in SAMPLES.get(name, ()):
        raise DotenvError(
            f"{name} in {where} still has the sample value of the documentation; expected one of your own."
        )
    return value or None

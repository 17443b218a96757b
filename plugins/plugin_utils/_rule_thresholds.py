# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Named thresholds in native rule files. PRIVATE to the collection.

A number becomes a named threshold by a comment behind it, which Prometheus ignores: so the file works as it is.

* in an expression, at the end of a line: `> 0.8 # threshold: cpu_usage_ratio`
* in an annotation: `{{ 0.8 | humanizePercentage }}{{/* threshold: cpu_usage_ratio */}}`
"""

from __future__ import annotations

import math
import re
import typing as t
from collections.abc import Iterable, Mapping

from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import InputError, shown

#: A name whose value follows from the evaluation interval and not from the user's thresholds.
EVALUATION_INTERVAL: t.Final = "evaluation_interval_seconds"

_NUMBER: t.Final = r"(?P<number>[0-9]+(?:\.[0-9]+)?)"
_NAME: t.Final = r"(?P<name>[a-z][a-z0-9_]*)"
_IN_EXPRESSION: t.Final = re.compile(rf"(?<![\w.]){_NUMBER}(?P<rest>\)* # threshold: {_NAME})$", re.MULTILINE)
_IN_TEXT: t.Final = re.compile(rf"\{{\{{ {_NUMBER}(?P<rest>(?: \| \w+)? \}}\}}\{{\{{/\* threshold: {_NAME} \*/\}}\}})")
_PATTERNS: t.Final = (_IN_EXPRESSION, _IN_TEXT)
_MARKER: t.Final = re.compile(r"threshold:")


def names_in(expression: str) -> list[str]:
    """The names of the thresholds of an expression, each once."""
    return list(dict.fromkeys(match["name"] for match in _IN_EXPRESSION.finditer(expression)))


def names_in_text(text: str) -> list[str]:
    """The names of the thresholds of a native rule file, each once; a comment of another form is none."""
    return list(dict.fromkeys(match["name"] for pattern in _PATTERNS for match in pattern.finditer(text)))


def substitute_text(text: str, values: Mapping[str, float]) -> str:
    """The text of a native rule file with the values put in; all else stays as it is, to the byte.

    Args:
        text: The file.
        values: A value for each threshold in it.
    """
    for pattern in _PATTERNS:
        text = pattern.sub(lambda match: _put(match, values), text)
    return text


def read_thresholds(rules: Iterable[Mapping[str, t.Any]]) -> dict[str, float]:
    """The defaults of all thresholds.

    Args:
        rules: All shipped rules.

    Raises:
        ValueError: A marker is malformed, a name has two defaults, or a text names a threshold that no expression has.
    """
    found: dict[str, float] = {}
    in_texts: dict[str, float] = {}
    for rule in rules:
        name = rule.get("alert") or rule["record"]
        for pattern, text, into in (
            (_IN_EXPRESSION, rule["expr"], found),
            *((_IN_TEXT, text, in_texts) for text in (rule.get("annotations") or {}).values()),
        ):
            matches = list(pattern.finditer(text))
            if len(matches) != len(_MARKER.findall(text)):
                raise ValueError(f"{name}: a comment `threshold:` does not stand behind a number in {text!r}")
            for match in matches:
                if into.setdefault(match["name"], float(match["number"])) != float(match["number"]):
                    raise ValueError(f"{name}: the threshold {match['name']} has another default elsewhere")
    for name, value in in_texts.items():
        if found.get(name) != value:
            raise ValueError(f"a text says {value} for the threshold {name}, an expression says {found.get(name)}")
    return found


def substitute(rule: Mapping[str, t.Any], values: Mapping[str, float]) -> dict[str, t.Any]:
    """A copy of a rule with the values put in.

    Args:
        rule: A shipped rule.
        values: A value for each of its thresholds.
    """
    made = {**rule, "expr": substitute_text(rule["expr"], values)}
    if "annotations" in rule:
        made["annotations"] = {name: substitute_text(text, values) for name, text in rule["annotations"].items()}
    return made


def _put(match: re.Match[str], values: Mapping[str, float]) -> str:
    return match[0].replace(match["number"], _written(values[match["name"]]), 1)


def as_number(value: object, where: str, name: str) -> float:
    """A value for a threshold.

    Args:
        value: What the user gave.
        where: The variable.
        name: Name of the threshold; its ending says what range it has.

    Raises:
        InputError: It is no number, or out of range.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise InputError(f"{where} is {shown(value)}; expected a number that is not negative.")
    if (name.endswith("_ratio") or name == "availability_objective") and value > 1:
        raise InputError(f"{where} is {shown(value)}; expected a share from 0 to 1, such as 0.8 for 80 %.")
    if name == "availability_objective" and value == 1:
        raise InputError(f"{where} is {shown(value)}; expected less than 1: nothing is available at all times.")
    if name in ("business_hours_start", "business_hours_end", "daily_summary_hour") and value > 24:
        raise InputError(f"{where} is {shown(value)}; expected an hour from 0 to 24 (UTC).")
    return float(value)


def _written(value: float) -> str:
    return format(value, ".15g") if abs(value) >= 1e-4 or value == 0 else format(value, "f")

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What to make of an exporter's words about the service it watches. PRIVATE to the collection."""

from __future__ import annotations

import dataclasses
import re
import typing as t
from collections.abc import Iterable, Mapping, Sequence

UP: t.Final = "up"
DOWN: t.Final = "down"
REFUSED: t.Final = "refused"
LIMITED: t.Final = "limited"
SILENT: t.Final = "silent"

_ERROR_LINE: t.Final = re.compile(r"level=(?:error|warn|fatal)\b", re.IGNORECASE)
_LOGFMT_ERROR: t.Final = re.compile(r'\berr(?:or)?="((?:[^"\\]|\\.)*)"|\berr(?:or)?=(\S+)')
_LOGFMT_MESSAGE: t.Final = re.compile(r'\bmsg="((?:[^"\\]|\\.)*)"')
# A connection string in parentheses says what the inventory says.
_CONNECTION: t.Final = re.compile(r" \([^()]*=[^()]*\)")
_MOST_WORDS: t.Final = 5


@dataclasses.dataclass(frozen=True, slots=True)
class Condition:
    """Something that must hold beside being up.

    :param metric: has to be there and to have the value in all of its series.
    :param value: that value; none where any will do.
    :param problem: what is wrong otherwise, a sentence without its end.
    """

    metric: str
    value: float | None
    problem: str


@dataclasses.dataclass(frozen=True, slots=True)
class Rules:
    """How to read an exporter.

    :param exporter: its role.
    :param title: what people call what it watches.
    :param up: the metric that is 1 while that is up.
    :param error_metric: a metric whose label ``err`` holds the exporter's words; empty for its log.
    :param refused: regular expressions; words that match one mean that the service lives and keeps the exporter out.
    :param conditions: what has to hold beside being up.
    """

    exporter: str
    title: str
    up: str
    error_metric: str = ""
    refused: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Verdict:
    """What an exporter says of one watched service.

    :param name: the name of the service among those that the exporter watches.
    :param state: ``up``, ``down``, ``refused`` (it lives and keeps the exporter out), ``limited`` (something is missing
        though it is up) or ``silent`` (the exporter itself gave no metrics).
    :param message: a sentence for people, empty when all is well.
    :param words: the exporter's own words.
    """

    name: str
    state: str
    message: str
    words: tuple[str, ...]


def judge(observed: Mapping[str, Mapping[str, t.Any]], rules: Rules) -> list[Verdict]:
    """Judge everything that an exporter was asked about.

    :param observed: what managed_service returned.
    :param rules: how to read this exporter.
    """
    return [_judge_one(name, answer, rules) for name, answer in observed.items()]


def _judge_one(name: str, answer: Mapping[str, t.Any], rules: Rules) -> Verdict:
    what = f"{rules.title} ({name})"
    if answer["status"] != 200:
        reason = answer["reason"] or f"HTTP status {answer['status']}"
        words = tuple(own_words(answer["log"]))
        message = f"{rules.exporter} runs, but does not tell about {what}: {reason}{_said(rules, words)}"
        return Verdict(name, SILENT, message, words)
    metrics: Mapping[str, Sequence[Mapping[str, t.Any]]] = answer["metrics"]
    if _all_are(metrics.get(rules.up, ()), 1):
        problems = [item.problem for item in rules.conditions if not _holds(item, metrics.get(item.metric, ()))]
        if problems:
            return Verdict(name, LIMITED, f"{what} is up, but {', and '.join(problems)}", ())
        return Verdict(name, UP, "", ())
    words = tuple(_metric_words(metrics.get(rules.error_metric, ())) or own_words(answer["log"]))
    said = _said(rules, words)
    if any(re.search(pattern, text) for pattern in rules.refused for text in words):
        return Verdict(name, REFUSED, f"{what} is up, but does not let {rules.exporter} in{said}", words)
    return Verdict(name, DOWN, f"{rules.exporter} runs, but {what} is down{said}", words)


def _said(rules: Rules, words: Sequence[str]) -> str:
    return f". {rules.exporter} says: {'; '.join(words)}" if words else ""


def _holds(condition: Condition, series: Sequence[Mapping[str, t.Any]]) -> bool:
    return bool(series) if condition.value is None else _all_are(series, condition.value)


def _all_are(series: Sequence[Mapping[str, t.Any]], value: float) -> bool:
    return bool(series) and all(item["value"] == value for item in series)


def _metric_words(series: Iterable[Mapping[str, t.Any]]) -> list[str]:
    return _unique(item["labels"].get("err", "") for item in series)


def own_words(log: Iterable[str]) -> list[str]:
    """What an exporter complains about in its log: the errors in it, each once, without times and places."""
    found = []
    for line in log:
        if not _ERROR_LINE.search(line):
            continue
        error = _LOGFMT_ERROR.search(line) or _LOGFMT_MESSAGE.search(line)
        text = next((group for group in error.groups() if group), "") if error else line
        found.append(_CONNECTION.sub("", text.replace('\\"', '"')).strip())
    return _unique(found)


def _unique(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(text for text in texts if text))[-_MOST_WORDS:]

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What an exporter says about the services it watches, found out by asking it."""

from __future__ import annotations

import re
import time
import typing as t

from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.bundle import (
    ObserveSpec,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.probing import Answer

TRIES = 3
"""Exporters keep connections: the first look after an outage may still meet one that is dead."""
PAUSE = 1.0
"""Seconds between two looks."""

_SAMPLE = re.compile(r"^(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(?P<labels>.*)\})?\s+(?P<value>\S+)(?:\s+-?\d+)?$")
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')
_ESCAPES = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}


def observe(
    question: ObserveSpec,
    ask: t.Callable[[str, float], Answer],
    log_since: t.Callable[[float], list[str]],
    pause: float = PAUSE,
) -> dict[str, dict[str, t.Any]]:
    """Ask an exporter about everything it watches.

    Args:
        question: What to ask.
        ask: Sends one request to an address, with a timeout in seconds.
        log_since: The lines that the exporter has written to its log since a moment.
        pause: Seconds between two looks at a service that is not up.

    Returns:
        By the name of the watched service: HTTP status, reason where there is none, metrics (lists of labels and
        values), and the lines the exporter wrote meanwhile where the service is not up.
    """
    return {name: _observe_one(question, url, ask, log_since, pause) for name, url in question.urls.items()}


def _observe_one(
    question: ObserveSpec,
    url: str,
    ask: t.Callable[[str, float], Answer],
    log_since: t.Callable[[float], list[str]],
    pause: float,
) -> dict[str, t.Any]:
    started = time.time()
    wanted = (question.up, *question.metrics)
    for attempt in range(TRIES):
        if attempt:
            time.sleep(pause)
        answer = ask(url, question.timeout)
        metrics = samples(answer.body, wanted) if answer.status == 200 else {}
        if is_up(metrics, question.up):
            return {"status": 200, "reason": "", "metrics": metrics, "log": []}
    return {"status": answer.status, "reason": answer.reason, "metrics": metrics, "log": log_since(started)}


def is_up(metrics: t.Mapping[str, t.Sequence[t.Mapping[str, t.Any]]], name: str) -> bool:
    """Whether a metric is there and is 1 in all of its series."""
    series = metrics.get(name, ())
    return bool(series) and all(item["value"] == 1 for item in series)


def samples(exposition: str, names: t.Iterable[str]) -> dict[str, list[dict[str, t.Any]]]:
    """Read some metrics with their labels from the text format.

    Args:
        exposition: The text; see prometheus.io/docs/instrumenting/exposition_formats.
        names: The metrics that matter.

    Returns:
        Labels and value of each series, by the name of the metric. Values that are no finite number are left out.
    """
    wanted = set(names)
    found: dict[str, list[dict[str, t.Any]]] = {}
    for line in exposition.splitlines():
        match = _SAMPLE.match(line)
        if match is None or match.group("name") not in wanted:
            continue
        value = float(match.group("value"))
        if value - value == 0:  # neither NaN nor infinite: JSON has no such numbers
            labels = {key: _unescaped(text) for key, text in _LABEL.findall(match.group("labels") or "")}
            found.setdefault(match.group("name"), []).append({"labels": labels, "value": value})
    return found


def _unescaped(text: str) -> str:
    return re.sub(r"\\.", lambda match: _ESCAPES.get(match.group(), match.group()), text)

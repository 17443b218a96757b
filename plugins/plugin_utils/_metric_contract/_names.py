# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names that are nearly right, and label values that give away an unbounded set."""

from __future__ import annotations

import difflib
import re
import typing as t
from collections.abc import Iterable

# Every unit that turns up in metric names, base units first. Longer ones first where one ends in the other.
_UNITS: t.Final = (
    "_timestamp_seconds",
    "_unixtime",
    "_timestamp",
    "_milliseconds",
    "_millis",
    "_msec",
    "_ms",
    "_microseconds",
    "_us",
    "_nanoseconds",
    "_ns",
    "_seconds",
    "_secs",
    "_sec",
    "_s",
    "_minutes",
    "_hours",
    "_days",
    "_kilobytes",
    "_megabytes",
    "_bytes",
    "_kb",
    "_mb",
    "_age",
)
_SERIES_SUFFIXES: t.Final = ("_bucket", "_sum", "_count", "_created")
_UNBOUNDED_LABELS: t.Final = re.compile(
    r"(.*_)?(id|uuid|guid|user|username|user_name|login|e?mail|ip|addr|address|client|client_ip|session|token|"
    r"request|trace|span|pid|url|uri|path|query|sql|message|error_message|timestamp)"
)
_PROMETHEUS_LABELS: t.Final = frozenset({"job", "instance", "node", "environment"})
_UNBOUNDED_VALUES: t.Final = (
    ("a UUID", re.compile(r"(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")),
    ("an e-mail address", re.compile(r"[^@\s/]+@[^@\s/]+\.[^@\s/]+")),
    ("an IP address", re.compile(r"\d{1,3}(\.\d{1,3}){3}|(?i:[0-9a-f]{1,4}(:[0-9a-f]{0,4}){3,7})")),
    ("a number", re.compile(r"\d{4,}")),
    ("a hash", re.compile(r"(?i)(?=.*\d)[0-9a-f]{16,}")),
)


def stem(name: str) -> str:
    """Return a metric's name without the suffixes that say its type and unit."""
    for suffix in _SERIES_SUFFIXES:
        name = name.removesuffix(suffix)
    name = name.removesuffix("_total")
    for unit in _UNITS:
        if name.endswith(unit):
            return name.removesuffix(unit)
    return name


def other_suffix(name: str, present: Iterable[str]) -> str | None:
    """Return the present name that differs from ``name`` by the suffix for type or unit only, or None."""
    wanted = stem(name)
    return next((other for other in sorted(present) if other != name and stem(other) == wanted), None)


def similar(name: str, present: Iterable[str]) -> str | None:
    """Return the present name that looks like a misspelling of ``name``, or None."""
    close = difflib.get_close_matches(name, sorted(present), n=1, cutoff=0.85)
    return close[0] if close else None


def label_problem(name: str) -> str | None:
    """Return why a label of this name is a bad idea, or None."""
    if name in _PROMETHEUS_LABELS:
        return f"Prometheus sets {name} on every series itself and would rename this one to exported_{name}"
    if _UNBOUNDED_LABELS.fullmatch(name):
        return "it has a new value for every user, request or ticket: each makes new series without end"
    return None


def identifies(value: str) -> str | None:
    """Return what a label's value seems to be when such values have no bound ("a UUID"), or None.

    The segments of a path are looked at one by one. A short number is a class or a level elsewhere, but not in a path.
    """
    if "/" in value and any(segment.isdecimal() for segment in value.split("/")):
        return "a number"
    for segment in value.split("/"):
        for what, pattern in _UNBOUNDED_VALUES:
            if pattern.fullmatch(segment):
                return what
    return None

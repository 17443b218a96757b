# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Thresholds of panels, by the names that the alert rules give their numbers."""

from __future__ import annotations

import functools
import sys
import typing as t
from dataclasses import dataclass
from pathlib import Path

ROOT: t.Final = Path(__file__).resolve().parents[1]
GREEN: t.Final = "green"
ORANGE: t.Final = "orange"
RED: t.Final = "red"
BLUE: t.Final = "blue"


@dataclass(frozen=True, slots=True)
class Step:
    """From ``value`` on (None: from the start) a panel has this colour. ``name`` is that of the rules' threshold."""

    color: str
    value: float | None = None
    name: str = ""

    def json(self) -> dict[str, t.Any]:
        """The step as Grafana has it, and the name for taken_names()."""
        return {"color": self.color, "value": self.value} | ({NAME: self.name} if self.name else {})


#: Where a step has the name of its threshold until it is written.
NAME: t.Final = "threshold"

#: For values that are neither good nor bad.
NEUTRAL: t.Final = (Step(BLUE),)


@functools.cache
def defaults() -> dict[str, float]:
    """The defaults of all named thresholds of the rules."""
    if str(ROOT / "collections") not in sys.path:
        sys.path.insert(0, str(ROOT / "collections"))
    from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils import _rule_thresholds, _rules

    return _rule_thresholds.read_thresholds(
        rule for groups in _rules.load().values() for group in groups for rule in group["rules"]
    )


def above(*, warning: str | float | None = None, critical: str | float | None = None) -> tuple[Step, ...]:
    """Steps of a value that is bad when it is high. A threshold is a name of the rules', or a number such as 1."""
    steps = [Step(GREEN)]
    if warning is not None:
        steps.append(_step(ORANGE, warning))
    if critical is not None:
        steps.append(_step(RED, critical))
    return tuple(steps)


def below(*, warning: str | float | None = None, critical: str | float | None = None) -> tuple[Step, ...]:
    """Steps of a value that is bad when it is low."""
    if critical is None:
        return (Step(ORANGE), _step(GREEN, t.cast("str | float", warning)))
    if warning is None:
        return (Step(RED), _step(GREEN, critical))
    return (Step(RED), _step(ORANGE, critical), _step(GREEN, warning))


def _step(color: str, threshold: str | float) -> Step:
    if isinstance(threshold, str):
        return Step(color, defaults()[threshold], threshold)
    return Step(color, threshold)


def taken_names(content: t.Any, pointer: str = "") -> dict[str, str]:
    """Take the names out of a dashboard; returns them by the JSON pointers (RFC 6901) of the numbers."""
    found: dict[str, str] = {}
    if isinstance(content, dict):
        if NAME in content:
            found[f"{pointer}/value"] = content.pop(NAME)
        parts: t.Iterable[tuple[t.Any, t.Any]] = content.items()
    elif isinstance(content, list):
        parts = enumerate(content)
    else:
        return found
    for key, part in parts:
        found |= taken_names(part, f"{pointer}/{key}")
    return found

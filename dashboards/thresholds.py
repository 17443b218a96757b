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
    """From ``value`` on (None: from the start) a panel has this colour."""

    color: str
    value: float | None = None


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
        steps.append(Step(ORANGE, _number(warning)))
    if critical is not None:
        steps.append(Step(RED, _number(critical)))
    return tuple(steps)


def below(*, warning: str | float | None = None, critical: str | float | None = None) -> tuple[Step, ...]:
    """Steps of a value that is bad when it is low."""
    if critical is None:
        return (Step(ORANGE), Step(GREEN, _number(t.cast("str | float", warning))))
    if warning is None:
        return (Step(RED), Step(GREEN, _number(critical)))
    return (Step(RED), Step(ORANGE, _number(critical)), Step(GREEN, _number(warning)))


def _number(threshold: str | float) -> float:
    return defaults()[threshold] if isinstance(threshold, str) else threshold

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a check finds."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from ._model import Group


class Problem(enum.Enum):
    """What is wrong. The value is what the command prints."""

    UNREADABLE = "unreadable line"
    DUPLICATE = "duplicate series"
    MISSING = "missing"
    WRONG_NAME = "wrong name"
    WRONG_UNIT = "wrong unit"
    WRONG_TYPE = "wrong type"
    NO_SERIES = "no series"
    NOT_PRESET = "not preset"
    MISSING_LABEL = "missing label"
    UNEXPECTED_LABEL = "unexpected label"
    LABEL_VALUE = "label value"
    CARDINALITY = "cardinality"
    BUCKETS = "buckets"
    VALUE = "value"
    GROUPED_STATUS = "grouped status codes"
    UNKNOWN = "not in the contract"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with one metric. ``error`` is False where it is only a pity."""

    problem: Problem
    metric: str
    message: str
    error: bool = True


@dataclass(frozen=True)
class Options:
    """What to look at: all groups when ``groups`` is empty. ``extra_labels`` may be on every metric."""

    groups: frozenset[Group] = frozenset()
    extra_labels: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Check:
    """What a check came to. ``metrics`` are the names that were looked at."""

    metrics: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> list[Finding]:
        """The findings that break the contract."""
        return [finding for finding in self.findings if finding.error]

    @property
    def warnings(self) -> list[Finding]:
        """The other findings."""
        return [finding for finding in self.findings if not finding.error]

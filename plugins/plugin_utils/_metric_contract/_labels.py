# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a metric's series have the right labels, with values of which there are not too many."""

from __future__ import annotations

import math
import typing as t
from collections.abc import Collection, Iterable, Iterator, Mapping

from . import _names
from ._findings import Finding, Options, Problem
from ._model import Group, Kind, Label, Metric

_MAX_SERIES: t.Final = 2000  # of one metric; a histogram's buckets count as one

Labels = Mapping[str, str]


def check_label_names(metric: Metric, series: Iterable[Labels], options: Options) -> Iterator[Finding]:
    """Yield a finding for every label that series lack, and for every label that they should not have."""
    names = [frozenset(name for name, value in labels.items() if value) for labels in series]
    for label in sorted(metric.label_names):
        without = sum(label not in present for present in names)
        if without:
            share = "every series" if without == len(names) else f"{without} of {len(names)} series"
            yield Finding(Problem.MISSING_LABEL, metric.name, f"{share} has no label {label}", metric.required)
    allowed = metric.label_names | options.extra_labels | frozenset(metric.optional_labels)
    for label in sorted(frozenset().union(*names) - allowed):
        why = _names.label_problem(label) or "the contract does not know it (--allow-label accepts it)"
        yield Finding(Problem.UNEXPECTED_LABEL, metric.name, f"has the label {label}: {why}", metric.required)


def check_label_values(metric: Metric, series: Collection[Labels]) -> Iterator[Finding]:
    """Yield a finding for values that the contract does not allow or that have no bound."""
    if len(series) > _MAX_SERIES:
        message = f"has {len(series)} series, which is more than {_MAX_SERIES}"
        yield Finding(Problem.CARDINALITY, metric.name, message, metric.required)
    for label in metric.labels:
        values = sorted({labels[label.name] for labels in series if labels.get(label.name)})
        yield from _check_values_of_label(metric, label, values)
        if metric.group is Group.HTTP and label.name == "status" and any(value.endswith("xx") for value in values):
            yield Finding(
                Problem.GROUPED_STATUS,
                metric.name,
                "401 and 403 cannot be told apart; Instrumentator(should_group_status_codes=False) keeps the codes",
                error=False,
            )


def _check_values_of_label(metric: Metric, label: Label, values: list[str]) -> Iterator[Finding]:
    named = [(value, _names.identifies(value)) for value in values if not label.closed and not label.opaque]
    unbounded = [(value, what) for value, what in named if what is not None]
    if unbounded:
        value, what = unbounded[0]
        message = f"{label.name}={value!r} holds {what}: each new one makes new series without end"
        yield Finding(Problem.CARDINALITY, metric.name, message, metric.required)
    elif len(values) > label.limit:
        message = f"the label {label.name} has {len(values)} values, more than {label.limit} ({_some(values)})"
        yield Finding(Problem.CARDINALITY, metric.name, message, metric.required)
    known = {value for value, _what in unbounded}
    wrong = [value for value in values if value not in known and not label.allows(value)]
    if wrong:
        wanted = f"one of {', '.join(label.values)}" if label.closed else f"like {', '.join(label.examples)}"
        message = f"{label.name} is {_some(wrong)}, but has to be {wanted}"
        yield Finding(Problem.LABEL_VALUE, metric.name, message, metric.required)


def check_preset(metric: Metric, series: Collection[Labels]) -> Iterator[Finding]:
    """Yield a finding where combinations of labels have no series yet: ``increase()`` misses their first event."""
    present = {_pairs(metric, labels) for labels in series}
    wanted = metric.preset_series()
    if metric.preset and not wanted and metric.labels:
        observed = [
            label.values or sorted({labels[label.name] for labels in series if label.name in labels})
            for label in metric.labels
        ]
        # Labels without bound would make this explode; they have their own finding.
        if math.prod(len(values) for values in observed) <= _MAX_SERIES:
            wanted = metric.product(observed)
    absent = [labels for labels in wanted if _pairs(metric, labels) not in present]
    if absent:
        message = f"{len(absent)} of {len(wanted)} series do not exist from the start ({_some(map(show, absent))})"
        yield Finding(Problem.NOT_PRESET, metric.name, message, metric.required and metric.kind is Kind.COUNTER)


def _pairs(metric: Metric, labels: Labels) -> tuple[str, ...]:
    return tuple(labels.get(label.name, "") for label in metric.labels)


def show(labels: Labels) -> str:
    """Return labels as a query would have them."""
    return "{" + ", ".join(f'{name}="{value}"' for name, value in sorted(labels.items())) + "}"


def _some(values: Iterable[str]) -> str:
    listed = list(values)
    return ", ".join(listed[:3]) + (", …" if len(listed) > 3 else "")

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a contract is written down."""

from __future__ import annotations

import enum
import itertools
import re
import typing as t
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field


class Kind(enum.Enum):
    """The type of a metric, as in its ``# TYPE`` line."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"
    SUMMARY = "summary"


class Group(enum.Enum):
    """What a metric is about. The value is what a user writes on the command line."""

    HTTP = "http"
    PROCESS = "process"
    BUSINESS = "business"
    SECURITY = "security"
    OPERATIONS = "operations"
    DATABASE = "database"


@dataclass(frozen=True)
class Label:
    """A label of a metric.

    ``values``: the only values there may be; empty when the application chooses them.
    ``examples``: what the values look like where the application chooses them.
    ``pattern``: what such a value has to match as a whole.
    ``limit``: how many different values there may be at most.
    ``opaque``: a value may look like the identifier of something, as that of a commit does.
    """

    name: str
    about: str
    values: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    pattern: str = r"[A-Za-z0-9][A-Za-z0-9 _.-]*"
    limit: int = 20
    opaque: bool = False

    @property
    def closed(self) -> bool:
        """Whether the contract names every value."""
        return bool(self.values)

    def allows(self, value: str) -> bool:
        """Return whether the label may have this value."""
        return value in self.values if self.closed else re.fullmatch(self.pattern, value) is not None


@dataclass(frozen=True)
class Metric:
    """A metric, under the name that a query uses for it (a histogram: without ``_bucket``).

    ``labels``: every series has exactly these, and may have the ``optional_labels``.
    ``preset``: the application creates every series at start, with the value 0 where it counts.
    ``combinations``: where not every combination of closed labels makes sense, those that do.
    ``bounds``: upper bounds which a histogram's buckets must include, because alerts and KPIs are read off there.
    ``required``: without it alerts or dashboards are dead; else only a panel is empty.
    """

    name: str
    kind: Kind
    group: Group
    help: str
    used_for: str
    labels: tuple[Label, ...] = ()
    optional_labels: tuple[str, ...] = ()
    preset: bool = False
    combinations: tuple[Mapping[str, str], ...] = ()
    bounds: tuple[float, ...] = ()
    required: bool = True
    note: str = ""

    @property
    def label_names(self) -> frozenset[str]:
        """The names of the labels that every series has."""
        return frozenset(label.name for label in self.labels)

    @property
    def sample_names(self) -> tuple[str, ...]:
        """The names under which Prometheus stores the metric's series."""
        if self.kind is Kind.HISTOGRAM:
            return (f"{self.name}_bucket", f"{self.name}_sum", f"{self.name}_count")
        if self.kind is Kind.SUMMARY:
            return (f"{self.name}_sum", f"{self.name}_count")
        return (self.name,)

    @property
    def type_names(self) -> tuple[str, ...]:
        """The names that a ``# TYPE`` line may give the metric: OpenMetrics leaves out a counter's ``_total``."""
        if self.kind is Kind.COUNTER:
            return (self.name, self.name.removesuffix("_total"))
        return (self.name,)

    def preset_series(self) -> list[dict[str, str]]:
        """Return the labels of the series that the contract alone demands: the combinations of closed labels."""
        if self.combinations:
            return [dict(combination) for combination in self.combinations]
        if not self.preset or not all(label.closed for label in self.labels):
            return []
        return self.product([label.values for label in self.labels])

    def product(self, values: Sequence[Iterable[str]]) -> list[dict[str, str]]:
        """Return the labels of every combination, where ``values`` are those of each label in the metric's order."""
        names = [label.name for label in self.labels]
        return [dict(zip(names, combination, strict=True)) for combination in itertools.product(*values)]


@dataclass(frozen=True)
class Contract:
    """All metrics. Names are unique."""

    metrics: tuple[Metric, ...]
    prefix: str = "ets_"
    _by_name: dict[str, Metric] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        for metric in self.metrics:
            if metric.name in self._by_name:
                raise ValueError(f"{metric.name} is in the contract twice")
            self._by_name[metric.name] = metric

    def __iter__(self) -> Iterator[Metric]:
        return iter(self.metrics)

    def __getitem__(self, name: str) -> Metric:
        """Return the metric of that name, or raise KeyError."""
        return self._by_name[name]

    def of(self, groups: t.Collection[Group]) -> list[Metric]:
        """Return the metrics of some groups; of all groups when none is named."""
        return [metric for metric in self.metrics if not groups or metric.group in groups]

    def series_labels(self) -> dict[str, frozenset[str]]:
        """Return for every stored series name the labels it has: what a query may select and aggregate by.

        Tests of rules and dashboards hold their selectors against this.
        """
        labels: dict[str, frozenset[str]] = {}
        for metric in self.metrics:
            names = metric.label_names | frozenset(metric.optional_labels)
            for series in metric.sample_names:
                labels[series] = names | {"le"} if series.endswith("_bucket") else names
        return labels

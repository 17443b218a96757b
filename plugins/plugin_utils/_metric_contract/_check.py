# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Holding an exposition against the contract."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from . import _names
from ._exposition import Exposition, Sample
from ._findings import Check, Finding, Options, Problem
from ._labels import Labels, check_label_names, check_label_values, check_preset, show
from ._model import Contract, Kind, Metric
from ._values import check_buckets, check_values


def check(exposition: Exposition, contract: Contract, options: Options | None = None) -> Check:
    """Hold an exposition against a contract."""
    options = options or Options()
    page = _Page(exposition, contract)
    metrics = contract.of(options.groups)
    findings = [*page.readable()]
    for metric in metrics:
        findings += page.metric(metric, options)
    if not options.groups:
        findings += page.unknown()
    return Check(tuple(metric.name for metric in metrics), tuple(findings))


@dataclass
class _Page:
    exposition: Exposition
    contract: Contract
    samples: dict[str, list[Sample]] = field(init=False)
    strangers: set[str] = field(init=False)
    explained: set[str] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        self.samples = self.exposition.by_name()
        known = {name for metric in self.contract for name in _names_of(metric)}
        declared = {name for metric in self.contract for name in metric.type_names}
        self.strangers = {_family(name, self.exposition) for name in set(self.samples) - known}
        self.strangers |= set(self.exposition.types) - known - declared

    def readable(self) -> Iterator[Finding]:
        for line, message in self.exposition.errors:
            yield Finding(Problem.UNREADABLE, "", f"line {line}: {message}")
        seen: dict[tuple[str, tuple[tuple[str, str], ...]], int] = {}
        for sample in self.exposition.samples:
            first = seen.setdefault(sample.key(), sample.line)
            if first != sample.line:
                yield Finding(
                    Problem.DUPLICATE,
                    sample.name,
                    f"{show(sample.labels)} stands in line {first} and in line {sample.line}",
                )

    def metric(self, metric: Metric, options: Options) -> Iterator[Finding]:
        """Yield what is wrong with one metric of the contract."""
        types = self.exposition.types
        declared = next((types[name] for name in metric.type_names if name in types), None)
        has_samples = any(name in self.samples for name in metric.sample_names)
        bare = metric.type_names[-1]
        if metric.kind is Kind.COUNTER and not has_samples and bare in self.samples:
            self.explained.add(bare)
            message = f"is missing; {bare} is there, but the name of a counter ends in _total"
            yield Finding(Problem.WRONG_NAME, metric.name, message, metric.required)
            return
        if declared is None and not has_samples and bare not in self.samples:
            yield self._missing(metric)
            return
        if declared != metric.kind.value:
            says = f"its TYPE line says {declared or 'nothing'}" if declared is not None else "it has no TYPE line"
            message = f"has to be a {metric.kind.value}, but {says}"
            yield Finding(Problem.WRONG_TYPE, metric.name, message, metric.required)
            return
        if not has_samples:
            yield self._no_series(metric)
            return
        for name in metric.sample_names:
            if name not in self.samples:
                yield Finding(Problem.MISSING, metric.name, f"has no {name}", metric.required)
        series = self._series(metric)
        yield from check_label_names(metric, series, options)
        yield from check_label_values(metric, series)
        yield from check_preset(metric, series)
        yield from check_values(metric, self.samples)
        if metric.kind is Kind.HISTOGRAM:
            yield from check_buckets(metric, self.samples)

    def _series(self, metric: Metric) -> list[Labels]:
        """Return the labels of a metric's series, a histogram's buckets left out."""
        return [sample.labels for sample in self.samples.get(metric.sample_names[-1], [])]

    def _missing(self, metric: Metric) -> Finding:
        candidates = self.strangers - self.explained
        other = _names.other_suffix(metric.name, candidates)
        if other is not None:
            self.explained.add(other)
            problem = Problem.WRONG_NAME if _same_unit(metric.name, other) else Problem.WRONG_UNIT
            return Finding(problem, metric.name, f"is missing; {other} is there instead", metric.required)
        other = _names.similar(metric.name, candidates)
        if other is not None:
            self.explained.add(other)
            return Finding(Problem.WRONG_NAME, metric.name, f"is missing; is {other} meant?", metric.required)
        return Finding(Problem.MISSING, metric.name, f"is missing; needed for {metric.used_for}", metric.required)

    def _no_series(self, metric: Metric) -> Finding:
        if metric.preset:
            message = "is declared but has no series: create its series at start, or the first event is never seen"
            return Finding(Problem.NO_SERIES, metric.name, message, metric.required)
        message = "is declared but has no series yet, so its labels could not be checked: use the application first"
        return Finding(Problem.NO_SERIES, metric.name, message, error=False)

    def unknown(self) -> Iterator[Finding]:
        """Yield a remark on every metric with the contract's prefix that the contract does not know."""
        for name in sorted(self.strangers - self.explained):
            if not name.startswith(self.contract.prefix):
                continue
            yield Finding(Problem.UNKNOWN, name, "no rule or dashboard of the collection reads it", error=False)
            labels = {label for sample in self.samples.get(name, []) for label in sample.labels}
            for label in sorted(labels):
                why = _names.label_problem(label)
                if why is not None:
                    yield Finding(Problem.CARDINALITY, name, f"has the label {label}: {why}", error=False)


def _names_of(metric: Metric) -> set[str]:
    """Return every name that belongs to a metric, with the ``_created`` series of the Python client."""
    base = metric.name.removesuffix("_total")
    return {metric.name, *metric.sample_names, f"{base}_created"}


def _family(name: str, exposition: Exposition) -> str:
    """Return the name of the metric to which a sample belongs."""
    for suffix in ("_bucket", "_sum", "_count"):
        if name.endswith(suffix) and name.removesuffix(suffix) in exposition.types:
            return name.removesuffix(suffix)
    return name


def _same_unit(one: str, other: str) -> bool:
    return one.removesuffix("_total") == other.removesuffix("_total")

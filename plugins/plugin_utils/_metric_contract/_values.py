# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a metric's values can be true."""

from __future__ import annotations

import itertools
import math
import typing as t
from collections.abc import Iterator, Mapping

from ._exposition import Sample
from ._findings import Finding, Problem
from ._labels import show
from ._model import Kind, Metric

_MILLISECONDS_FROM: t.Final = 1e11  # as seconds this is the year 5138
_AGES_UP_TO: t.Final = 1e9  # as a unix time this is 2001


Samples = Mapping[str, list[Sample]]


def check_values(metric: Metric, samples: Samples) -> Iterator[Finding]:
    """Yield a finding for the first value that cannot be true."""
    for sample in itertools.chain.from_iterable(samples.get(name, []) for name in metric.sample_names):
        message = _wrong_value(metric, sample)
        if message is not None:
            message = f"{show(sample.labels)} is {sample.value:g}: {message}"
            yield Finding(Problem.VALUE, metric.name, message, metric.required)
            return


def check_buckets(metric: Metric, samples: Samples) -> Iterator[Finding]:
    """Yield a finding for the first series of a histogram whose buckets are wrong."""
    totals = {_without_le(sample): sample.value for sample in samples.get(f"{metric.name}_count", [])}
    buckets: dict[tuple[tuple[str, str], ...], dict[float, float]] = {}
    for sample in samples.get(f"{metric.name}_bucket", []):
        bound = _bound(sample)
        if bound is None:
            message = f"{show(sample.labels)} has no readable label le"
            yield Finding(Problem.BUCKETS, metric.name, message, metric.required)
            return
        buckets.setdefault(_without_le(sample), {})[bound] = sample.value
    for key, total in totals.items():
        wrong = _wrong_buckets(metric, buckets.get(key, {}), total)
        if wrong is not None:
            yield Finding(Problem.BUCKETS, metric.name, f"{show(dict(key))} {wrong}", metric.required)
            return


def _wrong_value(metric: Metric, sample: Sample) -> str | None:
    value = sample.value
    if math.isnan(value) or value < 0:
        return "it cannot be negative or NaN"
    if metric.kind is Kind.GAUGE and metric.name.endswith(("_timestamp_seconds", "_time_seconds")):
        if value > _MILLISECONDS_FROM:
            return "a unix time in seconds is wanted, this looks like milliseconds"
        if 0 < value < _AGES_UP_TO:
            return "a unix time is wanted, this looks like an age"
    if metric.name.endswith("_info") and value != 1:
        return "an info metric is always 1"
    return None


def _wrong_buckets(metric: Metric, buckets: Mapping[float, float], total: float) -> str | None:
    bounds = sorted(buckets)
    if not bounds or not math.isinf(bounds[-1]):
        return 'has no bucket le="+Inf"'
    counts = [buckets[bound] for bound in bounds]
    if counts != sorted(counts):
        return "has buckets that are not cumulative"
    if counts[-1] != total:
        return f'has {total:g} in _count, but {counts[-1]:g} in the bucket le="+Inf"'
    absent = [bound for bound in metric.bounds if bound not in buckets]
    if absent and all(bound * 1000 in buckets for bound in absent):
        return "has buckets in milliseconds; seconds are wanted"
    if absent:
        return f"has no bucket with the bound {', '.join(f'{bound:g}' for bound in absent)}, which alerts or KPIs read"
    return None


def _bound(sample: Sample) -> float | None:
    try:
        return float(sample.labels["le"])
    except (KeyError, ValueError):
        return None


def _without_le(sample: Sample) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, value) for name, value in sample.labels.items() if name != "le"))

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Panels of Kibana's Lens, of the form of version 8.9: columns that count or measure, and charts of them."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Sequence
from dataclasses import dataclass

from dashboards.kibana.objects import Json, Search, reference

#: Kibana's grid.
COLUMNS: t.Final = 48

#: Milliseconds without a decimal.
MILLISECONDS: t.Final[Json] = {"id": "number", "params": {"decimals": 0, "suffix": " ms"}}


@dataclass(frozen=True, slots=True)
class Measure:
    """A number of a group of events.

    Attributes:
        label: What it is called.
        operation: Lens's name of how it is computed.
        field: What of.
        where: A KQL query: only of these events.
        params: Further parameters of the operation.
    """

    label: str
    operation: str
    field: str
    where: str = ""
    params: tuple[tuple[str, t.Any], ...] = ()

    def column(self) -> Json:
        """The column of a layer."""
        column = {
            "label": self.label,
            "customLabel": True,
            "dataType": "date" if self.field == "@timestamp" else "number",
            "operationType": self.operation,
            "sourceField": self.field,
            "isBucketed": False,
            "scale": "ratio",
            "params": dict(self.params),
        }
        return {**column, "filter": {"query": self.where, "language": "kuery"}} if self.where else column


def count(label: str, where: str = "") -> Measure:
    """How many events."""
    return Measure(label, "count", "___records___", where, (("emptyAsNull", False),))


def unique(label: str, field: str, where: str = "") -> Measure:
    """How many different values, approximately."""
    return Measure(label, "unique_count", field, where, (("emptyAsNull", False),))


def percentile(label: str, field: str, rank: int, where: str = "") -> Measure:
    """The value that so many percent stay below, in milliseconds."""
    return Measure(label, "percentile", field, where, (("percentile", rank), ("format", MILLISECONDS)))


def latest(label: str = "Last") -> Measure:
    """The time of the newest event."""
    return Measure(label, "max", "@timestamp")


@dataclass(frozen=True, slots=True)
class Group:
    """Groups of events by the values of a field, the most frequent ones.

    Attributes:
        label: What it is called.
        field: By its values.
        size: How many values.
        kind: Type of the values: string, number or ip.
        other: Whether the remaining values are a group, too.
    """

    label: str
    field: str
    size: int = 10
    kind: str = "string"
    other: bool = False

    def column(self, by: str) -> Json:
        """The column of a layer, ordered by another column."""
        return {
            "label": self.label,
            "customLabel": True,
            "dataType": self.kind,
            "operationType": "terms",
            "sourceField": self.field,
            "isBucketed": True,
            "scale": "ordinal",
            "params": {
                "size": self.size,
                "orderBy": {"type": "column", "columnId": by},
                "orderDirection": "desc",
                "otherBucket": self.other,
                "missingBucket": False,
                "parentFormat": {"id": "terms"},
                "include": [],
                "exclude": [],
                "includeIsRegex": False,
                "excludeIsRegex": False,
            },
        }


_TIME: t.Final[Json] = {
    "label": "@timestamp",
    "dataType": "date",
    "operationType": "date_histogram",
    "sourceField": "@timestamp",
    "isBucketed": True,
    "scale": "interval",
    "params": {"interval": "auto", "includeEmptyRows": True, "dropPartials": False},
}


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel with its place still open.

    Attributes:
        title: Unique in its dashboard.
        width: Columns of 48.
        height: Rows.
    """

    title: str
    width: int
    height: int

    @property
    def id(self) -> str:
        """Stable identifier within the dashboard."""
        return re.sub("[^a-z0-9]+", "-", self.title.lower()).strip("-")

    def json(self, x: int, y: int) -> Json:
        """The panel without what it shows."""
        place = {"x": x, "y": y, "w": self.width, "h": self.height, "i": self.id}
        return {"panelIndex": self.id, "gridData": place, "title": self.title}

    def references(self) -> list[Json]:
        """What it refers to, as the dashboard lists it."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class ListPanel(Panel):
    """Events as a list: a saved search, by reference."""

    search: Search

    def json(self, x: int, y: int) -> Json:
        """The panel as Kibana has it."""
        return {
            **Panel.json(self, x, y),
            "type": "search",
            "panelRefName": f"panel_{self.id}",
            "embeddableConfig": {"enhancements": {}},
        }

    def references(self) -> list[Json]:
        """The search."""
        return [reference("search", self.search.id, f"{self.id}:panel_{self.id}")]


@dataclass(frozen=True, slots=True)
class LensPanel(Panel):
    """A chart, kept in the dashboard itself.

    Attributes:
        description: What it shows.
        view: The data view.
        where: A KQL query: of these events.
        kind: Lens's name of the chart.
        columns: In their order.
        chart: How the chart uses them.
    """

    description: str
    view: str
    where: str
    kind: str
    columns: dict[str, Json]
    chart: Json

    @property
    def _layer_reference(self) -> str:
        return f"indexpattern-datasource-layer-{LAYER}"

    def json(self, x: int, y: int) -> Json:
        """The panel as Kibana has it."""
        layer = {"columns": self.columns, "columnOrder": list(self.columns), "incompleteColumns": {}}
        attributes = {
            "title": "",
            "description": self.description,
            "type": "lens",
            "visualizationType": self.kind,
            "references": [reference("index-pattern", self.view, self._layer_reference)],
            "state": {
                "adHocDataViews": {},
                "internalReferences": [],
                "datasourceStates": {"formBased": {"layers": {LAYER: layer}}},
                "filters": [],
                "query": {"query": self.where, "language": "kuery"},
                "visualization": self.chart,
            },
        }
        return {
            **Panel.json(self, x, y),
            "type": "lens",
            "embeddableConfig": {"attributes": attributes, "enhancements": {}},
        }

    def references(self) -> list[Json]:
        """The data view."""
        return [reference("index-pattern", self.view, f"{self.id}:{self._layer_reference}")]


#: The only layer of each chart.
LAYER: t.Final = "events"


def _measured(measures: Sequence[Measure]) -> dict[str, Json]:
    return {f"m{number}": measure.column() for number, measure in enumerate(measures)}


@dataclass(frozen=True, slots=True)
class Charts:
    """Makes the charts of one data view."""

    view: str

    def number(self, title: str, description: str, measure: Measure, *, where: str = "", width: int = 12) -> LensPanel:
        """A single number."""
        chart = {"layerId": LAYER, "layerType": "data", "metricAccessor": "m0"}
        return LensPanel(title, width, 6, description, self.view, where, "lnsMetric", _measured([measure]), chart)

    def over_time(
        self,
        title: str,
        description: str,
        *measures: Measure,
        where: str = "",
        by: Group | None = None,
        series: str = "bar_stacked",
        width: int = 24,
    ) -> LensPanel:
        """Numbers over time, as bars, or as lines (``line``)."""
        columns = {"time": _TIME}
        if by:
            columns["by"] = by.column("m0")
        layer = {
            "layerId": LAYER,
            "layerType": "data",
            "seriesType": series,
            "xAccessor": "time",
            "accessors": list(_measured(measures)),
            **({"splitAccessor": "by"} if by else {}),
        }
        chart = {
            "preferredSeriesType": series,
            "legend": {"isVisible": True, "position": "right"},
            "valueLabels": "hide",
            "fittingFunction": "None",
            "layers": [layer],
        }
        columns |= _measured(measures)
        return LensPanel(title, width, 12, description, self.view, where, "lnsXY", columns, chart)

    def table(
        self,
        title: str,
        description: str,
        groups: Sequence[Group],
        *measures: Measure,
        where: str = "",
        width: int = 24,
    ) -> LensPanel:
        """Groups with their numbers, the largest first."""
        columns = {f"g{number}": group.column("m0") for number, group in enumerate(groups)} | _measured(measures)
        chart = {
            "layerId": LAYER,
            "layerType": "data",
            "columns": [{"columnId": name, "isTransposed": False} for name in columns],
            "paging": {"size": 10, "enabled": True},
        }
        return LensPanel(title, width, 12, description, self.view, where, "lnsDatatable", columns, chart)

    def shares(
        self, title: str, description: str, by: Group, measure: Measure, *, where: str = "", width: int = 12
    ) -> LensPanel:
        """Shares of a whole."""
        layer = {
            "layerId": LAYER,
            "layerType": "data",
            "primaryGroups": ["by"],
            "metrics": ["m0"],
            "numberDisplay": "percent",
            "categoryDisplay": "default",
            "legendDisplay": "show",
        }
        columns = {"by": by.column("m0")} | _measured([measure])
        chart = {"shape": "donut", "layers": [layer]}
        return LensPanel(title, width, 12, description, self.view, where, "lnsPie", columns, chart)

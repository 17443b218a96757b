# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of panels that the dashboards use, each with the look that all panels of its kind share."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping, Sequence

from dashboards.model import Json, Override, Panel, Query
from dashboards.thresholds import RED, Step

#: Text and colour of a value that is 1 when all is well.
UP_OR_DOWN: t.Final[Sequence[Json]] = (
    {
        "type": "value",
        "options": {
            "0": {"text": "down", "color": "red", "index": 0},
            "1": {"text": "up", "color": "green", "index": 1},
        },
    },
)


class Look(t.TypedDict, total=False):
    """What a caller may set of any panel; see `Panel`."""

    width: int
    height: int
    thresholds: Sequence[Step]
    alerts: Sequence[str]
    links: Sequence[t.Any]
    empty_when: str
    needs: str
    decimals: int
    minimum: float
    maximum: float
    mappings: Sequence[Json]
    overrides: Sequence[Override]


def stat(
    title: str, description: str, expr: str, unit: str, *, legend: str = "", tiles: bool = False, **look: t.Unpack[Look]
) -> Panel:
    """One number, or a tile for each series."""
    options = {
        "colorMode": "background" if tiles else "background_solid",
        "graphMode": "none" if tiles else "area",
        "justifyMode": "center",
        "orientation": "auto",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "textMode": "value_and_name" if tiles else "value",
        "wideLayout": True,
    }
    query = Query(expr=expr, legend=legend or "__auto", instant=tiles)
    return Panel(
        kind="stat",
        title=title,
        description=description,
        queries=[query],
        unit=unit,
        options=options,
        **t.cast(Look, {"width": 3, "height": 4, **look}),
    )


def graph(
    title: str,
    description: str,
    queries: Mapping[str, str],
    unit: str,
    *,
    stacked: bool = False,
    **look: t.Unpack[Look],
) -> Panel:
    """Lines over time: expressions by their legends. Thresholds are dashed lines."""
    limits = look.get("thresholds", ())
    custom = {
        "drawStyle": "line",
        "lineWidth": 1,
        "fillOpacity": 30 if stacked else 10,
        "showPoints": "never",
        "spanNulls": False,
        "stacking": {"mode": "normal" if stacked else "none", "group": "A"},
        "thresholdsStyle": {"mode": "dashed" if any(step.value is not None for step in limits) else "off"},
    }
    options = {
        "legend": {"calcs": ["lastNotNull", "max"], "displayMode": "table", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    return Panel(
        kind="timeseries",
        title=title,
        description=description,
        queries=[Query(expr=expr, legend=legend) for legend, expr in queries.items()],
        unit=unit,
        custom=custom,
        options=options,
        **t.cast(Look, {"width": 8, "height": 8, "minimum": 0, **look}),
    )


def bars(title: str, description: str, expr: str, unit: str, *, legend: str, **look: t.Unpack[Look]) -> Panel:
    """A horizontal bar for each series."""
    options = {
        "displayMode": "gradient",
        "orientation": "horizontal",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "showUnfilled": True,
        "valueMode": "color",
        "namePlacement": "auto",
        "sizing": "auto",
    }
    return Panel(
        kind="bargauge",
        title=title,
        description=description,
        queries=[Query(expr=expr, legend=legend, instant=True)],
        unit=unit,
        options=options,
        **t.cast(Look, {"width": 8, "height": 8, "minimum": 0, **look}),
    )


def heatmap(title: str, description: str, expr: str, unit: str, **look: t.Unpack[Look]) -> Panel:
    """The buckets of a histogram over time."""
    options = {
        "calculate": False,
        "cellGap": 1,
        "color": {"mode": "scheme", "scheme": "Oranges", "steps": 64, "exponent": 0.5},
        "filterValues": {"le": 1e-9},
        "legend": {"show": True},
        "rowsFrame": {"layout": "auto"},
        "tooltip": {"mode": "single", "yHistogram": False},
        "yAxis": {"unit": unit, "axisPlacement": "left"},
    }
    return Panel(
        kind="heatmap",
        title=title,
        description=description,
        queries=[Query(expr=expr, legend="{{le}}", format="heatmap")],
        unit=unit,
        options=options,
        **t.cast(Look, {"width": 8, "height": 8, **look}),
    )


def table(
    title: str,
    description: str,
    columns: Mapping[str, str],
    queries: Mapping[str, str],
    unit: str = "short",
    *,
    sort: str = "",
    **look: t.Unpack[Look],
) -> Panel:
    """Rows by labels.

    Args:
        title: See `Panel`.
        description: See `Panel`.
        columns: Headings of the labels to show, by the label.
        queries: Expressions by the heading of their value's column.
        unit: Of the values that have no unit of their own.
        sort: Heading of the column to sort by, largest first.
        look: See `Panel`.
    """
    refs = dict(zip("ABCDEFGH", queries, strict=False))
    values = {f"Value #{ref}" if len(refs) > 1 else "Value": heading for ref, heading in refs.items()}
    shown = {**columns, **values}
    transformations: list[Json] = [{"id": "merge", "options": {}}] if len(refs) > 1 else []
    transformations += [
        {"id": "filterFieldsByName", "options": {"include": {"names": list(shown)}}},
        {
            "id": "organize",
            "options": {
                "excludeByName": {},
                "indexByName": {name: place for place, name in enumerate(shown)},
                "renameByName": {name: heading for name, heading in shown.items() if name != heading},
            },
        },
    ]
    return Panel(
        kind="table",
        title=title,
        description=description,
        queries=[Query(expr=expr, instant=True, format="table") for expr in queries.values()],
        unit=unit,
        custom={"align": "auto", "cellOptions": {"type": "auto"}, "filterable": False, "inspect": False},
        options={
            "cellHeight": "sm",
            "showHeader": True,
            "footer": {"show": False, "reducer": ["sum"], "countRows": False, "fields": ""},
            "sortBy": [{"displayName": sort, "desc": True}] if sort else [],
        },
        transformations=transformations,
        **t.cast(Look, {"width": 12, "height": 8, **look}),
    )


def coloured(heading: str, unit: str, thresholds: Sequence[Step]) -> Override:
    """A column of a table whose cells have the colours of thresholds."""
    return Override(
        field=heading,
        properties={
            "unit": unit,
            "thresholds": {"mode": "absolute", "steps": [step.json() for step in thresholds]},
            "custom.cellOptions": {"type": "color-background", "mode": "basic"},
        },
    )


def worded(heading: str, words: Mapping[str, tuple[str, str]]) -> Override:
    """A column whose values are shown as words in colours: text and colour by value."""
    options = {
        value: {"text": text, "color": color, "index": place}
        for place, (value, (text, color)) in enumerate(words.items())
    }
    return Override(
        field=heading,
        properties={
            "unit": "short",
            "mappings": [{"type": "value", "options": options}],
            "custom.cellOptions": {"type": "color-background", "mode": "basic"},
        },
    )


#: A number of things that are wrong: red from one on.
NONE_IS_GOOD: t.Final = (Step("green"), Step(RED, 1))

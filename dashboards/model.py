# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a dashboard is made of, and its form as Grafana's classic JSON (schema version 41, Grafana 11 to 13).

Expressions write the matchers of the dashboard's variables in short:

* ``x{@}``: environment, node, job and instance, for the series of an exporter
* ``x{@service}``: environment and job, for recorded series of a whole service
* ``x{@environment}``: environment only; ``x{@environment?}`` also takes series without one
"""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dashboards.thresholds import NEUTRAL, Step

Json = dict[str, t.Any]

#: Where the runbooks are unless the role replaces the variable `runbooks`.
RUNBOOKS: t.Final = "https://github.com/enterprise-tickets/ansible-observability/blob/main/docs/runbooks/"
SCHEMA_VERSION: t.Final = 41
COLUMNS: t.Final = 24
TAG: t.Final = "enterprise-tickets"
DATASOURCE: t.Final[Mapping[str, str]] = {"type": "prometheus", "uid": "${datasource}"}

_MATCHERS: t.Final = {
    "@service": 'environment=~"$environment",job=~"$job"',
    "@environment?": 'environment=~"$environment|"',
    "@environment": 'environment=~"$environment"',
    "@": 'environment=~"$environment",node=~"$node",job=~"$job",instance=~"$instance"',
}


def expanded(expression: str) -> str:
    """An expression with its matchers written out."""
    for short, matchers in _MATCHERS.items():
        expression = expression.replace(f"{{{short}}}", f"{{{matchers}}}").replace(f"{{{short},", f"{{{matchers},")
    return expression


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a panel or a field."""

    title: str
    url: str

    def json(self) -> Json:
        """The link as Grafana has it."""
        return {"title": self.title, "url": self.url, "targetBlank": not self.url.startswith("/")}


def runbook(alert: str) -> Link:
    """The runbook of an alert."""
    return Link(f"Runbook: {alert}", f"${{runbooks}}{alert}.md")


def dashboard(uid: str, title: str, *parameters: str) -> Link:
    """Another dashboard, for the same data source, environment and time, with further parameters of its address."""
    kept = ("${datasource:queryparam}", "${environment:queryparam}", "${__url_time_range}", *parameters)
    return Link(title, f"/d/{uid}?{'&'.join(kept)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A query. ``format`` is ``time_series``, ``table`` or ``heatmap``; an instant query asks for the newest values."""

    expr: str
    legend: str = "__auto"
    instant: bool = False
    format: str = "time_series"

    def json(self, ref: str) -> Json:
        """The query as Grafana has it."""
        return {
            "datasource": dict(DATASOURCE),
            "editorMode": "code",
            "expr": expanded(self.expr),
            "format": self.format,
            "instant": self.instant,
            "legendFormat": self.legend,
            "range": not self.instant,
            "refId": ref,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Properties of one field of a panel, by its name."""

    field: str
    properties: Mapping[str, t.Any]

    def json(self) -> Json:
        """The override as Grafana has it."""
        return {
            "matcher": {"id": "byName", "options": self.field},
            "properties": [{"id": name, "value": value} for name, value in self.properties.items()],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A panel.

    Args:
        kind: Grafana's name of the visualisation.
        description: What it shows and what good looks like.
        alerts: The alerts that watch the same; the panel links to their runbooks.
        links: Further links.
        empty_when: When it is right that the panel has no data. The sentence stands in the description.
        needs: What must be there for the panel to have data, such as the version of an exporter.
        custom: How a field is drawn: `fieldConfig.defaults.custom`.
    """

    kind: str
    title: str
    description: str
    queries: Sequence[Query]
    unit: str
    width: int
    height: int
    thresholds: Sequence[Step] = NEUTRAL
    alerts: Sequence[str] = ()
    links: Sequence[Link] = ()
    empty_when: str = ""
    needs: str = ""
    decimals: int | None = None
    minimum: float | None = None
    maximum: float | None = None
    mappings: Sequence[Json] = ()
    custom: Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    options: Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    overrides: Sequence[Override] = ()
    transformations: Sequence[Json] = ()

    def json(self, number: int, x: int, y: int) -> Json:
        """The panel as Grafana has it."""
        described = [self.description]
        described += [f"Needs {self.needs}."] if self.needs else []
        described += [f"Empty when {self.empty_when}."] if self.empty_when else []
        field: Json = {
            "color": {"mode": "palette-classic" if self.kind == "timeseries" else "thresholds"},
            "custom": dict(self.custom),
            "mappings": list(self.mappings),
            "thresholds": {"mode": "absolute", "steps": [step.json() for step in self.thresholds]},
            "unit": self.unit,
        }
        for name, value in (("decimals", self.decimals), ("min", self.minimum), ("max", self.maximum)):
            if value is not None:
                field[name] = value
        if self.empty_when:
            field["noValue"] = "none"
        return {
            "id": number,
            "type": self.kind,
            "title": self.title,
            "description": " ".join(described),
            "datasource": dict(DATASOURCE),
            "gridPos": {"x": x, "y": y, "w": self.width, "h": self.height},
            "fieldConfig": {"defaults": field, "overrides": [override.json() for override in self.overrides]},
            "options": dict(self.options),
            "links": [link.json() for link in (*map(runbook, self.alerts), *self.links)],
            "targets": [query.json(ref) for ref, query in zip("ABCDEFGH", self.queries, strict=False)],
            "transformations": list(self.transformations),
        }


@dataclass(frozen=True, slots=True)
class Row:
    """Panels below a heading; they flow from left to right. The first row of a dashboard has no heading."""

    title: str
    panels: Sequence[Panel]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """A dashboard. ``jobs`` is a regular expression: the jobs whose targets its variables offer."""

    uid: str
    title: str
    description: str
    rows: Sequence[Row]
    jobs: str = ".*"
    time_from: str = "now-6h"

    def json(self, others: Sequence[Dashboard]) -> Json:
        """The dashboard as Grafana has it, with links to the others."""
        return {
            "uid": self.uid,
            "id": None,
            "title": self.title,
            "description": self.description,
            "tags": [TAG],
            "schemaVersion": SCHEMA_VERSION,
            "version": 1,
            "editable": False,
            "graphTooltip": 1,
            "refresh": "1m",
            "time": {"from": self.time_from, "to": "now"},
            "timepicker": {"refresh_intervals": ["15s", "1m", "5m", "15m"]},
            "timezone": "browser",
            "weekStart": "",
            "fiscalYearStartMonth": 0,
            "liveNow": False,
            "preload": False,
            "annotations": {"list": _annotations()},
            "links": [_navigation(other) for other in others if other.uid != self.uid],
            "templating": {"list": _variables(self.jobs)},
            "panels": _placed(self.rows),
        }


def _placed(rows: Sequence[Row]) -> list[Json]:
    made: list[Json] = []
    bottom = 0
    for row in rows:
        if row.title:
            made.append(
                {
                    "id": len(made) + 1,
                    "type": "row",
                    "title": row.title,
                    "collapsed": False,
                    "gridPos": {"x": 0, "y": bottom, "w": COLUMNS, "h": 1},
                    "panels": [],
                }
            )
            bottom += 1
        x, y = 0, bottom
        for panel in row.panels:
            if x + panel.width > COLUMNS:
                x, y = 0, bottom
            made.append(panel.json(len(made) + 1, x, y))
            x += panel.width
            bottom = max(bottom, y + panel.height)
    return made


def _variables(jobs: str) -> list[Json]:
    matchers = "" if jobs == ".*" else f'job=~"{jobs}"'
    found = [_datasource_variable()]
    chain = [matchers] if matchers else []
    for name in ("environment", "node", "job", "instance"):
        found.append(_query_variable(name, f"label_values(up{{{','.join(chain)}}}, {name})"))
        chain.append(f'{name}=~"${name}"')
    found.append(_constant_variable("runbooks", RUNBOOKS))
    return found


def _datasource_variable() -> Json:
    return {
        "type": "datasource",
        "name": "datasource",
        "label": "Data source",
        "description": "The Prometheus to ask",
        "query": "prometheus",
        "regex": "",
        "refresh": 1,
        "hide": 0,
        "multi": False,
        "includeAll": False,
        "skipUrlSync": False,
        "current": {},
        "options": [],
    }


def _query_variable(name: str, query: str) -> Json:
    return {
        "type": "query",
        "name": name,
        "label": name.capitalize(),
        "datasource": dict(DATASOURCE),
        "definition": query,
        "query": {"query": query, "refId": name},
        "refresh": 2,
        "regex": "",
        "sort": 1,
        "hide": 0,
        "multi": True,
        "includeAll": True,
        # Not `.+`: series that a rule aggregates have no node and no instance, and are to be seen with all chosen.
        "allValue": ".*",
        "skipUrlSync": False,
        "current": {"text": ["All"], "value": ["$__all"]},
        "options": [],
    }


def _constant_variable(name: str, value: str) -> Json:
    return {
        "type": "constant",
        "name": name,
        "label": name.capitalize(),
        "query": value,
        "hide": 2,
        "skipUrlSync": True,
        "current": {"text": value, "value": value},
        "options": [{"text": value, "value": value, "selected": True}],
    }


def _annotations() -> list[Json]:
    # The version itself says nothing: its series is 1 as long as it runs. A deployment is a version that did not run
    # five minutes ago.
    version = "max by (environment, job, version, revision) (ets_build_info{@service}"
    return [
        _annotation(
            "Critical alerts",
            "dark-red",
            'ALERTS{@,alertstate="firing",severity="critical"}',
            "{{alertname}} {{node}}",
            "alertname,severity,category,environment,node,instance",
        ),
        _annotation(
            "Warnings",
            "dark-orange",
            'ALERTS{@,alertstate="firing",severity="warning"}',
            "{{alertname}} {{node}}",
            "alertname,severity,category,environment,node,instance",
        ),
        _annotation(
            "Deployments",
            "blue",
            f"{version}) unless {version} offset 5m)",
            "Version {{version}} ({{revision}})",
            "version,revision,environment",
        ),
    ]


def _annotation(name: str, color: str, expression: str, title: str, tags: str) -> Json:
    return {
        "name": name,
        "datasource": dict(DATASOURCE),
        "enable": True,
        "hide": False,
        "iconColor": color,
        "expr": expanded(expression),
        "step": "60s",
        "titleFormat": title,
        "textFormat": "",
        "tagKeys": tags,
        "useValueForTime": False,
    }


def _navigation(other: Dashboard) -> Json:
    return {
        "type": "link",
        "title": other.title,
        "tooltip": other.description,
        "icon": "dashboard",
        "url": f"/d/{other.uid}?${{datasource:queryparam}}&${{environment:queryparam}}",
        "keepTime": True,
        "includeVars": False,
        "asDropdown": False,
        "targetBlank": False,
        "tags": [],
    }

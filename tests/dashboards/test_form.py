# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The dashboards' form: what Grafana's file provisioning takes, and the rules of Grafana's dashboard-linter."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Iterator
from pathlib import Path

import promql_parser
import pytest
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils import _rules
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._rule_thresholds import (
    names_in,
    read_thresholds,
)

from tests.dashboards import replay
from tests.dashboards.committed import DASHBOARDS, DIRECTORY, NAMES, TARGETS, Json, Target, panels, substituted
from tests.dashboards.committed import VARIABLES as VARIABLE_VALUES

ROOT = Path(__file__).resolve().parents[2]
RULES = [rule for groups in _rules.load().values() for group in groups for rule in group["rules"]]
ALERTS = {rule["alert"]: rule for rule in RULES if "alert" in rule}
RECORDED = {rule["record"] for rule in RULES if "record" in rule}
#: Grafana's identifiers of units that the dashboards use; an unknown one would be shown as text behind the number.
UNITS = {
    *("short", "none", "percentunit", "s", "dateTimeFromNow", "bytes", "Bps", "binBps", "reqps", "ops", "iops", "cps"),
    *("wps", "rps", "hertz"),
}
VARIABLES = {"datasource", "environment", "node", "job", "instance", "runbooks"}
#: Labels that the series of a rule keep, where it aggregates.
SELECTED = ("environment", "node", "job", "instance")
#: Prometheus makes these itself.
OF_PROMETHEUS = {"up", "ALERTS", "ALERTS_FOR_STATE", "scrape_duration_seconds", "scrape_samples_post_metric_relabeling"}
#: With these a series' value does not matter, only that it is there.
THERE = {"count", "unless", "and"}
COUNTING = {"rate", "irate", "increase"}
#: How a description names a window that is the same however much is shown.
WINDOWS = {"3600s": r"\bhour\b", "86400s": r"\b(24 hours|a day)\b"}
PANELS = [(uid, panel) for uid, dashboard in DASHBOARDS.items() for panel in panels(dashboard)]
each_dashboard = pytest.mark.parametrize("dashboard", DASHBOARDS.values(), ids=DASHBOARDS)
each_panel = pytest.mark.parametrize("panel", [p for _, p in PANELS], ids=[f"{u}: {p['title']}" for u, p in PANELS])
each_target = pytest.mark.parametrize("target", TARGETS, ids=str)


def types() -> dict[str, set[str]]:
    """The types of the metrics, as any generation's exporter gives them."""
    found: dict[str, set[str]] = {}
    for generation in replay.GENERATIONS:
        for page in replay.pages(generation):
            for name, kind in page.types.items():
                found.setdefault(name, set()).add(kind)
    return found


TYPES = types()


def nodes(expression: t.Any, inside: tuple[str, ...] = ()) -> Iterator[tuple[t.Any, tuple[str, ...]]]:
    """All selectors of an expression, each with the functions it stands in, and its range at last."""
    if isinstance(expression, promql_parser.VectorSelector):
        yield expression, inside
    elif isinstance(expression, promql_parser.MatrixSelector):
        yield expression.vector_selector, (*inside, f"{expression.range.total_seconds():.0f}s")
    elif isinstance(expression, promql_parser.Call):
        for argument in expression.args:
            yield from nodes(argument, (*inside, expression.func.name))
    elif isinstance(expression, promql_parser.BinaryExpr):
        yield from nodes(expression.lhs, inside)
        only_there = str(expression.op) in THERE
        yield from nodes(expression.rhs, (*inside, str(expression.op)) if only_there else inside)
    elif isinstance(expression, promql_parser.AggregateExpr):
        yield from nodes(expression.expr, (*inside, str(expression.op)))
    elif isinstance(expression, promql_parser.SubqueryExpr):
        yield from nodes(expression.expr, (*inside, "subquery"))
    elif hasattr(expression, "expr"):
        yield from nodes(expression.expr, inside)


def selectors(target: Target) -> list[tuple[str, dict[str, str], tuple[str, ...]]]:
    """The metrics of a query with their matchers and the functions they stand in."""
    parsed = promql_parser.parse(substituted(target.expression))
    return [
        (selector.name, {matcher.name: matcher.value for matcher in selector.matchers.matchers}, inside)
        for selector, inside in nodes(parsed)
    ]


def kinds(metric: str) -> set[str]:
    """The types of a metric; those of a histogram's and a summary's parts are counters."""
    if metric in TYPES:
        return TYPES[metric]
    base = re.sub(r"_(bucket|count|sum)$", "", metric)
    return {"counter"} if base in TYPES and base != metric else set()


def test_uids_never_change() -> None:
    """Alerts and people's bookmarks point to them."""
    names = ("application", "business", "database", "infrastructure", "logs", "monitoring", "overview")
    assert list(DASHBOARDS) == [f"ets-{name}" for name in names]


def test_uids_and_titles_are_unique_and_the_file_is_the_uid() -> None:
    assert [dashboard["uid"] for dashboard in DASHBOARDS.values()] == list(DASHBOARDS)
    assert len({dashboard["title"] for dashboard in DASHBOARDS.values()}) == len(DASHBOARDS)
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,40}", uid) for uid in DASHBOARDS)


def test_alerts_link_to_dashboards_that_are_there() -> None:
    linked = {rule["annotations"]["dashboard_url"].rpartition("/d/")[2] for rule in ALERTS.values()}
    assert linked <= set(DASHBOARDS)


def test_the_table_of_alerts_leads_to_a_dashboard_for_each_category() -> None:
    (panel,) = (panel for panel in panels(DASHBOARDS["ets-overview"]) if "alertname" in str(panel["transformations"]))
    replaced = re.findall(r'"dashboard", "(\w+)", "category", "(\w+)"', panel["targets"][0]["expr"])
    named = {category: name for name, category in replaced}
    for alert in ALERTS.values():
        category = alert["labels"]["category"]
        assert f"ets-{named.get(category, category)}" in DASHBOARDS, category


def test_the_first_screen_of_the_overview_says_whether_since_when_and_where() -> None:
    """A row of Grafana's grid is 38 pixels high; a laptop's screen of 768 shows 13 of them below the bars."""
    overview = panels(DASHBOARDS["ets-overview"])
    seen = {panel["title"] for panel in overview if panel["gridPos"]["y"] + panel["gridPos"]["h"] <= 13}
    assert {"Critical alerts", "Warnings", "Targets down", "What is wrong, and since when", "Services"} <= seen


@each_dashboard
class TestDashboard:
    def test_file_provisioning_takes_it(self, dashboard: Json) -> None:
        assert dashboard["id"] is None
        assert dashboard["schemaVersion"] <= 42
        assert dashboard["editable"] is False
        assert not {"__inputs", "__requires", "apiVersion", "kind", "spec", "elements"} & set(dashboard)
        assert "${DS_" not in (DIRECTORY / f"{dashboard['uid']}.json").read_text()

    def test_panels_do_not_overlap_and_fit(self, dashboard: Json) -> None:
        taken: set[tuple[int, int]] = set()
        for panel in dashboard["panels"]:
            place = panel["gridPos"]
            cells = {
                (x, y)
                for x in range(place["x"], place["x"] + place["w"])
                for y in range(place["y"], place["y"] + place["h"])
            }
            assert not cells & taken, panel["title"]
            assert place["x"] + place["w"] <= 24
            taken |= cells
        assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])

    def test_titles_of_panels_are_unique(self, dashboard: Json) -> None:
        titles = [panel["title"] for panel in panels(dashboard)]
        assert len(set(titles)) == len(titles)

    def test_variables(self, dashboard: Json) -> None:
        variables = {variable["name"]: variable for variable in dashboard["templating"]["list"]}
        assert set(variables) == VARIABLES
        assert variables["datasource"]["type"] == "datasource"
        assert variables["datasource"]["query"] == "prometheus"
        for name in SELECTED:
            variable = variables[name]
            assert variable["datasource"]["uid"] == "${datasource}"
            assert variable["label"]
            assert variable["multi"]
            assert variable["includeAll"]
            # dashboard-linter wants `.+`, which would hide the series that rules aggregate over all nodes.
            assert variable["allValue"] == ".*"
            assert variable["refresh"] == 2  # on time change
            match = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]["query"])
            assert match
            promql_parser.parse(substituted(match[1]))

    def test_every_variable_that_is_used_is_there(self, dashboard: Json) -> None:
        text = (DIRECTORY / f"{dashboard['uid']}.json").read_text()
        used = set(re.findall(r"\$\{?([a-z]\w*)", text))
        assert used <= VARIABLES

    def test_annotations(self, dashboard: Json) -> None:
        names = {annotation["name"] for annotation in dashboard["annotations"]["list"]}
        assert names == {"Critical alerts", "Warnings", "Deployments"}
        for annotation in dashboard["annotations"]["list"]:
            promql_parser.parse(substituted(annotation["expr"]))
            assert annotation["datasource"]["uid"] == "${datasource}"

    def test_links_lead_to_the_other_dashboards(self, dashboard: Json) -> None:
        linked = [link["url"].partition("?")[0].removeprefix("/d/") for link in dashboard["links"]]
        assert sorted([*linked, dashboard["uid"]]) == sorted(DASHBOARDS)


@each_panel
class TestPanel:
    def test_title_and_description(self, panel: Json) -> None:
        assert panel["title"]
        assert "Good:" in panel["description"], "does not say what good looks like"

    def test_unit(self, panel: Json) -> None:
        used = {panel["fieldConfig"]["defaults"]["unit"]}
        for override in panel["fieldConfig"]["overrides"]:
            used |= {change["value"] for change in override["properties"] if change["id"] == "unit"}
        assert used <= UNITS

    def test_data_source_and_queries(self, panel: Json) -> None:
        assert panel["targets"]
        for source in (panel["datasource"], *(query["datasource"] for query in panel["targets"])):
            assert source == {"type": "prometheus", "uid": "${datasource}"}

    def test_it_leads_on(self, panel: Json) -> None:
        assert panel["links"]
        for link in panel["links"]:
            if link["url"].startswith("/d/"):
                assert link["url"].partition("?")[0].removeprefix("/d/") in DASHBOARDS
                assert "${environment:queryparam}" in link["url"]
            else:
                name = link["url"].removeprefix("${runbooks}").removesuffix(".md")
                assert (ROOT / "docs" / "runbooks" / f"{name}.md").exists()

    def test_thresholds_are_those_of_the_alerts_and_key_figures(self, panel: Json) -> None:
        """A number comes from an alert that the panel links to, or from a key figure; 0, 1 and 2 count things."""
        linked = [
            link["url"].removeprefix("${runbooks}").removesuffix(".md")
            for link in panel["links"]
            if link["url"].startswith("${runbooks}")
        ]
        defaults = read_thresholds(RULES)
        allowed = {defaults[name] for alert in linked for name in names_in(ALERTS[alert]["expr"])}
        allowed |= {value for name, value in defaults.items() if name.startswith("kpi_") and linked}
        steps = [panel["fieldConfig"]["defaults"]["thresholds"]["steps"]]
        for override in panel["fieldConfig"]["overrides"]:
            steps += [change["value"]["steps"] for change in override["properties"] if change["id"] == "thresholds"]
        for step in (step for group in steps for step in group if step["value"] is not None):
            counts = panel["fieldConfig"]["defaults"]["unit"] in ("short", "none") or step["value"] == 0
            assert step["value"] in allowed or (counts and step["value"] in (0, 1, 2)), step

    def test_steps_begin_without_a_value_and_rise(self, panel: Json) -> None:
        first, *rest = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
        assert first["value"] is None
        values = [step["value"] for step in rest]
        assert values == sorted(values)


def numbers_of_steps(content: t.Any, pointer: str = "") -> Iterator[tuple[str, float]]:
    """The numbers of thresholds in a dashboard, by their JSON pointers."""
    parts = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for key, part in parts:
        if key == "value" and "/steps/" in pointer and part is not None:
            yield f"{pointer}/value", part
        yield from numbers_of_steps(part, f"{pointer}/{key}")


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_every_threshold_of_an_alert_is_known_by_its_name(uid: str) -> None:
    """So that the role can put the user's in its place; 0, 1 and 2 may also just count things."""
    numbers = dict(numbers_of_steps(DASHBOARDS[uid]))
    defaults = read_thresholds(RULES)
    assert {pointer: numbers[pointer] for pointer in NAMES[uid]} == {
        pointer: defaults[name] for pointer, name in NAMES[uid].items()
    }
    assert {value for pointer, value in numbers.items() if pointer not in NAMES[uid]} <= {0, 1, 2}


@each_target
class TestTarget:
    def test_the_variables_choose_what_is_seen(self, target: Target) -> None:
        """Every series is matched by the variables, as far as it has the labels."""
        for metric, matchers, _inside in selectors(target):
            if metric == "ets:kpi:target":
                continue  # it has no environment: the targets are the same everywhere
            if metric in RECORDED and not metric.startswith("instance"):
                assert "environment" in matchers, metric
            else:
                assert set(SELECTED) <= set(matchers), metric

    def test_metrics_and_labels_exist(self, target: Target) -> None:
        known = {*RECORDED, *OF_PROMETHEUS}
        for metric, _matchers, _inside in selectors(target):
            assert metric in known or kinds(metric), f"nobody exposes {metric}"

    def test_counters_are_counted_and_gauges_are_not(self, target: Target) -> None:
        for metric, _matchers, inside in selectors(target):
            counted = COUNTING & set(inside)
            if counted:
                assert kinds(metric) & {"counter", "untyped"}, f"{counted} of {metric}, which is no counter"
                assert metric not in RECORDED
            elif not THERE & set(inside) and metric not in RECORDED:
                assert "counter" not in kinds(metric), f"{metric} is a counter and is shown as it is"

    def test_rates_are_over_the_rate_interval(self, target: Target) -> None:
        """But for an increase over the hours that the description names."""
        for metric, _matchers, inside in selectors(target):
            if COUNTING & set(inside):
                function, window = inside[-2:]
                named = re.search(WINDOWS.get(window, "$^"), target.panel["description"])
                whole = window == VARIABLE_VALUES["__rate_interval"]
                assert whole or (function == "increase" and named), f"{function} of {metric} over {window}"

    def test_legend(self, target: Target) -> None:
        if target.panel["type"] in ("timeseries", "bargauge", "heatmap"):
            assert target.query["legendFormat"] not in ("", "__auto")

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shipped rules: complete, documented, tested, and about metrics that exist."""

from __future__ import annotations

import functools
import re
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils import _rules
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._rule_thresholds import read_thresholds

from tools import alert_reference

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
EXPOSITIONS = ROOT / "tests" / "fixtures" / "expositions"
LABELS = {"severity", "team", "category", "family", "scope", "escalate"}
DIGESTS = {"HourlyWarningDigest", "DailyInfoSummary"}
# Prometheus puts these on every series; those that rules record or a digest makes have the labels given in the rule.
TARGET_LABELS = {"job", "instance", "node", "environment"}

Metrics = dict[str, set[str]]

FILES = _rules.load()
RULES = [rule for groups in FILES.values() for group in groups for rule in group["rules"]]
ALERTS = {rule["alert"]: rule for rule in RULES if "alert" in rule}


def read_page(path: Path) -> Metrics:
    """The metrics of a page of /metrics with their labels."""
    found: Metrics = {}
    for line in path.read_text().splitlines():
        if match := re.match(r"([a-zA-Z_:][\w:]*)(?:\{(.*)\})? ", line):
            found.setdefault(match[1], set()).update(re.findall(r'(\w+)="', match[2] or ""))
    return found


@functools.cache
def promised() -> Metrics:
    """What the metric contract and the documentation promise."""
    found = merged(read_page(path) for path in EXPOSITIONS.glob("documented/*.prom"))
    contract = (ROOT / "docs" / "metric_contract.md").read_text()
    for section in contract.split("\n### ")[1:]:
        name = section.split("`")[1]
        labels = set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))
        for suffix in ("", "_bucket", "_sum", "_count"):
            found.setdefault(name + suffix, set()).update(labels | ({"le"} if suffix == "_bucket" else set()))
    return found


@functools.cache
def generations() -> tuple[Metrics, Metrics, Metrics]:
    """What is exposed by the programs of Debian 12, of Debian 13 and of today."""
    versions: dict[str, dict[tuple[int, ...], list[Metrics]]] = {}
    for path in EXPOSITIONS.glob("recorded/*.prom"):
        program, version = re.match(r"(.+?)_(\d+(?:\.\d+)*)(?:_\w+)?\.prom\Z", path.name).groups()  # type: ignore[union-attr]
        key = tuple(int(part) for part in version.split("."))
        versions.setdefault(program, {}).setdefault(key, []).append(read_page(path))
    ages = [[pages for _version, pages in sorted(found.items())] for found in versions.values()]
    first, second, third = (
        merged([promised(), *(page for found in ages for page in found[min(age, len(found) - 1)])]) for age in range(3)
    )
    return first, second, third


def merged(pages: t.Iterable[Metrics]) -> Metrics:
    found: Metrics = {}
    for page in pages:
        for name, labels in page.items():
            found.setdefault(name, set()).update(labels)
    return found


@functools.cache
def exposed() -> Metrics:
    """Every metric that a program was seen to expose or that is promised, with its labels."""
    return merged(generations())


def code(expression: str) -> str:
    """An expression without comments and texts."""
    return re.sub(r'"(?:[^"\\]|\\.)*"', '""', re.sub(r"#.*", "", expression))


def selectors(expression: str) -> list[tuple[str, set[str]]]:
    """The metrics of an expression with the labels they are matched by."""
    text = re.sub(r"\b(?:by|on|without|group_left|group_right|ignoring) ?\([^)]*\)", "", code(expression))
    names = re.finditer(
        r"(?<![\w:$])([a-zA-Z_:][\w:]*)(?![\w:]* *\()(?:\{([^}]*)\})?(?!\w)", re.sub(r"\[[^]]*\]", "", text)
    )
    words = {"and", "or", "unless", "bool", "offset"}
    return [(m[1], set(re.findall(r"(\w+) ?(?:=~|!~|!=|=)", m[2] or ""))) for m in names if m[1] not in words]


@functools.cache
def promtool_cases() -> dict[str, list[tuple[bool, dict[str, t.Any], dict[str, t.Any]]]]:
    """The promtool cases of each alert: whether it fires, the test, the case."""
    found: dict[str, list[tuple[bool, dict[str, t.Any], dict[str, t.Any]]]] = {}
    for path in HERE.glob("*.test.yml"):
        for test in yaml.safe_load(path.read_text())["tests"]:
            for case in test["alert_rule_test"]:
                found.setdefault(case["alertname"], []).append((bool(case["exp_alerts"]), test, case))
    return found


def test_there_are_rules() -> None:
    assert len(ALERTS) == len([rule for rule in RULES if "alert" in rule]) > 100


@pytest.mark.parametrize("name", sorted(ALERTS))
class TestAlert:
    def test_labels_and_annotations(self, name: str) -> None:
        labels, annotations = ALERTS[name]["labels"], ALERTS[name]["annotations"]
        assert set(labels) - {"digest"} == LABELS
        assert labels["severity"] in ("critical", "warning", "info", "none", "digest")
        assert labels["team"] in ("operations", "development", "management")
        assert labels["scope"] in ("node", "service")
        assert labels["escalate"] in ("yes", "no")
        assert labels["escalate"] == "no" or labels["severity"] == "critical"
        assert set(annotations) == {"summary", "description", "runbook_url", "dashboard_url"}
        assert annotations["runbook_url"] == f"{_rules.RUNBOOKS}{name}.md"
        assert annotations["dashboard_url"].startswith(_rules.GRAFANA)

    def test_category_is_the_file(self, name: str) -> None:
        (file,) = (
            file for file, groups in FILES.items() for group in groups for r in group["rules"] if r.get("alert") == name
        )
        assert ALERTS[name]["labels"]["category"] == file

    def test_runbook(self, name: str) -> None:
        page = (ROOT / "docs" / "runbooks" / f"{name}.md").read_text()
        sections = re.findall(r"^## (.*)$", page, re.MULTILINE)
        assert sections == ["Symptom", "Impact", "Checks", "Fix", "Escalation"]
        assert all(len(text.split("\n", 1)[1].strip()) > 4 for text in page.split("\n## ")[1:])
        assert re.search(r"```sh\n.+\n```", page, re.DOTALL)

    def test_a_test_in_which_it_fires(self, name: str) -> None:
        assert any(fires for fires, _test, _case in promtool_cases()[name])

    def test_a_test_in_which_it_stays_silent_though_its_data_is_there(self, name: str) -> None:
        if name == "Watchdog":  # it always fires: that is its purpose
            assert code(ALERTS[name]["expr"]) == "vector(1)"
            return
        needed = {metric for metric, _labels in selectors(ALERTS[name]["expr"])}
        for fires, test, _case in promtool_cases()[name]:
            given = {re.split(r"[{ ]", series["series"])[0] for series in test["input_series"]}
            if not fires and (given & needed or any(":" in metric for metric in needed) or "ALERTS" in needed):
                return
        pytest.fail("no silent test has the alert's own metrics")

    def test_the_message_names_where_it_is(self, name: str) -> None:
        for fires, _test, case in promtool_cases()[name]:
            for alert in case["exp_alerts"] if fires else ():
                labels, summary = alert["exp_labels"], alert["exp_annotations"]["summary"]
                places = [
                    labels[key] for key in ("node", "instance", "environment", "job", "source_alert") if key in labels
                ]
                assert not places or any(place in summary for place in places), summary

    def test_the_message_uses_labels_that_the_alert_has(self, name: str) -> None:
        used = set(
            re.findall(r"\$labels\.(\w+)", re.sub(r"\{\{ with .*?\{\{ end \}\}", "", str(ALERTS[name]["annotations"])))
        )
        for fires, _test, case in promtool_cases()[name]:
            for alert in case["exp_alerts"] if fires else ():
                assert used <= set(alert["exp_labels"])


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.get("alert") or rule["record"])
def test_metrics_and_labels_exist(rule: dict[str, t.Any]) -> None:
    recorded = {other["record"] for other in RULES if "record" in other}
    for metric, labels in selectors(rule["expr"]):
        if metric in recorded:
            continue
        assert metric in exposed(), f"nobody exposes {metric}"
        unknown = labels - exposed()[metric] - TARGET_LABELS - {"alertname", "alertstate", "severity"}
        assert not unknown, f"{metric} has no label {unknown}"


def can_fire(expression: str, metrics: Metrics) -> bool:
    """Whether some alternative of an expression only asks for metrics and labels that are there."""
    for branch in re.split(r"\bor\b", re.sub(r"#.*", "", expression)):
        demanded = [
            (metric, set(re.findall(r'(\w+)="[^"]', matchers)))
            for metric, matchers in re.findall(r"([a-zA-Z_][\w:]*)\{([^}]*)\}", branch)
        ]
        names = {metric for metric, _labels in selectors(branch) if ":" not in metric and metric != "ALERTS"}
        if names <= set(metrics) and all(
            labels <= metrics.get(metric, set()) | TARGET_LABELS for metric, labels in demanded if metric in names
        ):
            return True
    return False


@pytest.mark.parametrize("age", range(3), ids=["Debian 12", "Debian 13", "today"])
def test_alerts_can_fire_with_each_generation_of_programs(age: int) -> None:
    dead = {name for name, rule in ALERTS.items() if not can_fire(rule["expr"], generations()[age])}
    assert dead == (set(alert_reference.NEEDS_NEWER) if age == 0 else set())


def test_thresholds_are_written_alike_everywhere() -> None:
    assert len(read_thresholds(RULES)) > 50


def test_every_recorded_series_that_a_rule_reads_is_recorded() -> None:
    recorded = {rule["record"] for rule in RULES if "record" in rule}
    read = {metric for rule in RULES for metric, _labels in selectors(rule["expr"]) if ":" in metric}
    assert read <= recorded


def test_every_kpi_has_a_value_and_both_targets() -> None:
    values = {rule["labels"]["kpi"] for rule in RULES if rule.get("record") == "ets:kpi:value"}
    targets = [
        (rule["labels"]["kpi"], rule["labels"]["level"]) for rule in RULES if rule.get("record") == "ets:kpi:target"
    ]
    assert len(values) == 15
    assert sorted(targets) == sorted((kpi, level) for kpi in values for level in ("target", "acceptable"))


def test_no_runbook_without_an_alert() -> None:
    assert {path.stem for path in (ROOT / "docs" / "runbooks").glob("*.md")} == set(ALERTS)


def test_the_reference_page_is_fresh() -> None:
    assert alert_reference.PAGE.read_text() == alert_reference.page(), "run: python -m tools.alert_reference"


def test_digests_keep_the_name_of_their_source() -> None:
    assert all('"source_alert"' in ALERTS[name]["expr"] for name in DIGESTS)

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rule files that the filter prometheus_rules makes."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.enterprise_tickets.observability.plugins.filter.prometheus_rule_problems import (
    prometheus_rule_problems,
)
from ansible_collections.enterprise_tickets.observability.plugins.filter.prometheus_rules import prometheus_rules
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils import _rules
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._rule_thresholds import read_thresholds
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import InputError

SHIPPED = """\
groups:
  - name: ets.system.node
    rules:
      - record: node:busy
        expr: vector(1)
      - alert: Busy
        expr: |-
          busy > 0.8 # threshold: busy_ratio
          and load > 4 * (1 - 0.5) # threshold: load_ratio
        for: 5m
        labels: {severity: warning, escalate: "no"}
        annotations:
          summary: "{{ $labels.node }}: {{ 0.8 | humanizePercentage }}{{/* threshold: busy_ratio */}} in 0.8 s"
          runbook_url: https://github.com/enterprise-tickets/ansible-observability/blob/main/docs/runbooks/Busy.md
          dashboard_url: https://grafana.example.com/d/x
      - alert: Gone
        expr: absent(up{job="node"})
        labels: {severity: warning}
        annotations: {summary: gone}
      - alert: Full
        expr: "full > 5 # threshold: full_limit"
        labels: {severity: warning}
        annotations: {summary: full}
  - name: ets.system.any
    rules:
      - alert: Always
        expr: "vector(1) * 15 # threshold: evaluation_interval_seconds"
        labels: {severity: none}
        annotations: {summary: always}
"""
NODE: dict[str, list[dict[str, str]]] = {"node": []}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "system.yml").write_text(SHIPPED)
    return tmp_path


def made(source: Path, jobs: _rules.Jobs | None = None, **settings: object) -> dict[str, t.Any]:
    files = _rules.rule_files(NODE if jobs is None else jobs, _rules.read_settings(settings), source)
    return {
        rule["alert"]: rule
        for text in files.values()
        for group in yaml.safe_load(text)["groups"]
        for rule in group["rules"]
        if "alert" in rule
    }


def refused(source: Path, **settings: object) -> str:
    with pytest.raises(InputError) as error:
        made(source, **settings)
    return str(error.value)


def test_defaults_leave_expressions_as_they_are(source: Path) -> None:
    shipped = yaml.safe_load(SHIPPED)["groups"][0]["rules"][1]
    assert made(source)["Busy"]["expr"] == shipped["expr"]
    assert made(source)["Busy"]["annotations"]["summary"] == shipped["annotations"]["summary"]


def test_a_threshold_reaches_the_expression_and_the_text(source: Path) -> None:
    rule = made(source, alert_thresholds={"busy_ratio": 0.95})["Busy"]
    assert "busy > 0.95 # threshold: busy_ratio" in rule["expr"]
    assert "(1 - 0.5)" in rule["expr"]
    assert rule["annotations"]["summary"].endswith(
        "{{ 0.95 | humanizePercentage }}{{/* threshold: busy_ratio */}} in 0.8 s"
    )


def test_only_the_last_number_of_a_line_is_replaced(source: Path) -> None:
    expression = made(source, alert_thresholds={"load_ratio": 0.25})["Busy"]["expr"]
    assert "load > 4 * (1 - 0.25) # threshold" in expression


def test_groups_of_absent_services_are_left_out(source: Path) -> None:
    assert set(made(source, {})) == {"Always"}
    assert set(made(source, {"nodes": []})) == {"Always"}
    assert "Busy" in made(source, {"node_other": []})
    assert "Busy" in made(source, {}, alert_sources=["node"])


def test_every_target_gets_a_guard(source: Path) -> None:
    targets = [{"node": name, "instance": f"{name}:9100", "environment": 'p"q'} for name in ("a", "b")]
    files = _rules.rule_files({"node": targets}, _rules.Settings(), source)
    rules = yaml.safe_load(files["system.yml"])["groups"][0]["rules"]
    guards = [rule["expr"] for rule in rules if rule.get("alert") == "Gone"]
    assert guards == [
        f'absent(up{{environment="p\\"q",instance="{name}:9100",job="node",node="{name}"}})' for name in ("a", "b")
    ]


def test_many_targets_get_one_guard_that_counts(source: Path) -> None:
    targets = [{"node": f"n{number}", "instance": f"n{number}:9100"} for number in range(_rules.GUARDS + 1)]
    assert made(source, {"node": targets})["Gone"]["expr"] == (
        'count by (environment, job) (up{job="node"}) < 101\nor absent(up{job="node"})'
    )


def test_a_guard_for_all_jobs_but_one(source: Path) -> None:
    (source / "system.yml").write_text(SHIPPED.replace('up{job="node"}', 'up{job!="node"}'))
    jobs = {"node": [{"node": "a"}], "redis": [{"node": "b"}], "nginx": [{"node": "c"}], "own": []}
    files = _rules.rule_files(jobs, _rules.Settings(), source)
    rules = yaml.safe_load(files["system.yml"])["groups"][0]["rules"]
    assert [rule["expr"] for rule in rules if rule.get("alert") == "Gone"] == [
        'absent(up{job="redis",node="b"})',
        'absent(up{job="nginx",node="c"})',
    ]


def test_without_targets_the_guard_stays_as_it_is(source: Path) -> None:
    (source / "system.yml").write_text(SHIPPED.replace('up{job="node"}', 'up{job!="other"}'))
    assert made(source, NODE)["Gone"]["expr"] == 'absent(up{job!="other"})'


def test_alerts_are_disabled_and_overridden(source: Path) -> None:
    alerts = made(
        source,
        alerts_disabled=["Gone"],
        alert_overrides={
            "Busy": {"for": "1h", "labels": {"escalate": None, "rota": "b"}, "annotations": {"summary": "{{ $x }}"}},
            "Full": {"threshold": 7},
        },
    )
    assert "Gone" not in alerts
    assert alerts["Busy"]["for"] == "1h"
    assert alerts["Busy"]["labels"] == {"severity": "warning", "rota": "b"}
    assert alerts["Busy"]["annotations"]["summary"] == "{{ $x }}"
    assert alerts["Full"]["expr"] == "full > 7 # threshold: full_limit"


def test_the_value_has_a_line_of_its_own_as_the_words_show_it(source: Path) -> None:
    words = 'has {{ $labels.a }} {{ printf "%.1f" $value }} of {{ $value }}'
    shipped = (source / "system.yml").read_text()
    (source / "system.yml").write_text(shipped.replace("{summary: full}", json.dumps({"summary": words})))
    alerts = made(source, alert_overrides={"Always": {"annotations": {"value": "{{ $value }} s"}}})
    assert alerts["Full"]["annotations"] == {"summary": words, "value": '{{ printf "%.1f" $value }}'}
    assert "value" not in alerts["Busy"]["annotations"]
    assert alerts["Always"]["annotations"]["value"] == "{{ $value }} s"


def test_the_evaluation_interval_is_put_in(source: Path) -> None:
    assert made(source, evaluation_interval="1m30s")["Always"]["expr"].startswith("vector(1) * 90 #")


def test_addresses_are_the_users_own(source: Path) -> None:
    notes = made(source, runbook_url="https://wiki/rb/", grafana_url="https://g")["Busy"]["annotations"]
    assert notes["runbook_url"] == "https://wiki/rb/Busy.md"
    assert notes["dashboard_url"] == "https://g/d/x"
    assert "dashboard_url" not in made(source)["Busy"]["annotations"]


def test_an_extra_file_is_sent_as_it_is(source: Path) -> None:
    text = (
        "# mine\ngroups:\n  - name: g\n    rules:\n      - {alert: Mine, expr: '1', annotations: {a: '{{ $value }}'}}\n"
    )
    files = _rules.rule_files(NODE, _rules.read_settings({"extra_rule_files": {"mine.yml": text}}), source)
    assert files["mine.yml"] == text


OWN = """\
# threshold: agreed with the service desk
groups:
  - name: own
    rules:
      - alert: Own
        expr: |-
          busy > 0.7 # threshold: busy_ratio
        annotations: {a: "{{ $labels.node }}: {{ $value }}", b: "{{ 0.7 | humanize }}{{/* threshold: busy_ratio */}}"}
"""


def test_an_extra_file_may_follow_a_threshold_and_is_else_left_alone(source: Path) -> None:
    settings = _rules.read_settings({"extra_rule_files": {"own.yml": OWN}, "alert_thresholds": {"busy_ratio": 0.9}})
    assert _rules.rule_files(NODE, settings, source)["own.yml"] == OWN.replace("0.7", "0.9")


def test_one_alert_may_have_two_severities_but_not_twice_the_same(source: Path) -> None:
    one = "{alert: Mine, expr: '1', labels: {severity: critical}}"
    other = "{alert: Mine, expr: '1', labels: {severity: info}}"
    first, second = (f"groups: [{{name: g, rules: [{rules}]}}]" for rules in (f"{one}, {other}", one))
    assert "Mine" in made(source, extra_rule_files={"a.yml": first})
    assert refused(source, extra_rule_files={"a.yml": first, "b.yaml": second}) == (
        "prometheus_extra_rule_files: b.yaml defines the alert 'Mine' with the same labels as in a.yml; "
        "expected another name, or another label."
    )


def test_a_disabled_alert_may_be_replaced(source: Path) -> None:
    text = "groups: [{name: g, rules: [{alert: Full, expr: '1'}]}]"
    assert "which is shipped" in refused(source, extra_rule_files={"mine.yml": text})
    assert made(source, alerts_disabled=["Full"], extra_rule_files={"mine.yml": text})["Full"]["expr"] == "1"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"alert_thresholds": {"bussy_ratio": 1}}, "unknown threshold 'bussy_ratio'; did you mean 'busy_ratio'?"),
        ({"alert_thresholds": {"busy_ratio": 80}}, "busy_ratio is 80; expected a share from 0 to 1"),
        ({"alert_thresholds": {"busy_ratio": "0.8"}}, "busy_ratio is '0.8'; expected a number"),
        ({"alert_thresholds": {"full_limit": -1}}, "full_limit is -1; expected a number that is not negative"),
        ({"alert_thresholds": {"evaluation_interval_seconds": 1}}, "comes from prometheus_evaluation_interval"),
        (
            {"alerts_disabled": ["Bussy"]},
            "prometheus_alerts_disabled names the unknown alert 'Bussy'; did you mean 'Busy'",
        ),
        ({"alert_overrides": {"Fulll": {}}}, "prometheus_alert_overrides names the unknown alert 'Fulll'"),
        (
            {"alert_overrides": {"Busy": {"expr": "1"}}},
            "prometheus_alert_overrides.Busy names the unknown setting 'expr'",
        ),
        ({"alert_overrides": {"Busy": {"for": 5}}}, "Busy.for is 5; expected a duration"),
        ({"alert_overrides": {"Busy": {"threshold": 1}}}, "2 thresholds (busy_ratio, load_ratio)"),
        ({"alert_overrides": {"Gone": {"threshold": 1}}}, "0 thresholds (none)"),
        (
            {"alert_overrides": {"Busy": {"labels": {"severity": "warn"}}}},
            "severity is 'warn'; did you mean 'warning'?",
        ),
        ({"alert_overrides": {"Busy": {"labels": {"rota": 1}}}}, "labels.rota is 1; expected a text"),
        ({"alert_sources": ["nodes"]}, "unknown source 'nodes'; did you mean 'node'?"),
        ({"extra_rule_files": {"a.txt": ""}}, "a.txt is no name of a rule file"),
        ({"extra_rule_files": {"system.yml": ""}}, "system.yml has the name of a shipped file"),
        ({"extra_rule_files": {"a.yml": "a: ["}}, "a.yml is not YAML (line 1"),
        ({"extra_rule_files": {"a.yml": "[]"}}, "expected a native rule file"),
        ({"extra_rule_files": {"system.yaml": ""}}, "system.yaml has the name of a shipped file"),
        (
            {"extra_rule_files": {"a.yml": OWN.replace("busy_ratio", "bussy_ratio")}},
            "a.yml has the unknown threshold 'bussy_ratio'; did you mean 'busy_ratio'?",
        ),
        ({"evaluation_interval": "often"}, "prometheus_evaluation_interval is 'often'"),
        ({"alert_treshold": {}}, "unknown setting 'alert_treshold'; did you mean 'alert_thresholds'?"),
    ],
)
def test_mistakes_are_refused_by_name(source: Path, settings: dict[str, object], message: str) -> None:
    assert message in refused(source, **settings)


def test_all_mistakes_are_listed_at_once(source: Path) -> None:
    text = refused(source, alert_thresholds={"a": 1, "b": 2}, alerts_disabled=["c"])
    assert len(text.splitlines()) == 3


@pytest.mark.parametrize(
    "rules",
    [
        [{"alert": "A", "expr": "a > 1 # threshold: x\n and b > 2 # threshold: x"}],
        [{"alert": "A", "expr": "a > b # threshold: x"}],
        [{"alert": "A", "expr": "a", "annotations": {"s": "{{ 1 }}{{/* threshold: x */}}"}}],
        [{"alert": "A", "expr": "a > 1 # threshold: x", "annotations": {"s": "{{ 2 }}{{/* threshold: x */}}"}}],
    ],
)
def test_rules_whose_markers_contradict_are_a_defect(rules: list[dict[str, t.Any]]) -> None:
    with pytest.raises(ValueError, match="threshold"):
        read_thresholds(rules)


def test_the_filter_reads_the_jobs_from_the_configuration() -> None:
    target = '- {"targets": ["10.0.0.1:9100"], "labels": {"node": "a", "instance": "a:9100", "environment": "p"}}\n'
    files = [
        {"dest": "/etc/prometheus/prometheus.yml", "content": {"scrape_configs": [{"job_name": "redis"}]}},
        {"dest": "/etc/prometheus/file_sd/node.yml", "content": "# header\n" + target},
    ]
    result = prometheus_rules(files, {"alerts_disabled": ["HighCPUUsage"]}, "/etc/prometheus/rules")
    assert result[:2] == files
    texts = {file["dest"].rpartition("/")[2]: file["content"] for file in result[2:]}
    assert all(file["on_change"] == "reload" for file in result[2:])
    assert "RedisDown" in texts["database.yml"]
    assert "PostgreSQLDown" not in texts["database.yml"]
    assert "HighMemoryUsage" in texts["system.yml"]
    assert "HighCPUUsage" not in texts["system.yml"]
    assert 'node="a"' in texts["monitoring.yml"]


@pytest.mark.parametrize(
    ("job", "target", "expected"),
    [
        ({}, {}, "http://10.0.0.2:3000/"),
        ({"scheme": "https", "metrics_path": "/grafana/metrics"}, {}, "https://10.0.0.2:3000/grafana/"),
        ({}, {"__scheme__": "https", "__metrics_path__": "/g/metrics"}, "https://10.0.0.2:3000/g/"),
    ],
)
def test_dashboards_are_where_grafana_is(job: dict[str, str], target: dict[str, str], expected: str) -> None:
    line = json.dumps({"targets": ["10.0.0.2:3000"], "labels": {"node": "g", **target}})
    files = [
        {"dest": "/p/prometheus.yml", "content": {"scrape_configs": [{"job_name": "grafana", **job}]}},
        {"dest": "/p/file_sd/grafana.yml", "content": f"# header\n- {line}\n"},
    ]
    for given, address in (
        ({}, expected),
        ({"grafana_url": "https://g/"}, "https://g/"),
        ({"grafana_url": ""}, expected),
    ):
        texts = {file["dest"]: file["content"] for file in prometheus_rules(files, given, "/r")[2:]}
        assert f"{address}d/ets-monitoring" in texts["/r/monitoring.yml"]


def test_without_grafana_no_alert_has_a_link_to_a_dashboard() -> None:
    assert not any("dashboard_url" in file["content"] for file in prometheus_rules([], {}, "/r"))


def test_the_filter_names_the_variable() -> None:
    with pytest.raises(AnsibleFilterError, match="prometheus_alerts_disabled names the unknown alert 'X'"):
        prometheus_rules([], {"alerts_disabled": ["X"]}, "/r")


def test_the_problems_are_known_before_anything_is_deployed() -> None:
    assert prometheus_rule_problems({"alerts_disabled": ["NodeRebooted"]}) == []
    disabled, file = prometheus_rule_problems({"alerts_disabled": ["NodeReboted"], "extra_rule_files": {"a.yml": "["}})
    assert disabled == "prometheus_alerts_disabled names the unknown alert 'NodeReboted'; did you mean 'NodeRebooted'?"
    assert file.startswith("prometheus_extra_rule_files: a.yml is not YAML (line 1")

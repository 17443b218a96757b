# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The user's thresholds in the shipped dashboards."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._grafana_thresholds import (
    alert_thresholds,
    dashboard_files,
    with_numbers,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._inventory import Inventory
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import InputError

POINTER = "/panels/0/thresholds/steps/%d/value"


def made(*steps: tuple[str, float | None]) -> dict[str, t.Any]:
    return {"panels": [{"thresholds": {"steps": [{"color": color, "value": value} for color, value in steps]}}]}


def steps_of(dashboard: dict[str, t.Any]) -> list[tuple[str, float | None]]:
    return [(step["color"], step["value"]) for step in dashboard["panels"][0]["thresholds"]["steps"]]


def test_a_dashboard_without_a_changed_threshold_is_sent_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    path.write_text(json.dumps(made(("green", None), ("red", 5))))
    entry = {"group": "grafana", "mode": "0644", "on_change": "none", "dest": "/etc/d/one.json"}
    names = {"one": {POINTER % 1: "load"}}
    assert dashboard_files([str(path)], "/etc/d", "grafana", {"other": 3}, names) == [{**entry, "src": str(path)}]
    [changed] = dashboard_files([str(path)], "/etc/d", "grafana", {"load": 3}, names)
    content = changed.pop("content")
    assert changed == entry
    assert steps_of(json.loads(content)) == [("green", None), ("red", 3)]


@pytest.mark.parametrize(
    ("before", "numbers", "after"),
    [
        # High is bad.
        ([("green", None), ("orange", 1), ("red", 2)], {1: 1.5}, [("green", None), ("orange", 1.5), ("red", 2)]),
        ([("green", None), ("orange", 1), ("red", 2)], {2: 0.5}, [("green", None), ("red", 0.5)]),
        # Low is bad: critical below the second number, a warning below the third.
        ([("red", None), ("orange", 1), ("green", 2)], {2: 3}, [("red", None), ("orange", 1), ("green", 3)]),
        ([("red", None), ("orange", 1), ("green", 2)], {1: 2.5}, [("red", None), ("green", 2.5)]),
    ],
)
def test_what_is_critical_is_red_whatever_the_numbers(
    before: list[tuple[str, float | None]], numbers: dict[int, float], after: list[tuple[str, float | None]]
) -> None:
    changed = with_numbers(made(*before), {POINTER % place: number for place, number in numbers.items()})
    assert steps_of(changed) == after


def inventory(thresholds: object) -> Inventory:
    hostvars = {
        "other": {"observability_environment": "other", "prometheus_alert_thresholds": {"cpu_usage_ratio": 0.1}},
        "mon1": {"observability_environment": "mine", "prometheus_alert_thresholds": thresholds},
        "panels": {"observability_environment": "mine"},
        "alone": {"observability_environment": "alone"},
    }
    return Inventory({"all": list(hostvars), "prometheus": ["other", "mon1"], "grafana": ["panels"]}, hostvars)


def test_the_numbers_are_those_of_the_prometheus_of_the_environment() -> None:
    assert alert_thresholds(inventory({"cpu_usage_ratio": 0.5}), "panels") == {"cpu_usage_ratio": 0.5}
    assert alert_thresholds(inventory({"cpu_usage_ratio": 0.5}), "alone") == {}
    with pytest.raises(InputError, match=r"prometheus_alert_thresholds.cpu_usage_ratio is 80; expected a share"):
        alert_thresholds(inventory({"cpu_usage_ratio": 80}), "panels")

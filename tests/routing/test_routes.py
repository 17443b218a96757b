# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is told of each alert of the rule files, in the words of amtool itself, of three versions."""

from __future__ import annotations

import subprocess
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.enterprise_tickets.observability.plugins.filter.alertmanager import alertmanager

from tools.testrunner.environment import ROOT

ALERTS: t.Final = {
    rule["alert"]: rule["labels"]
    for path in sorted((ROOT / "roles/prometheus/files/rules").glob("*.yml"))
    for group in yaml.safe_load(path.read_text())["groups"]
    for rule in group["rules"]
    if "alert" in rule
}
MAILBOXES: t.Final = ("critical", "level2", "level3", "warning", "info", "other")


def expected(name: str, labels: dict[str, str], teams: bool) -> set[str]:
    """The specification, as against the tree of routes."""
    severity, team, category = labels["severity"], labels["team"], labels["category"]
    if name == "Watchdog":
        return {"deadman"}
    if severity == "digest":
        return {"email-warning" if labels["digest"] == "hourly" else "email-info"}
    told = {"email-critical"} if severity == "critical" else {"nobody"}
    if severity == "critical" and labels.get("escalate") != "no":
        told |= {"email-level2", "email-level3"}
    if severity in ("critical", "warning"):
        told.add("slack-alerts")
    if category in ("system", "monitoring", "logging", "containers"):
        told.add("slack-monitoring")
    if team == "operations":
        told.add("slack-ops")
    if teams and team in ("operations", "development"):
        told.add(f"teams-{team}")
    if teams and category in ("business", "slo"):
        told.add("teams-management")
    return told


@pytest.mark.parametrize("index", range(3))
def test_every_alert_reaches_whom_it_should(programs: dict[str, Path], index: int, tmp_path: Path) -> None:
    version, directory = list(programs.items())[index]
    program = directory / "amtool"
    teams = not version.startswith("0.25.")
    settings: dict[str, t.Any] = {
        "smtp": {"smarthost": "mail.example.com:25", "from": "am@example.com"},
        "email_recipients": {name: [f"{name}@example.com"] for name in MAILBOXES},
        "slack_webhook_url": "https://hooks.example.com/x",
        "deadman_url": "https://dead.example.com/x",
        "teams_webhook_url": "https://flow.example.com/x" if teams else "",
    }
    config = tmp_path / "alertmanager.yml"
    content = alertmanager(settings, version)["config"]
    content["templates"] = [str(ROOT / "roles/alertmanager/files/templates/*.tmpl")]
    (tmp_path / "contacts.tmpl").write_text(alertmanager(settings, version)["contacts"])
    content["templates"].append(str(tmp_path / "contacts.tmpl"))
    config.write_text(yaml.safe_dump(content))
    subprocess.run([program, "check-config", config], check=True)
    assert len(ALERTS) > 100
    wrong = []
    for name, labels in ALERTS.items():
        words = [f"{key}={value}" for key, value in {"alertname": name, **labels}.items()]
        command = [program, "config", "routes", "test", f"--config.file={config}", *words]
        told = set(subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip().split(","))
        if told != expected(name, labels, teams):
            wrong.append((name, sorted(told), sorted(expected(name, labels, teams))))
    assert not wrong

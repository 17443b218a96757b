# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The committed dashboards as the tests read them."""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass
from pathlib import Path

DIRECTORY = Path(__file__).resolve().parents[2] / "roles" / "grafana" / "files" / "dashboards"
Json = dict[str, t.Any]

DASHBOARDS: dict[str, Json] = {path.stem: json.loads(path.read_text()) for path in sorted(DIRECTORY.glob("*.json"))}
#: By uid, which numbers of a dashboard are thresholds of alerts.
NAMES: dict[str, dict[str, str]] = json.loads((DIRECTORY.parent / "thresholds.json").read_text())
#: What Grafana puts in the place of its variables, in a world that is scraped every second; all is chosen.
VARIABLES = {
    "__rate_interval": "10s",
    "__interval": "2s",
    "__range": "1m",
    **dict.fromkeys(("environment", "node", "job", "instance"), ".*"),
}


@dataclass(frozen=True)
class Target:
    """A query of a panel."""

    dashboard: str
    panel: Json
    query: Json

    def __str__(self) -> str:
        return f"{self.dashboard}: {self.panel['title']} {self.query['refId']}"

    @property
    def expression(self) -> str:
        return str(self.query["expr"])

    @property
    def unit(self) -> str:
        """The unit of the values: that of the column where the panel is a table."""
        return unit(self.panel, self.query["refId"])

    @property
    def may_be_empty(self) -> bool:
        return "Empty when " in self.panel["description"]

    @property
    def needs(self) -> str:
        """What the description says is needed, such as `postgres_exporter 0.13 or newer`."""
        match = re.search(r"Needs (.*?)\.(?: |$)", self.panel["description"])
        return match[1] if match else ""


def panels(dashboard: Json) -> list[Json]:
    """The panels of a dashboard, rows left out."""
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def unit(panel: Json, ref: str) -> str:
    """The unit of a query's values."""
    renamed: dict[str, str] = {}
    for step in panel["transformations"]:
        renamed |= step["options"].get("renameByName", {})
    heading = renamed.get(f"Value #{ref}", renamed.get("Value", "Value"))
    for override in panel["fieldConfig"]["overrides"]:
        if override["matcher"]["options"] == heading:
            for change in override["properties"]:
                if change["id"] == "unit":
                    return str(change["value"])
    return str(panel["fieldConfig"]["defaults"]["unit"])


def substituted(expression: str) -> str:
    """An expression as Grafana sends it."""
    for name, value in VARIABLES.items():
        expression = re.sub(rf"\$(?:\{{{name}\}}|{name}\b)", value, expression)
    return expression


TARGETS = [
    Target(uid, panel, query)
    for uid, dashboard in DASHBOARDS.items()
    for panel in panels(dashboard)
    for query in panel.get("targets", [])
]

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A dashboard: rows of panels, and choices above them."""

from __future__ import annotations

import typing as t
from collections.abc import Sequence
from dataclasses import dataclass

from dashboards.kibana.lens import COLUMNS, Panel
from dashboards.kibana.objects import Json, reference, saved_object, text


@dataclass(frozen=True, slots=True)
class Choice:
    """A list above the dashboard from which people choose values of a field."""

    title: str
    field: str

    @property
    def id(self) -> str:
        """Stable identifier within the dashboard."""
        return self.field.replace(".", "-")


_KEPT: t.Final = {
    "ignoreFilters": False,
    "ignoreQuery": False,
    "ignoreTimerange": False,
    "ignoreValidations": False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """A dashboard.

    Attributes:
        id: It never changes: bookmarks point to it.
        view: The data view of the choices.
        rows: Panels side by side; each row is as high as its highest panel.
        since: How far it looks back at first.
    """

    id: str
    title: str
    description: str
    view: str
    choices: Sequence[Choice]
    rows: Sequence[Sequence[Panel]]
    since: str = "now-24h"

    def json(self) -> Json:
        """The object of the type dashboard.

        Raises:
            ValueError: A row is too wide, or two panels have one title.
        """
        panels: list[Json] = []
        references: list[Json] = []
        y = 0
        for row in self.rows:
            x = 0
            for panel in row:
                panels.append(panel.json(x, y))
                references += panel.references()
                x += panel.width
            if x > COLUMNS:
                raise ValueError(f"{self.title}: the row of {row[0].title!r} has {x} columns; at most {COLUMNS} fit")
            y += max(panel.height for panel in row)
        names = [panel["panelIndex"] for panel in panels]
        if len(set(names)) < len(names):
            raise ValueError(f"{self.title}: two panels have one title")
        for choice in self.choices:
            references.append(reference("index-pattern", self.view, f"controlGroup_{choice.id}:optionsListDataView"))
        attributes = {
            "title": self.title,
            "description": self.description,
            "timeRestore": True,
            "timeFrom": self.since,
            "timeTo": "now",
            "refreshInterval": {"pause": False, "value": 60000},
            "version": 1,
            "controlGroupInput": self._controls(),
            "kibanaSavedObjectMeta": {
                "searchSourceJSON": text({"query": {"query": "", "language": "kuery"}, "filter": []})
            },
            "optionsJSON": text(
                {
                    "useMargins": True,
                    "syncColors": True,
                    "syncCursor": True,
                    "syncTooltips": False,
                    "hidePanelTitles": False,
                }
            ),
            "panelsJSON": text(panels),
        }
        return saved_object("dashboard", self.id, attributes, references)

    def _controls(self) -> Json:
        panels = {
            choice.id: {
                "type": "optionsListControl",
                "order": order,
                "grow": True,
                "width": "medium",
                "explicitInput": {
                    "id": choice.id,
                    "fieldName": choice.field,
                    "title": choice.title,
                    "selectedOptions": [],
                    "enhancements": {},
                },
            }
            for order, choice in enumerate(self.choices)
        }
        return {
            "chainingSystem": "HIERARCHICAL",
            "controlStyle": "oneLine",
            "ignoreParentSettingsJSON": text(_KEPT),
            "panelsJSON": text(panels),
        }

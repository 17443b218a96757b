# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The user's thresholds of alerts in the shipped dashboards. PRIVATE to the collection."""

from __future__ import annotations

import json
import os
import typing as t
from collections.abc import Mapping, Sequence

from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils import _file_entries
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._catalogue import BY_NAME
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._endpoints import members_in_environment
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._inventory import Inventory
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._rule_thresholds import as_number
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import as_mapping

_VARIABLE: t.Final = "prometheus_alert_thresholds"

#: A dashboard's numbers that are thresholds of alerts: JSON pointer (RFC 6901) -> name of the threshold.
Names = Mapping[str, str]


def alert_thresholds(inventory: Inventory, host: str) -> dict[str, float]:
    """What the first Prometheus of a host's environment has in `prometheus_alert_thresholds`; it checks the names.

    Raises:
        InputError: A variable is not what it should be.
    """
    for server in members_in_environment(inventory, host, BY_NAME["prometheus"].group):
        given = as_mapping(inventory.read(server, (_VARIABLE,)).get(_VARIABLE), _VARIABLE)
        return {name: as_number(value, f"{_VARIABLE}.{name}", name) for name, value in given.items()}
    return {}


def dashboard_files(
    paths: Sequence[str], directory: str, group: str, values: Mapping[str, float], names: Mapping[str, Names]
) -> list[dict[str, t.Any]]:
    """Entries for dashboards; those that show a threshold of the user's get it, all others are sent as they are.

    Args:
        paths: Files on the controller.
        directory: Where they go on the host.
        group: The group that may read them.
        values: The user's thresholds by name.
        names: Uid of a dashboard -> its numbers that are thresholds.
    """
    entries = _file_entries.source_files(paths, directory, group, "none")
    for entry in entries:
        uid = os.path.splitext(os.path.basename(entry["src"]))[0]
        touched = {pointer: values[name] for pointer, name in names.get(uid, {}).items() if name in values}
        if touched:
            with open(entry.pop("src"), encoding="utf-8") as file:
                entry["content"] = json.dumps(with_numbers(json.load(file), touched), indent=2) + "\n"
    return entries


def with_numbers(dashboard: dict[str, t.Any], numbers: Mapping[str, float]) -> dict[str, t.Any]:
    """Put numbers into a dashboard, by their pointers; it is changed and returned."""
    lists = {}
    for pointer, number in numbers.items():
        *way, place, key = pointer.strip("/").split("/")
        steps = _at(dashboard, way)
        steps[int(place)][key] = number
        lists["/".join(way)] = steps
    for steps in lists.values():
        _drop_overtaken(steps)
    return dashboard


def _at(content: t.Any, way: Sequence[str]) -> t.Any:
    for key in way:
        content = content[int(key)] if isinstance(content, list) else content[key]
    return content


def _drop_overtaken(steps: list[dict[str, t.Any]]) -> None:
    """Where the critical value lies before that of the warning, nothing is ever a warning.

    Grafana looks at steps one after the other and stops at the first that is above the value.
    """
    if len(steps) != 3 or steps[1]["value"] < steps[2]["value"]:
        return
    high_is_bad = steps[0]["color"] == "green"
    steps[2]["value"] = (min if high_is_bad else max)(step["value"] for step in steps[1:])
    del steps[1]


__all__ = ("alert_thresholds", "dashboard_files", "with_numbers")

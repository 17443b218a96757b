# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What comes out of the pipeline is what Elasticsearch has types for."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._log_streams import CATEGORIES

ROOT = Path(__file__).parents[2]
MAPPINGS = yaml.safe_load((ROOT / "roles" / "elasticsearch" / "files" / "log_mappings.yml").read_text())

FITS: dict[str, Callable[[Any], bool]] = {
    "long": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "float": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "ip": lambda value: bool(ipaddress.ip_address(value)),
    "flattened": lambda value: isinstance(value, dict),
}


def fields(event: dict[str, Any], properties: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str, Any]]:
    """Every field with its type and value; the type of an unknown one is `unknown`."""
    for key, value in event.items():
        mapping = properties.get(key, {"type": "unknown"})
        if "properties" in mapping and isinstance(value, dict):
            yield from fields(value, mapping["properties"], f"{prefix}{key}.")
        else:
            yield prefix + key, mapping.get("type", "unknown"), value


def test_every_field_has_a_type_and_its_values_fit(results: dict[str, dict[str, Any]]) -> None:
    wrong = set()
    for event in results.values():
        for name, kind, value in fields(event, MAPPINGS["properties"]):
            values = value if isinstance(value, list) else [value]
            fits = FITS.get(kind, lambda value: isinstance(value, str))
            if kind in ("unknown", "alias") or not all(fits(one) for one in values):
                wrong.add(f"{name} ({kind}): {value!r}")
    # What geoip and useragent add is ECS, and typed by ecs@mappings.
    assert {one for one in wrong if not one.startswith(("source.geo.", "user_agent.", "source.as."))} == set()


def test_every_data_stream_of_the_pipeline_has_a_retention(results: dict[str, dict[str, Any]]) -> None:
    known = {f"ets.{dataset}" for category in CATEGORIES for dataset in category.datasets}
    assert {event["data_stream"]["dataset"] for event in results.values()} == known

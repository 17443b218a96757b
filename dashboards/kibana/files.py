# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that the role kibana ships."""

from __future__ import annotations

import json
import typing as t
from collections.abc import Iterable

from dashboards.kibana import business_analytics, error_analysis, log_overview, performance_logs, security_monitor
from dashboards.kibana.objects import Json
from dashboards.kibana.shared import DATA_VIEWS, QUERIES, SEARCHES

DASHBOARDS: t.Final = (
    log_overview.DASHBOARD,
    error_analysis.DASHBOARD,
    security_monitor.DASHBOARD,
    performance_logs.DASHBOARD,
    business_analytics.DASHBOARD,
)


def files() -> dict[str, str]:
    """The content of each file by its name: what is shared, and a file for each dashboard."""
    shared = [item.json() for item in (*DATA_VIEWS, *QUERIES, *SEARCHES)]
    return {
        "shared.ndjson": _lines(shared),
        **{f"{item.id.removeprefix('ets-')}.ndjson": _lines([item.json()]) for item in DASHBOARDS},
    }


def _lines(objects: Iterable[Json]) -> str:
    return "".join(json.dumps(item, sort_keys=True, ensure_ascii=False) + "\n" for item in objects)

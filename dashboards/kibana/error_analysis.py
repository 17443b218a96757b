# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Error Analysis: which errors there are, where they come from, and since when."""

from __future__ import annotations

import typing as t

from dashboards.kibana.dashboard import Dashboard
from dashboards.kibana.lens import Group, ListPanel, count, latest, unique
from dashboards.kibana.shared import ALL, BY_HOST, BY_PATH, BY_SERVICE, CHOICES, ERRORS, LOGS

_WHERE: t.Final = "tags: error"
_BY_TYPE: t.Final = Group("Exception", "error.type", size=20)

DASHBOARD: t.Final = Dashboard(
    id="ets-error-analysis",
    title="Error Analysis",
    description="Which errors there are, where they come from, and since when.",
    view=LOGS.id,
    choices=CHOICES,
    rows=[
        [
            ALL.number("Errors", "Events tagged as errors.", count("Errors"), where=_WHERE),
            ALL.number(
                "Failed requests",
                "Answers with a status of 500 or more.",
                count("Requests"),
                where="tags: server_error",
            ),
            ALL.number("Kinds of exceptions", "Different exceptions.", unique("Kinds", "error.type"), where=_WHERE),
            ALL.number("Hosts with errors", "Different hosts.", unique("Hosts", "host.name"), where=_WHERE),
        ],
        [
            ALL.over_time("Errors by service", "When errors began.", count("Errors"), where=_WHERE, by=BY_SERVICE),
            ALL.over_time(
                "Exceptions over time",
                "A colour that is new is a new fault.",
                count("Errors"),
                where=_WHERE,
                by=_BY_TYPE,
            ),
        ],
        [
            ALL.table(
                "Exceptions",
                "The most frequent ones.",
                [_BY_TYPE, Group("Service", "service.name", size=3)],
                count("Errors"),
                latest(),
            ),
            ALL.table(
                "Paths that fail",
                "Answers with a status of 500 or more.",
                [BY_PATH, Group("Status", "http.response.status_code", size=5, kind="number")],
                count("Requests"),
                latest(),
                where="tags: server_error",
            ),
        ],
        [
            ALL.table(
                "Errors by host", "Where they are logged.", [BY_HOST], count("Errors"), latest(), where=_WHERE, width=16
            ),
            ALL.table(
                "Errors by logger",
                "Parts of the application.",
                [Group("Logger", "log.logger", size=20)],
                count("Errors"),
                where=_WHERE,
                width=16,
            ),
            ALL.table(
                "PostgreSQL errors",
                "SQLSTATE codes: class 23 are violated constraints, 40 conflicts, 53 resources, 57 an operator.",
                [Group("Code", "error.code", size=20), Group("Database", "postgresql.log.database", size=3)],
                count("Errors"),
                where="event.dataset: ets.postgresql",
                width=16,
            ),
        ],
        [ListPanel("Latest errors", 48, 18, ERRORS)],
    ],
)

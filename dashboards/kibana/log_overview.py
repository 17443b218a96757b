# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Log Overview: what is logged, by whom, and whether it is understood."""

from __future__ import annotations

import typing as t

from dashboards.kibana.dashboard import Dashboard
from dashboards.kibana.lens import Group, ListPanel, count, latest
from dashboards.kibana.shared import ALL, BY_HOST, BY_SERVICE, CHOICES, LOGS, NEWEST

DASHBOARD: t.Final = Dashboard(
    id="ets-log-overview",
    title="Log Overview",
    description="What is logged, by whom, and whether it is understood.",
    view=LOGS.id,
    choices=CHOICES,
    since="now-1h",
    rows=[
        [
            ALL.number("Events", "Lines of all sources.", count("Events"), width=12),
            ALL.number("Errors", "Events tagged as errors.", count("Errors", "tags: error"), width=9),
            ALL.number("Security events", "Logins and denied access.", count("Events", "tags: security"), width=9),
            ALL.number("Slow requests", "More than two seconds.", count("Requests", "tags: slow"), width=9),
            ALL.number(
                "Unparsed lines",
                "Lines that no pattern has understood. They are kept, and should be none.",
                count("Lines", "event.kind: pipeline_error"),
                width=9,
            ),
        ],
        [
            ALL.over_time("Events by service", "A gap means that logs are missing.", count("Events"), by=BY_SERVICE),
            ALL.over_time(
                "Events by level", "Errors beside the rest.", count("Events"), by=Group("Level", "log.level")
            ),
        ],
        [
            ALL.shares("Events by source", "Data streams.", Group("Source", "event.dataset"), count("Events")),
            ALL.table(
                "Hosts",
                "A host whose last event is old has stopped shipping.",
                [BY_HOST],
                count("Events"),
                count("Errors", "tags: error"),
                latest(),
                width=18,
            ),
            ALL.table(
                "Why lines are not understood",
                "Tags of the pipeline.",
                [Group("Tag", "tags"), Group("Source", "event.dataset", size=3)],
                count("Lines"),
                where="event.kind: pipeline_error",
                width=18,
            ),
        ],
        [ListPanel("Newest events", 48, 18, NEWEST)],
    ],
)

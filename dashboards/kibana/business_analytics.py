# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Business Analytics: what people do with the ticket system. Users are pseudonyms."""

from __future__ import annotations

import typing as t

from dashboards.kibana.dashboard import Choice, Dashboard
from dashboards.kibana.lens import Group, ListPanel, count, latest, unique
from dashboards.kibana.shared import ALL, BUSINESS, BY_ACTION, BY_COUNTRY, BY_PATH, LOGS

_EVENTS: t.Final = "event.action: (ticket.* or approval.* or notification.*)"
_REQUESTS: t.Final = "event.dataset: ets.app and http.request.method: *"
_VISITS: t.Final = "event.dataset: ets.nginx_access"

DASHBOARD: t.Final = Dashboard(
    id="ets-business-analytics",
    title="Business Analytics",
    description="What people do with the ticket system. Users are pseudonyms.",
    view=LOGS.id,
    choices=(Choice("Event", "event.action"), Choice("Country", "source.geo.country_name")),
    since="now-7d",
    rows=[
        [
            ALL.number(
                "Tickets created",
                "In the chosen time.",
                count("Tickets"),
                where="event.action: ticket.created",
                width=10,
            ),
            ALL.number(
                "Tickets resolved",
                "In the chosen time.",
                count("Tickets"),
                where="event.action: ticket.resolved",
                width=10,
            ),
            ALL.number(
                "Service levels missed",
                "First responses and resolutions.",
                count("Breaches"),
                where="event.action: ticket.sla_breached",
                width=10,
            ),
            ALL.number(
                "Approvals decided",
                "In the chosen time.",
                count("Approvals"),
                where="event.action: approval.decided",
                width=9,
            ),
            ALL.number(
                "Active users",
                "Different users with a request.",
                unique("Users", "user.hash"),
                where=_REQUESTS,
                width=9,
            ),
        ],
        [
            ALL.over_time("Business events", "What happened, by kind.", count("Events"), where=_EVENTS, by=BY_ACTION),
            ALL.over_time(
                "Users over time", "Different users with a request.", unique("Users", "user.hash"), where=_REQUESTS
            ),
        ],
        [
            ALL.over_time(
                "Tickets",
                "Created and resolved: a gap that grows is a backlog.",
                count("Created", "event.action: ticket.created"),
                count("Resolved", "event.action: ticket.resolved"),
                count("Reopened", "event.action: ticket.reopened"),
                series="line",
            ),
            ALL.over_time(
                "Approvals",
                "Requested and decided.",
                count("Requested", "event.action: approval.requested"),
                count("Decided", "event.action: approval.decided"),
                series="line",
            ),
        ],
        [
            ALL.table(
                "Events",
                "How often, and by how many.",
                [BY_ACTION],
                count("Events"),
                unique("Users", "user.hash"),
                latest(),
                where=_EVENTS,
                width=16,
            ),
            ALL.table(
                "What is used",
                "Paths of the application.",
                [BY_PATH, Group("Method", "http.request.method", size=4)],
                count("Requests"),
                unique("Users", "user.hash"),
                where=_REQUESTS,
                width=16,
            ),
            ALL.shares(
                "Countries",
                "Of visitors, by the bundled GeoIP database.",
                BY_COUNTRY,
                count("Requests"),
                where=_VISITS,
                width=8,
            ),
            ALL.shares(
                "Browsers",
                "By the user agent.",
                Group("Browser", "user_agent.name", other=True),
                count("Requests"),
                where=_VISITS,
                width=8,
            ),
        ],
        [ListPanel("Business events in detail", 48, 18, BUSINESS)],
    ],
)

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Data views, saved queries, lists of events, and what several dashboards use."""

from __future__ import annotations

import typing as t

from dashboards.kibana.dashboard import Choice
from dashboards.kibana.lens import Charts, Group
from dashboards.kibana.objects import DataView, SavedQuery, Search

LOGS: t.Final = DataView("ets-logs", "Logs", "logs-ets.*-*")
APPLICATION: t.Final = DataView("ets-logs-app", "Logs of the application", "logs-ets.app-*")
AUDIT: t.Final = DataView("ets-logs-audit", "Audit log", "logs-ets.audit-*")
DATA_VIEWS: t.Final = (LOGS, APPLICATION, AUDIT)

# The four queries that operators know by heart, letter by letter. Their short names are aliases of ECS fields, and
# log.level is compared in lower case. The third is Lucene: KQL has no :> before a number.
QUERIES: t.Final = (
    SavedQuery("ets-find-errors", "Find Errors", "Errors of all sources.", "level:ERROR OR severity:error"),
    SavedQuery(
        "ets-authentication-failures",
        "Authentication Failures",
        "Logins that were refused.",
        'path:"/auth/login" AND status:401',
    ),
    SavedQuery(
        "ets-slow-requests", "Slow Requests", "More than two seconds.", "response_time:>2000", language="lucene"
    ),
    SavedQuery(
        "ets-security-events",
        "Security Events",
        "Logins, denied access, and who became whom.",
        "tags:authentication OR tags:security",
    ),
    SavedQuery(
        "ets-unparsed-lines",
        "Unparsed Lines",
        "Lines that no pattern has understood; the tags say which.",
        "event.kind: pipeline_error",
    ),
    SavedQuery("ets-slow-queries", "Slow SQL", "Statements that took more than a second.", "tags: slow_query"),
)

NEWEST: t.Final = Search(
    "ets-newest",
    "Newest events",
    "Everything, the newest first.",
    LOGS.id,
    "",
    ("host.name", "service.name", "log.level", "message"),
)
ERRORS: t.Final = Search(
    "ets-errors",
    "Errors",
    "Errors with their exceptions.",
    LOGS.id,
    "tags: error",
    ("host.name", "service.name", "error.type", "message", "url.path"),
)
SECURITY: t.Final = Search(
    "ets-security",
    "Security events",
    "Logins, denied access, and who became whom.",
    LOGS.id,
    "tags: (authentication or security)",
    ("host.name", "event.action", "event.outcome", "user.hash", "source.ip", "message"),
)
SLOW: t.Final = Search(
    "ets-slow",
    "Slow requests and statements",
    "What took longer than it should.",
    LOGS.id,
    "tags: (slow or slow_query)",
    ("service.name", "response_time", "http.request.method", "url.path", "message"),
)
BUSINESS: t.Final = Search(
    "ets-business",
    "Business events",
    "Tickets, approvals and notifications.",
    LOGS.id,
    "event.action: (ticket.* or approval.* or notification.*)",
    ("event.action", "user.hash", "message"),
)
SEARCHES: t.Final = (NEWEST, ERRORS, SECURITY, SLOW, BUSINESS)

ALL: t.Final = Charts(LOGS.id)

BY_SERVICE: t.Final = Group("Service", "service.name", other=True)
BY_PATH: t.Final = Group("Path", "url.path", size=20)
BY_HOST: t.Final = Group("Host", "host.name", size=20)
BY_ACTION: t.Final = Group("Event", "event.action", size=20)
BY_OUTCOME: t.Final = Group("Outcome", "event.outcome", size=3)
BY_COUNTRY: t.Final = Group("Country", "source.geo.country_name", other=True)

CHOICES: t.Final = (Choice("Host", "host.name"), Choice("Service", "service.name"), Choice("Level", "log.level"))

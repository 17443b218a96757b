# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Performance Logs: how long requests and statements take, and which are slow."""

from __future__ import annotations

import typing as t

from dashboards.kibana.dashboard import Choice, Dashboard
from dashboards.kibana.lens import Charts, Group, ListPanel, count, latest, percentile
from dashboards.kibana.shared import ALL, APPLICATION, BY_PATH, BY_SERVICE, LOGS, SLOW

_APP: t.Final = Charts(APPLICATION.id)
_TIME: t.Final = "response_time"

DASHBOARD: t.Final = Dashboard(
    id="ets-performance-logs",
    title="Performance Logs",
    description="How long requests and statements take, and which are slow.",
    view=LOGS.id,
    choices=(Choice("Service", "service.name"), Choice("Path", "url.path"), Choice("Method", "http.request.method")),
    rows=[
        [
            _APP.number("Median", "Half of the requests are faster.", percentile("Median", _TIME, 50), width=10),
            _APP.number(
                "95th percentile", "Acceptable: 2,000 ms; target: 1,000 ms.", percentile("p95", _TIME, 95), width=10
            ),
            _APP.number(
                "99th percentile", "One request in a hundred takes longer.", percentile("p99", _TIME, 99), width=10
            ),
            ALL.number("Slow requests", "More than two seconds.", count("Requests"), where="tags: slow", width=9),
            ALL.number(
                "Slow statements", "More than one second.", count("Statements"), where="tags: slow_query", width=9
            ),
        ],
        [
            _APP.over_time(
                "Response time",
                "Percentiles of the application.",
                percentile("p50", _TIME, 50),
                percentile("p95", _TIME, 95),
                percentile("p99", _TIME, 99),
                series="line",
            ),
            ALL.over_time(
                "Response time by service",
                "The proxies see what the application cannot: waiting and sending.",
                percentile("p95", _TIME, 95),
                where="response_time: *",
                by=Group("Service", "service.name"),
                series="line",
            ),
        ],
        [
            _APP.table(
                "Slowest paths",
                "By their 95th percentile.",
                [BY_PATH],
                percentile("p95", _TIME, 95),
                percentile("p50", _TIME, 50),
                count("Requests"),
                count("Slow", "tags: slow"),
                where="url.path: *",
            ),
            ALL.over_time(
                "Slow requests by service", "When it was slow.", count("Requests"), where="tags: slow", by=BY_SERVICE
            ),
        ],
        [
            ALL.table(
                "Slow statements by application",
                "Applications and databases whose statements took more than a second.",
                [
                    Group("Application", "postgresql.log.application_name"),
                    Group("Database", "postgresql.log.database", size=3),
                ],
                percentile("p95", _TIME, 95),
                count("Statements"),
                latest(),
                where="tags: slow_query",
                width=16,
            ),
            ALL.over_time(
                "NGINX and its upstreams",
                "The difference is what NGINX and the client's network take.",
                percentile("Whole p95", _TIME, 95),
                percentile("Upstream p95", "ets.upstream_time_ms", 95),
                where="event.dataset: ets.nginx_access",
                series="line",
                width=16,
            ),
            ALL.over_time(
                "HAProxy",
                "Time in the queue, to connect, and of the server.",
                percentile("Queue p95", "haproxy.time_queue", 95),
                percentile("Connect p95", "haproxy.time_backend_connect", 95),
                percentile("Server p95", "haproxy.http.time_server", 95),
                where="event.dataset: ets.haproxy",
                series="line",
                width=16,
            ),
        ],
        [ListPanel("Slow requests and statements", 48, 18, SLOW)],
    ],
)

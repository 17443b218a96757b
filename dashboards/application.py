# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Application Performance: the FastAPI back end, and what stands before it."""

from __future__ import annotations

from dashboards.links import BUSINESS, DATABASE, INFRASTRUCTURE
from dashboards.model import Dashboard, Row
from dashboards.panels import NONE_IS_GOOD, UP_OR_DOWN, bars, coloured, graph, heatmap, stat, table
from dashboards.queries import CONTRACT, RATE
from dashboards.thresholds import above, below

SERVED = 'http_requests_total{@,handler!~"/metrics|/health.*"}'
SLOW_LIMITS = above(warning="response_time_target_seconds", critical="response_time_seconds")
SLOW_ALERTS = ("FastAPIResponseTimeAboveTarget", "FastAPIHighResponseTime")
ERROR_LIMITS = above(warning="kpi_error_ratio_acceptable", critical="error_ratio")
# Bounds are written `1` or `1.0`, as the application's library and Prometheus's version have it.
SLOWER_THAN_1S = (
    f'1 - sum by (handler) (rate(http_request_duration_seconds_bucket{{@,le=~"1|1.0"}}{RATE}))'
    f" / (sum by (handler) (rate(http_request_duration_seconds_count{{@}}{RATE})) > 0)"
)


def percentile(share: float, by: str = "") -> str:
    """A percentile of the duration of all requests."""
    return f"histogram_quantile({share}, sum by ({by}le) (rate(http_request_duration_highr_seconds_bucket{{@}}{RATE})))"


NOW = Row(
    "",
    [
        stat(
            "Back ends",
            "A tile for each back end. Good: all up.",
            'up{@,job="fastapi"}',
            "short",
            legend="{{node}}",
            tiles=True,
            mappings=UP_OR_DOWN,
            thresholds=below(critical=1),
            width=6,
            alerts=["FastAPIDown", "FastAPIAbsent"],
            links=[INFRASTRUCTURE],
        ),
        stat(
            "Requests now",
            "Requests per second, health checks left out. Good: what the hour of the day usually has.",
            "sum(job:http_requests:rate5m{@service})",
            "reqps",
            decimals=1,
            width=4,
            alerts=["FastAPIThroughputBelowMinimum", "FastAPITrafficDrop"],
        ),
        stat(
            "Failing now",
            "Share of requests answered with 5xx, over five minutes. Good: green.",
            "max(job:http_request_errors:ratio_rate5m{@service})",
            "percentunit",
            decimals=2,
            thresholds=ERROR_LIMITS,
            width=4,
            alerts=["FastAPIHighErrorRate"],
        ),
        stat(
            "Response (p95)",
            "Nineteen of twenty requests are faster. Good: green.",
            "max(job:http_request_duration_seconds:p95_5m{@service})",
            "s",
            decimals=2,
            thresholds=SLOW_LIMITS,
            width=4,
            alerts=SLOW_ALERTS,
        ),
        stat(
            "In progress",
            "Requests being worked on. Good: few; a number that only rises means that requests hang.",
            "sum(http_requests_inprogress{@})",
            "short",
            decimals=0,
            width=3,
            needs="should_instrument_requests_inprogress=True in the application",
            links=[DATABASE],
        ),
        stat(
            "Version",
            "The version that runs. Good: one tile; two for longer than a roll-out means that it got stuck.",
            "count by (version, revision) (ets_build_info{@})",
            "short",
            legend="{{version}} ({{revision}})",
            tiles=True,
            width=3,
            needs=CONTRACT,
            links=[BUSINESS],
        ),
    ],
)

TRAFFIC = Row(
    "Requests",
    [
        graph(
            "By status",
            "Requests per second by status. Good: 2xx and 3xx; 4xx are the clients' mistakes, 5xx ours.",
            {"{{status}}": f"sum by (status) (rate({SERVED}{RATE}))"},
            "reqps",
            stacked=True,
            alerts=["FastAPITrafficDrop"],
        ),
        graph(
            "By route",
            "The ten busiest routes. Good: the usual mix.",
            {"{{method}} {{handler}}": f"topk(10, sum by (method, handler) (rate({SERVED}{RATE})))"},
            "reqps",
            alerts=["FastAPIThroughputBelowMinimum"],
        ),
        graph(
            "Failures by route",
            "Requests per second that were answered with 5xx. Good: none.",
            {
                "{{method}} {{handler}} {{status}}": "sum by (method, handler, status) "
                f'(rate(http_requests_total{{@,status=~"5.."}}{RATE})) > 0'
            },
            "reqps",
            empty_when="no request fails",
            alerts=["FastAPIHighErrorRate"],
            links=[DATABASE],
        ),
        graph(
            "Share of failures",
            "Share of requests answered with 5xx. Good: below the lower line.",
            {"{{environment}} {{job}}": "job:http_request_errors:ratio_rate5m{@service}"},
            "percentunit",
            thresholds=ERROR_LIMITS,
            alerts=["FastAPIHighErrorRate", "SLOAvailabilityFastBurn"],
        ),
        graph(
            "Unknown paths and denials",
            "Requests per five minutes for paths that are not there, and for what the user may not see. Good: few; "
            "scanners and broken links show here.",
            {
                "unknown path": f'sum(rate(http_requests_total{{@,handler="none",status=~"404|405|4xx"}}{RATE})) * 300',
                "denied": f"sum(rate(ets_authz_denied_total{{@}}{RATE})) * 300",
            },
            "short",
            thresholds=above(warning="authorization_denials_per_5m", critical="unknown_paths_per_5m"),
            needs=CONTRACT,
            alerts=["SuspiciousActivity", "AuthorizationDenialsHigh"],
        ),
        graph(
            "Logins",
            "Logins per five minutes by result. Good: failures well below the line.",
            {
                "{{result}} {{reason}}": "sum by (result, reason) "
                f"(rate(ets_auth_login_attempts_total{{@}}{RATE})) * 300"
            },
            "short",
            thresholds=above(warning="login_failures_per_5m"),
            needs=CONTRACT,
            alerts=["AuthenticationFailuresHigh", "AccountLockouts"],
        ),
    ],
)

TIMES = Row(
    "Response times",
    [
        graph(
            "Percentiles",
            "Median, 95th and 99th percentile of all requests. Good: the 95th stays below the lower line.",
            {"p50": percentile(0.5), "p95": percentile(0.95), "p99": percentile(0.99)},
            "s",
            thresholds=SLOW_LIMITS,
            alerts=SLOW_ALERTS,
        ),
        heatmap(
            "Distribution",
            "How many requests took how long. Good: one band at the bottom; a second band above it is one kind of "
            "request that is slow.",
            f"sum by (le) (rate(http_request_duration_highr_seconds_bucket{{@}}{RATE}))",
            "s",
            alerts=SLOW_ALERTS,
        ),
        graph(
            "By back end (p95)",
            "The 95th percentile of each back end. Good: all alike; one that is slower has a problem of its own.",
            {"{{node}}": percentile(0.95, "node, ")},
            "s",
            thresholds=SLOW_LIMITS,
            alerts=SLOW_ALERTS,
            links=[INFRASTRUCTURE],
        ),
        table(
            "Slow routes",
            "Share of requests that took longer than a second, and how many there are, over five minutes. Good: 0 %. "
            "The histogram by route has no finer bounds.",
            {"handler": "Route"},
            {
                "Over 1 s": SLOWER_THAN_1S,
                "Requests": f"sum by (handler) (rate(http_request_duration_seconds_count{{@}}{RATE})) > 0",
            },
            "reqps",
            sort="Over 1 s",
            width=12,
            overrides=[coloured("Over 1 s", "percentunit", above(warning="slow_handler_ratio"))],
            alerts=["FastAPISlowHandler", *SLOW_ALERTS],
        ),
        graph(
            "Database time by kind of query (p95)",
            "The 95th percentile of query times as the application sees them, waits for locks included. Good: below "
            "the line; where this rises together with the response time, look at the database.",
            {
                "{{operation}}": "histogram_quantile(0.95, sum by (operation, le) "
                f"(rate(ets_db_query_duration_seconds_bucket{{@}}{RATE})))"
            },
            "s",
            thresholds=above(critical="kpi_query_time_p95_acceptable"),
            width=12,
            needs=CONTRACT,
            alerts=["PostgreSQLSlowQueries"],
            links=[DATABASE],
        ),
    ],
)

PROCESS = Row(
    "Processes",
    [
        graph(
            "CPU",
            "Processors that each back end uses. Good: below the number of its workers.",
            {"{{node}}": f'rate(process_cpu_seconds_total{{@,job="fastapi"}}{RATE})'},
            "short",
            width=5,
            alerts=["HighCPUUsage"],
            links=[INFRASTRUCTURE],
        ),
        graph(
            "Memory",
            "Resident memory of each back end. Good: level; a staircase is a leak.",
            {"{{node}}": 'process_resident_memory_bytes{@,job="fastapi"}'},
            "bytes",
            width=5,
            alerts=["HighMemoryUsage"],
            links=[INFRASTRUCTURE],
        ),
        graph(
            "Size of requests and answers",
            "Mean bytes of a body. Good: level; large answers are lists without pages, large requests are attachments.",
            {
                f"{{{{node}}}} {what}": f"sum by (node) (rate(http_{what}_size_bytes_sum{{@}}{RATE}))"
                f" / (sum by (node) (rate(http_{what}_size_bytes_count{{@}}{RATE})) > 0)"
                for what in ("request", "response")
            },
            "bytes",
            width=5,
            alerts=["FastAPISlowHandler"],
            links=[INFRASTRUCTURE],
        ),
        graph(
            "Open files",
            "Share of the file descriptors that are in use. Good: level and far below 100 %.",
            {"{{node}}": 'process_open_fds{@,job="fastapi"} / process_max_fds{@,job="fastapi"}'},
            "percentunit",
            maximum=1,
            width=5,
            thresholds=above(warning="file_descriptor_ratio"),
            alerts=["FastAPIFileDescriptors"],
            links=[INFRASTRUCTURE],
        ),
        graph(
            "Garbage collections",
            "Collections per second by generation. Good: few of generation 2.",
            {
                "{{node}} generation {{generation}}": "sum by (node, generation) "
                f'(rate(python_gc_collections_total{{@,job="fastapi"}}{RATE}))'
            },
            "ops",
            width=4,
            links=[INFRASTRUCTURE],
        ),
    ],
)

JOBS = Row(
    "Background jobs and notifications",
    [
        graph(
            "Background jobs",
            "Runs per minute by job and result. Good: no failures.",
            {
                "{{task}} {{result}}": f"sum by (task, result) (rate(ets_background_jobs_total{{@}}{RATE})) * 60",
            },
            "short",
            needs=CONTRACT,
            links=[BUSINESS],
        ),
        bars(
            "Since the last success",
            "Time since each background job last succeeded. Good: not longer than the job's own interval.",
            "time() - max by (task) (ets_background_job_last_success_timestamp_seconds{@} > 0)",
            "s",
            legend="{{task}}",
            needs=CONTRACT,
            links=[BUSINESS],
        ),
        graph(
            "Notifications",
            "Notifications to users per minute by channel and result. Good: no failures.",
            {
                "{{channel}} {{result}}": "sum by (channel, result) "
                f"(rate(ets_notifications_sent_total{{@}}{RATE})) * 60",
            },
            "short",
            needs=CONTRACT,
            links=[BUSINESS],
        ),
    ],
)

PROXIES = Row(
    "NGINX and HAProxy",
    [
        graph(
            "5xx: application and HAProxy",
            "Failures per second as the application counts them and as HAProxy answers them. Good: 0. What HAProxy has "
            "more, it made itself: no server, a full queue, a time-out.",
            {
                "application": f'sum(rate(http_requests_total{{@,status=~"5.."}}{RATE})) or vector(0)',
                "HAProxy {{proxy}}": "sum by (proxy) "
                f'(rate(haproxy_backend_http_responses_total{{@,code="5xx"}}{RATE}))',
            },
            "reqps",
            alerts=["HAProxyHigh5xxRatio", "FastAPIHighErrorRate"],
        ),
        graph(
            "HAProxy queue",
            "Requests that wait for a free server. Good: 0, at most a few.",
            {"{{node}} {{proxy}}": "haproxy_backend_current_queue{@}"},
            "short",
            thresholds=above(warning="haproxy_queue_length"),
            alerts=["HAProxyQueue", "HAProxyServerDown"],
            links=[INFRASTRUCTURE],
        ),
        table(
            "HAProxy servers down",
            "Servers that fail their check. Good: no rows.",
            {"node": "Node", "proxy": "Back end", "server": "Server"},
            {"Down": 'haproxy_server_status{@,state="DOWN"} == 1'},
            empty_when="every server answers its check",
            width=8,
            thresholds=NONE_IS_GOOD,
            alerts=["HAProxyServerDown", "HAProxyBackendDown"],
        ),
        graph(
            "HAProxy sessions",
            "Sessions of the front ends, as a share of their limit. Good: below the line.",
            {"{{node}} {{proxy}}": "haproxy_frontend_current_sessions{@} / (haproxy_frontend_limit_sessions{@} > 0)"},
            "percentunit",
            thresholds=above(warning="haproxy_sessions_ratio"),
            alerts=["HAProxySessionsHigh"],
        ),
        graph(
            "NGINX requests",
            "Requests per second by server. Good: shared evenly.",
            {"{{node}}": f"rate(nginx_http_requests_total{{@}}{RATE})"},
            "reqps",
            alerts=["NginxDown"],
        ),
        graph(
            "NGINX connections",
            "Open connections, and those closed unserved per second. Good: below the line, none dropped.",
            {
                "{{node}} active": "nginx_connections_active{@}",
                "{{node}} dropped": f"rate(nginx_connections_accepted{{@}}{RATE})"
                f" - rate(nginx_connections_handled{{@}}{RATE})",
            },
            "short",
            thresholds=above(warning="nginx_connections"),
            alerts=["NginxConnectionsHigh", "NginxDroppedConnections"],
        ),
    ],
)

DASHBOARD = Dashboard(
    uid="ets-application",
    title="Application Performance",
    description="The FastAPI back end: traffic, failures, response times, and the proxies before it.",
    rows=[NOW, TRAFFIC, TIMES, PROCESS, JOBS, PROXIES],
    jobs="fastapi|nginx|haproxy",
)

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Enterprise Overview: is anything wrong, since when, and where to look."""

from __future__ import annotations

from dashboards.links import APPLICATION, BUSINESS, DATABASE, INFRASTRUCTURE, LOGGING, MONITORING
from dashboards.model import Dashboard, Link, Override, Panel, Row, dashboard
from dashboards.panels import NONE_IS_GOOD, UP_OR_DOWN, bars, graph, stat, table, worded
from dashboards.queries import CONTRACT, DISK_AVAILABLE
from dashboards.thresholds import GREEN, RED, Step, above, below

#: Categories of alerts whose dashboard has another name.
ELSEWHERE = {
    "system": "infrastructure",
    "containers": "infrastructure",
    "security": "application",
    "logging": "logs",
    "slo": "overview",
}
SEVERITIES = {"critical": ("critical", "red"), "warning": ("warning", "orange"), "info": ("info", "blue")}
STATES = {
    "2": ("target met", "green"),
    "1": ("acceptable", "orange"),
    "0": ("missed", "red"),
    "-1": ("not measured", "text"),
}
STATE_MAPPINGS = (
    {
        "type": "value",
        "options": {
            value: {"text": text, "color": color, "index": place}
            for place, (value, (text, color)) in enumerate(STATES.items())
        },
    },
)


def firing(severity: str) -> str:
    """How many alerts of a severity fire."""
    return f'count(ALERTS{{@,alertstate="firing",severity="{severity}"}}) or vector(0)'


def alerts_since() -> str:
    """Firing alerts with the time in ms since which they are true, and the name of the dashboard to look at."""
    expression = (
        '1000 * (ALERTS_FOR_STATE{@,severity=~"critical|warning|info"}'
        ' and ignoring (alertstate) ALERTS{@,alertstate="firing"})'
    )
    expression = f'label_replace({expression}, "dashboard", "$1", "category", "(.*)")'
    for category, name in ELSEWHERE.items():
        expression = f'label_replace({expression}, "dashboard", "{name}", "category", "{category}")'
    # An alert about a whole service has no node: the link to its dashboard then chooses all of them.
    return f'label_replace({expression}, "node", "All", "node", "")'


def alert_table() -> Panel:
    """Firing alerts, newest first."""
    where = dashboard("ets-${__data.fields.Dashboard}", "Look there", "var-node=${__data.fields.Node}")
    read = Link("Runbook", "${runbooks}${__data.fields.Alert}.md")
    return table(
        "What is wrong, and since when",
        "Every alert that fires, the newest first. Good: no rows. A click on the alert opens its runbook, one on the "
        "dashboard shows the place.",
        {
            "severity": "Severity",
            "alertname": "Alert",
            "node": "Node",
            "instance": "Instance",
            "environment": "Environment",
            "dashboard": "Dashboard",
        },
        {"Since": alerts_since()},
        "dateTimeFromNow",
        sort="Since",
        width=16,
        height=7,
        empty_when="no alert fires",
        links=[MONITORING],
        overrides=[
            worded("Severity", SEVERITIES),
            Override(field="Alert", properties={"links": [read.json()]}),
            Override(field="Dashboard", properties={"links": [where.json()]}),
        ],
    )


FIRST_SCREEN = Row(
    "",
    [
        stat(
            "Critical alerts",
            "Critical alerts that fire. Good: 0.",
            firing("critical"),
            "short",
            thresholds=NONE_IS_GOOD,
            height=3,
            links=[MONITORING],
        ),
        stat(
            "Warnings",
            "Warnings that fire. Good: 0; a few for a short time are no reason to get up.",
            firing("warning"),
            "short",
            thresholds=above(warning=1),
            height=3,
            links=[MONITORING],
        ),
        stat(
            "Targets down",
            "Scraped targets that do not answer. Good: 0.",
            "count(up{@} == 0) or vector(0)",
            "short",
            thresholds=NONE_IS_GOOD,
            height=3,
            alerts=["NodeDown", "FastAPIDown", "TargetDown"],
            links=[MONITORING],
        ),
        stat(
            "Failing now",
            "Share of requests answered with 5xx, over five minutes. Good: below the target of the key figures.",
            "max(job:http_request_errors:ratio_rate5m{@service})",
            "percentunit",
            thresholds=above(warning="kpi_error_ratio_acceptable", critical="error_ratio"),
            decimals=2,
            height=3,
            alerts=["FastAPIHighErrorRate"],
            links=[APPLICATION],
        ),
        stat(
            "Response (p95)",
            "Nineteen of twenty requests are faster. Good: green.",
            "max(job:http_request_duration_seconds:p95_5m{@service})",
            "s",
            thresholds=above(warning="response_time_target_seconds", critical="response_time_seconds"),
            decimals=2,
            height=3,
            alerts=["FastAPIResponseTimeAboveTarget", "FastAPIHighResponseTime"],
            links=[APPLICATION],
        ),
        stat(
            "Requests now",
            "Requests per second, health checks left out. Good: what the hour of the day usually has.",
            "sum(job:http_requests:rate5m{@service})",
            "reqps",
            decimals=1,
            height=3,
            alerts=["FastAPITrafficDrop"],
            links=[APPLICATION],
        ),
        stat(
            "Error budget left",
            "What is left of the failures that the objective allows in 30 days. Good: more than the part of the month "
            "that is still to come. Red: the objective is missed.",
            "min(slo:availability:error_budget_remaining_30d{@service})",
            "percentunit",
            thresholds=(Step(RED), Step(GREEN, 0)),
            decimals=1,
            height=3,
            alerts=["SLOAvailabilityFastBurn", "SLOAvailabilitySlowBurn"],
            links=[APPLICATION],
        ),
        stat(
            "Sessions",
            "Sessions of users that have not ended. Good: what the hour of the day usually has.",
            "sum(ets_sessions_active{@})",
            "short",
            decimals=0,
            height=3,
            needs=CONTRACT,
            links=[BUSINESS],
        ),
        alert_table(),
        stat(
            "Services",
            "A tile for each job: `down` as soon as one of its targets does not answer. Good: all up.",
            "min by (job) (up{@})",
            "short",
            legend="{{job}}",
            tiles=True,
            thresholds=below(critical=1),
            mappings=UP_OR_DOWN,
            width=8,
            height=7,
            alerts=["TargetDown", "NodeDown", "FastAPIDown"],
            links=[MONITORING],
        ),
        stat(
            "Key figures",
            "How the key performance indicators compare with their targets; the worst environment counts. Good: all "
            "green. `not measured` means that nobody provides the numbers.",
            "min by (kpi) (ets:kpi:state{@environment?})",
            "short",
            legend="{{kpi}}",
            tiles=True,
            thresholds=(Step("text"), Step(RED, 0), Step("orange", 1), Step(GREEN, 2)),
            mappings=STATE_MAPPINGS,
            width=24,
            height=4,
            links=[APPLICATION, INFRASTRUCTURE, DATABASE],
        ),
    ],
)


def key_figures(title: str, kind: str, unit: str, link: Link, **look: object) -> Panel:
    """The key figures of a unit, each with its value and its targets."""
    matchers = f'{{@environment,unit="{kind}"}}'
    value = f"ets:kpi:value{matchers}"
    columns = [f'{value} * 0 + on (kpi) group_left () ets:kpi:target{{unit="{kind}",level="{{level}}"}}']
    state = f"ets:kpi:state{matchers}"
    return table(
        title,
        "Values of the key performance indicators with target and limit. Good: the state says `target met`.",
        {"environment": "Environment", "kpi": "Figure", "direction": "Should be"},
        {
            "Value": value,
            "Target": columns[0].replace("{level}", "target"),
            "Acceptable": columns[0].replace("{level}", "acceptable"),
            "State": state,
        },
        unit,
        overrides=[worded("State", STATES)],
        links=[link],
        **look,  # type: ignore[arg-type]
    )


ROWS = [
    FIRST_SCREEN,
    Row(
        "Traffic",
        [
            graph(
                "Requests",
                "Requests per second by environment. Good: no sudden drop or rise.",
                {"{{environment}}": "sum by (environment) (job:http_requests:rate5m{@service})"},
                "reqps",
                alerts=["FastAPIThroughputBelowMinimum", "FastAPITrafficDrop"],
                links=[APPLICATION],
            ),
            graph(
                "Failed requests",
                "Share of requests answered with 5xx. Good: below the lower line.",
                {"{{environment}} {{job}}": "job:http_request_errors:ratio_rate5m{@service}"},
                "percentunit",
                thresholds=above(warning="kpi_error_ratio_acceptable", critical="error_ratio"),
                alerts=["FastAPIHighErrorRate"],
                links=[APPLICATION],
            ),
            graph(
                "Response time",
                "Median, 95th and 99th percentile of all requests. Good: the 95th stays below the lower line.",
                {
                    f"p{percent}": f"histogram_quantile({percent / 100}, sum by (le)"
                    " (rate(http_request_duration_highr_seconds_bucket{@}[$__rate_interval])))"
                    for percent in (50, 95, 99)
                },
                "s",
                thresholds=above(warning="response_time_target_seconds", critical="response_time_seconds"),
                alerts=["FastAPIResponseTimeAboveTarget", "FastAPIHighResponseTime"],
                links=[APPLICATION],
            ),
            graph(
                "Unavailability",
                "The larger of the share of failed requests and the share of time without an answer, by window. Good: "
                "0. It is what eats the error budget.",
                {
                    f"{window} {{{{environment}}}}": "max by (environment) "
                    f"(slo:availability_errors:ratio_rate{window}{{@service}})"
                    for window in ("5m", "1h", "6h", "3d")
                },
                "percentunit",
                width=12,
                alerts=["SLOAvailabilityFastBurn", "SLOAvailabilitySlowBurn"],
                links=[APPLICATION],
            ),
            graph(
                "Tickets created",
                "New tickets per hour by priority. Good: what the hour of the day usually has; a wave of critical ones "
                "is somebody else's outage.",
                {"{{priority}}": "sum by (priority) (rate(ets_tickets_created_total{@}[$__rate_interval])) * 3600"},
                "short",
                stacked=True,
                width=12,
                needs=CONTRACT,
                alerts=["HighTicketCreationRate"],
                links=[BUSINESS],
            ),
        ],
    ),
    Row(
        "Key figures",
        [
            key_figures("Shares", "ratio", "percentunit", INFRASTRUCTURE, width=12, height=10),
            key_figures("Times", "seconds", "s", APPLICATION, width=12, height=10),
            key_figures("Throughput", "requests_per_second", "reqps", APPLICATION, width=24, height=4),
        ],
    ),
    Row(
        "Busiest places",
        [
            bars(
                "Processors",
                "The five busiest hosts. Good: green.",
                "topk(5, instance:node_cpu_utilisation:ratio_rate5m{@})",
                "percentunit",
                legend="{{node}}",
                maximum=1,
                width=6,
                height=7,
                thresholds=above(critical="cpu_usage_ratio"),
                alerts=["HighCPUUsage"],
                links=[INFRASTRUCTURE],
            ),
            bars(
                "Memory",
                "The five hosts with the least memory available. Good: green.",
                "topk(5, instance:node_memory_utilisation:ratio{@})",
                "percentunit",
                legend="{{node}}",
                maximum=1,
                width=6,
                height=7,
                thresholds=above(critical="memory_usage_ratio"),
                alerts=["HighMemoryUsage"],
                links=[INFRASTRUCTURE],
            ),
            bars(
                "Disk space left",
                "The five fullest file systems. Good: green.",
                f"bottomk(5, min by (environment, node, device, mountpoint) ({DISK_AVAILABLE}))",
                "percentunit",
                legend="{{node}} {{mountpoint}}",
                maximum=1,
                width=6,
                height=7,
                thresholds=below(warning="disk_available_ratio", critical="disk_available_critical_ratio"),
                alerts=["DiskSpaceLow", "DiskSpaceCritical"],
                links=[INFRASTRUCTURE],
            ),
            bars(
                "Database connections",
                "Connections in use of those open to ordinary users. Good: green.",
                "instance:pg_connections:ratio{@}",
                "percentunit",
                legend="{{node}}",
                maximum=1,
                width=6,
                height=7,
                thresholds=above(
                    warning="postgresql_connections_ratio", critical="postgresql_connections_critical_ratio"
                ),
                alerts=["PostgreSQLConnectionsHigh", "PostgreSQLConnectionsExhausted"],
                links=[DATABASE],
            ),
        ],
    ),
    Row(
        "Around the application",
        [
            graph(
                "HAProxy servers",
                "Servers that take requests, by back end. Good: as many as there are; at 0 users get 503.",
                {
                    "{{node}} {{proxy}}": "haproxy_backend_active_servers{@} + haproxy_backend_backup_servers{@}",
                },
                "short",
                decimals=0,
                thresholds=below(critical=1),
                alerts=["HAProxyBackendDown", "HAProxyServerDown"],
                links=[APPLICATION],
            ),
            graph(
                "Redis memory",
                "Memory that Redis uses. Good: level; with eviction near its limit is normal.",
                {"{{node}}": "redis_memory_used_bytes{@}"},
                "bytes",
                alerts=["RedisMemoryHigh"],
                links=[DATABASE],
            ),
            graph(
                "Log lines stored",
                "Documents that Elasticsearch stores per second. Good: never 0, or logs get lost.",
                {
                    "{{cluster}}": "sum by (cluster) "
                    "(rate(elasticsearch_indices_indexing_index_total{@}[$__rate_interval]))"
                },
                "cps",
                needs="elasticsearch_exporter",
                alerts=["NoLogsIngested"],
                links=[LOGGING],
            ),
        ],
    ),
]

DASHBOARD = Dashboard(
    uid="ets-overview",
    title="Enterprise Overview",
    description="Is anything wrong, since when, and where to look.",
    rows=ROWS,
    time_from="now-3h",
)

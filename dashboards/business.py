# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Business Intelligence: tickets, approvals, service levels, users. All of it needs the application's own metrics."""

from __future__ import annotations

from dashboards.links import APPLICATION
from dashboards.model import Dashboard, Row
from dashboards.panels import bars, graph, stat, table
from dashboards.queries import CONTRACT, RATE
from dashboards.thresholds import above

PER_HOUR = "* 3600"


def compliance(window: str, by: str = "") -> str:
    """Share of the resolved tickets that did not miss a service level. A ticket may miss both: never below 0."""
    grouping = f" by ({by})" if by else ""
    return (
        f"clamp_min(1 - sum{grouping} (increase(ets_ticket_sla_breaches_total{{@}}[{window}]))"
        f" / (sum{grouping} (increase(ets_tickets_resolved_total{{@}}[{window}])) > 0), 0)"
    )


def percentile(share: float, metric: str) -> str:
    """A percentile of a duration, over the time that the dashboard shows."""
    return f"histogram_quantile({share}, sum by (priority, le) (rate({metric}_bucket{{@}}{RATE})))"


NOW = Row(
    "",
    [
        stat(
            "Created in 24 h",
            "Tickets created within 24 hours. Good: what the day of the week usually has.",
            "sum(increase(ets_tickets_created_total{@}[1d]))",
            "short",
            decimals=0,
            needs=CONTRACT,
            alerts=["HighTicketCreationRate"],
        ),
        stat(
            "Resolved in 24 h",
            "Tickets resolved within 24 hours. Good: not fewer than created.",
            "sum(increase(ets_tickets_resolved_total{@}[1d]))",
            "short",
            decimals=0,
            needs=CONTRACT,
            links=[APPLICATION],
        ),
        stat(
            "Open tickets",
            "Tickets that are not resolved. Good: level or falling.",
            "sum(ets_tickets_open{@})",
            "short",
            decimals=0,
            needs=CONTRACT,
            links=[APPLICATION],
        ),
        stat(
            "Service levels kept",
            "Share of the tickets resolved within 24 hours that missed no service level. Good: near 100 %.",
            compliance("1d"),
            "percentunit",
            decimals=1,
            needs=CONTRACT,
            alerts=["SLABreachRateHigh"],
        ),
        stat(
            "Approvals waiting",
            "Approvals without a decision. Good: green.",
            "sum(ets_approvals_pending{@})",
            "short",
            decimals=0,
            thresholds=above(warning="approvals_pending"),
            needs=CONTRACT,
            alerts=["ApprovalBacklog"],
        ),
        stat(
            "Oldest approval",
            "For how long the oldest approval has been waiting. Good: green.",
            "time() - min(ets_approval_oldest_pending_timestamp_seconds{@} > 0)",
            "s",
            thresholds=above(warning="approval_age_seconds"),
            needs=CONTRACT,
            alerts=["ApprovalsStale"],
        ),
        stat(
            "Users now",
            "Sessions that have not ended. Good: what the hour of the day usually has.",
            "sum(ets_sessions_active{@})",
            "short",
            decimals=0,
            needs=CONTRACT,
            links=[APPLICATION],
        ),
        stat(
            "Back ends without business metrics",
            "Back ends that answer without the metrics that this dashboard needs. Good: 0; else panels here are empty, "
            "and alerts about tickets cannot fire.",
            'count(up{@,job="fastapi"} == 1 unless on (environment, job, node, instance) ets_tickets_created_total{@})'
            " or vector(0)",
            "short",
            thresholds=above(warning=1),
            alerts=["BusinessMetricsMissing"],
        ),
    ],
)

TICKETS = Row(
    "Tickets",
    [
        graph(
            "Created",
            "New tickets per hour by priority. Good: the usual day; a wave of critical ones is an incident.",
            {"{{priority}}": f"sum by (priority) (rate(ets_tickets_created_total{{@}}{RATE})) {PER_HOUR}"},
            "short",
            stacked=True,
            needs=CONTRACT,
            alerts=["HighTicketCreationRate"],
        ),
        graph(
            "Resolved",
            "Resolved tickets per hour by priority. Good: keeps up with those created.",
            {"{{priority}}": f"sum by (priority) (rate(ets_tickets_resolved_total{{@}}{RATE})) {PER_HOUR}"},
            "short",
            stacked=True,
            needs=CONTRACT,
            links=[APPLICATION],
        ),
        graph(
            "Open by status",
            "Tickets that are not resolved. Good: level or falling.",
            {"{{status}}": "sum by (status) (ets_tickets_open{@})"},
            "short",
            stacked=True,
            needs=CONTRACT,
            links=[APPLICATION],
        ),
        bars(
            "Categories",
            "The ten categories with the most new tickets in 24 hours. Good: the usual mix.",
            "topk(10, sum by (category) (increase(ets_tickets_created_total{@}[1d])))",
            "short",
            legend="{{category}}",
            decimals=0,
            needs=CONTRACT,
            alerts=["HighTicketCreationRate"],
        ),
        bars(
            "Channels",
            "How the tickets of 24 hours came in. Good: the usual mix; none at all by one channel means that it is "
            "broken.",
            "sum by (channel) (increase(ets_tickets_created_total{@}[1d]))",
            "short",
            legend="{{channel}}",
            decimals=0,
            needs=CONTRACT,
            alerts=["HighTicketCreationRate"],
        ),
        graph(
            "Opened again",
            "Share of the resolutions that did not last, over an hour. Good: near 0.",
            {
                "{{priority}}": "sum by (priority) (increase(ets_tickets_reopened_total{@}[1h]))"
                " / (sum by (priority) (increase(ets_tickets_resolved_total{@}[1h])) > 0)"
            },
            "percentunit",
            needs=CONTRACT,
            links=[APPLICATION],
        ),
    ],
)

LEVELS = Row(
    "Service levels",
    [
        graph(
            "Missed service levels",
            "Missed service levels as a share of the tickets resolved within the hour. Good: below the line.",
            {
                "{{environment}}": "clamp_max(sum by (environment) (increase(ets_ticket_sla_breaches_total{@}[1h]))"
                " / (sum by (environment) (increase(ets_tickets_resolved_total{@}[1h])) > 0), 1)"
            },
            "percentunit",
            thresholds=above(critical="sla_breach_ratio"),
            needs=CONTRACT,
            alerts=["SLABreachRateHigh"],
        ),
        graph(
            "Time to first response",
            "Median and 90th percentile by priority. Good: within the service level of the priority.",
            {
                "p50 {{priority}}": percentile(0.5, "ets_ticket_first_response_duration_seconds"),
                "p90 {{priority}}": percentile(0.9, "ets_ticket_first_response_duration_seconds"),
            },
            "s",
            needs=CONTRACT,
            alerts=["SLABreachRateHigh"],
        ),
        graph(
            "Time to resolution",
            "Median and 90th percentile by priority. Good: within the service level of the priority.",
            {
                "p50 {{priority}}": percentile(0.5, "ets_ticket_resolution_duration_seconds"),
                "p90 {{priority}}": percentile(0.9, "ets_ticket_resolution_duration_seconds"),
            },
            "s",
            needs=CONTRACT,
            alerts=["SLABreachRateHigh"],
        ),
        table(
            "By priority",
            "The last 24 hours by priority. Good: nothing missed.",
            {"priority": "Priority"},
            {
                "Created": "sum by (priority) (increase(ets_tickets_created_total{@}[1d]))",
                "Resolved": "sum by (priority) (increase(ets_tickets_resolved_total{@}[1d]))",
                "Missed": "sum by (priority) (increase(ets_ticket_sla_breaches_total{@}[1d]))",
                "Open": "sum by (priority) (ets_tickets_open{@})",
            },
            decimals=0,
            width=24,
            height=7,
            needs=CONTRACT,
            alerts=["SLABreachRateHigh"],
        ),
    ],
)

PEOPLE = Row(
    "Approvals and users",
    [
        graph(
            "Approvals waiting by type",
            "Approvals without a decision; the line is for all together. Good: below it.",
            {"{{type}}": "sum by (type) (ets_approvals_pending{@})"},
            "short",
            stacked=True,
            thresholds=above(warning="approvals_pending"),
            needs=CONTRACT,
            alerts=["ApprovalBacklog"],
        ),
        graph(
            "Decisions",
            "Approvals decided per hour. Good: keeps up with the requests.",
            {"{{decision}}": f"sum by (decision) (rate(ets_approvals_decided_total{{@}}{RATE})) {PER_HOUR}"},
            "short",
            stacked=True,
            needs=CONTRACT,
            alerts=["ApprovalsStale"],
        ),
        graph(
            "Sessions and logins",
            "Sessions, and successful logins per hour. Good: the usual day.",
            {
                "sessions": "sum(ets_sessions_active{@})",
                "logins per hour": f'sum(rate(ets_auth_login_attempts_total{{@,result="success"}}{RATE})) {PER_HOUR}',
            },
            "short",
            needs=CONTRACT,
            alerts=["AuthenticationFailuresHigh"],
        ),
    ],
)

DASHBOARD = Dashboard(
    uid="ets-business",
    title="Business Intelligence",
    description="Tickets, service levels, approvals and users.",
    rows=[NOW, TICKETS, LEVELS, PEOPLE],
    jobs="fastapi",
    time_from="now-24h",
)

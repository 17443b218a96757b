# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The contract itself. ``docs/metric_contract.md`` is generated from it.

The HTTP metrics are those of prometheus-fastapi-instrumentator with its default settings; everything of the ticket
system's own begins with ``ets_``, counts in base units (seconds, bytes) and never names a user, a session, an address
or a ticket in a label.
"""

from __future__ import annotations

from ._model import Contract, Group, Kind, Label, Metric

_HANDLER = Label(
    "handler",
    "the route's template, or `none` where no route matched",
    examples=("/tickets/{ticket_id}", "/auth/login", "none"),
    pattern=r"/.*|none",
    limit=200,
)
_METHOD = Label("method", "the HTTP method", examples=("GET", "POST"), pattern=r"[A-Z]+", limit=12)
_STATUS = Label(
    "status",
    "the status code, or its class (`4xx`) where codes are grouped",
    examples=("200", "401", "4xx"),
    pattern=r"[1-5]([0-9]{2}|xx)",
    limit=60,
)
_PRIORITY = Label("priority", "the ticket's priority", examples=("low", "medium", "high", "critical"), limit=8)
_CATEGORY = Label("category", "the ticket's category", examples=("hardware", "software", "access"), limit=50)
_ORIGIN = Label("channel", "how the ticket came in", examples=("web", "email", "phone", "api"), limit=10)
_TICKET_STATUS = Label("status", "the ticket's state, closed ones left out", examples=("open", "waiting"), limit=10)
_APPROVAL = Label("type", "what is to be approved", examples=("purchase", "access", "change"), limit=20)
# Not `job`: Prometheus puts its own label of that name on every series and renames the application's.
_TASK = Label("task", "the background job", examples=("sla_check", "session_cleanup"), limit=50)
_RESULT = Label("result", "how it ended", values=("success", "failure"))


def _attempts() -> tuple[dict[str, str], ...]:
    reasons = ("bad_password", "unknown_user", "locked", "mfa")
    failures = tuple({"result": "failure", "reason": reason} for reason in reasons)
    return ({"result": "success", "reason": "none"}, *failures)


_HTTP = (
    Metric(
        "http_requests_total",
        Kind.COUNTER,
        Group.HTTP,
        "Requests, by route, method and status.",
        "throughput, error rate, availability, denied and unauthenticated requests",
        labels=(_HANDLER, _METHOD, _STATUS),
        note="With grouped status codes (the default of the instrumentator) 401 and 403 cannot be told apart. "
        "A redirect to the path without its last slash has the path itself as handler (instrumentator 8.1): one series "
        "per ticket for whoever asks for `/tickets/4711/`. `FastAPI(redirect_slashes=False)` answers 404 instead.",
    ),
    Metric(
        "http_request_duration_highr_seconds",
        Kind.HISTOGRAM,
        Group.HTTP,
        "Duration of all requests together, in many buckets.",
        "response time: 95th percentile against 1 s and 2 s, latency objectives",
        bounds=(0.1, 0.5, 1, 2, 5, 10),
    ),
    Metric(
        "http_request_duration_seconds",
        Kind.HISTOGRAM,
        Group.HTTP,
        "Duration of requests by route and method, in few buckets.",
        "slow routes: share of requests over 1 s",
        labels=(_HANDLER, _METHOD),
        bounds=(0.1, 0.5, 1),
    ),
    Metric(
        "http_request_size_bytes",
        Kind.SUMMARY,
        Group.HTTP,
        "Content length of requests, by route.",
        "traffic by route",
        labels=(_HANDLER,),
        required=False,
    ),
    Metric(
        "http_response_size_bytes",
        Kind.SUMMARY,
        Group.HTTP,
        "Content length of responses, by route.",
        "traffic by route",
        labels=(_HANDLER,),
        required=False,
    ),
    Metric(
        "http_requests_inprogress",
        Kind.GAUGE,
        Group.HTTP,
        "Requests being worked on now.",
        "saturation",
        optional_labels=("handler", "method"),
        required=False,
        note="Only with `should_instrument_requests_inprogress=True`.",
    ),
)

_PROCESS = (
    Metric(
        "process_cpu_seconds_total",
        Kind.COUNTER,
        Group.PROCESS,
        "CPU time of the process.",
        "CPU of the application",
        required=False,
        note="No `process_*` metric exists in multi-process mode (`PROMETHEUS_MULTIPROC_DIR`).",
    ),
    Metric(
        "process_resident_memory_bytes",
        Kind.GAUGE,
        Group.PROCESS,
        "Memory of the process.",
        "memory of the application",
        required=False,
    ),
    Metric(
        "process_start_time_seconds",
        Kind.GAUGE,
        Group.PROCESS,
        "Unix time at which the process started.",
        "restarts",
        required=False,
    ),
    Metric(
        "process_open_fds",
        Kind.GAUGE,
        Group.PROCESS,
        "Open file descriptors.",
        "file descriptors against their limit",
        required=False,
    ),
    Metric(
        "process_max_fds",
        Kind.GAUGE,
        Group.PROCESS,
        "The limit of open file descriptors.",
        "file descriptors against their limit",
        required=False,
    ),
)

_BUSINESS = (
    Metric(
        "ets_tickets_created_total",
        Kind.COUNTER,
        Group.BUSINESS,
        "Tickets created.",
        "creation rate, tickets by category and channel",
        labels=(_PRIORITY, _CATEGORY, _ORIGIN),
        preset=True,
    ),
    Metric(
        "ets_tickets_resolved_total",
        Kind.COUNTER,
        Group.BUSINESS,
        "Tickets resolved; a ticket that is resolved again counts again.",
        "throughput, share of tickets that broke their service level",
        labels=(_PRIORITY,),
        preset=True,
    ),
    Metric(
        "ets_tickets_reopened_total",
        Kind.COUNTER,
        Group.BUSINESS,
        "Resolved tickets opened again.",
        "quality of resolutions",
        labels=(_PRIORITY,),
        preset=True,
    ),
    Metric(
        "ets_tickets_open",
        Kind.GAUGE,
        Group.BUSINESS,
        "Tickets not resolved.",
        "backlog",
        labels=(_TICKET_STATUS, _PRIORITY),
        preset=True,
        note="Counted once per scrape (or by a job), not in every worker: workers' gauges are added up.",
    ),
    Metric(
        "ets_ticket_first_response_duration_seconds",
        Kind.HISTOGRAM,
        Group.BUSINESS,
        "Time from a ticket's creation to the first response.",
        "service levels",
        labels=(_PRIORITY,),
        bounds=(300, 3600, 86400, 604800),
        preset=True,
    ),
    Metric(
        "ets_ticket_resolution_duration_seconds",
        Kind.HISTOGRAM,
        Group.BUSINESS,
        "Time from a ticket's creation to its resolution.",
        "service levels",
        labels=(_PRIORITY,),
        bounds=(300, 3600, 86400, 604800),
        preset=True,
    ),
    Metric(
        "ets_ticket_sla_breaches_total",
        Kind.COUNTER,
        Group.BUSINESS,
        "Tickets that missed a service level, counted when they miss it.",
        "service level compliance",
        labels=(
            _PRIORITY,
            Label("sla", "which service level", values=("first_response", "resolution")),
        ),
        preset=True,
    ),
    Metric(
        "ets_approvals_pending",
        Kind.GAUGE,
        Group.BUSINESS,
        "Approvals that wait for a decision.",
        "approval backlog",
        labels=(_APPROVAL,),
        preset=True,
        note="Counted once per scrape (or by a job), not in every worker: workers' gauges are added up.",
    ),
    Metric(
        "ets_approval_oldest_pending_timestamp_seconds",
        Kind.GAUGE,
        Group.BUSINESS,
        "Unix time at which the oldest pending approval was requested; 0 when none is pending.",
        "approvals that nobody looks at",
        labels=(_APPROVAL,),
        preset=True,
        note="A point in time, not an age: Prometheus computes the age.",
    ),
    Metric(
        "ets_approvals_decided_total",
        Kind.COUNTER,
        Group.BUSINESS,
        "Approvals decided.",
        "flow of approvals",
        labels=(_APPROVAL, Label("decision", "what was decided", values=("approved", "rejected"))),
        preset=True,
    ),
)

_SECURITY = (
    Metric(
        "ets_auth_login_attempts_total",
        Kind.COUNTER,
        Group.SECURITY,
        "Logins, and why they failed.",
        "authentication failures, their share, user activity",
        labels=(
            _RESULT,
            Label(
                "reason",
                "why it failed; `none` on success",
                values=("none", "bad_password", "unknown_user", "locked", "mfa"),
            ),
        ),
        combinations=_attempts(),
        preset=True,
    ),
    Metric(
        "ets_auth_account_lockouts_total",
        Kind.COUNTER,
        Group.SECURITY,
        "Accounts locked after too many failed logins.",
        "account lockouts",
        preset=True,
    ),
    Metric(
        "ets_authz_denied_total",
        Kind.COUNTER,
        Group.SECURITY,
        "Requests of known users for what they may not do.",
        "authorisation failures",
        labels=(Label("resource", "the class of what was asked for", examples=("ticket", "approval", "admin")),),
        preset=True,
    ),
    Metric(
        "ets_sessions_active",
        Kind.GAUGE,
        Group.SECURITY,
        "Sessions that have not ended or expired.",
        "concurrent users",
        note="Counted once per scrape (or by a job), not in every worker: workers' gauges are added up.",
    ),
)

_OPERATIONS = (
    Metric(
        "ets_notifications_sent_total",
        Kind.COUNTER,
        Group.OPERATIONS,
        "Notifications to users.",
        "delivery of notifications",
        labels=(Label("channel", "how it was sent", examples=("email", "chat"), limit=10), _RESULT),
        preset=True,
    ),
    Metric(
        "ets_background_jobs_total",
        Kind.COUNTER,
        Group.OPERATIONS,
        "Runs of background jobs.",
        "failing jobs",
        labels=(_TASK, _RESULT),
        preset=True,
    ),
    Metric(
        "ets_background_job_last_success_timestamp_seconds",
        Kind.GAUGE,
        Group.OPERATIONS,
        "Unix time of a background job's last success; 0 before the first.",
        "jobs that no longer run",
        labels=(_TASK,),
        preset=True,
    ),
    Metric(
        "ets_build_info",
        Kind.GAUGE,
        Group.OPERATIONS,
        "Always 1; which version runs.",
        "deployments on dashboards",
        labels=(
            Label("version", "the released version", examples=("1.4.0",), pattern=r".+", limit=3, opaque=True),
            Label("revision", "the commit", examples=("3f2c1ab",), pattern=r".+", limit=3, opaque=True),
        ),
        preset=True,
    ),
)

_DATABASE = (
    Metric(
        "ets_db_query_duration_seconds",
        Kind.HISTOGRAM,
        Group.DATABASE,
        "Duration of database queries as the application sees it, waiting for locks included.",
        "query time: mean against 100 ms, 95th percentile against 1 s",
        labels=(Label("operation", "the kind of query", examples=("select", "update", "report"), limit=30),),
        bounds=(0.005, 0.1, 1, 10),
        preset=True,
        note="PostgreSQL itself keeps no percentiles: this is the only source of the 95th.",
    ),
)

CONTRACT = Contract((*_HTTP, *_PROCESS, *_BUSINESS, *_SECURITY, *_OPERATIONS, *_DATABASE))

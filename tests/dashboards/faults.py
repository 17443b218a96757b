# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong in the troubled world, as the exporters would show it."""

from __future__ import annotations

import time

from tests.dashboards.replay import Fault

#: What was wrong on the machine of the recordings, or grows too fast here, put right. Later entries win.
HEALTHY = (
    Fault("fastapi", r'^http_requests_total.*status="5'),
    Fault("fastapi", r"^ets_auth_account_lockouts_total"),
    Fault("fastapi", r"^ets_approvals_pending", value=5),
    Fault("fastapi", r"^ets_ticket_sla_breaches_total", value=1, pace=0.001),
    Fault("elasticsearch", r"^elasticsearch_indices_indexing_index_total", value=1, pace=5),
    Fault("blackbox_tcp", r"^probe_success", value=1),
    Fault("prometheus", r"^prometheus_notifications_dropped_total"),
    Fault("node", r"^node_timex_sync_status", value=1),
    Fault("node", r'^node_systemd_unit_state.*state="failed"'),
    Fault("haproxy", r'^haproxy_server_status.*state="DOWN"'),
    Fault("postgresql", r"^pg_replication_slots_active", value=1),
    Fault("alertmanager", r"^alertmanager_notifications_(failed_)?total"),
    Fault("prometheus", r"^prometheus_rule_evaluation_failures_total"),
)

#: Pages that do not answer.
DOWN = {"blackbox_tcp"}

FAULTS = (
    Fault("redis", r"^redis_rejected_connections_total", pace=1),
    Fault("fastapi", r'^http_requests_total.*status="5', pace=0.01),
    Fault("fastapi", 'http_requests_total{handler="/tickets",method="POST",status="500"}', pace=0.01, new=True),
    Fault("haproxy", r'^haproxy_server_status.*state="DOWN"', value=1),
    Fault("postgresql", r"^pg_replication_slots_active", value=0),
    Fault("postgresql", r"^pg_replication_is_replica", value=1),
    Fault("node", r"^node_vmstat_oom_kill", pace=0.1),
    Fault("node", r'^node_systemd_unit_state.*state="failed"', value=1),
    Fault("node", r'^node_filesystem_avail_bytes.*mountpoint="/"', value=6e10, pace=-1e6),
    Fault("node", r'^node_filesystem_readonly.*mountpoint="/"', value=1),
    Fault("node", r"^node_boot_time_seconds", value=time.time() - 3600),
    Fault("alertmanager", r"^alertmanager_notifications_total", pace=0.1),
    Fault("alertmanager", r"^alertmanager_notifications_failed_total", pace=0.01),
    Fault("prometheus", r"^prometheus_rule_evaluation_failures_total", pace=0.1),
)

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Monitoring: whether Prometheus and Alertmanager see everything, and can say so."""

from __future__ import annotations

from dashboards.links import INFRASTRUCTURE, OVERVIEW
from dashboards.model import Dashboard, Row
from dashboards.panels import NONE_IS_GOOD, graph, stat, table
from dashboards.queries import RATE
from dashboards.thresholds import above, below

NOW = Row(
    "",
    [
        stat(
            "Targets down",
            "Scraped targets that do not answer. Good: 0.",
            "count(up{@} == 0) or vector(0)",
            "short",
            thresholds=NONE_IS_GOOD,
            width=4,
            alerts=["TargetDown", "NodeDown", "FastAPIDown"],
        ),
        stat(
            "Failed probes",
            "Addresses that do not answer as they should, seen from outside. Good: 0.",
            "count(probe_success{@} == 0) or vector(0)",
            "short",
            thresholds=NONE_IS_GOOD,
            width=4,
            alerts=["ProbeFailed"],
        ),
        stat(
            "Prometheus configuration",
            "Whether the last reload succeeded; the worst server. Good: 1.",
            "min(prometheus_config_last_reload_successful{@})",
            "short",
            thresholds=below(critical=1),
            width=4,
            alerts=["PrometheusConfigReloadFailed"],
        ),
        stat(
            "Alertmanager configuration",
            "Whether the last reload succeeded; the worst server. Good: 1.",
            "min(alertmanager_config_last_reload_successful{@})",
            "short",
            thresholds=below(critical=1),
            width=4,
            alerts=["AlertmanagerConfigReloadFailed"],
        ),
        stat(
            "Alertmanagers known",
            "Alertmanagers that each Prometheus sends to; the least. Good: all that you have; at 0 nobody is told.",
            "min(prometheus_notifications_alertmanagers_discovered{@})",
            "short",
            thresholds=below(critical=1),
            width=4,
            alerts=["PrometheusNoAlertmanager"],
        ),
        stat(
            "Watchdog",
            "The alert that always fires. Good: 1; with 0 the rules are not evaluated.",
            'count(ALERTS{@,alertname="Watchdog",alertstate="firing"}) or vector(0)',
            "short",
            thresholds=below(critical=1),
            width=4,
            alerts=["Watchdog"],
        ),
    ],
)

TARGETS = Row(
    "Targets",
    [
        table(
            "Targets that are down",
            "What does not answer. Good: no rows.",
            {"job": "Job", "node": "Node", "instance": "Instance", "environment": "Environment"},
            {"Up": "up{@} == 0"},
            empty_when="every target answers",
            alerts=["TargetDown", "NodeDown", "FastAPIDown"],
            links=[INFRASTRUCTURE],
        ),
        table(
            "Certificates",
            "When the certificates end that the probes see. Good: green.",
            {"node": "Node", "instance": "Instance"},
            {"Ends in": "min by (node, instance) (probe_ssl_earliest_cert_expiry{@}) - time()"},
            "s",
            thresholds=below(warning="certificate_seconds"),
            needs="a probe of an https address",
            alerts=["CertificateExpiresSoon"],
        ),
        graph(
            "Time of scrapes",
            "The ten slowest scrapes. Good: below the line; at the scrape time-out the target counts as down.",
            {"{{job}} {{node}}": "topk(10, scrape_duration_seconds{@})"},
            "s",
            thresholds=above(warning="scrape_duration_seconds"),
            alerts=["PrometheusScrapeSlow", "TargetDown"],
        ),
        graph(
            "Series by job",
            "Series that each job's targets deliver. Good: level; a rise is a label that takes too many values.",
            {"{{job}}": "sum by (job) (scrape_samples_post_metric_relabeling{@})"},
            "short",
            stacked=True,
            links=[OVERVIEW],
        ),
        graph(
            "Probe time",
            "How long each probe takes. Good: level, well below a second.",
            {"{{node}} {{instance}}": "probe_duration_seconds{@}"},
            "s",
            alerts=["ProbeFailed"],
        ),
        graph(
            "Health checks and backups",
            "Time since the health check last ran, and since the last successful backup. Good: minutes, and within a "
            "day.",
            {
                "{{node}} health check": "time() - ets_health_check_last_run_timestamp_seconds{@}",
                "{{node}} backup of {{component}}": "time() - ets_backup_last_success_timestamp_seconds{@}",
            },
            "s",
            thresholds=above(warning="backup_age_seconds"),
            needs="the roles operator_tools and backup",
            alerts=["HealthCheckStale", "HealthCheckFailing", "BackupStale"],
        ),
    ],
)

PROMETHEUS = Row(
    "Prometheus",
    [
        graph(
            "Series in memory",
            "Series of the newest hours. Good: level.",
            {"{{node}}": "prometheus_tsdb_head_series{@}"},
            "short",
            alerts=["HighMemoryUsage"],
            links=[INFRASTRUCTURE],
        ),
        graph(
            "Samples stored",
            "Samples per second. Good: level.",
            {"{{node}}": f"sum by (node) (rate(prometheus_tsdb_head_samples_appended_total{{@}}{RATE}))"},
            "wps",
            alerts=["TargetDown"],
        ),
        graph(
            "Time of rules",
            "The five groups of rules that take the longest, as a share of their interval. Good: far below 100 %; "
            "above it alerts come late.",
            {
                "{{node}} {{rule_group}}": "topk(5, prometheus_rule_group_last_duration_seconds{@}"
                " / prometheus_rule_group_interval_seconds{@})"
            },
            "percentunit",
            alerts=["PrometheusRuleEvaluationSlow"],
        ),
        graph(
            "Failed rules",
            "Evaluations per five minutes that failed. Good: 0.",
            {
                "{{node}} {{rule_group}}": "sum by (node, rule_group) "
                f"(rate(prometheus_rule_evaluation_failures_total{{@}}{RATE})) * 300 > 0"
            },
            "short",
            empty_when="every rule can be evaluated",
            alerts=["PrometheusRuleFailures"],
        ),
        graph(
            "Alerts dropped",
            "Notifications per five minutes that no Alertmanager took. Good: 0.",
            {"{{node}}": f"rate(prometheus_notifications_dropped_total{{@}}{RATE}) * 300"},
            "short",
            alerts=["PrometheusNotificationsDropped"],
        ),
        graph(
            "Size on disk",
            "Bytes that the blocks take. Good: level once the retention time has passed.",
            {"{{node}}": "prometheus_tsdb_storage_blocks_bytes{@}"},
            "bytes",
            alerts=["DiskWillFillIn24h"],
            links=[INFRASTRUCTURE],
        ),
    ],
)

ALERTMANAGER = Row(
    "Alertmanager",
    [
        graph(
            "Alerts by state",
            "What Alertmanager knows of; `suppressed` ones are silenced or inhibited. Good: few.",
            {"{{node}} {{state}}": "alertmanager_alerts{@}"},
            "short",
            links=[OVERVIEW],
        ),
        graph(
            "Messages",
            "Messages per hour by channel. Good: few enough to be read.",
            {"{{integration}}": f"sum by (integration) (rate(alertmanager_notifications_total{{@}}{RATE})) * 3600"},
            "short",
            alerts=["AlertmanagerNotificationsFailing"],
        ),
        graph(
            "Failed messages",
            "Share of the messages that could not be sent, by channel. Good: 0, at least below the line.",
            {
                "{{integration}}": f"sum by (integration) (rate(alertmanager_notifications_failed_total{{@}}{RATE}))"
                f" / (sum by (integration) (rate(alertmanager_notifications_total{{@}}{RATE})) > 0)"
            },
            "percentunit",
            thresholds=above(critical="notification_failure_ratio"),
            empty_when="no message is sent",
            alerts=["AlertmanagerNotificationsFailing"],
        ),
    ],
)

DASHBOARD = Dashboard(
    uid="ets-monitoring",
    title="Monitoring",
    description="Whether Prometheus and Alertmanager see everything, and can say so.",
    rows=[NOW, TARGETS, PROMETHEUS, ALERTMANAGER],
)

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prometheus's configuration as data, out of the topology and the role's settings. PRIVATE to the collection."""

from __future__ import annotations

import posixpath
import typing as t
from collections.abc import Iterator, Mapping, Sequence

from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils import _probes
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._catalogue import BY_NAME
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._managed_service import HEADER
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._prometheus_settings import Settings
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._scrape import (
    Job,
    target_address,
    targets_file,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._topology import Environment
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import (
    is_secret_key,
    url_password,
)

# Files that Prometheus writes.
_WRITTEN_FILES: t.Final = frozenset(("query_log_file", "scrape_failure_log_file"))
# The servers of a pair send the same alert; Alertmanager only sees that it is the same without this label.
_DROP_REPLICA: t.Final = {"action": "labeldrop", "regex": "replica"}


def configuration(environment: Environment, jobs: Sequence[Job], settings: Settings, host: str) -> dict[str, t.Any]:
    """The content of prometheus.yml.

    Args:
        environment: What this Prometheus watches.
        jobs: The scrape jobs for it.
        settings: The role's settings, free of problems.
        host: Inventory name of the host that it runs on.
    """
    extra = dict(settings.extra_config)
    timeout = {"scrape_timeout": settings.scrape_timeout} if settings.scrape_timeout else {}
    config: dict[str, t.Any] = {
        "global": {
            "scrape_interval": settings.scrape_interval,
            **timeout,
            "evaluation_interval": settings.evaluation_interval,
            "external_labels": {
                "environment": environment.name,
                "replica": settings.replica or host,
                **settings.external_labels,
            },
            **(extra.pop("global", None) or {}),
        }
    }
    sections = {
        "rule_files": settings.rule_files,
        "alerting": _alerting(environment, settings),
        "remote_write": settings.remote_write,
        "remote_read": settings.remote_read,
        "scrape_configs": [
            *(_scrape_config(job, settings) for job in jobs),
            *_probe_configs(environment, settings, host),
            *settings.extra_scrape_jobs,
        ],
    }
    return {**config, **{name: section for name, section in sections.items() if section}, **extra}


def files(environment: Environment, jobs: Sequence[Job], settings: Settings, host: str) -> list[dict[str, t.Any]]:
    """The files of Prometheus that follow from the topology, as managed_service takes them.

    Args:
        environment: What this Prometheus watches.
        jobs: The scrape jobs for it.
        settings: The role's settings, free of problems.
        host: Inventory name of the host that it runs on.
    """
    config = configuration(environment, jobs, settings, host)
    main = {
        "dest": f"{settings.config_dir}/prometheus.yml",
        "content": config,
        "owner": "root",
        "group": settings.group,
        "mode": "0640",
        "on_change": "reload",
        "secret": bool(inline_secrets(config)),
    }
    # Prometheus watches these itself.
    targets = [
        {
            "dest": _targets_path(job, settings),
            "content": targets_file(job, HEADER),
            "owner": "root",
            "group": "root",
            "mode": "0644",
            "on_change": "none",
            "secret": False,
        }
        for job in jobs
    ]
    return [main, *targets, *_probe_files(environment, settings, host)]


def readable_files(value: object, config_dir: str) -> list[str]:
    """The files that a configuration refers to and that Prometheus reads itself, without patterns.

    Args:
        value: A configuration or a part of one, in builtins.
        config_dir: Directory that relative paths start from.

    Returns:
        Absolute paths, sorted.
    """
    found = {text for keys, text in _texts(value) if _names_file(keys)}
    return sorted(posixpath.normpath(posixpath.join(config_dir, path)) for path in found)


def inline_secrets(value: object) -> list[str]:
    """Passwords, tokens and the like that stand in a configuration itself, sorted.

    Args:
        value: A configuration or a part of one, in builtins.
    """
    secrets = {text if _names_secret(keys) else url_password(text) for keys, text in _texts(value)}
    return sorted(secrets - {""})


def _names_file(keys: Sequence[str]) -> bool:
    last = keys[-1] if keys else ""
    return (last.endswith("_file") and last not in _WRITTEN_FILES) or (last == "files" and "http_headers" in keys)


def _names_secret(keys: Sequence[str]) -> bool:
    if list(keys[-2:]) == ["tls_config", "key"]:
        return True
    names = keys[:-1] if keys and keys[-1] == "values" else keys  # http_headers: {Authorization: {values: [...]}}
    return bool(names) and is_secret_key(names[-1])


def _texts(value: object, keys: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every text in a structure that is not empty, with the keys above it."""
    if isinstance(value, str) and value:
        yield keys, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(item, (*keys, key))
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, keys)


def _targets_path(job: Job, settings: Settings) -> str:
    return f"{settings.config_dir}/file_sd/{job.service.job}.yml"


def _scrape_config(job: Job, settings: Settings) -> dict[str, t.Any]:
    return {
        "job_name": job.service.job,
        **({"scheme": job.scheme} if job.scheme != "http" else {}),
        **({"metrics_path": job.metrics_path} if job.metrics_path != "/metrics" else {}),
        **settings.scrape_job_settings.get(job.service.name, {}),
        "file_sd_configs": [{"files": [_targets_path(job, settings)]}],
    }


def _probes_path(settings: Settings) -> str:
    return f"{settings.config_dir}/file_sd/{_probes.JOB}.yml"


def _probe_configs(environment: Environment, settings: Settings, host: str) -> list[dict[str, t.Any]]:
    """The job of the probes, where there is an exporter and something to probe."""
    exporter = _probes.exporter_of(environment, host)
    if exporter is None or not _probes.probes(environment, settings.probes):
        return []
    native = settings.scrape_job_settings.get(exporter.service.name, {})
    return [_probes.scrape_config(exporter, host, _probes_path(settings), native)]


def _probe_files(environment: Environment, settings: Settings, host: str) -> list[dict[str, t.Any]]:
    found = _probes.probes(environment, settings.probes)
    if _probes.exporter_of(environment, host) is None or not found:
        return []
    return [
        {
            "dest": _probes_path(settings),
            "content": _probes.targets_file(found, environment.name, HEADER),
            "owner": "root",
            "group": "root",
            "mode": "0644",
            "on_change": "none",
            "secret": False,
        }
    ]


def _alerting(environment: Environment, settings: Settings) -> dict[str, t.Any]:
    """The section that says where alerts go; empty where there is no Alertmanager."""
    groups: dict[tuple[str, str], list[str]] = {}
    for endpoint in environment.endpoints(BY_NAME["alertmanager"]):
        groups.setdefault((endpoint.scheme, endpoint.path_prefix), []).append(target_address(endpoint))
    alertmanagers = [
        {
            **({"scheme": scheme} if scheme != "http" else {}),
            **({"path_prefix": prefix} if prefix else {}),
            **settings.alertmanager_settings,
            "static_configs": [{"targets": targets}],
        }
        for (scheme, prefix), targets in sorted(groups.items())
    ]
    alertmanagers += settings.extra_alertmanagers
    if not alertmanagers:
        return {}
    return {
        "alert_relabel_configs": [_DROP_REPLICA, *settings.alert_relabel_configs],
        "alertmanagers": alertmanagers,
    }

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables that shape Prometheus's configuration, checked. PRIVATE to the collection."""

from __future__ import annotations

import dataclasses
import re
import typing as t
from collections.abc import Callable, Iterator, Mapping

from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._catalogue import expected_names
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._endpoints import read_labels
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._probes import Probe, read_probes
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._prometheus_jobs import (
    extra_jobs_problems,
    job_settings_problems,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._scrape import Job
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import (
    InputError,
    as_list,
    as_mapping,
    as_text,
    kind,
    plain_item,
    shown,
)

_DURATION: t.Final = re.compile(r"(?:[0-9]+(?:ms|[smhdwy]))+\Z")
# Sections that have variables of their own.
_OWN_SECTIONS: t.Final = {
    "scrape_configs": "prometheus_extra_scrape_jobs",
    "rule_files": "prometheus_extra_rule_files",
    "alerting": "prometheus_alertmanager_settings or prometheus_extra_alertmanagers",
    "remote_write": "prometheus_remote_write",
    "remote_read": "prometheus_remote_read",
}
_OWN_GLOBALS: t.Final = ("scrape_interval", "evaluation_interval", "scrape_timeout", "external_labels")
_OWN_EXTERNAL_LABELS: t.Final = {"environment": "observability_environment", "replica": "prometheus_replica"}
_OWN_ALERTMANAGER_KEYS: t.Final = ("scheme", "path_prefix", "static_configs")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the role's variables say. The variable of each is `prometheus_<name>`.

    Args:
        config_dir: Directory of prometheus.yml.
        group: Group that may read prometheus.yml.
        scrape_interval: A duration in Prometheus's notation.
        evaluation_interval: Likewise.
        scrape_timeout: Likewise; Prometheus's default where empty.
        replica: External label that tells the servers of a pair apart; the host's name where empty.
        external_labels: Further external labels.
        rule_files: Paths or patterns of rule files.
        scrape_job_settings: Native settings of the collection's own jobs, by service.
        extra_scrape_jobs: Native scrape jobs.
        probes: What is probed beside what the inventory knows.
        alertmanager_settings: Native settings for the inventory's Alertmanagers.
        extra_alertmanagers: Native entries for other Alertmanagers.
        alert_relabel_configs: Native relabelling of alerts.
        remote_write: Native entries.
        remote_read: Native entries.
        extra_config: Native sections that no variable covers.
    """

    config_dir: str
    group: str
    scrape_interval: str
    evaluation_interval: str
    scrape_timeout: str
    replica: str
    external_labels: dict[str, str]
    rule_files: list[str]
    scrape_job_settings: dict[str, t.Any]
    extra_scrape_jobs: list[t.Any]
    probes: list[Probe]
    alertmanager_settings: dict[str, t.Any]
    extra_alertmanagers: list[dict[str, t.Any]]
    alert_relabel_configs: list[dict[str, t.Any]]
    remote_write: list[dict[str, t.Any]]
    remote_read: list[dict[str, t.Any]]
    extra_config: dict[str, t.Any]


def variable(name: str) -> str:
    """The variable behind a setting."""
    return f"prometheus_{name}"


def settings_variables() -> list[str]:
    """The variables behind all settings, without those that only the role itself gives."""
    return [variable(name) for name in _READERS if name not in ("group", "rule_files")]


def read_settings(get: Callable[[str], t.Any], report: Callable[[str], object]) -> Settings:
    """Read all settings; one that is wrong is reported and then counts as not set.

    Args:
        get: Gives the plain value of a variable, or nothing; may raise InputError.
        report: Takes a sentence about a mistake.
    """
    return Settings(**dict(_read_each(get, report)))


def _read_each(get: Callable[[str], t.Any], report: Callable[[str], object]) -> Iterator[tuple[str, t.Any]]:
    for name, reader in _READERS.items():
        where = variable(name)
        try:
            value = reader(get(where), where)
        except InputError as error:
            report(str(error))
            value = reader(None, where)
        yield name, value


def given(value: object) -> Callable[[str], t.Any]:
    """Read the dictionary of settings that a filter is given.

    Returns:
        Gives the plain value of a variable, or nothing; raises InputError where a template inside fails.

    Raises:
        InputError: It is no dictionary, or a key is unknown.
    """
    if not isinstance(value, Mapping):
        raise InputError(f"The settings of Prometheus are {kind(value)}; expected a dictionary.")
    for key in value:
        if key not in _READERS:
            raise InputError(
                f"The settings of Prometheus have the unknown key {str(key)!r}; {expected_names(key, _READERS)}"
            )
    keys = {variable(key): key for key in value}
    return lambda name: plain_item(value, keys[name], name) if name in keys else None


def all_given(value: object) -> dict[str, t.Any]:
    """The dictionary of settings that a filter is given in builtins, by variable.

    Raises:
        InputError: It is no dictionary, or a key is unknown, or a template inside fails.
    """
    get = given(value)
    return {variable(key): get(variable(key)) for key in t.cast("Mapping[str, t.Any]", value)}


def settings_problems(settings: Settings, jobs: list[Job]) -> Iterator[str]:
    """What is wrong with the settings in view of the collection's own jobs."""
    yield from job_settings_problems(settings.scrape_job_settings)
    yield from extra_jobs_problems(settings.extra_scrape_jobs, {job.service.job: job.service for job in jobs})


def _text(default: str = "") -> Callable[[object, str], str]:
    return lambda value, where: as_text(value, where) or default


def _duration(default: str) -> Callable[[object, str], str]:
    def read(value: object, where: str) -> str:
        if value is None or value == "":
            return default
        if not isinstance(value, str) or not _DURATION.match(value):
            raise InputError(f"{where} is {shown(value)}; expected a duration such as 15s or 1m30s.")
        return value

    return read


def _config_dir(value: object, where: str) -> str:
    text = as_text(value, where) or "/etc/prometheus"
    if not text.startswith("/"):
        raise InputError(f"{where} is {shown(text)}; expected an absolute path.")
    return text.rstrip("/")


def _texts(value: object, where: str) -> list[str]:
    return [as_text(item, f"{where}[{index}]", empty=False) for index, item in enumerate(as_list(value, where))]


def _mappings(value: object, where: str) -> list[dict[str, t.Any]]:
    items = as_list(value, where)
    for index, item in enumerate(items):
        if not isinstance(item, dict) or not item:
            raise InputError(f"{where}[{index}] is {kind(item)}; expected a dictionary in Prometheus's own syntax.")
    return items


def _external_labels(value: object, where: str) -> dict[str, str]:
    for name in as_mapping(value, where):
        if name in _OWN_EXTERNAL_LABELS:
            raise InputError(f"{where} sets {name!r}, which comes from {_OWN_EXTERNAL_LABELS[name]}; set that instead.")
    return read_labels(value, where, own=())


def _alertmanager_settings(value: object, where: str) -> dict[str, t.Any]:
    settings = as_mapping(value, where)
    for key in settings:
        if key in _OWN_ALERTMANAGER_KEYS or key.endswith("_sd_configs"):
            raise InputError(
                f"{where} sets {key}, which comes from the inventory; expected other settings only. Alertmanagers that "
                f"are not in the inventory belong in {variable('extra_alertmanagers')}."
            )
    return settings


def _extra_config(value: object, where: str) -> dict[str, t.Any]:
    sections = as_mapping(value, where)
    for name in sections:
        if name in _OWN_SECTIONS:
            raise InputError(f"{where} sets {name}; expected this in {_OWN_SECTIONS[name]}.")
    for name in as_mapping(sections.get("global"), f"{where}.global"):
        if name in _OWN_GLOBALS:
            raise InputError(f"{where}.global sets {name}; expected this in {variable(name)}.")
    return sections


_READERS: t.Final[Mapping[str, Callable[[object, str], t.Any]]] = {
    "config_dir": _config_dir,
    "group": _text("prometheus"),
    "scrape_interval": _duration("15s"),
    "evaluation_interval": _duration("15s"),
    "scrape_timeout": _duration(""),
    "replica": _text(),
    "external_labels": _external_labels,
    "rule_files": _texts,
    "scrape_job_settings": as_mapping,
    "extra_scrape_jobs": as_list,
    "probes": read_probes,
    "alertmanager_settings": _alertmanager_settings,
    "extra_alertmanagers": _mappings,
    "alert_relabel_configs": _mappings,
    "remote_write": _mappings,
    "remote_read": _mappings,
    "extra_config": _extra_config,
}

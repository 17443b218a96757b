# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters of the role grafana. Documented in grafana_*.yml."""

from __future__ import annotations

import json
import typing as t
from collections.abc import Callable, Iterator, Mapping, Sequence

from ansible.errors import AnsibleFilterError
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils import (
    _grafana,
    _grafana_nodes,
    _grafana_people,
    _grafana_thresholds,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._filter import input_errors
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._inventory import Inventory
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._topology import environment_seen_by
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import InputError


@input_errors
def grafana_ini(base: Mapping[str, t.Any], more: Mapping[str, t.Any]) -> str:
    """The text of grafana.ini; see grafana_ini.yml.

    :raises AnsibleFilterError: a value cannot be written.
    """
    return _grafana.ini_text(_grafana.merge_ini(base, more))


def grafana_datasources(
    groups: Mapping[str, t.Any],
    hostvars: Mapping[str, t.Any],
    host: str,
    scrape_interval: str = "15s",
    settings: Mapping[str, t.Any] | None = None,
    extra: Sequence[Mapping[str, t.Any]] = (),
    elasticsearch_password: str = "",
    ca_certificate: str = "",
) -> list[dict[str, t.Any]]:
    """The datasources of an environment; see grafana_datasources.yml.

    :raises AnsibleFilterError: something is wrong in the inventory.
    """
    try:
        environment = environment_seen_by(Inventory(groups, hostvars), host)
    except InputError as error:
        raise AnsibleFilterError(str(error)) from None
    logins = {"elasticsearch": _grafana.elasticsearch_login(elasticsearch_password, ca_certificate)}
    found = _grafana.datasources(environment, scrape_interval, settings or {}, logins)
    return found + [{"access": "proxy", "editable": False, **source} for source in extra]


def grafana_provisioning(
    sources: Sequence[Mapping[str, t.Any]],
    folders: Sequence[Mapping[str, str]],
    directory: str,
    contact_points: Sequence[Mapping[str, t.Any]] = (),
) -> dict[str, t.Any]:
    """The content of the provisioning files; see grafana_provisioning.yml."""
    return {
        "datasources": _grafana.datasources_file(sources),
        "dashboards": _grafana.providers_file(folders, directory),
        "alerting": _grafana.contact_points_file(contact_points),
    }


def read_dashboards(paths: Sequence[str]) -> list[tuple[str, t.Any]]:
    """Files of the controller with their content."""
    found = []
    for path in paths:
        try:
            with open(path, encoding="utf-8") as file:
                content = json.load(file)
        except (OSError, ValueError):
            content = None
        found.append((path, content))
    return found


def grafana_dashboard_uids(paths: Sequence[str]) -> list[str]:
    """The uids of dashboards; see grafana_dashboard_uids.yml."""
    return [content["uid"] for _path, content in read_dashboards(paths) if isinstance(content, dict)]


@input_errors
def grafana_alert_thresholds(groups: Mapping[str, t.Any], hostvars: Mapping[str, t.Any], host: str) -> dict[str, float]:
    """The thresholds of alerts that the inventory changes; see grafana_alert_thresholds.yml.

    :raises AnsibleFilterError: one of them is no number.
    """
    return _grafana_thresholds.alert_thresholds(Inventory(groups, hostvars), host)


def grafana_dashboard_files(
    paths: Sequence[str],
    directory: str,
    group: str,
    thresholds: Mapping[str, float] | None = None,
    names: Mapping[str, Mapping[str, str]] | None = None,
) -> list[dict[str, t.Any]]:
    """Entries for the files of dashboards; see grafana_dashboard_files.yml."""
    return _grafana_thresholds.dashboard_files(paths, directory, group, thresholds or {}, names or {})


def grafana_problems(
    settings: Mapping[str, t.Any],
    groups: Mapping[str, t.Any] | None = None,
    hostvars: Mapping[str, t.Any] | None = None,
    host: str = "",
) -> list[str]:
    """What is wrong with the variables of the role; see grafana_problems.yml."""
    ini = settings.get("ini") or {}
    return [
        *_problems(_grafana_nodes.database_problems, settings.get("database") or {}),
        *(_problems(_grafana_nodes.node_problems, Inventory(groups, hostvars), host) if groups and hostvars else ()),
        *_grafana.secret_problems(settings),
        *_grafana.address_problems(settings),
        *_grafana.ini_problems(ini),
        *_grafana.folder_problems(settings.get("folders") or []),
        *_grafana.datasource_problems(settings.get("datasources") or []),
        *_grafana.dashboard_problems(read_dashboards(settings.get("dashboards") or [])),
        *_problems(_grafana_people.user_problems, settings.get("users") or [], settings.get("admin_user") or ""),
        *_problems(_grafana_people.team_problems, settings.get("teams") or []),
        *_problems(
            _grafana_people.contact_point_problems,
            settings.get("contact_points") or [],
            ini if isinstance(ini, Mapping) else {},
        ),
    ]


def _problems(check: Callable[..., Iterator[str]], *arguments: t.Any) -> list[str]:
    try:
        return list(check(*arguments))
    except InputError as error:
        return [str(error)]


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., t.Any]]:
        """Filter names with their functions."""
        return {
            "grafana_ini": grafana_ini,
            "grafana_datasources": grafana_datasources,
            "grafana_provisioning": grafana_provisioning,
            "grafana_alert_thresholds": grafana_alert_thresholds,
            "grafana_dashboard_files": grafana_dashboard_files,
            "grafana_dashboard_uids": grafana_dashboard_uids,
            "grafana_problems": grafana_problems,
        }

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters of the role grafana. Documented in grafana_*.yml."""

from __future__ import annotations

import json
import typing as t
from collections.abc import Callable, Mapping, Sequence

from ansible.errors import AnsibleFilterError
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils import _grafana
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._inventory import Inventory
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._topology import environment_seen_by
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import InputError


def grafana_ini(base: Mapping[str, t.Any], more: Mapping[str, t.Any]) -> str:
    """The text of grafana.ini; see grafana_ini.yml.

    :raises AnsibleFilterError: a value cannot be written.
    """
    try:
        return _grafana.ini_text(_grafana.merge_ini(base, more))
    except InputError as error:
        raise AnsibleFilterError(str(error)) from None


def grafana_datasources(
    groups: Mapping[str, t.Any],
    hostvars: Mapping[str, t.Any],
    host: str,
    scrape_interval: str = "15s",
    settings: Mapping[str, t.Any] | None = None,
    extra: Sequence[Mapping[str, t.Any]] = (),
) -> list[dict[str, t.Any]]:
    """The datasources of an environment; see grafana_datasources.yml.

    :raises AnsibleFilterError: something is wrong in the inventory.
    """
    try:
        environment = environment_seen_by(Inventory(groups, hostvars), host)
    except InputError as error:
        raise AnsibleFilterError(str(error)) from None
    found = _grafana.datasources(environment, scrape_interval, settings or {})
    return found + [{"access": "proxy", "editable": False, **source} for source in extra]


def grafana_provisioning(
    sources: Sequence[Mapping[str, t.Any]], folders: Sequence[Mapping[str, str]], directory: str
) -> dict[str, t.Any]:
    """The content of the provisioning files; see grafana_provisioning.yml."""
    return {
        "datasources": _grafana.datasources_file(sources),
        "dashboards": _grafana.providers_file(folders, directory),
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


def grafana_problems(settings: Mapping[str, t.Any]) -> list[str]:
    """What is wrong with the variables of the role; see grafana_problems.yml."""
    return [
        *_grafana.secret_problems(settings),
        *_grafana.address_problems(settings),
        *_grafana.ini_problems(settings.get("ini") or {}),
        *_grafana.folder_problems(settings.get("folders") or []),
        *_grafana.datasource_problems(settings.get("datasources") or []),
        *_grafana.dashboard_problems(read_dashboards(settings.get("dashboards") or [])),
    ]


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., t.Any]]:
        """Filter names with their functions."""
        return {
            "grafana_ini": grafana_ini,
            "grafana_datasources": grafana_datasources,
            "grafana_provisioning": grafana_provisioning,
            "grafana_dashboard_uids": grafana_dashboard_uids,
            "grafana_problems": grafana_problems,
        }

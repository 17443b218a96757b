# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters: who Alertmanager tells what. Documented in alertmanager.yml and its neighbours."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Mapping

from ansible.errors import AnsibleFilterError
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils import _alertmanager
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._alertmanager_settings import (
    Settings,
    problems,
    read_settings,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._filter import input_errors
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._inventory import Inventory
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._topology import environment_seen_by
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import InputError, as_port


def _read(settings: Mapping[str, t.Any]) -> tuple[Settings, list[str]]:
    found: list[str] = []
    return read_settings(settings, found.append), found


def alertmanager(settings: Mapping[str, t.Any], version: str = "") -> dict[str, t.Any]:
    """Everything that follows from the settings; see alertmanager.yml.

    :raises AnsibleFilterError: a variable is not what it should be.
    """
    try:
        read, found = _read(settings)
        found += problems(read, version)
    except InputError as error:
        raise AnsibleFilterError(str(error)) from None
    if found:
        raise AnsibleFilterError("\n".join(found))
    return {
        "config": _alertmanager.configuration(read, version),
        "secrets": _alertmanager.secrets(read, version),
        "secret_config": _alertmanager.has_inline_secret(read, version),
        "contacts": _alertmanager.contacts_template(read),
    }


def alertmanager_problems(settings: Mapping[str, t.Any], version: str = "") -> list[str]:
    """What is wrong with the settings; see alertmanager_problems.yml."""
    try:
        read, found = _read(settings)
    except InputError as error:
        return [str(error)]
    return [*found, *problems(read, version)]


@input_errors
def alertmanager_channels_off(settings: Mapping[str, t.Any]) -> list[str]:
    """Which channels are off, and why; see alertmanager_channels_off.yml.

    :raises AnsibleFilterError: a setting is unknown.
    """
    return _alertmanager.channels_off(_read(settings)[0])


@input_errors
def alertmanager_peers(
    port: object, groups: Mapping[str, t.Any], hostvars: Mapping[str, t.Any], host: str
) -> list[str]:
    """The other members of the cluster; see alertmanager_peers.yml.

    :raises AnsibleFilterError: something is wrong in the inventory, or the port is none.
    """
    number = as_port(port, "alertmanager_cluster_port")
    return _alertmanager.peers(environment_seen_by(Inventory(groups, hostvars), host), host, number)


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., t.Any]]:
        """Filter names with their functions."""
        return {
            "alertmanager": alertmanager,
            "alertmanager_problems": alertmanager_problems,
            "alertmanager_channels_off": alertmanager_channels_off,
            "alertmanager_peers": alertmanager_peers,
        }

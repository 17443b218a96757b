# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters of the role elasticsearch. Documented in elasticsearch_*.yml."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Mapping

from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils import _elasticsearch_role
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._filter import input_errors
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._inventory import Inventory
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import InputError, plain


@input_errors
def elasticsearch_cluster(groups: Mapping[str, t.Any], hostvars: Mapping[str, t.Any], host: str) -> dict[str, t.Any]:
    """The cluster of a host; see elasticsearch_cluster.yml.

    :raises AnsibleFilterError: a variable is not what it should be.
    """
    return _elasticsearch_role.cluster(Inventory(groups, hostvars), host)


@input_errors
def elasticsearch_clients(passwords: Mapping[str, t.Any]) -> list[dict[str, t.Any]]:
    """Roles and users of clients; see elasticsearch_clients.yml.

    :raises AnsibleFilterError: a variable is not what it should be.
    """
    return _elasticsearch_role.client_resources(plain(passwords, "passwords"))


def elasticsearch_heap_bytes(size: object) -> int:
    """Bytes of a heap; see elasticsearch_heap_bytes.yml. What is wrong with it is told by elasticsearch_problems."""
    try:
        return _elasticsearch_role.heap_bytes(size)
    except InputError:
        return 0


@input_errors
def elasticsearch_retention(days: object, more: object) -> dict[str, t.Any]:
    """Days by category of logs; see elasticsearch_retention.yml.

    :raises AnsibleFilterError: a template inside fails.
    """
    return _elasticsearch_role.retention(plain(days, "observability_log_retention_days"), plain(more, "days"))


@input_errors
def elasticsearch_problems(settings: Mapping[str, t.Any]) -> list[str]:
    """What is wrong with the variables of the role; see elasticsearch_problems.yml.

    :raises AnsibleFilterError: a template inside fails.
    """
    return _elasticsearch_role.problems(plain(settings, "elasticsearch"))


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., t.Any]]:
        """Filter names with their functions."""
        return {
            "elasticsearch_cluster": elasticsearch_cluster,
            "elasticsearch_clients": elasticsearch_clients,
            "elasticsearch_heap_bytes": elasticsearch_heap_bytes,
            "elasticsearch_retention": elasticsearch_retention,
            "elasticsearch_problems": elasticsearch_problems,
        }

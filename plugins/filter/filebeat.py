# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters of the role filebeat. Documented in filebeat_*.yml."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Mapping

from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils import _filebeat
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._filter import input_errors
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._inventory import Inventory


@input_errors
def filebeat_inputs(
    groups: Mapping[str, t.Any],
    hostvars: Mapping[str, t.Any],
    host: str,
    paths: object,
    disabled: object = (),
    extra: object = (),
) -> list[dict[str, t.Any]]:
    """What Filebeat reads on a host; see filebeat_inputs.yml.

    :raises AnsibleFilterError: a variable is not what it should be.
    """
    return _filebeat.inputs(Inventory(groups, hostvars), host, paths, disabled, extra)


@input_errors
def filebeat_logstash_hosts(groups: Mapping[str, t.Any], hostvars: Mapping[str, t.Any], host: str) -> list[str]:
    """Where Logstash listens for Filebeat; see filebeat_logstash_hosts.yml.

    :raises AnsibleFilterError: a variable is not what it should be.
    """
    return _filebeat.logstash_hosts(Inventory(groups, hostvars), host)


def filebeat_problems(settings: Mapping[str, t.Any]) -> list[str]:
    """What is wrong with the variables of the role; see filebeat_problems.yml."""
    return list(_filebeat.problems(settings))


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., t.Any]]:
        """Filter names with their functions."""
        return {
            "filebeat_inputs": filebeat_inputs,
            "filebeat_logstash_hosts": filebeat_logstash_hosts,
            "filebeat_problems": filebeat_problems,
        }

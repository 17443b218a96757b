# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters for the role operator_tools: what a host checks, and what people open."""

from __future__ import annotations

DOCUMENTATION = r"""
name: health_checks
short_description: Compute what the health check of a host looks at
version_added: "1.0.0"
author:
  - Enterprise Tickets contributors (@enterprise-tickets)
description:
  - Gives the checks for a host, from the services that the inventory puts there. Each host checks itself. A Prometheus
    server also tells what the health checks of the other hosts have found, out of their metrics.
positional: hostvars, host, settings
options:
  _input:
    description: The magic variable C(groups).
    type: dict
    required: true
  host:
    description: The host, its inventory name.
    type: str
    required: true
  settings:
    description:
      - The variables C(operator_tools_credentials), C(operator_tools_checks_disabled), C(operator_tools_extra_checks),
        C(operator_tools_check_options) and C(operator_tools_tickets_url) as C(credentials), C(disabled), C(extra),
        C(options) and C(tickets_url).
    type: dict
    default: {}
extends_documentation_fragment:
  - enterprise_tickets.observability._topology
seealso:
  - module: enterprise_tickets.observability.health_check
"""

EXAMPLES = r"""
- name: Show what a host checks
  ansible.builtin.debug:
    msg: "{{ (groups | enterprise_tickets.observability.health_checks(hostvars, inventory_hostname)).checks }}"
"""

RETURN = r"""
_value:
  description: What a host checks, and what that takes.
  type: dict
  contains:
    checks:
      description: The checks, as M(enterprise_tickets.observability.health_check) takes them.
      type: list
      elements: dict
      sample:
        - id: prometheus.unit
          group: Prometheus
          title: Unit
          kind: unit
          unit: prometheus.service
          enabled: true
          access: prometheus
    credentials:
      description: Users and passwords of the services, as the same module takes them. They come from C(<role>_probe).
      type: list
      elements: dict
"""

import typing as t
from collections.abc import Callable, Mapping

from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils import _health_checks
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._filter import input_errors
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._inventory import Inventory

Groups = Mapping[str, t.Any]


@input_errors
def health_checks(
    groups: Groups, hostvars: Groups, host: str, settings: Mapping[str, t.Any] | None = None
) -> _health_checks.HealthChecks:
    """Compute what a host checks; see DOCUMENTATION.

    :raises AnsibleFilterError: a variable is not what it should be.
    """
    return _health_checks.health_checks(Inventory(groups, hostvars), host, settings or {})


@input_errors
def monitoring_urls(groups: Groups, hostvars: Groups, host: str, extra: object = ()) -> list[dict[str, t.Any]]:
    """Compute what people open; see monitoring_urls.yml.

    :raises AnsibleFilterError: a variable is not what it should be.
    """
    return _health_checks.monitoring_urls(Inventory(groups, hostvars), host, extra)


@input_errors
def service_urls(groups: Groups, hostvars: Groups, host: str, name: str) -> list[str]:
    """Where a service is in an environment; see service_urls.yml.

    :raises AnsibleFilterError: a variable is not what it should be, or there is no such service.
    """
    return _health_checks.service_urls(Inventory(groups, hostvars), host, name)


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., t.Any]]:
        """Filter names with their functions."""
        return {"health_checks": health_checks, "monitoring_urls": monitoring_urls, "service_urls": service_urls}

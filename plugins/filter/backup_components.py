# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter: what a host is to back up."""

from __future__ import annotations

DOCUMENTATION = r"""
name: backup_components
short_description: What a host is to back up, computed from the inventory
version_added: "1.0.0"
author:
  - Enterprise Tickets contributors (@enterprise-tickets)
description:
  - Prometheus by its snapshot API, Alertmanager's silences and notification log, Grafana's SQLite database,
    Elasticsearch by a snapshot where it has a repository (on the first of its nodes that is backed up), and all files
    below C(/etc) that this collection has written on the host; each where the host's groups bring the service.
options:
  _input:
    description: The groups of the inventory (C(groups)).
    type: dict
    required: true
  hostvars:
    description: The variables of all hosts (C(hostvars)).
    type: dict
    required: true
  host:
    description: The host, by its name in the inventory.
    type: str
    required: true
  settings:
    description: Values of C(backup_components_disabled) (key C(disabled)), C(backup_extra_components) (C(extra)),
      C(backup_encryption) (C(encryption)) and C(backup_copy_to) (C(copy_to)).
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Show what this host would back up
  ansible.builtin.debug:
    msg: >-
      {{ (groups | enterprise_tickets.observability.backup_components(hostvars, inventory_hostname)).components }}
"""

RETURN = r"""
_value:
  description: What to back up, and what that takes.
  type: dict
  contains:
    components:
      description: The components, as the program C(enterprise-tickets-backup) reads them.
      type: list
      elements: dict
    credentials:
      description: Users and passwords by the name of the component, from C(<role>_probe).
      type: dict
    problems:
      description: Sentences about settings of services that have to change first.
      type: list
      elements: str
"""

import typing as t
from collections.abc import Callable, Mapping

from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils import _backup
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._filter import input_errors
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._inventory import Inventory


@input_errors
def backup_components(
    groups: Mapping[str, t.Any],
    hostvars: Mapping[str, t.Any],
    host: str,
    settings: Mapping[str, t.Any] | None = None,
) -> _backup.Backup:
    """Compute the components; see DOCUMENTATION.

    :raises AnsibleFilterError: a variable is not what it should be.
    """
    return _backup.backup_components(Inventory(groups, hostvars), host, settings or {})


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., _backup.Backup]]:
        """Filter names with their functions."""
        return {"backup_components": backup_components}

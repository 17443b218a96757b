# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter: where the services of a host keep what they gather."""

from __future__ import annotations

DOCUMENTATION = r"""
name: data_directories
short_description: Where the services of a host keep what they gather
version_added: "1.0.0"
author:
  - Enterprise Tickets contributors (@enterprise-tickets)
description:
  - For each service that has something to lose, also where the host is in none of its groups any more.
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
"""

EXAMPLES = r"""
- name: Show where this host keeps data
  ansible.builtin.debug:
    msg: "{{ groups | enterprise_tickets.observability.data_directories(hostvars, inventory_hostname) }}"
"""

RETURN = r"""
_value:
  description: Lists of directories by the name of the service.
  type: dict
"""

import typing as t
from collections.abc import Callable, Mapping

from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils import _backup
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._filter import input_errors
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._inventory import Inventory


@input_errors
def data_directories(groups: Mapping[str, t.Any], hostvars: Mapping[str, t.Any], host: str) -> dict[str, list[str]]:
    """Tell the directories; see DOCUMENTATION.

    :raises AnsibleFilterError: a variable is not what it should be.
    """
    return _backup.data_directories(Inventory(groups, hostvars), host)


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., dict[str, list[str]]]]:
        """Filter names with their functions."""
        return {"data_directories": data_directories}

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter: the groups that an inventory calls differently."""

from __future__ import annotations

DOCUMENTATION = r"""
name: renamed_groups
short_description: List our groups that the inventory calls something else
version_added: "1.0.0"
author:
  - Enterprise Tickets contributors (@enterprise-tickets)
description:
  - Reads C(observability_groups) of one host of each group, for the playbook C(resolve_groups).
options:
  _input:
    description: The groups of the inventory.
    type: dict
    required: true
  hostvars:
    description: The magic variable of this name.
    type: dict
    required: true
seealso:
  - plugin: enterprise_tickets.observability.play_hosts
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show the groups with other names
  ansible.builtin.debug:
    msg: "{{ groups | enterprise_tickets.observability.renamed_groups(hostvars) }}"
  # [["prometheus", "prom_servers"]]
"""

RETURN = r"""
_value:
  description:
    - Pairs of our name and the inventory's name of a group. Empty where all names are ours.
    - Where only one of several environments renames a group, our own name is paired with itself, too.
  type: list
  elements: list
"""

import typing as t
from collections.abc import Callable, Mapping

from ansible.errors import AnsibleFilterError
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._catalogue import GROUPS
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._inventory import Inventory, own_name
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._topology import (
    Problems,
    environment_maps,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import InputError


def renamed_groups(groups: Mapping[str, t.Any], hostvars: Mapping[str, t.Any]) -> list[list[str]]:
    """Our groups that the inventory calls something else; see DOCUMENTATION.

    :raises AnsibleFilterError: `observability_groups` or `observability_environment` of some host is wrong.
    """
    problems = Problems()
    maps = environment_maps(Inventory(groups, hostvars), problems)
    try:
        problems.raise_any()
    except InputError as error:
        raise AnsibleFilterError(str(error)) from error
    pairs = []
    for name in GROUPS:
        theirs = sorted({own_name(group_map, name) for group_map in maps.values()})
        if theirs not in ([], [name]):
            pairs += [[name, their] for their in theirs if their in groups]
    return pairs


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., list[list[str]]]]:
        """Filter names with their functions."""
        return {"renamed_groups": renamed_groups}

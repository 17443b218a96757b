# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter: what is wrong in the inventory."""

from __future__ import annotations

DOCUMENTATION = r"""
name: topology_problems
short_description: List everything that is wrong in the inventory
version_added: "1.0.0"
author:
  - Enterprise Tickets contributors (@enterprise-tickets)
description:
  - For a check before anything is changed. Each sentence names the variable, what was found and what is expected; hosts
    with the same mistake share one.
  - "Finds ports outside of 1 to 65535, two services on one port of a host, an environment without Prometheus or without
    watched hosts, misspelt services, groups and settings, addresses that others cannot reach or that two hosts share,
    labels that Prometheus refuses, and mistakes in the settings of Prometheus, as far as the inventory holds them: jobs
    whose names clash, targets without a port, values that are no lists."
positional: hostvars, hosts
options:
  _input:
    description: The magic variable C(groups).
    type: dict
    required: true
  hosts:
    description:
      - Only the environments of these hosts are looked at. Hosts that are in none of the collection's groups do not
        count.
      - All environments where it is not given.
    type: list
    elements: str
extends_documentation_fragment:
  - enterprise_tickets.observability._topology
"""

EXAMPLES = r"""
# Not assert: that would evaluate its message, and look at all hosts once more, also when nothing is wrong.
- name: Check the inventory
  ansible.builtin.fail:
    msg: "{{ problems | join('\n') }}"
  when: problems | length > 0
  vars:
    problems: "{{ groups | enterprise_tickets.observability.topology_problems(hostvars, ansible_play_hosts_all) }}"
  run_once: true
  # Host web1: node_exporter_port is 99999; expected a port, a whole number from 1 to 65535.
"""

RETURN = r"""
_value:
  description: The sentences; an empty list where all is well.
  type: list
  elements: str
"""

import typing as t
from collections.abc import Callable, Mapping, Sequence

from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._filter import input_errors
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._inventory import Inventory
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._preflight import (
    topology_problems as find,
)


@input_errors
def topology_problems(
    groups: Mapping[str, t.Any], hostvars: Mapping[str, t.Any], hosts: Sequence[str] | None = None
) -> list[str]:
    """Find all problems; see DOCUMENTATION.

    :raises AnsibleFilterError: the hosts are not a list.
    """
    return find(Inventory(groups, hostvars), hosts)


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., list[str]]]:
        """Filter names with their functions."""
        return {"topology_problems": topology_problems}

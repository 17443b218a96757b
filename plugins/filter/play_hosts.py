# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter: the hosts of a play, where an inventory has its own names for our groups."""

from __future__ import annotations

DOCUMENTATION = r"""
name: play_hosts
short_description: The hosts of a play, also where the inventory names the group differently
version_added: "1.0.0"
author:
  - Enterprise Tickets contributors (@enterprise-tickets)
description:
  - Ansible decides about the C(hosts) of a play before it looks at the variables of any host, so the inventory's
    C(observability_groups) is not known there. Only the names of the groups are.
  - The first play of each playbook therefore makes a group called C(observability_play_<our name>_is_<their name>)
    for each name that differs. This filter reads those names.
options:
  _input:
    description: The groups of the inventory.
    type: dict
    required: true
  names:
    description:
      - Our names of one or more groups, as positional arguments.
      - Those that the inventory does not have are left out. Where it has none of them, but has watched hosts, the
        pattern stands for no host, and Ansible does not warn of a service that simply is not used.
    type: list
    elements: str
    required: true
  needs:
    description:
      - Our name of a group without whose hosts nobody is meant, because those others would have nobody to serve.
    type: str
    default: ""
  role:
    description:
      - The name of the role that the play includes.
      - Where O(tags) asks for other roles of this collection only, nobody is meant, so that a run with C(--tags) costs
        no host a task that does nothing.
    type: str
    default: ""
  tags:
    description:
      - The tags that the run asks for, C(ansible_run_tags).
    type: list
    elements: str
    default: [all]
notes:
  - A tag of a role is its name, or its name with C(_preflight), C(_install) or C(_configure). Every other tag, such as
    one that your playbook gives to ours where it imports it, may mean any role.
seealso:
  - plugin: enterprise_tickets.observability.renamed_groups
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Deploy Prometheus
  hosts: >-
    {{ groups | enterprise_tickets.observability.play_hosts(
         'prometheus', role='prometheus', tags=ansible_run_tags) }}
  gather_facts: false
  become: true
  roles:
    - role: enterprise_tickets.observability.prometheus
"""

RETURN = r"""
_value:
  description: A host pattern.
  type: str
  sample: prometheus
"""

from collections.abc import Callable, Collection, Mapping
from typing import Final

from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._catalogue import SERVICES, TOOLS

# Without this group nothing of ours runs anywhere: then Ansible's warning that a group is unknown is what helps.
_WATCHED: Final = "observability_hosts"
_NOBODY: Final = "!all"
# tickets_backend is somebody else's, which has no unit that we know.
ROLES: Final = (*(service.name for service in SERVICES if service.unit), *(tools.name for tools in TOOLS))
_ROLE_OF_TAG: Final = {f"{role}{step}": role for role in ROLES for step in ("", "_preflight", "_install", "_configure")}


def play_hosts(
    groups: Mapping[str, object],
    *names: str,
    needs: str = "",
    role: str = "",
    tags: Collection[str] = ("all",),
) -> str:
    """The host pattern of some of our groups; see DOCUMENTATION."""
    # None is what a tag of somebody else means.
    if role and not {role, None} & {_ROLE_OF_TAG.get(tag) for tag in tags}:
        return _NOBODY
    if needs and not any(groups.get(name) for name in _their_names(groups, needs)):
        return _NOBODY
    patterns = [pattern for name in names for pattern in _their_names(groups, name)]
    there = [pattern for pattern in patterns if pattern in groups]
    if not there and any(name in groups for name in _their_names(groups, _WATCHED)):
        return _NOBODY
    return ":".join(dict.fromkeys(there or patterns))


def _their_names(groups: Mapping[str, object], name: str) -> list[str]:
    """What the inventory calls one of our groups."""
    prefix = f"observability_play_{name}_is_"
    return sorted(group.removeprefix(prefix) for group in groups if group.startswith(prefix)) or [name]


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., str]]:
        """Filter names with their functions."""
        return {"play_hosts": play_hosts}

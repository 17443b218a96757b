# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter: the command-line flags of a Go program, by version."""

from __future__ import annotations

DOCUMENTATION = r"""
name: command_flags
short_description: Choose the command-line flags that a version of a program knows
version_added: "1.0.0"
author:
  - Enterprise Tickets contributors (@enterprise-tickets)
description:
  - Turns a table of flags into sorted arguments, and leaves out what the given version does not know.
  - Refuses flags that contradict each other, and user flags that the role passes itself or that the version has lost.
options:
  _input:
    description: What is known about flags.
    type: list
    elements: dict
    required: true
    suboptions:
      flag:
        description: The name without dashes.
        type: str
        required: true
      value:
        description:
          - What is passed. V(true) for a switch, a list to repeat the flag.
          - V(none), V(false) and empty values leave it out.
          - An entry without this key only says which versions know the flag; it is checked when a user passes it.
        type: raw
      since:
        description: The first version that knows the flag.
        type: str
      before:
        description: The first version that does not know it any more.
        type: str
      variable:
        description:
          - The public variable behind the value, for messages.
          - With it, a value is an error where the version does not know the flag; without it the flag is left out.
        type: str
      instead:
        description: What to do where the flag does not exist, for messages.
        type: str
  version:
    description: The version of the program; an empty text (not known yet) counts as the newest.
    type: str
    required: true
  extra:
    description: The user's own flags by name without dashes; V(false) passes C(--no-<name>).
    type: dict
    default: {}
  extra_variable:
    description: The variable that O(extra) comes from, for messages.
    type: str
    default: extra_flags
  switch_on:
    description: Names of switches to turn on.
    type: list
    elements: str
    default: []
  switch_off:
    description: Names of switches to turn off.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Show the flags of an exporter
  ansible.builtin.debug:
    msg: >-
      {{
        [
          {'flag': 'web.config', 'value': '/etc/node_exporter/web.yml', 'before': '1.5.0'},
          {'flag': 'web.config.file', 'value': '/etc/node_exporter/web.yml', 'since': '1.5.0'},
        ] | enterprise_tickets.observability.command_flags(version='1.9.0', switch_off=['collector.arp'])
      }}
  # ["--no-collector.arp", "--web.config.file=/etc/node_exporter/web.yml"]
"""

RETURN = r"""
_value:
  description: The arguments, sorted by the name of the flag.
  type: list
  elements: str
"""

import typing as t
from collections.abc import Callable, Mapping, Sequence

from ansible.errors import AnsibleFilterError
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._flags import FlagError
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._flags import command_flags as build


def command_flags(
    table: Sequence[Mapping[str, t.Any]],
    version: str,
    extra: Mapping[str, t.Any] | None = None,
    extra_variable: str = "extra_flags",
    switch_on: Sequence[str] = (),
    switch_off: Sequence[str] = (),
) -> list[str]:
    """Choose flags; see DOCUMENTATION.

    :raises AnsibleFilterError: flags contradict each other or the version; the message names the variable.
    """
    try:
        return build(table, version, extra, extra_variable, switch_on, switch_off)
    except FlagError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., list[str]]]:
        """Filter names with their functions."""
        return {"command_flags": command_flags}

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter: a systemd unit file from data."""

from __future__ import annotations

DOCUMENTATION = r"""
name: systemd_unit
short_description: Write a systemd unit file from data
version_added: "1.0.0"
author:
  - Enterprise Tickets contributors (@enterprise-tickets)
description:
  - Turns a mapping of sections into the text of a unit file and escapes what has a meaning to systemd.
  - Services get the sandbox that all services of this collection share, unless O(sandbox=false).
  - A setting given here or in O(overrides) replaces the one of the sandbox.
options:
  _input:
    description:
      - Section names with their settings.
      - A list repeats the setting, a boolean becomes C(yes) or C(no), V(none) leaves the setting out, and an empty text
        writes it empty, which makes systemd forget earlier values.
      - Texts are literal, so C(%) is escaped.
      - C(Environment) also takes a mapping.
      - C(ExecStart) and the other commands take a list of literal words (written one per line), a list of such lists,
        or a text in systemd's own syntax.
    type: dict
    required: true
  overrides:
    description: Settings in the same form that win over the input and over the sandbox.
    type: dict
    default: {}
  sandbox:
    description: Whether C([Service]) gets the shared sandbox.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Show the unit of a small web server
  ansible.builtin.debug:
    msg: >-
      {{
        {
          'Unit': {'Description': 'A small web server', 'After': 'network-online.target'},
          'Service': {
            'ExecStart': ['/usr/bin/python3', '-m', 'http.server', '--directory', '/srv/my files'],
            'Environment': {'PYTHONUNBUFFERED': '1'},
            'User': 'www-data',
          },
          'Install': {'WantedBy': 'multi-user.target'},
        } | enterprise_tickets.observability.systemd_unit(overrides={'Service': {'ProtectHome': 'read-only'}})
      }}
"""

RETURN = r"""
_value:
  description: The text of the unit file.
  type: str
"""

import typing as t
from collections.abc import Callable, Mapping

from ansible.errors import AnsibleFilterError
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._systemd import UnitError, render_unit


def systemd_unit(
    sections: Mapping[str, t.Any],
    overrides: Mapping[str, t.Any] | None = None,
    sandbox: bool = True,
) -> str:
    """Write a unit file; see DOCUMENTATION.

    :raises AnsibleFilterError: something cannot be written; the message names section and setting.
    """
    if not isinstance(sections, Mapping):
        raise AnsibleFilterError(f"systemd_unit: a mapping of sections is expected, found {sections!r}")
    try:
        return render_unit(sections, overrides, sandbox=sandbox)
    except UnitError as error:
        raise AnsibleFilterError(f"systemd_unit: {error}") from error


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., str]]:
        """Filter names with their functions."""
        return {"systemd_unit": systemd_unit}

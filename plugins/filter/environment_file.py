# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter: a file of environment variables for a systemd unit."""

from __future__ import annotations

DOCUMENTATION = r"""
name: environment_file
short_description: Write a file for EnvironmentFile= of a systemd unit
version_added: "1.0.0"
author:
  - Enterprise Tickets contributors (@enterprise-tickets)
description:
  - For secrets of programs that take them from their environment only. The file belongs to root with mode 0600, for
    systemd reads it before it changes to the user of the unit.
options:
  _input:
    description: Names of variables with their values, which are texts without control characters.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show a file
  ansible.builtin.debug:
    msg: "{{ {'ES_USERNAME': 'exporter'} | enterprise_tickets.observability.environment_file }}"
"""

RETURN = r"""
_value:
  description: The text of the file.
  type: str
"""

import typing as t
from collections.abc import Callable, Mapping

from ansible.errors import AnsibleFilterError
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._systemd import (
    UnitError,
    render_environment_file,
)


def environment_file(variables: Mapping[str, t.Any]) -> str:
    """Write the file; see DOCUMENTATION.

    :raises AnsibleFilterError: a name or a value cannot be written; the message names the variable.
    """
    try:
        return render_environment_file({name: str(value) for name, value in variables.items()})
    except UnitError as error:
        raise AnsibleFilterError(f"environment_file: {error}") from None


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., str]]:
        """Filter names with their functions."""
        return {"environment_file": environment_file}

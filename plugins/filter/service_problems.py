# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter: what is wrong with the variables of a role."""

from __future__ import annotations

DOCUMENTATION = r"""
name: service_problems
short_description: Check the variables of a role before anything changes
version_added: "1.0.0"
author:
  - Enterprise Tickets contributors (@enterprise-tickets)
description:
  - Returns a sentence for each problem, which names the variable, what was found and what is expected.
  - Values that may be secret are never shown.
options:
  _input:
    description:
      - Values of the role's variables, by name without the role's prefix.
      - Checked are C(port), C(listen_address), C(tls_cert_file), C(tls_key_file), C(basic_auth_users),
        C(web_extra_config), C(probe), C(secret_files), C(link_speeds) and C(extra_rule_files).
      - C(version), C(previous_version) and C(minimum_version) are compared.
      - C(version_steps) are steps that must be asked for, mappings of C(below), C(from), C(reason), C(variable) and
        C(allowed).
      - With C(probe_needed) basic authentication without C(probe) is a problem.
    type: dict
    required: true
  role:
    description: Name of the role, the prefix of its variables in messages.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show what is wrong with a port
  ansible.builtin.debug:
    msg: "{{ {'port': 99999} | enterprise_tickets.observability.service_problems('prometheus') }}"
  # ["prometheus_port: 99999 is not a TCP port; a number from 1 to 65535 is expected."]
"""

RETURN = r"""
_value:
  description: One sentence for each problem; empty when there is none.
  type: list
  elements: str
"""

import typing as t
from collections.abc import Callable, Mapping

from ansible.errors import AnsibleFilterError
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils import _role_checks
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._flags import FlagError


def service_problems(settings: Mapping[str, t.Any], role: str) -> list[str]:
    """Check the variables of a role; see DOCUMENTATION.

    :raises AnsibleFilterError: the role passes a setting that nobody checks, or a text that is no version.
    """
    try:
        return _role_checks.service_problems(role, settings)
    except KeyError as error:
        raise AnsibleFilterError(f"service_problems: unknown setting {error}") from error
    except FlagError as error:
        raise AnsibleFilterError(f"service_problems: {error}") from error


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., list[str]]]:
        """Filter names with their functions."""
        return {"service_problems": service_problems}

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter: list the secrets that stand in a Prometheus configuration itself."""

from __future__ import annotations

DOCUMENTATION = r"""
name: prometheus_inline_secrets
short_description: List the secrets that stand in a Prometheus configuration itself
version_added: "1.0.0"
author:
  - Enterprise Tickets contributors (@enterprise-tickets)
description:
  - Finds the values of C(password), C(credentials), C(client_secret) and all other keys of this kind, and passwords
    inside of URLs.
  - For O(enterprise_tickets.observability.managed_service#module:secrets), so that tools do not print them. Files,
    such as with C(password_file), are the better place.
options:
  _input:
    description: The settings of P(enterprise_tickets.observability.prometheus_files#filter), or some of them.
    type: dict
    required: true
seealso:
  - plugin: enterprise_tickets.observability.prometheus_files
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Mask what must not be printed
  ansible.builtin.debug:
    msg: "{{ {'remote_write': remote_write} | enterprise_tickets.observability.prometheus_inline_secrets }}"
  vars:
    remote_write:
      - url: https://metrics.example.com/api/v1/write
        basic_auth:
          username: prometheus
          password: an example
  # ["an example"]
"""

RETURN = r"""
_value:
  description: The secrets, sorted.
  type: list
  elements: str
"""

import typing as t
from collections.abc import Callable, Mapping

from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._filter import input_errors
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._prometheus import inline_secrets
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._prometheus_settings import all_given


@input_errors
def prometheus_inline_secrets(value: Mapping[str, t.Any]) -> list[str]:
    """List the secrets; see DOCUMENTATION.

    :raises AnsibleFilterError: a setting is unknown, or a template in its value fails.
    """
    settings = all_given(value)
    return inline_secrets(settings)


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., list[str]]]:
        """Filter names with their functions."""
        return {"prometheus_inline_secrets": prometheus_inline_secrets}

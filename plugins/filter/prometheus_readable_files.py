# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter: list the files that a Prometheus configuration refers to."""

from __future__ import annotations

DOCUMENTATION = r"""
name: prometheus_readable_files
short_description: List the files that a Prometheus configuration refers to
version_added: "1.0.0"
author:
  - Enterprise Tickets contributors (@enterprise-tickets)
description:
  - Finds what C(password_file), C(credentials_file), C(ca_file), C(cert_file), C(key_file) and all other keys of this
    kind name.
  - For O(enterprise_tickets.observability.managed_service#module:readable), because promtool passes a configuration
    whose password file is missing or cannot be read.
  - Patterns, as in C(rule_files) and C(file_sd_configs), and files that Prometheus writes are left out.
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
- name: Show the files that Prometheus must be able to read
  ansible.builtin.debug:
    msg: "{{ {'remote_write': remote_write} | enterprise_tickets.observability.prometheus_readable_files }}"
  vars:
    remote_write:
      - url: https://metrics.example.com/api/v1/write
        authorization:
          credentials_file: /etc/prometheus/secrets/token
        tls_config:
          ca_file: ca.pem
  # ["/etc/prometheus/ca.pem", "/etc/prometheus/secrets/token"]
"""

RETURN = r"""
_value:
  description: Absolute paths, sorted. A relative one starts from C(config_dir), as Prometheus has it.
  type: list
  elements: str
"""

import typing as t
from collections.abc import Callable, Mapping

from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._filter import input_errors
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._prometheus import readable_files
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._prometheus_settings import all_given


@input_errors
def prometheus_readable_files(value: Mapping[str, t.Any]) -> list[str]:
    """List the files; see DOCUMENTATION.

    :raises AnsibleFilterError: a setting is unknown, or a template in its value fails.
    """
    settings = all_given(value)
    return readable_files(settings, settings.get("prometheus_config_dir") or "/etc/prometheus")


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., list[str]]]:
        """Filter names with their functions."""
        return {"prometheus_readable_files": prometheus_readable_files}

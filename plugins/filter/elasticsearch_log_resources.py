# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter: the templates and policies of Elasticsearch for the logs."""

from __future__ import annotations

DOCUMENTATION = r"""
name: elasticsearch_log_resources
short_description: Build the templates and lifecycle policies for the logs
version_added: "1.0.0"
author:
  - Enterprise Tickets contributors (@enterprise-tickets)
description:
  - Builds a lifecycle policy per category of logs, the component templates, and an index template per data stream
    C(logs-ets.<dataset>-<environment>).
  - Elasticsearch counts the age at which it deletes an index from the day on which it stopped writing to it. Here the
    days are what a reader expects, at most so many for C(application) and C(system), and at least so many for C(audit).
options:
  _input:
    description:
      - C(retention_days), a dictionary of days by category (C(application), C(system), C(audit); by default 30, 90 and
        365), C(replicas) (by default 1) and C(max_shard_gigabytes) (by default 20).
    type: dict
    required: true
  mappings:
    description: The types of the fields, as Elasticsearch wants them.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the names
  ansible.builtin.debug:
    msg: >-
      {{ {'retention_days': {'application': 14}, 'replicas': 0}
         | enterprise_tickets.observability.elasticsearch_log_resources({'properties': {}}) | map(attribute='name') }}
"""

RETURN = r"""
_value:
  description: >-
    Items for the option O(enterprise_tickets.observability.elasticsearch_resource#module:resources), in the order in
    which they must be made.
  type: list
  elements: dict
"""

import typing as t
from collections.abc import Callable, Mapping

from ansible.errors import AnsibleFilterError
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._log_streams import Settings, resources
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import InputError, plain


def elasticsearch_log_resources(settings: Mapping[str, t.Any], mappings: Mapping[str, t.Any]) -> list[dict[str, t.Any]]:
    """The templates and policies; see DOCUMENTATION.

    :raises AnsibleFilterError: a setting is wrong.
    """
    try:
        return resources(Settings.read(plain(settings, "elasticsearch_logs")), plain(mappings, "mappings"))
    except InputError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., t.Any]]:
        """Filter names with their functions."""
        return {"elasticsearch_log_resources": elasticsearch_log_resources}

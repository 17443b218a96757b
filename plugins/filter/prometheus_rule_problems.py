# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter: what is wrong with the settings of Prometheus's rules."""

from __future__ import annotations

DOCUMENTATION = r"""
name: prometheus_rule_problems
short_description: Check the settings of the alert and recording rules
version_added: "1.0.0"
author:
  - Enterprise Tickets contributors (@enterprise-tickets)
description:
  - Finds unknown alerts, thresholds and sources, impossible values, and rule files that cannot be used, before anything
    changes. Whether Prometheus understands an expression is promtool's to say, when the files are deployed.
options:
  _input:
    description: The settings, as for P(enterprise_tickets.observability.prometheus_rules#filter).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Check the settings of the rules
  ansible.builtin.assert:
    that: __problems | length == 0
    fail_msg: "{{ __problems | join('\n') }}"
  vars:
    __problems: >-
      {{ {'alerts_disabled': ['NodeRebootet']} | enterprise_tickets.observability.prometheus_rule_problems }}
"""

RETURN = r"""
_value:
  description: One sentence for each problem, with the variable, what was found and what is expected.
  type: list
  elements: str
"""

import typing as t
from collections.abc import Callable, Mapping

from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._rules import read_settings, rule_files
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import InputError, plain


def prometheus_rule_problems(settings: Mapping[str, t.Any]) -> list[str]:
    """Check the settings; see DOCUMENTATION."""
    try:
        rule_files({}, read_settings({name: plain(settings[name], f"prometheus_{name}") for name in settings}))
    except InputError as error:
        return str(error).splitlines()
    return []


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., t.Any]]:
        """Filter names with their functions."""
        return {"prometheus_rule_problems": prometheus_rule_problems}

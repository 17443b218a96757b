# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter: Prometheus's rule files, added to the files of its configuration."""

from __future__ import annotations

DOCUMENTATION = r"""
name: prometheus_rules
short_description: Add the alert and recording rules to Prometheus's configuration files
version_added: "1.0.0"
author:
  - Enterprise Tickets contributors (@enterprise-tickets)
description:
  - Takes what P(enterprise_tickets.observability.prometheus_files#filter) returns and adds the rule files. The jobs and
    targets in it decide which rules are deployed, so nothing of the inventory is evaluated a second time.
  - A mistake raises one error that lists all problems.
options:
  _input:
    description: The list of files, with C(prometheus.yml) as data and the target files.
    type: list
    elements: dict
    required: true
  settings:
    description:
      - Values of the role's variables, by name without C(prometheus_).
      - C(evaluation_interval), C(alert_thresholds), C(alerts_disabled), C(alert_overrides), C(alert_sources),
        C(extra_rule_files) (texts by file name), C(runbook_url) and C(grafana_url).
      - Without C(grafana_url) links to dashboards lead to the first target of the job C(grafana). Where there is none,
        alerts have no such link.
    type: dict
    required: true
  directory:
    description: The directory of the rule files on the host.
    type: path
    required: true
"""

EXAMPLES = r"""
- name: Show the names of the files
  ansible.builtin.debug:
    msg: >-
      {{ __settings | enterprise_tickets.observability.prometheus_files(groups, hostvars, inventory_hostname)
         | enterprise_tickets.observability.prometheus_rules({'alert_thresholds': {'cpu_usage_ratio': 0.9}},
                                                             '/etc/prometheus/rules')
         | map(attribute='dest') }}
"""

RETURN = r"""
_value:
  description: The files that were given and the rule files, for the option C(files) of managed_service.
  type: list
  elements: dict
"""

import typing as t
from collections.abc import Callable, Mapping, Sequence

from ansible.errors import AnsibleFilterError
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._rules import read_settings, rule_files
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._rules_jobs import address_of, jobs_of
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import InputError, plain


def prometheus_rules(
    files: Sequence[Mapping[str, t.Any]], settings: Mapping[str, t.Any], directory: str
) -> list[Mapping[str, t.Any]]:
    """Add the rule files; see DOCUMENTATION.

    :raises AnsibleFilterError: a setting is wrong.
    """
    try:
        given = {name: plain(settings[name], f"prometheus_{name}") for name in settings}
        given["grafana_url"] = given.get("grafana_url") or address_of(files, "grafana")
        made = rule_files(jobs_of(files), read_settings(given))
    except InputError as error:
        raise AnsibleFilterError(str(error)) from error
    rules = [{"dest": f"{directory}/{name}", "content": text, "on_change": "reload"} for name, text in made.items()]
    return [*files, *rules]


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., t.Any]]:
        """Filter names with their functions."""
        return {"prometheus_rules": prometheus_rules}

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter: the files of Prometheus that follow from the inventory."""

from __future__ import annotations

DOCUMENTATION = r"""
name: prometheus_files
short_description: Compute Prometheus's configuration and target files
version_added: "1.0.0"
author:
  - Enterprise Tickets contributors (@enterprise-tickets)
description:
  - "Gives C(prometheus.yml) and, for each job of P(enterprise_tickets.observability.scrape_jobs#filter), the file of
    its targets, as M(enterprise_tickets.observability.managed_service) takes them."
  - Alerts go to the Alertmanagers of the environment, without the label C(replica), so that those of a pair of
    Prometheus servers count as one.
  - Refuses an inventory and settings with mistakes, all of them in one message.
positional: groups, hostvars, host
options:
  _input:
    description:
      - The settings. Messages call each by its variable, C(prometheus_) and the name of the setting.
      - Values in the syntax of Prometheus are passed on. Text with C({{) in it must be C(!unsafe) in the inventory.
    type: dict
    required: true
    suboptions:
      config_dir:
        description: Directory of C(prometheus.yml). The files of targets are in C(file_sd) below it.
        type: path
        default: /etc/prometheus
      group:
        description: The group that may read C(prometheus.yml).
        type: str
        default: prometheus
      scrape_interval:
        description: How often targets are scraped.
        type: str
        default: 15s
      evaluation_interval:
        description: How often rules are evaluated.
        type: str
        default: 15s
      scrape_timeout:
        description: How long a scrape may take; Prometheus's own default where it is empty.
        type: str
        default: ""
      replica:
        description: The external label that tells the servers of a pair apart; O(host) where it is empty.
        type: str
        default: ""
      external_labels:
        description: More external labels. C(environment) and C(replica) are set already.
        type: dict
        default: {}
      rule_files:
        description: Paths and patterns of rule files.
        type: list
        elements: str
        default: []
      scrape_job_settings:
        description:
          - Settings for the collection's own jobs, by the name of the service, in the syntax of Prometheus's
            C(scrape_config).
          - Names, schemes, paths and targets come from the inventory and are refused here.
        type: dict
        default: {}
      extra_scrape_jobs:
        description:
          - More jobs, in the syntax of Prometheus's C(scrape_config).
          - Each target in C(static_configs) needs a port, except in jobs whose C(relabel_configs) set C(__address__).
        type: list
        elements: dict
        default: []
      probes:
        description:
          - What is probed in addition to Grafana and Kibana. A text is a URL; a dictionary has C(target), C(module),
            C(node) and C(labels).
        type: list
        elements: raw
        default: []
      alertmanager_settings:
        description: Settings for the inventory's Alertmanagers, such as C(basic_auth), in the syntax of Prometheus.
        type: dict
        default: {}
      extra_alertmanagers:
        description: Entries for Alertmanagers that are not in the inventory, in the syntax of Prometheus.
        type: list
        elements: dict
        default: []
      alert_relabel_configs:
        description: More relabelling of alerts, in the syntax of Prometheus.
        type: list
        elements: dict
        default: []
      remote_write:
        description: Where samples are sent, in the syntax of Prometheus.
        type: list
        elements: dict
        default: []
      remote_read:
        description: Where older samples are read, in the syntax of Prometheus.
        type: list
        elements: dict
        default: []
      extra_config:
        description:
          - Sections that have no setting of their own, such as C(storage) and C(tracing), in the syntax of Prometheus.
        type: dict
        default: {}
  groups:
    description: The magic variable of this name.
    type: dict
    required: true
  host:
    description: The host that Prometheus runs on, its inventory name.
    type: str
    required: true
extends_documentation_fragment:
  - enterprise_tickets.observability._topology
seealso:
  - plugin: enterprise_tickets.observability.prometheus_readable_files
    plugin_type: filter
  - plugin: enterprise_tickets.observability.prometheus_inline_secrets
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Deploy Prometheus
  enterprise_tickets.observability.managed_service:
    name: prometheus
    unit: prometheus.service
    files: "{{ settings | enterprise_tickets.observability.prometheus_files(groups, hostvars, inventory_hostname) }}"
    exclusive:
      - /etc/prometheus/file_sd
  vars:
    settings:
      config_dir: /etc/prometheus
      rule_files:
        - /etc/prometheus/rules/*.yml
      scrape_job_settings:
        node_exporter:
          basic_auth:
            username: prometheus
            password_file: /etc/prometheus/secrets/node_exporter
      extra_scrape_jobs:
        - job_name: switches
          static_configs:
            - targets: ["switch1.example.com:9116"]
"""

RETURN = r"""
_value:
  description:
    - C(prometheus.yml) first, then the files of targets in the order of the catalogue.
    - C(prometheus.yml) counts as secret where a password or token stands in it.
  type: list
  elements: dict
  contains:
    dest:
      description: Absolute path.
      type: str
      sample: /etc/prometheus/file_sd/node.yml
    content:
      description: Data for C(prometheus.yml); text for files of targets, with one line for each target.
      type: raw
    owner:
      description: Owner.
      type: str
      sample: root
    group:
      description: Group.
      type: str
      sample: root
    mode:
      description: Permission bits.
      type: str
      sample: "0644"
    on_change:
      description: V(reload) for C(prometheus.yml), V(none) for files of targets, which Prometheus watches itself.
      type: str
    secret:
      description: Whether the content must not be shown.
      type: bool
"""

import typing as t
from collections.abc import Callable, Mapping

from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils import _prometheus_settings as prometheus
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._filter import input_errors
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._inventory import Inventory
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._prometheus import files
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._scrape import scrape_jobs
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._topology import (
    Problems,
    environment_seen_by,
)


@input_errors
def prometheus_files(
    settings: Mapping[str, t.Any], groups: Mapping[str, t.Any], hostvars: Mapping[str, t.Any], host: str
) -> list[dict[str, t.Any]]:
    """Compute the files; see DOCUMENTATION.

    :raises AnsibleFilterError: something is wrong in the inventory or the settings; the message lists everything.
    """
    problems = Problems()
    environment = environment_seen_by(Inventory(groups, hostvars), host)
    jobs = scrape_jobs(environment)
    read = prometheus.read_settings(prometheus.given(settings), problems.add)
    for sentence in prometheus.settings_problems(read, jobs):
        problems.add(sentence)
    problems.raise_any()
    return files(environment, jobs, read, host)


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., list[dict[str, t.Any]]]]:
        """Filter names with their functions."""
        return {"prometheus_files": prometheus_files}

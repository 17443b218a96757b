# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter: the scrape jobs of an environment."""

from __future__ import annotations

DOCUMENTATION = r"""
name: scrape_jobs
short_description: Compute Prometheus's scrape jobs from the inventory
version_added: "1.0.0"
author:
  - Enterprise Tickets contributors (@enterprise-tickets)
description:
  - Gives a job for each service of the collection that runs in the environment of a host, with a target for each host
    that runs it. Prometheus itself is among the services.
  - Refuses an inventory with mistakes, all of them in one message.
    P(enterprise_tickets.observability.topology_problems#filter) finds the same before anything is changed.
positional: hostvars, host
options:
  _input:
    description: The magic variable C(groups).
    type: dict
    required: true
  host:
    description: The host that asks, its inventory name. Its environment is the one that is looked at.
    type: str
    required: true
extends_documentation_fragment:
  - enterprise_tickets.observability._topology
seealso:
  - plugin: enterprise_tickets.observability.prometheus_files
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show what Prometheus scrapes
  ansible.builtin.debug:
    msg: "{{ groups | enterprise_tickets.observability.scrape_jobs(hostvars, inventory_hostname) }}"
  # - name: node
  #   service: node_exporter
  #   scheme: http
  #   metrics_path: /metrics
  #   targets:
  #     - targets: ["10.0.0.11:9100"]
  #       labels: {node: web1, instance: "web1:9100", environment: production}
"""

RETURN = r"""
_value:
  description: The jobs, in the order of the catalogue; targets are sorted by the name of the host.
  type: list
  elements: dict
  contains:
    name:
      description: Name of the job.
      type: str
      sample: node
    service:
      description: Name of the service, that is of its role.
      type: str
      sample: node_exporter
    scheme:
      description: V(http) or V(https). A target that differs has a label C(__scheme__).
      type: str
    metrics_path:
      description: The path of the metrics. A target that differs has a label C(__metrics_path__).
      type: str
      sample: /metrics
    targets:
      description:
        - Elements as in the files of Prometheus's C(file_sd_configs).
        - The label C(node) is the inventory name, the same for all services of a host. C(instance) is the inventory
          name with the port, so that it stays when the address of a host changes. C(environment) is the environment.
      type: list
      elements: dict
      sample:
        - targets: ["10.0.0.11:9100"]
          labels:
            node: web1
            instance: web1:9100
            environment: production
"""

import typing as t
from collections.abc import Callable, Mapping

from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._filter import input_errors
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._inventory import Inventory
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._scrape import scrape_jobs as compute
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._topology import environment_seen_by


@input_errors
def scrape_jobs(groups: Mapping[str, t.Any], hostvars: Mapping[str, t.Any], host: str) -> list[dict[str, t.Any]]:
    """Compute the jobs; see DOCUMENTATION.

    :raises AnsibleFilterError: something is wrong in the inventory; the message lists everything.
    """
    return [job.as_data() for job in compute(environment_seen_by(Inventory(groups, hostvars), host))]


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., list[dict[str, t.Any]]]]:
        """Filter names with their functions."""
        return {"scrape_jobs": scrape_jobs}

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation shared by the filters that look at the topology. PRIVATE to the collection."""

from __future__ import annotations


class ModuleDocFragment:
    """What all of them read."""

    DOCUMENTATION = r"""
options:
  hostvars:
    description: The magic variable of this name.
    type: dict
    required: true
notes:
  - "Everything is computed from the groups and from the inventory's variables, extra variables included. Variables of
    plays and roles are not seen, and facts must not be used: the result would depend on which hosts a play has."
  - "Variables of a host that are read:
    C(observability_environment) (only hosts with the same value see each other, V(default) where it is not set);
    C(observability_groups) (the inventory's own names of groups, for example C({prometheus: prom_servers});
    the same for all hosts of an environment);
    C(observability_address), else C(ansible_host), else the inventory name;
    C(observability_labels) (more labels for all targets of the host);
    C(observability_endpoints) (how others reach a service where that differs from how it listens, for example
    C({prometheus: {address: metrics.example.com, port: 443, scheme: https, path_prefix: /prometheus}});
    also C(metrics_path), and C(scrape: false) to leave it out)."
  - "Variables of a service that are read, with the name of its role before them:
    C(_port), C(_listen_address), C(_tls_cert_file) (HTTPS where it is not empty), C(_labels);
    of Prometheus and Alertmanager also C(_route_prefix) and C(_external_url)."
  - A host costs about a third of a millisecond. Name the filter in one argument of one task only, because Ansible
    evaluates a variable again for each reference.
"""

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two services on one host: what site.yml takes, and how that compares with a ping."""

from __future__ import annotations

from pathlib import Path

import yaml

from tools.benchmark.runs import REPEATS, Ansible, best
from tools.benchmark.tables import Table

LIMIT_RATIO = 3.0
"""A no-op of both services, facts included, may take this many pings."""
LIMIT_EXECUTIONS = 3
"""Remote executions of a no-op without facts: one look at what is installed, and one for each service."""
SITE = "playbooks/site.yml"
FACTS = ("--extra-vars", yaml.safe_dump({"observability_gather_subset": ["!all", "min"]}, default_flow_style=True))
SERVICES = ("--tags", "node_exporter,prometheus")
"""What the promises are about; the other things that the playbook does on the host are measured apart."""


def measure(address: str, workspace: Path) -> Table:
    """Measure on a fresh host."""
    groups = {"observability_hosts": ["bench"], "prometheus": ["bench"]}
    variables = {"observability_install_method": "package"}
    ansible = Ansible("promises", {"bench": address}, groups, variables, workspace)
    ansible.ping()  # opens the connection that ssh keeps
    table = Table("One host, node_exporter and Prometheus, over ssh with pipelining")
    table.seconds("check run on the virgin host", ansible.playbook(SITE, "--check", "--diff").seconds)
    table.seconds("first converge", ansible.playbook(SITE).seconds)
    noop_facts = best(lambda: ansible.playbook(SITE, *SERVICES, *FACTS)).seconds
    ping = best(ansible.ping).seconds
    table.seconds(f"ansible all -m ping (best of {REPEATS})", ping)
    table.seconds("no-op", best(lambda: ansible.playbook(SITE, *SERVICES)).seconds)
    table.seconds("no-op with facts", noop_facts)
    table.seconds(
        "no-op of all that site.yml does there, health check included", best(lambda: ansible.playbook(SITE)).seconds
    )
    table.seconds("check run, nothing to do", best(lambda: ansible.playbook(SITE, *SERVICES, "--check")).seconds)
    table.number("no-op with facts / ping", noop_facts / ping, LIMIT_RATIO)
    executions = ansible.playbook(SITE, *SERVICES, "-vvv").executions
    table.number("remote executions in a no-op", executions, LIMIT_EXECUTIONS)
    table.number(
        "remote executions in a no-op with facts", ansible.playbook(SITE, *SERVICES, *FACTS, "-vvv").executions
    )
    return table

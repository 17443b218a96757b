# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Questions about the inventory as a whole, asked before anything is changed. PRIVATE to the collection."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._catalogue import BY_NAME
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._inventory import Inventory
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._prometheus_settings import (
    read_settings,
    settings_problems,
    settings_variables,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._scrape import scrape_jobs
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._topology import (
    Problems,
    check_all,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import InputError, kind


def topology_problems(inventory: Inventory, asked_by: Sequence[str] | None) -> list[str]:
    """Everything that is wrong in the inventory, the settings of Prometheus included.

    Args:
        inventory: The inventory.
        asked_by: Hosts; only their environments are looked at. Without it, all are.

    Raises:
        InputError: `asked_by` is no list.
    """
    if asked_by is not None and not isinstance(asked_by, list | tuple):
        raise InputError(f"The hosts are {kind(asked_by)}; expected a list such as ansible_play_hosts_all.")
    problems = Problems()
    for environment in check_all(inventory, problems, asked_by):
        jobs = scrape_jobs(environment)
        for host in environment.hosts_with(BY_NAME["prometheus"]):
            variables = inventory.read(host, settings_variables())
            found: list[str] = []
            settings = read_settings(variables.get, found.append)
            for sentence in (*found, *settings_problems(settings, jobs)):
                problems.add(sentence, host)
    return problems.sentences()

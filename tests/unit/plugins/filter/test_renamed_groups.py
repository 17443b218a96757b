# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter renamed_groups."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.enterprise_tickets.observability.plugins.filter.renamed_groups import FilterModule

renamed_groups = FilterModule().filters()["renamed_groups"]


def inventory(**hosts: dict[str, t.Any]) -> tuple[dict[str, list[str]], dict[str, dict[str, t.Any]]]:
    """Groups and variables; the key `groups` of a host lists its groups."""
    groups: dict[str, list[str]] = {"all": list(hosts)}
    for name, variables in hosts.items():
        for group in variables.pop("groups"):
            groups.setdefault(group, []).append(name)
    return groups, hosts


def test_our_own_names_need_nothing() -> None:
    groups, hostvars = inventory(a={"groups": ["prometheus", "observability_hosts"]})
    assert renamed_groups(groups, hostvars) == []


def test_other_names_are_listed() -> None:
    groups, hostvars = inventory(
        a={"groups": ["prom_servers", "observability_hosts"], "observability_groups": {"prometheus": "prom_servers"}}
    )
    assert renamed_groups(groups, hostvars) == [["prometheus", "prom_servers"]]


def test_environments_may_name_groups_differently() -> None:
    groups, hostvars = inventory(
        a={
            "groups": ["prom_servers"],
            "observability_groups": {"prometheus": "prom_servers"},
            "observability_environment": "one",
        },
        b={"groups": ["prometheus"], "observability_environment": "two"},
    )
    assert renamed_groups(groups, hostvars) == [["prometheus", "prom_servers"], ["prometheus", "prometheus"]]


def test_a_name_that_is_no_group_of_ours_is_refused() -> None:
    groups, hostvars = inventory(a={"groups": ["x"], "observability_groups": {"promteheus": "x"}})
    with pytest.raises(AnsibleFilterError, match="promteheus"):
        renamed_groups(groups, hostvars)

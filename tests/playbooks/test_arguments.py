# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook site finds a wrong value of a role before it talks to a host, and not when the others are deployed."""

from __future__ import annotations

import re
import typing as t

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._catalogue import GROUPS

PLAY = re.compile(r"^PLAY \[(.*?)\]", re.MULTILINE)


def run(playbook: t.Callable[..., t.Any], name: str, role: str, *options: str, **variables: t.Any) -> t.Any:
    groups = {group: {"hosts": {"one": None}} for group in GROUPS}
    hosts = {"all": {"vars": {f"{role}_state": "runing", **variables}, "children": groups}}
    plays = [{"name": "Deploy", "import_playbook": f"enterprise_tickets.observability.{name}"}]
    return playbook(plays, {"hosts.yml": hosts}, "--tags", role, *options)


@pytest.mark.parametrize(
    ("role", "where"),
    [
        ("node_exporter", "Check the exporters"),
        ("prometheus", "Check the monitoring"),
        ("elasticsearch_exporter", "Check the exporters of Elasticsearch"),
    ],
)
def test_site_finds_it_before_the_first_change(playbook: t.Callable[..., t.Any], role: str, where: str) -> None:
    found = run(playbook, "site", role)
    assert found.status == 2
    assert f"value of {role}_state must be one of: " in found.output
    assert "UNREACHABLE" not in found.output
    assert PLAY.findall(found.output)[-1] == where


def test_a_playbook_without_those_checks_finds_it_too(playbook: t.Callable[..., t.Any]) -> None:
    found = run(playbook, "exporters", "node_exporter")
    assert found.status == 2
    assert "value of node_exporter_state must be one of: " in found.output
    assert "UNREACHABLE" not in found.output


def test_who_begins_site_after_its_checks_is_told_as_well(playbook: t.Callable[..., t.Any]) -> None:
    # Ansible gathers facts then, whatever the play says.
    options = ("--start-at-task", "Deploy Prometheus")
    found = run(playbook, "site", "prometheus", *options, ansible_facts_modules=[])
    assert found.status == 2
    assert "value of prometheus_state must be one of: " in found.output
    assert "UNREACHABLE" not in found.output
    assert PLAY.findall(found.output)[-1] == "Deploy Prometheus"

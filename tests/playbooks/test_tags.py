# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which plays of the playbook site have hosts: --tags costs those of other roles nothing."""

from __future__ import annotations

import re
import typing as t

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._catalogue import GROUPS

SITE = [{"name": "Deploy", "import_playbook": "enterprise_tickets.observability.site", "tags": "nightly"}]
HOSTS = {"all": {"children": {name: {"hosts": {"one": None}} for name in GROUPS}}}
# They look at the inventory or end the run, and their tasks have tags of their own.
ALWAYS = {
    "Resolve the names of groups",
    "Gather the facts that the inventory asks for",
    "Check the inventory",
    "Check the health of all hosts",
}


def with_hosts(playbook: t.Callable[..., t.Any], *arguments: str) -> set[str]:
    run = playbook(SITE, {"hosts.yml": HOSTS}, *arguments, "--list-hosts")
    assert run.status == 0, run.output
    found = re.findall(
        r"^  play #\d+ \(.*?\): (.*?)\t.*?\n(?:    pattern.*\n)?    hosts \((\d+)\)", run.output, re.MULTILINE
    )
    return {name for name, count in found if count != "0"}


@pytest.mark.parametrize(
    ("tags", "plays"),
    [
        ("grafana", {"Check Grafana", "Deploy Grafana"}),
        (
            "prometheus_configure,node_exporter",
            {"Check the exporters", "Deploy the exporters", "Check the monitoring", "Deploy Prometheus"},
        ),
        ("operator_tools", {"Check the operator's tools", "Deploy the operator's tools"}),
    ],
)
def test_the_tags_of_roles_leave_out_the_others(playbook: t.Callable[..., t.Any], tags: str, plays: set[str]) -> None:
    assert with_hosts(playbook, "--tags", tags) - ALWAYS == plays


def test_a_tag_that_somebody_has_given_to_the_whole_leaves_out_nothing(playbook: t.Callable[..., t.Any]) -> None:
    everything = with_hosts(playbook)
    assert len(everything) > 30
    assert with_hosts(playbook, "--tags", "nightly") == everything
    assert with_hosts(playbook, "--skip-tags", "prometheus_configure") == everything

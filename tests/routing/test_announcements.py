# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the operations team hears of deployments and maintenance windows: the playbooks, with a real Alertmanager."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.model import Access
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.silences import silences

from tests.playbooks.conftest import Play, playbook
from tests.routing.stage import Alertmanager, Sinks, running

__all__ = ["playbook"]

ELSEWHERE: t.Final = ("slack-alerts", "slack-monitoring", "teams-development", "teams-management", "email-critical")

Announce = Callable[..., t.Any]


@pytest.fixture(scope="module")
def manager(programs: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alertmanager]:
    version, program = list(programs.items())[-1]
    found = Alertmanager(program / "alertmanager", version, tmp_path_factory.mktemp("announcements"), Sinks())
    with running(found):
        found.start()
        yield found


@pytest.fixture
def run(playbook: Play, manager: Alertmanager) -> Announce:
    """Runs one of our playbooks against an inventory with this Alertmanager."""
    here = {
        "ansible_connection": "local",
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        "observability_address": "127.0.0.1",
        "alertmanager_port": manager.port,
    }
    hosts = {"all": {"children": {"alertmanager": {"hosts": {"am1": here}}, "web": {"hosts": {"web1": None}}}}}

    def go(name: str, *arguments: str, **variables: str) -> t.Any:
        words = [word for key, value in variables.items() for word in ("-e", f"{name}_{key}={value!r}")]
        play = [{"name": "Ours", "ansible.builtin.import_playbook": f"enterprise_tickets.observability.{name}"}]
        return playbook(play, {"hosts.yml": hosts}, *words, *arguments)

    return go


def changes(done: t.Any) -> bool:
    assert done.status == 0, done.output
    return "changed=0" not in done.output


def test_a_deployment_and_its_end_are_told_once_to_the_team_alone(run: Announce, manager: Alertmanager) -> None:
    release = {"subject": "Release 4.2 of <the back end>", "description": "new search"}
    assert changes(run("announce", "--check", **release))
    assert changes(run("announce", **release))
    told = manager.sinks.wait("slack-ops", "[INFO] Deployment")
    assert "*Release 4.2 of &lt;the back end&gt;*" in told.text
    assert "new search (by " in told.text
    manager.sinks.wait("teams-operations", "Release 4.2")
    assert not changes(run("announce", **release))

    assert changes(run("announce", state="absent", **release))
    end = manager.sinks.wait("slack-ops", "[RESOLVED] Deployment")
    assert "new search (by " in end.text
    assert not changes(run("announce", state="absent", **release))
    assert len(manager.sinks.to("slack-ops", "Deployment")) == 2
    assert not [item for item in manager.sinks.messages if item.to in ELSEWHERE]


def test_a_maintenance_window_is_told_although_it_is_one(run: Announce, manager: Alertmanager) -> None:
    window = {"node": "web1", "comment": "New disks"}
    assert changes(run("silence", **window))
    told = manager.sinks.wait("slack-ops", "[INFO] Maintenance")
    assert "*No alerts of node=web1*" in told.text
    assert "New disks (by " in told.text
    (silence,) = silences(manager.url, Access())
    assert silence["comment"] == "New disks"
    assert not changes(run("silence", **window))

    assert changes(run("silence", state="absent", **window))
    manager.sinks.wait("slack-ops", "[RESOLVED] Maintenance")
    assert silences(manager.url, Access()) == []


def test_a_longer_window_is_announced_for_longer(run: Announce, manager: Alertmanager) -> None:
    subject = {"subject": "Release 5"}
    assert changes(run("announce", **subject, **{"for": "10m"}))
    assert changes(run("announce", **subject, **{"for": "2h"}))
    ends = [item["endsAt"] for item in manager.get('/api/v2/alerts?filter=subject="Release%205"')]
    assert not changes(run("announce", **subject, **{"for": "1h"}))
    assert [item["endsAt"] for item in manager.get('/api/v2/alerts?filter=subject="Release%205"')] == ends


@pytest.mark.parametrize(
    ("variables", "message"), [({}, "subject is empty"), ({"subject": "x", "for": "soon"}, "such as 2h")]
)
def test_what_is_missing_is_named(run: Announce, variables: dict[str, str], message: str) -> None:
    done = run("announce", **variables)
    assert done.status != 0
    assert message in done.output


def test_nobody_answers(run: Announce) -> None:
    done = run("announce", "-e", "alertmanager_port=1", subject="x")
    assert done.status != 0
    assert "http://127.0.0.1:1: refuses the connection" in done.output

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is told when: real Alertmanagers of three versions, where a minute lasts a second.

All alerts begin together, and the tests then look at what came; so the minutes of escalation pass once. That somebody
is not told is looked at when a message that is later by the configuration has come.
"""

from __future__ import annotations

import typing as t
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.model import Access
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.silences import (
    create,
    firing,
    silences,
)

from tests.routing.stage import Alertmanager, Sinks, eventually, running

SUITES: t.Final = ("bookworm", "trixie", "sid")
COMMENT: t.Final = "looking into it"


def alert(name: str, summary: str, **labels: str) -> dict[str, t.Any]:
    """An alert that lasts, as Prometheus tells of it."""
    usual = {"severity": "critical", "team": "operations", "category": "database", "environment": "test"}
    return {
        "labels": {"alertname": name, **usual, **labels},
        "annotations": {"summary": summary},
        "endsAt": "2099-01-01T00:00:00Z",
    }


def acknowledge(manager: Alertmanager, name: str) -> None:
    """As alert-ack does it."""
    labels = {"alertname": name}
    eventually(lambda: firing(manager.url, Access(), labels), f"{name} fires")
    create(manager.url, Access(), labels, 3600, "somebody", COMMENT)


@dataclass
class Play:
    """What began when."""

    manager: Alertmanager
    began: float

    @property
    def sinks(self) -> Sinks:
        return self.manager.sinks


SILENCED: t.Final = alert("Silenced", "is taken care of")
ESCALATED: t.Final = alert("Escalated", "nobody cares")
TOLD_ONCE: t.Final = alert("NoEscalation", "the lead is enough", escalate="no")
WARNING: t.Final = alert("Warned", "only a warning", severity="warning")
NOTICE: t.Final = alert("Noticed", "only a notice", severity="info")
DIGEST: t.Final = [
    alert("HourlyWarningDigest", f"warning {name}", severity="digest", digest="hourly", source_alert=name)
    for name in ("one", "two", "three")
]
SUMMARY: t.Final = [
    alert("DailyInfoSummary", f"notice {name}", severity="digest", digest="daily", source_alert=name)
    for name in ("one", "two")
]
NODE_DOWN: t.Final = alert("NodeDown", "node down", node="dead1", scope="node", family="node")
FULL: t.Final = alert("DiskFull", "disk full", node="db1", family="disk", mountpoint="/var")
SOURCES: t.Final = [NODE_DOWN, FULL]
INHIBITED: t.Final = [
    alert("CpuOfDead", "cpu of the dead node", severity="warning", node="dead1", scope="node", family="cpu"),
    alert("DiskFillsHere", "same disk", severity="warning", node="db1", family="disk", mountpoint="/var"),
]
LET_THROUGH: t.Final = [
    alert("CpuOfOther", "cpu of another node", severity="warning", node="web1", scope="node", family="cpu"),
    alert("ServiceOfDead", "service seen from outside", severity="warning", node="dead1", scope="service"),
    alert("DiskFillsThere", "other disk", severity="warning", node="db1", family="disk", mountpoint="/home"),
    alert("DiskOfOther", "disk of another node", severity="warning", node="db2", family="disk", mountpoint="/var"),
    alert("OtherFamily", "memory here", severity="warning", node="db1", family="memory", mountpoint="/var"),
]
WATCHDOG: t.Final = alert("Watchdog", "all is well", severity="none")


@pytest.fixture(scope="module")
def plays(programs: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Play]]:
    """One Alertmanager of each version, told of everything at the same time."""
    managers = {
        suite: Alertmanager(program / "alertmanager", version, tmp_path_factory.mktemp(suite), Sinks())
        for suite, (version, program) in zip(SUITES, programs.items(), strict=True)
    }
    with running(*managers.values()):
        for manager in managers.values():
            manager.start()
        found = {}
        for suite, manager in managers.items():
            manager.post(SILENCED, *SOURCES)
            acknowledge(manager, "Silenced")
            # What inhibits is known before what it inhibits, as it is with rules that wait.
            for source in SOURCES:
                manager.sinks.wait("email-critical", source["annotations"]["summary"])
            began = manager.post(
                ESCALATED, TOLD_ONCE, WARNING, NOTICE, WATCHDOG, *DIGEST, *SUMMARY, *INHIBITED, *LET_THROUGH
            )
            found[suite] = Play(manager, began)
        yield found


@pytest.fixture(params=SUITES)
def play(request: pytest.FixtureRequest, plays: dict[str, Play]) -> Play:
    return plays[request.param]


@dataclass
class Cluster:
    """Two members, and what both sent."""

    first: Alertmanager
    second: Alertmanager
    sinks: Sinks


@pytest.fixture(scope="module")
def cluster(
    programs: dict[str, Path], tmp_path_factory: pytest.TempPathFactory, plays: dict[str, Play]
) -> Iterator[Cluster]:
    """Begins after the others and escalates while they do."""
    assert plays
    version, program = list(programs.items())[-1]
    sinks = Sinks()
    first, second = (
        Alertmanager(program / "alertmanager", version, tmp_path_factory.mktemp(name), sinks)
        for name in ("first", "second")
    )
    with running(first, second):
        first.start(clustered=True)
        second.start(peer=first, clustered=True)
        for manager in (first, second):
            manager.post(SILENCED)
        acknowledge(first, "Silenced")
        for manager in (first, second):
            manager.post(ESCALATED)
        yield Cluster(first, second, sinks)


def test_warnings_reach_slack_and_no_mailbox(play: Play, cluster: Cluster) -> None:
    assert cluster
    play.sinks.wait("slack-alerts", "only a warning")
    play.sinks.wait("email-level3", "nobody cares")
    mail = [item for item in play.sinks.messages if item.to.startswith("email-")]
    assert not [item for item in mail if "only a" in item.text]
    assert not play.sinks.to("slack-alerts", "only a notice")


def test_a_critical_alert_is_told_at_once_and_climbs(play: Play) -> None:
    told = [play.sinks.wait(f"email-{name}", "nobody cares") for name in ("critical", "level2", "level3")]
    slack = play.sinks.wait("slack-alerts", "nobody cares")
    after = [message.at - play.began for message in told]
    assert after == sorted(after)
    assert slack.at < told[1].at
    assert after[1] >= 15
    assert after[2] >= 30
    assert told[1].subject.startswith("Level 2: [CRITICAL] Escalated")
    assert not play.sinks.to("email-level2", "the lead is enough")


def test_a_silence_stops_the_escalation(play: Play) -> None:
    play.sinks.wait("email-level3", "nobody cares")  # it began later
    assert not [item for name in ("level2", "level3") for item in play.sinks.to(f"email-{name}", "is taken care of")]


def test_digests_reach_their_mailboxes_once(play: Play) -> None:
    hourly, daily = play.sinks.wait("email-warning"), play.sinks.wait("email-info")
    assert hourly.subject == "Warnings of the last hour: 3 (test)"
    assert [line for line in hourly.text.splitlines() if line.startswith("-")] == [
        f"- warning {name}" for name in ("one", "three", "two")
    ]
    assert daily.subject == "Notices of the last day: 2 (test)"
    assert {"- notice one", "- notice two"} < set(daily.text.splitlines())
    play.sinks.wait("email-level3", "nobody cares")
    assert [len(play.sinks.to(name)) for name in ("email-warning", "email-info")] == [1, 1]
    told = {item.to for item in play.sinks.messages if "warning one" in item.text or "notice one" in item.text}
    assert told == {"email-warning", "email-info"}


def test_a_cause_hides_its_effects_and_nothing_else(play: Play) -> None:
    for item in LET_THROUGH:
        play.sinks.wait("slack-alerts", item["annotations"]["summary"])
    for item in INHIBITED:
        assert not play.sinks.to("slack-alerts", item["annotations"]["summary"])


def test_the_watchdog_is_heard_of_again_and_again_by_its_watcher_alone(play: Play) -> None:
    play.sinks.wait("deadman", "Watchdog", count=3)
    assert {item.to for item in play.sinks.messages if "all is well" in item.text} == {"deadman"}


@pytest.fixture(scope="module")
def restarted(plays: dict[str, Play]) -> dict[str, Play]:
    """All of them, after a restart and with a new alert."""
    for play in plays.values():
        for name in ("critical", "level2", "level3"):
            play.sinks.wait(f"email-{name}", "nobody cares")
        (known,) = firing(play.manager.url, Access(), {"alertname": "Escalated"})
        play.manager.stop()
        play.manager.start()
        # Prometheus tells again of all that fires, each with its own time.
        play.manager.post({**ESCALATED, "startsAt": known["startsAt"]}, SILENCED)
        play.manager.post(alert("AfterRestart", "new after the restart"))
    return plays


@pytest.mark.parametrize("suite", SUITES)
def test_a_restart_repeats_nothing(restarted: dict[str, Play], suite: str) -> None:
    sinks = restarted[suite].sinks
    for name in ("email-critical", "email-level2", "slack-alerts"):
        sinks.wait(name, "new after the restart")
    assert [len(sinks.to(f"email-{name}", "nobody cares")) for name in ("critical", "level2", "level3")] == [1, 1, 1]
    assert not sinks.to("email-level2", "is taken care of")


def test_of_a_cluster_one_member_tells_and_both_know_a_silence(cluster: Cluster) -> None:
    eventually(
        lambda: [item for item in silences(cluster.second.url, Access()) if item["comment"] == COMMENT],
        "the silence is on the other member",
    )
    cluster.sinks.wait("email-level3", "nobody cares")
    # By now the second member would have told levels 1 and 2.
    assert [len(cluster.sinks.to(f"email-{name}", "nobody cares")) for name in ("critical", "level2")] == [1, 1]
    assert not cluster.sinks.to("email-level2", "is taken care of")
    ports = {item["name"] for item in eventually(lambda: _peers(cluster.second), "the cluster has two members")}
    assert len(ports) == 2


def _peers(manager: Alertmanager) -> list[dict[str, t.Any]]:
    found = t.cast("list[dict[str, t.Any]]", manager.get("/api/v2/status")["cluster"]["peers"])
    return found if len(found) == 2 else []

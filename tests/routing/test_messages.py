# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people read: messages as three versions of Alertmanager send them, against the files in `golden`.

After a change that is meant: `UPDATE_GOLDEN=1 pytest tests/routing/test_messages.py`, and read the files.
"""

from __future__ import annotations

import os
import re
import typing as t
import urllib.parse
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.fixtures.sinks.sinks import Message
from tests.routing.stage import EXTERNAL_URL, Alertmanager, Sinks, eventually, running

GOLDEN: t.Final = Path(__file__).parent / "golden"
BEGAN: t.Final = "2026-01-05T10:00:00Z"
LASTS: t.Final = "2099-01-01T00:00:00Z"
# What Teams takes; a message of 100 alerts with long texts stays below it.
TEAMS_LIMIT: t.Final = 28 * 1024
LONG: t.Final = "Größe of the <queue> is \"above\" its 'limit' & grows; " * 40


def alert(name: str, labels: dict[str, str], ends: str = LASTS, **annotations: str) -> dict[str, t.Any]:
    usual = {"severity": "critical", "team": "operations", "category": "database", "environment": "production"}
    known = {
        "runbook_url": f"https://docs.example.com/runbooks/{name}.md",
        "dashboard_url": "https://grafana.example.com/d/ets-database?var-node=db1&from=now-1h",
    }
    return {
        "labels": {"alertname": name, **usual, **labels},
        "annotations": {**known, **annotations},
        "startsAt": BEGAN,
        "endsAt": ends,
    }


ODD: t.Final = 'C:\\data "old" + é&=#%'
# The two differ in a label only.
LINKED: t.Final = [alert("Linked", {"node": node, "device": ODD}, summary=node) for node in ("db1", "db2")]


def one(ends: str = LASTS) -> dict[str, t.Any]:
    """An alert with whatever could break a message or a link."""
    labels = {"node": "db1", "family": "disk", "device": ODD}
    return alert(
        "DiskFull",
        labels,
        ends,
        summary="/var of db1 is < 5 % free & shrinks",
        description='PostgreSQL stops when it is full. See "df -h" on <db1>.',
        value="3.2 %",
    )


def many(count: int, name: str, words: str = "", **labels: str) -> list[dict[str, t.Any]]:
    return [
        alert(
            name,
            {"severity": "warning", "node": f"web{number:02d}", **labels},
            summary=f"web{number:02d} is slow{words}",
            description=f"Requests wait.{words}",
        )
        for number in range(1, count + 1)
    ]


def digest(kind: str, name: str) -> list[dict[str, t.Any]]:
    labels = {"severity": "digest", "digest": kind, "category": "monitoring"}
    lines = {"HighCPUUsage": "HighCPUUsage on web1: 12m 30s", "DiskFillsUp": "DiskFillsUp on db1: 1h 0m 0s"}
    alerts = [alert(name, {**labels, "source_alert": key}, summary=text) for key, text in lines.items()]
    # They begin now: a group with an alert that is old already waits for no other.
    return [{key: value for key, value in item.items() if key != "startsAt"} for item in alerts]


@pytest.fixture(scope="module")
def sent(programs: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Alertmanager]]:
    """One Alertmanager of each version, told of the same alerts."""
    managers = [
        Alertmanager(program / "alertmanager", version, tmp_path_factory.mktemp("messages"), Sinks())
        for version, program in programs.items()
    ]
    with running(*managers):
        for manager in managers:
            manager.start()
            manager.post(
                one(),
                *LINKED,
                *many(12, "SlowRequests"),
                *many(100, "LongTexts", LONG, detail=LONG[:500], category="business"),
                *many(100, "LongLabels", LONG, other="ä" * 290, category="business"),
                *digest("hourly", "HourlyWarningDigest"),
                *digest("daily", "DailyInfoSummary"),
            )
        for manager in managers:
            manager.sinks.wait("email-critical", "DiskFull")
            manager.sinks.wait("slack-alerts", "DiskFull")
            if manager.teams:
                manager.sinks.wait("teams-operations", "DiskFull")
            manager.post(one(ends="2026-01-05T11:00:00Z"))
        yield managers


@pytest.fixture(params=range(3), ids=("bookworm", "trixie", "sid"))
def manager(request: pytest.FixtureRequest, sent: list[Alertmanager]) -> Alertmanager:
    return sent[request.param]


# File, receiver, words of the subject.
MESSAGES: t.Final = [
    ("mail_critical", "email-critical", "[CRITICAL] DiskFull"),
    ("mail_resolved", "email-critical", "[RESOLVED] DiskFull"),
    ("mail_level2", "email-level2", "Level 2: [CRITICAL] DiskFull"),
    ("mail_hourly", "email-warning", "Warnings of the last hour"),
    ("mail_daily", "email-info", "Notices of the last day"),
    ("slack_critical", "slack-alerts", "[CRITICAL] DiskFull"),
    ("slack_resolved", "slack-alerts", "[RESOLVED] DiskFull"),
    ("slack_many", "slack-alerts", "[WARNING: 12] SlowRequests"),
    ("teams_critical", "teams-operations", "[CRITICAL] DiskFull"),
    ("teams_resolved", "teams-operations", "[RESOLVED] DiskFull"),
    ("teams_many", "teams-operations", "[WARNING: 12] SlowRequests"),
]


@pytest.mark.parametrize(("name", "receiver", "subject"), MESSAGES, ids=[name for name, *_ in MESSAGES])
def test_messages_read_as_they_should(manager: Alertmanager, name: str, receiver: str, subject: str) -> None:
    if receiver.startswith("teams") and not manager.teams:
        assert not manager.sinks.to(receiver)
        return
    message = manager.sinks.wait(receiver, subject)
    shown = f"Subject: {message.subject}\n\n{message.text}"
    if message.html:
        shown += f"\n\n----- HTML -----\n{message.html}"
    # A blank at the end of a line can be seen in the file: two break a line in Teams.
    shown = re.sub(r" +$", lambda blanks: "·" * len(blanks[0]), shown.replace("\r\n", "\n").strip(), flags=re.MULTILINE)
    shown += "\n"
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(shown)
    assert shown == path.read_text()


class _Links(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if tag == "a" and name == "href" and value]


def _links(message: Message) -> list[str]:
    return re.findall(r"https://[^\s|>)]+", message.text) + _Links(message.html).found


def _silences_of_linked(message: Message) -> set[str]:
    links = {link for link in _links(message) if "/#/silences/new" in link and "%22Linked%22" in link}
    # HTML writes the hexadecimal digits in small letters.
    return {re.sub("%..", lambda match: match[0].upper(), link) for link in links}


@pytest.mark.parametrize("receiver", ["email-critical", "slack-alerts", "teams-operations"])
def test_the_silence_link_is_for_this_alert_alone(manager: Alertmanager, receiver: str) -> None:
    if receiver.startswith("teams") and not manager.teams:
        return
    # An old alert makes Alertmanager send at once, at times before it has read the other of the two.
    both = eventually(
        lambda: [links for message in manager.sinks.to(receiver) if len(links := _silences_of_linked(message)) > 1],
        f"a message to {receiver} of both alerts",
    )[0]
    (link,) = (link for link in both if "db1" in link)
    assert re.fullmatch(r"[!-~]+", link)
    assert link.startswith(f"{EXTERNAL_URL}/#/silences/new?filter=")
    # The interface decodes per cent only; a plus would stay one.
    matchers = urllib.parse.unquote(link.partition("filter=")[2])
    read = re.findall(r'(\w+)="((?:\\.|[^"\\])*)"', matchers)
    assert {name: re.sub(r"\\(.)", r"\1", value) for name, value in read} == LINKED[0]["labels"]
    # In the words of Alertmanager itself, where each parameter is one matcher.
    query = urllib.parse.urlencode([("filter", f'{name}="{value}"') for name, value in read])
    assert [item["labels"] for item in manager.get(f"/api/v2/alerts?{query}")] == [LINKED[0]["labels"]]


@pytest.mark.parametrize("name", ["LongTexts", "LongLabels"])
def test_a_hundred_long_alerts_fit_into_teams(manager: Alertmanager, name: str) -> None:
    if not manager.teams:
        assert not manager.sinks.to("teams-management")
        return
    for receiver in ("teams-operations", "teams-management"):
        message = manager.sinks.wait(receiver, f"[WARNING: 100] {name}")
        assert "These are the first 5 of 100" in message.text
        assert len(message.body) < TEAMS_LIMIT


@pytest.mark.parametrize("name", ["LongTexts", "LongLabels"])
def test_a_hundred_long_alerts_are_short_in_slack(manager: Alertmanager, name: str) -> None:
    assert len(manager.sinks.wait("slack-alerts", f"[WARNING: 100] {name}").text) < 8000

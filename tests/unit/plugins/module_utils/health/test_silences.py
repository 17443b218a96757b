# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t
from urllib.parse import parse_qsl, urlsplit

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.ack import alert_ack
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.model import ConfigError
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.silences import (
    matchers_of,
    same_matchers,
    seconds_of,
)
from ansible_collections.enterprise_tickets.observability.plugins.modules.alert_silence import carry_out

ALERT = {
    "labels": {"alertname": "NodeDown", "node": "web1", "severity": "critical"},
    "annotations": {"summary": "web1 is down"},
    "startsAt": "2026-11-25T16:54:18.486Z",
    "status": {"state": "active"},
}


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("30m", 1800), ("2h", 7200), ("1d", 86400)])
def test_spans(text, seconds) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "2", "h", "0h", "-1h", "2 h", "1w", "1h30m", 5])
def test_what_is_no_span(text) -> None:
    with pytest.raises(ConfigError, match="such as 2h"):
        seconds_of(text)


class TestAck:
    @pytest.fixture
    def run(self, tmp_path, server, capsys) -> t.Callable[..., tuple[int, str, str]]:
        server.answer("/api/v2/alerts", [ALERT])
        server.answer("/api/v2/silences", {"silenceID": "abc"})
        config = tmp_path / "alertmanagers.json"
        config.write_text(json.dumps(["http://127.0.0.1:1", server.url]))

        def run(*arguments: str) -> tuple[int, str, str]:
            common = ["--config", str(config), "--action-log", str(tmp_path / "log"), "--credentials", "/none"]
            status = alert_ack([*common, *arguments])
            output = capsys.readouterr()
            return status, output.out, output.err

        return run

    @staticmethod
    def silences(server: t.Any) -> list[dict[str, t.Any]]:
        return [json.loads(body) for method, _path, _headers, body in server.asked if method == "POST"]

    def test_what_fires(self, run, server) -> None:
        status, out, _err = run()
        assert (status, "NodeDown" in out, "web1 is down" in out) == (0, True, True)
        assert self.silences(server) == []

    def test_nothing_fires(self, run, server) -> None:
        server.answer("/api/v2/alerts", [])
        assert run()[:2] == (0, "nothing fires that is not silenced\n")

    def test_it_silences_and_writes_it_down(self, run, server, monkeypatch) -> None:
        monkeypatch.setenv("SUDO_USER", "anna")
        status, out, _err = run("NodeDown", "node=web1", "--comment", "looking into it", "--for", "30m")
        assert (status, "silence abc" in out) == (0, True)
        (silence,) = self.silences(server)
        assert silence["matchers"] == matchers_of({"alertname": "NodeDown", "node": "web1"})
        assert (silence["createdBy"], silence["comment"]) == ("anna", "looking into it")
        filters = [value for name, value in parse_qsl(urlsplit(server.asked[0][1]).query) if name == "filter"]
        assert filters == ['alertname="NodeDown"', 'node="web1"']
        log = run("--log")[1]
        assert "anna acknowledge alertname=NodeDown node=web1" in log
        assert "looking into it" in log

    def test_notes(self, run) -> None:
        assert run("--log")[1] == "nothing so far\n"
        assert run("--note", "restarted the database")[0] == 0
        assert "note" in run("--log")[1]
        assert "restarted the database" in run("--log")[1]

    def test_no_such_alert(self, run, server) -> None:
        server.answer("/api/v2/alerts", [])
        status, _out, err = run("NodeDwn", "--comment", "x")
        assert (status, "no such alert fires" in err) == (1, True)
        assert self.silences(server) == []

    @pytest.mark.parametrize("comment", [[], ["--comment", " "]])
    def test_a_comment_is_needed(self, run, server, comment) -> None:
        with pytest.raises(SystemExit):
            run("NodeDown", *comment)
        assert self.silences(server) == []

    @pytest.mark.parametrize(
        "arguments", [["--for", "soon"], ["--action-log", "/no/such/dir/log"], ["--config", "/no/such/file"]]
    )
    def test_nothing_is_silenced_when_something_is_wrong(self, run, server, arguments) -> None:
        status, _out, err = run("NodeDown", "--comment", "x", *arguments)
        assert (status, err.startswith("alert-ack: ")) == (3, True)
        assert self.silences(server) == []

    def test_a_label_that_is_none(self, run) -> None:
        assert run("NodeDown", "web1", "--comment", "x")[0] == 3

    def test_it_is_refused(self, run, server) -> None:
        server.answer("/api/v2/silences", {"error": "no"}, 400)
        status, _out, err = run("NodeDown", "--comment", "x")
        assert (status, "HTTP 400" in err) == (3, True)

    def test_nobody_answers(self, run, tmp_path) -> None:
        (tmp_path / "alertmanagers.json").write_text('["http://127.0.0.1:1"]')
        status, _out, err = run("NodeDown", "--comment", "x")
        assert (status, "refuses the connection" in err) == (3, True)


class TestModule:
    @staticmethod
    def given(url: str, **changes: t.Any) -> dict[str, t.Any]:
        return {
            "url": url,
            "state": "present",
            "labels": {"alertname": "Foo", "node": "~web.*"},
            "duration": "1h",
            "comment": "planned",
            "author": "anna",
            "username": "",
            "password": "",
            "ca_file": "",
            "verify": True,
            **changes,
        }

    @pytest.fixture
    def silences(self, server, recorded) -> list[dict[str, t.Any]]:
        found = recorded("alertmanager_silences")
        found[0]["endsAt"] = "2099-01-01T00:00:00.000Z"
        server.answer("/api/v2/silences", found)
        return found

    def test_one_that_lasts_long_enough_stays(self, server, silences) -> None:
        changed, found = carry_out(self.given(server.url), check_mode=False)
        assert (changed, found) == (False, silences)

    def test_other_labels(self, server, silences) -> None:
        assert silences
        changed, _found = carry_out(self.given(server.url, labels={"alertname": "Foo"}), check_mode=True)
        assert changed
        assert {method for method, *_rest in server.asked} == {"GET"}

    def test_one_that_ends_too_early(self, server, silences) -> None:
        silences[0]["endsAt"] = "2001-01-01T00:00:00.000Z"
        assert carry_out(self.given(server.url), check_mode=True)[0]

    @pytest.mark.parametrize("check_mode", [False, True])
    def test_it_ends(self, server, silences, check_mode) -> None:
        path = f"/api/v2/silence/{silences[0]['id']}"
        server.answer(path, {})
        assert carry_out(self.given(server.url, state="absent"), check_mode)[0]
        asked = [asked for method, asked, *_rest in server.asked if method == "DELETE"]
        assert asked == ([] if check_mode else [path])

    def test_there_is_none_to_end(self, server) -> None:
        server.answer("/api/v2/silences", [])
        assert carry_out(self.given(server.url, state="absent"), check_mode=False) == (False, [])

    def test_all_are_listed(self, server, silences) -> None:
        assert carry_out(self.given(server.url, state="listed", labels={}), check_mode=False) == (False, silences)

    @pytest.mark.parametrize("changes", [{"labels": {}}, {"comment": " "}, {"duration": "long"}])
    def test_what_is_missing(self, server, silences, changes) -> None:
        assert silences
        with pytest.raises(ConfigError):
            carry_out(self.given(server.url, **changes), check_mode=False)


def test_matchers_are_the_same_in_any_order(recorded) -> None:
    (silence,) = recorded("alertmanager_silences")
    assert same_matchers(silence, matchers_of({"node": "~web.*", "alertname": "Foo"}))
    assert not same_matchers(silence, matchers_of({"node": "web.*", "alertname": "Foo"}))
    assert not same_matchers(silence, matchers_of({"alertname": "Foo"}))

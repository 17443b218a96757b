# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The programs and the forms of their output."""

from __future__ import annotations

import json
import re
import stat
import time
import typing as t

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health import command, running
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.command import health_check
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.formats import (
    as_json,
    as_metrics,
    as_nagios,
    as_text,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.model import (
    CRITICAL,
    DEGRADED,
    OK,
    UNKNOWN,
    Access,
    Check,
    ConfigError,
    Finding,
    Verdict,
    counted,
    worst,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.running import (
    Kind,
    read_checks,
    read_credentials,
    run_checks,
    run_until_well,
    select,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.urls import monitoring_urls


def finding(state: str, name: str = "", group: str = "G", details: tuple[str, ...] = ()) -> Finding:
    check = Check(name or f"g.{state}", group, f"Title of {state}", "http", {"url": "http://x"})
    return Finding(check, Verdict(state, f"it is {state}", details), 0.25, "do this")


ALL = [finding(OK), finding(DEGRADED), finding(CRITICAL), finding(UNKNOWN)]


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([], OK),
        ([OK, OK], OK),
        ([OK, DEGRADED], DEGRADED),
        ([DEGRADED, UNKNOWN, OK], UNKNOWN),
        ([UNKNOWN, CRITICAL, DEGRADED], CRITICAL),
    ],
)
def test_the_worst_counts(states, expected) -> None:
    assert worst(states) == expected


class TestText:
    def test_failures_come_first_each_with_a_next_step(self) -> None:
        text = as_text(ALL, "mon1", 0.5, colour=False)
        assert text.splitlines()[0] == "mon1 is CRITICAL: 1 critical, 1 unknown, 1 degraded, 1 ok (0.5 s)"
        places = [text.index(f"it is {state}") for state in (CRITICAL, UNKNOWN, DEGRADED, OK)]
        assert places == sorted(places)
        assert text.count("next: do this") == 3

    def test_colour_only_when_asked_for(self) -> None:
        assert "\033" not in as_text(ALL, "mon1", 0.5, colour=False)
        coloured = as_text(ALL, "mon1", 0.5, colour=True)
        assert re.sub(r"\033\[\d+m", "", coloured) == as_text(ALL, "mon1", 0.5, colour=False)
        assert "\033[31mCRITICAL\033[0m" in coloured

    def test_details_are_limited(self) -> None:
        many = finding(CRITICAL, details=tuple(f"detail {number}" for number in range(30)))
        text = as_text([many], "mon1", 0.5, colour=False)
        assert ("detail 9" in text, "detail 10" in text, "20 more" in text) == (True, False, True)


def test_json() -> None:
    data = json.loads(as_json(ALL, "mon1", 0.5))
    assert (data["host"], data["state"], data["seconds"]) == ("mon1", CRITICAL, 0.5)
    assert [item["state"] for item in data["checks"]] == [OK, DEGRADED, CRITICAL, UNKNOWN]
    assert [item["next_step"] for item in data["checks"]] == ["", "do this", "do this", "do this"]
    assert data["checks"][2]["message"] == "it is critical"


class TestNagios:
    @pytest.mark.parametrize(
        ("state", "word"), [(OK, "OK"), (DEGRADED, "WARNING"), (CRITICAL, "CRITICAL"), (UNKNOWN, "UNKNOWN")]
    )
    def test_the_first_line(self, state, word) -> None:
        first = as_nagios([finding(state)], 0.5).splitlines()[0]
        assert first.startswith(f"TICKETS {word} - 1 {state} | ")
        assert f"{state}=1" in first
        assert first.endswith("time=0.500s")

    def test_no_bar_but_the_one_before_the_numbers(self) -> None:
        bad = Finding(ALL[2].check, Verdict(CRITICAL, "a | b\nc"), 0.1)
        lines = as_nagios([bad], 0.5).splitlines()
        assert [line.count("|") for line in lines] == [1, 0]
        assert lines[1] == "CRITICAL: g.critical: a / b c"


class TestMetrics:
    def test_values(self) -> None:
        text = as_metrics(ALL, 1700000000.7)
        values = dict(re.findall(r'^ets_health_check_status\{check="g\.(\w+)",.*\} (\d)$', text, re.MULTILINE))
        assert values == {OK: "0", DEGRADED: "1", CRITICAL: "2", UNKNOWN: "3"}
        assert text.endswith("ets_health_check_last_run_timestamp_seconds 1700000000\n")

    def test_labels_are_escaped(self) -> None:
        odd = Finding(Check('a"b\\c\nd', "g", "t", "http", {}), Verdict(OK, ""), 0.1)
        assert 'check="a\\"b\\\\c\\nd"' in as_metrics([odd], 1)


def test_counted() -> None:
    assert counted([]) == "no checks"
    assert counted(ALL[:2] + ALL[:1]) == "1 degraded, 2 ok"


CHECK = {"id": "a.b", "group": "G", "title": "T", "kind": "http", "url": "http://x/"}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "expected a list"),
        (["x"], "check 1 is no dictionary"),
        ([{**CHECK, "kind": "htp"}], "check 'a.b' is of the unknown kind 'htp'; known: alertmanager_cluster,"),
        ([{**CHECK, "title": ""}], "check 'a.b' has no title"),
        ([{**CHECK, "url": ""}], "check 'a.b' has no url, which the kind http needs"),
        ([{**CHECK, "port": 1}], "unknown key 'port'; the kind http knows: url, status, expect"),
        ([{**CHECK, "timeout": "soon"}], "timeout is 'soon'; expected seconds"),
        ([{**CHECK, "expect": "a =="}], "check 'a.b': expect is 'a ==', which is no JMESPath expression"),
        ([{**CHECK, "expect": "a[?b"}], "no JMESPath expression"),
        ([{**CHECK, "expect": "nosuch(a)"}], None),
        ([{**CHECK, "expect": 5}], "expect is 5; expected a JMESPath expression"),
        ([CHECK, CHECK], "two checks have the id 'a.b'"),
    ],
)
def test_a_list_that_is_wrong(data, words) -> None:
    if words is None:  # known functions are only looked up when it is evaluated
        assert read_checks(data)
        return
    with pytest.raises(ConfigError) as raised:
        read_checks(data)
    assert words in str(raised.value)


@pytest.mark.parametrize("data", [{}, [{}], ["x"], [{"name": "a", "passwort": "s3cret"}]])
def test_credentials_that_are_wrong(data) -> None:
    with pytest.raises(ConfigError) as raised:
        read_credentials(data)
    assert "s3cret" not in str(raised.value)


def test_credentials() -> None:
    assert read_credentials([{"name": "a", "username": "u", "verify": False}]) == {
        "a": Access(username="u", verify=False)
    }


class TestSelect:
    CHECKS = read_checks(
        [
            {"id": "prometheus.rules", "group": "Prometheus", "title": "R", "kind": "prometheus_rules", "url": "u"},
            {"id": "prometheus.alerts", "group": "Prometheus", "title": "A", "kind": "prometheus_alerts", "url": "u"},
            {"id": "host.disk", "group": "Host", "title": "D", "kind": "disk"},
        ]
    )

    @pytest.mark.parametrize(
        ("patterns", "own", "ids"),
        [
            ([], False, ["prometheus.rules", "prometheus.alerts", "host.disk"]),
            ([], True, ["prometheus.rules", "host.disk"]),
            (["prometheus"], False, ["prometheus.rules", "prometheus.alerts"]),
            (["PROMETHEUS"], True, ["prometheus.rules"]),
            (["*.disk", "prometheus.rules"], False, ["prometheus.rules", "host.disk"]),
            (["disk"], False, ["host.disk"]),
        ],
    )
    def test_patterns(self, patterns, own, ids) -> None:
        assert [check.id for check in select(self.CHECKS, patterns, own)] == ids

    def test_nothing_fits(self) -> None:
        with pytest.raises(ConfigError, match="no check fits 'grafana'"):
            select(self.CHECKS, ["host", "grafana"])


def sleeper(seconds: float) -> Kind:
    def probe(_parameters: t.Any, _access: t.Any, _timeout: float) -> Verdict:
        time.sleep(seconds)
        return Verdict(OK, f"slept {seconds}")

    return Kind(probe, "wake it")


class TestAllAtOnce:
    @pytest.fixture(autouse=True)
    def _kinds(self, monkeypatch) -> None:
        for seconds in (0.0, 0.5, 30.0):
            monkeypatch.setitem(running.PROBES, f"sleep{seconds}", sleeper(seconds))

    @staticmethod
    def checks(*specs: tuple[float, float]) -> list[Check]:
        return [
            Check(str(number), "g", "t", f"sleep{seconds}", {}, timeout)
            for number, (seconds, timeout) in enumerate(specs)
        ]

    def test_it_takes_as_long_as_the_slowest_and_no_more_than_0_3_seconds_more(self) -> None:
        def once() -> float:
            start = time.monotonic()
            findings = run_checks(self.checks(*[(0.5, 10.0)] * 40), {})
            assert {item.state for item in findings} == {OK}
            return time.monotonic() - start

        # One after the other it would be 20 s. The best of some, for others use this machine as well.
        assert min(once() for _time in range(3)) < 0.5 + 0.3

    def test_one_that_hangs_hides_no_other(self) -> None:
        start = time.monotonic()
        findings = run_checks(self.checks((30.0, 0.3), (0.0, 10.0), (0.5, 10.0)), {})
        assert [item.state for item in findings] == [CRITICAL, OK, OK]
        assert findings[0].verdict.message == "no answer within 0.3 s"
        assert findings[0].next_step == "wake it"
        assert time.monotonic() - start < 10

    def test_a_probe_that_breaks_hides_no_other(self, monkeypatch) -> None:
        def broken(*_arguments: t.Any) -> Verdict:
            raise RuntimeError("no")

        monkeypatch.setitem(running.PROBES, "sleep30.0", Kind(broken, "mend it"))
        findings = run_checks(self.checks((30.0, 5.0), (0.0, 5.0)), {})
        assert [(item.state, item.verdict.message) for item in findings] == [
            (UNKNOWN, "RuntimeError: no"),
            (OK, "slept 0.0"),
        ]


class TestUntilWell:
    @pytest.fixture
    def calls(self, monkeypatch) -> list[str]:
        calls: list[str] = []

        def probe(parameters: t.Any, _access: t.Any, _timeout: float) -> Verdict:
            calls.append(parameters["name"])
            well = parameters["name"] == "well" or calls.count(parameters["name"]) > parameters["bad"]
            return Verdict(OK if well else CRITICAL, "")

        monkeypatch.setitem(running.PROBES, "late", Kind(probe, ""))
        return calls

    @staticmethod
    def check(name: str, bad: int = 0) -> Check:
        return Check(name, "g", "t", "late", {"name": name, "bad": bad})

    def test_only_what_is_not_well_is_looked_at_again(self, calls) -> None:
        findings = run_until_well([self.check("well"), self.check("late", 2)], {}, 60, [CRITICAL], pause=0.01)
        assert [item.state for item in findings] == [OK, OK]
        assert sorted(calls) == ["late", "late", "late", "well"]

    @pytest.mark.usefixtures("calls")
    def test_the_time_is_over(self) -> None:
        findings = run_until_well([self.check("never", 10**9)], {}, 0.2, [CRITICAL], pause=0.05)
        assert [item.state for item in findings] == [CRITICAL]

    def test_no_waiting(self, calls) -> None:
        run_until_well([self.check("never", 10**9)], {}, 0, [CRITICAL])
        assert calls == ["never"]

    def test_what_may_stay_as_it_is_is_not_waited_for(self, calls) -> None:
        run_until_well([self.check("never", 10**9)], {}, 60, [UNKNOWN])
        assert calls == ["never"]


class TestProgram:
    @pytest.fixture
    def run(self, tmp_path, server, capsys) -> t.Callable[..., tuple[int, str, str]]:
        """Runs the program with checks that find the given states."""

        def run(states: t.Sequence[str], *arguments: str) -> tuple[int, str, str]:
            statuses = {OK: 200, CRITICAL: 500, UNKNOWN: 401}
            checks: list[dict[str, t.Any]] = []
            for state in states:
                check = {"id": f"site.{state}", "group": "Site", "title": state}
                if state == DEGRADED:
                    server.answer("/health", {"checks": {}, "queues": {"mail": 10**6}})
                    checks.append({**check, "kind": "ticket_system", "url": server.url + "/health"})
                else:
                    server.answer(f"/{state}", {}, statuses[state])
                    checks.append({**check, "kind": "http", "url": f"{server.url}/{state}"})
            config = tmp_path / "checks.json"
            config.write_text(json.dumps(checks))
            status = health_check(["--config", str(config), "--credentials", "/no/such/file", *arguments])
            output = capsys.readouterr()
            return status, output.out, output.err

        return run

    @pytest.mark.parametrize(
        ("states", "status"),
        [
            ([OK], 0),
            ([OK, DEGRADED], 1),
            ([OK, CRITICAL], 2),
            ([DEGRADED, UNKNOWN], 3),
            ([OK, DEGRADED, CRITICAL, UNKNOWN], 2),
        ],
    )
    @pytest.mark.parametrize("form", ["text", "json", "nagios"])
    def test_the_exit_status(self, run, states, status, form) -> None:
        assert run(states, "--format", form)[0] == status

    def test_text_has_no_colour_where_there_is_no_terminal(self, run) -> None:
        assert "\033" not in run([CRITICAL])[1]

    def test_json(self, run) -> None:
        _status, out, _err = run([OK, CRITICAL], "--json")
        assert json.loads(out)["state"] == CRITICAL

    def test_only(self, run) -> None:
        status, out, _err = run([OK, CRITICAL], "--only", "site.ok", "--json")
        assert (status, [item["id"] for item in json.loads(out)["checks"]]) == (0, ["site.ok"])

    def test_only_what_is_not_there(self, run) -> None:
        status, out, err = run([OK], "--only", "nothing")
        assert (status, out, "no check fits 'nothing'" in err) == (3, "", True)

    def test_list(self, run) -> None:
        status, out, _err = run([OK, CRITICAL], "--list")
        assert status == 0
        assert [line.split()[0] for line in out.splitlines()] == ["site.ok", "site.critical"]

    def test_the_text_file_is_written_whole_and_readable_for_all(self, run, tmp_path) -> None:
        target = tmp_path / "ets.prom"
        status, out, _err = run([OK, CRITICAL], "--textfile", str(target))
        assert (status, out) == (2, "")
        assert stat.S_IMODE(target.stat().st_mode) == 0o644
        assert 'check="site.critical",group="Site",kind="http"} 2' in target.read_text()
        assert sorted(path.name for path in tmp_path.iterdir()) == ["checks.json", "ets.prom"]

    def test_the_text_file_cannot_be_written(self, run) -> None:
        status, _out, err = run([OK], "--textfile", "/no/such/directory/ets.prom")
        assert (status, "cannot be written" in err) == (3, True)

    @pytest.mark.parametrize("content", ["", "{", "{}", '[{"id": 1}]'])
    @pytest.mark.parametrize("form", ["text", "json", "nagios"])
    def test_a_list_that_cannot_be_used(self, tmp_path, capsys, content, form) -> None:
        config = tmp_path / "checks.json"
        config.write_text(content)
        assert health_check(["--config", str(config), "--format", form]) == 3
        output = capsys.readouterr()
        if form == "json":
            assert json.loads(output.out)["state"] == UNKNOWN
        elif form == "nagios":
            assert output.out.startswith("TICKETS UNKNOWN - ")
        else:
            assert "could not check anything" in output.err

    def test_no_list(self, capsys) -> None:
        assert health_check(["--config", "/no/such/file"]) == 3
        assert "No such file" in capsys.readouterr().err

    def test_credentials_are_sent(self, tmp_path, server, capsys) -> None:
        server.answer("/x", {})
        config, credentials = tmp_path / "checks.json", tmp_path / "credentials.json"
        config.write_text(json.dumps([{**CHECK, "url": server.url + "/x", "access": "a"}]))
        credentials.write_text(json.dumps([{"name": "a", "username": "probe", "password": "s3cret"}]))
        assert health_check(["--config", str(config), "--credentials", str(credentials), "--json"]) == 0
        assert server.asked[0][2]["Authorization"].startswith("Basic ")
        assert "s3cret" not in capsys.readouterr().out

    def test_credentials_that_are_wrong(self, tmp_path, capsys) -> None:
        config, credentials = tmp_path / "checks.json", tmp_path / "credentials.json"
        config.write_text(json.dumps([CHECK]))
        credentials.write_text("[1]")
        assert health_check(["--config", str(config), "--credentials", str(credentials)]) == 3
        assert str(credentials) in capsys.readouterr().err


def test_a_terminal_gets_colour(tmp_path, monkeypatch, capsys) -> None:
    config = tmp_path / "checks.json"
    config.write_text("[]")
    monkeypatch.setattr(command.sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    health_check(["--config", str(config)])
    assert "\033[32mOK\033[0m" in capsys.readouterr().out


class TestMonitoringUrls:
    @pytest.fixture
    def run(self, tmp_path, server, capsys) -> t.Callable[..., tuple[int, str, str]]:
        def run(*arguments: str, down: bool = False) -> tuple[int, str, str]:
            server.answer("/login", {}, 302)
            server.answer("/api", {}, 401)
            urls = [
                {"title": "Grafana", "url": server.url + "/login", "host": "mon1", "kind": "dashboard"},
                {"title": "Grafana API", "url": server.url + "/api", "host": "mon1", "kind": "api"},
            ]
            if down:
                urls.append({"title": "Kibana", "url": "http://127.0.0.1:1/", "host": "log1", "kind": "dashboard"})
            config = tmp_path / "urls.json"
            config.write_text(json.dumps(urls))
            status = monitoring_urls(["--config", str(config), *arguments])
            output = capsys.readouterr()
            return status, output.out, output.err

        return run

    def test_the_table(self, run, server) -> None:
        status, out, _err = run()
        assert status == 0
        assert [line.split()[0] for line in out.splitlines()] == ["TITLE", "Grafana", "Grafana"]
        assert server.asked == []

    def test_up_is_who_asks_for_a_login(self, run) -> None:
        status, out, _err = run("--check")
        assert (status, out.count(" up ")) == (0, 2)
        assert re.search(r"\d+ ms$", out.splitlines()[1])

    def test_down(self, run) -> None:
        status, out, _err = run("--check", down=True)
        assert (status, "DOWN: refuses the connection" in out) == (2, True)

    def test_json(self, run) -> None:
        status, out, _err = run("--check", "--json", down=True)
        rows = json.loads(out)
        assert (status, [row["up"] for row in rows]) == (2, [True, True, False])
        assert rows[2]["message"] == "refuses the connection"

    def test_json_without_a_check(self, run) -> None:
        rows = json.loads(run("--json")[1])
        assert set(rows[0]) == {"title", "url", "host", "kind"}

    @pytest.mark.parametrize("content", ["", "{}", '[{"title": "x"}]'])
    def test_a_list_that_cannot_be_used(self, tmp_path, capsys, content) -> None:
        config = tmp_path / "urls.json"
        config.write_text(content)
        assert monitoring_urls(["--config", str(config)]) == 3
        assert capsys.readouterr().err.startswith("monitoring-urls: ")

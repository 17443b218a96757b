# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import typing as t
import urllib.request

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.model import (
    CRITICAL,
    DEGRADED,
    OK,
    UNKNOWN,
    Access,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.running import (
    PROBES,
    read_checks,
    run_check,
)

Change = t.Callable[[t.Any], None]


def state_and_message(kind: str, url: str, **parameters: t.Any) -> tuple[str, str]:
    (check,) = read_checks([{"id": "x", "group": "g", "title": "t", "kind": kind, "url": url, **parameters}])
    finding = run_check(check, {})
    return finding.state, finding.verdict.message


def nothing(_data: t.Any) -> None:
    """Leave an answer as it was recorded."""


def put(path: str, value: t.Any) -> Change:
    """Change one place of an answer, such as data.0.state."""

    def change(data: t.Any) -> None:
        *parents, last = [int(key) if key.isdigit() else key for key in path.split(".")]
        for key in parents:
            data = data[key]
        data[last] = value

    return change


def both(*changes: Change) -> Change:
    def change(data: t.Any) -> None:
        for one in changes:
            one(data)

    return change


def firing(severity: str) -> Change:
    return both(put("data.alerts.0.state", "firing"), put("data.alerts.0.labels.severity", severity))


def in_days(days: float) -> str:
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)  # noqa: UP017
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


CASES: dict[str, tuple[str, str, str, Change, dict[str, t.Any], str, str]] = {
    "targets up": ("prometheus_targets", "/api/v1/targets", "prometheus_targets", nothing, {}, OK, "2 targets"),
    "all of a job down": (
        "prometheus_targets",
        "/api/v1/targets",
        "prometheus_targets",
        put("data.activeTargets.0.health", "down"),
        {},
        CRITICAL,
        "nothing of node",
    ),
    "one of a job down": (
        "prometheus_targets",
        "/api/v1/targets",
        "prometheus_targets",
        both(put("data.activeTargets.0.health", "down"), put("data.activeTargets.0.labels.job", "prometheus")),
        {},
        DEGRADED,
        "1 of 2 targets are down",
    ),
    "no targets": (
        "prometheus_targets",
        "/api/v1/targets",
        "prometheus_targets",
        put("data.activeTargets", []),
        {},
        CRITICAL,
        "watches nothing",
    ),
    "rules work": ("prometheus_rules", "/api/v1/rules", "prometheus_rules", nothing, {}, OK, "none fails"),
    "a rule fails": (
        "prometheus_rules",
        "/api/v1/rules",
        "prometheus_rules",
        both(put("data.groups.0.rules.0.health", "err"), put("data.groups.0.rules.0.lastError", "many-to-many")),
        {},
        CRITICAL,
        "many-to-many",
    ),
    "alerts pend": ("prometheus_alerts", "/api/v1/alerts", "prometheus_alerts", nothing, {}, OK, "no alert fires"),
    "a warning fires": (
        "prometheus_alerts",
        "/api/v1/alerts",
        "prometheus_alerts",
        firing("warning"),
        {},
        DEGRADED,
        "DiskWillFillIn24h (warning) on operator-t1",
    ),
    "a critical alert fires": (
        "prometheus_alerts",
        "/api/v1/alerts",
        "prometheus_alerts",
        firing("critical"),
        {},
        CRITICAL,
        "1 alerts fire",
    ),
    "the watchdog fires": (
        "prometheus_alerts",
        "/api/v1/alerts",
        "prometheus_alerts",
        firing("none"),
        {},
        OK,
        "no alert fires",
    ),
    "stands alone": (
        "alertmanager_cluster",
        "/api/v2/status",
        "alertmanager_status",
        nothing,
        {"expected": 1},
        OK,
        "sees all 1",
    ),
    "a member is missing": (
        "alertmanager_cluster",
        "/api/v2/status",
        "alertmanager_status",
        nothing,
        {"expected": 2},
        DEGRADED,
        "1 of 2 members",
    ),
    "clustering is off": (
        "alertmanager_cluster",
        "/api/v2/status",
        "alertmanager_status",
        put("cluster", {"status": "disabled"}),
        {"expected": 2},
        DEGRADED,
        "stands alone",
    ),
    "still settling": (
        "alertmanager_cluster",
        "/api/v2/status",
        "alertmanager_status",
        put("cluster.status", "settling"),
        {},
        DEGRADED,
        "settling",
    ),
    "a short silence": (
        "alertmanager_silences",
        "/api/v2/silences",
        "alertmanager_silences",
        put("0.endsAt", in_days(1)),
        {},
        OK,
        "1 silences",
    ),
    "a forgotten silence": (
        "alertmanager_silences",
        "/api/v2/silences",
        "alertmanager_silences",
        put("0.endsAt", in_days(100)),
        {},
        DEGRADED,
        'alertname="Foo", node=~"web.*" by anna',
    ),
    "an expired long silence": (
        "alertmanager_silences",
        "/api/v2/silences",
        "alertmanager_silences",
        both(put("0.endsAt", in_days(100)), put("0.status.state", "expired")),
        {},
        OK,
        "0 silences",
    ),
    "cluster green": (
        "elasticsearch_cluster",
        "/_cluster/health",
        "elasticsearch_health",
        nothing,
        {"expected": 3},
        OK,
        "is green",
    ),
    "cluster yellow": (
        "elasticsearch_cluster",
        "/_cluster/health",
        "elasticsearch_health",
        both(put("status", "yellow"), put("unassigned_shards", 12)),
        {"expected": 3},
        DEGRADED,
        "12 shards are unassigned",
    ),
    "cluster red": (
        "elasticsearch_cluster",
        "/_cluster/health",
        "elasticsearch_health",
        both(put("status", "red"), put("unassigned_shards", 3)),
        {"expected": 3},
        CRITICAL,
        "3 shards are unassigned",
    ),
    "a node is missing": (
        "elasticsearch_cluster",
        "/_cluster/health",
        "elasticsearch_health",
        put("number_of_nodes", 2),
        {"expected": 3},
        DEGRADED,
        "2 of 3 nodes",
    ),
    "disks have space": (
        "elasticsearch_disk",
        "/_nodes/stats/fs",
        "elasticsearch_nodes_fs",
        nothing,
        {},
        OK,
        "no disk",
    ),
    "above the low watermark": (
        "elasticsearch_disk",
        "/_nodes/stats/fs",
        "elasticsearch_nodes_fs",
        put("nodes.a1.fs.total.available_in_bytes", 120000000),
        {},
        DEGRADED,
        "log1 uses 88 %",
    ),
    "above the flood stage": (
        "elasticsearch_disk",
        "/_nodes/stats/fs",
        "elasticsearch_nodes_fs",
        put("nodes.b2.fs.total.available_in_bytes", 40000000),
        {},
        CRITICAL,
        "log2 uses 96 %",
    ),
    "pipelines run": (
        "logstash_pipelines",
        "/_node/stats/pipelines",
        "logstash_pipelines",
        nothing,
        {},
        OK,
        "1 pipelines",
    ),
    "the queue fills": (
        "logstash_pipelines",
        "/_node/stats/pipelines",
        "logstash_pipelines",
        put("pipelines.tickets.queue.capacity.queue_size_in_bytes", 900000000),
        {},
        DEGRADED,
        "the queue of tickets is 84 % full",
    ),
    "the queue is full": (
        "logstash_pipelines",
        "/_node/stats/pipelines",
        "logstash_pipelines",
        put("pipelines.tickets.queue.capacity.queue_size_in_bytes", 1073741824),
        {},
        CRITICAL,
        "100 % full",
    ),
    "a reload failed": (
        "logstash_pipelines",
        "/_node/stats/pipelines",
        "logstash_pipelines",
        put("pipelines.tickets.reloads.last_error", {"message": "No configuration found", "backtrace": []}),
        {},
        DEGRADED,
        "No configuration found",
    ),
    "no pipeline": (
        "logstash_pipelines",
        "/_node/stats/pipelines",
        "logstash_pipelines",
        put("pipelines", {}),
        {},
        CRITICAL,
        "no pipeline",
    ),
    "a dead pipeline": (
        "logstash_pipelines",
        "/_node/stats/pipelines",
        "logstash_pipelines",
        put("pipelines.tickets.events", None),
        {},
        CRITICAL,
        "tickets does not run",
    ),
    "no dead letters": (
        "logstash_dead_letters",
        "/_node/stats/pipelines",
        "logstash_pipelines",
        nothing,
        {},
        OK,
        "no event was refused",
    ),
    "dead letters": (
        "logstash_dead_letters",
        "/_node/stats/pipelines",
        "logstash_pipelines",
        put("pipelines.tickets.dead_letter_queue.queue_size_in_bytes", 8193),
        {},
        DEGRADED,
        "8193 bytes of events of tickets were refused",
    ),
    "dead letters without room": (
        "logstash_dead_letters",
        "/_node/stats/pipelines",
        "logstash_pipelines",
        put("pipelines.tickets.dead_letter_queue.queue_size_in_bytes", 1073000000),
        {},
        CRITICAL,
        "as many as may be kept",
    ),
    "dead letters are not kept": (
        "logstash_dead_letters",
        "/_node/stats/pipelines",
        "logstash_pipelines",
        put("pipelines.tickets.dead_letter_queue", None),
        {},
        OK,
        "no event was refused",
    ),
    "kibana is available": ("kibana_status", "/api/status", "kibana_status", nothing, {}, OK, "is available"),
    "kibana is degraded": (
        "kibana_status",
        "/api/status",
        "kibana_status",
        both(put("status.overall.level", "degraded"), put("status.overall.summary", "1 plugin")),
        {},
        DEGRADED,
        "is degraded: 1 plugin",
    ),
    "kibana is not available": (
        "kibana_status",
        "/api/status",
        "kibana_status",
        put("status.overall.level", "unavailable"),
        {},
        CRITICAL,
        "is unavailable",
    ),
    "filebeat delivers": (
        "filebeat_delivery",
        "/stats",
        "filebeat_stats",
        nothing,
        {"interval": 0},
        OK,
        "48 events",
    ),
    "filebeat's queue is full": (
        "filebeat_delivery",
        "/stats",
        "filebeat_stats",
        put("libbeat.pipeline.queue.filled.pct", 0.97),
        {"interval": 0},
        DEGRADED,
        "97 % full",
    ),
    "filebeat waits": (
        "filebeat_delivery",
        "/stats",
        "filebeat_stats",
        put("libbeat.output.events.active", 50),
        {"interval": 0},
        DEGRADED,
        "50 events wait",
    ),
}


@pytest.mark.parametrize(("kind", "path", "name", "change", "parameters", "state", "text"), CASES.values(), ids=CASES)
def test_an_answer_is_judged(server, recorded, kind, path, name, change, parameters, state, text) -> None:
    data = recorded(name)
    change(data)
    server.answer(path, data)
    found, message = state_and_message(kind, server.url, **parameters)
    assert (found, text in message) == (state, True), (found, message)


def test_filebeat_that_only_fails(server, recorded) -> None:
    counts = iter((10, 60))

    def body(_path: str) -> t.Any:
        data = recorded("filebeat_stats")
        data["libbeat"]["output"]["events"]["failed"] = next(counts)
        return data

    server.answer("/stats", body)
    assert state_and_message("filebeat_delivery", server.url, interval=0) == (
        CRITICAL,
        "cannot deliver: 50 events failed and none arrived",
    )


def test_kibana_answers_503_while_it_is_not_available(server, recorded) -> None:
    data = recorded("kibana_status")
    data["status"]["overall"] = {"level": "critical", "summary": "Elasticsearch is not reachable"}
    server.answer("/api/status", data, 503)
    assert state_and_message("kibana_status", server.url) == (
        CRITICAL,
        "is critical: Elasticsearch is not reachable",
    )


class TestTsdb:
    @pytest.fixture
    def failures(self, server, recorded) -> list[str]:
        found: list[str] = []

        def samples(_path: str) -> t.Any:
            result = [{"metric": {"what": name}, "value": [1, "2"]} for name in found]
            return {"status": "success", "data": {"resultType": "vector", "result": result}}

        server.answer("/api/v1/status/runtimeinfo", recorded("prometheus_runtimeinfo"))
        server.answer("/api/v1/status/tsdb", recorded("prometheus_tsdb"))
        server.answer("/api/v1/query", samples)
        return found

    @pytest.mark.usefixtures("failures")
    def test_well(self, server) -> None:
        state, message = state_and_message("prometheus_tsdb", server.url, node="mon1")
        assert (state, message.endswith("series, no failures")) == (OK, True)

    def test_failures(self, server, failures) -> None:
        failures.append("prometheus_tsdb_compactions_failed_total")
        state, message = state_and_message("prometheus_tsdb", server.url, node="mon1")
        assert (state, message) == (DEGRADED, "within three hours compactions failed")

    @pytest.mark.usefixtures("failures")
    def test_old_configuration(self, server, recorded) -> None:
        info = recorded("prometheus_runtimeinfo")
        info["data"]["reloadConfigSuccess"] = False
        server.answer("/api/v1/status/runtimeinfo", info)
        assert state_and_message("prometheus_tsdb", server.url, node="mon1")[0] == CRITICAL


class TestOtherHosts:
    @staticmethod
    def answers(recorded: t.Any, value: str, stale: bool) -> t.Callable[[str], t.Any]:
        def body(path: str) -> t.Any:
            data = recorded("prometheus_query")
            data["data"]["result"][0]["value"][1] = value
            about_time = "time" in path
            if (about_time and not stale) or (not about_time and value == "0"):
                data["data"]["result"] = []
            return data

        return body

    @pytest.mark.parametrize(
        ("value", "stale", "state", "text"),
        [
            ("0", False, OK, "nothing wrong"),
            ("1", False, DEGRADED, "host.clock on operator-t1"),
            ("2", False, CRITICAL, "host.clock on operator-t1"),
            ("3", False, DEGRADED, "host.clock on operator-t1"),
            ("0", True, DEGRADED, "no health check for a while on operator-t1"),
        ],
    )
    def test_what_they_found(self, server, recorded, value, stale, state, text) -> None:
        server.answer("/api/v1/query", self.answers(recorded, value, stale))
        found, message = state_and_message("prometheus_health_checks", server.url, node="mon1")
        assert (found, text in message) == (state, True), message
        assert all("mon1" in path for _method, path, _headers, _body in server.asked)


class TestGrafanaDatasources:
    @pytest.fixture
    def grafana(self, server, recorded) -> t.Any:
        server.answer("/api/datasources", recorded("grafana_datasources"))
        for uid in ("prom-main", "es-logs"):
            server.answer(f"/api/datasources/uid/{uid}/health", recorded("grafana_datasource_health"))
        return server

    def test_all_are_reached(self, grafana) -> None:
        assert state_and_message("grafana_datasources", grafana.url)[0] == OK

    def test_one_is_not(self, grafana) -> None:
        bad = {"message": "connection refused", "status": "ERROR"}
        grafana.answer("/api/datasources/uid/es-logs/health", bad, 400)
        assert state_and_message("grafana_datasources", grafana.url) == (
            DEGRADED,
            "does not reach Logs: connection refused",
        )

    def test_none_is(self, grafana) -> None:
        for uid in ("prom-main", "es-logs"):
            grafana.answer(f"/api/datasources/uid/{uid}/health", {"message": "no", "status": "ERROR"}, 400)
        assert state_and_message("grafana_datasources", grafana.url)[0] == CRITICAL

    def test_a_plugin_that_cannot_tell(self, grafana) -> None:
        grafana.answer("/api/datasources/uid/es-logs/health", {"message": "not implemented"}, 404)
        assert state_and_message("grafana_datasources", grafana.url)[0] == OK

    def test_there_is_none(self, grafana) -> None:
        grafana.answer("/api/datasources", [])
        assert state_and_message("grafana_datasources", grafana.url)[0] == CRITICAL

    def test_not_let_in(self, grafana) -> None:
        grafana.answer("/api/datasources", {}, 401)
        state, message = state_and_message("grafana_datasources", grafana.url)
        assert (state, "credentials" in message) == (UNKNOWN, True)


WITH_URL = [name for name, kind in PROBES.items() if "url" in kind.required]


@pytest.mark.parametrize("kind", WITH_URL)
class TestEveryProbe:
    """Whatever answers, or does not, becomes a finding."""

    @staticmethod
    def needed(kind: str) -> dict[str, t.Any]:
        return {"node": "mon1"} if "node" in PROBES[kind].required else {}

    def test_nobody_listens(self, kind) -> None:
        state, message = state_and_message(kind, "http://127.0.0.1:1", **self.needed(kind))
        assert (state, message) == (CRITICAL, "refuses the connection")

    def test_not_json(self, kind, server) -> None:
        for path in list(server.routes) or [""]:
            server.answer(path, b"<html>")
        state, _message = state_and_message(kind, server.url, **self.needed(kind))
        assert state == CRITICAL

    @pytest.mark.parametrize("body", [{}, [], None, 5, {"status": "success", "data": None}, {"cluster": 1}])
    def test_another_form(self, kind, server, monkeypatch, body) -> None:
        monkeypatch.setattr(server, "routes", _Everything(body))
        state, message = state_and_message(kind, server.url, **self.needed(kind))
        if kind not in ("http", "ticket_system", "alertmanager_silences", "grafana_datasources"):
            assert state in (CRITICAL, UNKNOWN), message


class _Everything(dict):  # type: ignore[type-arg]
    """The same answer for each path."""

    def __init__(self, body: t.Any) -> None:
        self.body = body

    def get(self, _path: str, _default: t.Any = None) -> tuple[int, t.Any]:
        return 200, self.body


def test_the_password_is_sent_and_not_followed_elsewhere(server) -> None:
    server.answer("/moved", {}, 302)
    server.answer("/elsewhere", {"status": "ok"})
    (check,) = read_checks(
        [{"id": "x", "group": "g", "title": "t", "kind": "http", "url": server.url + "/moved", "access": "a"}]
    )
    finding = run_check(check, {"a": Access(username="probe", password="s3cret")})
    assert finding.state == CRITICAL
    assert [path for _method, path, _headers, _body in server.asked] == ["/moved"]
    assert server.asked[0][2]["Authorization"] == "Basic cHJvYmU6czNjcmV0"
    assert "s3cret" not in repr(finding)
    assert "s3cret" not in repr(Access(username="probe", password="s3cret"))


def test_authorities_are_read_only_where_tls_is_spoken(server, monkeypatch) -> None:
    """All of those that a host trusts take longer than most answers."""

    def read(*_arguments: t.Any, **_options: t.Any) -> None:
        raise RuntimeError("they are read")

    monkeypatch.setattr(urllib.request.HTTPSHandler, "__init__", read)
    server.answer("/", {"status": "ok"})
    assert state_and_message("http", server.url + "/") == (OK, "answers with HTTP 200")
    assert "they are read" in state_and_message("http", "https://127.0.0.1:1/")[1]


def test_an_address_of_another_kind_is_told() -> None:
    assert "unknown url type: gopher" in state_and_message("http", "gopher://127.0.0.1/")[1]

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo's report, against a server that answers like Prometheus."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tools import demo_report


def target(node: str, health: str = "up") -> dict[str, Any]:
    return {
        "labels": {"job": "node", "node": node},
        "scrapeUrl": f"http://{node}:9100/metrics",
        "health": health,
        "lastError": "" if health == "up" else "connection refused",
    }


class Prometheus:
    """Answers the two questions of the report from its ``targets``."""

    def __init__(self) -> None:
        self.targets: list[dict[str, Any]] = []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = json.dumps({"data": owner.answer(self.path)}).encode()
                self.send_response(200)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def answer(self, path: str) -> dict[str, Any]:
        if path.startswith("/api/v1/targets"):
            return {"activeTargets": self.targets}
        if "node_os_info" in path:
            return {"result": [{"metric": {"job": "node", "node": "app", "pretty_name": "Debian 13"}}]}
        return {"result": []}


@pytest.fixture
def prometheus(monkeypatch: pytest.MonkeyPatch) -> Iterator[Prometheus]:
    monkeypatch.setattr(demo_report, "PATIENCE_SECONDS", 0)
    server = Prometheus()
    threading.Thread(target=server.server.serve_forever, daemon=True).start()
    yield server
    server.server.shutdown()
    server.server.server_close()


def report(monkeypatch: pytest.MonkeyPatch, prometheus: Prometheus, *hosts: str) -> int:
    monkeypatch.setattr("sys.argv", ["demo_report", prometheus.address, *hosts])
    return demo_report.main()


def test_all_up(monkeypatch: pytest.MonkeyPatch, prometheus: Prometheus, capsys: pytest.CaptureFixture[str]) -> None:
    prometheus.targets = [target("db"), target("app")]
    assert report(monkeypatch, prometheus, "app", "db") == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["node", "app", "http://app:9100/metrics", "up", "Debian", "13"] in lines


@pytest.mark.parametrize("health", ["down", "unknown"])
def test_a_target_that_is_not_up(
    monkeypatch: pytest.MonkeyPatch, prometheus: Prometheus, capsys: pytest.CaptureFixture[str], health: str
) -> None:
    prometheus.targets = [target("app"), target("db", health)]
    assert report(monkeypatch, prometheus, "app", "db") == 1
    assert "connection refused" in capsys.readouterr().out


def test_a_host_without_a_target(
    monkeypatch: pytest.MonkeyPatch, prometheus: Prometheus, capsys: pytest.CaptureFixture[str]
) -> None:
    prometheus.targets = [target("app")]
    assert report(monkeypatch, prometheus, "app", "db") == 1
    assert "without a target: db" in capsys.readouterr().out

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import http.server
import os
import threading
import typing as t

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.bundle import ProbeSpec
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.probing import (
    Answer,
    foreign_listener,
    metric_values,
    request,
    unexpected,
)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        wanted = "Basic dXNlcjpwYXNz"
        status = 200 if self.path == "/open?x=1" or self.headers.get("Authorization") == wanted else 401
        self.send_response(status)
        self.end_headers()
        self.wfile.write(self.command.encode())

    do_POST = do_GET  # noqa: N815 -- the name that http.server calls

    def log_message(self, *_arguments: t.Any) -> None: ...


@pytest.fixture
def server() -> t.Iterator[str]:
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_port}"
    httpd.shutdown()
    thread.join()
    httpd.server_close()


def test_a_probe_asks_with_path_query_and_method(server: str) -> None:
    probe = ProbeSpec(server + "/open?x=1")
    assert (request(probe).status, request(probe).body) == (200, "GET")
    assert request(probe, server + "/open?x=1", method="POST").body == "POST"


def test_credentials_are_sent(server: str) -> None:
    assert request(ProbeSpec(server + "/")).status == 401
    assert request(ProbeSpec(server + "/", username="user", password="pass")).status == 200


def test_proxies_of_the_environment_do_not_count(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert request(ProbeSpec(server + "/open?x=1")).status == 200


def test_no_answer_is_a_reason_not_an_exception() -> None:
    answer = request(ProbeSpec("http://127.0.0.1:9/"))
    assert answer.status == 0
    assert "refused" in answer.reason


def test_metrics_without_labels_are_read() -> None:
    exposition = '# TYPE a gauge\na 1\nb{x="y"} 2\nc 1.795e+09 1795426855260\nd 4\n'
    assert metric_values(exposition, ["a", "b", "c"]) == {"a": 1.0, "c": 1.795e9}


def test_whose_port_it_is(server: str) -> None:
    assert foreign_listener(server, {os.getpid()}) == ""
    assert foreign_listener(server, {1}).startswith(f"process {os.getpid()} (")


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "http://192.0.2.1:80/", "http://ready.example.com/"])
def test_of_an_address_without_a_listener_here_nothing_is_claimed(url: str) -> None:
    assert foreign_listener(url, {os.getpid()}) == ""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"status": {"overall": {"level": "available"}}}', ""),
        ('{"status": {"overall": {"level": "degraded"}}}', "status.overall.level is degraded"),
        ('{"status": {}}', "the answer has no status.overall.level"),
        ('{"status": "available"}', "the answer has no status.overall.level"),
        ("starting", "the answer has no status.overall.level"),
    ],
)
def test_an_answer_may_have_to_say_something(body: str, expected: str) -> None:
    assert unexpected(Answer(200, body), {"status.overall.level": "available"}) == expected
    assert unexpected(Answer(200, body), {}) == ""

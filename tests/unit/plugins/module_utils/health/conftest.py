# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A web server that answers what a test wants."""

from __future__ import annotations

import copy
import json
import threading
import time
import typing as t
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ANSWERS = Path(__file__).parent / "answers"


class Server:
    """Answers by path; ``asked`` has the requests."""

    def __init__(self) -> None:
        self.routes: dict[str, tuple[int, t.Any]] = {}
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.url = ""

    def answer(self, path: str, body: t.Any, status: int = 200) -> None:
        self.routes[path] = (status, body)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        page: Server = self.server.page  # type: ignore[attr-defined]
        length = int(self.headers.get("Content-Length") or 0)
        page.asked.append((self.command, self.path, dict(self.headers), self.rfile.read(length)))
        status, body = page.routes.get(urlsplit(self.path).path, (404, {"error": "no such page"}))
        if callable(body):
            body = body(self.path)
        if body == "hang":
            time.sleep(5)
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", "/elsewhere")
        self.end_headers()
        self.wfile.write(data)

    do_POST = do_DELETE = do_GET  # noqa: N815 -- the names are http.server's

    def log_message(self, *_args: t.Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    page = Server()
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    httpd.daemon_threads = True
    httpd.page = page  # type: ignore[attr-defined]
    page.url = f"http://127.0.0.1:{httpd.server_port}"
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield page
    httpd.shutdown()
    httpd.server_close()


@pytest.fixture
def recorded() -> t.Callable[[str], t.Any]:
    """A copy of a recorded answer."""
    return lambda name: copy.deepcopy(json.loads((ANSWERS / f"{name}.json").read_text()))

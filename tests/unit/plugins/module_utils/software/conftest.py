# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import http.server
import io
import os
import shutil
import tarfile
import tempfile
import threading
import typing as t
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest


@dataclass
class Answer:
    """What a server says to one request for a path."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    # Send only so many bytes and close.
    cut: int | None = None


class Server:
    """A web server whose answers are laid down: the last one of a path is given again and again."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Answer]] = {}
        self.requests: list[tuple[str, str | None]] = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.requests.append((self.path, self.headers.get("Authorization")))
                answers = outer.answers.get(self.path) or [Answer(b"nothing here", 404)]
                answer = answers.pop(0) if len(answers) > 1 else answers[0]
                self.send_response(answer.status)
                if "Content-Length" not in answer.headers and "No-Length" not in answer.headers:
                    self.send_header("Content-Length", str(len(answer.body)))
                for key, value in answer.headers.items():
                    if key != "No-Length":
                        self.send_header(key, value)
                self.end_headers()
                self.wfile.write(answer.body if answer.cut is None else answer.body[: answer.cut])

            def log_message(self, format: str, *args: t.Any) -> None:  # noqa: A002
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def say(self, path: str, body: bytes = b"", status: int = 200, cut: int | None = None, **headers: str) -> str:
        """Lay down one more answer for a path; underscores in the names of headers are hyphens. Returns the address."""
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        self.answers.setdefault(path, []).append(Answer(body, status, named, cut))
        return self.address + path

    @property
    def paths(self) -> list[str]:
        return [path for path, _authorization in self.requests]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Pauses between attempts are noted, not made."""
    pauses: list[float] = []
    monkeypatch.setattr(
        "ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._fetch.time.sleep",
        pauses.append,
    )
    return pauses


@pytest.fixture
def root() -> Iterator[Path]:
    """A directory in place of /opt. Everybody may enter it: programs are tried as an unprivileged user."""
    directory = Path(tempfile.mkdtemp(prefix="software-"))
    os.chmod(directory, 0o755)
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def program() -> t.Callable[..., bytes]:
    """Makes a program that answers --version."""

    def make(text: str = "prometheus, version 3.5.0 (branch: HEAD)", code: int = 0) -> bytes:
        return f'#!/bin/sh\n[ "$1" = --version ] || exit 9\necho "{text}"\nexit {code}\n'.encode()

    return make


@pytest.fixture
def tarball() -> t.Callable[..., bytes]:
    """Makes a gzip-compressed tar archive in which every file is executable."""

    def make(files: dict[str, bytes], top: str = "prometheus-3.5.0.linux-amd64/") -> bytes:
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
            for name, content in files.items():
                info = tarfile.TarInfo(top + name)
                info.size, info.mode = len(content), 0o755
                archive.addfile(info, io.BytesIO(content))
        return buffer.getvalue()

    return make

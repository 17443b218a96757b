# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import hashlib
import socket
import typing as t
from pathlib import Path

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._errors import SoftwareError
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._fetch import (
    Access,
    Download,
    fetch_text,
    open_source,
    save,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._urls import (
    Source,
    split_source,
)

ACCESS = Access(timeout=5)
BODY = b"0123456789" * 1000


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def fetch(source: Source, path: Path) -> str:
    return save(source, ACCESS, str(path), open_source(source, ACCESS))


def test_saves_what_it_fetches(server: t.Any, tmp_path: Path) -> None:
    url = server.say("/a.tar.gz", BODY)
    path = tmp_path / "a"
    assert fetch(Source(url), path) == sha256(BODY)
    assert path.read_bytes() == BODY
    assert path.stat().st_mode & 0o777 == 0o600
    assert server.paths == ["/a.tar.gz"]


def test_tells_the_size_before_anything_is_read(server: t.Any) -> None:
    download = open_source(Source(server.say("/a", BODY)), ACCESS)
    download.stream.close()
    assert download.size == len(BODY)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429, 408])
def test_tries_again_what_may_pass(server: t.Any, tmp_path: Path, no_pauses: list[float], status: int) -> None:
    server.say("/a", status=status)
    server.say("/a", status=status)
    url = server.say("/a", BODY)
    assert fetch(Source(url), tmp_path / "a") == sha256(BODY)
    assert no_pauses == [1.0, 3.0]


def test_gives_up_after_three_attempts(server: t.Any) -> None:
    url = server.say("/a", status=503)
    with pytest.raises(SoftwareError, match=rf"cannot fetch {url}: HTTP 503 .*tried 3 times") as caught:
        open_source(Source(url), ACCESS)
    assert caught.value.source
    assert len(server.paths) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_does_not_try_again_what_will_not_pass(server: t.Any, status: int) -> None:
    url = server.say("/a", status=status)
    with pytest.raises(SoftwareError, match=f"HTTP {status}") as caught:
        open_source(Source(url), ACCESS)
    assert caught.value.source
    assert len(server.paths) == 1


def test_a_download_that_breaks_off_begins_anew(server: t.Any, tmp_path: Path) -> None:
    server.say("/a", BODY, cut=5000)
    url = server.say("/a", BODY)
    assert fetch(Source(url), tmp_path / "a") == sha256(BODY)
    assert (tmp_path / "a").read_bytes() == BODY


def test_a_download_that_always_breaks_off_is_an_error(server: t.Any, tmp_path: Path) -> None:
    url = server.say("/a", BODY, cut=5000)
    with pytest.raises(SoftwareError, match="broke off after 5000 of 10000 bytes"):
        fetch(Source(url), tmp_path / "a")


def test_a_text_that_breaks_off_is_not_taken_for_the_whole(server: t.Any) -> None:
    url = server.say("/sums", b"x" * 100, cut=50)
    with pytest.raises(SoftwareError, match="broke off"):
        fetch_text(Source(url), ACCESS)


def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(SoftwareError, match=r"Connection refused \(tried 3 times\)"):
        open_source(Source(f"http://127.0.0.1:{port}/a"), ACCESS)


def test_a_name_that_does_not_exist() -> None:
    with pytest.raises(SoftwareError, match=r"cannot fetch http://mirror\.invalid/a"):
        open_source(Source("http://mirror.invalid/a"), ACCESS)


def test_a_server_that_says_nothing() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        source = Source(f"http://127.0.0.1:{silent.getsockname()[1]}/a")
        with pytest.raises(SoftwareError, match="timed out"):
            fetch_text(source, Access(timeout=0.2))


def test_a_ca_file_that_does_not_exist_is_named_at_once(no_pauses: list[float]) -> None:
    with pytest.raises(SoftwareError, match="No such file") as caught:
        open_source(Source("https://127.0.0.1:1/a"), Access(ca_file="/nonexistent/ca.pem"))
    assert caught.value.source
    assert no_pauses == []


def test_sends_credentials_at_once_but_not_where_a_redirect_leads(server: t.Any, tmp_path: Path) -> None:
    elsewhere = server.say("/elsewhere?signature=1", BODY)
    url = server.say("/a", status=302, Location=elsewhere)
    source = split_source(url, "user", "secret")
    assert fetch(source, tmp_path / "a") == sha256(BODY)
    assert server.requests == [("/a", "Basic dXNlcjpzZWNyZXQ="), ("/elsewhere?signature=1", None)]


def test_sends_the_query_and_does_not_show_it(server: t.Any) -> None:
    source = split_source(f"{server.address}/a?token=secret")
    with pytest.raises(SoftwareError) as caught:
        open_source(source, ACCESS)
    assert server.paths == ["/a?token=secret"]
    assert "secret" not in str(caught.value)
    assert "/a?***" in str(caught.value)


def test_stores_the_file_as_it_is_whatever_the_encoding(server: t.Any, tmp_path: Path, tarball: t.Any) -> None:
    archive = tarball({"prometheus": b"x"})
    url = server.say("/a.tar.gz", archive, Content_Encoding="gzip")
    assert fetch(Source(url), tmp_path / "a") == sha256(archive)


def test_obeys_the_proxy_of_the_environment(server: t.Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, server.address)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    server.say("http://mirror.invalid/a", BODY)
    assert fetch(Source("http://mirror.invalid/a"), tmp_path / "a") == sha256(BODY)


def test_reads_files_of_the_target(tmp_path: Path) -> None:
    stored = tmp_path / "a b.tar.gz"
    stored.write_bytes(BODY)
    source = split_source(f"file://{tmp_path}/a%20b.tar.gz")
    assert fetch(source, tmp_path / "copy") == sha256(BODY)
    with pytest.raises(SoftwareError, match="cannot read /nonexistent/a on the target: No such file") as caught:
        open_source(Source("file:///nonexistent/a"), ACCESS)
    assert caught.value.source


def test_a_checksum_file_has_a_limit(server: t.Any) -> None:
    url = server.say("/sums", b"x" * 11)
    assert fetch_text(Source(url), ACCESS, limit=11) == "x" * 11
    with pytest.raises(SoftwareError, match="longer than 10 bytes"):
        fetch_text(Source(url), ACCESS, limit=10)


def test_a_full_disk_is_not_tried_again(no_pauses: list[float]) -> None:
    class Stream:
        def read(self, size: int = -1, /) -> bytes:
            return b"x" * min(size, 100_000)

        def close(self) -> None:
            pass

    with pytest.raises(OSError, match="No space left"):
        save(Source("http://mirror.invalid/a"), ACCESS, "/dev/full", Download(Stream(), None))
    assert no_pauses == []

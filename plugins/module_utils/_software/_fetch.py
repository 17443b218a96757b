# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fetching files on the target. PRIVATE to the collection."""

from __future__ import annotations

import hashlib
import http.client
import os
import ssl
import time
import typing as t
import urllib.error
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from ansible.module_utils import urls as ansible_urls
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._errors import SoftwareError
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._urls import (
    Source,
)

_BLOCK = 1024 * 1024
# Answers that may be different a moment later.
_PASSING = frozenset((408, 425, 429, 500, 502, 503, 504))
_ATTEMPTS = 3


class Readable(t.Protocol):
    """The little that is needed of an answer."""

    def read(self, size: int = -1, /) -> bytes: ...

    def close(self) -> None: ...


@dataclass
class Download:
    """An open source; `size` is None when the server does not say."""

    stream: Readable
    size: int | None


@dataclass(frozen=True)
class Access:
    """How sources are reached.

    Attributes:
        ca_file: certificate authorities for https instead of the system's; "" for the system's.
        timeout: seconds without an answer or without data.
    """

    ca_file: str = ""
    timeout: float = 30.0


class _Passing(Exception):
    """A failure that is worth another attempt."""


def open_source(source: Source, access: Access) -> Download:
    """Open a source, trying again when the failure may pass.

    Raises:
        SoftwareError: it cannot be had; the message names the address (without secrets) and the reason.
    """
    return _attempt(source, lambda: _open(source, access))


def fetch_text(source: Source, access: Access, limit: int = 4 * 1024 * 1024) -> str:
    """Fetch a small text file.

    Raises:
        SoftwareError: it cannot be had, or is longer than `limit` bytes.
    """

    def fetch() -> bytes:
        download = _open(source, access)
        try:
            data = _read(download, limit + 1)
        finally:
            download.stream.close()
        if len(data) <= limit:
            _require_whole(download, len(data))
        return data

    data = _attempt(source, fetch)
    if len(data) > limit:
        raise SoftwareError(f"{source.shown} is longer than {limit} bytes: no checksum file", source=True)
    return data.decode("utf-8", "replace")


def save(source: Source, access: Access, path: str, first: Download) -> str:
    """Stream a source into a new file, from the start again when it breaks off.

    Args:
        source: where it comes from.
        access: how it is reached.
        path: the file; it must not exist.
        first: the opened source for the first attempt.

    Returns:
        The SHA-256 of what was written.

    Raises:
        SoftwareError: it could not be had as a whole.
        OSError: the disk.
    """
    waiting: list[Download] = [first]

    def transfer() -> str:
        download = waiting.pop() if waiting else _open(source, access)
        try:
            return _transfer(download, path)
        finally:
            download.stream.close()

    return _attempt(source, transfer)


def _transfer(download: Download, path: str) -> str:
    digest = hashlib.sha256()
    received = 0
    # A second attempt begins anew; nobody but us can write in the directory.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        while True:
            block = _read(download, _BLOCK)
            if not block:
                break
            file.write(block)
            digest.update(block)
            received += len(block)
    _require_whole(download, received)
    return digest.hexdigest()


def _require_whole(download: Download, received: int) -> None:
    if download.size is not None and received != download.size:
        raise _Passing(f"it broke off after {received} of {download.size} bytes")


def _attempt(source: Source, action: t.Callable[[], _Result]) -> _Result:
    pause = 1.0
    for number in range(1, _ATTEMPTS + 1):
        try:
            return action()
        except _Passing as error:
            if number == _ATTEMPTS:
                raise SoftwareError(
                    f"cannot fetch {source.shown}: {error} (tried {number} times)", source=True
                ) from error
            time.sleep(pause)
            pause *= 3
    raise AssertionError("not reached")


def _read(download: Download, size: int) -> bytes:
    try:
        return download.stream.read(size)
    except http.client.IncompleteRead as error:
        raise _Passing(f"it broke off ({error})") from error
    except (OSError, http.client.HTTPException) as error:
        raise _Passing(f"the connection broke: {_reason(error)}") from error


def _open(source: Source, access: Access) -> Download:
    parts = urlsplit(source.url)
    if parts.scheme == "file":
        path = unquote(parts.path)
        try:
            return Download(open(path, "rb"), os.stat(path).st_size)
        except OSError as error:
            raise SoftwareError(f"cannot read {path} on the target: {error.strerror}", source=True) from error
    try:
        answer = ansible_urls.open_url(
            source.address,
            timeout=access.timeout,
            # Sent at once (some mirrors answer 404 instead of asking), but never to where a redirect leads.
            headers={"Authorization": f"Basic {source.credentials}"} if source.credentials else None,
            unredirected_headers=["Authorization"],
            use_netrc=not source.credentials,
            ca_path=access.ca_file or None,
            http_agent="enterprise_tickets.observability",
            # The sum is that of the file as it is stored, whatever Content-Encoding a server invents for .gz.
            decompress=False,
        )
    except urllib.error.HTTPError as error:
        error.close()
        message = f"HTTP {error.code} {error.reason}"
        if error.code in _PASSING:
            raise _Passing(message) from error
        raise SoftwareError(f"cannot fetch {source.shown}: {message}", source=True) from error
    except (OSError, http.client.HTTPException, ansible_urls.ConnectionError, ValueError) as error:
        reason = _reason(error)
        # A certificate that is not trusted, a ca_file that is not there: the next attempt would end the same.
        if isinstance(getattr(error, "reason", error), (ssl.SSLError, FileNotFoundError, ValueError)):
            raise SoftwareError(f"cannot fetch {source.shown}: {reason}", source=True) from error
        raise _Passing(reason) from error
    length = str(answer.headers.get("Content-Length") or "")
    return Download(answer, int(length) if length.isdigit() else None)


def _reason(error: BaseException) -> str:
    return str(getattr(error, "reason", "") or error) or type(error).__name__


_Result = t.TypeVar("_Result")

__all__ = ("Access", "Download", "fetch_text", "open_source", "save")

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Grafana over HTTP, with the name and password of its administrator. PRIVATE to the collection."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import typing as t
from urllib.parse import urlsplit


class GrafanaError(Exception):
    """Grafana did not do what it was asked. The message never shows a password."""


class Answer(t.NamedTuple):
    """Status and content of an answer; None where that is no JSON."""

    status: int
    content: t.Any

    @property
    def message(self) -> str:
        """Grafana's own words."""
        said = self.content.get("message", "") if isinstance(self.content, dict) else ""
        return f"{self.status} {said}".strip()


class Grafana:
    """A Grafana that is asked directly; proxies are not used.

    Args:
        url: address with the path below which it is served.
        context: how to check its certificate; None for one that is not checked.
        timeout: seconds for one answer.
    """

    def __init__(self, url: str, context: ssl.SSLContext | None = None, timeout: float = 30) -> None:
        self._parts = urlsplit(url)
        if context is None:
            # The question is asked over the loopback address, which certificates rarely name.
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        self._context = context
        self._timeout = timeout

    def ask(self, method: str, path: str, login: tuple[str, str], body: t.Any = None) -> Answer:
        """Ask, as a user.

        Raises:
            GrafanaError: there was no answer.
        """
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "https":
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                host, port, timeout=self._timeout, context=self._context
            )
        else:
            connection = http.client.HTTPConnection(host, port, timeout=self._timeout)
        credentials = base64.b64encode(":".join(login).encode()).decode("ascii")
        headers = {"Authorization": f"Basic {credentials}", "Content-Type": "application/json"}
        try:
            connection.request(
                method,
                self._parts.path.rstrip("/") + path,
                body=None if body is None else json.dumps(body),
                headers=headers,
            )
            response = connection.getresponse()
            data = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise GrafanaError(f"no answer from {self._parts.scheme}://{self._parts.netloc}{path}: {error}") from error
        finally:
            connection.close()
        try:
            content = json.loads(data)
        except ValueError:
            content = None
        return Answer(response.status, content)


__all__ = ("Answer", "Grafana", "GrafanaError")

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

# Items that Grafana gives at once.
_PAGE = 1000


class GrafanaError(Exception):
    """Grafana did not do what it was asked. The message never shows a password."""


class Refusal(GrafanaError):
    """Grafana was asked and said no, so nothing has changed."""


class Answer(t.NamedTuple):
    """Status and content of an answer; None where that is no JSON."""

    status: int
    content: t.Any

    @property
    def done(self) -> bool:
        """Whether Grafana did what it was asked; some of its answers are 202 or 204."""
        return 200 <= self.status < 300

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


class Session:
    """Grafana as its administrator sees it, with what was done.

    Args:
        grafana: the server.
        login: name and password.
        check_mode: ask, and change nothing.

    Attributes:
        actions: what was done, or would be.
        warnings: what a person has to see to.
    """

    def __init__(self, grafana: Grafana, login: tuple[str, str], check_mode: bool) -> None:
        self.grafana = grafana
        self.login = login
        self.check_mode = check_mode
        self.actions: list[str] = []
        self.warnings: list[str] = []

    def ask(self, method: str, path: str, body: t.Any = None) -> Answer:
        """Ask, whatever the answer is.

        Raises:
            GrafanaError: there was none.
        """
        return self.grafana.ask(method, path, self.login, body)

    def get(self, path: str) -> t.Any:
        """The content of an answer.

        Raises:
            GrafanaError: Grafana refuses it.
        """
        answer = self.ask("GET", path)
        if answer.status != 200:
            raise GrafanaError(f"{path}: {answer.message}")
        return answer.content

    def pages(self, path: str, size: str = "perpage", key: str = "") -> list[dict[str, t.Any]]:
        """All items of a list that Grafana gives in pages.

        Args:
            path: of the list; it may have a query.
            size: the parameter for the number of items of a page.
            key: where the items are in an answer; empty where it is they.

        Raises:
            GrafanaError: Grafana refuses it.
        """
        found: list[dict[str, t.Any]] = []
        page = 1
        while True:
            content = self.get(f"{path}{'&' if '?' in path else '?'}{size}={_PAGE}&page={page}")
            items = content[key] if key else content
            found += items
            if len(items) < _PAGE:
                return found
            page += 1

    def change(self, action: str, method: str, path: str, body: t.Any = None) -> t.Any:
        """Do something and note it; check mode only notes it. Gives the content of the answer.

        Args:
            action: what it is for people, in the form "delete the folder x".

        Raises:
            Refusal: Grafana refuses it.
            GrafanaError: there was no answer.
        """
        content = None
        if not self.check_mode:
            answer = self.ask(method, path, body)
            if not answer.done:
                raise Refusal(f"cannot {action}: {answer.message}")
            content = answer.content
        self.actions.append(action)
        return content


__all__ = ("Answer", "Grafana", "GrafanaError", "Refusal", "Session")

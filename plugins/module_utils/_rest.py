# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. A server that is asked over HTTP as a user: Elasticsearch and Kibana."""

from __future__ import annotations

import base64
import http.client
import ipaddress
import ssl
import typing as t
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

SPEC: t.Final[dict[str, t.Any]] = {
    "url": {"type": "str", "required": True},
    "ca_file": {"type": "path", "default": ""},
    "user": {"type": "str", "default": ""},
    "password": {"type": "str", "default": "", "no_log": True},
    "password_file": {"type": "path", "default": "", "no_log": False},
    "timeout": {"type": "int", "default": 30},
}
"""Options of a module that asks such a server; documented in the fragment `_rest_server`."""


class RestError(Exception):
    """The server cannot be reached or refuses; the message is for people and holds no secret."""


@dataclass(frozen=True)
class Login:
    """Who asks: a user with a password, or nobody.

    Attributes:
        user: Name; empty for nobody.
        password: Its password.
    """

    user: str = ""
    password: str = ""

    @classmethod
    def of(cls, params: t.Mapping[str, t.Any]) -> Login:
        """Who asks, by the options of a module.

        Raises:
            RestError: The password is given twice, or its file cannot be read.
        """
        if params["password"] and params["password_file"]:
            raise RestError("password and password_file are both given; expected one of them")
        if not params["password_file"]:
            return cls(params["user"], params["password"])
        try:
            return cls(params["user"], Path(params["password_file"]).read_text(encoding="utf-8").rstrip("\r\n"))
        except (OSError, UnicodeDecodeError) as error:
            raise RestError("password_file cannot be read: %s" % error) from error

    def header(self) -> dict[str, str]:
        """The header of a request."""
        if not self.user:
            return {}
        return {"Authorization": "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode("ascii")}


class RestServer:
    """A server that speaks HTTP. Certificates are always verified; proxies and redirects are not followed.

    Args:
        url: Such as https://es1.example.com:9200, with a path where it has one.
        login: Who asks.
        ca_file: Certificate authority; the system's where empty.
        timeout: Seconds that connecting and each answer may take.

    Raises:
        RestError: The URL is none, or would send a password in clear text to another machine.
    """

    def __init__(self, url: str, login: Login, ca_file: str = "", timeout: float = 30) -> None:
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError:
            port = -1
        if (
            parts.scheme not in ("http", "https")
            or not parts.hostname
            or port == -1
            or "@" in parts.netloc
            or parts.query
        ):
            raise RestError("the URL is no http(s)://host:port without user and password")
        if parts.scheme == "http" and login.user and not _is_loopback(parts.hostname):
            raise RestError("%s would carry the password of %s in clear text; use https" % (url, login.user))
        self.url = url.rstrip("/")
        self._parts = parts
        self._port = port
        self._login = login
        self._ca_file = ca_file
        self._timeout = timeout

    def send(
        self,
        method: str,
        path: str,
        data: bytes | None = None,
        headers: t.Mapping[str, str] | None = None,
        login: Login | None = None,
    ) -> tuple[int, bytes]:
        """Status and content of the answer to a request, whatever they are.

        Raises:
            RestError: There is no answer.
        """
        sent = {"Accept": "application/json", **(login or self._login).header(), **(headers or {})}
        try:
            connection = self._connection()
            try:
                connection.request(method, self._parts.path.rstrip("/") + path, data, sent)
                response = connection.getresponse()
                return response.status, response.read()
            finally:
                connection.close()
        except (OSError, http.client.HTTPException) as error:
            raise RestError("%s cannot be reached: %s" % (self.url, error)) from error

    def _connection(self) -> http.client.HTTPConnection:
        host = t.cast(str, self._parts.hostname)
        if self._parts.scheme == "http":
            return http.client.HTTPConnection(host, self._port or 80, timeout=self._timeout)
        context = ssl.create_default_context(cafile=self._ca_file or None)
        return http.client.HTTPSConnection(host, self._port or 443, timeout=self._timeout, context=context)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

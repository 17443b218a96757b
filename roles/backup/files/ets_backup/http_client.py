# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP requests to services of this host. Proxies are not used."""

from __future__ import annotations

import base64
import json
import ssl
import time
import typing as t
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping

from .errors import BackupError


class Client:
    """A service.

    Args:
        access: url (scheme, host, port and path prefix), and optionally username, password, ca_file,
            client_cert, client_key, verify.
        timeout: Seconds that one answer may take.
    """

    def __init__(self, access: Mapping[str, t.Any], timeout: float = 300) -> None:
        self.url = str(access["url"]).rstrip("/")
        self._timeout = timeout
        self._headers = {}
        if access.get("username"):
            login = base64.b64encode(("%s:%s" % (access["username"], access["password"])).encode()).decode()
            self._headers["Authorization"] = "Basic " + login
        context = ssl.create_default_context(cafile=access.get("ca_file") or None)
        if not access.get("verify", True):
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if access.get("client_cert"):
            context.load_cert_chain(access["client_cert"], access.get("client_key") or None)
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )

    def request(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: Mapping[str, t.Any] | None = None
    ) -> bytes:
        """Send a request, with a body as JSON where there is one, and return the body of the answer.

        Raises:
            BackupError: no answer, or another one than 2xx.
        """
        address = self.url + path + ("?" + urllib.parse.urlencode(query) if query else "")
        request = urllib.request.Request(address, method=method, headers=self._headers)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        try:
            with self._opener.open(request, timeout=self._timeout) as answer:
                return t.cast("bytes", answer.read())
        except urllib.error.HTTPError as error:
            words = error.read().decode(errors="replace").strip()[:500]
            raise BackupError("%s %s answered %d: %s" % (method, self.url + path, error.code, words)) from None
        except OSError as error:
            raise BackupError("%s %s: no answer (%s)" % (method, self.url + path, error)) from None

    def json(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: Mapping[str, t.Any] | None = None
    ) -> t.Any:
        """Like request(), with the answer parsed."""
        answer = self.request(method, path, query, body)
        try:
            return json.loads(answer)
        except ValueError:
            raise BackupError("%s %s: the answer is not JSON" % (method, self.url + path)) from None

    def wait(self, path: str, timeout: float, alive: t.Callable[[], bool]) -> None:
        """Wait until a path answers 2xx.

        Raises:
            BackupError: the service has ended, or did not answer in time.
        """
        end = time.monotonic() + timeout
        while True:
            try:
                self.request("GET", path)
            except BackupError as error:
                if not alive():
                    raise BackupError("the service has ended; its last words: journalctl -n 30") from None
                if time.monotonic() > end:
                    raise BackupError("not ready within %g s: %s" % (timeout, error)) from None
                time.sleep(0.5)
            else:
                return

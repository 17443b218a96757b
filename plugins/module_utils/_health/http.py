# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. HTTP for probes: no proxies, no redirects with a password in them, limited answers."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import typing as t
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass

from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.model import (
    Access,
    CannotTell,
    Unreachable,
)

LONGEST_ANSWER = 64 * 1024 * 1024


@dataclass(frozen=True)
class Answer:
    """An HTTP answer of whatever status."""

    status: int
    body: bytes

    def json(self) -> t.Any:
        """The body as data.

        Raises:
            Unreachable: It is no JSON.
        """
        try:
            return json.loads(self.body)
        except ValueError:
            raise Unreachable("answers with HTTP %d, but not with JSON" % self.status) from None


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer: following it would send the password to whoever is named there."""

    def redirect_request(self, *_args: t.Any, **_kwargs: t.Any) -> None:
        """Never."""


def fetch(
    url: str, access: Access, timeout: float, body: t.Any = None, method: str = "", headers: t.Any = None
) -> Answer:
    """Ask.

    Args:
        url: Address without credentials.
        access: Credentials and trust.
        timeout: Seconds that each wait may take.
        body: Data to send as JSON.
        method: GET where empty, POST with a body.
        headers: Further headers.

    Raises:
        Unreachable: There is no answer.
    """
    request = urllib.request.Request(url, method=method or None, headers=dict(headers or {}))
    request.add_header("Accept", "application/json, */*;q=0.5")
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    if access.username:
        pair = "%s:%s" % (access.username, access.password)
        request.add_header("Authorization", "Basic " + base64.b64encode(pair.encode()).decode())
    try:
        with _opener(url, access).open(request, timeout=timeout) as answer:
            return Answer(answer.status, answer.read(LONGEST_ANSWER))
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.read(LONGEST_ANSWER))
    except urllib.error.URLError as error:
        raise Unreachable(_reason(error.reason)) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unreachable(_reason(error)) from None


def _opener(url: str, access: Access) -> urllib.request.OpenerDirector:
    """What build_opener() gives, without proxies and redirects, and with TLS only where it is spoken: its own handler
    reads all authorities that the host trusts, which takes longer than most answers (Python 3.12 and newer).
    """
    opener = urllib.request.OpenerDirector()
    handlers = [
        urllib.request.HTTPHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
        _NoRedirects(),
    ]
    if url.startswith("https:"):
        handlers.append(urllib.request.HTTPSHandler(context=tls_context(access)))
    for handler in handlers:
        opener.add_handler(handler)
    return opener


def tls_context(access: Access) -> ssl.SSLContext:
    """Whom to trust, and who we are.

    Raises:
        OSError: A file cannot be read.
    """
    context = ssl.create_default_context(cafile=access.ca_file or None)
    if not access.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if access.client_cert:
        context.load_cert_chain(access.client_cert, access.client_key or None)
    return context


def fetch_json(url: str, access: Access, timeout: float, statuses: t.Container[int] = (200,)) -> t.Any:
    """Ask for data.

    Raises:
        CannotTell: We are not let in.
        Unreachable: There is no answer, or not the expected one.
    """
    answer = fetch(url, access, timeout)
    if answer.status in (401, 403) and answer.status not in statuses:
        raise CannotTell("is not let in (HTTP %d): its credentials are missing or wrong" % answer.status)
    if answer.status not in statuses:
        raise Unreachable("answers with HTTP %d" % answer.status)
    return answer.json()


def _reason(error: object) -> str:
    if isinstance(error, TimeoutError) or "timed out" in str(error):
        return "does not answer in time"
    if isinstance(error, ConnectionRefusedError):
        return "refuses the connection"
    if isinstance(error, ssl.SSLCertVerificationError):
        return "has a certificate that cannot be trusted: %s" % error.verify_message
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return "cannot be reached: %s" % text


def joined(base: str, path: str, **query: str) -> str:
    """An address below a base address."""
    return base.rstrip("/") + path + ("?" + urllib.parse.urlencode(query) if query else "")

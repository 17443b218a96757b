# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses of downloads: placeholders, parts, and what may be shown of them. PRIVATE to the collection."""

from __future__ import annotations

import base64
import posixpath
import re
import typing as t
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit, urlunsplit

from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._errors import SoftwareError

SCHEMES = ("https", "http", "file")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Source:
    """A download address whose secrets are kept apart.

    Attributes:
        url: what may be shown: without user, password and query string.
        query: the query string, which may hold a signature; "" for none.
        credentials: base64 of "user:password" for HTTP basic authentication; "" for none.
    """

    url: str
    query: str = ""
    credentials: str = ""

    @property
    def address(self) -> str:
        """The whole address, for requests only."""
        return f"{self.url}?{self.query}" if self.query else self.url

    @property
    def shown(self) -> str:
        """The address for messages."""
        return f"{self.url}?***" if self.query else self.url


def fill_placeholders(text: str, values: t.Mapping[str, str]) -> str:
    """Replace {version} and {arch}.

    Raises:
        SoftwareError: another name stands in braces, or the value is not known for this host.
    """

    def replace(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in values:
            raise SoftwareError(f"found the placeholder {{{name}}}, expected {{version}} or {{arch}}")
        if not values[name]:
            raise SoftwareError(f"found the placeholder {{{name}}}, whose value is not known for this host")
        return values[name]

    return _PLACEHOLDER.sub(replace, text)


def split_source(url: str, username: str = "", password: str = "") -> Source:
    """Take the secrets out of an address; user and password given as arguments win over those in the address.

    Raises:
        SoftwareError: the address is not http(s)://host/... or file:///...
    """
    try:
        parts = urlsplit(url)
        _port = parts.port  # property: raises ValueError when it is not a number in range
    except ValueError:
        raise SoftwareError(f"found '{mask_url(url)}', which is no address") from None
    if parts.scheme not in SCHEMES:
        raise SoftwareError(
            f"found '{mask_url(url)}', expected an address that begins with https://, http:// or file:///"
        )
    if parts.scheme == "file":
        if parts.netloc not in ("", "localhost") or not parts.path:
            raise SoftwareError(f"found '{mask_url(url)}', expected file:/// and an absolute path on the target")
        return Source(f"file://{parts.path}")
    if not parts.hostname:
        raise SoftwareError(f"found '{mask_url(url)}', expected a host name after {parts.scheme}://")
    user = username or unquote(parts.username or "")
    secret = password or unquote(parts.password or "")
    return Source(
        url=urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", "")),
        query=parts.query,
        credentials=base64.b64encode(f"{user}:{secret}".encode()).decode("ascii") if user or secret else "",
    )


def mask_url(url: str) -> str:
    """Hide what may be secret in an address: user, password and the values of the query string (signed links)."""
    masked = re.sub(r"(?<=://)[^/?#]*@", "***@", url)
    base, question, query = masked.partition("?")
    if not question:
        return masked
    return f"{base}?{re.sub(r'=[^&#]*', '=***', query)}" if "=" in query else f"{base}?***"


def file_name(url: str) -> str:
    """Name of the file behind an address, without query string ("" when the address ends with a slash)."""
    return posixpath.basename(unquote(urlsplit(url).path))


__all__ = ("SCHEMES", "Source", "file_name", "fill_placeholders", "mask_url", "split_source")

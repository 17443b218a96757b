# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SHA-256 sums as releases publish them. PRIVATE to the collection."""

from __future__ import annotations

import posixpath
import re
import typing as t

from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._errors import SoftwareError

_SHA256 = re.compile(r"^[0-9a-fA-F]{64}$")
# sha256sum(1): digest, a space, then a space (text) or an asterisk (binary), then the name
_GNU_LINE = re.compile(r"^\\?([0-9a-fA-F]{64}) [ *]?(.+)$")
_BSD_LINE = re.compile(r"^SHA256 ?\((.+)\) ?= ?([0-9a-fA-F]{64})$")


def parse_checksum(text: str) -> str:
    """Read a checksum written by the user.

    Args:
        text: "sha256:<64 hexadecimal digits>", or the digits alone; "" when there is none.

    Returns:
        The digits in lower case, or "".

    Raises:
        SoftwareError: it is something else; the message shows what was found.
    """
    if not text:
        return ""
    kind, colon, digits = text.partition(":")
    if not colon:
        kind, digits = "sha256", text
    if kind.lower() != "sha256" or not _SHA256.match(digits):
        raise SoftwareError(f"found '{text}', expected sha256: followed by 64 hexadecimal digits")
    return digits.lower()


def find_checksum(text: str, file_name: str, *, sums_name: str = "") -> str:
    """Find the SHA-256 of one file in a checksum file.

    The GNU form ("digest  name", "digest *name"), the BSD form ("SHA256 (name) = digest") and names with
    directories in front are understood; the last component of the name must be the file's name exactly.
    A file that holds nothing but one digest counts only when it is called after the archive (x.tar.gz.sha256).

    Args:
        text: content of the checksum file.
        file_name: name of the archive, without directories.
        sums_name: name of the checksum file itself, without directories.

    Raises:
        SoftwareError: the file is not listed, or listed with two different sums.
    """
    found: set[str] = set()
    names: list[str] = []
    for digest, name in _entries(text):
        names.append(name)
        if posixpath.basename(name) == file_name:
            found.add(digest)
    if len(found) > 1:
        raise SoftwareError(f"lists {file_name} with {len(found)} different SHA-256 sums")
    if found:
        return found.pop()
    lone = text.split()
    if len(lone) == 1 and _SHA256.match(lone[0]) and sums_name.startswith(f"{file_name}."):
        return lone[0].lower()
    raise SoftwareError(f"has no SHA-256 sum for {file_name} ({_listing(names)})")


def _entries(text: str) -> t.Iterator[tuple[str, str]]:
    for line in text.splitlines():
        stripped = line.strip()
        bsd = _BSD_LINE.match(stripped)
        if bsd:
            yield bsd.group(2).lower(), bsd.group(1)
            continue
        gnu = _GNU_LINE.match(stripped)
        if gnu:
            yield gnu.group(1).lower(), gnu.group(2).strip()


def _listing(names: list[str], limit: int = 5) -> str:
    if not names:
        return "it lists no SHA-256 sums at all"
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return f"it lists {', '.join(names[:limit])}{more}"


__all__ = ("find_checksum", "parse_checksum")

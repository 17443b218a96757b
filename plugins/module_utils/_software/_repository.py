# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A vendor's apt repository on the target. PRIVATE to the collection."""

from __future__ import annotations

import contextlib
import os
import typing as t

from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._errors import SoftwareError
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._fetch import (
    Access,
    fetch_text,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._urls import split_source

KEYRINGS = "/etc/apt/keyrings"
SOURCES = "/etc/apt/sources.list.d"
PREFERENCES = "/etc/apt/preferences.d"
#: Begins the name of each file of ours.
PREFIX = "ets-"
_ARMOUR = "-----BEGIN PGP PUBLIC KEY BLOCK-----"


def require_key(text: str, what: str) -> str:
    """Check that a text is an OpenPGP key in ASCII armour.

    Args:
        text: what was found.
        what: where, for the message.

    Raises:
        SoftwareError: it is something else.
    """
    if _ARMOUR not in text:
        begin = text.strip()[:40].encode("unicode_escape").decode("ascii")
        raise SoftwareError(f"{what}: found '{begin}', expected an OpenPGP key in ASCII armour ({_ARMOUR})")
    if "PRIVATE KEY" in text:
        raise SoftwareError(f"{what}: found a private key, expected the public key of the repository")
    return text


def scan(directories: t.Iterable[str] = (KEYRINGS, SOURCES, PREFERENCES)) -> dict[str, str]:
    """Content of our files below /etc/apt by path."""
    found = {}
    for directory in directories:
        with contextlib.suppress(FileNotFoundError):
            for name in sorted(os.listdir(directory)):
                path = os.path.join(directory, name)
                if name.startswith(PREFIX) and os.path.isfile(path):
                    with open(path, encoding="utf-8", errors="replace") as file:
                        found[path] = file.read()
    return found


def probe(release_url: str, access: Access, variable: str) -> None:
    """Check that a repository answers with a signed release file.

    Raises:
        SoftwareError: it does not; names the variable.
    """
    try:
        text = fetch_text(split_source(release_url), access)
    except SoftwareError as error:
        raise SoftwareError(f"{variable}: {error}", source=True) from error
    if not text.startswith("-----BEGIN PGP SIGNED MESSAGE-----"):
        raise SoftwareError(f"{variable}: {release_url} is no signed release file of an apt repository", source=True)


def fetch_key(url: str, access: Access, variable: str) -> str:
    """Fetch the key of a repository.

    Raises:
        SoftwareError: it cannot be had, or is none; names the variable.
    """
    try:
        text = fetch_text(split_source(url), access)
    except SoftwareError as error:
        raise SoftwareError(f"{variable}: {error}", source=True) from error
    return require_key(f"{text.strip()}\n", f"{variable}: {url}")


def write(files: t.Mapping[str, str | None]) -> dict[str, str | None]:
    """Write files, or remove those whose content is None; returns what would undo it.

    apt runs as _apt where it fetches, so everybody may read them.
    """
    before: dict[str, str | None] = {}
    for path, content in files.items():
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                before[path] = file.read()
        except FileNotFoundError:
            before[path] = None
        if content is None:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
            continue
        os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
        new = os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.new")
        with open(new, "w", encoding="utf-8") as out:
            out.write(content)
            os.fchmod(out.fileno(), 0o644)
        os.replace(new, path)
    return before


__all__ = ("KEYRINGS", "PREFERENCES", "PREFIX", "SOURCES", "fetch_key", "probe", "require_key", "scan", "write")

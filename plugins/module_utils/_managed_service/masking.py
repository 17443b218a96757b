# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Keep secret values out of everything that a person or a log gets to see."""

from __future__ import annotations

import typing as t

from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.bundle import (
    REACTIONS,
    Bundle,
)

MASK = "********"
_ELLIPSES = ("...", "…")
SHORTEST = 4
"""Values below this length are not masked: they would blot out unrelated text everywhere."""


class Masker:
    """Replaces secret values in text.

    Args:
        secrets: The values.
        public: Words that are never masked though a secret equals them (owners, modes, paths, reactions).
    """

    def __init__(self, secrets: t.Iterable[str], public: t.Iterable[str] = ()) -> None:
        known = set(public)
        values = {value for value in secrets if len(value) >= SHORTEST and value not in known}
        # A secret that is part of a longer one must not leave the rest of the longer one readable.
        self._values = sorted(values, key=lambda value: (-len(value), value))

    def text(self, text: str) -> str:
        """Return the text with every secret value replaced by asterisks."""
        for value in self._values:
            text = text.replace(value, MASK)
        for ellipsis in _ELLIPSES:
            if ellipsis in text:
                text = self._without_beginnings(text, ellipsis)
        return text

    def _without_beginnings(self, text: str, ellipsis: str) -> str:
        """Mask beginnings of values that a tool has cut off, as Go's YAML library does in its messages."""
        for value in self._values:
            for length in range(len(value) - 1, SHORTEST - 1, -1):
                text = text.replace(value[:length] + ellipsis, MASK + ellipsis)
        return text

    def tree(self, value: t.Any) -> t.Any:
        """Mask all strings within lists and dicts."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {key: self.tree(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.tree(item) for item in value]
        return value


def for_bundle(bundle: Bundle) -> Masker:
    """The masker of a service: its secrets, but never the words its own specification is made of."""
    public = set(REACTIONS) | {bundle.name, bundle.unit, bundle.state}
    for item in bundle.files:
        public |= {item.dest, item.owner, item.group, "%04o" % item.mode}
    for directory in bundle.directories:
        public |= {directory.path, directory.owner, directory.group, "%04o" % directory.mode}
    for link in bundle.links:
        public |= {link.dest, link.src}
    public |= set(bundle.exclusive) | set(bundle.watch) | set(bundle.programs) | set(bundle.readable)
    if bundle.user:
        public |= {bundle.user.name, bundle.user.group}
    secrets = set(bundle.secrets)
    if bundle.ready and bundle.ready.password:
        secrets.add(bundle.ready.password)
    return Masker(secrets, public)

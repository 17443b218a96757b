# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Grafana holds because of this collection, so that no more than that is removed. PRIVATE to the collection."""

from __future__ import annotations

import contextlib
import typing as t
from collections.abc import Iterable, Iterator

from ansible_collections.enterprise_tickets.observability.plugins.module_utils._grafana_api import Refusal


class Store(t.Protocol):
    """Where it is kept: :class:`StateDirectory`."""

    def read_made(self) -> dict[str, list[str]]:
        """Names by kind."""

    def write_made(self, made: dict[str, list[str]]) -> None:
        """Keep them."""


class Made:
    """Names of what Grafana was to make, by kind: folders, contact_points, users, teams.

    A name is written before Grafana is asked, and taken away when it is gone: a run that fails in between has
    the next one go on.

    Args:
        store: where it is kept.
        check_mode: keep nothing.
    """

    def __init__(self, store: Store, check_mode: bool) -> None:
        self._store = store
        self._check_mode = check_mode
        self._names = {kind: list(names) for kind, names in store.read_made().items()}

    def __getitem__(self, kind: str) -> list[str]:
        """The names of a kind, sorted."""
        return sorted(self._names.get(kind, []))

    def add(self, kind: str, names: Iterable[str]) -> None:
        """Remember names."""
        self._replace(kind, {*self[kind], *names})

    def drop(self, kind: str, name: str) -> None:
        """Forget a name."""
        self._replace(kind, {*self[kind]} - {name})

    @contextlib.contextmanager
    def making(self, kind: str, name: str) -> Iterator[None]:
        """While Grafana makes something; what it refuses is forgotten again."""
        self.add(kind, [name])
        try:
            yield
        except Refusal:
            self.drop(kind, name)
            raise

    def _replace(self, kind: str, names: set[str]) -> None:
        if names != set(self[kind]):
            self._names[kind] = sorted(names)
            if not self._check_mode:
                self._store.write_made(self._names)


__all__ = ("Made", "Store")

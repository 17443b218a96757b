# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the backups of a component are: archives on this host, or snapshots that Elasticsearch keeps itself."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from . import archives, backup, restore
from .archives import SUFFIX, Manifest
from .errors import BackupError
from .metrics import Outcome
from .settings import Component, Settings
from .snapshots import Snapshots


@dataclass(frozen=True)
class Wish:
    """What of a backup is restored, and how.

    Attributes:
        backup: A name that `list` shows, or `newest`.
        identity: The key of an encrypted archive; empty for none.
        only: Data streams; empty for all of the snapshot.
        replace: Whether data streams that are there are replaced.
    """

    backup: str
    identity: str = ""
    only: tuple[str, ...] = ()
    replace: bool = False


@dataclass(frozen=True)
class Entry:
    """A backup: its name, when it was made (seconds since 1970), its bytes."""

    name: str
    created: float
    size: int


class Store(t.Protocol):
    """Where backups are."""

    def back_up(self, settings: Settings, component: Component, /) -> tuple[Outcome, str]:
        """Make one and remove outdated ones; how it went, and a sentence about it.

        Raises:
            BackupError: there is no new backup. Older ones are all still there.
        """

    def entries(self, settings: Settings, component: Component, /) -> list[Entry]:
        """What there is, the newest first."""

    def verify(self, settings: Settings, component: Component, /) -> Iterator[tuple[str, str]]:
        """The name of each backup, with what is wrong with it: nothing, or a sentence."""

    def restore(self, settings: Settings, component: Component, wish: Wish, /) -> list[str]:
        """Put one back; sentences about what was done.

        Raises:
            BackupError: it is not back.
        """


class Archives:
    """Archives below the directory of the settings."""

    def back_up(self, settings: Settings, component: Component, /) -> tuple[Outcome, str]:
        """Write one."""
        return backup.back_up(settings, component)

    def entries(self, settings: Settings, component: Component, /) -> list[Entry]:
        """Those that were finished."""
        found = archives.list_archives(settings.archives(component.name))
        return [Entry(manifest.archive, manifest.created, manifest.size) for manifest in found]

    def verify(self, settings: Settings, component: Component, /) -> Iterator[tuple[str, str]]:
        """Compare them with their checksums."""
        directory = settings.archives(component.name)
        for manifest in archives.list_archives(directory):
            try:
                archives.verify(directory, manifest)
                yield manifest.archive, ""
            except BackupError as error:
                yield manifest.archive, str(error)

    def restore(self, settings: Settings, component: Component, wish: Wish, /) -> list[str]:
        """Exchange the data and prove it."""
        if wish.only or wish.replace:
            raise BackupError("--only and --replace are for the data streams of elasticsearch, not for an archive")
        return restore.restore(settings, component, self._chosen(settings, component.name, wish.backup), wish.identity)

    @staticmethod
    def _chosen(settings: Settings, component: str, archive: str) -> Manifest:
        directory = settings.archives(component)
        if archive != "newest":
            return archives.read_manifest(directory / (Path(archive).name + SUFFIX))
        found = archives.list_archives(directory)
        if not found:
            raise BackupError("there is no archive of %s in %s" % (component, directory))
        return found[0]


class Repository:
    """A repository of snapshots that is registered in Elasticsearch."""

    def back_up(self, settings: Settings, component: Component, /) -> tuple[Outcome, str]:
        """Make a snapshot."""
        return Snapshots(component).back_up(settings.keep_count, settings.keep_days)

    def entries(self, _settings: Settings, component: Component, /) -> list[Entry]:
        """Those that this program has made, whatever became of them."""
        return [Entry(found.name, found.created, found.size) for found in Snapshots(component).entries()]

    def verify(self, _settings: Settings, component: Component, /) -> Iterator[tuple[str, str]]:
        """Have each node look at the repository, and see what became of the snapshots."""
        snapshots = Snapshots(component)
        snapshots.check_repository()
        for found in snapshots.entries():
            yield found.name, found.problem

    def restore(self, _settings: Settings, component: Component, wish: Wish, /) -> list[str]:
        """Restore data streams, and nothing of the cluster's own state."""
        if wish.identity:
            raise BackupError("--identity is for encrypted archives; a snapshot has no key")
        return Snapshots(component).restore(wish.backup, wish.only, wish.replace)


_ARCHIVES: t.Final = Archives()
_STORES: t.Final[dict[str, Store]] = {"elasticsearch": Repository()}


def store_of(component: Component) -> Store:
    """Where the backups of a component are."""
    return _STORES.get(component.method, _ARCHIVES)

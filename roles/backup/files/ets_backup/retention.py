# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which archives go."""

from __future__ import annotations

import typing as t
from pathlib import Path

from .archives import SUFFIX, Manifest

DAY: t.Final = 86400.0


class Dated(t.Protocol):
    """Something that was made at a time, in seconds since 1970."""

    @property
    def created(self) -> float:
        """When."""


Backup = t.TypeVar("Backup", bound=Dated)


def outdated(backups: t.Sequence[Backup], now: float, keep_count: int, keep_days: float) -> list[Backup]:
    """Backups older than `keep_days` that are not among the newest `keep_count`.

    Args:
        backups: All backups of a component, the newest first.
        now: Seconds since 1970.
        keep_count: So many of the newest always stay, however old.
        keep_days: Days.
    """
    return [backup for backup in backups[max(keep_count, 1) :] if now - backup.created > keep_days * DAY]


def remove(directory: Path, manifest: Manifest) -> None:
    """Remove an archive: its manifest last, so that what is left of an interrupted removal says what it was."""
    (directory / manifest.archive).unlink(missing_ok=True)
    (directory / (manifest.archive + SUFFIX)).unlink(missing_ok=True)


def remove_unfinished(directory: Path) -> list[str]:
    """Remove what interrupted backups have left, and return the names. Call it while no other backup runs."""
    names = {path.name for path in directory.iterdir()}
    partial = [
        name
        for name in names
        if name.endswith((".partial", ".new")) or (name + SUFFIX not in names and not name.endswith(SUFFIX))
    ]
    for name in partial:
        (directory / name).unlink()
    return sorted(partial)

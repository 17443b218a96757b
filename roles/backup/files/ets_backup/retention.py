# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which archives go."""

from __future__ import annotations

from pathlib import Path

from .archives import SUFFIX, Manifest

_DAY = 86400.0


def outdated(manifests: list[Manifest], now: float, keep_count: int, keep_days: float) -> list[Manifest]:
    """Archives older than `keep_days` that are not among the newest `keep_count`.

    Args:
        manifests: All archives of a component, the newest first.
        now: Seconds since 1970.
        keep_count: So many of the newest always stay, however old.
        keep_days: Days.
    """
    return [manifest for manifest in manifests[max(keep_count, 1) :] if now - manifest.created > keep_days * _DAY]


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

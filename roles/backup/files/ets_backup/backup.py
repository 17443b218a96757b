# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make a backup of one component and tidy up after it."""

from __future__ import annotations

import time

from . import archives, retention
from .archives import Manifest
from .commands import run
from .errors import BackupError
from .metrics import Outcome
from .settings import Component, Settings
from .sources import source_of


def back_up(settings: Settings, component: Component) -> tuple[Outcome, str]:
    """Make an archive, copy it where a copy is wanted, and remove outdated ones.

    Returns:
        How it went, and a sentence about what was done.

    Raises:
        BackupError: there is no new archive, or its copy failed. Older archives are all still there.
    """
    begin = time.monotonic()
    directory = settings.archives(component.name)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    retention.remove_unfinished(directory)
    with source_of(component).copy(component) as (copies, proof):
        if not copies:
            raise BackupError("there is nothing to back up: none of %s exists" % ", ".join(component.paths))
        manifest = archives.write_archive(directory, component.name, copies, proof, settings.encryption)
    _copy(settings, component, manifest)
    old = retention.outdated(archives.list_archives(directory), time.time(), settings.keep_count, settings.keep_days)
    for outdated in old:
        retention.remove(directory, outdated)
    seconds = time.monotonic() - begin
    said = "%s, %.1f MiB, %.1f s" % (directory / manifest.archive, manifest.size / (1 << 20), seconds)
    if old:
        said += "; %d outdated removed" % len(old)
    return Outcome(last_success=manifest.created, succeeded=True, size=manifest.size, seconds=seconds), said


def _copy(settings: Settings, component: Component, manifest: Manifest) -> None:
    """Copy the new archive with rsync; the manifest last, as it says that the archive is whole."""
    if not settings.copy_to:
        return
    directory = settings.archives(component.name)
    target = "%s/%s/" % (str(settings.copy_to["destination"]).rstrip("/"), component.name)
    shell = ["--rsh", str(settings.copy_to["ssh"])] if settings.copy_to.get("ssh") else []
    for name in (manifest.archive, manifest.archive + archives.SUFFIX):
        command = ["rsync", "--times", "--perms", "--mkpath", *shell, str(directory / name), target]
        run(command, "the backup is made; copying it to %s" % target)

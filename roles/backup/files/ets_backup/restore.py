# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Put an archive's data back in place of what is there, which is kept beside it.

Everything is unpacked next to its place before the service is stopped, so that all that happens while it is down are
renames. They are written down first (the journal): whatever is cut off is undone by the next call.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tarfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

from . import archives
from .archives import Manifest, write_whole
from .commands import is_active, run
from .errors import BackupError
from .http_client import Client
from .settings import Component, Settings
from .sources import source_of

SIDES = {"sqlite": ("-wal", "-shm", "-journal")}
"""By method: what SQLite keeps beside a database. It would play it into whatever database it finds there next, see
https://www.sqlite.org/howtocorrupt.html, 1.4."""


@dataclass(frozen=True)
class Move:
    """One path that is exchanged.

    Attributes:
        place: Where it belongs.
        unpacked: What comes there.
        replaced: Where that which was there is kept.
        existed: Whether anything was there.
        sides: Endings of the files beside it that belong to it and go with it.
    """

    place: str
    unpacked: str
    replaced: str
    existed: bool
    sides: tuple[str, ...] = ()


@dataclass(frozen=True)
class Journal:
    """What a restore is about to do. The file is there from before the first rename until the proof.

    Attributes:
        component: Name of the component.
        unit: Its unit, which is stopped meanwhile; empty for none.
        was_active: Whether the unit ran before.
        moves: What is exchanged.
    """

    component: str
    unit: str
    was_active: bool
    moves: tuple[Move, ...]


def journal_path(settings: Settings, component: str) -> Path:
    """Where the journal of a component is."""
    return settings.directory / (".restore-%s.json" % component)


def restore(settings: Settings, component: Component, manifest: Manifest, identity: str) -> list[str]:
    """Restore an archive; returns sentences about what was done.

    Raises:
        BackupError: the archive is not what was written, there is no room, or the service does not come back with the
            data. What was there before is in place again, and the service runs with it if it ran.
    """
    archive = archives.verify(settings.archives(component.name), manifest)
    moves = _plan(manifest, SIDES.get(component.method, ()))
    _check_places(manifest)
    try:
        _unpack(archive, manifest, identity, moves)
    except BaseException:
        for move in moves:
            _remove(move.unpacked)
        raise
    was_active = bool(component.unit) and is_active(component.unit)
    _write_journal(settings, Journal(component.name, component.unit, was_active, moves))
    try:
        if was_active:
            run(["systemctl", "stop", component.unit], "stopping %s" % component.unit)
        for move in moves:
            _exchange(move)
        said = _start_and_prove(component, manifest, was_active)
    except BaseException:
        undo(settings, component.name)
        raise
    journal_path(settings, component.name).unlink()
    kept = [move.replaced for move in moves if os.path.lexists(move.replaced)]
    return [said, *("what was there before is kept in %s: remove it when you are content" % path for path in kept)]


def _plan(manifest: Manifest, sides: tuple[str, ...] = ()) -> tuple[Move, ...]:
    tag = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    moves = []
    for place in manifest.roots.values():
        path = Path(place)
        for left_over in path.parent.glob(".%s.unpacked-*" % path.name):  # of a restore that was cut off unpacking
            _remove(str(left_over))
        beside = str(path.with_name(".%s.%%s-%s" % (path.name, tag)))
        moves.append(Move(place, beside % "unpacked", beside % "replaced", os.path.lexists(place), sides))
    return tuple(moves)


def _check_places(manifest: Manifest) -> None:
    """Find out what would stop the restore halfway.

    Raises:
        BackupError: a place cannot be renamed, or there is too little room.
    """
    for place in manifest.roots.values():
        parent = Path(place).parent
        if os.path.ismount(place):
            raise BackupError("%s is a mount point and cannot be exchanged: move the data one directory down" % place)
        parent.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(parent).free
        if free < manifest.content_size:
            raise BackupError(
                "%s has %d MiB free; what is to be unpacked there needs %d MiB"
                % (parent, free >> 20, manifest.content_size >> 20)
            )


def _unpack(archive: Path, manifest: Manifest, identity: str, moves: tuple[Move, ...]) -> None:
    targets = {name: Path(move.unpacked) for name, move in zip(manifest.roots, moves)}
    try:
        with archives.opened(archive, manifest, identity) as tar:
            for member in tar:
                path = PurePosixPath(member.name)
                if path.is_absolute() or ".." in path.parts or path.parts[0] not in targets:
                    raise BackupError("%s holds %r, which leads out of its place" % (archive, member.name))
                if not (member.isfile() or member.isdir() or member.issym()):
                    raise BackupError("%s holds %r, which is no file, directory or link" % (archive, member.name))
                root = targets[path.parts[0]]
                # The member's own name would be joined to the directory; here the root has a name of its own.
                member.name = str(PurePosixPath(root.name, *path.parts[1:]))
                tar.extract(member, root.parent, set_attrs=True, numeric_owner=False)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise BackupError("%s cannot be unpacked: %s" % (archive, error)) from error
    missing = [move.place for move in moves if not os.path.lexists(move.unpacked)]
    if missing:
        raise BackupError("%s does not hold %s, which its manifest names" % (archive, ", ".join(missing)))


def _write_journal(settings: Settings, journal: Journal) -> None:
    write_whole(journal_path(settings, journal.component), json.dumps(asdict(journal), indent=1) + "\n", 0o600)


def _exchange(move: Move) -> None:
    for side in move.sides:
        if os.path.lexists(move.place + side):
            os.rename(move.place + side, move.replaced + side)
    if move.existed:
        os.rename(move.place, move.replaced)
    os.rename(move.unpacked, move.place)
    if os.path.isdir(move.replaced):
        # A snapshot's own directory has other rights than the one it takes the place of.
        status = os.stat(move.replaced)
        os.chown(move.place, status.st_uid, status.st_gid)
        os.chmod(move.place, status.st_mode & 0o7777)


def _start_and_prove(component: Component, manifest: Manifest, was_active: bool) -> str:
    if not component.unit:
        return source_of(component).prove(component, manifest.proof)
    if not was_active:
        return "%s was not running and has not been started: nothing was proven" % component.unit
    _start(component)
    return source_of(component).prove(component, manifest.proof)


def _start(component: Component) -> None:
    run(["systemctl", "start", component.unit], "starting %s" % component.unit)
    if component.http:
        Client(component.http).wait(component.ready_path, component.timeout, lambda: is_active(component.unit))


def undo(settings: Settings, component: str) -> bool:
    """Undo a restore that did not come to its end; returns whether there was one.

    Raises:
        BackupError: the service does not start with its old data.
    """
    path = journal_path(settings, component)
    try:
        data = json.loads(path.read_text())
    except FileNotFoundError:
        return False
    moves = [Move(**move) for move in data["moves"]]
    if data["unit"]:
        run(["systemctl", "stop", data["unit"]], "stopping %s" % data["unit"])
    for move in moves:
        _undo_move(move)
    if data["was_active"]:
        run(["systemctl", "reset-failed", data["unit"]], "resetting %s" % data["unit"])
        _start(settings.component(component))
    path.unlink()
    print("the restore of %s was undone: the data from before is in place" % component, file=sys.stderr)
    return True


def _undo_move(move: Move) -> None:
    """Each step leaves a state from which this function comes to the same end."""
    if not move.existed or os.path.lexists(move.replaced):  # what is beside it belongs to what was unpacked
        for side in move.sides:
            _remove(move.place + side)
    if move.existed:
        if os.path.lexists(move.replaced):
            if os.path.lexists(move.place):
                os.rename(move.place, move.unpacked)
            os.rename(move.replaced, move.place)
    elif os.path.lexists(move.place):
        _remove(move.place)
    for side in move.sides:
        if os.path.lexists(move.replaced + side):
            os.rename(move.replaced + side, move.place + side)
    _remove(move.unpacked)


def _remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)

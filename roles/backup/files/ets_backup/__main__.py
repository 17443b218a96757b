# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line. Exit codes: 0 all is well, 1 something failed, 2 wrong arguments, 3 another one runs."""

from __future__ import annotations

import argparse
import fcntl
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import archives, restore
from .errors import BackupError
from .metrics import Outcome, Record, exposition
from .settings import SETTINGS, Settings, read_settings
from .stores import Wish, store_of


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="enterprise-tickets-backup", description="Back up and restore the monitoring on this host."
    )
    parser.add_argument("--settings", type=Path, default=SETTINGS, help=argparse.SUPPRESS)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    make = commands.add_parser("run", help="make backups of all components, or of those named")
    make.add_argument("components", nargs="*", metavar="COMPONENT")
    commands.add_parser("components", help="show what is backed up on this host")
    show = commands.add_parser("list", help="show what archives and snapshots there are")
    show.add_argument("components", nargs="*", metavar="COMPONENT")
    check = commands.add_parser("verify", help="compare archives with their checksums, and look at snapshots")
    check.add_argument("components", nargs="*", metavar="COMPONENT")
    back = commands.add_parser("restore", help="put an archive's data in place, start the service, prove it by queries")
    back.add_argument("component", metavar="COMPONENT")
    back.add_argument("archive", metavar="ARCHIVE", help="a name that `list` shows, or `newest`")
    back.add_argument(
        "--identity", default="", metavar="PATH", help="the key of an encrypted archive (gpg: home directory)"
    )
    back.add_argument(
        "--only", action="append", default=[], metavar="STREAM", help="elasticsearch: a data stream (may be repeated)"
    )
    back.add_argument(
        "--replace", action="store_true", help="elasticsearch: delete data streams that are there, after a snapshot"
    )
    commands.add_parser("recover", help="undo restores that were cut off")
    return parser.parse_args()


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    settings.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(settings.directory / ".lock", os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("another backup or restore runs; try again when it has ended", file=sys.stderr)
        sys.exit(3)
    try:
        yield
    finally:
        os.close(descriptor)


def _run(settings: Settings, names: list[str]) -> bool:
    """Back up; one component that fails does not keep the others from being backed up."""
    record = Record(settings.directory / ".record.json")
    record.outcomes = {name: record.outcomes.get(name, Outcome()) for name in settings.components}
    well = True
    for component in [settings.component(name) for name in names or settings.components]:
        previous = record.outcomes[component.name]
        try:
            record.outcomes[component.name], said = store_of(component).back_up(settings, component)
            print("%s: %s" % (component.name, said), flush=True)
        except BackupError as error:
            well = previous.succeeded = False
            print("%s: FAILED: %s" % (component.name, error), file=sys.stderr, flush=True)
        record.save()
    if settings.textfile:
        archives.write_whole(Path(settings.textfile), exposition(record.outcomes), 0o644)
    return well


def _list(settings: Settings, names: list[str]) -> bool:
    """List what there is; a component that does not tell does not keep the others from being listed."""
    rows = []
    well = True
    for component in [settings.component(name) for name in names or settings.components]:
        try:
            rows += [(component.name, entry) for entry in store_of(component).entries(settings, component)]
        except BackupError as error:
            well = False
            print("%s: FAILED: %s" % (component.name, error), file=sys.stderr)
    if well and not rows:
        print("there is no backup yet")
    for name, entry in rows:
        made = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(entry.created))
        print("%-16s %s %9.1f MiB  %s" % (name, made, entry.size / (1 << 20), entry.name))
    return well


def _verify(settings: Settings, names: list[str]) -> bool:
    well = True
    for component in [settings.component(name) for name in names or settings.components]:
        try:
            for backup, problem in store_of(component).verify(settings, component):
                well = well and not problem
                print("FAILED  %s" % problem if problem else "ok      %s" % backup)
        except BackupError as error:
            well = False
            print("FAILED  %s: %s" % (component.name, error))
    return well


def _restore(settings: Settings, name: str, wish: Wish) -> bool:
    component = settings.component(name)
    for sentence in store_of(component).restore(settings, component, wish):
        print("%s: %s" % (name, sentence))
    return True


def _recover(settings: Settings) -> list[str]:
    return [name for name in settings.components if restore.undo(settings, name)]


def main() -> int:
    """Do what the command line asks."""
    arguments = _arguments()
    # So that `finally` removes snapshots and half-written files when systemd ends the unit.
    signal.signal(signal.SIGTERM, lambda _signal, _frame: sys.exit(143))
    try:
        settings = read_settings(arguments.settings)
        if arguments.command == "components":
            print("\n".join(settings.components))
            return 0
        if arguments.command == "list":
            return 0 if _list(settings, arguments.components) else 1
        if arguments.command == "verify":
            return 0 if _verify(settings, arguments.components) else 1
        with _alone(settings):
            undone = _recover(settings)
            if arguments.command == "recover":
                if not undone:
                    print("no restore was cut off")
                return 0
            if arguments.command == "run":
                return 0 if _run(settings, arguments.components) else 1
            wish = Wish(arguments.archive, arguments.identity, tuple(arguments.only), arguments.replace)
            return 0 if _restore(settings, arguments.component, wish) else 1
    except BackupError as error:
        print("enterprise-tickets-backup: %s" % error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. All changes of a plan or none of them, also across a crash.

Everything is written next to its destination under a hidden name first; only then are names switched. The journal is
on disk before the first of these files is, so that the next run finds and undoes whatever an interrupted one left.
Previous files are kept as hard links: that takes no space and copies no secret.
"""

from __future__ import annotations

import json
import os
import secrets
import typing as t

from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service import files
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.bundle import (
    FileSpec,
    LinkSpec,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.errors import (
    ManagedServiceError,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.files import Entry
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.plan import Disk, Plan
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.state import (
    StateDirectory,
)


class Transaction:
    """One change of a service's files.

    Args:
        state: Where the journal is kept.
        data: The journal: phase (prepare, commit or done), entries and directories.
    """

    def __init__(self, state: StateDirectory, data: dict[str, t.Any]) -> None:
        self._state = state
        self._data = data

    @classmethod
    def begin(cls, state: StateDirectory, plan: Plan, unit_before: dict[str, t.Any]) -> Transaction:
        """Write the journal, create directories and write all new files next to their destinations.

        A full disk or a read-only file system shows here, before any name has changed.

        Args:
            state: Where the journal is kept.
            plan: What to change.
            unit_before: What has to be known of the unit to bring it back after a crash.

        Raises:
            ManagedServiceError: Something could not be written; everything is as it was.
        """
        mark = secrets.token_hex(4)
        entries = []
        for change in plan.changes:
            entries.append(
                {
                    "dest": change.path,
                    "new": files.own_name(change.path, "new", mark) if change.after is not None else None,
                    "old": files.own_name(change.path, "old", mark) if change.before is not None else None,
                }
            )
        directories = []
        for item in plan.directories:
            before = item.before
            directories.append(
                {
                    "path": item.path,
                    "before": [before.uid, before.gid, before.mode] if before is not None else None,
                    "goes": item.after is None,
                }
            )
        transaction = cls(
            state, {"phase": "prepare", "entries": entries, "directories": directories, "unit": unit_before}
        )
        try:
            state.create()
            transaction._save()
            transaction._prepare(plan)
        except OSError as error:
            transaction.undo()
            raise ManagedServiceError(
                "The new files could not be written: %s: %s. Everything is as it was."
                % (error.filename or state.path, error.strerror)
            ) from error
        return transaction

    @classmethod
    def pending(cls, state: StateDirectory) -> Transaction | None:
        """The transaction that an interrupted run left behind, None where there is none.

        Raises:
            ManagedServiceError: The journal is unreadable.
        """
        try:
            with open(state.journal_path, "rb") as handle:
                return cls(state, json.loads(handle.read()))
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise ManagedServiceError(
                "The journal of an interrupted run, %s, is damaged: %s. Files named .*%s* next to the service's files "
                "are its leftovers; look at them, then remove the journal."
                % (state.journal_path, error, files.OWN_MARK)
            ) from error

    @property
    def unit_before(self) -> dict[str, t.Any]:
        """What begin() was told of the unit."""
        return t.cast("dict[str, t.Any]", self._data["unit"])

    @property
    def finished(self) -> bool:
        """Whether only its leftovers remain: the service runs with the new files."""
        return bool(self._data["phase"] == "done")

    def disk_as_undone(self) -> Disk:
        """What would be on the host after undo(), for check mode."""
        return _DiskAsUndone(self._data["entries"], self._data["directories"], self._data["phase"])

    def _prepare(self, plan: Plan) -> None:
        for item in plan.directories:
            if item.after is None:
                continue
            if item.before is None:
                os.mkdir(item.path, 0o700)
            os.chown(item.path, item.uid, item.gid)
            os.chmod(item.path, item.after.mode)
        for change, entry in zip(plan.changes, self._data["entries"]):
            if isinstance(change.after, FileSpec):
                files.write_file(entry["new"], change.after.data, change.uid, change.gid, change.after.mode)
            elif isinstance(change.after, LinkSpec):
                os.symlink(change.after.src, entry["new"])
            if entry["old"]:
                os.link(entry["dest"], entry["old"], follow_symlinks=False)
        self._sync()

    def commit(self) -> None:
        """Switch all names. What comes before done() can still be undone, by this run or the next.

        Raises:
            ManagedServiceError: A name could not be switched; everything is as it was.
        """
        self._data["phase"] = "commit"
        try:
            self._save()
            for entry in self._data["entries"]:
                if entry["new"]:
                    os.rename(entry["new"], entry["dest"])
                else:
                    files.remove(entry["dest"])
            self._sync()
        except OSError as error:
            self.undo()
            raise ManagedServiceError(
                "%s could not be switched to its new content: %s. Everything is as it was."
                % (error.filename, error.strerror)
            ) from error

    def undo(self) -> None:
        """Put everything back as it was before begin(). May be repeated, also after being interrupted itself."""
        committed = self._data["phase"] == "commit"
        for entry in reversed(self._data["entries"]):
            dest, new, old = entry["dest"], entry["new"], entry["old"]
            if committed and old and os.path.lexists(old):
                os.rename(old, dest)
            elif committed and old is None and not os.path.lexists(new):
                files.remove(dest)
            # rename() does nothing when both names are links to one file, so the second name may still be there.
            for leftover in (old, new):
                if leftover:
                    files.remove(leftover)
        for item in reversed(self._data["directories"]):
            _restore_directory(item["path"], item["before"])
        self._sync()
        self._close()

    def done(self) -> None:
        """Forget the previous files: the service runs with the new ones. May be repeated."""
        self._data["phase"] = "done"
        self._save()
        for entry in self._data["entries"]:
            if entry["old"]:
                files.remove(entry["old"])
        for item in self._data["directories"]:
            if item["goes"]:
                _remove_if_empty(item["path"])
        self._close()

    def _save(self) -> None:
        files.replace_file(self._state.journal_path, json.dumps(self._data).encode())

    def _close(self) -> None:
        if os.path.lexists(self._state.journal_path):
            files.remove(self._state.journal_path)
            files.sync_directory(self._state.path)

    def _sync(self) -> None:
        for directory in sorted({os.path.dirname(entry["dest"]) for entry in self._data["entries"]}):
            if os.path.isdir(directory):
                files.sync_directory(directory)


def _restore_directory(path: str, before: list[int] | None) -> None:
    if not os.path.isdir(path):
        return
    if before is None:
        _remove_if_empty(path)
    else:
        os.chown(path, before[0], before[1])
        os.chmod(path, before[2])


def _remove_if_empty(path: str) -> None:
    if os.path.isdir(path) and not os.listdir(path):
        os.rmdir(path)


class _DiskAsUndone(Disk):
    """The host as undo() would leave it."""

    def __init__(self, entries: list[dict[str, t.Any]], directories: list[dict[str, t.Any]], phase: str) -> None:
        committed = [entry for entry in entries if phase == "commit"]
        self._back = {
            entry["dest"]: entry["old"] for entry in committed if entry["old"] and os.path.lexists(entry["old"])
        }
        self._gone = {entry["dest"] for entry in committed if not entry["old"] and not os.path.lexists(entry["new"])}
        self._rights = {item["path"]: item["before"] for item in directories}

    def read(self, path: str) -> Entry | None:
        if path in self._gone:
            return None
        entry = super().read(self._back.get(path, path))
        if path in self._rights and entry is not None and entry.kind == "directory":
            before = self._rights[path]
            return Entry("directory", *before) if before is not None else None
        return entry

    def files_below(self, top: str) -> set[str]:
        return super().files_below(top) | {path for path in self._back if path.startswith(top + "/")}

    def _listed(self, directory: str) -> set[str]:
        listed = super()._listed(directory) - self._gone
        return listed | {path for path in self._back if os.path.dirname(path) == directory}

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A crash is a transaction given up in the middle; what comes after starts from what is on disk."""

from __future__ import annotations

import errno
import os
import typing as t
from pathlib import Path

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service import files, journal
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.bundle import (
    Bundle,
    DirectorySpec,
    FileSpec,
    LinkSpec,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.errors import (
    ManagedServiceError,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.files import read_entry
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.journal import (
    Transaction,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.plan import (
    Disk,
    Plan,
    make_plan,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.state import (
    Manifest,
    StateDirectory,
)

ME, MY_GROUP = str(os.getuid()), str(os.getgid())


class Host:
    """A directory with a service's files: one to change, one to add, one to remove, one foreign, one link."""

    def __init__(self, root: Path) -> None:
        self.etc = root / "etc"
        self.etc.mkdir()
        self.state = StateDirectory("x", str(root / "state"))
        (self.etc / "changed").write_text("old")
        (self.etc / "changed").chmod(0o640)
        (self.etc / "removed").write_text("removed")
        (self.etc / "foreign").write_text("foreign")
        (self.etc / "link").symlink_to("/opt/x/1")

    def plan(self) -> Plan:
        bundle = Bundle(
            "x",
            "x.service",
            directories=(DirectorySpec(str(self.etc / "rules"), ME, MY_GROUP, 0o750),),
            files=(
                FileSpec(str(self.etc / "changed"), b"new", ME, MY_GROUP, 0o644),
                FileSpec(str(self.etc / "rules" / "added"), b"added", ME, MY_GROUP, 0o600),
            ),
            links=(LinkSpec(str(self.etc / "link"), "/opt/x/2"),),
        )
        return make_plan(bundle, Manifest({str(self.etc / "removed"): "reload"}), Disk(), check_mode=False)

    def snapshot(self) -> dict[str, tuple[str, int]]:
        return {
            str(path.relative_to(self.etc)): (
                os.readlink(path) if path.is_symlink() else path.read_text() if path.is_file() else "",
                0 if path.is_symlink() else path.stat().st_mode,
            )
            for path in self.etc.rglob("*")
        }


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def switch_until(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """Let the process die at the rename with this number."""
    real, calls = os.rename, iter(range(1000))

    def rename(source: str, target: str) -> None:
        if ".ets-new" in source and "journal" not in source and next(calls) == count:
            raise KeyboardInterrupt
        real(source, target)

    monkeypatch.setattr(journal.os, "rename", rename)


def test_a_commit_switches_everything_and_leaves_nothing_behind(host: Host) -> None:
    plan = host.plan()
    transaction = Transaction.begin(host.state, plan, {})
    transaction.commit()
    transaction.done()
    after = {name: content for name, (content, _mode) in host.snapshot().items()}
    assert after == {"changed": "new", "rules": "", "rules/added": "added", "foreign": "foreign", "link": "/opt/x/2"}
    assert os.listdir(host.state.path) == []


def test_an_undone_commit_leaves_everything_as_it_was(host: Host) -> None:
    before, inode = host.snapshot(), (host.etc / "changed").stat().st_ino
    transaction = Transaction.begin(host.state, host.plan(), {})
    transaction.commit()
    transaction.undo()
    assert host.snapshot() == before
    assert (host.etc / "changed").stat().st_ino == inode
    assert os.listdir(host.state.path) == []


def test_undo_may_be_repeated(host: Host) -> None:
    before = host.snapshot()
    transaction = Transaction.begin(host.state, host.plan(), {})
    transaction.commit()
    transaction.undo()
    transaction.undo()
    assert host.snapshot() == before


@pytest.mark.parametrize("switched", [0, 1, 2])
def test_a_crash_between_two_renames_is_undone_by_the_next_run(
    host: Host, monkeypatch: pytest.MonkeyPatch, switched: int
) -> None:
    before = host.snapshot()
    transaction = Transaction.begin(host.state, host.plan(), {"enabled": False})
    with monkeypatch.context() as patch:
        switch_until(patch, switched)
        with pytest.raises(KeyboardInterrupt):
            transaction.commit()
    assert host.snapshot() != before
    pending = Transaction.pending(host.state)
    assert pending is not None
    assert pending.unit_before == {"enabled": False}
    pending.undo()
    assert host.snapshot() == before
    assert Transaction.pending(host.state) is None


@pytest.mark.parametrize("switched", [0, 1, 2])
def test_check_mode_sees_what_undo_would_leave(host: Host, monkeypatch: pytest.MonkeyPatch, switched: int) -> None:
    paths = [str(host.etc / name) for name in ("changed", "rules", "rules/added", "link", "removed", "foreign")]
    before = [read_entry(path) for path in paths]
    files_before = Disk().files_below(str(host.etc))
    transaction = Transaction.begin(host.state, host.plan(), {})
    with monkeypatch.context() as patch:
        switch_until(patch, switched)
        with pytest.raises(KeyboardInterrupt):
            transaction.commit()
    pending = Transaction.pending(host.state)
    assert pending is not None
    disk = pending.disk_as_undone()
    assert [disk.read(path) for path in paths] == before
    assert {path for path in disk.files_below(str(host.etc)) if disk.read(path)} == files_before


def test_a_crash_while_forgetting_the_previous_files_does_not_bring_some_of_them_back(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    transaction = Transaction.begin(host.state, host.plan(), {})
    transaction.commit()
    after = {name: content for name, content in host.snapshot().items() if ".ets-" not in name}
    real, calls = files.remove, iter(range(1000))

    def remove(path: str) -> None:
        if ".ets-old" in path and next(calls) == 1:
            raise KeyboardInterrupt
        real(path)

    with monkeypatch.context() as patch:
        patch.setattr(journal.files, "remove", remove)
        with pytest.raises(KeyboardInterrupt):
            transaction.done()
    pending = Transaction.pending(host.state)
    assert pending is not None
    assert pending.finished
    pending.done()
    assert host.snapshot() == after
    assert os.listdir(host.state.path) == []


def test_a_crash_while_preparing_is_undone_by_the_next_run(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    before = host.snapshot()

    def die(*_arguments: t.Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(journal.os, "symlink", die)
        with pytest.raises(KeyboardInterrupt):
            Transaction.begin(host.state, host.plan(), {})
    pending = Transaction.pending(host.state)
    assert pending is not None
    pending.undo()
    assert host.snapshot() == before


def test_a_full_disk_shows_before_the_first_rename(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    before, real = host.snapshot(), files.write_file

    def write(path: str, *arguments: t.Any) -> None:
        if "added" in path:
            raise OSError(errno.ENOSPC, "No space left on device", path)
        real(path, *arguments)

    monkeypatch.setattr(journal.files, "write_file", write)
    with pytest.raises(ManagedServiceError, match=r"added.*No space left on device.*Everything is as it was"):
        Transaction.begin(host.state, host.plan(), {})
    assert host.snapshot() == before
    assert os.listdir(host.state.path) == []


def test_a_directory_that_is_no_longer_listed_goes_when_it_is_empty(host: Host) -> None:
    for name in ("empty", "full"):
        (host.etc / name).mkdir()
    (host.etc / "full" / "foreign").write_text("")
    manifest = Manifest(directories=[str(host.etc / "empty"), str(host.etc / "full")])
    plan = make_plan(Bundle("x", "x.service"), manifest, Disk(), check_mode=False)
    transaction = Transaction.begin(host.state, plan, {})
    transaction.commit()
    transaction.done()
    assert not (host.etc / "empty").exists()
    assert (host.etc / "full" / "foreign").exists()


def test_a_damaged_journal_is_not_guessed_at(host: Host) -> None:
    host.state.create()
    Path(host.state.journal_path).write_text("{")
    with pytest.raises(ManagedServiceError, match="is damaged"):
        Transaction.pending(host.state)

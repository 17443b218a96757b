# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software import _dpkg
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._errors import SoftwareError

ADMIN = b"#!/bin/sh\n# the administrator's\nexit 0\n"


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A host without dpkg: its files, and a log of what would have been run."""
    for name, path in (
        ("POLICY", tmp_path / "policy-rc.d"),
        ("NOTE", tmp_path / "state" / "note.json"),
        ("_LOCK", tmp_path / "lock-frontend"),
        ("_JOURNAL", tmp_path / "updates"),
    ):
        monkeypatch.setattr(_dpkg, name, str(path))
    for function in (_dpkg.read_note, _dpkg.write_note, _dpkg.restore, _dpkg.is_interrupted, _dpkg._dpkg_journal):
        names = {"path": "NOTE", "note": "NOTE", "policy": "POLICY", "journal": "_JOURNAL"}
        code = function.__code__
        defaults = function.__defaults__ or ()
        arguments = code.co_varnames[code.co_argcount - len(defaults) : code.co_argcount]
        monkeypatch.setattr(function, "__defaults__", tuple(getattr(_dpkg, names[name]) for name in arguments))
    (tmp_path / "updates").mkdir()
    monkeypatch.setattr(_dpkg, "_run", lambda argv, *, locked: _log(tmp_path, argv, locked))
    return tmp_path


def _log(directory: Path, argv: t.Sequence[str], locked: bool) -> str:
    policy = (directory / "policy-rc.d").read_bytes() if (directory / "policy-rc.d").exists() else b""
    words = (argv[0], "locked" if locked else "unlocked", "forbidden" if policy == _dpkg.FORBID else "free")
    with open(directory / "log", "a") as log:
        print(*words, file=log)
    return (directory / "fail").read_text() if (directory / "fail").exists() and argv[0] == "dpkg" else ""


def test_an_installation_that_ends_leaves_nothing(host: Path) -> None:
    assert _dpkg.prepare("run-1") == {"notes": []}
    assert _dpkg.is_interrupted()
    _dpkg.finish("run-1")
    assert not _dpkg.is_interrupted()
    assert not (host / "policy-rc.d").exists()
    assert not (host / "log").exists()


@pytest.mark.parametrize("before", [None, ADMIN, _dpkg.FORBID])
def test_what_a_killed_installation_left_is_put_back(host: Path, before: bytes | None) -> None:
    policy = host / "policy-rc.d"
    if before is not None:
        policy.write_bytes(before)
        policy.chmod(0o750)
    _dpkg.prepare("run-1")
    policy.write_bytes(_dpkg.FORBID)  # apt begins, and is killed
    notes = _dpkg.prepare("run-1")["notes"]
    assert bool(notes) is (before != _dpkg.FORBID)
    if before is None:
        assert not policy.exists()
    else:
        assert policy.read_bytes() == before
        assert policy.stat().st_mode & 0o777 == 0o750
    _dpkg.finish("run-1")
    assert not _dpkg.is_interrupted()


def test_killed_between_moving_the_administrators_file_away_and_writing(host: Path) -> None:
    policy = host / "policy-rc.d"
    policy.write_bytes(ADMIN)
    _dpkg.prepare("run-1")
    policy.unlink()
    assert _dpkg.prepare("run-1")["notes"]
    assert policy.read_bytes() == ADMIN


def test_what_somebody_wrote_since_stays(host: Path) -> None:
    _dpkg.prepare("run-1")
    (host / "policy-rc.d").write_bytes(ADMIN)
    assert _dpkg.prepare("run-1")["notes"] == []
    assert (host / "policy-rc.d").read_bytes() == ADMIN


def test_finish_of_another_run_touches_nothing(host: Path) -> None:
    _dpkg.prepare("run-1")
    (host / "policy-rc.d").write_bytes(_dpkg.FORBID)
    _dpkg.finish("run-2")
    assert _dpkg.is_interrupted()
    assert (host / "policy-rc.d").exists()


def test_another_run_that_is_dead_is_waited_for_a_while(host: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    _dpkg.prepare("run-1")
    (host / "policy-rc.d").write_bytes(_dpkg.FORBID)
    assert _dpkg.prepare("run-2")["notes"]
    assert 20 <= clock.now < 25
    assert not (host / "policy-rc.d").exists()
    _dpkg.finish("run-1")
    assert _dpkg.is_interrupted()  # the note is run-2's now


@pytest.mark.usefixtures("host")
def test_another_run_that_ends_is_not_waited_for_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    _dpkg.prepare("run-1")
    clock.at(3, lambda: _dpkg.finish("run-1"))
    assert _dpkg.prepare("run-2")["notes"] == []
    assert clock.now < 5


def test_another_run_that_works_is_waited_for_until_it_takes_too_long(
    host: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    _dpkg.prepare("run-1")
    with _Holder(host / "lock-frontend"), pytest.raises(SoftwareError, match="for too long"):
        _dpkg.prepare("run-2", wait=100)
    assert clock.now > 100


class Clock:
    """Time that passes in sleep() only."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        self._later: list[tuple[float, t.Callable[[], None]]] = []
        monkeypatch.setattr(time, "monotonic", lambda: self.now)
        monkeypatch.setattr(time, "sleep", self._sleep)

    def at(self, when: float, action: t.Callable[[], None]) -> None:
        self._later.append((when, action))

    def _sleep(self, seconds: float) -> None:
        self.now += seconds
        for when, action in list(self._later):
            if self.now >= when:
                self._later.remove((when, action))
                action()


class _Holder:
    """Another process that holds dpkg's lock (a process does not see its own)."""

    def __init__(self, path: Path) -> None:
        program = (
            f"import fcntl, sys; file = open({str(path)!r}, 'a'); fcntl.lockf(file, fcntl.LOCK_EX); "
            "print('locked', flush=True); sys.stdin.read()"
        )
        self._process = subprocess.Popen(
            [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self._process.stdout.readline()

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_error: object) -> None:
        self._process.communicate("")


@pytest.mark.parametrize("why", ["journal", "asked"])
def test_finishes_what_dpkg_has_begun_without_starting_services(host: Path, why: str) -> None:
    if why == "journal":
        (host / "updates" / "0001").write_text("")
        assert _dpkg.is_interrupted()
    notes = _dpkg.prepare("run-1", configure=why == "asked")["notes"]
    assert notes == ["finished an interrupted dpkg run (dpkg --configure -a)"]
    assert (host / "log").read_text() == "dpkg locked forbidden\n"
    assert not (host / "policy-rc.d").exists()


def test_asks_apt_when_dpkg_alone_cannot(host: Path) -> None:
    (host / "fail").write_text("dependency problems")
    _dpkg.prepare("run-1", configure=True)
    assert (host / "log").read_text() == "dpkg locked forbidden\napt-get unlocked forbidden\n"


def test_says_what_dpkg_said_when_nothing_helps(host: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_dpkg, "_run", lambda argv, **_more: f"{argv[0]} failed")
    with pytest.raises(SoftwareError, match="could not be finished: apt-get failed"):
        _dpkg.prepare("run-1", configure=True)
    assert not (host / "policy-rc.d").exists()


def test_waits_for_dpkgs_lock(host: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    with _Holder(host / "lock-frontend"), pytest.raises(SoftwareError, match=r"has held .* for too long"):
        _dpkg.prepare("run-1", configure=True, wait=50)
    assert clock.now > 50
    assert _dpkg.prepare("run-1", configure=True)["notes"]


@pytest.mark.parametrize("text", ["", "no json", "{}", "[]", '{"owner": "x"}'])
def test_a_note_that_cannot_be_read_counts_as_none(host: Path, text: str) -> None:
    (host / "state").mkdir()
    (host / "state" / "note.json").write_text(text)
    assert _dpkg.read_note() is None
    assert _dpkg.prepare("run-1")["notes"] == []
    assert json.loads((host / "state" / "note.json").read_text())["owner"] == "run-1"
    assert os.stat(host / "state").st_mode & 0o777 in (0o755, 0o700)

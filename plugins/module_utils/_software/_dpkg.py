# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Surviving an interrupted package installation. PRIVATE to the collection.

ansible.builtin.apt forbids the start of services by writing /usr/sbin/policy-rc.d for the time of the installation.
When it is killed, that file stays for ever, and no later upgrade restarts any service; and the next call takes it for
the administrator's. So what was there before is noted down first, and put back by whoever comes next.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import subprocess
import time
import typing as t

from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._errors import SoftwareError

POLICY = "/usr/sbin/policy-rc.d"
NOTE = "/var/lib/enterprise_tickets_observability/service_software/policy-rc.d.json"
_LOCK = "/var/lib/dpkg/lock-frontend"
_JOURNAL = "/var/lib/dpkg/updates"

# Exactly what ansible.builtin.apt writes for policy_rc_d=101.
FORBID = b"#!/bin/sh\nexit 101\n"

# How long nobody may hold dpkg's lock before another run's note counts as left behind: between its note and its
# apt-get lies the start of a module.
_QUIET = 20.0


class Note(t.TypedDict):
    """What /usr/sbin/policy-rc.d was before: content is base64, None when there was no file."""

    owner: str
    content: str | None
    mode: int


class Prepared(t.TypedDict):
    """What was mended, in words."""

    notes: list[str]


def is_interrupted(note: str = NOTE, journal: str = _JOURNAL) -> bool:
    """Tell whether an earlier installation did not come to its end."""
    return os.path.exists(note) or _dpkg_journal(journal)


def _dpkg_journal(journal: str) -> bool:
    try:
        return any(name.isdigit() for name in os.listdir(journal))
    except FileNotFoundError:
        return False


def prepare(owner: str, configure: bool = False, wait: float = 300.0) -> Prepared:
    """Mend what an interrupted installation left, and note what the next one will change for a while.

    Args:
        owner: name of this run, to tell its own note from another run's.
        configure: a package is unpacked and not configured.
        wait: seconds to wait for dpkg's lock, or for another run.

    Raises:
        SoftwareError: another installation goes on too long, or dpkg cannot be mended.
    """
    mended: list[str] = []
    deadline = time.monotonic() + wait
    note = read_note()
    if note is not None and note["owner"] != owner:
        _wait_until_left(owner, deadline)
        note = read_note()
    if note is not None and restore(note):
        mended.append(f"put {POLICY} back, which an interrupted installation had left behind")
    write_note(owner)
    if configure or _dpkg_journal(_JOURNAL):
        _configure_pending(deadline)
        mended.append("finished an interrupted dpkg run (dpkg --configure -a)")
    return Prepared(notes=mended)


def finish(owner: str) -> None:
    """Put /usr/sbin/policy-rc.d back if the installation did not, and drop the note."""
    note = read_note()
    if note is None or note["owner"] != owner:
        return
    restore(note)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(NOTE)


def read_note(path: str = NOTE) -> Note | None:
    """Read the note; None when there is none. A note that cannot be read says nothing and counts as none."""
    try:
        with open(path, encoding="utf-8") as file:
            data = json.load(file)
        content = data["content"]
        return Note(owner=str(data["owner"]), content=None if content is None else str(content), mode=int(data["mode"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        return None


def write_note(owner: str, path: str = NOTE, policy: str = POLICY) -> None:
    """Note what the policy file is now."""
    content: str | None = None
    mode = 0o755
    with contextlib.suppress(FileNotFoundError), open(policy, "rb") as file:
        content = base64.b64encode(file.read()).decode("ascii")
        mode = os.fstat(file.fileno()).st_mode & 0o7777
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    new = f"{path}.new"
    with open(new, "w", encoding="utf-8") as out:
        json.dump(Note(owner=owner, content=content, mode=mode), out)
        out.flush()
        os.fsync(out.fileno())
    os.replace(new, path)


def restore(note: Note, policy: str = POLICY) -> bool:
    """Put the policy file back if it still is the temporary one. Tells whether anything had to be done."""
    before = None if note["content"] is None else base64.b64decode(note["content"])
    try:
        with open(policy, "rb") as file:
            now: bytes | None = file.read()
    except FileNotFoundError:
        # Killed between moving the file away and writing the temporary one.
        now = None
    if now == before or now not in (None, FORBID):
        return False
    if before is None:
        os.unlink(policy)
        return True
    new = f"{policy}.new"
    with open(new, "wb") as out:
        out.write(before)
        os.fchmod(out.fileno(), note["mode"])
    os.replace(new, policy)
    return True


def _wait_until_left(owner: str, deadline: float) -> None:
    """Wait until the note of another run is gone, or nobody has held dpkg's lock for a while."""
    quiet_since = time.monotonic()
    while True:
        note = read_note()
        if note is None or note["owner"] == owner:
            return
        if _is_locked():
            quiet_since = time.monotonic()
        now = time.monotonic()
        if now - quiet_since >= _QUIET:
            return
        if now > deadline:
            raise SoftwareError(f"another run has been installing packages on this host for too long (see {NOTE})")
        time.sleep(0.5)


def _is_locked() -> bool:
    try:
        descriptor = os.open(_LOCK, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return False
    except OSError:
        return True
    finally:
        os.close(descriptor)


def _configure_pending(deadline: float) -> None:
    """Finish what dpkg has begun: no service started, no configuration file replaced."""
    options = ["--force-confdef", "--force-confold"]
    apt = ["apt-get", "-y", "--no-install-recommends", "--no-remove", "--fix-broken", "install"]
    apt += [f"-oDpkg::Options::={option}" for option in options]
    apt += [f"-oDPkg::Lock::Timeout={max(1, int(deadline - time.monotonic()))}"]
    note = read_note()
    _forbid_starts()
    try:
        failure = _configure_locked(["dpkg", *options, "--configure", "-a"], deadline)
        if failure:
            # Unpacked before what it depends on was: only apt knows where to get that.
            failure = _run(apt, locked=False)
    finally:
        if note is not None:
            restore(note)
    if failure:
        raise SoftwareError(f"an interrupted dpkg run could not be finished: {failure}")


def _configure_locked(argv: t.Sequence[str], deadline: float) -> str:
    """Run dpkg while holding the lock that its front ends take."""
    descriptor = os.open(_LOCK, os.O_RDWR | os.O_CREAT, 0o640)
    try:
        while True:
            try:
                fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as error:
                if time.monotonic() > deadline:
                    raise SoftwareError(f"another program has held {_LOCK} for too long") from error
                time.sleep(0.5)
        return _run(argv, locked=True)
    finally:
        os.close(descriptor)


def _run(argv: t.Sequence[str], *, locked: bool) -> str:
    """Run a program; returns "" or what it said when it failed."""
    environment = {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "LC_ALL": "C",
        "DEBIAN_FRONTEND": "noninteractive",
    }
    if locked:
        environment["DPKG_FRONTEND_LOCKED"] = "1"
    finished = subprocess.run(
        argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, check=False
    )
    if finished.returncode == 0:
        return ""
    said = finished.stdout.decode("utf-8", "replace").strip()[-1000:]
    return f"{argv[0]} failed with exit code {finished.returncode}: {said}"


def _forbid_starts() -> None:
    new = f"{POLICY}.new"
    with open(new, "wb") as out:
        out.write(FORBID)
        os.fchmod(out.fileno(), 0o755)
    os.replace(new, POLICY)


__all__ = (
    "FORBID",
    "NOTE",
    "POLICY",
    "Note",
    "Prepared",
    "finish",
    "is_interrupted",
    "prepare",
    "read_note",
    "restore",
    "write_note",
)

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Paths on disk: what stands there, and writing durably next to it."""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import stat
from dataclasses import dataclass

OWN_MARK = ".ets-"
"""Part of the name of every temporary file of ours: `.<name>.ets-new-<transaction>`."""


@dataclass(frozen=True)
class Entry:
    """What stands at a path.

    Attributes:
        kind: file, link, directory or other (device, socket, FIFO).
        mode: Permission bits.
        target: Where a link points.
        data: Content of a regular file.
    """

    kind: str
    uid: int
    gid: int
    mode: int
    target: str = ""
    data: bytes = b""


def read_entry(path: str) -> Entry | None:
    """Read what stands at a path, without following a link; None where nothing stands.

    Raises:
        OSError: It exists and cannot be read.
    """
    try:
        info = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    mode = stat.S_IMODE(info.st_mode)
    if stat.S_ISLNK(info.st_mode):
        return Entry("link", info.st_uid, info.st_gid, mode, target=os.readlink(path))
    if stat.S_ISDIR(info.st_mode):
        return Entry("directory", info.st_uid, info.st_gid, mode)
    if not stat.S_ISREG(info.st_mode):
        return Entry("other", info.st_uid, info.st_gid, mode)
    with open(path, "rb") as handle:
        return Entry("file", info.st_uid, info.st_gid, mode, data=handle.read())


def identity(path: str, follow: bool = False) -> list[int] | None:
    """Inode and change time (ns) of a path: differs after every write, rename, chmod or chown.

    Args:
        path: The path.
        follow: Of a link, take the file behind it and the link itself: the later of their times, and both inodes.
    """
    try:
        own = os.lstat(path)
        if not follow:
            return [own.st_ino, own.st_ctime_ns]
        target = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return [target.st_ino, max(own.st_ctime_ns, target.st_ctime_ns), own.st_ino]


def user_id(name: str) -> int | None:
    """The uid of a user name or number, None where there is no such user."""
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        return int(name) if name.isdigit() else None


def group_id(name: str) -> int | None:
    """The gid of a group name or number, None where there is no such group."""
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        return int(name) if name.isdigit() else None


def user_name(uid: int) -> str:
    """The name of a user, or the number where it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def group_name(gid: int) -> str:
    """The name of a group, or the number where it has none."""
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def write_file(path: str, data: bytes, uid: int, gid: int, mode: int) -> None:
    """Create a file that does not exist yet and make it durable.

    It is unreadable for others until its owner and mode are right.

    Raises:
        OSError: No space, no such directory, the path exists.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(data)
        handle.flush()
        os.fchown(descriptor, uid, gid)
        os.fchmod(descriptor, mode)
        os.fsync(descriptor)


def replace_file(path: str, data: bytes, mode: int = 0o600) -> None:
    """Write a root-owned file of our own state atomically and durably."""
    temporary = own_name(path, "new", "state")
    remove(temporary)
    try:
        write_file(temporary, data, 0, 0, mode)
        os.rename(temporary, path)
    except OSError:
        remove(temporary)
        raise
    sync_directory(os.path.dirname(path))


def sync_directory(path: str) -> None:
    """Make the renames in a directory durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove(path: str) -> None:
    """Remove a file or link; nothing there is fine."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        os.unlink(path)


def own_name(path: str, kind: str, transaction: str) -> str:
    """The name of a temporary file of ours next to a path, hidden so that no service's glob sees it."""
    directory, name = os.path.split(path)
    return os.path.join(directory, ".%s%s%s-%s" % (name, OWN_MARK, kind, transaction))


def is_own_name(path: str) -> bool:
    """Whether own_name() made this name."""
    name = os.path.basename(path)
    return name.startswith(".") and OWN_MARK in name

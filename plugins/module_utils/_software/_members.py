# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Unpacking a release archive without trusting it. PRIVATE to the collection.

tarfile's own extraction filters came with Python 3.12 (and security releases of older ones, not Debian 12's 3.11.2),
so every member is judged here, before the first one is written, and written by this code.
"""

from __future__ import annotations

import lzma
import os
import posixpath
import shutil
import tarfile
import typing as t
import zlib
from dataclasses import dataclass

from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._errors import ArchiveError

FILE = "file"
DIRECTORY = "directory"
SYMLINK = "symlink"

# Written by us at the top of an unpacked release.
RECEIPT_NAME = ".receipt.json"

_BAD_ARCHIVE = (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, UnicodeError)


@dataclass(frozen=True)
class Member:
    """What an archive says about one entry.

    Attributes:
        name: as it stands in the archive.
        kind: FILE, DIRECTORY, SYMLINK, or in words what else it is ("device").
        size: bytes; 0 for everything but files.
        executable: whether any execute bit is set.
        target: of a symbolic link.
    """

    name: str
    kind: str
    size: int = 0
    executable: bool = False
    target: str = ""


@dataclass(frozen=True)
class Step:
    """What to write for one entry: `path` is relative to the release's directory."""

    index: int
    path: str
    kind: str
    size: int
    mode: int
    target: str


def plan_members(members: t.Sequence[Member]) -> list[Step]:
    """Decide what to write for each entry; a single directory around everything is taken off.

    Owner, special bits and permissions of the archive are not taken over: files become 0755 or 0644, directories 0755.

    Raises:
        ArchiveError: an entry would land outside the release's directory, points outside, is neither file, directory
            nor symbolic link, or is there twice.
    """
    cleaned = [(index, _clean(member), member) for index, member in enumerate(members)]
    prefix = _common_directory([(path, member) for _index, path, member in cleaned])
    steps: list[Step] = []
    seen: dict[str, str] = {}
    for index, whole, member in cleaned:
        if whole in (".", prefix):
            continue
        path = posixpath.relpath(whole, prefix) if prefix else whole
        _check_place(path, member, seen)
        if member.kind == SYMLINK:
            _check_link(path, member)
        if path in seen and member.kind == DIRECTORY:
            continue
        seen[path] = member.kind
        executable = member.kind == DIRECTORY or member.executable
        steps.append(Step(index, path, member.kind, member.size, 0o755 if executable else 0o644, member.target))
    if not any(step.kind == FILE for step in steps):
        raise ArchiveError("holds no file")
    return steps


def _clean(member: Member) -> str:
    name = member.name
    if not name or any(ord(character) < 32 for character in name):
        raise ArchiveError(f"has an entry whose name cannot be used: {name!r}")
    if name.startswith("/"):
        raise ArchiveError(f"has an entry with an absolute path: {name!r}")
    if ".." in name.split("/"):
        raise ArchiveError(f"has an entry that climbs out of its directory: {name!r}")
    if member.kind not in (FILE, DIRECTORY, SYMLINK):
        raise ArchiveError(f"has an entry that is a {member.kind}: {name!r}")
    return posixpath.normpath(name)


def _common_directory(entries: list[tuple[str, Member]]) -> str:
    """Name of the one directory that holds everything, or ""."""
    tops = {path.partition("/")[0] for path, _member in entries if path != "."}
    if len(tops) != 1:
        return ""
    top = tops.pop()
    if any(path == top and member.kind != DIRECTORY for path, member in entries):
        return ""
    return top


def _check_place(path: str, member: Member, seen: t.Mapping[str, str]) -> None:
    if path == RECEIPT_NAME:
        raise ArchiveError(f"has an entry with a name that is reserved: {member.name!r}")
    if path in seen and not (member.kind == DIRECTORY and seen[path] == DIRECTORY):
        raise ArchiveError(f"has two entries for {path!r}")
    parent = posixpath.dirname(path)
    while parent:
        if seen.get(parent, DIRECTORY) != DIRECTORY:
            raise ArchiveError(f"has an entry below something that is no directory: {member.name!r}")
        parent = posixpath.dirname(parent)
    if member.kind != DIRECTORY and any(other.startswith(f"{path}/") for other in seen):
        raise ArchiveError(f"has an entry below something that is no directory: {path!r}")


def _check_link(path: str, member: Member) -> None:
    target = member.target
    resolved = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    if not target or target.startswith("/") or resolved == ".." or resolved.startswith("../"):
        raise ArchiveError(f"has a link that points outside: {member.name!r} -> {target!r}")


def read_members(archive: tarfile.TarFile) -> list[tarfile.TarInfo]:
    """List the entries of an open archive, reading it whole, so that a damaged one is found before anything is written.

    Raises:
        ArchiveError: it is damaged.
    """
    try:
        return archive.getmembers()
    except (*_BAD_ARCHIVE, OSError) as error:
        raise ArchiveError(f"is damaged: {error}") from error


def describe(info: tarfile.TarInfo) -> Member:
    """Translate an entry of tarfile."""
    if info.isfile():
        kind = FILE
    elif info.isdir():
        kind = DIRECTORY
    elif info.issym():
        kind = SYMLINK
    elif info.islnk():
        kind = "hard link"
    elif info.isfifo():
        kind = "named pipe"
    else:
        kind = "device"
    return Member(info.name, kind, info.size if kind == FILE else 0, bool(info.mode & 0o111), info.linkname)


def unpack(archive_path: str, directory: str, check_space: t.Callable[[int], None]) -> None:
    """Unpack a tar archive (plain, gzip, bzip2 or xz) into an empty directory that the caller owns.

    Args:
        archive_path: file on the target.
        directory: where the release goes; it exists and is empty.
        check_space: called with the bytes the unpacked files need, before the first is written; raises when there are
            not enough.

    Raises:
        ArchiveError: no tar archive, damaged, or with an entry that plan_members refuses.
        OSError: the disk.
    """
    with _open_archive(archive_path) as archive:
        infos = read_members(archive)
        steps = plan_members([describe(info) for info in infos])
        check_space(sum(step.size for step in steps))
        for step in steps:
            _write(archive, infos[step.index], step, os.path.join(directory, step.path))


def _open_archive(path: str) -> tarfile.TarFile:
    try:
        return tarfile.open(path, mode="r:*")
    except (*_BAD_ARCHIVE, OSError) as error:
        raise ArchiveError(f"is no tar archive that can be read: {error}") from error


def _write(archive: tarfile.TarFile, info: tarfile.TarInfo, step: Step, path: str) -> None:
    # Directories need not have entries of their own.
    os.makedirs(path if step.kind == DIRECTORY else os.path.dirname(path), mode=0o755, exist_ok=True)
    if step.kind == DIRECTORY:
        return
    if step.kind == SYMLINK:
        os.symlink(step.target, path)
        return
    source = archive.extractfile(info)
    if source is None:
        raise ArchiveError(f"has an entry that cannot be read: {info.name!r}")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, step.mode)
    with source, os.fdopen(descriptor, "wb") as destination:
        shutil.copyfileobj(source, destination, 1024 * 1024)
        os.fchmod(destination.fileno(), step.mode)
        destination.flush()
        # The rename that makes the release visible must not be on the disk before the files are.
        os.fsync(destination.fileno())


__all__ = (
    "DIRECTORY",
    "FILE",
    "RECEIPT_NAME",
    "SYMLINK",
    "Member",
    "Step",
    "describe",
    "plan_members",
    "read_members",
    "unpack",
)

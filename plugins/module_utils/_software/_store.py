# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""/opt/<service>/<version>: what is there; putting a release there whole or not at all. PRIVATE to the collection."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pwd
import shutil
import stat
import time
import typing as t
from dataclasses import dataclass

from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._errors import SoftwareError
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._members import RECEIPT_NAME

ROOT = "/opt"
LINKS = "/usr/local/bin"

_PARTIAL = ".partial"
_REPLACED = ".replaced"


class Release(t.TypedDict):
    """One directory /opt/<service>/<version>.

    Attributes:
        programs: executable files in it and in its bin/, relative.
        sha256: of the archive it came from; "" when somebody else put it there.
    """

    programs: list[str]
    sha256: str


@dataclass(frozen=True)
class Place:
    """Paths of one release."""

    service: str
    version: str
    root: str = ROOT

    @property
    def home(self) -> str:
        """Directory of all releases of the service."""
        return os.path.join(self.root, self.service)

    @property
    def final(self) -> str:
        """Where the release ends up."""
        return os.path.join(self.home, self.version)

    @property
    def partial(self) -> str:
        """Where it is made."""
        return os.path.join(self.home, f".{self.version}{_PARTIAL}")

    @property
    def replaced(self) -> str:
        """Where a damaged one waits for its removal."""
        return os.path.join(self.home, f".{self.version}{_REPLACED}")


def scan_releases(service: str, root: str = ROOT) -> dict[str, Release]:
    """List the releases of a service: version -> what it holds. Unfinished ones (dot names) are not listed."""
    found: dict[str, Release] = {}
    for entry in _entries(os.path.join(root, service)):
        if entry.name.startswith(".") or not entry.is_dir(follow_symlinks=False):
            continue
        programs = _programs(entry.path, "")
        programs += _programs(os.path.join(entry.path, "bin"), "bin/")
        found[entry.name] = Release(programs=sorted(programs), sha256=read_receipt(entry.path))
    return found


def scan_links(directory: str = LINKS, root: str = ROOT) -> dict[str, str]:
    """List the symbolic links that lead into the releases: path of the link -> its target."""
    found: dict[str, str] = {}
    for entry in _entries(directory):
        if entry.is_symlink():
            target = os.readlink(entry.path)
            if target.startswith(f"{root}/"):
                found[entry.path] = target
    return found


def _entries(directory: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(directory) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return []


def _programs(directory: str, prefix: str) -> list[str]:
    found = []
    for entry in _entries(directory):
        if entry.is_file(follow_symlinks=False) and entry.stat(follow_symlinks=False).st_mode & 0o111:
            found.append(prefix + entry.name)
    return found


def read_receipt(release: str) -> str:
    """SHA-256 of the archive a release came from; "" without a readable receipt."""
    try:
        with open(os.path.join(release, RECEIPT_NAME), encoding="utf-8") as file:
            receipt = json.load(file)
    except (OSError, ValueError):
        return ""
    sha256 = receipt.get("sha256", "") if isinstance(receipt, dict) else ""
    return sha256 if isinstance(sha256, str) else ""


def write_receipt(release: str, archive: str, sha256: str) -> None:
    """Note in a release which archive it came from."""
    with open(os.path.join(release, RECEIPT_NAME), "x", encoding="utf-8") as file:
        json.dump({"archive": archive, "sha256": sha256}, file, sort_keys=True)
        file.write("\n")
        os.fchmod(file.fileno(), 0o644)
        file.flush()
        os.fsync(file.fileno())


def is_complete(release: Release | None, binaries: t.Iterable[str], sha256: str) -> bool:
    """Tell whether a release needs nothing.

    Args:
        release: as scan_releases found it, None when it is not there.
        binaries: the programs it must hold.
        sha256: the sum the user asked for, "" for whatever the release's checksum file said. A release without a
            receipt was put there by somebody else and is taken as it is.
    """
    if release is None or not set(binaries) <= set(release["programs"]):
        return False
    return not sha256 or release["sha256"] in ("", sha256)


@contextlib.contextmanager
def locked_home(place: Place, wait: float = 600.0) -> t.Iterator[None]:
    """Make the service's directory, hold it against other runs, and clear away what an interrupted run left.

    The kernel drops the lock when the process ends, however it ends.

    Raises:
        SoftwareError: another run holds it longer than `wait` seconds, or the directory belongs to somebody else.
    """
    os.makedirs(place.root, mode=0o755, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        os.mkdir(place.home, 0o755)
        os.chmod(place.home, 0o755)  # whatever the umask
    try:
        descriptor = os.open(place.home, os.O_RDONLY | os.O_DIRECTORY)
    except NotADirectoryError as error:
        raise SoftwareError(f"found {place.home}, which is no directory, expected a directory of root's") from error
    try:
        _require_ours(place.home, os.fstat(descriptor))
        _lock(descriptor, place, wait)
        _clear(place.home)
        yield
    finally:
        os.close(descriptor)


def _require_ours(path: str, status: os.stat_result) -> None:
    mode = stat.S_IMODE(status.st_mode)
    if status.st_uid == os.geteuid() and not mode & 0o022:
        return
    try:
        owner = pwd.getpwuid(status.st_uid).pw_name
    except KeyError:
        owner = f"uid {status.st_uid}"
    raise SoftwareError(
        f"found {path} owned by {owner} with mode {mode:04o}, expected root and no write permission for others: "
        "who can write there could replace the programs"
    )


def _lock(descriptor: int, place: Place, wait: float) -> None:
    deadline = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError as error:
            if time.monotonic() > deadline:
                raise SoftwareError(
                    f"another run has been installing into {place.home} for more than {wait:.0f} s (it holds the lock)"
                ) from error
            time.sleep(0.2)


def _clear(home: str) -> None:
    for entry in _entries(home):
        if not entry.name.startswith("."):
            continue
        if entry.name.endswith((_PARTIAL, _REPLACED)) and entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)


def publish(place: Place, tree: str) -> None:
    """Give a finished tree its final name; a damaged release gives way. The caller holds the lock."""
    _sync_directory(tree)
    if os.path.lexists(place.final):
        os.rename(place.final, place.replaced)
    os.rename(tree, place.final)
    _sync_directory(place.home)
    if os.path.isdir(place.replaced) and not os.path.islink(place.replaced):
        shutil.rmtree(place.replaced)
    elif os.path.lexists(place.replaced):
        os.unlink(place.replaced)


def _sync_directory(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def require_space(directory: str, needed: int, purpose: str, margin: int = 16 * 1024 * 1024) -> None:
    """Check that a file system has room.

    Args:
        directory: it, or its nearest existing parent, is asked.
        needed: bytes.
        purpose: for the message ("the archive").
        margin: bytes that shall be left.

    Raises:
        SoftwareError: there is not enough.
    """
    while not os.path.isdir(directory):
        directory = os.path.dirname(directory)
    status = os.statvfs(directory)
    free = status.f_bavail * status.f_frsize
    if free < needed + margin:
        raise SoftwareError(
            f"not enough space in {directory}: {purpose} needs {_mib(needed + margin)}, found {_mib(free)} free"
        )


def _mib(size: int) -> str:
    return f"{size / (1024 * 1024):.0f} MiB"


__all__ = (
    "LINKS",
    "ROOT",
    "Place",
    "Release",
    "is_complete",
    "locked_home",
    "publish",
    "read_receipt",
    "require_space",
    "scan_links",
    "scan_releases",
    "write_receipt",
)

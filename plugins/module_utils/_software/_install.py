# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Installing a release archive on the target. PRIVATE to the collection."""

from __future__ import annotations

import os
import shutil
import typing as t
from dataclasses import dataclass

from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._checksums import find_checksum
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._errors import (
    ArchiveError,
    SoftwareError,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._fetch import (
    Access,
    Download,
    fetch_text,
    open_source,
    save,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._members import unpack
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._programs import (
    elf_machine,
    reported_version,
    try_program,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._store import (
    Place,
    is_complete,
    locked_home,
    publish,
    require_space,
    scan_releases,
    write_receipt,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._urls import (
    Source,
    file_name,
)


@dataclass(frozen=True)
class Archive:
    """A release archive and what is expected of it.

    Attributes:
        source: the archive: tar (plain, gzip, bzip2, xz), or one bare program.
        sha256: the sum given by the user, "" to take it from `checksums`.
        checksums: the release's checksum file.
        binaries: programs it must hold, relative; the first one reports the version.
        architecture: of this host, for messages.
    """

    source: Source
    sha256: str
    checksums: Source | None
    binaries: tuple[str, ...]
    architecture: str


class Installed(t.TypedDict):
    """What happened."""

    changed: bool
    sha256: str


def install_archive(place: Place, archive: Archive, access: Access, *, check: bool) -> Installed:
    """Put a release into /opt/<service>/<version>, whole or not at all.

    Args:
        place: where it goes.
        archive: what goes there.
        access: how the sources are reached.
        check: only find out whether it would work: both sources are asked, nothing is written.

    Raises:
        SoftwareError: it does not work; what was there before is still there.
        OSError: the disk.
    """
    sha256 = archive.sha256 or _published_sum(archive, access)
    download = open_source(archive.source, access)
    try:
        require_space(place.home, download.size or 0, "the archive")
        if check:
            return Installed(changed=True, sha256=sha256)
        with locked_home(place):
            # Another run may have finished while this one waited.
            there = scan_releases(place.service, place.root).get(place.version)
            if is_complete(there, archive.binaries, archive.sha256):
                return Installed(changed=False, sha256=sha256)
            try:
                _make(place, archive, access, download, sha256)
            finally:
                shutil.rmtree(place.partial, ignore_errors=True)
    finally:
        download.stream.close()
    return Installed(changed=True, sha256=sha256)


def _published_sum(archive: Archive, access: Access) -> str:
    if archive.checksums is None:
        raise SoftwareError("no checksum is known for the archive")
    text = fetch_text(archive.checksums, access)
    try:
        return find_checksum(text, file_name(archive.source.url), sums_name=file_name(archive.checksums.url))
    except SoftwareError as error:
        raise SoftwareError(f"{archive.checksums.shown} {error}", source=True) from error


def _make(place: Place, archive: Archive, access: Access, download: Download, sha256: str) -> None:
    # Entered, not listed: the programs are tried as an unprivileged user.
    os.mkdir(place.partial, 0o711)
    os.chmod(place.partial, 0o711)
    tree = os.path.join(place.partial, "tree")
    os.mkdir(tree, 0o755)
    os.chmod(tree, 0o755)
    fetched = os.path.join(place.partial, "download")
    address = archive.source.shown
    found = save(archive.source, access, fetched, download)
    if found != sha256:
        raise SoftwareError(f"{address} has the SHA-256 {found}, expected {sha256}: not installed", source=True)
    try:
        _unpack(fetched, tree, archive)
        _try_programs(tree, place.version, archive)
    except ArchiveError as error:
        raise SoftwareError(f"{address} {error}: not installed", source=True) from error
    write_receipt(tree, file_name(archive.source.url), sha256)
    publish(place, tree)


def _unpack(fetched: str, tree: str, archive: Archive) -> None:
    with open(fetched, "rb") as file:
        machine = elf_machine(file.read(20))
    if machine:
        # A project that publishes the bare program (cAdvisor).
        if len(archive.binaries) != 1:
            raise ArchiveError(f"is one program, expected an archive with {', '.join(archive.binaries)}")
        program = os.path.join(tree, archive.binaries[0])
        os.makedirs(os.path.dirname(program), mode=0o755, exist_ok=True)
        os.chmod(fetched, 0o755)
        os.rename(fetched, program)
        descriptor = os.open(program, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        return
    unpack(fetched, tree, lambda needed: require_space(tree, needed, "the unpacked archive"))


def _try_programs(tree: str, version: str, archive: Archive) -> None:
    for number, binary in enumerate(archive.binaries):
        output = try_program(os.path.join(tree, binary), archive.architecture)
        reported = reported_version(output)
        if number == 0 and reported and reported != version.partition("+")[0]:
            raise ArchiveError(f"holds {binary} {reported}, expected {version}")


__all__ = ("Archive", "Installed", "install_archive")

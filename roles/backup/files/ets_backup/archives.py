# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Archives: a tar file, and beside it a manifest with its checksum that is written last.

An archive without a manifest is one whose making was cut off: it is never restored, and removed by the next backup.
Inside, `0/`, `1/`, ... are the trees and files; the manifest says where each belongs.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import tarfile
import time
import typing as t
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from .errors import BackupError
from .sources import Copies, Proof

FORMAT = 1
SUFFIX = ".manifest.json"
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Manifest:
    """What an archive holds.

    Attributes:
        format: Version of this format.
        component: Name of the component.
        created: Seconds since 1970.
        archive: File name of the archive.
        sha256: Its checksum, hexadecimal.
        size: Its bytes.
        content_size: Bytes of the files in it.
        encryption: `age`, `gpg` or nothing.
        roots: Where each tree or file of the archive belongs: its name in it to the absolute path.
        proof: What is asked after a restore.
    """

    format: int
    component: str
    created: float
    archive: str
    sha256: str
    size: int
    content_size: int
    encryption: str
    roots: dict[str, str]
    proof: Proof


def encrypting(encryption: Mapping[str, t.Any]) -> list[str]:
    """The command that encrypts standard input; empty for none."""
    method = encryption.get("method", "")
    if method == "age":
        return ["age", *(word for key in encryption["recipients"] for word in ("--recipient", key))]
    if method == "gpg":
        recipients = (word for path in encryption["recipients"] for word in ("--recipient-file", path))
        return ["gpg", "--batch", "--quiet", "--no-symkey-cache", "--trust-model", "always", "--encrypt", *recipients]
    return []


def decrypting(method: str, identity: str) -> list[str]:
    """The command that decrypts standard input; empty for none.

    Raises:
        BackupError: a key is needed and none was given.
    """
    if method == "age":
        if not identity:
            raise BackupError("the archive is encrypted with age; give the file with the key as --identity")
        return ["age", "--decrypt", "--identity", identity]
    if method == "gpg":
        return ["gpg", "--batch", "--quiet", *(["--homedir", identity] if identity else []), "--decrypt"]
    return []


def write_archive(
    directory: Path, component: str, copies: Copies, proof: Proof, encryption: Mapping[str, t.Any]
) -> Manifest:
    """Write an archive and its manifest.

    Raises:
        BackupError: a file could not be read, or the encryption failed. What was written so far is gone.
    """
    now = time.time()
    method = str(encryption.get("method", ""))
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    name = "%s-%s.tar.gz%s" % (component, stamp, "." + method if method else "")
    partial = directory / (name + ".partial")
    try:
        with _opened(partial) as file:
            content_size = _write_tar(file, copies, encrypting(encryption))
            file.flush()
            os.fsync(file.fileno())
        manifest = Manifest(
            format=FORMAT,
            component=component,
            created=now,
            archive=name,
            sha256=checksum(partial),
            size=partial.stat().st_size,
            content_size=content_size,
            encryption=method,
            roots={str(number): str(target) for number, (_source, target) in enumerate(copies)},
            proof=proof,
        )
        partial.rename(directory / name)
    except OSError as error:
        raise BackupError("the archive %s could not be written: %s" % (directory / name, error)) from error
    finally:
        partial.unlink(missing_ok=True)
    write_whole(directory / (name + SUFFIX), json.dumps(asdict(manifest), indent=1) + "\n", 0o600)
    return manifest


@contextmanager
def _opened(path: Path) -> Iterator[t.IO[bytes]]:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        yield file


def _write_tar(file: t.IO[bytes], copies: Copies, command: list[str]) -> int:
    """Write the tar file, through an encrypting command where there is one; returns the bytes of the files in it."""
    if not command:
        return _add_all(file, copies)
    try:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=file, stderr=subprocess.PIPE)
    except FileNotFoundError:
        raise BackupError("archives are to be encrypted and the program %s is not installed" % command[0]) from None
    assert process.stdin is not None
    assert process.stderr is not None
    size = 0
    try:
        with process.stdin:
            size = _add_all(process.stdin, copies)
    except BrokenPipeError:
        pass  # the command's own words follow
    words = process.stderr.read().decode(errors="replace").strip()
    if process.wait() != 0:
        raise BackupError("%s does not encrypt: %s" % (command[0], words))
    return size


def _add_all(file: t.IO[bytes], copies: Copies) -> int:
    size = 0

    def counted(member: tarfile.TarInfo) -> tarfile.TarInfo:
        nonlocal size
        size += member.size
        return member

    with tarfile.open(fileobj=file, mode="w|gz", format=tarfile.PAX_FORMAT, compresslevel=6) as archive:
        for number, (source, _target) in enumerate(copies):
            archive.add(source, arcname=str(number), filter=counted)
    return size


def write_whole(path: Path, text: str, mode: int) -> None:
    """Write a small file so that it is there as a whole or not at all."""
    new = path.with_name(".%s.new" % path.name)
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w") as file:
        os.fchmod(descriptor, mode)
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    new.rename(path)


def checksum(path: Path) -> str:
    """The SHA-256 of a file, hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def list_archives(directory: Path) -> list[Manifest]:
    """The archives that were finished, the newest first."""
    manifests = [read_manifest(path) for path in directory.glob("*" + SUFFIX)]
    return sorted(manifests, key=lambda manifest: manifest.created, reverse=True)


def read_manifest(path: Path) -> Manifest:
    """Read a manifest.

    Raises:
        BackupError: it is missing or damaged, or of a newer format.
    """
    try:
        data = json.loads(path.read_text())
        if data["format"] != FORMAT:
            raise BackupError("%s is of format %s; this program knows format %d" % (path, data["format"], FORMAT))
        return Manifest(**data)
    except FileNotFoundError:
        archive = str(path)[: -len(SUFFIX)]
        raise BackupError(
            "%s has no manifest (%s): its making was cut off, or it was not copied as a whole" % (archive, path.name)
        ) from None
    except (ValueError, TypeError, KeyError) as error:
        raise BackupError("the manifest %s is damaged (%s)" % (path, error)) from None


def verify(directory: Path, manifest: Manifest) -> Path:
    """Compare an archive with its manifest, and return its path.

    Raises:
        BackupError: it is missing, or other than it was when it was made.
    """
    path = directory / manifest.archive
    if not path.is_file():
        raise BackupError("the archive %s is missing; only its manifest is there" % path)
    size = path.stat().st_size
    if size != manifest.size:
        raise BackupError("the archive %s has %d bytes; when it was made it had %d" % (path, size, manifest.size))
    if checksum(path) != manifest.sha256:
        raise BackupError("the archive %s is damaged or was tampered with: its checksum is another one" % path)
    return path


@contextmanager
def opened(path: Path, manifest: Manifest, identity: str) -> Iterator[tarfile.TarFile]:
    """The archive, decrypted where it needs to be, to be read from beginning to end.

    Raises:
        BackupError: it cannot be decrypted.
    """
    command = decrypting(manifest.encryption, identity)
    if not command:
        with tarfile.open(path, "r|gz") as archive:
            yield archive
        return
    with path.open("rb") as encrypted:
        try:
            process = subprocess.Popen(command, stdin=encrypted, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        except FileNotFoundError:
            raise BackupError("%s is encrypted and the program %s is not installed" % (path, command[0])) from None
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            with tarfile.open(fileobj=process.stdout, mode="r|gz") as archive:
                yield archive
        except (tarfile.TarError, EOFError) as error:
            words = process.stderr.read().decode(errors="replace").strip()
            raise BackupError("%s cannot be read: %s" % (path, words or error)) from None
        finally:
            process.stdout.close()
            process.stderr.close()
            process.wait()

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Key pairs of a host: looked at, asked for, and put in their place.

A pair is `host.key`, `host.crt` and `ca.crt` in a directory. The key is made by openssl and never leaves the host.
"""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import stat
import subprocess
import typing as t

KEY = "host.key"
CERTIFICATE = "host.crt"
AUTHORITY = "ca.crt"
_NEW_KEY = ".host.key.new"


class PairError(Exception):
    """Something could not be done; the message is for people."""


class Place(t.NamedTuple):
    """Where a pair is and who reads its key.

    Attributes:
        directory: Its directory.
        owner: Owner of the key.
        group: Its group, which owns the directory as well.
    """

    directory: str
    owner: str
    group: str

    def path(self, name: str) -> str:
        """Path of a file in it."""
        return os.path.join(self.directory, name)


def look(place: Place) -> dict[str, t.Any]:
    """What is there: the certificates, the public half of the key, and whether owners and modes are right."""
    return {
        "certificate": _read(place.path(CERTIFICATE)),
        "authority": _read(place.path(AUTHORITY)),
        "public_key": _public_key(place.path(KEY)),
        "protected": all(_stat(path) == wished for path, wished in _wished(place, missing_ok=True).items()),
    }


def request(place: Place, common_name: str) -> str:
    """Make another key beside the one in use, and ask for its certificate.

    Returns:
        A certificate signing request, PEM.
    """
    _make_directory(place)
    new = place.path(_NEW_KEY)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(new)
    # openssl would make it readable for the umask's time.
    os.close(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    # PKCS#8, which is what all programs of the log stack read.
    curve = ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-pkeyopt", "ec_param_enc:named_curve")
    _openssl("genpkey", *curve, "-out", new)
    name = "".join("\\" + sign if sign in "/\\=+" else sign for sign in common_name)
    return _openssl("req", "-new", "-key", new, "-subj", "/CN=" + name)


def store(place: Place, authority: str, certificate: str = "") -> None:
    """Put the authority, and a certificate with the key that was asked for, in their places.

    Args:
        place: Where.
        authority: PEM.
        certificate: PEM; empty where key and certificate stay.
    """
    _make_directory(place)
    if _read(place.path(AUTHORITY)) != authority:
        _write(place.path(AUTHORITY), authority)
    if certificate:
        _write(place.path("." + CERTIFICATE), certificate)
        os.rename(place.path(_NEW_KEY), place.path(KEY))
        os.rename(place.path("." + CERTIFICATE), place.path(CERTIFICATE))
    for path, (mode, uid, gid) in _wished(place).items():
        if os.path.exists(path):
            os.chown(path, uid, gid)
            os.chmod(path, mode)


def _public_key(path: str) -> str:
    if not os.path.exists(path):
        return ""
    try:
        return _openssl("pkey", "-in", path, "-pubout")
    except PairError:  # it is damaged, and another one is made
        return ""


def _wished(place: Place, missing_ok: bool = False) -> dict[str, tuple[int, int, int]]:
    """Mode, owner and group of each path."""
    uid = gid = -1
    try:
        uid, gid = pwd.getpwnam(place.owner).pw_uid, grp.getgrnam(place.group).gr_gid
    except KeyError as error:
        if not missing_ok:
            message = str(error).strip("\"'")
            raise PairError("%s; the package that brings it is not installed" % message) from error
    return {
        place.directory: (0o750, 0, gid),
        place.path(AUTHORITY): (0o644, 0, 0),
        place.path(CERTIFICATE): (0o644, 0, 0),
        place.path(KEY): (0o640 if place.owner == "root" else 0o400, uid, gid),
    }


def _make_directory(place: Place) -> None:
    os.makedirs(place.directory, 0o755, exist_ok=True)
    mode, uid, gid = _wished(place)[place.directory]
    os.chown(place.directory, uid, gid)
    os.chmod(place.directory, mode)


def _stat(path: str) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    return stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid


def _read(path: str) -> str:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def _write(path: str, text: str) -> None:
    new = path + ".new"
    with open(new, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.chmod(new, 0o644)
    os.rename(new, path)


def _openssl(*arguments: str) -> str:
    try:
        done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise PairError("openssl is not installed on this host, which makes the keys") from error
    if done.returncode:
        raise PairError("openssl %s: %s" % (arguments[0], done.stderr.strip() or "exit code %d" % done.returncode))
    return done.stdout

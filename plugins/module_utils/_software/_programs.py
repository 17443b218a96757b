# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Trying a program that was just unpacked. PRIVATE to the collection."""

from __future__ import annotations

import errno
import os
import re
import stat
import struct
import subprocess
import typing as t

from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._errors import ArchiveError

# e_machine of an ELF header -> words
_MACHINES: t.Mapping[int, str] = {
    3: "386",
    8: "mips",
    21: "ppc64",
    22: "s390x",
    40: "32 bit arm",
    62: "amd64",
    183: "arm64",
    243: "riscv64",
}
_NOBODY = 65534
_VERSION = re.compile(r"\bversion[ :=]+v?(\d+\.\d[0-9A-Za-z.+~-]*)", re.IGNORECASE)


def elf_machine(header: bytes) -> str:
    """Say for which machine a program was built.

    Args:
        header: its first 20 bytes or more.

    Returns:
        "arm64", "machine type 99", or "" when it is no ELF program.
    """
    if len(header) < 20 or header[:4] != b"\x7fELF":
        return ""
    (machine,) = struct.unpack_from(">H" if header[5] == 2 else "<H", header, 18)
    return _MACHINES.get(machine, f"machine type {machine}")


def reported_version(output: str) -> str:
    """Find the version in what a program prints ("prometheus, version 3.5.0+ds1 (branch: ...)" -> "3.5.0"), or ""."""
    found = _VERSION.search(output)
    return found.group(1).partition("+")[0].rstrip(".,") if found else ""


def try_program(path: str, architecture: str, timeout: float = 30.0) -> str:
    """Run a program with --version as an unprivileged user.

    Args:
        path: the program; its directory can be entered by everybody.
        architecture: of this host, for the message.
        timeout: seconds.

    Returns:
        What it printed.

    Raises:
        ArchiveError: it is not there, cannot run here, or fails.
    """
    name = os.path.basename(path)
    try:
        status = os.lstat(path)
    except OSError as error:
        raise ArchiveError(f"holds no {name}") from error
    if not stat.S_ISREG(status.st_mode) or not status.st_mode & 0o111:
        raise ArchiveError(f"holds {name}, but not as a program")
    unprivileged: dict[str, t.Any] = (
        {"user": _NOBODY, "group": _NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    )
    try:
        finished = subprocess.run(
            [path, "--version"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd="/",
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"},
            timeout=timeout,
            check=False,
            **unprivileged,
        )
    except subprocess.TimeoutExpired as error:
        raise ArchiveError(f"holds {name}, which did not answer --version within {timeout:.0f} s") from error
    except OSError as error:
        raise ArchiveError(_cannot_run(path, name, architecture, error)) from error
    output = bytes(finished.stdout).decode("utf-8", "replace").strip()
    if finished.returncode != 0:
        said = output[-500:] or "it printed nothing"
        raise ArchiveError(f"holds {name}, whose --version fails with exit code {finished.returncode}: {said}")
    return output


def _cannot_run(path: str, name: str, architecture: str, error: OSError) -> str:
    with open(path, "rb") as file:
        machine = elf_machine(file.read(20))
    host = architecture or os.uname().machine
    if error.errno == errno.ENOEXEC or (machine and machine != architecture and error.errno == errno.ENOENT):
        return f"holds {name} for {machine or 'no known machine'}, but this host is {host}"
    if error.errno == errno.EACCES:
        return f"holds {name}, which may not be executed: is the file system of {os.path.dirname(path)} mounted noexec?"
    return f"holds {name}, which cannot be executed: {error.strerror}"


__all__ = ("elf_machine", "reported_version", "try_program")

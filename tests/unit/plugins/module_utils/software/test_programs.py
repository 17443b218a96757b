# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import stat
import struct
import typing as t
from pathlib import Path

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._errors import ArchiveError
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._programs import (
    elf_machine,
    reported_version,
    try_program,
)


def elf(machine: int, order: str = "<") -> bytes:
    """The beginning of an ELF program of 64 bits, and nothing it could run."""
    return struct.pack(f"{order}4sBBB9xHHI", b"\x7fELF", 2, 1 if order == "<" else 2, 1, 2, machine, 1) + bytes(100)


@pytest.mark.parametrize(
    ("header", "machine"),
    [
        (elf(62), "amd64"),
        (elf(183), "arm64"),
        (elf(40), "32 bit arm"),
        (elf(22, ">"), "s390x"),
        (elf(4711), "machine type 4711"),
        (b"#!/bin/sh\necho a long enough script\n", ""),
        (b"\x7fELF", ""),
        (b"", ""),
    ],
)
def test_elf_machine(header: bytes, machine: str) -> None:
    assert elf_machine(header) == machine


@pytest.mark.parametrize(
    ("output", "version"),
    [
        ("prometheus, version 3.5.0 (branch: HEAD, revision: 8be3a9560fbdd18a94dedec4b747c35178177202)", "3.5.0"),
        ("prometheus, version 3.5.3+ds1 (branch: debian/sid)", "3.5.3"),
        ("node_exporter, version 1.9.1", "1.9.1"),
        ("cAdvisor version v0.49.1 (6f3f25ba)", "0.49.1"),
        ("nginx_exporter version=1.4.2 commit=9522f4e\nversion=9.9.9", "1.4.2"),
        ("Version: 2.0.0-rc.1, Git Commit", "2.0.0-rc.1"),
        ("go version: go1.22", ""),
        ("3.5.0", ""),
        ("", ""),
    ],
)
def test_reported_version(output: str, version: str) -> None:
    assert reported_version(output) == version


def write(path: Path, content: bytes, mode: int = 0o755) -> str:
    path.write_bytes(content)
    path.chmod(mode)
    return str(path)


def test_runs_a_program(root: Path, program: t.Any) -> None:
    assert try_program(write(root / "p", program("p, version 1.0")), "amd64") == "p, version 1.0"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give up being root")
def test_runs_it_without_privileges_and_without_our_environment(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    output = try_program(write(root / "p", b"#!/bin/sh\nid -u; id -G; env; pwd\n"), "amd64")
    assert output.splitlines()[:2] == ["65534", "65534"]
    assert "secret" not in output
    assert output.splitlines()[-1] == "/"


def test_a_program_for_another_machine(root: Path) -> None:
    foreign = 183 if os.uname().machine == "x86_64" else 62
    name = {183: "arm64", 62: "amd64"}[foreign]
    with pytest.raises(ArchiveError, match=f"holds p for {name}, but this host is s390x"):
        try_program(write(root / "p", elf(foreign)), "s390x")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"#!/bin/sh\necho bad; exit 3\n", "--version fails with exit code 3: bad"),
        (b"#!/bin/sh\nexit 3\n", "it printed nothing"),
        (b"#!/nonexistent\n", "cannot be executed: No such file"),
        (b"neither this nor that\0", "for no known machine"),
    ],
)
def test_a_program_that_does_not_work(root: Path, content: bytes, message: str) -> None:
    with pytest.raises(ArchiveError, match=message):
        try_program(write(root / "p", content), "amd64")


def test_a_program_that_hangs(root: Path) -> None:
    with pytest.raises(ArchiveError, match="did not answer --version within 0 s"):
        try_program(write(root / "p", b"#!/bin/sh\nexec sleep 60\n"), "amd64", timeout=0.2)


def test_a_program_that_is_missing_or_none(root: Path, program: t.Any) -> None:
    with pytest.raises(ArchiveError, match="holds no p"):
        try_program(str(root / "p"), "amd64")
    write(root / "p", program(), mode=0o644)
    with pytest.raises(ArchiveError, match="not as a program"):
        try_program(str(root / "p"), "amd64")
    (root / "q").symlink_to("/bin/true")
    with pytest.raises(ArchiveError, match="not as a program"):
        try_program(str(root / "q"), "amd64")
    assert stat.S_ISLNK((root / "q").lstat().st_mode)

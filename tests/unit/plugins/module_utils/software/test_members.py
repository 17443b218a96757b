# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import io
import os
import stat
import tarfile
from pathlib import Path

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._errors import ArchiveError
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._members import (
    DIRECTORY,
    FILE,
    SYMLINK,
    Member,
    plan_members,
    unpack,
)


def file(name: str, **more: object) -> Member:
    return Member(name, FILE, **more)  # type: ignore[arg-type]


def directory(name: str) -> Member:
    return Member(name, DIRECTORY)


def link(name: str, target: str) -> Member:
    return Member(name, SYMLINK, target=target)


@pytest.mark.parametrize(
    ("members", "paths"),
    [
        ([directory("p-1/"), file("p-1/p"), file("p-1/doc/x")], ["p", "doc/x"]),
        ([file("p-1/p"), file("p-1/LICENSE")], ["p", "LICENSE"]),
        ([file("./p-1/p")], ["p"]),
        ([directory("./"), directory("./p-1"), file("./p-1/p")], ["p"]),
        # flat, as nginx-prometheus-exporter's
        ([file("p"), file("LICENSE")], ["p", "LICENSE"]),
        ([file("p")], ["p"]),
        ([file("a/p"), file("b/p")], ["a/p", "b/p"]),
        ([directory("a"), file("a/p"), directory("a")], ["p"]),
        ([file("t/p"), link("t/q", "p"), link("t/d/r", "../p")], ["p", "q", "d/r"]),
        ([file("t/..p"), file("t/q..")], ["..p", "q.."]),
    ],
)
def test_plans_what_to_write(members: list[Member], paths: list[str]) -> None:
    assert [step.path for step in plan_members(members)] == paths


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ([file("t/../../etc/passwd")], "climbs out"),
        ([file("../p")], "climbs out"),
        ([file("t/..")], "climbs out"),
        ([file("/etc/passwd")], "absolute path"),
        ([file("//p")], "absolute path"),
        ([file("")], "cannot be used"),
        ([file("t/a\nb")], "cannot be used"),
        ([file("t/a\0b")], "cannot be used"),
        ([link("t/q", "/etc/passwd"), file("t/p")], "points outside"),
        ([link("t/q", "../../etc"), file("t/p")], "points outside"),
        # inside the archive, but outside of the release once the top directory is taken off
        ([link("t/q", "../t/p"), file("t/p")], "points outside"),
        ([link("t/d", ".."), file("t/p")], "points outside"),
        ([link("t/q", ""), file("t/p")], "points outside"),
        # a link first, then a file through it
        ([link("t/d", "e"), file("t/d/p"), directory("t/e")], "below something that is no directory"),
        ([file("t/d/p"), link("t/d", "e"), file("t/e/p")], "below something that is no directory"),
        ([file("t/d"), file("t/d/p")], "below something that is no directory"),
        ([file("t/p"), file("t/p")], "two entries"),
        ([file("t/p"), file("t/./p")], "two entries"),
        ([file("t/p"), directory("t/p"), file("t/q")], "two entries"),
        ([Member("t/p", "device"), file("t/q")], "is a device"),
        ([Member("t/p", "named pipe"), file("t/q")], "is a named pipe"),
        ([Member("t/p", "hard link", target="t/q"), file("t/q")], "is a hard link"),
        ([file("t/.receipt.json"), file("t/p")], "reserved"),
        ([], "holds no file"),
        ([directory("t")], "holds no file"),
    ],
)
def test_refuses_an_archive_that_is_not_wholly_safe(members: list[Member], message: str) -> None:
    with pytest.raises(ArchiveError, match=message):
        plan_members(members)


def test_takes_no_special_permissions_over() -> None:
    steps = plan_members([file("t/p", executable=True), file("t/LICENSE"), directory("t/d")])
    assert [step.mode for step in steps] == [0o755, 0o644, 0o755]


def write_tar(path: Path, entries: list[tuple[str, dict[str, object], bytes]], mode: str = "w:gz") -> None:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, attributes, content in entries:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            for key, value in attributes.items():
                setattr(info, key, value)
            archive.addfile(info, io.BytesIO(content))


def no_limit(_needed: int) -> None:
    pass


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_unpacks(tmp_path: Path, mode: str) -> None:
    archive, tree = tmp_path / "a", tmp_path / "tree"
    tree.mkdir()
    write_tar(
        archive,
        [
            ("t", {"type": tarfile.DIRTYPE, "mode": 0o777}, b""),
            ("t/p", {"mode": 0o6777, "uid": 1001, "gid": 1002}, b"program"),
            ("t/d/text", {"mode": 0o600}, b"text"),
            ("t/q", {"type": tarfile.SYMTYPE, "linkname": "p"}, b""),
        ],
        mode,
    )
    asked: list[int] = []
    old = os.umask(0o077)
    try:
        unpack(str(archive), str(tree), asked.append)
    finally:
        os.umask(old)
    assert (tree / "p").read_bytes() == b"program"
    assert stat.S_IMODE((tree / "p").stat().st_mode) == 0o755
    assert stat.S_IMODE((tree / "d/text").stat().st_mode) == 0o644
    assert (tree / "p").stat().st_uid == os.geteuid()
    assert os.readlink(tree / "q") == "p"
    assert asked == [len(b"program") + len(b"text")]


def test_writes_nothing_of_an_archive_whose_last_entry_is_bad(tmp_path: Path) -> None:
    archive, tree = tmp_path / "a", tmp_path / "tree"
    tree.mkdir()
    write_tar(archive, [("t/p", {}, b"program"), ("t/../../escaped", {}, b"x")])
    with pytest.raises(ArchiveError, match="climbs out"):
        unpack(str(archive), str(tree), no_limit)
    assert list(tree.iterdir()) == []
    assert not (tmp_path / "escaped").exists()


def test_writes_nothing_when_there_is_no_space(tmp_path: Path) -> None:
    archive, tree = tmp_path / "a", tmp_path / "tree"
    tree.mkdir()
    write_tar(archive, [("t/p", {}, b"program")])

    def full(_needed: int) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        unpack(str(archive), str(tree), full)
    assert list(tree.iterdir()) == []


@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz"])
def test_says_that_an_archive_is_damaged(tmp_path: Path, mode: str) -> None:
    archive, tree = tmp_path / "a", tmp_path / "tree"
    tree.mkdir()
    write_tar(archive, [("t/p", {}, os.urandom(300_000))], mode)
    data = archive.read_bytes()
    archive.write_bytes(data[: len(data) // 2])
    with pytest.raises(ArchiveError):
        unpack(str(archive), str(tree), no_limit)


@pytest.mark.parametrize("content", [b"", b"<html>404</html>", b"\x1f\x8b broken", os.urandom(2000)])
def test_says_that_something_is_no_archive(tmp_path: Path, content: bytes) -> None:
    archive = tmp_path / "a"
    archive.write_bytes(content)
    with pytest.raises(ArchiveError, match=r"no tar archive|holds no file|is damaged"):
        unpack(str(archive), str(tmp_path), no_limit)

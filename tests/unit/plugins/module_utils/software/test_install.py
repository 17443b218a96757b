# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import hashlib
import os
import stat
import typing as t
from pathlib import Path

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software import _install
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._errors import SoftwareError
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._fetch import Access
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._install import (
    Archive,
    install_archive,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._store import (
    Place,
    scan_releases,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._urls import Source

ACCESS = Access(timeout=5)
NAME = "prometheus-3.5.0.linux-amd64.tar.gz"
BOTH = ("prometheus", "promtool")


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Release:
    """A release on a server, and the place it goes to."""

    def __init__(self, server: t.Any, root: Path, data: bytes) -> None:
        self.server, self.root, self.data = server, root, data
        self.place = Place("prometheus", "3.5.0", str(root))
        self.url = f"{server.address}/{NAME}"
        self.sums = server.say("/sha256sums.txt", f"{sha256(data)}  {NAME}\n".encode())

    def offer(self, data: bytes | None = None, **more: t.Any) -> None:
        self.server.say(f"/{NAME}", self.data if data is None else data, **more)

    def install(self, *, check: bool = False, given: str = "", binaries: tuple[str, ...] = BOTH) -> dict[str, t.Any]:
        sums = None if given else Source(self.sums)
        archive = Archive(Source(self.url), given, sums, binaries, "amd64")
        return dict(install_archive(self.place, archive, ACCESS, check=check))

    @property
    def left(self) -> list[str]:
        home = self.root / "prometheus"
        return sorted(os.listdir(home)) if home.exists() else []


@pytest.fixture
def release(server: t.Any, root: Path, program: t.Any, tarball: t.Any) -> Release:
    return Release(server, root, tarball({"prometheus": program(), "promtool": program("promtool, version 3.5.0")}))


def test_installs(release: Release) -> None:
    release.offer()
    assert release.install() == {"changed": True, "sha256": sha256(release.data)}
    final = release.root / "prometheus" / "3.5.0"
    assert release.left == ["3.5.0"]
    assert sorted(os.listdir(final)) == [".receipt.json", "prometheus", "promtool"]
    assert stat.S_IMODE(final.stat().st_mode) == 0o755
    assert scan_releases("prometheus", str(release.root))["3.5.0"]["sha256"] == sha256(release.data)


def test_a_given_sum_makes_the_file_of_sums_needless(release: Release) -> None:
    release.offer()
    release.install(given=sha256(release.data))
    assert release.server.paths == [f"/{NAME}"]


def test_check_mode_asks_both_sources_and_writes_nothing(release: Release) -> None:
    release.offer()
    assert release.install(check=True)["changed"]
    assert release.server.paths == ["/sha256sums.txt", f"/{NAME}"]
    assert os.listdir(release.root) == []


@pytest.mark.parametrize("check", [True, False])
def test_a_source_that_is_not_there_stops_before_anything_is_written(release: Release, check: bool) -> None:
    with pytest.raises(SoftwareError, match=rf"cannot fetch .*{NAME}: HTTP 404") as caught:
        release.install(check=check)
    assert caught.value.source
    assert os.listdir(release.root) == []


@pytest.mark.parametrize("check", [True, False])
def test_an_archive_that_is_not_in_the_file_of_sums(release: Release, check: bool) -> None:
    release.offer()
    release.server.answers["/sha256sums.txt"] = []
    release.server.say("/sha256sums.txt", f"{'a' * 64}  other.tar.gz\n".encode())
    with pytest.raises(SoftwareError, match=r"sha256sums.txt has no SHA-256 sum for prometheus-.*lists other.tar.gz"):
        release.install(check=check)
    assert os.listdir(release.root) == []


def test_another_archive_than_the_summed_one_is_not_installed(release: Release, program: t.Any, tarball: t.Any) -> None:
    release.offer(tarball({"prometheus": program(), "promtool": program(), "evil": b"x"}))
    with pytest.raises(SoftwareError, match=f"has the SHA-256 [0-9a-f]+, expected {sha256(release.data)}"):
        release.install()
    assert release.left == []


def test_a_given_sum_that_is_wrong(release: Release) -> None:
    release.offer()
    with pytest.raises(SoftwareError, match="expected bbbb"):
        release.install(given="b" * 64)
    assert release.left == []


def test_a_download_that_breaks_off_leaves_nothing(release: Release) -> None:
    release.offer(cut=100)
    with pytest.raises(SoftwareError, match="broke off after 100 of"):
        release.install()
    assert release.left == []


def test_a_download_that_breaks_off_without_a_length_is_found_by_its_sum(release: Release) -> None:
    release.offer(cut=100, No_Length="1")
    with pytest.raises(SoftwareError, match="has the SHA-256"):
        release.install()
    assert release.left == []


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"prometheus": "prometheus, version 3.5.0"}, "holds no promtool"),
        ({"prometheus": "prometheus, version 3.4.0", "promtool": "p"}, "holds prometheus 3.4.0, expected 3.5.0"),
        ({"prometheus": "p", "promtool": "p", "../../evil": "x"}, "climbs out"),
    ],
)
def test_an_archive_that_does_not_hold_what_is_expected(
    release: Release, program: t.Any, tarball: t.Any, files: dict[str, str], message: str
) -> None:
    data = tarball({name: program(text) for name, text in files.items()})
    release.offer(data)
    with pytest.raises(SoftwareError, match=rf"{NAME} (has|holds) .*: not installed") as caught:
        release.install(given=sha256(data))
    assert message in str(caught.value)
    assert caught.value.source
    assert release.left == []
    assert os.listdir(release.root) == ["prometheus"]


def test_a_program_of_another_version_beside_the_first_is_no_error(
    release: Release, program: t.Any, tarball: t.Any
) -> None:
    data = tarball({"prometheus": program(), "promtool": program("promtool, version 9.9.9")})
    release.offer(data)
    assert release.install(given=sha256(data))["changed"]


def test_a_bare_program(release: Release) -> None:
    data = Path("/bin/true").read_bytes()
    release.offer(data)
    with pytest.raises(SoftwareError, match="is one program, expected an archive with prometheus, promtool"):
        release.install(given=sha256(data))
    assert release.install(given=sha256(data), binaries=("bin/prometheus",))["changed"]
    final = release.root / "prometheus" / "3.5.0"
    assert (final / "bin" / "prometheus").read_bytes() == data
    assert stat.S_IMODE((final / "bin" / "prometheus").stat().st_mode) == 0o755


def test_a_damaged_release_is_made_anew(release: Release) -> None:
    release.offer()
    release.install()
    final = release.root / "prometheus" / "3.5.0"
    (final / "promtool").unlink()
    (final / "stale").write_text("x")
    assert release.install()["changed"]
    assert sorted(os.listdir(final)) == [".receipt.json", "prometheus", "promtool"]
    assert release.left == ["3.5.0"]


def test_another_given_sum_means_another_archive(release: Release, program: t.Any, tarball: t.Any) -> None:
    release.offer()
    release.install()
    other = tarball({"prometheus": program(), "promtool": program(), "new": b"x"})
    release.server.answers[f"/{NAME}"] = []
    release.offer(other)
    assert release.install(given=sha256(other))["changed"]
    assert (release.root / "prometheus" / "3.5.0" / "new").exists()


def test_what_another_run_installed_while_this_one_waited_is_taken(
    release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    release.offer()
    release.install()
    monkeypatch.setattr(_install, "_make", lambda *_arguments: pytest.fail("installed again"))
    assert release.install() == {"changed": False, "sha256": sha256(release.data)}


def test_what_a_killed_run_left_goes(release: Release) -> None:
    partial = release.root / "prometheus" / ".3.5.0.partial" / "tree"
    partial.mkdir(parents=True)
    (partial.parent / "download").write_bytes(b"half")
    (partial / "prometheus").write_bytes(b"half")
    release.offer()
    release.install()
    assert release.left == ["3.5.0"]
    assert (release.root / "prometheus" / "3.5.0" / "prometheus").read_bytes() != b"half"


@pytest.mark.parametrize("step", ["save", "_unpack", "_try_programs", "write_receipt", "publish"])
def test_a_failure_at_any_step_leaves_what_was_there_and_nothing_else(
    release: Release, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    release.offer()
    other = release.root / "prometheus" / "3.4.0"
    other.mkdir(parents=True)

    def fail(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_install, step, fail)
    with pytest.raises(OSError, match="No space left"):
        release.install()
    assert release.left == ["3.4.0"]


def test_too_little_space_is_found_before_anything_is_written(
    release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    release.offer()
    full = os.statvfs_result((4096, 4096, 100, 0, 0, 0, 0, 0, 0, 255))
    monkeypatch.setattr(os, "statvfs", lambda _path: full)
    with pytest.raises(SoftwareError, match=r"not enough space in .*: the archive needs 16 MiB, found 0 MiB") as caught:
        release.install()
    assert not caught.value.source
    assert os.listdir(release.root) == []

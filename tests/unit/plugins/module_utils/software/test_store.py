# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import fcntl
import json
import os
import stat
import time
from pathlib import Path

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._errors import SoftwareError
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._store import (
    Place,
    Release,
    is_complete,
    locked_home,
    publish,
    read_receipt,
    require_space,
    scan_links,
    scan_releases,
    write_receipt,
)

SUM = "a" * 64


def release(home: Path, version: str, *programs: str) -> Path:
    directory = home / version
    directory.mkdir(parents=True)
    for program in programs:
        (directory / program).parent.mkdir(exist_ok=True)
        (directory / program).write_bytes(b"x")
        (directory / program).chmod(0o755)
    return directory


def test_lists_releases(root: Path) -> None:
    one = release(root / "prometheus", "3.5.0", "prometheus", "promtool", "bin/tool")
    (one / "LICENSE").write_text("text")
    (one / "link").symlink_to("prometheus")
    write_receipt(str(one), "a.tar.gz", SUM)
    release(root / "prometheus", "2.53.3", "prometheus")
    release(root / "prometheus", ".3.6.0.partial", "prometheus")
    (root / "prometheus" / "current").symlink_to("3.5.0")
    (root / "prometheus" / "notes").write_text("text")
    assert scan_releases("prometheus", str(root)) == {
        "3.5.0": Release(programs=["bin/tool", "prometheus", "promtool"], sha256=SUM),
        "2.53.3": Release(programs=["prometheus"], sha256=""),
    }
    assert scan_releases("grafana", str(root)) == {}


def test_lists_links_that_lead_to_releases(tmp_path: Path) -> None:
    (tmp_path / "prometheus").symlink_to("/opt/prometheus/3.5.0/prometheus")
    (tmp_path / "other").symlink_to("/srv/other")
    (tmp_path / "file").write_text("x")
    assert scan_links(str(tmp_path)) == {str(tmp_path / "prometheus"): "/opt/prometheus/3.5.0/prometheus"}
    assert scan_links("/nonexistent") == {}


@pytest.mark.parametrize("text", ["", "no json", "[]", '{"sha256": 1}', "{}"])
def test_a_receipt_that_says_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / ".receipt.json").write_text(text)
    assert read_receipt(str(tmp_path)) == ""


def test_a_receipt_holds_no_address(tmp_path: Path) -> None:
    write_receipt(str(tmp_path), "a.tar.gz", SUM)
    path = tmp_path / ".receipt.json"
    assert json.loads(path.read_text()) == {"archive": "a.tar.gz", "sha256": SUM}
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


@pytest.mark.parametrize(
    ("there", "binaries", "sha256", "expected"),
    [
        (None, ["p"], "", False),
        (Release(programs=["p", "q"], sha256=SUM), ["p"], "", True),
        (Release(programs=["p"], sha256=SUM), ["p", "q"], "", False),
        (Release(programs=["p"], sha256=SUM), ["p"], SUM, True),
        (Release(programs=["p"], sha256=SUM), ["p"], "b" * 64, False),
        # somebody put it there by hand
        (Release(programs=["p"], sha256=""), ["p"], "b" * 64, True),
    ],
)
def test_is_complete(there: Release | None, binaries: list[str], sha256: str, expected: bool) -> None:
    assert is_complete(there, binaries, sha256) is expected


def test_makes_the_home_of_a_service_whatever_the_umask(root: Path) -> None:
    old = os.umask(0o077)
    try:
        with locked_home(Place("prometheus", "3.5.0", str(root))):
            assert stat.S_IMODE((root / "prometheus").stat().st_mode) == 0o755
    finally:
        os.umask(old)


def test_clears_what_an_interrupted_run_left_and_nothing_else(root: Path) -> None:
    home = root / "prometheus"
    release(home, "3.4.0", "prometheus")
    release(home, ".3.5.0.partial", "prometheus")
    release(home, ".3.3.0.replaced", "prometheus")
    release(home, ".hidden", "x")
    (home / ".link.partial").symlink_to("3.4.0")
    with locked_home(Place("prometheus", "3.6.0", str(root))):
        assert sorted(os.listdir(home)) == [".hidden", ".link.partial", "3.4.0"]
    assert (home / "3.4.0" / "prometheus").exists()


def test_a_home_that_others_can_write_in_is_refused(root: Path) -> None:
    (root / "prometheus").mkdir()
    (root / "prometheus").chmod(0o775)
    place = Place("prometheus", "3.5.0", str(root))
    with (
        pytest.raises(SoftwareError, match=r"/prometheus owned by \w+ with mode 0775, expected root"),
        locked_home(place),
    ):
        pass


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_home_of_somebody_else_is_refused(root: Path) -> None:
    (root / "prometheus").mkdir()
    os.chown(root / "prometheus", 4242, 4242)
    with pytest.raises(SoftwareError, match="owned by uid 4242"), locked_home(Place("prometheus", "3.5.0", str(root))):
        pass


def test_a_home_that_is_a_file_is_refused(root: Path) -> None:
    (root / "prometheus").write_text("x")
    with pytest.raises(SoftwareError, match="is no directory"), locked_home(Place("prometheus", "3.5.0", str(root))):
        pass


def test_a_second_run_waits_for_the_first_and_then_says_so(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    place = Place("prometheus", "3.5.0", str(root))
    (root / "prometheus").mkdir()
    (root / "prometheus").chmod(0o755)
    descriptor = os.open(root / "prometheus", os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with pytest.raises(SoftwareError, match="another run has been installing"), locked_home(place, wait=0.05):
        pass
    os.close(descriptor)
    with locked_home(place, wait=0.05):
        pass


def test_publishes_a_release(root: Path) -> None:
    place = Place("prometheus", "3.5.0", str(root))
    tree = release(root / "prometheus", "tree", "prometheus")
    publish(place, str(tree))
    assert os.listdir(root / "prometheus") == ["3.5.0"]


@pytest.mark.parametrize("kind", ["directory", "file", "link"])
def test_what_is_in_the_way_of_a_release_gives_way(root: Path, kind: str) -> None:
    place = Place("prometheus", "3.5.0", str(root))
    tree = release(root / "prometheus", "tree", "prometheus")
    if kind == "directory":
        release(root / "prometheus", "3.5.0", "damaged")
    elif kind == "file":
        (root / "prometheus" / "3.5.0").write_text("x")
    else:
        (root / "elsewhere").mkdir()
        (root / "prometheus" / "3.5.0").symlink_to(root / "elsewhere")
    publish(place, str(tree))
    assert os.listdir(root / "prometheus") == ["3.5.0"]
    assert os.listdir(root / "prometheus" / "3.5.0") == ["prometheus"]
    assert kind != "link" or (root / "elsewhere").is_dir()


def test_space(tmp_path: Path) -> None:
    require_space(str(tmp_path / "not" / "yet"), 1, "the archive")
    with pytest.raises(
        SoftwareError, match=rf"not enough space in {tmp_path}: the archive needs \d+ MiB, found \d+ MiB"
    ):
        require_space(str(tmp_path / "not" / "yet"), 1 << 60, "the archive")

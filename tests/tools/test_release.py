# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""tools/release in a copy of the checkout: notes, version and tarball fit together; nothing is released by mistake."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
MADE = ("build", "collections", ".git", ".venv", "*_cache", "__pycache__")
FRAGMENT = "---\nrelease_summary: What this release is for.\nbugfixes:\n  - Role ``prometheus`` - is mended.\n"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A checkout with one fragment."""
    path = tmp_path / "checkout"
    shutil.copytree(ROOT, path, ignore=shutil.ignore_patterns(*MADE))
    shutil.rmtree(path / "changelogs" / "fragments")
    (path / "changelogs" / "fragments").mkdir()
    (path / "changelogs" / "fragments" / "mended.yml").write_text(FRAGMENT)
    return path


def release(copy: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([copy / "tools" / "release", *arguments], capture_output=True, text=True, check=False)


def test_a_release_is_made_ready(copy: Path) -> None:
    before = (copy / "CHANGELOG.rst").read_text()
    done = release(copy, "77.0.0")
    assert done.returncode == 0, done.stderr

    assert yaml.safe_load((copy / "galaxy.yml").read_text())["version"] == "77.0.0"
    assert 'version: ">=77.0.0"' in (copy / "README.md").read_text()
    notes = (copy / "CHANGELOG.rst").read_text()
    assert notes.index("v77.0.0") < notes.index("What this release is for.") < notes.index("is mended.")
    assert before.partition("v0.1.0")[2] in notes
    assert list((copy / "changelogs" / "fragments").iterdir()) == []
    with tarfile.open(copy / "build" / "enterprise_tickets-observability-77.0.0.tar.gz") as archive:
        shipped = archive.extractfile("CHANGELOG.rst")
        assert shipped is not None
        assert shipped.read().decode() == notes


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "VERSION is 'not given'"),
        (("1.0",), "VERSION is '1.0'"),
        (("v1.0.0",), "VERSION is 'v1.0.0'"),
        (("0.0.9",), "expected a later one"),
    ],
)
def test_another_version_is_refused(copy: Path, arguments: tuple[str, ...], message: str) -> None:
    before = (copy / "galaxy.yml").read_text()
    done = release(copy, *arguments)
    assert (done.returncode, message in done.stderr) == (1, True), done.stderr
    assert (copy / "galaxy.yml").read_text() == before


def test_a_release_without_a_summary_is_refused(copy: Path) -> None:
    (copy / "changelogs" / "fragments" / "mended.yml").unlink()
    done = release(copy, "77.0.0")
    assert (done.returncode, "release_summary" in done.stderr) == (1, True), done.stderr

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whoever asks a tool for help gets it, and nothing is started."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = sorted(path.name for path in (ROOT / "tools").iterdir() if path.is_file() and os.access(path, os.X_OK))
# All that a tool may need for it: no docker, no python.
PROGRAMS = ("bash", "cat", "dirname", "env")


@pytest.mark.parametrize("tool", [name for name in TOOLS if name != "test"])  # that one asks its runner, in Python
def test_help_starts_nothing(tool: str, tmp_path: Path) -> None:
    for name in PROGRAMS:
        (tmp_path / name).symlink_to(str(shutil.which(name)))
    done = subprocess.run(
        [ROOT / "tools" / tool, "--help"],
        env={"PATH": str(tmp_path), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"Usage: tools/{tool}")

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs of Alertmanager's releases, made from Debian's packages."""

from __future__ import annotations

import json
import subprocess
import tarfile
from pathlib import Path

import pytest

from tools.testrunner.environment import CACHE, ROOT


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The directory with alertmanager and amtool, by version, the oldest first."""
    releases = ROOT / "tests/fixtures/archives/releases"
    subprocess.run([releases, "build"], check=True, cwd=ROOT)
    versions = subprocess.run([releases, "versions"], check=True, cwd=ROOT, capture_output=True, text=True).stdout
    found = {}
    for suite, version in json.loads(versions)["alertmanager"].items():
        (tarball,) = CACHE.glob(f"releases-*/prometheus/alertmanager/v{version}/alertmanager-{version}.*.tar.gz")
        directory = tmp_path_factory.mktemp(suite)
        with tarfile.open(tarball) as archive:
            archive.extractall(directory, filter="data")
        (found[version],) = directory.iterdir()
    return found

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs of both generations of Prometheus, unpacked outside the checkout. No daemon is needed."""

from __future__ import annotations

import json
import subprocess
import tarfile
from pathlib import Path

import pytest

from tools.testrunner.environment import CACHE, ROOT


@pytest.fixture(scope="session", params=["bookworm", "trixie", "sid"])
def programs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with prometheus and promtool of a Debian suite: 2.42, 2.53 and 3.x."""
    releases = ROOT / "tests" / "fixtures" / "archives" / "releases"
    subprocess.run([releases, "build"], check=True, cwd=ROOT)
    versions = subprocess.run([releases, "versions"], check=True, cwd=ROOT, capture_output=True, text=True).stdout
    version = json.loads(versions)["prometheus"][request.param]
    (tarball,) = CACHE.glob(f"releases-*/prometheus/prometheus/v{version}/prometheus-{version}.*.tar.gz")
    directory = tmp_path_factory.mktemp(request.param)
    with tarfile.open(tarball) as archive:
        for member in archive:
            if Path(member.name).name in ("prometheus", "promtool") and member.isfile():
                member.name = Path(member.name).name
                archive.extract(member, directory, filter="data")
    return directory

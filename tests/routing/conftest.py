# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs of Alertmanager's releases, made from Debian's packages."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from tests.fixtures.archives.programs import tarballs


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The directory with alertmanager and amtool, by version, the oldest first."""
    found = {}
    for suite, (version, tarball) in tarballs("alertmanager").items():
        directory = tmp_path_factory.mktemp(suite)
        with tarfile.open(tarball) as archive:
            archive.extractall(directory, filter="data")
        (found[version],) = directory.iterdir()
    return found

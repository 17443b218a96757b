# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._errors import SoftwareError
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._system import (
    OperatingSystem,
    parse_os_release,
    require_known_system,
    upstream_architecture,
)

DEBIAN = """\
PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION="12 (bookworm)"
VERSION_CODENAME=bookworm
ID=debian
"""


def test_reads_os_release() -> None:
    assert parse_os_release(DEBIAN) == OperatingSystem("debian", "12", "bookworm", "Debian GNU/Linux 12 (bookworm)")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", OperatingSystem("", "", "", "")),
        ("# ID=no\n\nID=Debian\nNAME='A B'\n", OperatingSystem("debian", "", "", "A B")),
        ('ID="broken\n', OperatingSystem('"broken', "", "", "")),
        ("ID=\nnonsense\n", OperatingSystem("", "", "", "")),
    ],
)
def test_reads_odd_os_release_files(text: str, expected: OperatingSystem) -> None:
    assert parse_os_release(text) == expected


@pytest.mark.parametrize(
    ("identifier", "version", "tested"),
    [("debian", "12", True), ("debian", "13", True), ("ubuntu", "22.04", False), ("ubuntu", "24.04", False)],
)
def test_knows_its_systems(identifier: str, version: str, tested: bool) -> None:
    assert require_known_system(OperatingSystem(identifier, version, "", "")) is tested


@pytest.mark.parametrize(
    ("system", "found"),
    [
        (OperatingSystem("debian", "11", "bullseye", "Debian GNU/Linux 11 (bullseye)"), "Debian GNU/Linux 11"),
        (OperatingSystem("debian", "", "", "Debian GNU/Linux forky/sid"), "VERSION_ID=none"),
        (OperatingSystem("rocky", "9.4", "", "Rocky Linux 9.4"), "ID=rocky"),
        (OperatingSystem("", "", "", ""), "no /etc/os-release"),
    ],
)
def test_refuses_others_and_says_what_it_found(system: OperatingSystem, found: str) -> None:
    with pytest.raises(SoftwareError, match=r"expected Debian 12 or 13") as caught:
        require_known_system(system)
    assert found in str(caught.value)


@pytest.mark.parametrize(
    ("debian", "machine", "upstream"),
    [
        ("amd64", "x86_64", "amd64"),
        ("arm64", "aarch64", "arm64"),
        ("armhf", "aarch64", "armv7"),
        ("armhf", "armv7l", "armv7"),
        ("armhf", "armv6l", "armv6"),
        ("i386", "x86_64", "386"),
        ("ppc64el", "ppc64le", "ppc64le"),
        ("", "x86_64", ""),
        ("loong64", "loongarch64", ""),
    ],
)
def test_upstream_architecture(debian: str, machine: str, upstream: str) -> None:
    assert upstream_architecture(debian, machine) == upstream

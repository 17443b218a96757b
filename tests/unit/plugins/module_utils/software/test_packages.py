# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import itertools
import shutil
import subprocess

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._packages import (
    Package,
    Policy,
    choose_version,
    compare_versions,
    parse_apt_policy,
    parse_dpkg_query,
    upstream_version,
    version_matches,
)

# The state has three letters; the third one is a blank unless the package must be installed again.
DPKG = "".join(
    f"{line}\n"
    for line in (
        "dpkg\t1.22.21\tamd64\tii ",
        "prometheus\t2.53.3+ds1-2\tamd64\tii ",
        "promtool\t2.53.3+ds1-2\tamd64\thi ",
        "half\t1.0-1\tamd64\tiF ",
        "unpacked\t1.0-1\tamd64\tiU ",
        "triggers\t1.0-1\tamd64\tit ",
        "purged\t\t\tun ",
        "removed\t1.0-1\tamd64\trc ",
        "reinstall\t1.0-1\tamd64\tiHR",
        "libc6\t2.41-12\ti386\trc ",
        "libc6\t2.41-12\tamd64\tii ",
    )
)

POLICY = """\
prometheus:
  Installed: 2.42.0+ds-5
  Candidate: 2.53.3+ds1-2
  Version table:
     3.5.3+ds1-6 100
        100 http://deb.example.org/debian sid/main amd64 Packages
     2.53.3+ds1-2 500
        500 http://deb.example.org/debian trixie/main amd64 Packages
     2.45.0+ds-1 -1
         -1 http://deb.example.org/debian old/main amd64 Packages
 *** 2.42.0+ds-5 100
        100 /var/lib/dpkg/status
promtool:
  Installed: (none)
  Candidate: (none)
  Version table:
"""


def test_reads_what_dpkg_knows() -> None:
    found = parse_dpkg_query(DPKG)
    assert found["prometheus"] == Package("prometheus", "2.53.3+ds1-2", "amd64", installed=True, broken=False)
    assert {name for name, package in found.items() if package.installed} == {
        "dpkg", "prometheus", "promtool", "triggers", "libc6"
    }  # fmt: skip
    assert {name for name, package in found.items() if package.broken} == {"half", "unpacked", "reinstall"}
    assert found["libc6"].architecture == "amd64"


def test_reads_what_apt_offers() -> None:
    found = parse_apt_policy(POLICY)
    assert found["prometheus"].candidate == "2.53.3+ds1-2"
    # Neither a version that a pin forbids, nor one that only dpkg knows.
    assert found["prometheus"].versions == ["3.5.3+ds1-6", "2.53.3+ds1-2"]
    assert found["promtool"] == Policy("", [])
    assert parse_apt_policy("") == {}


@pytest.mark.parametrize(
    ("debian", "upstream"),
    [
        ("2.53.3+ds1-2", "2.53.3"),
        ("2.42.0+ds-5+deb12u1", "2.42.0"),
        ("1:2.53.3-1", "2.53.3"),
        ("1.9.0-1+b4", "1.9.0"),
        ("3.0.0~rc.1+ds-1", "3.0.0-rc.1"),
        ("0.25.0~dfsg1-2", "0.25.0"),
        ("8.15.0", "8.15.0"),
        ("2.53.3+ds1.1-2", "2.53.3"),
        ("2.0-rc1-3", "2.0-rc1"),
    ],
)
def test_upstream_version(debian: str, upstream: str) -> None:
    assert upstream_version(debian) == upstream


@pytest.mark.parametrize(
    ("pattern", "version", "expected"),
    [
        ("", "2.53.3+ds1-2", True),
        ("", "", False),
        ("*", "", False),
        ("2.53.*", "2.53.3+ds1-2", True),
        ("2.53.*", "2.5.3-1", False),
        ("2.53.*", "12.53.3-1", False),
        ("2.*", "1:2.53.3-1", True),
        ("2.53.3", "2.53.3+ds1-2", True),
        ("2.53.3", "2.53.31-1", False),
        ("2.53.3+ds1-2", "2.53.3+ds1-2", True),
        ("1:2.53.3-1", "1:2.53.3-1", True),
        ("2.53", "2.53.3-1", False),
        ("2.53.[34]", "2.53.4-1", True),
    ],
)
def test_version_matches(pattern: str, version: str, expected: bool) -> None:
    assert version_matches(pattern, version) is expected


@pytest.mark.parametrize(
    ("pattern", "candidate", "versions", "expected"),
    [
        ("", "2.53.3-1", ["3.5.3-1", "2.53.3-1"], "2.53.3-1"),
        ("2.*", "2.53.3-1", ["2.55.0-1", "2.53.3-1"], "2.53.3-1"),
        ("3.*", "2.53.3-1", ["2.53.3-1", "3.5.3-1", "3.10.0-1", "3.9.0-1"], "3.10.0-1"),
        ("9.*", "2.53.3-1", ["2.53.3-1"], ""),
        ("", "", ["2.53.3-1"], ""),
    ],
)
def test_chooses_the_candidate_or_the_newest_that_matches(
    pattern: str, candidate: str, versions: list[str], expected: str
) -> None:
    assert choose_version(pattern, Policy(candidate, versions)) == expected


ORDERED = [
    "0.9",
    "1.0~~",
    "1.0~beta1-1",
    "1.0~rc1",
    "1.0",
    "1.0-1",
    "1.0-1+b4",
    "1.0a",
    "1.0+ds-1",
    "1.0.1",
    "1.9",
    "1.10",
    "2.42.0+ds-5",
    "2.53.3+ds1-2",
    "10.0",
    "1:0.1",
]


@pytest.mark.parametrize("left", ORDERED)
@pytest.mark.parametrize("right", ORDERED)
def test_orders_versions_as_debian_does(left: str, right: str) -> None:
    expected = (ORDERED.index(left) > ORDERED.index(right)) - (ORDERED.index(left) < ORDERED.index(right))
    found = compare_versions(left, right)
    assert (found > 0) - (found < 0) == expected


@pytest.mark.skipif(shutil.which("dpkg") is None, reason="the list is checked against dpkg where there is one")
def test_the_list_above_is_in_dpkgs_order() -> None:
    for left, right in itertools.pairwise(ORDERED):
        assert subprocess.run(["dpkg", "--compare-versions", left, "lt", right], check=False).returncode == 0

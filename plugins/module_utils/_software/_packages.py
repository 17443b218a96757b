# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What dpkg and apt say, and Debian's version numbers. PRIVATE to the collection."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

# ${db:Status-Abbrev}: desired, status, error. W and t are configured packages that wait for triggers.
_INSTALLED = frozenset("iWt")
_BROKEN = frozenset("UFH")

DPKG_QUERY_FORMAT = "${Package}\t${Version}\t${Architecture}\t${db:Status-Abbrev}\n"

_POLICY_NAME = re.compile(r"^(\S+):$")
_POLICY_CANDIDATE = re.compile(r"^  Candidate: (\S+)$")
_POLICY_VERSION = re.compile(r"^ (?:\*\*\*|   ) (\S+) (-?\d+)$")
_POLICY_SOURCE = re.compile(r"^ {8,}(-?\d+) (\S+)")

# What Debian appends when it repacks an upstream archive: 2.53.3+ds1, 0.25.0~dfsg
_REPACKED = re.compile(r"[+~.](?:ds|dfsg)\d*(?:[.+~].*)?$")


@dataclass(frozen=True)
class Package:
    """One line of dpkg-query."""

    name: str
    version: str
    architecture: str
    installed: bool
    broken: bool


@dataclass
class Policy:
    """What apt would install: the candidate ("" for none) and all versions that a source offers, newest first."""

    candidate: str = ""
    versions: list[str] = field(default_factory=list)


def parse_dpkg_query(text: str) -> dict[str, Package]:
    """Read the output of dpkg-query with DPKG_QUERY_FORMAT; packages that are only known (rc, un) are not installed."""
    found: dict[str, Package] = {}
    for line in text.splitlines():
        parts = line.split("\t")
        if len(parts) != 4:
            continue
        name, version, architecture, state = parts
        status = state[1:2]
        package = Package(
            name=name,
            version=version,
            architecture=architecture,
            installed=status in _INSTALLED,
            broken=status in _BROKEN or state[2:3] == "R",
        )
        # With several architectures of one package the installed one counts.
        if name not in found or package.installed:
            found[name] = package
    return found


def parse_apt_policy(text: str) -> dict[str, Policy]:
    """Read the output of `LC_ALL=C apt-cache policy name...`; a version that no source offers any more is left out."""
    found: dict[str, Policy] = {}
    current: Policy | None = None
    version = ""
    for line in text.splitlines():
        name = _POLICY_NAME.match(line)
        if name:
            current = found.setdefault(name.group(1), Policy())
            version = ""
            continue
        if current is None:
            continue
        candidate = _POLICY_CANDIDATE.match(line)
        if candidate:
            current.candidate = "" if candidate.group(1) == "(none)" else candidate.group(1)
            continue
        offered = _POLICY_VERSION.match(line)
        if offered:
            # A negative priority means that a pin forbids the version.
            version = offered.group(1) if int(offered.group(2)) >= 0 else ""
            continue
        source = _POLICY_SOURCE.match(line)
        if source and version and source.group(2) != "/var/lib/dpkg/status" and version not in current.versions:
            current.versions.append(version)
    return found


def upstream_version(version: str) -> str:
    """Strip what Debian adds to a version: "1:2.53.3+ds1-2" -> "2.53.3", "3.0.0~rc.1+ds-1" -> "3.0.0-rc.1"."""
    bare = version.partition(":")[2] if re.match(r"^\d+:", version) else version
    bare = bare.rpartition("-")[0] or bare
    return _REPACKED.sub("", bare).replace("~", "-")


def version_matches(pattern: str, version: str) -> bool:
    """Tell whether a package's version is the wanted one.

    Args:
        pattern: shell pattern ("2.53.*"), an upstream version ("2.53.3"), a whole Debian version, or "" for any.
        version: the whole Debian version; "" matches nothing.
    """
    if not version:
        return False
    if not pattern:
        return True
    without_epoch = version.partition(":")[2] or version
    return any(fnmatchcase(text, pattern) for text in (version, without_epoch, upstream_version(version)))


def choose_version(pattern: str, policy: Policy) -> str:
    """Pick what to install: the candidate when it matches, else the newest offered version that does, else ""."""
    if version_matches(pattern, policy.candidate):
        return policy.candidate
    if not pattern:
        return ""
    newest = ""
    for version in policy.versions:
        if version_matches(pattern, version) and (not newest or compare_versions(version, newest) > 0):
            newest = version
    return newest


def compare_versions(left: str, right: str) -> int:
    """Compare two Debian versions as deb-version(7) orders them: negative, 0 or positive."""
    for one, other in zip(_split(left), _split(right)):
        result = _compare_part(one, other)
        if result:
            return result
    return 0


def _split(version: str) -> tuple[str, str, str]:
    """Epoch, upstream's part, revision."""
    epoch, colon, rest = version.partition(":")
    if not colon:
        epoch, rest = "0", version
    upstream, hyphen, revision = rest.rpartition("-")
    return (epoch, upstream, revision) if hyphen else (epoch, rest, "")


def _order(character: str) -> int:
    if character == "~":  # sorts before everything, even before the end
        return -1
    if character.isalpha():
        return ord(character)
    return ord(character) + 256


def _compare_part(left: str, right: str) -> int:
    i = j = 0
    while i < len(left) or j < len(right):
        while (i < len(left) and not left[i].isdigit()) or (j < len(right) and not right[j].isdigit()):
            one = _order(left[i]) if i < len(left) and not left[i].isdigit() else 0
            other = _order(right[j]) if j < len(right) and not right[j].isdigit() else 0
            if one != other:
                return one - other
            i, j = i + 1, j + 1
        one_number, i = _digits(left, i)
        other_number, j = _digits(right, j)
        if one_number != other_number:
            return one_number - other_number
    return 0


def _digits(text: str, start: int) -> tuple[int, int]:
    end = start
    while end < len(text) and text[end].isdigit():
        end += 1
    return int(text[start:end] or "0"), end


__all__ = (
    "DPKG_QUERY_FORMAT",
    "Package",
    "Policy",
    "choose_version",
    "compare_versions",
    "parse_apt_policy",
    "parse_dpkg_query",
    "upstream_version",
    "version_matches",
)

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Distribution and architecture of a target. PRIVATE to the collection."""

from __future__ import annotations

import shlex
import typing as t
from dataclasses import dataclass

from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._errors import SoftwareError

# (ID, VERSION_ID) of os-release -> is it tested by this collection?
KNOWN_SYSTEMS: t.Mapping[tuple[str, str], bool] = {
    ("debian", "12"): True,
    ("debian", "13"): True,
    ("ubuntu", "22.04"): False,
    ("ubuntu", "24.04"): False,
}

# Debian's architecture names -> the names that Go projects use in their release archives.
# armel is built for ARMv5 without floating point, armhf for ARMv7.
UPSTREAM_ARCHITECTURES: t.Mapping[str, str] = {
    "amd64": "amd64",
    "arm64": "arm64",
    "armhf": "armv7",
    "armel": "armv5",
    "i386": "386",
    "mips64el": "mips64le",
    "ppc64el": "ppc64le",
    "riscv64": "riscv64",
    "s390x": "s390x",
}


@dataclass(frozen=True)
class OperatingSystem:
    """The distribution as /etc/os-release names it; every field may be empty."""

    id: str
    version_id: str
    codename: str
    name: str


def parse_os_release(text: str) -> OperatingSystem:
    """Read the text of an os-release file (shell assignments, see os-release(5)); unknown lines are ignored."""
    values: dict[str, str] = {}
    for line in text.splitlines():
        key, separator, value = line.strip().partition("=")
        if not separator or key.startswith("#"):
            continue
        try:
            words = shlex.split(value)
        except ValueError:  # an unbalanced quote: take the text as it stands
            words = [value]
        values[key] = words[0] if words else ""
    return OperatingSystem(
        id=values.get("ID", "").lower(),
        version_id=values.get("VERSION_ID", ""),
        codename=values.get("VERSION_CODENAME", ""),
        name=values.get("PRETTY_NAME", "") or values.get("NAME", ""),
    )


def require_known_system(system: OperatingSystem) -> bool:
    """Tell whether the distribution is tested (True) or expected to work (False).

    Raises:
        SoftwareError: the collection does not know the distribution.
    """
    try:
        return KNOWN_SYSTEMS[(system.id, system.version_id)]
    except KeyError:
        found = system.name or "no /etc/os-release"
        raise SoftwareError(
            f"unsupported distribution: found {found} (ID={system.id or 'none'}, "
            f"VERSION_ID={system.version_id or 'none'}), expected Debian 12 or 13 (tested), or "
            "Ubuntu 22.04 or 24.04 (untested)"
        ) from None


def upstream_architecture(debian: str, machine: str) -> str:
    """Translate the architecture of the target's packages to the name release archives use.

    Args:
        debian: dpkg's native architecture, such as C(armhf); it counts, as a 64 bit kernel may run a 32 bit userland.
        machine: C(uname -m), used only to tell the ARMv6 boards whose distribution calls itself armhf.

    Returns:
        The name (C(armv7)), or "" when it is unknown.
    """
    if debian == "armhf" and machine.startswith("armv6"):
        return "armv6"
    return UPSTREAM_ARCHITECTURES.get(debian, "")


__all__ = ("KNOWN_SYSTEMS", "OperatingSystem", "parse_os_release", "require_known_system", "upstream_architecture")

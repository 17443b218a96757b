# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One look at what is installed on a target. PRIVATE to the collection."""

from __future__ import annotations

import os
import pwd
import subprocess
import time
import typing as t

from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._dpkg import is_interrupted
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._errors import SoftwareError
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._packages import (
    DPKG_QUERY_FORMAT,
    Package,
    Policy,
    parse_apt_policy,
    parse_dpkg_query,
    version_matches,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._repository import scan
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._store import (
    LINKS,
    ROOT,
    Release,
    scan_links,
    scan_releases,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._system import parse_os_release

_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}
_OS_RELEASE = ("/etc/os-release", "/usr/lib/os-release")
_PROGRAMS = "/usr/bin"
_LISTS = "/var/lib/apt/lists"


class PackageState(t.TypedDict):
    """A package that dpkg knows."""

    version: str
    installed: bool
    broken: bool


class Offer(t.TypedDict):
    """What apt offers for a package."""

    candidate: str
    versions: list[str]


class Wish(t.TypedDict):
    """A package that somebody wants.

    Attributes:
        name: of the package.
        version: pattern, "" for any.
        optional: a program of that name in /usr/bin is as good.
    """

    name: str
    version: str
    optional: bool


class Look(t.TypedDict):
    """What is there.

    Attributes:
        system: fields of OperatingSystem.
        machine: uname -m.
        debian_architecture: dpkg's native one; "" without dpkg.
        packages: what dpkg knows of the packages asked for.
        offers: what apt offers for those that are asked for and not there; None when apt was not asked.
        lists: whether apt has package lists at all; None when apt was not asked.
        programs: names of packages asked for that are programs in /usr/bin as well.
        releases: service -> version -> what /opt/<service>/<version> holds.
        links: links in /usr/local/bin that lead there.
        users: uid of the users asked for that exist.
        apt_files: content of our files below /etc/apt, by path.
        interrupted: an earlier package installation did not end.
        seconds: how long the look took.
    """

    system: dict[str, str]
    machine: str
    debian_architecture: str
    packages: dict[str, PackageState]
    offers: dict[str, Offer] | None
    lists: bool | None
    programs: list[str]
    releases: dict[str, dict[str, Release]]
    links: dict[str, str]
    users: dict[str, int]
    apt_files: dict[str, str]
    interrupted: bool
    seconds: float


def look(
    wishes: t.Sequence[Wish],
    known: t.Sequence[str] = (),
    services: t.Sequence[str] = (),
    users: t.Sequence[str] = (),
    root: str = ROOT,
) -> Look:
    """Look at the target.

    Args:
        wishes: packages somebody wants; apt is asked only when one of them is not there.
        known: further packages whose version is wanted.
        services: whose releases are listed.
        users: whose uid is wanted.
        root: of the releases.

    Raises:
        SoftwareError: dpkg or apt fails.
    """
    begin = time.monotonic()
    system = parse_os_release(_first_text(_OS_RELEASE))
    names = sorted({wish["name"] for wish in wishes} | set(known))
    packages = _dpkg([*names, "dpkg"])
    dpkg = packages.get("dpkg")
    programs = [name for name in names if os.access(os.path.join(_PROGRAMS, name), os.X_OK)]
    states = {
        name: PackageState(version=package.version, installed=package.installed, broken=package.broken)
        for name, package in packages.items()
        if name in names
    }
    missing = [wish for wish in wishes if not is_fulfilled(wish, states, programs)]
    offers: dict[str, Offer] | None = None
    lists: bool | None = None
    if missing and dpkg is not None:
        absent = {name for name in names if name not in states or not states[name]["installed"]}
        offers = _apt(sorted({wish["name"] for wish in missing} | absent))
        lists = _have_lists()
    return Look(
        system={"id": system.id, "version_id": system.version_id, "codename": system.codename, "name": system.name},
        machine=os.uname().machine,
        debian_architecture=dpkg.architecture if dpkg else "",
        packages=states,
        offers=offers,
        lists=lists,
        programs=programs,
        releases={service: scan_releases(service, root) for service in sorted(set(services))},
        links=scan_links(LINKS, root),
        users=_uids(users),
        apt_files=scan(),
        interrupted=is_interrupted(),
        seconds=round(time.monotonic() - begin, 3),
    )


def is_fulfilled(wish: Wish, packages: t.Mapping[str, PackageState], programs: t.Sequence[str]) -> bool:
    """Tell whether a wish needs no installation."""
    package = packages.get(wish["name"])
    if package is not None and package["installed"]:
        return version_matches(wish["version"], package["version"])
    return wish["optional"] and wish["name"] in programs


def _first_text(paths: t.Iterable[str]) -> str:
    for path in paths:
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                return file.read()
        except OSError:
            continue  # os-release(5): the second place counts when the first is not there
    return ""


def _dpkg(names: t.Sequence[str]) -> dict[str, Package]:
    # Exit code 1: some name is not known, which is an answer.
    output = _run(["dpkg-query", "--show", f"--showformat={DPKG_QUERY_FORMAT}", *names], (0, 1))
    return parse_dpkg_query(output) if output is not None else {}


def _apt(names: t.Sequence[str]) -> dict[str, Offer]:
    # Without the cache files that apt would otherwise write: a look leaves no trace. It costs half a second, but only
    # where something is missing.
    memory_only = ["-oDir::Cache::pkgcache=", "-oDir::Cache::srcpkgcache="]
    output = _run(["apt-cache", *memory_only, "policy", *names], (0,))
    policies: dict[str, Policy] = parse_apt_policy(output or "")
    return {name: Offer(candidate=policy.candidate, versions=policy.versions) for name, policy in policies.items()}


def _run(argv: t.Sequence[str], accepted: tuple[int, ...]) -> str | None:
    """Run a program; None when it does not exist (a distribution without dpkg)."""
    try:
        finished = subprocess.run(
            argv, stdin=subprocess.DEVNULL, capture_output=True, env=_ENVIRONMENT, check=False, timeout=120
        )
    except FileNotFoundError:
        return None
    except subprocess.TimeoutExpired as error:
        raise SoftwareError(f"{argv[0]} did not answer within 120 s") from error
    if finished.returncode not in accepted:
        said = finished.stderr.decode("utf-8", "replace").strip()[-500:]
        raise SoftwareError(f"{argv[0]} failed with exit code {finished.returncode}: {said}")
    return finished.stdout.decode("utf-8", "replace")


def _have_lists() -> bool:
    try:
        # Compressed ones are called ..._Packages.lz4 and so on.
        return any("_Packages" in name for name in os.listdir(_LISTS))
    except FileNotFoundError:
        return False


def _uids(names: t.Iterable[str]) -> dict[str, int]:
    found = {}
    for name in names:
        try:
            found[name] = pwd.getpwnam(name).pw_uid
        except KeyError:
            continue
    return found


__all__ = ("Look", "Offer", "PackageState", "Wish", "is_fulfilled", "look")

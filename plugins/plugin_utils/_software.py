# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What service_software decides on the controller: no input or output here."""

from __future__ import annotations

import dataclasses
import posixpath
import re
import typing as t
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._checksums import (
    parse_checksum,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._errors import SoftwareError
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._look import (
    Look,
    Wish,
    is_fulfilled,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._packages import (
    Policy,
    choose_version,
    compare_versions,
    upstream_version,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._store import (
    ROOT,
    Place,
    is_complete,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._system import (
    OperatingSystem,
    require_known_system,
    upstream_architecture,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._urls import (
    Source,
    file_name,
    fill_placeholders,
    split_source,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._repository import (
    Repository,
    pending_files,
    read_repository,
    repository_files,
)

PACKAGE: t.Final = "package"
ARCHIVE: t.Final = "archive"

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_PACKAGE_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]+")
_USER_NAME = re.compile(r"[a-z_][a-z0-9_-]*")
_ARCHIVE_VERSION = re.compile(r"\d+(\.\d+)*([-+~.][0-9A-Za-z][0-9A-Za-z.+~-]*)?")
_PACKAGE_VERSION = re.compile(r"[0-9*?\[][0-9A-Za-z.+:~*?\[\]-]*")
# adduser's range; for a user outside of it `adduser --system` fails, below it as well.
_SYSTEM_UIDS = range(100, 1000)


@dataclass(frozen=True)
class ArchiveRequest:
    """The release archive that is wanted; placeholders are still in the addresses."""

    url: str
    checksum: str
    checksums_url: str
    binaries: tuple[str, ...]
    ca_file: str
    username: str
    password: str
    timeout: int


@dataclass(frozen=True)
class Request:
    """A checked task. See plugins/modules/service_software.py for the meaning of each argument."""

    name: str
    state: str
    method: str
    version: str
    packages: tuple[str, ...]
    optional_packages: tuple[str, ...]
    users: tuple[str, ...]
    allow_downgrade: bool
    archive: ArchiveRequest | None
    repository: Repository | None
    hint: str
    refresh: bool

    def variable(self, topic: str) -> str:
        """The role's variable for a topic: `version` gives `prometheus_version`."""
        return f"{self.name}_{topic}"

    @property
    def place(self) -> Place:
        """Where the release goes."""
        return Place(self.name, self.version)

    @property
    def wishes(self) -> list[Wish]:
        """The packages as the look wants them; none when an archive is wanted."""
        if self.method != PACKAGE:
            return []
        required = [
            Wish(name=name, version=self.version if number == 0 else "", optional=False)
            for number, name in enumerate(self.packages)
        ]
        return required + [Wish(name=name, version="", optional=True) for name in self.optional_packages]


@dataclass(frozen=True)
class Status:
    """What is there, compared with what is wanted; the fields are those of the result."""

    version: str
    package_version: str
    installed: bool
    satisfied: bool
    path: str
    bin_dir: str
    notes: tuple[str, ...] = ()
    missing: tuple[Wish, ...] = field(default=(), repr=False)


def read_request(arguments: Mapping[str, t.Any], raw_version: object) -> Request:
    """Check the arguments of a task beyond their types.

    Args:
        arguments: after validate_argument_spec().
        raw_version: `version` as it was before that made text of it.

    Raises:
        SoftwareError: names the variable, what was found and what is expected.
    """
    name = str(arguments["name"])
    if not _NAME.fullmatch(name):
        raise SoftwareError(f"name: found '{name}', expected lower case letters, digits and underscores")
    packages = tuple(str(package) for package in arguments["packages"])
    optional = tuple(str(package) for package in arguments["optional_packages"])
    users = arguments["users"]
    request = Request(
        name=name,
        state=arguments["state"],
        method=arguments["method"],
        version=str(arguments["version"]),
        packages=packages,
        optional_packages=optional,
        users=tuple(str(user) for user in users) if users is not None else _default_users((*packages, *optional)),
        allow_downgrade=arguments["allow_downgrade"],
        archive=_read_archive(arguments["archive"]),
        repository=None,
        hint=arguments["hint"],
        refresh=arguments["refresh"],
    )
    _check_version(request, raw_version)
    _check_names(request)
    if request.method == ARCHIVE:
        _check_archive(request)
    elif arguments["repository"] is not None:
        repository = read_repository(arguments["repository"], request.variable, request.version)
        request = dataclasses.replace(request, repository=repository)
    return request


def _default_users(packages: Iterable[str]) -> tuple[str, ...]:
    return ("prometheus",) if any(package.startswith("prometheus") for package in packages) else ()


def _read_archive(value: Mapping[str, t.Any] | None) -> ArchiveRequest | None:
    if value is None:
        return None
    return ArchiveRequest(
        url=str(value["url"]),
        checksum=str(value["checksum"] or ""),
        checksums_url=str(value["checksums_url"] or ""),
        binaries=tuple(str(binary) for binary in value["binaries"]),
        ca_file=str(value["ca_file"] or ""),
        username=str(value["username"] or ""),
        password=str(value["password"] or ""),
        timeout=value["timeout"],
    )


def _check_version(request: Request, raw: object) -> None:
    variable, found = request.variable("version"), request.version
    if raw is not None and not isinstance(raw, str):
        raise SoftwareError(
            f"{variable}: found {raw!r}, which is not text, expected a version in quotes such as '2.53.*' "
            "(YAML reads 3.10 as 3.1)"
        )
    if found.lower() == "latest":
        raise SoftwareError(
            f"{variable}: found '{found}', expected {_expected_version(request)}: "
            "what is installed must not depend on the day of the run"
        )
    pattern = _ARCHIVE_VERSION if request.method == ARCHIVE else _PACKAGE_VERSION
    if not pattern.fullmatch(found) and (found or request.method == ARCHIVE):
        raise SoftwareError(f"{variable}: found '{found}', expected {_expected_version(request)}")


def _expected_version(request: Request) -> str:
    if request.method == ARCHIVE:
        return 'an exact version without a v in front, such as "3.5.0"'
    return 'a pattern such as "2.53.*", or "" for the version the distribution has'


def _check_names(request: Request) -> None:
    for topic, names, pattern in (
        ("packages", (*request.packages, *request.optional_packages), _PACKAGE_NAME),
        ("users", request.users, _USER_NAME),
    ):
        for name in names:
            if not pattern.fullmatch(name):
                raise SoftwareError(
                    f"{request.variable(topic)}: found '{name}', expected a name without version or blanks"
                )
    if request.method == PACKAGE and not request.packages:
        raise SoftwareError(
            f"{request.variable('packages')}: found an empty list, expected the name of a package at least"
        )


def _check_archive(request: Request) -> None:
    archive = archive_of(request)
    if not archive.checksum and not archive.checksums_url:
        raise SoftwareError(
            f"{request.variable('archive_checksum')} and {request.variable('archive_checksums_url')}: "
            "found both empty, expected one of them: an archive is not installed unchecked"
        )
    _named(request.variable("archive_checksum"), lambda: parse_checksum(archive.checksum))
    if not archive.binaries:
        raise SoftwareError("archive.binaries: found an empty list, expected the name of a program at least")
    for binary in archive.binaries:
        if binary != posixpath.normpath(binary) or binary.startswith(("/", "..")):
            raise SoftwareError(f"archive.binaries: found '{binary}', expected a path relative to the unpacked archive")


_Value = t.TypeVar("_Value")


def _named(variable: str, action: t.Callable[[], _Value]) -> _Value:
    """Put the name of a variable in front of an error's message."""
    try:
        return action()
    except SoftwareError as error:
        raise SoftwareError(f"{variable}: {error}", source=error.source) from error


def system_facts(look: Look) -> dict[str, t.Any]:
    """The `os` of the result.

    Raises:
        SoftwareError: the distribution is not supported.
    """
    system = OperatingSystem(**look["system"])
    tested = require_known_system(system)
    return {
        "id": system.id,
        "version_id": system.version_id,
        "codename": system.codename,
        "name": system.name,
        "tested": tested,
    }


def architecture(look: Look) -> str:
    """The host's architecture as release archives call it, or ""."""
    return upstream_architecture(look["debian_architecture"], look["machine"])


def version_in_use(request: Request, look: Look) -> str:
    """Upstream's version the host uses: where a link leads, else the first package's, else ""."""
    home = f"{ROOT}/{request.name}/"
    for target in look["links"].values():
        if target.startswith(home):
            return target[len(home) :].partition("/")[0]
    if request.packages and _is_installed(look, request.packages[0]):
        return upstream_version(look["packages"][request.packages[0]]["version"])
    return ""


def status(request: Request, look: Look) -> Status:
    """Compare what is there with what is wanted."""
    return _archive_status(request, look) if request.method == ARCHIVE else _package_status(request, look)


def archive_of(request: Request) -> ArchiveRequest:
    """The archive of a request that needs one.

    Raises:
        SoftwareError: the task gives none.
    """
    if request.archive is None:
        raise SoftwareError("archive: found nothing, expected url, checksum or checksums_url, and binaries")
    return request.archive


def _archive_status(request: Request, look: Look) -> Status:
    archive = archive_of(request)
    release = look["releases"].get(request.name, {}).get(request.version)
    path = request.place.final
    return Status(
        version=request.version,
        package_version="",
        installed=is_complete(release, archive.binaries, ""),
        satisfied=is_complete(release, archive.binaries, parse_checksum(archive.checksum)),
        path=path,
        bin_dir=path,
    )


def _package_status(request: Request, look: Look) -> Status:
    wishes = request.wishes
    open_wishes = [wish for wish in wishes if not is_fulfilled(wish, look["packages"], look["programs"])]
    # An optional package that nobody offers is no gap.
    missing = [wish for wish in open_wishes if not wish["optional"] or target_version(wish, look)]
    states = look["packages"]
    installed = all(_is_installed(look, name) for name in request.packages)
    main = request.packages[0]
    package_version = states[main]["version"] if _is_installed(look, main) else ""
    if not package_version or not is_fulfilled(wishes[0], states, ()):
        package_version = target_version(wishes[0], look) or package_version
    return Status(
        version=upstream_version(package_version),
        package_version=package_version,
        installed=installed,
        satisfied=not missing,
        path="",
        bin_dir="/usr/bin",
        notes=() if package_version else (_unknown_version(request, look),),
        missing=tuple(missing),
    )


def pending_repository_files(request: Request, look: Look) -> dict[str, str | None]:
    """The files below /etc/apt that a vendor's repository still needs."""
    if request.repository is None:
        return {}
    wanted = repository_files(
        request.repository,
        request.name,
        request.packages,
        request.version,
        allow_downgrade=request.allow_downgrade,
    )
    return pending_files(wanted, look["apt_files"])


def _is_installed(look: Look, package: str) -> bool:
    state = look["packages"].get(package)
    return state is not None and state["installed"]


def _unknown_version(request: Request, look: Look) -> str:
    if not look["lists"]:
        return "no package lists on this host: the version is not known before the first apt update"
    wanted = f" {request.version}" if request.version else ""
    return f"this host's package lists do not offer {request.packages[0]}{wanted}; an apt update may change that"


def target_version(wish: Wish, look: Look) -> str:
    """The Debian version that would be installed for a wish; "" when apt offers none."""
    offer = (look["offers"] or {}).get(wish["name"])
    if offer is None:
        return ""
    return choose_version(wish["version"], Policy(candidate=offer["candidate"], versions=list(offer["versions"])))


def package_arguments(request: Request, look: Look, missing: Sequence[Wish]) -> list[str]:
    """What to tell apt.

    Raises:
        SoftwareError: a package is not offered; names what is.
    """
    arguments = []
    for wish in missing:
        version = target_version(wish, look)
        if not version:
            raise SoftwareError(_not_offered(request, look, wish), source=True)
        # Without a pattern apt decides by its own preferences.
        arguments.append(f"{wish['name']}={version}" if wish["version"] else wish["name"])
    return arguments


def _not_offered(request: Request, look: Look, wish: Wish) -> str:
    offer = (look["offers"] or {}).get(wish["name"])
    offered = sorted({*(offer["versions"] if offer else ()), *((offer["candidate"],) if offer else ())} - {""})
    if offered:
        return (
            f"{request.variable('version')}: found '{wish['version']}', expected a version that apt offers for "
            f"{wish['name']}: {', '.join(offered)}"
        )
    return (
        f"{request.variable('packages')}: found '{wish['name']}', which no package source of this host "
        f"({look['system']['name']}) offers"
    )


def refuse_downgrade(request: Request, look: Look, current: Status) -> None:
    """Stop before an older version than the one in use is installed unasked.

    Raises:
        SoftwareError: it would be, and allow_downgrade is off.
    """
    if request.allow_downgrade or request.method != PACKAGE or not current.version:
        return
    in_use = version_in_use(request, look)
    if in_use and compare_versions(_sortable(current.version), _sortable(in_use)) < 0:
        raise SoftwareError(
            f"{request.variable('version')}: found '{request.version}', which means {current.version}, but {in_use} "
            f"is in use; expected no older version, or {request.variable('allow_downgrade')}: true"
        )


def _sortable(version: str) -> str:
    """Make deb-version order of upstream's: a hyphen (3.0.0-rc.1) stands before a pre-release."""
    return version.replace("-", "~")


def refuse_strangers(request: Request, look: Look, missing: Iterable[Wish]) -> None:
    """Stop before a package fails halfway because a user it wants to create belongs to somebody.

    Raises:
        SoftwareError: a user is in the way.
    """
    new = [wish["name"] for wish in missing if not _is_installed(look, wish["name"])]
    if not new:
        return
    for user in request.users:
        uid = look["users"].get(user)
        if uid is not None and uid not in _SYSTEM_UIDS:
            raise SoftwareError(
                f"found a user '{user}' with uid {uid}, expected no such user or a system user (uid "
                f"{_SYSTEM_UIDS[0]} to {_SYSTEM_UIDS[-1]}): the installation of {', '.join(new)} creates it and would "
                "fail halfway. "
                f"Rename or remove that user, or set {request.variable('install_method')}: archive"
            )


@dataclass(frozen=True)
class ArchiveSources:
    """Where an archive comes from, for one host."""

    archive: Source
    sha256: str
    checksums: Source | None


def archive_sources(request: Request, look: Look) -> ArchiveSources:
    """Fill the placeholders for a host.

    Raises:
        SoftwareError: an address cannot be used; names the variable.
    """
    archive = archive_of(request)
    values = {"version": request.version, "arch": architecture(look)}

    def source(topic: str, url: str) -> Source:
        return _named(
            request.variable(topic),
            lambda: split_source(fill_placeholders(url, values), archive.username, archive.password),
        )

    main = source("archive_url", archive.url)
    if not file_name(main.url):
        raise SoftwareError(f"{request.variable('archive_url')}: found '{main.shown}', expected the address of a file")
    sha256 = parse_checksum(archive.checksum)
    return ArchiveSources(main, sha256, None if sha256 else source("archive_checksums_url", archive.checksums_url))


def source_help(request: Request) -> str:
    """Which variables help when a source cannot be used."""
    if request.hint:
        return request.hint
    if request.method == ARCHIVE:
        variables = ", ".join(request.variable(f"archive_{topic}") for topic in ("url", "checksums_url", "checksum"))
        return (
            f"Check {request.variable('version')}, {variables}, or set observability_mirror_url to an internal mirror "
            "of all downloads that this host can reach."
        )
    if request.repository is not None:
        variables = ", ".join(request.variable(f"repository_{topic}") for topic in ("url", "key_url"))
        return (
            f"Check {request.variable('version')} and {variables}, which may lead to an internal mirror that this host "
            "can reach."
        )
    return (
        "Check the host's package sources (/etc/apt/sources.list and sources.list.d), "
        f"{request.variable('packages')} and {request.variable('version')}, or set "
        f"{request.variable('install_method')}: archive."
    )


__all__ = (
    "ARCHIVE",
    "PACKAGE",
    "ArchiveRequest",
    "ArchiveSources",
    "Request",
    "Status",
    "architecture",
    "archive_of",
    "archive_sources",
    "package_arguments",
    "pending_repository_files",
    "read_request",
    "refuse_downgrade",
    "refuse_strangers",
    "source_help",
    "status",
    "system_facts",
    "target_version",
    "version_in_use",
)

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. A vendor's apt repository: what service_software writes for it below /etc/apt."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._errors import SoftwareError
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._repository import (
    KEYRINGS,
    PREFERENCES,
    PREFIX,
    SOURCES,
    require_key,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._urls import split_source

_NAME = re.compile(r"[a-z][a-z0-9-]*")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")
_EXACT_VERSION = re.compile(r"[0-9][0-9A-Za-z.+:~-]*")
_HEADER = "# Managed by Ansible (enterprise_tickets.observability); changes are overwritten.\n"
# Above the 500 of any other version, so that no upgrade moves the package; below 1000, so that it is never moved back
# unasked. Asked for, it has to be above: with a lower one in place apt has no candidate (apt_preferences(5)).
_PRIORITY = 990
_PRIORITY_BACK = 1001


@dataclass(frozen=True)
class Repository:
    """A vendor's apt repository; the fields are those of the option `repository`."""

    name: str
    url: str
    suite: str
    components: tuple[str, ...]
    key: str
    key_url: str
    ca_file: str
    timeout: int

    @property
    def key_path(self) -> str:
        """Where its key goes."""
        return f"{KEYRINGS}/{PREFIX}{self.name}.asc"

    @property
    def release_url(self) -> str:
        """The signed file that tells whether the repository is there."""
        return f"{self.url}/dists/{self.suite}/InRelease"


def read_repository(value: Mapping[str, t.Any], variable: Callable[[str], str], version: str) -> Repository:
    """Check the option `repository`.

    Args:
        value: the option, after its types were checked; the content of a `key_file` stands in `key`.
        variable: gives the name of the role's variable for a topic.
        version: the version that is asked for.

    Raises:
        SoftwareError: names the variable, what was found and what is expected.
    """
    name = str(value["name"])
    if not _NAME.fullmatch(name):
        raise SoftwareError(f"repository.name: found '{name}', expected lower case letters, digits and hyphens")
    if not _EXACT_VERSION.fullmatch(version):
        raise SoftwareError(
            f"{variable('version')}: found '{version}', expected an exact version such as '9.1.0': a package from a "
            "vendor's repository is pinned, else the next apt upgrade would move it"
        )
    suite, components = str(value["suite"]), tuple(str(component) for component in value["components"])
    for topic, words in (("suite", (suite,)), ("components", components)):
        for word in words or ("",):
            if not _WORD.fullmatch(word):
                raise SoftwareError(f"{variable(f'repository_{topic}')}: found '{word}', expected a word")
    key, key_url = str(value["key"] or ""), str(value["key_url"] or "")
    if bool(key) == bool(key_url):
        raise SoftwareError(
            f"{variable('repository_key')}, {variable('repository_key_file')} and {variable('repository_key_url')}: "
            f"found {'more than one' if key else 'none'}, expected one: a repository is not used unsigned"
        )
    if key:
        require_key(key, variable("repository_key"))
    else:
        _address(key_url, variable("repository_key_url"))
    return Repository(
        name=name,
        url=_address(str(value["url"]), variable("repository_url")).rstrip("/"),
        suite=suite,
        components=components,
        key=key,
        key_url=key_url,
        ca_file=str(value["ca_file"] or ""),
        timeout=value["timeout"],
    )


def _address(url: str, variable: str) -> str:
    try:
        source = split_source(url)
    except SoftwareError as error:
        raise SoftwareError(f"{variable}: {error}") from error
    if source.credentials or source.query or re.search(r"\s", url):
        raise SoftwareError(
            f"{variable}: found '{source.shown}' with blanks, a user or a query, expected a plain address; "
            "apt takes users and passwords from /etc/apt/auth.conf.d"
        )
    return url


def repository_files(
    repository: Repository, service: str, packages: Sequence[str], version: str, *, allow_downgrade: bool = False
) -> dict[str, str | None]:
    """The files of a repository by path; a content of None is a key that the host fetches itself.

    The version is pinned by a file of the service's own, as several services may share a repository.
    """
    priority = _PRIORITY_BACK if allow_downgrade else _PRIORITY
    source = {
        "Types": "deb",
        "URIs": repository.url,
        # A suite that ends in a slash is a flat repository, which has no components.
        "Suites": repository.suite,
        **({} if repository.suite.endswith("/") else {"Components": " ".join(repository.components)}),
        "Signed-By": repository.key_path,
    }
    # Where the key came from stands there so that another address is noticed.
    remark = f"# Key from {repository.key_url}\n" if repository.key_url else ""
    lines = "".join(f"{field}: {text}\n" for field, text in source.items())
    # Epoch and revision are Debian's: 9.1.0 is 1:9.1.0-1, too.
    escaped = re.sub(r"([.+])", r"\\\1", version)
    pin = rf"/^([0-9]+:)?{escaped}(-[0-9A-Za-z.+~]+)?$/"
    return {
        repository.key_path: f"{repository.key.strip()}\n" if repository.key else None,
        f"{SOURCES}/{PREFIX}{repository.name}.sources": f"{_HEADER}{remark}{lines}",
        f"{PREFERENCES}/{PREFIX}{service}.pref": (
            f"{_HEADER}Package: {' '.join(packages)}\nPin: version {pin}\nPin-Priority: {priority}\n"
        ),
    }


def pending_files(wanted: Mapping[str, str | None], found: Mapping[str, str]) -> dict[str, str | None]:
    """The files that have to be written. A fetched key that is there counts, unless its source file changes."""
    pending = {
        path: content
        for path, content in wanted.items()
        if path not in found or (content is not None and content != found[path])
    }
    if any(path.startswith(f"{SOURCES}/") for path in pending):
        pending.update({path: content for path, content in wanted.items() if content is None})
    return pending


__all__ = ("Repository", "pending_files", "read_repository", "repository_files")

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of a role's variables before anything changes. PRIVATE to the collection."""

from __future__ import annotations

import posixpath
import re
import typing as t
from collections import Counter
from collections.abc import Iterator, Mapping

from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._flags import version_key
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._web import WebSettings, web_problems

#: What `service_problems` understands; each is the name of a role's variable without its prefix, or derived.
KEYS: t.Final = frozenset(
    (
        "basic_auth_users",
        "extra_rule_files",
        "link_speeds",
        "listen_address",
        "minimum_version",
        "port",
        "previous_version",
        "probe",
        "probe_needed",
        "secret_files",
        "tls_cert_file",
        "tls_key_file",
        "version",
        "version_steps",
        "web_extra_config",
    )
)
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\Z")
# The kernel's rule, less what would have to be escaped in a metric.
_DEVICE: t.Final = re.compile(r"[^\s/\"\\]{1,15}\Z")
_PROBE_KEYS: t.Final = frozenset(("username", "password", "ca_file", "client_cert", "client_key", "verify"))


def _port(role: str, settings: Mapping[str, t.Any]) -> Iterator[str]:
    if "port" not in settings:
        return
    value = settings["port"]
    number = int(value) if re.fullmatch(r"\d{1,9}", str(value)) else 0
    if not 1 <= number <= 65535:
        yield f"{role}_port: {value!r} is not a TCP port; a number from 1 to 65535 is expected."


def _listen_address(role: str, settings: Mapping[str, t.Any]) -> Iterator[str]:
    if "listen_address" not in settings:
        return
    value = str(settings["listen_address"])
    if not value or re.search(r"[\s\[\]/]", value) or re.search(r"^[^:]*:\d+$", value):
        yield (
            f"{role}_listen_address: {value!r} is not an address; an IP address or a host name is expected, "
            f"without brackets, and without the port, which is {role}_port."
        )


def _probe(role: str, settings: Mapping[str, t.Any]) -> Iterator[str]:
    probe = settings.get("probe") or {}
    if unknown := sorted(set(probe) - _PROBE_KEYS):
        yield f"{role}_probe: unknown key {unknown[0]!r}; known: {', '.join(sorted(_PROBE_KEYS))}."
    users = settings.get("basic_auth_users") or {}
    if not users or not isinstance(users, Mapping):
        return
    username, password = probe.get("username"), probe.get("password")
    if username and username not in users:
        yield f"{role}_probe.username: {username!r} is not a user of {role}_basic_auth_users."
    if bool(username) != bool(password) or (settings.get("probe_needed") and not username):
        yield (
            f"{role}_basic_auth_users is set, so {role}_probe needs a username and its password (keep it in Ansible "
            "Vault): after a change the service is asked whether it is ready, and it asks for a password."
        )


def _versions(role: str, settings: Mapping[str, t.Any]) -> Iterator[str]:
    version, before = str(settings.get("version") or ""), str(settings.get("previous_version") or "")
    minimum = str(settings.get("minimum_version") or "")
    if version and minimum and version_key(version) < version_key(minimum):
        yield (
            f"{role} {version} is too old: {minimum} or newer is expected. Where the distribution has nothing newer, "
            f"set {role}_install_method to archive."
        )
    if not version or not before:
        return
    for step in settings.get("version_steps") or []:
        if step.get("allowed"):
            continue
        low, high = version_key(str(step["below"])), version_key(str(step["from"]))
        up = version_key(before) < low and version_key(version) >= high
        down = version_key(before) >= high and version_key(version) < low
        if up or down:
            yield (
                f"{role} would go from {before} to {version}. {step['reason']} "
                f"Set {step['variable']} to true when that is what you want."
            )


def _files(role: str, settings: Mapping[str, t.Any]) -> Iterator[str]:
    for name in settings.get("secret_files") or {}:
        if not isinstance(name, str) or not _FILE_NAME.match(name):
            yield f"{role}_secret_files: {name!r} is not a file name; letters, digits, `_`, `-` and `.` are expected."
    names = Counter(posixpath.basename(str(path)) for path in settings.get("extra_rule_files") or [])
    for name, count in sorted(names.items()):
        if count > 1:
            yield f"{role}_extra_rule_files: {count} files are called {name!r}; in one directory names have to differ."
        if not name.endswith((".yml", ".yaml")):
            yield f"{role}_extra_rule_files: {name!r} would not be loaded; the name has to end in .yml or .yaml."


def _link_speeds(role: str, settings: Mapping[str, t.Any]) -> Iterator[str]:
    for device, speed in (settings.get("link_speeds") or {}).items():
        if not _DEVICE.match(str(device)):
            yield f"{role}_link_speeds: {device!r} is not the name of a network device, such as eth0."
        if isinstance(speed, bool) or not isinstance(speed, int | float) or not 0 < speed < float("inf"):
            yield f"{role}_link_speeds.{device}: {speed!r} is not a speed; a number of Mbit/s above 0 is expected."


def service_problems(role: str, settings: Mapping[str, t.Any]) -> list[str]:
    """Check the variables of a role.

    :param role: name of the role; prefix of its variables in messages.
    :param settings: see :data:`KEYS`. ``version_steps`` are steps that must be asked for, in either direction: mappings
        of ``below``, ``from`` (versions), ``reason`` (a sentence), ``variable`` and ``allowed``.
    :returns: one sentence for each problem, which names the variable, what was found and what is expected.
    :raises KeyError: an unknown setting, which is a mistake in the role.
    """
    if unknown := sorted(set(settings) - KEYS):
        raise KeyError(unknown[0])
    return [
        *_port(role, settings),
        *_listen_address(role, settings),
        *web_problems(WebSettings.of(role, settings)),
        *_probe(role, settings),
        *_versions(role, settings),
        *_files(role, settings),
        *_link_speeds(role, settings),
    ]

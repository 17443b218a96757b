# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How redis_exporter is told what to watch, out of the role's variables. PRIVATE to the collection.

The first instance is watched by `/metrics`, further ones by `/scrape`, which takes the address from the request and the
password from the exporter's file.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlencode, urlsplit

from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import (
    InputError,
    as_list,
    as_mapping,
    as_text,
    check_keys,
)

INSTANCES: t.Final = "redis_exporter_instances"
PASSWORDS: t.Final = "redis_exporter_passwords"
ADMIN_PASSWORDS: t.Final = "redis_exporter_admin_passwords"
_KEYS: t.Final = ("name", "address")
_NAME: t.Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*\Z")


@dataclasses.dataclass(frozen=True, slots=True)
class Instance:
    """A Redis that an exporter watches.

    Args:
        name: What the inventory calls it.
        address: Its URL, without user and password.
    """

    name: str
    address: str

    def with_user(self, user: str) -> str:
        """The URL with a user in it, as the exporter looks passwords up."""
        scheme, rest = self.address.split("://", 1)
        return f"{scheme}://{user}@{rest}" if user else self.address

    def as_flag(self) -> str:
        """The address as the exporter's flag takes it.

        With ``redis://`` the exporter (1.45 to 1.86) says of any failure "unknown network redis"; without it, what
        Redis or the network has said.
        """
        return self.address.removeprefix("redis://")


def read_instances(value: object, where: str = INSTANCES) -> list[Instance]:
    """The instances out of the variable of the role.

    Raises:
        InputError: It is not what it should be; names the entry.
    """
    found: list[Instance] = []
    for index, raw in enumerate(as_list(value, where)):
        at = f"{where}[{index}]"
        item = as_mapping(raw, at)
        check_keys(item, at, _KEYS, "setting")
        name = as_text(item.get("name", "main"), f"{at}.name", empty=False)
        if not _NAME.match(name) or name in [other.name for other in found]:
            raise InputError(f"{at}.name is {name!r}; expected a name of its own of letters, digits, '_', '-' and '.'.")
        found.append(Instance(name, _address(item.get("address", "redis://127.0.0.1:6379"), f"{at}.address")))
    if not found:
        raise InputError(f"{where} is empty; expected at least one instance.")
    return found


def _address(value: object, where: str) -> str:
    text = as_text(value, where, empty=False)
    try:
        parts = urlsplit(text)
        tcp = parts.scheme in ("redis", "rediss") and bool(parts.hostname) and parts.port is not None
    except ValueError:
        tcp = False
        parts = urlsplit("")
    if "@" in text or not (tcp or (parts.scheme == "unix" and parts.path.startswith("/"))):
        raise InputError(
            f"{where} is not redis://host:port, rediss://host:port or unix:///path, without user and password."
        )
    return text


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The variables of the role that shape what the exporter watches.

    Args:
        instances: `redis_exporter_instances`.
        username: `redis_exporter_username`; empty to connect without a login.
        passwords: `redis_exporter_passwords`, by the name of the instance.
        admin_passwords: `redis_exporter_admin_passwords`, by the name of the instance.
        rules: What the user may.
        rewrite: `redis_exporter_rewrite_redis_conf`.
    """

    instances: Sequence[Instance]
    username: str
    passwords: Mapping[str, str]
    admin_passwords: Mapping[str, str]
    rules: Sequence[str]
    rewrite: bool


def problems(settings: Settings) -> Iterator[str]:
    """Sentences about settings that contradict each other."""
    names = [instance.name for instance in settings.instances]
    for where, values in ((PASSWORDS, settings.passwords), (ADMIN_PASSWORDS, settings.admin_passwords)):
        for name in sorted(set(values) - set(names)):
            yield f"{where} names {name!r}, which is no instance of {INSTANCES}."
    for name in names:
        if settings.username and not settings.passwords.get(name):
            yield (
                f"{PASSWORDS}.{name} is needed for the user {settings.username}; keep it in Ansible Vault. "
                'To connect without a login, set redis_exporter_username to "".'
            )
        if not settings.username and settings.passwords.get(name):
            yield f"{PASSWORDS}.{name} is set, but redis_exporter_username is empty: nobody would log in with it."


def password_map(settings: Settings) -> dict[str, str]:
    """The exporter's file of passwords: secret.

    Newer versions look a password up by the address with the user in it, 1.45 (Debian 12) by the address alone; and one
    that finds none connects without a login.
    """
    return {
        address: settings.passwords.get(instance.name, "")
        for instance in settings.instances
        for address in (instance.with_user(settings.username), instance.address)
        if settings.username
    }


def scrape_parameters(instance: Instance) -> dict[str, str]:
    """The parameters of a request to `/scrape` about an instance that is not the first."""
    return {"target": instance.address}


def urls(settings: Settings, base: str) -> dict[str, str]:
    """Where the exporter tells about each instance.

    Args:
        settings: The settings.
        base: Address of the exporter without a path.
    """
    first, *others = settings.instances
    found = {first.name: f"{base}/metrics"}
    found.update({other.name: f"{base}/scrape?{urlencode(scrape_parameters(other))}" for other in others})
    return found


def managed_users(settings: Settings) -> list[dict[str, t.Any]]:
    """The instances as redis_acl_user takes them."""
    return [
        {
            "name": instance.name,
            "address": instance.address,
            "user": settings.username,
            "password": settings.passwords.get(instance.name, ""),
            "rules": list(settings.rules),
            "admin_password": settings.admin_passwords.get(instance.name, ""),
            "rewrite": settings.rewrite,
        }
        for instance in settings.instances
        if settings.username
    ]

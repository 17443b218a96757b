# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters: what redis_exporter watches. Documented in redis_exporter.yml and redis_exporter_problems.yml."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Mapping

from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils import _redis
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._filter import input_errors
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import (
    InputError,
    as_list,
    as_mapping,
    as_text,
    check_keys,
    plain,
)

_KEYS: t.Final = ("instances", "username", "passwords", "admin_passwords", "rules", "rewrite")


def _settings(given: Mapping[str, t.Any]) -> _redis.Settings:
    check_keys(given, "redis_exporter", _KEYS, "setting")
    values = {key: plain(given.get(key), f"redis_exporter_{key}") for key in _KEYS}
    return _redis.Settings(
        instances=_redis.read_instances(values["instances"]),
        username=as_text(values["username"], "redis_exporter_username"),
        passwords=_texts(values["passwords"], _redis.PASSWORDS),
        admin_passwords=_texts(values["admin_passwords"], _redis.ADMIN_PASSWORDS),
        rules=[as_text(rule, "redis_exporter_acl_rules", empty=False) for rule in as_list(values["rules"], "rules")],
        rewrite=bool(values["rewrite"]),
    )


def _texts(value: object, where: str) -> dict[str, str]:
    return {name: as_text(item, f"{where}.{name}") for name, item in as_mapping(value, where).items()}


@input_errors
def redis_exporter(settings: Mapping[str, t.Any], base_url: str) -> dict[str, t.Any]:
    """Everything that follows from the settings; see redis_exporter.yml.

    :raises AnsibleFilterError: a variable is not what it should be.
    """
    read = _settings(settings)
    return {
        "address": read.instances[0].as_flag(),
        "password_map": _redis.password_map(read),
        "urls": _redis.urls(read, base_url),
        "users": _redis.managed_users(read),
    }


def redis_exporter_problems(settings: Mapping[str, t.Any]) -> list[str]:
    """What is wrong with the settings; see redis_exporter_problems.yml."""
    try:
        return list(_redis.problems(_settings(settings)))
    except InputError as error:
        return [str(error)]


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., t.Any]]:
        """Filter names with their functions."""
        return {"redis_exporter": redis_exporter, "redis_exporter_problems": redis_exporter_problems}

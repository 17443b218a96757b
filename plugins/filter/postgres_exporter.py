# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters: what postgres_exporter watches. Documented in postgres_exporter.yml and postgres_exporter_problems.yml."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Mapping, Sequence

from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils import _postgres
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._filter import input_errors
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import (
    InputError,
    as_list,
    as_mapping,
    as_text,
    check_keys,
    plain,
)

_KEYS: t.Final = (
    "role",
    "servers",
    "passwords",
    "databases",
    "statements",
    "connection_options",
    "collectors_enabled",
    "collectors_disabled",
    "extra_queries",
    "version",
)


def _settings(given: Mapping[str, t.Any]) -> _postgres.Settings:
    check_keys(given, "postgres_exporter", _KEYS, "setting")
    values = {key: plain(given.get(key), f"postgres_exporter_{key}") for key in _KEYS}
    prefix = "postgres_exporter_"
    return _postgres.Settings(
        servers=_postgres.read_servers(values["servers"], as_text(values["role"], f"{prefix}role", empty=False)),
        passwords=_texts_of(as_mapping(values["passwords"], f"{prefix}passwords"), f"{prefix}passwords"),
        databases=_texts(values["databases"], f"{prefix}databases"),
        statements=bool(values["statements"]),
        connection_options=_texts_of(
            as_mapping(values["connection_options"], f"{prefix}connection_options"), f"{prefix}connection_options"
        ),
        collectors_enabled=_texts(values["collectors_enabled"], f"{prefix}collectors_enabled"),
        collectors_disabled=_texts(values["collectors_disabled"], f"{prefix}collectors_disabled"),
        extra_queries=as_mapping(values["extra_queries"], f"{prefix}extra_queries"),
        version=as_text(values["version"], f"{prefix}version"),
    )


def _texts(value: object, where: str) -> list[str]:
    return [as_text(item, f"{where}[{index}]", empty=False) for index, item in enumerate(as_list(value, where))]


def _texts_of(value: Mapping[str, t.Any], where: str) -> dict[str, str]:
    return {name: as_text(item, f"{where}.{name}") for name, item in value.items()}


@input_errors
def postgres_exporter(
    settings: Mapping[str, t.Any],
    base_url: str,
    password_file: str,
    admin: str,
    queries: Sequence[Mapping[str, t.Any]],
) -> dict[str, t.Any]:
    """Everything that follows from the settings; see postgres_exporter.yml.

    :raises AnsibleFilterError: a variable is not what it should be.
    """
    read = _settings(settings)
    on, off = _postgres.collectors(read)
    return {
        "environment": _postgres.environment(read, password_file),
        "password": "" if read.servers[0].by_socket else read.passwords.get(read.servers[0].name, ""),
        "configuration": _postgres.configuration(read) if read.at_least(_postgres.CONFIG_SINCE) else {},
        "queries": _postgres.queries_file(_postgres.queries(read, plain(queries, "queries"))),
        "collectors_on": on,
        "collectors_off": off,
        "urls": _postgres.urls(read, base_url),
        "roles": _postgres.managed_roles(read, admin),
    }


def postgres_exporter_problems(settings: Mapping[str, t.Any]) -> list[str]:
    """What is wrong with the settings; see postgres_exporter_problems.yml."""
    try:
        return list(_postgres.problems(_settings(settings)))
    except InputError as error:
        return [str(error)]


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., t.Any]]:
        """Filter names with their functions."""
        return {
            "postgres_exporter": postgres_exporter,
            "postgres_exporter_problems": postgres_exporter_problems,
        }

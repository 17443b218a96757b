# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several Grafana servers of one environment. PRIVATE to the collection."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator, Mapping

from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._catalogue import BY_NAME
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._endpoints import members_in_environment
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._inventory import Inventory
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import as_mapping, check_keys

_DATABASE: t.Final = "grafana_database"
_KEYS: t.Final = ("host", "name", "user", "password", "ssl_mode")
_NEEDED: t.Final = ("host", "name", "user", "password")
_SSL_MODES: t.Final = ("disable", "require", "verify-ca", "verify-full")
#: What servers with one database have to agree in: a variable, its default, and why.
_SHARED: t.Final[tuple[tuple[str, t.Any, str], ...]] = (
    (_DATABASE, {}, "they answer under one address, so users meet now one and now the other"),
    ("grafana_secret_key", "", "with another key the secrets in their database cannot be read"),
    ("grafana_admin_user", "admin", "their database has one administrator"),
    ("grafana_admin_password", "", "their database has one administrator"),
    ("grafana_users", [], "their database has the users of both, and each run would change them to and fro"),
    ("grafana_teams", [], "their database has the teams of both, and each run would change them to and fro"),
    ("grafana_contact_points", [], "their database has the contact points of both"),
)


def database_problems(database: object) -> Iterator[str]:
    """What is wrong with `grafana_database`. The password is not shown.

    Raises:
        InputError: It is no dictionary, or has an unknown key.
    """
    given = as_mapping(database, _DATABASE)
    check_keys(given, _DATABASE, _KEYS, "key")
    for key in _NEEDED if given else ():
        if not isinstance(given.get(key), str) or not given[key]:
            yield f"{_DATABASE}.{key}: found nothing, or no text; expected {', '.join(_NEEDED)} of the PostgreSQL."
    mode = given.get("ssl_mode")
    if mode is not None and mode not in _SSL_MODES:
        yield f"{_DATABASE}.ssl_mode: found {mode!r}, expected one of {', '.join(_SSL_MODES)}."


def node_problems(inventory: Inventory, host: str) -> Iterator[str]:
    """What keeps the Grafana servers of an environment from being one for their users. No value is shown.

    Only servers that people reach under the same `grafana_external_url`, or that share a database, have to agree.

    Raises:
        InputError: A variable is not what it should be.
    """
    names = ("grafana_external_url", *(name for name, _default, _reason in _SHARED))
    nodes = members_in_environment(inventory, host, BY_NAME["grafana"].group)
    found = {node: inventory.read(node, names) for node in nodes}
    if host not in found:
        return
    own = found[host]
    for node, other in found.items():
        if node == host or not (
            _same(own.get("grafana_external_url"), other.get("grafana_external_url"))
            or _same(_place(own.get(_DATABASE)), _place(other.get(_DATABASE)))
        ):
            continue
        if not own.get(_DATABASE) and not other.get(_DATABASE):
            yield (
                f"{_DATABASE}: found none on {host} and {node}, which have the same grafana_external_url; expected one "
                "PostgreSQL for both: with a SQLite of its own, each would know other users, sessions and dashboards."
            )
            continue
        for name, default, reason in _SHARED:
            if (own.get(name) or default) != (other.get(name) or default):
                yield f"{name}: {host} and {node} differ; expected the same on both: {reason}."


def _place(database: object) -> tuple[object, object] | None:
    return (database.get("host"), database.get("name")) if isinstance(database, Mapping) and database else None


def _same(one: object, other: object) -> bool:
    return bool(one) and one == other


__all__ = ("database_problems", "node_problems")

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an exporter watches beside the first, each scraped as a target of its own. PRIVATE to the collection.

Upstream: redis_exporter's README, "Configuration: multiple Redis instances"; postgres_exporter's README, "Multi-Target
Support". A label `__param_<name>` of a target becomes the parameter `<name>` of its URL.
"""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._postgres import (
    SERVERS,
    probe_parameters,
    read_servers,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._redis import (
    INSTANCES,
    read_instances,
    scrape_parameters,
)


@dataclasses.dataclass(frozen=True, slots=True)
class Watched:
    """Something that an exporter tells about on request.

    Args:
        name: What the inventory calls it.
        path: Where the exporter tells about it.
        parameters: Those of the request.
    """

    name: str
    path: str
    parameters: Mapping[str, str]


def _instances(value: object) -> Iterable[Watched]:
    return [Watched(item.name, "/scrape", scrape_parameters(item)) for item in read_instances(value)[1:]]


def _servers(value: object) -> Iterable[Watched]:
    # The role to connect as is the exporter's business.
    return [Watched(item.name, "/probe", probe_parameters(item)) for item in read_servers(value, "unknown")[1:]]


_LISTS: t.Final[Mapping[str, tuple[str, Callable[[object], Iterable[Watched]]]]] = MappingProxyType(
    {
        "redis_exporter": (INSTANCES, _instances),
        "postgres_exporter": (SERVERS, _servers),
    }
)


def variable_of(service: str) -> str:
    """The variable with the list of what a service watches; empty for one that has none."""
    return _LISTS[service][0] if service in _LISTS else ""


def watched_beside_the_first(service: str, value: object) -> tuple[Watched, ...]:
    """What a service watches beside the first entry of its list.

    Args:
        service: Name of a service that has one.
        value: The value of its variable; the role's default where it is None.

    Raises:
        InputError: It is not what it should be; names the entry.
    """
    return () if value is None else tuple(_LISTS[service][1](value))

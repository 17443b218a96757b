# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Data streams of the logs: how long each is kept, and the resources of Elasticsearch for that. PRIVATE
to the collection."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import (
    InputError,
    as_mapping,
    check_keys,
    shown,
)

PRIORITY: t.Final = 501
"""Of the index templates: the ones that Elastic's Fleet installs have up to 500, the built-in logs-*-* has 100."""

HOURS_PER_DAY: t.Final = 24
LONGEST_RETENTION: t.Final = 3650
"""Days; more is a slip of the keyboard."""


@dataclass(frozen=True)
class Category:
    """Logs that are kept for one time.

    Attributes:
        name: Key of the variable with the days.
        days: How long they are kept by default.
        at_least: Whether the days are a duty to keep (audit) rather than a limit.
        datasets: Their data streams, without `logs-ets.` and the environment.
    """

    name: str
    days: int
    at_least: bool
    datasets: tuple[str, ...]


CATEGORIES: t.Final = (
    Category("application", 30, False, ("app", "container", "postgresql")),
    Category("system", 90, False, ("nginx_access", "nginx_error", "haproxy", "syslog")),
    Category("audit", 365, True, ("audit",)),
)


@dataclass(frozen=True)
class Ages:
    """When an index is closed for writing, and when it is deleted after that; both in hours.

    Elasticsearch counts the second from the first: an event is kept from `delete` (it was the last one in its index) to
    `rollover + delete` (it was the first one).
    """

    rollover: int
    delete: int

    @classmethod
    def of(cls, days: int, *, at_least: bool) -> Ages:
        """Ages that keep every event for at most, or at least, so many days.

        An index is written for a day, or for a sixth of the time where that is less.
        """
        kept = days * HOURS_PER_DAY
        rollover = min(HOURS_PER_DAY, kept // 6)
        return cls(rollover, kept if at_least else kept - rollover)

    @staticmethod
    def text(hours: int) -> str:
        """A time as Elasticsearch writes it."""
        return f"{hours // HOURS_PER_DAY}d" if hours % HOURS_PER_DAY == 0 else f"{hours}h"


@dataclass(frozen=True)
class Settings:
    """What decides the resources.

    Attributes:
        retention_days: Days by the name of the category.
        replicas: Copies of every index besides the first; 0 on a single node.
        max_shard_gigabytes: Size at which an index is closed for writing before its time.
    """

    retention_days: Mapping[str, int]
    replicas: int = 1
    max_shard_gigabytes: int = 20

    @classmethod
    def read(cls, given: object) -> Settings:
        """Check values of the inventory.

        Raises:
            InputError: One of them is wrong.
        """
        values = as_mapping(given, "elasticsearch_logs")
        check_keys(values, "elasticsearch_logs", ("retention_days", "replicas", "max_shard_gigabytes"), "setting")
        where = "elasticsearch_retention_days"
        days = as_mapping(values.get("retention_days"), where)
        check_keys(days, where, tuple(category.name for category in CATEGORIES), "category")
        return cls(
            {
                category.name: _whole(
                    days.get(category.name, category.days), f"{where}.{category.name}", 1, LONGEST_RETENTION
                )
                for category in CATEGORIES
            },
            _whole(values.get("replicas", cls.replicas), "elasticsearch_replicas", 0, 9),
            _whole(
                values.get("max_shard_gigabytes", cls.max_shard_gigabytes),
                "elasticsearch_max_shard_gigabytes",
                1,
                50,
            ),
        )


def _whole(value: object, where: str, lowest: int, highest: int) -> int:
    number = int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 9 else value
    if isinstance(number, bool) or not isinstance(number, int) or not lowest <= number <= highest:
        raise InputError(f"{where} is {shown(value)}; expected a whole number from {lowest} to {highest}.")
    return number


def resources(settings: Settings, mappings: Mapping[str, t.Any]) -> list[dict[str, t.Any]]:
    """All resources, each behind those that it names.

    Args:
        settings: What decides them.
        mappings: Types of the fields, as Elasticsearch wants them.

    Returns:
        Items of the option `resources` of the module elasticsearch_resource.
    """
    made = [_resource("component_template", "ets-logs-mappings", {"template": {"mappings": dict(mappings)}})]
    for category in CATEGORIES:
        policy = f"ets-logs-{category.name}"
        ages = Ages.of(settings.retention_days[category.name], at_least=category.at_least)
        made.append(_resource("ilm_policy", policy, _policy(ages, settings)))
        made.append(
            _resource("component_template", policy, {"template": {"settings": _index_settings(policy, settings)}})
        )
    for category in CATEGORIES:
        made += [_index_template(category, dataset) for dataset in category.datasets]
    return made


def _resource(kind: str, name: str, body: dict[str, t.Any]) -> dict[str, t.Any]:
    return {"kind": kind, "name": name, "body": body}


def _policy(ages: Ages, settings: Settings) -> dict[str, t.Any]:
    rollover = {
        "max_age": Ages.text(ages.rollover),
        "max_primary_shard_size": f"{settings.max_shard_gigabytes}gb",
    }
    return {
        "policy": {
            "phases": {
                "hot": {"min_age": "0ms", "actions": {"rollover": rollover}},
                "delete": {"min_age": Ages.text(ages.delete), "actions": {"delete": {}}},
            }
        }
    }


def _index_settings(policy: str, settings: Settings) -> dict[str, t.Any]:
    # Texts, and nested as Elasticsearch answers them, so that a second look sees no difference.
    return {
        "index": {
            "codec": "best_compression",
            "lifecycle": {"name": policy},
            "mapping": {"ignore_malformed": "true"},
            "number_of_replicas": str(settings.replicas),
            "number_of_shards": "1",
            "refresh_interval": "10s",
        }
    }


def _index_template(category: Category, dataset: str) -> dict[str, t.Any]:
    body = {
        "index_patterns": [f"logs-ets.{dataset}-*"],
        "data_stream": {},
        "priority": PRIORITY,
        # The later one wins: Elastic's types for the rest of ECS, ours over them.
        "composed_of": ["ecs@mappings", "ets-logs-mappings", f"ets-logs-{category.name}"],
        "_meta": {"managed_by": "enterprise_tickets.observability"},
    }
    return _resource("index_template", f"ets-logs-{dataset}", body)

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several Grafana servers that are one for their users."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._grafana_nodes import (
    database_problems,
    node_problems,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._inventory import Inventory
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import InputError

DATABASE = {"host": "db1.example.com:5432", "name": "grafana", "user": "grafana", "password": "not-a-real-password"}
NODE = {
    "grafana_external_url": "https://monitoring.example.com/",
    "grafana_database": DATABASE,
    "grafana_secret_key": "not-a-real-secret-key",
    "grafana_admin_password": "not-a-real-password",
}


def problems(second: dict[str, t.Any], first: dict[str, t.Any] | None = None) -> list[str]:
    hostvars = {"mon1": NODE if first is None else first, "mon2": second}
    return list(node_problems(Inventory({"panels": list(hostvars)}, with_groups(hostvars)), "mon1"))


def with_groups(hostvars: dict[str, dict[str, t.Any]]) -> dict[str, dict[str, t.Any]]:
    """The group has another name in this inventory."""
    return {name: {"observability_groups": {"grafana": "panels"}, **values} for name, values in hostvars.items()}


def test_two_that_agree() -> None:
    assert problems({**NODE, "grafana_admin_user": "admin"}) == []


@pytest.mark.parametrize(
    "second",
    [
        {},
        {**NODE, "grafana_external_url": "https://other.example.com/", "grafana_database": {}},
        # Another environment, with whatever it likes.
        {**NODE, "observability_environment": "other", "grafana_secret_key": "another-secret-key"},
    ],
)
def test_servers_that_share_nothing_need_not_agree(second: dict[str, t.Any]) -> None:
    assert problems(second) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("grafana_secret_key", "another-secret-key"),
        ("grafana_admin_user", "operator"),
        ("grafana_admin_password", "another-password"),
        ("grafana_users", [{"login": "jane", "password": "another-password"}]),
        ("grafana_teams", [{"name": "Operations"}]),
        ("grafana_contact_points", [{"name": "Operations", "receivers": []}]),
        ("grafana_database", {}),
        ("grafana_database", {**DATABASE, "host": "db2.example.com"}),
    ],
)
def test_what_differs_is_named_and_not_shown(name: str, value: object) -> None:
    [problem] = problems({**NODE, name: value})
    assert problem.startswith(f"{name}: mon1 and mon2 differ")
    assert "not-a-real" not in problem
    assert "another-" not in problem


def test_one_database_under_two_addresses_needs_one_key() -> None:
    second = {**NODE, "grafana_external_url": "https://other.example.com/", "grafana_secret_key": "another-secret-key"}
    assert [problem.partition(":")[0] for problem in problems(second)] == ["grafana_secret_key"]


def test_two_with_a_sqlite_each_are_not_one() -> None:
    alone = {"grafana_external_url": "https://monitoring.example.com/"}
    [problem] = problems(alone, alone)
    assert "expected one PostgreSQL for both" in problem
    assert problems({}, {}) == []


def test_a_database_is_whole() -> None:
    assert list(database_problems({})) == []
    assert list(database_problems({**DATABASE, "ssl_mode": "verify-full"})) == []
    [problem] = database_problems({**DATABASE, "password": ""})
    assert problem.startswith("grafana_database.password: found nothing")
    [problem] = database_problems({**DATABASE, "ssl_mode": "prefer"})
    assert "found 'prefer', expected one of disable" in problem
    with pytest.raises(InputError, match="grafana_database"):
        list(database_problems({**DATABASE, "port": 5432}))

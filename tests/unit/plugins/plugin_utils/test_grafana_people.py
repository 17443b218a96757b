# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.filter.grafana import (
    grafana_problems,
    grafana_provisioning,
)

USER = {"login": "jane", "password": "not-a-real-password"}
RECEIVER = {"uid": "ops-mail", "type": "email", "settings": {"addresses": "ops@example.com"}}
POINT = {"name": "Operations", "receivers": [RECEIVER]}
OTHERS = {"admin_password": "long enough to be one", "secret_key": "another long enough", "admin_user": "operator"}


def problems(**settings: t.Any) -> list[str]:
    return grafana_problems({**OTHERS, **settings})


def test_what_is_right() -> None:
    assert problems() == []
    assert problems(users=[{**USER, "name": "Jane", "role": "None", "email": "jane@example.com"}]) == []
    assert problems(teams=[{"name": "Operations"}, {"name": "Desk", "email": "", "members": ["jane"]}]) == []
    assert problems(contact_points=[POINT], ini={"unified_alerting": {"enabled": True}}) == []


@pytest.mark.parametrize(
    ("user", "message"),
    [
        ({**USER, "login": "Jane"}, "grafana_users[1].login: found 'Jane', expected small letters"),
        ({"password": USER["password"]}, "grafana_users[1].login: found "),
        ({**USER, "login": "joe"}, "grafana_users[1].login: 'joe' is there twice"),
        ({**USER, "login": "admin"}, "'admin' is the administrator"),
        ({**USER, "login": "operator"}, "'operator' is the administrator"),
        ({"login": "jane"}, "grafana_users[1].password: found nothing"),
        ({**USER, "password": "short-one"}, "grafana_users[1].password: found 9 characters"),
        ({**USER, "role": "editor"}, "grafana_users[1].role: found 'editor', expected one of None, Viewer"),
        ({**USER, "update_password": "never"}, "grafana_users[1].update_password: found 'never'"),
        ({**USER, "email": 1}, "grafana_users[1].email: found 1, expected a text"),
        ({**USER, "rolle": "Admin"}, "grafana_users[1] names the unknown key 'rolle'"),
        ("jane", "grafana_users[1] is "),
    ],
)
def test_users(user: t.Any, message: str) -> None:
    [problem] = problems(users=[{**USER, "login": "joe"}, user])
    assert message in problem
    assert "short-one" not in problem


@pytest.mark.parametrize(
    ("team", "message"),
    [
        ({"members": []}, "grafana_teams[1].name: found "),
        ({"name": "Desk"}, "grafana_teams[1].name: 'Desk' is there twice"),
        ({"name": "A", "members": ["Jane"]}, "grafana_teams[1].members: found 'Jane', expected logins"),
        ({"name": "A", "members": "jane"}, "grafana_teams[1].members is "),
        ({"name": "A", "users": []}, "unknown key 'users'"),
    ],
)
def test_teams(team: t.Any, message: str) -> None:
    [problem] = problems(teams=[{"name": "Desk"}, team])
    assert message in problem


@pytest.mark.parametrize(
    ("point", "message"),
    [
        ({**POINT, "receivers": [{**RECEIVER, "uid": "other"}]}, "grafana_contact_points[1].name: found 'Operations'"),
        ({"name": "A"}, "grafana_contact_points[1].receivers: found none"),
        ({"name": "A", "receivers": [RECEIVER]}, "grafana_contact_points[1].receivers[0].uid: found 'ops-mail'"),
        ({"name": "A", "receivers": [{**RECEIVER, "uid": "a b"}]}, "receivers[0].uid: found 'a b'"),
        ({"name": "A", "receivers": [{"uid": "a", "settings": {"a": 1}}]}, "receivers[0].type: found "),
        ({"name": "A", "receivers": [{"uid": "a", "type": "slack"}]}, "receivers[0].settings: found none"),
        ({"name": "A", "receivers": [{**RECEIVER, "uid": "a", "secureSettings": {}}]}, "unknown key 'secureSettings'"),
        ({**POINT, "orgId": 2}, "unknown key 'orgId'"),
    ],
)
def test_contact_points(point: t.Any, message: str) -> None:
    [problem] = problems(contact_points=[POINT, point])
    assert message in problem


def test_contact_points_need_grafanas_alerting() -> None:
    [problem] = problems(contact_points=[POINT], ini={"unified_alerting": {"enabled": False}})
    assert "switches unified_alerting off" in problem


def test_dollars_of_contact_points_are_no_variables() -> None:
    point = {"name": "Chat", "receivers": [{"uid": "chat", "type": "slack", "settings": {"url": "https://x/$a"}}]}
    assert grafana_provisioning([], [], "/x", [point])["alerting"] == {
        "apiVersion": 1,
        "contactPoints": [
            {
                "orgId": 1,
                "name": "Chat",
                "receivers": [{"uid": "chat", "type": "slack", "settings": {"url": "https://x/$$a"}}],
            }
        ],
    }

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of Grafana's users, teams and contact points. PRIVATE to the collection. No secret is ever shown."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Iterator, Mapping

from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils import _secrets
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import (
    as_list,
    as_mapping,
    check_keys,
    shown,
)

_UID = re.compile(r"[A-Za-z0-9_-]{1,40}\Z")
# Grafana keeps logins in lower case.
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@+-]*\Z")
_ROLES: t.Final = ("None", "Viewer", "Editor", "Admin")
_UPDATES: t.Final = ("always", "on_create")
_ADMINISTRATOR: t.Final = "admin"


def user_problems(users: object, administrator: str) -> Iterator[str]:
    """What is wrong with `grafana_users`.

    Args:
        users: Its value.
        administrator: `grafana_admin_user`.

    Raises:
        InputError: It has another shape.
    """
    seen: set[str] = set()
    keys = ("login", "name", "email", "password", "role", "update_password")
    for where, user in _entries(users, "grafana_users", keys):
        login = user.get("login")
        if not isinstance(login, str) or not _LOGIN.match(login):
            yield f"{where}.login: found {shown(login)}, expected small letters, digits and any of . _ @ + -."
        elif login in seen:
            yield f"{where}.login: {login!r} is there twice; expected different ones."
        elif login in (administrator, _ADMINISTRATOR):
            yield f"{where}.login: {login!r} is the administrator, whom grafana_admin_user and its password describe."
        else:
            seen.add(login)
        yield from _secrets.secret_problems(f"{where}.password", user.get("password"))
        for key, choices in (("role", _ROLES), ("update_password", _UPDATES)):
            if user.get(key, choices[0]) not in choices:
                yield f"{where}.{key}: found {shown(user[key])}, expected one of {', '.join(choices)}."
        yield from _text_problems(user, where, ("name", "email"))


def team_problems(teams: object) -> Iterator[str]:
    """What is wrong with `grafana_teams`.

    Raises:
        InputError: It has another shape.
    """
    seen: set[str] = set()
    for where, team in _entries(teams, "grafana_teams", ("name", "email", "members")):
        name = team.get("name")
        if not isinstance(name, str) or not name.strip():
            yield f"{where}.name: found {shown(name)}, expected a text."
        elif name in seen:
            yield f"{where}.name: {name!r} is there twice; expected different ones."
        else:
            seen.add(name)
        yield from _text_problems(team, where, ("email",))
        if team.get("members") is None:
            continue
        for login in as_list(team["members"], f"{where}.members"):
            if not isinstance(login, str) or not _LOGIN.match(login):
                yield f"{where}.members: found {shown(login)}, expected logins, in small letters."


def contact_point_problems(points: object, ini: Mapping[str, t.Any]) -> Iterator[str]:
    """What of `grafana_contact_points` Grafana would not load (it does not start with such a file).

    What it asks for is in `pkg/services/provisioning/alerting/contact_point_types.go`.

    Args:
        points: Its value.
        ini: `grafana_ini`.

    Raises:
        InputError: It has another shape.
    """
    names: set[str] = set()
    uids: set[str] = set()
    if (
        as_list(points, "grafana_contact_points")
        and as_mapping(ini.get("unified_alerting") or {}, "grafana_ini.unified_alerting").get("enabled") is False
    ):
        yield "grafana_contact_points: grafana_ini switches unified_alerting off; expected it on, or no contact points."
    for where, point in _entries(points, "grafana_contact_points", ("name", "receivers")):
        name = point.get("name")
        if not isinstance(name, str) or not name.strip() or name in names:
            yield f"{where}.name: found {shown(name)}, expected a text that no other contact point has."
        else:
            names.add(name)
        receivers = point.get("receivers") or []
        if not receivers:
            yield f"{where}.receivers: found none, expected one or more."
        keys = ("uid", "type", "settings", "disableResolveMessage")
        for at, receiver in _entries(receivers, f"{where}.receivers", keys):
            yield from _receiver_problems(receiver, at, uids)


def _entries(value: object, variable: str, keys: tuple[str, ...]) -> Iterator[tuple[str, Mapping[str, t.Any]]]:
    """Each entry of a list, with its name in messages; it has no other keys than these."""
    for number, given in enumerate(as_list(value, variable)):
        where = f"{variable}[{number}]"
        entry = as_mapping(given, where)
        check_keys(entry, where, keys, "key")
        yield where, entry


def _receiver_problems(receiver: Mapping[str, t.Any], where: str, uids: set[str]) -> Iterator[str]:
    uid = receiver.get("uid")
    if not isinstance(uid, str) or not _UID.match(uid) or uid in uids:
        yield (
            f"{where}.uid: found {shown(uid)}, expected 1 to 40 letters, digits, hyphens and underscores that no other "
            "receiver has."
        )
    else:
        uids.add(uid)
    if not isinstance(receiver.get("type"), str) or not receiver["type"]:
        yield f"{where}.type: found {shown(receiver.get('type'))}, expected a kind such as email, slack or webhook."
    if not isinstance(receiver.get("settings"), Mapping) or not receiver["settings"]:
        yield f"{where}.settings: found none, expected a dictionary such as {{addresses: ops@example.com}}."


def _text_problems(item: Mapping[str, object], where: str, keys: tuple[str, ...]) -> Iterator[str]:
    for key in keys:
        if item.get(key) is not None and not isinstance(item[key], str):
            yield f"{where}.{key}: found {shown(item[key])}, expected a text."


__all__ = ("contact_point_problems", "team_problems", "user_problems")

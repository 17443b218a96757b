# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Users and teams of Grafana, which it does not read from files. PRIVATE to the collection.

The API is that of "HTTP API" in Grafana's documentation (Admin, User, Organization, Team), the same in 11 to 13.
"""

from __future__ import annotations

import typing as t
from urllib.parse import quote

from ansible_collections.enterprise_tickets.observability.plugins.module_utils._grafana_api import GrafanaError, Session
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._grafana_made import Made

# The administrator, who belongs to grafana_admin_user.
_ADMINISTRATOR = 1


class People:
    """Users and teams as they should be.

    Args:
        session: Grafana.
        made: what earlier runs had it make: what of it is no longer wanted goes.
        users: with login, name, email, password, role and update_password.
        teams: with name, email and members (None leaves these alone).
    """

    def __init__(
        self, session: Session, made: Made, users: list[dict[str, t.Any]], teams: list[dict[str, t.Any]]
    ) -> None:
        self._session = session
        self._made = made
        self._users = {user["login"]: user for user in users}
        self._teams = {team["name"]: team for team in teams}

    def bring_about(self) -> None:
        """Make, change and remove users and teams. Grafana is not asked where there were and are none.

        Raises:
            GrafanaError: Grafana refuses something.
        """
        if self._users or self._made["users"]:
            self._bring_about_users()
        if self._teams or self._made["teams"]:
            self._bring_about_teams()

    def _bring_about_users(self) -> None:
        there = {user["login"]: user for user in self._session.pages("/api/users")}
        for login, user in self._users.items():
            if login not in there:
                self._create_user(user)
        roles = {member["userId"]: member["role"] for member in self._session.get("/api/org/users")}
        # Once more only where somebody is new.
        if self._users.keys() - there.keys() and not self._session.check_mode:
            there = {user["login"]: user for user in self._session.pages("/api/users")}
        for login, user in self._users.items():
            if login in there:
                self._update_user(user, there[login], roles.get(there[login]["id"]))
        for login in self._made["users"]:
            if login in self._users:
                continue
            if login in there and there[login]["id"] != _ADMINISTRATOR:
                self._session.change(f"delete the user {login}", "DELETE", f"/api/admin/users/{there[login]['id']}")
            self._made.drop("users", login)

    def _create_user(self, user: dict[str, t.Any]) -> None:
        login = user["login"]
        body = {key: user[key] for key in ("login", "name", "email", "password") if user.get(key)}
        with self._made.making("users", login):
            self._session.change(f"create the user {login}", "POST", "/api/admin/users", body)

    def _update_user(self, user: dict[str, t.Any], found: dict[str, t.Any], role: str | None) -> None:
        session, login, number = self._session, user["login"], found["id"]
        # Grafana keeps addresses in lower case.
        wanted = {"name": user.get("name"), "email": (user.get("email") or "").lower() or None}
        if any(value is not None and value != found.get(key) for key, value in wanted.items()):
            body = {key: found.get(key, "") if value is None else value for key, value in wanted.items()}
            session.change(f"change the user {login}", "PUT", f"/api/users/{number}", {"login": login, **body})
        if role is None:
            body = {"loginOrEmail": login, "role": user["role"]}
            session.change(f"make the user {login} {user['role']}", "POST", "/api/org/users", body)
        elif role != user["role"]:
            path = f"/api/org/users/{number}"
            session.change(f"make the user {login} {user['role']}", "PATCH", path, {"role": user["role"]})
        if user["update_password"] == "always" and not found.get("isDisabled") and not self._can_log_in(user):
            path = f"/api/admin/users/{number}/password"
            session.change(f"set the password of the user {login}", "PUT", path, {"password": user["password"]})

    def _can_log_in(self, user: dict[str, t.Any]) -> bool:
        answer = self._session.grafana.ask("GET", "/api/user", (user["login"], user["password"]))
        if answer.status not in (200, 401):
            raise GrafanaError(f"cannot tell whether the user {user['login']} can log in: {answer.message}")
        return answer.status == 200

    def _bring_about_teams(self) -> None:
        there = {team["name"]: team for team in self._session.pages("/api/teams/search", key="teams")}
        for name, team in self._teams.items():
            found, members = there.get(name), team.get("members")
            if found is None:
                number = self._create_team(team)
                # Grafana makes whoever creates a team a member of it.
                members = members or []
            else:
                number = found["id"]
                email = team.get("email")
                if email is not None and email != found.get("email"):
                    body = {"name": name, "email": email}
                    self._session.change(f"change the team {name}", "PUT", f"/api/teams/{number}", body)
            if members is not None:
                self._bring_about_members(name, number, members)
        for name in self._made["teams"]:
            if name in self._teams:
                continue
            if name in there:
                self._session.change(f"delete the team {name}", "DELETE", f"/api/teams/{there[name]['id']}")
            self._made.drop("teams", name)

    def _create_team(self, team: dict[str, t.Any]) -> int | None:
        name = team["name"]
        body = {"name": name, "email": team.get("email") or ""}
        with self._made.making("teams", name):
            content = self._session.change(f"create the team {name}", "POST", "/api/teams", body)
        return content["teamId"] if content else None

    def _bring_about_members(self, team: str, number: int | None, logins: list[str]) -> None:
        # In check mode there is no number yet.
        path = f"/api/teams/{number}/members"
        found = {} if number is None else {member["login"]: member["userId"] for member in self._session.get(path)}
        for login in logins:
            if login not in found:
                body = {"userId": self._user_number(login, team)}
                self._session.change(f"add {login} to the team {team}", "POST", path, body)
        for login, user in found.items():
            if login not in logins:
                self._session.change(f"take {login} out of the team {team}", "DELETE", f"{path}/{user}")

    def _user_number(self, login: str, team: str) -> int | None:
        answer = self._session.ask("GET", f"/api/users/lookup?loginOrEmail={quote(login, safe='')}")
        if answer.status == 404:
            if self._session.check_mode and login in self._users:
                return None
            raise GrafanaError(f"grafana_teams: the team {team} has the member {login}, whom Grafana does not know")
        if answer.status != 200:
            raise GrafanaError(f"cannot look for the user {login}: {answer.message}")
        return int(answer.content["id"])


__all__ = ("People",)

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users and teams, against a Grafana in memory."""

from __future__ import annotations

import copy
import re
import typing as t

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.module_utils import _grafana_api, _grafana_people
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._grafana_api import (
    Answer,
    Grafana,
    GrafanaError,
    Session,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._grafana_made import Made

ADMIN = ("admin", "not-a-real-password")
JANE = {
    "login": "jane",
    "name": "Jane Doe",
    "email": "Jane@example.com",
    "password": "not-jane's-password",
    "role": "Editor",
    "update_password": "always",
}
TEAM = {"name": "Operations", "email": "ops@example.com", "members": ["jane"]}


class Memory:
    """What is kept on the host."""

    def __init__(self) -> None:
        self.made: dict[str, list[str]] = {}

    def read_made(self) -> dict[str, list[str]]:
        return self.made

    def write_made(self, made: dict[str, list[str]]) -> None:
        self.made = copy.deepcopy(made)


class Fake(Grafana):
    """Users and teams as Grafana's API shows them."""

    def __init__(self) -> None:
        self.users: dict[int, dict[str, t.Any]] = {1: {"login": "admin", "password": ADMIN[1], "role": "Admin"}}
        self.teams: dict[int, dict[str, t.Any]] = {}
        self.asked: list[str] = []
        self.bodies: list[str] = []
        self.refusal: tuple[str, Answer | None] | None = None

    def ask(self, method: str, path: str, login: tuple[str, str], body: t.Any = None) -> Answer:
        self.asked.append(f"{method} {path}")
        if self.refusal and f"{method} {path}".startswith(self.refusal[0]):
            if self.refusal[1] is None:
                raise GrafanaError("no answer")
            return self.refusal[1]
        if path == "/api/user":
            known = any((user["login"], user["password"]) == login for user in self.users.values())
            return Answer(200 if known else 401, {})
        assert login == ADMIN
        parts = path.partition("?")[0].strip("/").split("/")[1:]
        numbers = [int(part) for part in parts if part.isdigit()]
        kind = f"{method} {'/'.join('#' if part.isdigit() else part for part in parts)}"
        return t.cast("Answer", getattr(self, re.sub(r"\W+", "_", kind.replace("#", "n")).lower())(path, numbers, body))

    def get_users(self, path: str, _numbers: list[int], _body: t.Any) -> Answer:
        size, page = (int(number) for number in re.findall(r"=(\d+)", path))
        listed = [{"id": number, **user} for number, user in self.users.items()]
        return Answer(200, listed[(page - 1) * size : page * size])

    def get_users_lookup(self, path: str, _numbers: list[int], _body: t.Any) -> Answer:
        found = [number for number, user in self.users.items() if path.endswith(f"={user['login']}")]
        return Answer(200, {"id": found[0]}) if found else Answer(404, {"message": "user not found"})

    def get_org_users(self, _path: str, _numbers: list[int], _body: t.Any) -> Answer:
        members = [{"userId": number, "role": user["role"]} for number, user in self.users.items() if user["role"]]
        return Answer(200, members)

    def post_admin_users(self, _path: str, _numbers: list[int], body: t.Any) -> Answer:
        number = max(self.users) + 1
        self.users[number] = {"role": "Viewer", "isDisabled": False, **body, "email": body["email"].lower()}
        return Answer(200, {"id": number})

    def put_users_n(self, _path: str, numbers: list[int], body: t.Any) -> Answer:
        self.users[numbers[0]].update(body)
        return Answer(200, {})

    def put_admin_users_n_password(self, _path: str, numbers: list[int], body: t.Any) -> Answer:
        self.users[numbers[0]].update(body)
        return Answer(200, {})

    patch_org_users_n = put_users_n

    def post_org_users(self, _path: str, _numbers: list[int], body: t.Any) -> Answer:
        [user] = [user for user in self.users.values() if user["login"] == body["loginOrEmail"]]
        user["role"] = body["role"]
        return Answer(200, {})

    def delete_admin_users_n(self, _path: str, numbers: list[int], _body: t.Any) -> Answer:
        del self.users[numbers[0]]
        return Answer(200, {})

    def get_teams_search(self, _path: str, _numbers: list[int], _body: t.Any) -> Answer:
        return Answer(200, {"teams": [{"id": number, **team} for number, team in self.teams.items()]})

    def post_teams(self, _path: str, _numbers: list[int], body: t.Any) -> Answer:
        number = max(self.teams, default=0) + 1
        self.teams[number] = {**body, "members": {1}}
        return Answer(200, {"teamId": number})

    def put_teams_n(self, _path: str, numbers: list[int], body: t.Any) -> Answer:
        self.teams[numbers[0]].update(body)
        return Answer(200, {})

    def delete_teams_n(self, _path: str, numbers: list[int], _body: t.Any) -> Answer:
        del self.teams[numbers[0]]
        return Answer(200, {})

    def get_teams_n_members(self, _path: str, numbers: list[int], _body: t.Any) -> Answer:
        members = self.teams[numbers[0]]["members"]
        return Answer(200, [{"userId": number, "login": self.users[number]["login"]} for number in sorted(members)])

    def post_teams_n_members(self, _path: str, numbers: list[int], body: t.Any) -> Answer:
        self.teams[numbers[0]]["members"].add(body["userId"])
        return Answer(200, {})

    def delete_teams_n_members_n(self, _path: str, numbers: list[int], _body: t.Any) -> Answer:
        self.teams[numbers[0]]["members"].remove(numbers[1])
        return Answer(200, {})


class Host:
    """A host with its Grafana, on which runs follow each other."""

    def __init__(self) -> None:
        self.fake = Fake()
        self.memory = Memory()

    def run(self, users: t.Sequence[t.Any] = (), teams: t.Sequence[t.Any] = (), check_mode: bool = False) -> list[str]:
        session = Session(self.fake, ADMIN, check_mode)
        made = Made(self.memory, check_mode)
        self.fake.asked.clear()
        _grafana_people.People(session, made, list(users), list(teams)).bring_about()
        return session.actions


@pytest.fixture
def host() -> Host:
    return Host()


def test_a_user_and_a_team_come_stay_and_go(host: Host) -> None:
    made = ["create the user jane", "make the user jane Editor", "create the team Operations"]
    members = ["add jane to the team Operations", "take admin out of the team Operations"]
    assert host.run([JANE], [TEAM]) == made + members
    assert host.fake.users[2]["role"] == "Editor"
    assert host.fake.teams[1]["members"] == {2}
    assert host.memory.made == {"users": ["jane"], "teams": ["Operations"]}

    assert host.run([JANE], [TEAM]) == []
    assert all(asked.startswith("GET ") for asked in host.fake.asked)

    assert host.run() == ["delete the user jane", "delete the team Operations"]
    assert (list(host.fake.users), host.fake.teams) == ([1], {})
    assert host.run() == []
    assert host.fake.asked == []


def test_check_mode_tells_and_changes_nothing(host: Host) -> None:
    before = copy.deepcopy(host.fake.users)
    assert host.run([JANE], [TEAM], check_mode=True) == [
        "create the user jane",
        "create the team Operations",
        "add jane to the team Operations",
    ]
    assert (host.fake.users, host.fake.teams, host.memory.made) == (before, {}, {})
    assert all(asked.startswith("GET ") for asked in host.fake.asked)

    host.run([JANE], [TEAM])
    changed = {**JANE, "name": "Jane Roe", "role": "Viewer", "password": "not-jane's-next-one"}
    told = host.run([changed], [{**TEAM, "members": []}], check_mode=True)
    assert all(asked.startswith("GET ") for asked in host.fake.asked)
    assert told == host.run([changed], [{**TEAM, "members": []}])
    assert told == [
        "change the user jane",
        "make the user jane Viewer",
        "set the password of the user jane",
        "take jane out of the team Operations",
    ]
    assert host.run(check_mode=True) == ["delete the user jane", "delete the team Operations"]
    assert 2 in host.fake.users
    assert host.memory.made == {"users": ["jane"], "teams": ["Operations"]}


def test_what_others_made_is_taken_over_and_never_deleted(host: Host) -> None:
    host.fake.users[2] = {**JANE, "email": "jane@example.com", "name": "J", "role": None}
    host.fake.teams[1] = {"name": "Operations", "email": "", "members": {1, 2}}
    actions = host.run([JANE], [{"name": "Operations", "email": "ops@example.com"}])
    assert actions == ["change the user jane", "make the user jane Editor", "change the team Operations"]
    # Without a list of members nobody is taken out.
    assert host.fake.teams[1]["members"] == {1, 2}
    assert host.run() == []
    assert (2 in host.fake.users, 1 in host.fake.teams) == (True, True)


def test_what_is_not_said_stays(host: Host) -> None:
    host.fake.users[2] = {**JANE, "email": "old@example.com"}
    assert host.run([{**JANE, "name": None}]) == ["change the user jane"]
    assert (host.fake.users[2]["name"], host.fake.users[2]["email"]) == ("Jane Doe", "jane@example.com")


def test_a_new_team_without_members_has_none(host: Host) -> None:
    teams = [{"name": "Operations", "email": None, "members": None}]
    assert host.run([], teams) == ["create the team Operations", "take admin out of the team Operations"]
    assert host.run([], teams) == []


def test_a_password_that_is_the_users_own(host: Host) -> None:
    host.run([JANE])
    host.fake.users[2]["password"] = "what jane has chosen"
    assert host.run([{**JANE, "update_password": "on_create"}]) == []
    assert host.run([JANE]) == ["set the password of the user jane"]
    assert host.fake.users[2]["password"] == JANE["password"]


def test_somebody_who_is_locked_out_stays_so(host: Host) -> None:
    host.run([JANE])
    host.fake.users[2].update(isDisabled=True, password="another")
    assert host.run([JANE]) == []


def test_no_password_is_in_what_is_told(host: Host) -> None:
    for answer in (Answer(500, {"message": "failed"}), None):
        host.fake.refusal = ("POST /api/admin/users", answer)
        with pytest.raises(GrafanaError) as caught:
            host.run([JANE])
        assert JANE["password"] not in str(caught.value)
    host.fake.refusal = None
    assert not any(str(JANE["password"]) in action for action in host.run([JANE]))


def test_what_grafana_refused_to_make_is_not_ours(host: Host) -> None:
    host.fake.refusal = ("POST /api/admin/users", Answer(412, {"message": "already exists"}))
    with pytest.raises(GrafanaError, match="cannot create the user jane: 412 already exists"):
        host.run([JANE])
    assert host.memory.made == {"users": []}
    # Without an answer nobody knows.
    host.fake.refusal = ("POST /api/admin/users", None)
    with pytest.raises(GrafanaError, match="no answer"):
        host.run([JANE])
    assert host.memory.made == {"users": ["jane"]}


def test_a_deletion_that_failed_is_done_in_the_next_run(host: Host) -> None:
    host.run([JANE], [TEAM])
    host.fake.refusal = ("DELETE /api/admin/users", Answer(500, {"message": "Failed to delete user"}))
    with pytest.raises(GrafanaError, match="cannot delete the user jane"):
        host.run()
    host.fake.refusal = None
    assert host.run() == ["delete the user jane", "delete the team Operations"]


def test_the_administrator_is_never_deleted(host: Host) -> None:
    host.memory.made = {"users": ["admin"]}
    assert host.run() == []
    assert 1 in host.fake.users


def test_a_member_whom_nobody_knows_is_named(host: Host) -> None:
    with pytest.raises(GrafanaError, match="the team Operations has the member jane, whom Grafana does not know"):
        host.run([], [TEAM])


def test_more_users_than_grafana_gives_at_once(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_grafana_api, "_PAGE", 2)
    others = [{**JANE, "login": f"user{number}"} for number in range(4)]
    host.run(others)
    assert host.run(others) == []

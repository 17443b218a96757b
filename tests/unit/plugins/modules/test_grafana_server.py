# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import copy
import typing as t

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._grafana_api import (
    Answer,
    Grafana,
    GrafanaError,
    Session,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._grafana_made import Made
from ansible_collections.enterprise_tickets.observability.plugins.modules import grafana_server

SOURCE = {"uid": "p", "name": "P", "type": "prometheus", "url": "http://p:9090"}
PARAMETERS: dict[str, t.Any] = {
    "username": "admin",
    "password": "wanted",
    "previous_usernames": [],
    "config": "/etc/grafana/grafana.ini",
    "homepath": "/usr/share/grafana",
    "datasources": [SOURCE],
    "dashboards": {"d": "ets"},
    "folders": ["ets"],
    "removed_folders": [],
    "contact_points": [],
    "plugins": ["prometheus"],
    "reload": False,
    "timeout": 0,
}


class Fake(Grafana):
    """A Grafana in memory: what it has, and what a reload brings."""

    def __init__(self, login: tuple[str, str] = ("admin", "wanted")) -> None:
        self.login = login
        self.sources: list[dict[str, t.Any]] = [{**SOURCE, "readOnly": True}]
        self.dashboards = {"d": "ets"}
        self.folders = ["ets", "old"]
        self.plugins = ["prometheus"]
        self.receivers: list[dict[str, str]] = []
        self.after_reload: tuple[list[dict[str, t.Any]], dict[str, str]] | None = None
        self.refusal: Answer | None = None
        self.asked: list[str] = []

    def ask(self, method: str, path: str, login: tuple[str, str], body: t.Any = None) -> Answer:
        self.asked.append(f"{method} {path}")
        if login != self.login:
            return Answer(401, {"message": "Invalid username or password"})
        if method == "PUT":
            self.login = (body["login"], self.login[1])
        elif path.endswith("/reload"):
            if self.refusal:
                return self.refusal
            if self.after_reload:
                self.sources, self.dashboards = copy.deepcopy(self.after_reload)
        elif method == "DELETE":
            if self.refusal:
                return self.refusal
            gone = path.rpartition("/")[2]
            self.folders = [uid for uid in self.folders if uid != gone]
            self.receivers = [receiver for receiver in self.receivers if receiver["uid"] != gone]
        elif path == "/api/v1/provisioning/contact-points":
            return Answer(200, self.receivers)
        elif path.startswith("/api/folders"):
            return Answer(200, [{"uid": uid} for uid in self.folders])
        elif path.startswith("/api/search?folderUIDs="):
            wanted = path.partition("=")[2].partition("&")[0]
            return Answer(200, [{"uid": uid} for uid, folder in self.dashboards.items() if folder == wanted])
        elif path == "/api/datasources":
            return Answer(200, self.sources)
        elif path.startswith("/api/search"):
            return Answer(200, [{"uid": uid, "folderUid": folder} for uid, folder in self.dashboards.items()])
        elif path.startswith("/api/plugins"):
            return Answer(200, [{"id": name} for name in self.plugins])
        return Answer(200, {})


@pytest.fixture
def resets(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Passwords that Grafana's command has set; `fake` is what it works on."""
    done: list[str] = []
    monkeypatch.setattr(grafana_server, "reset_password", lambda _config, _home, password: done.append(password))
    return done


class Memory:
    """What is kept on the host."""

    def __init__(self, **made: list[str]) -> None:
        self.made = made

    def read_made(self) -> dict[str, list[str]]:
        return self.made

    def write_made(self, made: dict[str, list[str]]) -> None:
        self.made = copy.deepcopy(made)


class Watched(grafana_server.Server):
    """With its session at hand."""

    def __init__(self, session: Session, made: Made, parameters: dict[str, t.Any]) -> None:
        super().__init__(session, made, parameters)
        self.actions = session.actions
        self.warnings = session.warnings


def server(fake: Fake, check_mode: bool = False, memory: Memory | None = None, **changes: t.Any) -> Watched:
    parameters = {**PARAMETERS, **changes}
    session = Session(fake, (parameters["username"], parameters["password"]), check_mode)
    return Watched(session, Made(memory or Memory(), check_mode), parameters)


def test_a_run_with_nothing_to_do_only_asks(resets: list[str]) -> None:
    fake = Fake()
    found = server(fake)
    assert found.log_in()
    found.provision()
    found.require_plugins()
    assert (found.actions, resets) == ([], [])
    assert all(asked.startswith("GET ") for asked in fake.asked)


def test_password_and_name_are_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = Fake(("boss", "old"))

    def reset(_config: str, _home: str, password: str) -> None:
        fake.login = (fake.login[0], password)

    monkeypatch.setattr(grafana_server, "reset_password", reset)
    found = server(fake, username="operator", previous_usernames=["boss"])
    assert found.log_in()
    assert fake.login == ("operator", "wanted")
    assert found.actions == ["set name and password of the administrator"]
    again = server(fake, username="operator", previous_usernames=["boss"])
    assert again.log_in()
    assert again.actions == []


def test_a_name_that_nobody_knows_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = Fake(("boss", "wanted"))
    monkeypatch.setattr(grafana_server, "reset_password", lambda *_arguments: None)
    with pytest.raises(GrafanaError, match="grafana_previous_admin_users"):
        server(fake, username="operator").log_in()


def test_check_mode_sets_no_password(resets: list[str]) -> None:
    found = server(Fake(("admin", "old")), check_mode=True)
    assert not found.log_in()
    assert found.actions == ["set name and password of the administrator"]
    assert resets == []


@pytest.mark.parametrize(
    ("sources", "dashboards"),
    [
        ([], {"d": "ets"}),
        ([{**SOURCE, "url": "http://other"}], {"d": "ets"}),
        ([SOURCE, {**SOURCE, "uid": "gone", "readOnly": True}], {"d": "ets"}),
        ([SOURCE], {}),
        ([SOURCE], {"d": "other"}),
        ([SOURCE], {"d": "ets", "gone": "ets"}),
    ],
)
def test_what_differs_is_loaded_anew(sources: list[dict[str, t.Any]], dashboards: dict[str, str]) -> None:
    fake = Fake()
    fake.sources, fake.dashboards = sources, dashboards
    fake.after_reload = ([SOURCE], {"d": "ets"})
    checked = server(fake, check_mode=True)
    checked.provision()
    assert checked.actions == ["load the provisioning files"]
    assert not any(asked.startswith("POST") for asked in fake.asked)
    found = server(fake)
    found.provision()
    assert found.actions == ["load the provisioning files"]

    fake.sources, fake.dashboards, fake.after_reload = sources, dashboards, None
    with pytest.raises(GrafanaError, match="not loaded after 0 s: da"):
        server(fake).provision()


def test_what_users_made_themselves_is_left_alone() -> None:
    fake = Fake()
    fake.sources.append({"uid": "own", "name": "Own", "readOnly": False})
    fake.dashboards["own"] = ""
    found = server(fake)
    found.provision()
    assert found.actions == []


def test_a_folder_that_is_no_longer_provisioned_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grafana_server, "_FORGETTING", 0)
    fake, memory = Fake(), Memory(folders=["old", "unknown"])
    checked = server(fake, check_mode=True, memory=memory)
    checked.remove()
    assert (checked.actions, fake.folders) == (["delete the folder old"], ["ets", "old"])
    assert memory.made == {"folders": ["old", "unknown"]}

    done = server(fake, memory=memory)
    done.remove()
    assert (done.actions, fake.folders, done.warnings) == (["delete the folder old"], ["ets"], [])
    assert memory.made == {"folders": []}


def test_after_a_reload_grafana_may_forget_dashboards_slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = Fake()
    fake.dashboards["one"] = "old"
    monkeypatch.setattr("time.sleep", lambda _seconds: fake.dashboards.pop("one", None))
    found = server(fake, removed_folders=["old"], reload=True)
    found.provision()
    found.remove()
    assert (fake.folders, found.warnings) == (["ets"], [])


def test_a_folder_with_peoples_dashboards_is_theirs() -> None:
    fake, memory = Fake(), Memory(folders=["old"])
    fake.dashboards["own"] = "old"
    kept = server(fake, memory=memory)
    kept.remove()
    assert (kept.actions, fake.folders) == ([], ["ets", "old"])
    assert "people's dashboards are in it" in kept.warnings[0]
    again = server(fake, memory=memory)
    again.remove()
    assert (again.actions, again.warnings) == ([], [])


def test_what_grafana_does_not_let_go_is_tried_again() -> None:
    fake, memory = Fake(), Memory(folders=["old"])
    fake.refusal = Answer(400, {"message": "folder is not empty"})
    refused = server(fake, memory=memory)
    refused.remove()
    assert (refused.actions, "400 folder is not empty" in refused.warnings[0]) == ([], True)
    fake.refusal = None
    again = server(fake, memory=memory)
    again.remove()
    assert (again.actions, fake.folders) == (["delete the folder old"], ["ets"])


def test_a_folder_goes_after_a_run_that_failed_in_between() -> None:
    """The run that took it out of the files failed before it came to the folder, which nobody mentions any more."""
    fake, memory = Fake(), Memory()
    fake.dashboards["one"] = "old"
    first = server(fake, memory=memory, folders=["ets", "old"], dashboards={"d": "ets", "one": "old"})
    first.provision()
    first.remove()
    assert fake.folders == ["ets", "old"]

    fake.refusal = Answer(500, {"message": "it fails in between"})
    with pytest.raises(GrafanaError):
        server(fake, memory=memory, removed_folders=["old"], reload=True).provision()

    fake.refusal = None
    del fake.dashboards["one"]
    third = server(fake, memory=memory)
    third.provision()
    third.remove()
    assert (third.actions, fake.folders) == (["delete the folder old"], ["ets"])


def test_a_folder_that_only_the_files_knew_goes_as_well() -> None:
    fake, memory = Fake(), Memory()
    found = server(fake, memory=memory, removed_folders=["old"])
    found.provision()
    found.remove()
    assert fake.folders == ["ets"]


MAIL = {"uid": "mail", "name": "Operations", "type": "email"}


@pytest.mark.parametrize("there", [[], [{**MAIL, "type": "slack"}], [{**MAIL, "name": "Other"}]])
def test_contact_points_are_loaded(there: list[dict[str, str]]) -> None:
    fake = Fake()
    fake.receivers = there
    checked = server(fake, check_mode=True, contact_points=[MAIL])
    checked.provision()
    assert checked.actions == ["load the provisioning files"]
    assert not any(asked.startswith("POST") for asked in fake.asked)
    with pytest.raises(GrafanaError, match="contact point Operations has no receiver mail of the type email"):
        server(fake, contact_points=[MAIL]).provision()
    assert "POST /api/admin/provisioning/alerting/reload" in fake.asked


def test_a_contact_point_goes_if_it_was_ours() -> None:
    fake, memory = Fake(), Memory()
    fake.receivers = [MAIL, {**MAIL, "uid": "own"}]
    first = server(fake, memory=memory, contact_points=[MAIL])
    first.provision()
    first.remove()
    assert first.actions == []

    fake.refusal = Answer(409, {"message": "contact point is in use"})
    refused = server(fake, memory=memory)
    refused.remove()
    assert (refused.actions, "in use" in refused.warnings[0], len(fake.receivers)) == ([], True, 2)
    fake.refusal = None
    done = server(fake, memory=memory)
    done.provision()
    done.remove()
    assert done.actions == ["delete the receiver mail of the contact point Operations"]
    assert [receiver["uid"] for receiver in fake.receivers] == ["own"]


def test_without_contact_points_alerting_is_not_asked() -> None:
    fake = Fake()
    found = server(fake, reload=True)
    found.provision()
    found.remove()
    assert not any("alerting" in asked or "contact-points" in asked for asked in fake.asked)


def test_grafanas_words_are_passed_on() -> None:
    fake = Fake()
    fake.refusal = Answer(500, {"message": "datasource.yaml config is invalid"})
    with pytest.raises(GrafanaError, match=r"500 datasource\.yaml config is invalid"):
        server(fake, reload=True).provision()


def test_a_plugin_that_is_missing_is_said() -> None:
    fake = Fake()
    fake.plugins = []
    with pytest.raises(GrafanaError, match="the plugins prometheus are missing"):
        server(fake).require_plugins()

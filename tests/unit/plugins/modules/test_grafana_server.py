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
)
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
        self.plugins = ["prometheus"]
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


def server(fake: Fake, check_mode: bool = False, **changes: t.Any) -> grafana_server.Server:
    return grafana_server.Server(fake, {**PARAMETERS, **changes}, check_mode)


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

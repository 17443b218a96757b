# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role grafana writes, from its own defaults and vars inside of a real ansible-playbook."""

from __future__ import annotations

import configparser
import json
import typing as t
from pathlib import Path

import pytest

Play = t.Callable[..., t.Any]
ROLE = Path(__file__).parents[2] / "roles" / "grafana"
PASSWORD = 'not-a-real;#"$password'
DATABASE = {
    "host": "db1.example.com:5432",
    "name": "grafana",
    "user": "grafana",
    "password": PASSWORD,
    "ssl_mode": "verify-full",
}
PLAY = {
    "name": "Print the files of the role",
    "hosts": "grafana",
    "gather_facts": False,
    "vars_files": [str(ROLE / "defaults" / "main.yml"), str(ROLE / "vars" / "main.yml")],
    "vars": {"role_path": str(ROLE)},
    "tasks": [{"name": "Print", "ansible.builtin.debug": {"msg": "{{ __grafana_files | to_json }}"}}],
}


def files(playbook: Play, **variables: t.Any) -> dict[str, dict[str, t.Any]]:
    """The files of the role by their path."""
    given = {
        "grafana_dashboards_enabled": False,
        "grafana_admin_password": "not-a-real-admin-password",
        "grafana_secret_key": "not-a-real-secret-key",
        **variables,
    }
    node = {"hosts": {"mon1": {"ansible_connection": "local"}}}
    hosts = {"all": {"children": {"observability_hosts": node, "prometheus": node, "grafana": node}}}
    # The defaults are variables of the play here, so what wins over them is on the command line.
    run = playbook([PLAY], {"hosts.yml": hosts}, "-e", json.dumps(given))
    assert run.status == 0, run.output
    (message,) = run.messages()["mon1"]
    return {file["dest"]: file for file in json.loads(message)}


def section(found: dict[str, dict[str, t.Any]], name: str = "database") -> dict[str, str]:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(found["/etc/grafana/grafana.ini"]["content"])
    return dict(parser[name])


def test_sqlite_is_the_default_and_nothing_is_asked_of_the_internet_and_nobody_gets_in_unasked(playbook: Play) -> None:
    found = files(playbook)
    assert section(found) == {"type": "sqlite3", "wal": "true"}
    assert "/etc/grafana/secrets/database_password" not in found
    # Each is on, or asks somebody, in conf/defaults.ini of Grafana 11 to 13.
    assert section(found, "analytics") == {
        "reporting_enabled": "false",
        "check_for_updates": "false",
        "check_for_plugin_updates": "false",
        "feedback_links_enabled": "false",
    }
    assert section(found, "news") == {"news_feed_enabled": "false"}
    assert section(found, "plugins") == {
        "preinstall_disabled": "true",
        "preinstall_auto_update": "false",
        "plugin_admin_enabled": "false",
    }
    assert section(found, "snapshots") == {"external_enabled": "false"}
    assert section(found, "security")["disable_gravatar"] == "true"
    assert section(found, "auth.anonymous") == {"enabled": "false"}
    assert section(found, "users") == {"allow_sign_up": "false", "allow_org_create": "false"}
    for key in ("admin_password", "secret_key"):
        assert section(found, "security")[key] == f"$__file{{/etc/grafana/secrets/{key}}}"


def test_postgresql_and_its_password(playbook: Play) -> None:
    found = files(playbook, grafana_database=DATABASE, grafana_ini={"database": {"max_open_conn": 40}})
    assert section(found) == {
        "type": "postgres",
        "host": "db1.example.com:5432",
        "name": "grafana",
        "user": "grafana",
        "password": "$__file{/etc/grafana/secrets/database_password}",
        "ssl_mode": "verify-full",
        "max_open_conn": "40",
    }
    secret = found.pop("/etc/grafana/secrets/database_password")
    # Grafana takes blanks and line ends off, and nothing else.
    assert secret["content"].rstrip("\n") == PASSWORD
    assert (secret["mode"], secret["group"], secret["secret"]) == ("0640", "grafana", True)
    # The program reads it at its start only.
    assert secret.get("on_change", "restart") == "restart"
    assert PASSWORD not in json.dumps([file.get("content") for file in found.values()])


@pytest.mark.parametrize("mode", ["disable", "require"])
def test_without_tls_grafana_is_told_so(playbook: Play, mode: str) -> None:
    assert section(files(playbook, grafana_database={**DATABASE, "ssl_mode": mode}))["ssl_mode"] == mode


def test_a_name_with_signs_of_comments_is_whole(playbook: Play) -> None:
    assert section(files(playbook, grafana_database={**DATABASE, "user": "grafana;#1"}))["user"] == "`grafana;#1`"

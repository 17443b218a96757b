# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two servers that share a real PostgreSQL: one from a package, and one from an archive on a host that had none."""

from __future__ import annotations

import json

import pytest

testinfra_hosts = ["ansible://grafana-bookworm"]

NODES = ("grafana-trixie", "grafana-bookworm")
PASSWORD = "lab-not-a-real-password"


@pytest.fixture(scope="module")
def ask(host):
    """What each of the two answers."""

    def both(path, login=f"admin:{PASSWORD}"):
        return [
            json.loads(
                host.check_output(
                    "curl --silent --show-error --fail --insecure --user %s %s",
                    login,
                    f"https://{node}:3000/grafana{path}",
                )
            )
            for node in NODES
        ]

    return both


@pytest.fixture(scope="module")
def deploy(playbooks):
    """Deploy both, with variables that win over the inventory's."""

    def run(*arguments, **variables):
        pair = {"observability_groups": {"grafana": "grafana_pair"}, "grafana_database": "{{ lab_database }}"}
        return playbooks.run("--tags", "grafana", *arguments, variables=pair | variables)

    return run


@pytest.fixture(scope="module", autouse=True)
def pair(deploy):
    done = deploy("--diff")
    assert done.returncode == 0, done.stdout
    assert "lab-not-a-real-database-password" not in done.stdout


def test_both_have_the_same(host, ask):
    answers = {}
    for question in ("users", "org/users", "datasources", "folders", "teams/search"):
        answers[question], other = ask(f"/api/{question}")
        assert answers[question] == other
    assert {user["login"] for user in answers["users"]} == {"admin", "jane"}
    assert {source["uid"] for source in answers["datasources"]} == {"prometheus-grafana-trixie", "elsewhere"}
    for found in ask("/api/search?type=dash-db"):
        assert {"lab-one", "ets-overview"} < {item["uid"] for item in found}
    # It is in PostgreSQL, and in no file.
    assert host.check_output(
        "runuser -u postgres -- psql -At grafana -c 'select value from facts where name = $$login$$'"
    )
    assert not host.file("/var/lib/grafana/grafana.db").exists


def test_the_archive_runs_without_a_package(host):
    assert not host.package("grafana").is_installed
    assert host.service("grafana-server.service").is_enabled
    assert host.user("grafana").shell == "/usr/sbin/nologin"
    assert host.file("/usr/local/bin/grafana").linked_to == "/opt/grafana/13.1.4/bin/grafana"


def test_a_database_that_is_away(host, instances, checked, wait):
    """The health check of the other host sees it."""

    def database():
        return checked(instances["grafana-trixie"], "grafana.database")[:2]

    wait(lambda: database() == (0, "ok"), "the database is well")
    host.check_output("systemctl stop 'postgresql@*'")
    try:
        wait(lambda: database() == (2, "critical"), "the database is away")
    finally:
        host.check_output("systemctl start postgresql")
    wait(lambda: database() == (0, "ok"), "the database is well again")


def test_a_change_is_made_once_and_met_by_the_other(ask, deploy, sums):
    variables = {
        "grafana_admin_password": "lab-another-password",
        "grafana_users": [],
        "grafana_teams": [],
        "grafana_dashboard_folders": [],
        "grafana_extra_datasources": [],
        "grafana_contact_points": [],
    }
    done = deploy("-v", **variables)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("set name and password of the administrator") == 1
    login = "admin:lab-another-password"
    for users, folders, sources, dashboards in zip(
        ask("/api/users", login),
        ask("/api/folders", login),
        ask("/api/datasources", login),
        ask("/api/search?type=dash-db", login),
        strict=True,
    ):
        assert {user["login"] for user in users} == {"admin"}
        assert {folder["uid"] for folder in folders} == {"ets"}
        assert {source["uid"] for source in sources} == {"prometheus-grafana-trixie"}
        assert "lab-one" not in {item["uid"] for item in dashboards}
    again = deploy(**variables)
    assert (again.returncode, sums(again).changed) == (0, 0), again.stdout

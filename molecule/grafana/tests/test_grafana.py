# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Grafana, or its stub, after a converge; what later runs change. The tests go on from each other in their order."""

from __future__ import annotations

import json
import pathlib

import pytest

testinfra_hosts = ["ansible://grafana-trixie"]

URL = "https://127.0.0.1:3000/grafana"
PASSWORD = "lab-not-a-real-password"
JANES_PASSWORD = "lab-not-janes-password"
UNIT = "grafana-server.service"


@pytest.fixture
def ask(service):
    def get(path, login=f"admin:{PASSWORD}"):
        return json.loads(service(URL, "--insecure", "--user", login).get(path))

    return get


@pytest.fixture
def started(host):
    return lambda: host.check_output(f"systemctl show -p InvocationID,NRestarts {UNIT}")


def only_grafana(playbooks, *arguments, **variables):
    return playbooks.run("--tags", "grafana", *arguments, variables=variables)


def test_it_runs_over_https_below_a_path(host, service, ask):
    assert host.service(UNIT).is_running
    assert host.service(UNIT).is_enabled
    assert ask("/api/health")["database"] == "ok"
    assert service(URL).status("/api/datasources", "--insecure") == 401
    assert service(URL).status("/api/user", "--insecure", "--user", "admin:admin") == 401


def test_what_is_provisioned_is_there(ask):
    sources = {source["uid"]: source for source in ask("/api/datasources")}
    assert set(sources) == {"prometheus-grafana-trixie", "elsewhere"}
    assert sources["prometheus-grafana-trixie"]["jsonData"]["timeInterval"] == "15s"
    found = {item["uid"]: item["folderUid"] for item in ask("/api/search?type=dash-db")}
    shipped = pathlib.Path(__file__).parents[3] / "roles" / "grafana" / "files" / "dashboards"
    assert found == {"lab-one": "lab"} | {path.stem: "ets" for path in shipped.glob("*.json")}


def test_users_teams_and_contact_points_are_there(host, service, ask):
    roles = {member["login"]: (member["userId"], member["role"]) for member in ask("/api/org/users")}
    assert roles == {"admin": (1, "Admin"), "jane": (roles["jane"][0], "Editor")}
    assert service(URL).status("/api/user", "--insecure", "--user", f"jane:{JANES_PASSWORD}") == 200
    [team] = ask("/api/teams/search")["teams"]
    assert (team["name"], team["email"]) == ("Operations", "operations@example.com")
    # Not the administrator, whom Grafana puts into every team it is told to make.
    assert [member["login"] for member in ask(f"/api/teams/{team['id']}/members")] == ["jane"]
    points = ask("/api/v1/provisioning/contact-points")
    assert ("Chat", "chat", "webhook") in {(point["name"], point["uid"], point["type"]) for point in points}
    file = host.file("/etc/grafana/provisioning/alerting/ets.yaml")
    assert (file.mode, file.user, file.group) == (0o640, "root", "grafana")
    assert "lab-hook-$$dollar" in file.content_string


def test_secrets_are_where_nobody_else_reads_them(host):
    for path in ("/etc/grafana/secrets/admin_password", "/etc/grafana/secrets/secret_key", "/etc/grafana/grafana.ini"):
        assert (host.file(path).mode, host.file(path).group) == (0o640, "grafana")
    assert PASSWORD not in host.file("/etc/grafana/grafana.ini").content_string
    assert "lab-$$dollar" in host.file("/etc/grafana/provisioning/datasources/ets.yaml").content_string


def test_the_sandbox_is_tight(host, exposure):
    assert exposure(host, UNIT) <= 4


def test_a_bad_dashboard_is_refused_and_the_old_service_runs_on(playbooks, tmp_path, started, ask):
    before = started()
    for name, content in {
        "lab": {"uid": "lab-one", "title": "Lab"},
        "twin": {"uid": "lab-one", "title": "Twin"},
        "v2": {"apiVersion": "dashboard.grafana.app/v2", "spec": {}},
    }.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    folders = [{"uid": "lab", "title": "Lab", "path": str(tmp_path)}]
    done = only_grafana(playbooks, grafana_dashboard_folders=folders)
    assert done.returncode != 0
    assert "in the v2 form" in done.stdout
    assert "the uid 'lab-one' is that of" in done.stdout
    assert started() == before
    assert {item["uid"] for item in ask("/api/search?type=dash-db")} >= {"lab-one"}


def test_sample_passwords_are_refused(playbooks, started):
    before = started()
    done = only_grafana(playbooks, grafana_admin_password="secure_grafana_password")
    assert done.returncode != 0
    assert "grafana_admin_password: found" in done.stdout
    assert started() == before


def test_a_configuration_that_does_not_start_is_taken_back(playbooks, ask):
    """The configuration names a secret that is not there: the previous files come back, and the service with them."""
    done = only_grafana(playbooks, grafana_ini={"smtp": {"password": "$__file{/etc/grafana/secrets/none}"}})
    assert done.returncode != 0
    assert "none" in done.stdout
    assert ask("/api/health")["database"] == "ok"


def post(host, path, **content):
    """Do something as a person would."""
    host.check_output(
        f"curl --silent --show-error --fail --insecure --user admin:{PASSWORD} --json %s {URL}%s",
        json.dumps(content),
        path,
    )


def save(host, uid, title):
    post(host, "/api/dashboards/db", dashboard={"uid": uid, "title": title}, overwrite=True)


def test_what_is_destroyed_comes_back_from_the_backup(host, service, ask, playbooks, wait):
    """The drill: the data of both are gone and are restored, and the same questions have the same answers."""
    prometheus = service("http://127.0.0.1:9090")
    save(host, "own-one", "Somebody's own")
    moment = float(host.check_output("date +%s.%N"))
    counted = f"count_over_time(up[1h] @ {moment})"
    # A backup's own proof is of five seconds before it.
    wait(lambda: len(prometheus.query("count_over_time(up[1h]) > 3")) == 3, "three targets were scraped")

    def counts():
        return {sample["metric"]["instance"]: sample["value"][1] for sample in prometheus.query(counted)}

    before = counts()
    assert before
    dashboards = {item["uid"] for item in ask("/api/search?type=dash-db")}
    done = playbooks.run("-e", "components=prometheus,grafana", playbook="backup")
    assert done.returncode == 0, done.stdout

    host.check_output("systemctl stop prometheus.service %s", UNIT)
    host.check_output("rm -rf /var/lib/prometheus/metrics2/* /var/lib/grafana/grafana.db*")
    host.check_output("systemctl start prometheus.service %s", UNIT)
    wait(lambda: service("http://127.0.0.1:9090").status("/-/ready") == 200, "Prometheus is ready")
    wait(lambda: service(URL).status("/api/health", "--insecure") == 200, "Grafana is ready")
    assert counts() == {}
    assert "own-one" not in {item["uid"] for item in ask("/api/search?type=dash-db")}

    for component in ("prometheus", "grafana"):
        done = playbooks.run("-e", f"component={component}", playbook="restore")
        assert done.returncode == 0, done.stdout
    assert counts() == before
    assert {item["uid"] for item in ask("/api/search?type=dash-db")} == dashboards
    assert ask("/api/dashboards/uid/own-one")["dashboard"]["title"] == "Somebody's own"
    # What is provisioned is as it should be as well.
    assert host.run("enterprise-tickets-health-check --only 'grafana*'").rc == 0


def test_a_changed_threshold_of_an_alert_is_in_the_panels(playbooks, started, ask):
    def steps():
        panels = ask("/api/dashboards/uid/ets-overview")["dashboard"]["panels"]
        [panel] = [panel for panel in panels if panel["title"] == "Failing now"]
        return [step["value"] for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"]]

    before = started()
    shipped = steps()
    done = only_grafana(playbooks, prometheus_alert_thresholds={"error_ratio": 0.25})
    assert done.returncode == 0, done.stdout
    assert steps() == [*shipped[:2], 0.25]
    done = only_grafana(playbooks)
    assert done.returncode == 0, done.stdout
    assert steps() == shipped
    assert started() == before


def test_after_a_change_of_version_nobody_goes_back(host, playbooks, ask):
    """Grafana has changed its database by then: the new files stay, and it is told why."""
    older = only_grafana(playbooks, grafana_version="13.1.3", grafana_allow_downgrade=True)
    assert older.returncode == 0, older.stdout
    assert ask("/api/health")["version"] == "13.1.3"
    broken = {"smtp": {"password": "$__file{/etc/grafana/secrets/none}"}}
    failed = only_grafana(playbooks, grafana_ini=broken, grafana_ready_timeout=20)
    assert failed.returncode != 0
    assert "the old one cannot read it" in failed.stdout
    assert "secrets/none" in host.file("/etc/grafana/grafana.ini").content_string
    assert host.package("grafana").version == "13.1.4"
    mended = only_grafana(playbooks)
    assert mended.returncode == 0, mended.stdout
    assert ask("/api/health")["version"] == "13.1.4"


def test_removed_things_go_and_the_administrator_changes(host, playbooks, sums, started, ask):
    before = started()
    post(host, "/api/admin/users", login="joe", email="joe@example.com", password="lab-not-joes-password")
    post(host, "/api/teams", name="Joe's")
    variables = {
        "grafana_extra_datasources": [],
        "grafana_dashboards_enabled": True,
        "grafana_admin_user": "operator",
        "grafana_admin_password": "lab-another-password",
        "grafana_dashboard_folders": [],
        "grafana_users": [],
        "grafana_teams": [],
        "grafana_contact_points": [],
    }
    assert "lab" in {folder["uid"] for folder in ask("/api/folders")}
    done = only_grafana(playbooks, "--check", **variables)
    assert done.returncode == 0, done.stdout
    assert {source["uid"] for source in ask("/api/datasources")} == {"prometheus-grafana-trixie", "elsewhere"}

    done = only_grafana(playbooks, **variables)
    assert done.returncode == 0, done.stdout
    assert "lab-another-password" not in done.stdout
    login = "operator:lab-another-password"
    assert {source["uid"] for source in ask("/api/datasources", login)} == {"prometheus-grafana-trixie"}
    assert "lab-one" not in {item["uid"] for item in ask("/api/search?type=dash-db", login)}
    assert {folder["uid"] for folder in ask("/api/folders", login)} == {"ets"}
    # What people have made stays.
    assert {user["login"] for user in ask("/api/users", login)} == {"operator", "joe"}
    assert {team["name"] for team in ask("/api/teams/search", login)["teams"]} == {"Joe's"}
    assert "chat" not in {point["uid"] for point in ask("/api/v1/provisioning/contact-points", login)}

    done = only_grafana(playbooks, **variables)
    assert (done.returncode, sums(done).changed) == (0, 0), done.stdout
    # The name is part of grafana.ini, which asks for a restart.
    assert started() != before


def test_a_new_password_asks_for_no_restart(playbooks, started, ask):
    variables = {"grafana_admin_user": "operator", "grafana_previous_admin_users": ["operator"]}
    done = only_grafana(playbooks, **variables, grafana_admin_password="lab-another-password")
    assert done.returncode == 0, done.stdout
    before = started()
    done = only_grafana(playbooks, **variables, grafana_admin_password="lab-third-$password;")
    assert done.returncode == 0, done.stdout
    assert started() == before
    assert ask("/api/user", "operator:lab-third-$password;")["login"] == "operator"


def test_a_user_changes(playbooks, service, ask, sums):
    login = "operator:lab-third-$password;"
    changed = {"login": "jane", "role": "Viewer", "password": "lab-janes-$next;password"}
    variables = {
        "grafana_admin_user": "operator",
        "grafana_admin_password": "lab-third-$password;",
        "grafana_users": [changed],
        "grafana_teams": [{"name": "Operations", "members": []}],
    }

    def state():
        [role] = [member["role"] for member in ask("/api/org/users", login) if member["login"] == "jane"]
        [team] = [team for team in ask("/api/teams/search", login)["teams"] if team["name"] == "Operations"]
        password = f"jane:{changed['password']}"
        return role, team["memberCount"], service(URL).status("/api/user", "--insecure", "--user", password)

    before = state()
    assert before == ("Editor", 1, 401)
    told = only_grafana(playbooks, "--check", "--diff", "-vvv", **variables)
    assert (told.returncode, sums(told).changed) == (0, 1), told.stdout
    assert state() == before
    done = only_grafana(playbooks, "--diff", "-vvv", **variables)
    assert (done.returncode, sums(done).changed) == (0, 1), done.stdout
    assert state() == ("Viewer", 0, 200)
    assert changed["password"] not in told.stdout + done.stdout
    again = only_grafana(playbooks, **variables)
    assert (again.returncode, sums(again).changed) == (0, 0), again.stdout


def test_it_is_pinned(host):
    # 13.1.4 is the newest of the stub; the pin is above everything else.
    policy = host.check_output("apt-cache policy grafana")
    assert " 990\n" in policy


def test_an_archive_takes_the_place_of_the_package_and_keeps_the_data(host, playbooks, ask, exposure):
    login = "operator:lab-third-$password;"
    variables = {
        "grafana_install_method": "archive",
        "grafana_admin_user": "operator",
        "grafana_admin_password": "lab-third-$password;",
    }
    before = {user["login"] for user in ask("/api/users", login)}
    older = only_grafana(playbooks, **variables, grafana_version="13.1.3")
    assert older.returncode != 0
    assert "grafana would go from 13.1.4 to 13.1.3" in older.stdout
    assert "grafana_allow_downgrade" in older.stdout
    done = only_grafana(playbooks, **variables)
    assert done.returncode == 0, done.stdout
    assert host.check_output("systemctl show -p WorkingDirectory --value %s", UNIT) == "/opt/grafana/13.1.4"
    assert host.check_output("grafana --version") == "grafana version 13.1.4"
    assert {user["login"] for user in ask("/api/users", login)} == before > {"operator", "joe"}
    assert "lab-one" in {item["uid"] for item in ask("/api/search?type=dash-db", login)}
    assert exposure(host, UNIT) <= 4

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Grafana, or its stub, after a converge; what later runs change. The tests go on from each other in their order."""

from __future__ import annotations

import json
import pathlib

import pytest

URL = "https://127.0.0.1:3000/grafana"
PASSWORD = "lab-not-a-real-password"
UNIT = "grafana-server.service"


@pytest.fixture
def ask(service):
    def get(path, login=f"admin:{PASSWORD}"):
        return json.loads(service(URL, "--insecure", "--user", login).get(path))

    return get


@pytest.fixture
def started(host):
    return lambda: host.check_output(f"systemctl show -p InvocationID,NRestarts {UNIT}")


def only_grafana(playbooks, tmp_path, *arguments, **variables):
    extra = tmp_path / "extra.json"
    extra.write_text(json.dumps(variables))
    return playbooks.run("--tags", "grafana", "-e", f"@{extra}", *arguments)


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


def test_secrets_are_where_nobody_else_reads_them(host):
    for path in ("/etc/grafana/secrets/admin_password", "/etc/grafana/secrets/secret_key", "/etc/grafana/grafana.ini"):
        assert (host.file(path).mode, host.file(path).group) == (0o640, "grafana")
    assert PASSWORD not in host.file("/etc/grafana/grafana.ini").content_string
    assert "lab-$$dollar" in host.file("/etc/grafana/provisioning/datasources/ets.yaml").content_string


def test_the_sandbox_is_tight(host, exposure):
    assert exposure(host, UNIT) <= 4


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("v2.json", {"apiVersion": "dashboard.grafana.app/v2", "spec": {}}, "in the v2 form"),
        ("twin.json", {"uid": "lab-one", "title": "Twin"}, "the uid 'lab-one' is that of"),
    ],
)
def test_a_bad_dashboard_is_refused_and_the_old_service_runs_on(
    playbooks, tmp_path, started, ask, name, content, message
):
    before = started()
    folder = tmp_path / "dashboards"
    folder.mkdir()
    (folder / "lab.json").write_text(json.dumps({"uid": "lab-one", "title": "Lab"}))
    (folder / name).write_text(json.dumps(content))
    folders = [{"uid": "lab", "title": "Lab", "path": str(folder)}]
    done = only_grafana(playbooks, tmp_path, grafana_dashboard_folders=folders)
    assert done.returncode != 0
    assert message in done.stdout
    assert started() == before
    assert {item["uid"] for item in ask("/api/search?type=dash-db")} >= {"lab-one"}


@pytest.mark.parametrize("password", ["admin", "secure_grafana_password", ""])
def test_sample_passwords_are_refused(playbooks, tmp_path, started, password):
    before = started()
    done = only_grafana(playbooks, tmp_path, grafana_admin_password=password)
    assert done.returncode != 0
    assert "grafana_admin_password: found" in done.stdout
    assert started() == before


def test_a_configuration_that_does_not_start_is_taken_back(playbooks, tmp_path, ask):
    """The configuration names a secret that is not there: the previous files come back, and the service with them."""
    done = only_grafana(playbooks, tmp_path, grafana_ini={"smtp": {"password": "$__file{/etc/grafana/secrets/none}"}})
    assert done.returncode != 0
    assert "none" in done.stdout
    assert ask("/api/health")["database"] == "ok"


def test_removed_things_go_and_the_administrator_changes(playbooks, sums, tmp_path, started, ask):
    before = started()
    variables = {
        "grafana_extra_datasources": [],
        "grafana_dashboards_enabled": True,
        "grafana_admin_user": "operator",
        "grafana_admin_password": "lab-another-password",
    }
    empty = tmp_path / "empty"
    empty.mkdir()
    variables["grafana_dashboard_folders"] = [{"uid": "lab", "title": "Lab", "path": str(empty)}]
    done = only_grafana(playbooks, tmp_path, "--check", **variables)
    assert done.returncode == 0, done.stdout
    assert {source["uid"] for source in ask("/api/datasources")} == {"prometheus-grafana-trixie", "elsewhere"}

    done = only_grafana(playbooks, tmp_path, **variables)
    assert done.returncode == 0, done.stdout
    assert "lab-another-password" not in done.stdout
    login = "operator:lab-another-password"
    assert {source["uid"] for source in ask("/api/datasources", login)} == {"prometheus-grafana-trixie"}
    assert "lab-one" not in {item["uid"] for item in ask("/api/search?type=dash-db", login)}

    done = only_grafana(playbooks, tmp_path, **variables)
    assert (done.returncode, sums(done).changed) == (0, 0), done.stdout
    # The name is part of grafana.ini, which asks for a restart.
    assert started() != before


def test_a_new_password_asks_for_no_restart(playbooks, tmp_path, started, ask):
    variables = {"grafana_admin_user": "operator", "grafana_previous_admin_users": ["operator"]}
    done = only_grafana(playbooks, tmp_path, **variables, grafana_admin_password="lab-another-password")
    assert done.returncode == 0, done.stdout
    before = started()
    done = only_grafana(playbooks, tmp_path, **variables, grafana_admin_password="lab-third-$password;")
    assert done.returncode == 0, done.stdout
    assert started() == before
    assert ask("/api/user", "operator:lab-third-$password;")["login"] == "operator"


def test_it_is_pinned(host):
    # 13.1.4 is the newest of the stub; the pin is above everything else.
    policy = host.check_output("apt-cache policy grafana")
    assert " 990\n" in policy

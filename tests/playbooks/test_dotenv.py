# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lookup `dotenv` and the example that maps all variables, inside of a real ansible-playbook."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
import yaml

Play = t.Callable[..., t.Any]
ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "dotenv.yml"
LOOKUP = "lookup('enterprise_tickets.observability.dotenv', "
HOSTS = {"all": {"hosts": {"here": {"ansible_connection": "local"}}}}

#: All variables of a .env file, with what a team may have there.
ENV = """\
GRAFANA_USER=boss
GRAFANA_PASSWORD='no sample {{ "x" }}'
PROMETHEUS_RETENTION_DAYS=30
ALERT_EMAIL=ops@example.com
SLACK_WEBHOOK_URL=https://slack.example.com/hook
TEAMS_WEBHOOK_URL=https://teams.example.com/hook
LOG_LEVEL=WARNING
LOG_RETENTION_DAYS=90
ELASTICSEARCH_HEAP_SIZE=2g
"""
NAMES = [line.partition("=")[0] for line in ENV.splitlines()]


def shown(message: str) -> list[dict[str, t.Any]]:
    return [{"hosts": "here", "gather_facts": False, "tasks": [{"ansible.builtin.debug": {"msg": message}}]}]


def test_values_and_defaults(playbook: Play, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("A=1\nEMPTY=\n")
    expression = "[%s'A'), %s'EMPTY', default='x'), %s'NONE', default='')] | to_json" % ((LOOKUP,) * 3)
    done = playbook(shown("{{ %s }}" % expression), {"hosts.yml": HOSTS})
    assert done.status == 0, done.output
    assert "['1', 'x', '']" in done.output or '["1", "x", ""]' in str(done.messages())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, ("there is no file .env", "observability_dotenv_file")),
        ("OTHER=s3cret\n", ("GRAFANA_PASSWORD is not set in .env",)),
        ("GRAFANA_PASSWORD='s3cret\n", (".env, line 1: GRAFANA_PASSWORD has a quote",)),
        ("GRAFANA_PASSWORD=secure_grafana_password\n", ("GRAFANA_PASSWORD in .env", "sample value")),
    ],
)
def test_what_is_wrong_is_named(playbook: Play, tmp_path: Path, content: str | None, words: tuple[str, ...]) -> None:
    if content is not None:
        (tmp_path / ".env").write_text(content)
    done = playbook(shown("{{ %s'GRAFANA_PASSWORD') }}" % LOOKUP), {"hosts.yml": HOSTS})
    output = " ".join(done.output.split())
    assert done.status != 0
    assert [word for word in words if word not in output] == [], done.output
    assert "s3cret" not in output


def test_the_example_maps_all_variables(playbook: Play, tmp_path: Path) -> None:
    assert [name for name in NAMES if f"'{name}'" not in EXAMPLE.read_text()] == []
    (tmp_path / "my.env").write_text(ENV)
    names = [name for name in yaml.safe_load(EXAMPLE.read_text()) if not name.startswith("__")]
    variables = ", ".join(f"'{name}': {name}" for name in names)
    files = {"hosts.yml": HOSTS, "group_vars/all/dotenv.yml": EXAMPLE.read_text()}
    extra = json.dumps({"observability_dotenv_file": str(tmp_path / "my.env")})
    done = playbook(shown("{{ {%s} | to_json }}" % variables), files, "-e", extra)
    assert done.status == 0, done.output
    (message,) = done.messages()["here"]
    found = json.loads(message) if isinstance(message, str) else message
    assert found == {
        "grafana_admin_user": "boss",
        "grafana_admin_password": 'no sample {{ "x" }}',
        "prometheus_retention_time": "31d",
        "alertmanager_email_recipients": {
            key: ["ops@example.com"] for key in ("critical", "level2", "level3", "warning", "info", "other")
        },
        "alertmanager_slack_webhook_url": "https://slack.example.com/hook",
        "alertmanager_teams_webhook_url": "https://teams.example.com/hook",
        "observability_log_level": "warning",
        "observability_log_retention_days": found["observability_log_retention_days"],
        "elasticsearch_heap_size": "2g",
    }
    assert int(found["observability_log_retention_days"]) == 90


#: What has no log of a service: HAProxy is somebody else's, the others are commands.
SILENT = {"backup", "haproxy", "operator_tools"}


@pytest.mark.parametrize("level", ["DEBUG", "INFO", "WARNING", "ERROR"])
def test_the_log_level_reaches_every_service(playbook: Play, tmp_path: Path, level: str) -> None:
    """Each service gets the word that it knows for the level, as its role's default says."""
    roles = sorted({path.name for path in (ROOT / "roles").iterdir()} - SILENT)
    defaults, known = {}, {}
    for role in roles:
        name = f"{role}_log_level"
        defaults[name] = yaml.safe_load((ROOT / "roles" / role / "defaults" / "main.yml").read_text())[name]
        specs = yaml.safe_load((ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text())
        known[name] = specs["argument_specs"]["main"]["options"][name]["choices"]
        assert name in (ROOT / "roles" / role / "vars" / "main.yml").read_text()
    (tmp_path / "my.env").write_text(ENV.replace("LOG_LEVEL=WARNING", f"LOG_LEVEL={level}"))
    variables = ", ".join(f"'{name}': {name}" for name in defaults)
    files = {
        "hosts.yml": HOSTS,
        "group_vars/all/dotenv.yml": EXAMPLE.read_text(),
        "group_vars/all/roles.yml": yaml.safe_dump(defaults),
    }
    extra = json.dumps({"observability_dotenv_file": str(tmp_path / "my.env")})
    done = playbook(shown("{{ {%s} | to_json }}" % variables), files, "-e", extra)
    assert done.status == 0, done.output
    (message,) = done.messages()["here"]
    found = json.loads(message) if isinstance(message, str) else message
    assert [name for name, value in found.items() if value not in known[name]] == []
    wanted = {level.lower(), level.lower().replace("warning", "warn")}
    # Where nothing is less than info, info is as near as it gets.
    others = {name: value for name, value in found.items() if value not in wanted}
    assert {name: value for name, value in others.items() if (known[name], value) != (["debug", "info"], "info")} == {}

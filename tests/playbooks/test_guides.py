# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who puts the examples of the guides into an inventory gets what the guides say."""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

import pytest
import yaml

Play = t.Callable[..., t.Any]
ROOT = Path(__file__).parents[2]
GUIDES = ("customising.md", "on_call.md")
GROUPS = ("observability_hosts", "prometheus", "alertmanager", "grafana")
HOSTS: dict[str, t.Any] = {"all": {"children": {name: {"hosts": {"mon1": {}}} for name in GROUPS}}}
SECRETS = {
    "vault_smtp_password": "correct-horse",
    "vault_slack_webhook_url": "https://hooks.slack.example.com/services/x",
    "vault_grafana_jane_password": "battery-staple-horse",
    "grafana_admin_password": "correct-horse-battery",
    "grafana_secret_key": "staple-staple-staple",
    "grafana_dashboards_enabled": False,  # ours need the role's own directory
}
DASHBOARD = {"uid": "printers", "title": "Printers", "panels": [], "schemaVersion": 41}

# The tasks with the tag talk to no host; the roles bring their variables.
ROLES = ("prometheus", "alertmanager", "grafana")
NAMESPACE = "enterprise_tickets.observability"
ASKED = {
    "prometheus problems": f"{{{{ __prometheus_rule_settings | {NAMESPACE}.prometheus_rule_problems }}}}",
    "prometheus": "{{ __prometheus_files }}",
    "alertmanager problems": f"{{{{ __alertmanager_settings | {NAMESPACE}.alertmanager_problems('0.28') }}}}",
    "alertmanager": "{{ __alertmanager_told }}",
    "grafana problems": f"{{{{ __grafana_settings | {NAMESPACE}.grafana_problems }}}}",
    "grafana": "{{ __grafana_dashboard_files }}",
}


def examples() -> dict[str, str]:
    """Files by path: the blocks of YAML whose first line says where they belong."""
    text = "".join((ROOT / "docs" / name).read_text() for name in GUIDES)
    return dict(re.findall(r"^```yaml\n# ((?:files|group_vars)/\S+)\n(.*?)^```", text, re.MULTILINE | re.DOTALL))


@pytest.fixture
def told(playbook: Play, tmp_path: Path) -> dict[str, t.Any]:
    """What the roles make of an inventory with all examples."""
    found = examples()
    (tmp_path / "files").mkdir()
    for name in [name for name in found if name.startswith("files/")]:
        (tmp_path / name).write_text(found.pop(name))
    plays = [
        {
            "hosts": "mon1",
            "gather_facts": False,
            "tags": "never",
            "roles": [{"role": f"{NAMESPACE}.{role}"} for role in ROLES],
            "vars": {
                **{f"__{role}_software": {"version": "", "bin_dir": "/usr/bin"} for role in ROLES},
                # The tasks stand outside the roles, and one of them needs Grafana's.
                "role_path": str(ROOT / "roles" / "grafana"),
            },
            "tasks": [{"ansible.builtin.debug": {"msg": text}, "tags": "ask"} for text in ASKED.values()],
        }
    ]
    files = {
        "hosts.yml": HOSTS,
        "group_vars/all/vault.yml": SECRETS,
        "../dashboards/printers/printers.json": json.dumps(DASHBOARD),
        **found,
    }
    done = playbook(plays, files, "--tags", "ask")
    assert done.status == 0, done.output
    return dict(zip(ASKED, done.messages()["mon1"], strict=True))


def test_the_guides_have_examples() -> None:
    assert len(examples()) >= 7


@pytest.fixture
def rules(told: dict[str, t.Any]) -> dict[str, dict[str, t.Any]]:
    """The alerts that are deployed, by name."""
    found: dict[str, dict[str, t.Any]] = {}
    for file in told["prometheus"]:
        if "/rules/" in file["dest"]:
            groups = yaml.safe_load(file["content"])["groups"]
            found |= {rule["alert"]: rule for group in groups for rule in group["rules"] if "alert" in rule}
    return found


def test_every_example_is_accepted_and_does_what_its_guide_says(
    told: dict[str, t.Any], rules: dict[str, dict[str, t.Any]]
) -> None:
    assert [told[f"{role} problems"] for role in ROLES] == [[], [], []]

    assert "> 0.9 # threshold: cpu_usage_ratio" in rules["HighCPUUsage"]["expr"]
    assert "NodeRebooted" not in rules
    assert rules["HighMemoryUsage"]["for"] == "15m"
    assert {"team": "development", "escalate": "no"}.items() <= rules["HighMemoryUsage"]["labels"].items()
    assert "< 0.15 # threshold: disk_available_ratio" in rules["DiskSpaceLow"]["expr"]
    assert rules["PrinterOnFire"]["annotations"]["summary"] == "{{ $labels.instance }} is on fire"

    (prometheus,) = (file["content"] for file in told["prometheus"] if file["dest"] == "/etc/prometheus/prometheus.yml")
    jobs = {job["job_name"]: job for job in prometheus["scrape_configs"]}
    assert jobs["custom-app"]["static_configs"][0]["labels"] == {"node": "custom-app.example.com"}

    alertmanager = told["alertmanager"]["config"]
    receivers = {receiver["name"]: receiver for receiver in alertmanager["receivers"]}
    addresses = {
        name: receiver["email_configs"][0]["to"] for name, receiver in receivers.items() if "email_configs" in receiver
    }
    assert addresses["email-critical"] == "leads@example.com"
    assert addresses["email-level3"] == "executives@example.com"
    (ops,) = (route for route in alertmanager["route"]["routes"] if route["receiver"] == "slack-ops")
    assert ops["mute_time_intervals"] == ["night"]
    assert "Operations on call, ops@example.com, +1 555 0100" in json.dumps(told["alertmanager"])

    assert [Path(file["dest"]).name for file in told["grafana"]] == ["printers.json"]

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventories that we ship, and the README's, are complete: our checks find nothing, and all files can be made."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._catalogue import SERVICES, Service

ROOT = Path(__file__).parents[2]
NAMES = sorted(path.parent.name for path in (ROOT / "inventories").glob("*/hosts.yml"))
# They are no whole inventories: tools/demo adds them to its own.
ADDITIONS = [name for name in NAMES if name.startswith("demo_")]
INVENTORIES = [
    ("README.md",),
    *((name,) for name in NAMES if name not in ADDITIONS),
    *(("demo", *chosen) for size in range(1, len(ADDITIONS) + 1) for chosen in combinations(ADDITIONS, size)),
]
DEMO_VENDORS = ("GRAFANA", "ELASTIC")
ANSIBLE_PLAYBOOK = Path(sys.executable).parent / "ansible-playbook"
NAMESPACE = "enterprise_tickets.observability"


def play(service: Service) -> dict[str, Any]:
    """Check a service where it runs.

    The role brings its defaults and variables; of the tasks only the one with the tag is run, which talks to no host.
    """
    name = service.name
    has_files = name != "haproxy"  # somebody else deploys it
    return {
        "name": f"Check {name}",
        "hosts": f"{{{{ groups | {NAMESPACE}.play_hosts('{service.group}', needs='{service.needs_group}') }}}}",
        "gather_facts": False,
        "tags": "never",
        "roles": [{"role": f"{NAMESPACE}.{name}"}],
        "vars": {
            f"__{name}_software": {
                "version": "",
                "previous_version": "",
                "bin_dir": "/usr/bin",
                "path": "/opt/example",
            },
            "role_path": str(ROOT / "roles" / name),  # the task stands outside the role
        },
        "tasks": [
            {
                "name": f"Check what the inventory says of {name}",
                "ansible.builtin.assert": {
                    "that": [
                        f"groups | {NAMESPACE}.topology_problems(hostvars) == []",
                        f"__{name}_checks | {NAMESPACE}.service_problems('{name}') == []",
                        *([f"__{name}_files | length > 0"] if has_files else []),
                    ]
                },
                "tags": "inventory",
            }
        ],
    }


def readme_inventory(directory: Path) -> Path:
    """The inventory of the README's examples."""
    for name, text in re.findall(
        r"^```yaml\n# (inventory/\S+)\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S
    ):
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)
    return directory / "inventory"


def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ANSIBLE_PLAYBOOK, *arguments],
        cwd=ROOT,
        env={**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What tools/demo tells its inventories."""
    directory = tmp_path_factory.mktemp("ca")
    made = run("playbooks/create_ca.yml", "--extra-vars", f"ca_directory={directory}")
    assert made.returncode == 0, made.stdout
    parts = {
        f"DEMO_{vendor}_{what}": "https://example.com" for vendor in DEMO_VENDORS for what in ("REPOSITORY", "KEY")
    }
    return {**parts, "DEMO_CA": str(directory)}


@pytest.mark.parametrize("names", INVENTORIES, ids="+".join)
def test_an_inventory_passes_the_checks(names: tuple[str, ...], demo: dict[str, str], tmp_path: Path) -> None:
    playbook = tmp_path / "check.yml"
    roles = [service for service in SERVICES if (ROOT / "roles" / service.name).exists()]
    playbook.write_text(json.dumps([play(service) for service in roles]))
    password = tmp_path / "password"
    password.write_text("example")  # of the example's vault; it says so itself
    paths = [readme_inventory(tmp_path) if name == "README.md" else ROOT / "inventories" / name for name in names]
    inventories = [word for path in paths for word in ("-i", path)]
    done = run(*inventories, "--vault-password-file", password, "--tags", "inventory", playbook, **demo)
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    ran = set(re.findall(r"TASK \[Check what the inventory says of (\w+)\]", output))
    assert {"node_exporter", "prometheus"} <= ran
    assert "[WARNING]" not in output

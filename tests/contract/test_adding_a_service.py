# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who follows docs/adding_a_service.md has a service that is deployed, scraped and checked."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HOST = "adding-a-service"
COPIED = ("meta", "playbooks", "plugins", "roles")
INVENTORY = f"""\
all:
  vars:
    ansible_connection: community.docker.docker
    ansible_python_interpreter: /usr/bin/python3
    observability_install_method: package
  children:
    observability_hosts: {{hosts: {{{HOST}: }}}}
    prometheus: {{hosts: {{{HOST}: }}}}
    tickets_backend: {{hosts: {{{HOST}: }}}}
"""
TARGETS = """\
- hosts: prometheus
  gather_facts: false
  tasks:
    - ansible.builtin.debug:
        msg: "{{ groups | enterprise_tickets.observability.scrape_jobs(hostvars, inventory_hostname) }}"
"""


def blocks() -> dict[str, str]:
    """The blocks of the guide by their first line, which says where they belong."""
    text = (ROOT / "docs" / "adding_a_service.md").read_text()
    return dict(re.findall(r"^```(?:yaml|python)\n# (\w+/[^\n]+)\n(.*?)^```", text, re.MULTILINE | re.DOTALL))


def follow(collection: Path) -> None:
    """Do what the guide says."""
    for where, text in blocks().items():
        name, _, place = where.partition(": ")
        path = collection / name
        if place == "in SERVICES":
            before, end, after = path.read_text().partition("SERVICES: t.Final = (\n")
            path.write_text(before + end + text + after)
        elif place == "at the end":
            path.write_text(f"{path.read_text()}\n{text}")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"---\n{text}")


@dataclass
class Copy:
    """A copy of the collection with the service, and an inventory of one host."""

    path: Path

    def ansible(self, program: str, *arguments: str) -> str:
        """Run one of Ansible's programs."""
        done = subprocess.run(
            [program, *arguments],
            cwd=self.path,
            env={
                **os.environ,
                "ANSIBLE_COLLECTIONS_PATH": str(self.path),
                "ANSIBLE_CONFIG": str(self.path / "ansible.cfg"),
                "ANSIBLE_INJECT_FACT_VARS": "false",
                "ANSIBLE_NOCOLOR": "1",
            },
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "[WARNING]" not in done.stdout + done.stderr
        assert "[DEPRECATION WARNING]" not in done.stdout + done.stderr
        return done.stdout

    def play(self, playbook: str, *arguments: str) -> str:
        return self.ansible("ansible-playbook", "-i", "hosts.yml", playbook, *arguments)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    path = tmp_path_factory.mktemp("copy")
    collection = path / "ansible_collections" / "enterprise_tickets" / "observability"
    for name in COPIED:
        shutil.copytree(ROOT / name, collection / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "galaxy.yml", collection)
    follow(collection)
    (path / "hosts.yml").write_text(INVENTORY)
    (path / "ansible.cfg").touch()
    (path / "targets.yml").write_text(TARGETS)
    container = ROOT / "tools" / "container"
    subprocess.run([container, "stop", HOST], check=True)
    subprocess.run([container, "start", HOST, "trixie"], check=True)
    try:
        inside("apt-get", "-q=2", "update")
        yield Copy(path)
    finally:
        subprocess.run([container, "stop", HOST], check=True)


def inside(*command: str) -> str:
    return subprocess.run(["docker", "exec", HOST, *command], check=True, capture_output=True, text=True).stdout


def test_the_guide_is_short() -> None:
    """An entry, a role, and its place in the playbooks: mend the mechanism where it gets long."""
    role = [text for where, text in blocks().items() if where.startswith("roles/")]
    lines = [line for text in role for line in text.splitlines() if line and not line.startswith("#")]
    assert len(role) == 6
    assert len(lines) <= 75


def test_the_service_is_deployed_and_a_second_run_changes_nothing(copy: Copy) -> None:
    playbook = "enterprise_tickets.observability.exporters"
    tags = ("--tags", "process_exporter")
    assert "failed=0" in copy.play("enterprise_tickets.observability.preflight", *tags)
    copy.play(playbook, *tags, "--check", "--diff")
    assert "prometheus-process-exporter.service" not in inside("ls", "/etc/systemd/system")

    assert "changed=0" not in copy.play(playbook, *tags)
    page = inside("curl", "--silent", "--fail", "http://127.0.0.1:9256/metrics")
    assert "namedprocess_namegroup_num_procs" in page
    assert "changed=0" in copy.play(playbook, *tags)


def test_it_is_scraped_and_has_its_documentation(copy: Copy) -> None:
    assert f"{HOST}:9256" in copy.play("targets.yml")
    assert "process_exporter_names" in copy.ansible(
        "ansible-doc", "--type", "role", "enterprise_tickets.observability.process_exporter"
    )


def test_bad_input_is_refused_by_name(copy: Copy) -> None:
    with pytest.raises(AssertionError, match="process_exporter_port"):
        copy.play(
            "enterprise_tickets.observability.preflight", "--tags", "process_exporter", "-e", "process_exporter_port=0"
        )

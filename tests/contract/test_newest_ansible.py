# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The built tarball works with the oldest ansible-core (ours) and the newest that a newer Python here allows.

From another directory, with no configuration but its own, and with the settings that become the default.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HOST = "newest-ansible"
NAMESPACE = "enterprise_tickets.observability"
# Newest first. Those of pyenv are not in the path by their names unless they are chosen.
PYTHONS = ("3.14", "3.13", "3.12")
# What the connection to a container needs; they come with the community package of the tests' own environment.
COLLECTIONS = ("community/docker", "community/library_inventory_filtering_v1")
INVENTORY = f"""\
all:
  vars:
    ansible_connection: community.docker.docker
    ansible_python_interpreter: /usr/bin/python3
    observability_install_method: package
  children:
    observability_hosts: {{hosts: {{{HOST}: }}}}
    prometheus: {{hosts: {{{HOST}: }}}}
    alertmanager: {{hosts: {{{HOST}: }}}}
"""


def newer_python() -> str | None:
    """A Python that is newer than ours."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for version in PYTHONS:
        candidates = [*sorted(pyenv.glob(f"{version}.*/bin/python"), reverse=True), shutil.which(f"python{version}")]
        for candidate in filter(None, candidates):
            if subprocess.run([candidate, "-c", "import venv, ssl"], capture_output=True).returncode == 0:
                return str(candidate)
    return None


@dataclass
class Installed:
    """The installed tarball, and the programs of an ansible-core."""

    path: Path
    programs: Path

    def run(self, program: str, *arguments: str) -> str:
        done = subprocess.run(
            [self.programs / program, *arguments],
            cwd=self.path,
            env={
                **os.environ,
                "ANSIBLE_COLLECTIONS_PATH": str(self.path),
                "ANSIBLE_CONFIG": str(self.path / "ansible.cfg"),
                "ANSIBLE_HOME": str(self.path / "home"),
                "ANSIBLE_NOCOLOR": "1",
            },
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "[DEPRECATION WARNING]" not in done.stdout + done.stderr
        return done.stdout

    def play(self, name: str, *arguments: str) -> str:
        return self.run("ansible-playbook", "-i", "hosts.yml", f"{NAMESPACE}.{name}", *arguments)


@pytest.fixture(scope="module")
def newest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    python = newer_python()
    if python is None:
        pytest.skip(f"there is none of Python {', '.join(PYTHONS)}, which the newest ansible-core needs")
    path = tmp_path_factory.mktemp("newest")
    made = Installed(path, path / "venv" / "bin")
    subprocess.run([python, "-m", "venv", path / "venv"], check=True)
    subprocess.run([path / "venv/bin/pip", "install", "--quiet", "ansible-core"], check=True)
    (path / "ansible.cfg").write_text("[defaults]\ninject_facts_as_vars = false\n")
    (path / "hosts.yml").write_text(INVENTORY)
    subprocess.run(["ansible-galaxy", "collection", "build", "--output-path", path], cwd=ROOT, check=True)
    (tarball,) = path.glob("*.tar.gz")
    made.run("ansible-galaxy", "collection", "install", "--offline", "--collections-path", str(path), str(tarball))
    spec = importlib.util.find_spec("ansible_collections.community.docker")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    top = Path(next(iter(spec.submodule_search_locations))).parents[1]
    for name in COLLECTIONS:
        (path / "ansible_collections" / name).parent.mkdir(exist_ok=True)
        (path / "ansible_collections" / name).symlink_to(top / name)
    container = ROOT / "tools" / "container"
    subprocess.run([container, "stop", HOST], check=True)
    subprocess.run([container, "start", HOST, "bookworm"], check=True)
    try:
        subprocess.run(["docker", "exec", HOST, "apt-get", "-q=2", "update"], check=True)
        yield made
    finally:
        subprocess.run([container, "stop", HOST], check=True)


def test_it_is_newer_than_ours(newest: Installed) -> None:
    ours = subprocess.run(["ansible", "--version"], check=True, capture_output=True, text=True).stdout
    first = newest.run("ansible", "--version").splitlines()[0]
    print(first)
    assert first not in ours


def test_every_playbook_is_read(newest: Installed) -> None:
    for path in sorted((ROOT / "playbooks").glob("*.yml")):
        newest.play(path.stem, "--syntax-check")


def test_everything_in_check_mode_on_a_fresh_host(newest: Installed) -> None:
    assert "failed=0" in newest.play("site", "--check", "--diff")


def test_a_deployment_and_a_second_run_without_a_change(newest: Installed) -> None:
    newest.play("exporters")
    assert "changed=0" in newest.play("exporters")


def test_ours_deploys_from_the_same_tarball(newest: Installed) -> None:
    """What the one has deployed is nothing to change for the other."""
    ours = Installed(newest.path, Path(sys.executable).parent)
    assert "changed=0" in ours.play("exporters")
    ours.play("monitoring")
    assert "changed=0" in newest.play("monitoring")

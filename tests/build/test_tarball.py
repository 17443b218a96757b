# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection builds, the tarball holds what a user needs and nothing else, and it works from an empty path."""

from __future__ import annotations

import json
import os
import subprocess
import tarfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
GALAXY = yaml.safe_load((ROOT / "galaxy.yml").read_text())
FQCN = f"{GALAXY['namespace']}.{GALAXY['name']}"

# Whatever else turns up at the top of the tarball was forgotten in galaxy.yml's build_ignore.
ALLOWED = {
    "CHANGELOG.rst",
    "FILES.json",
    "LICENSE",
    "MANIFEST.json",
    "README.md",
    "changelogs",
    "docs",
    "meta",
    "playbooks",
    "plugins",
    "roles",
    "scripts",
}


def run(cwd: Path, *command: str, **variables: str) -> str:
    done = subprocess.run(command, cwd=cwd, env=os.environ | variables, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def tarball(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("tarball")
    run(ROOT, "ansible-galaxy", "collection", "build", "--output-path", str(directory))
    return directory / f"{GALAXY['namespace']}-{GALAXY['name']}-{GALAXY['version']}.tar.gz"


@pytest.fixture(scope="module")
def names(tarball: Path) -> list[str]:
    with tarfile.open(tarball) as archive:
        return [member.name for member in archive if member.isfile()]


class Installed:
    """The collection in an otherwise empty path, and the tools run outside the checkout, where they see only that."""

    def __init__(self, path: Path, tarball: Path) -> None:
        self.path = path
        # An empty configuration, so that the user's own is not read.
        (path / "ansible.cfg").touch()
        self.run("ansible-galaxy", "collection", "install", "--offline", "--collections-path", str(path), str(tarball))

    def run(self, *command: str) -> str:
        configuration = str(self.path / "ansible.cfg")
        return run(self.path, *command, ANSIBLE_COLLECTIONS_PATH=str(self.path), ANSIBLE_CONFIG=configuration)


@pytest.fixture(scope="module")
def installed(tarball: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return Installed(tmp_path_factory.mktemp("installed"), tarball)


def test_the_tarball_holds_nothing_at_its_top_that_a_user_does_not_need(names: list[str]) -> None:
    assert {name.split("/")[0] for name in names} - ALLOWED == set()


@pytest.mark.parametrize("forbidden", ["tests", "molecule", "inventories", "tools", "__pycache__", "fragments"])
def test_the_tarball_holds_no_tests_inventories_or_tooling(names: list[str], forbidden: str) -> None:
    assert [name for name in names if forbidden in Path(name).parts] == []


def test_the_tarball_holds_no_hidden_files(names: list[str]) -> None:
    assert [name for name in names if any(part.startswith(".") for part in Path(name).parts)] == []


@pytest.mark.parametrize("needed", ["LICENSE", "README.md", "CHANGELOG.rst", "meta/runtime.yml", "playbooks/site.yml"])
def test_the_tarball_holds_what_a_user_needs(names: list[str], needed: str) -> None:
    assert needed in names


def test_every_plugin_role_and_playbook_is_in_the_tarball(names: list[str]) -> None:
    source = [
        str(path.relative_to(ROOT))
        for directory in ("playbooks", "plugins", "roles")
        for path in (ROOT / directory).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    ]
    assert sorted(source) == sorted(name for name in names if name.split("/")[0] in {"playbooks", "plugins", "roles"})


def test_the_playbook_is_found_by_its_name_once_installed(installed: Installed) -> None:
    assert "playbook:" in installed.run("ansible-playbook", f"{FQCN}.site", "--syntax-check", "-i", "localhost,")


def test_every_module_shows_its_documentation_once_installed(installed: Installed) -> None:
    modules = {f"{FQCN}.{path.stem}" for path in (ROOT / "plugins" / "modules").glob("*.py")}
    assert set(json.loads(installed.run("ansible-doc", "--json", *sorted(modules)))) == modules


def test_every_role_is_found_once_installed(installed: Installed) -> None:
    roles = {f"{FQCN}.{path.name}" for path in (ROOT / "roles").iterdir()}
    assert set(json.loads(installed.run("ansible-doc", "--type", "role", "--list", "--json", FQCN))) == roles

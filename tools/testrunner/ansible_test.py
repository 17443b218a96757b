# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-test: it wants a plain copy of the collection at the right path, and a way to install pip.

It resolves links and then finds "No tests applicable" in a linked tree, and it takes pip from a web site of the
Ansible project unless its cache holds the file already.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

from tools.testrunner.environment import CACHE, NAME, NAMESPACE, ROOT
from tools.testrunner.process import Outcome, run_reporting_tool

COPIED = (
    "CHANGELOG.rst",
    "LICENSE",
    "README.md",
    "changelogs",
    "docs",
    "galaxy.yml",
    "meta",
    "playbooks",
    "plugins",
    "roles",
)
COPIED_TESTS = ("unit", "sanity")

# The pip that the pinned ansible-core wants; after an upgrade its error message names the file that it misses.
PIP_BOOTSTRAP_NAME = "get_pip_24_2.py"

# ansible-test runs this file with the arguments of get-pip.py. Every supported Python brings a pip of its own, from
# which the wanted one is installed; ensurepip runs in a process of its own, because it turns pip's settings off.
PIP_BOOTSTRAP = """\
import subprocess, sys
subprocess.check_call([sys.executable, "-m", "ensurepip", "--upgrade"])
unknown_to_pip = ("--no-setuptools", "--no-wheel")
arguments = [argument for argument in sys.argv[1:] if argument not in unknown_to_pip]
sys.exit(subprocess.call([sys.executable, "-m", "pip", "install", *arguments]))
"""


def copy_collection() -> Path:
    """Make a fresh copy of what ansible-test looks at, and return its path."""
    checkout = hashlib.sha256(str(ROOT).encode()).hexdigest()[:12]
    target = CACHE / f"ansible-test-{checkout}" / "ansible_collections" / NAMESPACE / NAME
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    _copy_entries(COPIED, ROOT, target)
    (target / "tests").mkdir()
    _copy_entries(COPIED_TESTS, ROOT / "tests", target / "tests")
    return target


def _copy_entries(names: Iterable[str], source: Path, target: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__", ".*")
    for name in names:
        if (source / name).is_dir():
            shutil.copytree(source / name, target / name, ignore=ignored)
        elif (source / name).exists():
            shutil.copy2(source / name, target / name)


def _home() -> Path:
    """Return a home directory for ansible-test with the pip bootstrap in its cache.

    ansible-test keeps its caches and virtual environments below ~/.ansible. They are not mixed with those of the user,
    whose ansible-test may get the real bootstrap file.
    """
    home = CACHE / "ansible-test-home"
    _write(home / ".ansible" / "test" / "cache" / PIP_BOOTSTRAP_NAME, PIP_BOOTSTRAP)
    # pip must find its packages where the user's pip does. It reads both of these files; ansible-test would drop the
    # variables, and the home directory is another one.
    variables = {
        name: value for name, value in os.environ.items() if name.startswith("PIP_") and name != "PIP_CONFIG_FILE"
    }
    settings = [
        f"{name.removeprefix('PIP_').lower().replace('_', '-')} = {value}\n" for name, value in variables.items()
    ]
    _write(home / ".config" / "pip" / "pip.conf", "[global]\n" + "".join(settings))
    users_own = Path(os.environ.get("PIP_CONFIG_FILE", Path.home() / ".config" / "pip" / "pip.conf"))
    _write(home / ".pip" / "pip.conf", users_own.read_text() if users_own.is_file() else "")
    return home


def _write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


def run_ansible_test(command: str, *arguments: str) -> Outcome:
    """Run ``ansible-test COMMAND`` on a copy of the collection with the Python that runs this."""
    collection = copy_collection()
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return run_reporting_tool(
        ["ansible-test", command, "--python", python, "--color", "no", *arguments],
        collection / "tests" / "output" / "junit",
        cwd=collection,
        HOME=str(_home()),
    )

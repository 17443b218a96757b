# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import json
import os
import re
import subprocess
import sys
import typing as t
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import yaml
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils import _catalogue


@dataclasses.dataclass(frozen=True)
class Run:
    """A finished ansible-playbook."""

    status: int
    output: str

    def messages(self) -> dict[str, list[str]]:
        """What debug tasks printed, by host."""
        found: dict[str, list[str]] = {}
        for host, result in re.findall(r"^ok: \[(\S+)\] => (\{.*?^\})", self.output, re.DOTALL | re.MULTILINE):
            found.setdefault(host, []).append(json.loads(result)["msg"])
        return found


Play = Callable[..., Run]


@pytest.fixture
def playbook(tmp_path: Path) -> Play:
    """Run a playbook against an inventory directory made of `files`: texts, or data that becomes YAML."""
    # Where the tests found the collection, Ansible finds it: the path before ansible_collections.
    collections = str(_catalogue.__file__).partition("/ansible_collections/")[0]

    def run(plays: list[dict[str, t.Any]], files: Mapping[str, t.Any], *arguments: str) -> Run:
        for name, content in files.items():
            path = tmp_path / "inventory" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
        (tmp_path / "play.yml").write_text(yaml.safe_dump(plays, sort_keys=False))
        command = ["-i", "inventory", *arguments, "play.yml"]
        completed = subprocess.run(
            [sys.executable, "-m", "ansible", "playbook", *command],
            cwd=tmp_path,
            env={
                **os.environ,
                "ANSIBLE_COLLECTIONS_PATH": collections,
                "ANSIBLE_LOCAL_TEMP": str(tmp_path / "tmp"),
                "ANSIBLE_HOME": str(tmp_path / "home"),
                "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
                "ANSIBLE_NOCOLOR": "1",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        return Run(completed.returncode, completed.stdout)

    return run

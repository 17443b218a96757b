# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible's programs, with the time that they take."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from tools.testrunner.environment import ROOT, tool_environment

REPEATS = 5


@dataclass(frozen=True)
class Run:
    """One run of a command: seconds it took and what it printed."""

    seconds: float
    output: str

    @property
    def executions(self) -> int:
        """How often a module was executed on a host; with pipelining each is one command over ssh. Needs -vvv."""
        return sum("SSH: EXEC" in line for line in self.output.splitlines())


def best(run: Callable[[], Run], repeats: int = REPEATS) -> Run:
    """The fastest of a few runs: other load on the machine only ever adds time."""
    return min((run() for _ in range(repeats)), key=lambda done: done.seconds)


class Ansible:
    """Ansible with an inventory of hosts whose root accepts a key.

    Args:
        name: Of the inventory; unique in the workspace.
        hosts: Name in the inventory -> IP address.
        groups: Group -> the names of its hosts.
        variables: For all hosts.
        workspace: Directory for the inventory; holds the private key in the file `key`.
        environment: What Ansible's environment says otherwise than this checkout's ansible.cfg.
    """

    def __init__(
        self,
        name: str,
        hosts: Mapping[str, str],
        groups: Mapping[str, Sequence[str]],
        variables: Mapping[str, Any],
        workspace: Path,
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._inventory = workspace / f"{name}.yml"
        self._environment = environment
        access = {
            "ansible_user": "root",
            "ansible_ssh_private_key_file": str(workspace / "key"),
            "ansible_ssh_common_args": "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR",
            "ansible_python_interpreter": "/usr/bin/python3",
        }
        inventory = {
            "all": {
                "hosts": {host: {"ansible_host": address} for host, address in hosts.items()},
                "vars": {**access, **variables},
            },
            **{group: {"hosts": {key: {} for key in members}} for group, members in groups.items()},
        }
        self._inventory.write_text(yaml.safe_dump(inventory))

    def ping(self) -> Run:
        """What the user's `ansible all -m ping` costs."""
        return self._run("ansible", "all", "-m", "ansible.builtin.ping")

    def playbook(self, playbook: str | Path, *arguments: str) -> Run:
        """Run a playbook."""
        return self._run("ansible-playbook", str(playbook), *arguments)

    def _run(self, program: str, *arguments: str) -> Run:
        command = [program, "-i", str(self._inventory), *arguments]
        start = time.monotonic()
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=tool_environment(**self._environment),
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        seconds = time.monotonic() - start
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
        return Run(seconds, done.stdout)

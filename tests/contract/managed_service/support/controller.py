# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller: real ansible-playbook runs of small playbooks against the host under test."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import typing as t
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.machine import (
    CHECKOUT,
    Machine,
)

Task = dict[str, t.Any]
FAULTY = {"ansible_python_interpreter": "/usr/local/lib/contract/faulty-python"}
"""Variables of a task that is to run under strace, see Machine.fault()."""


@dataclass(frozen=True)
class Result:
    """What one task said.

    Attributes:
        status: ok, failed, unreachable or skipped.
        data: The result, as every callback gets it.
        output: Everything that the whole ansible-playbook wrote.
    """

    status: str
    data: dict[str, t.Any]
    output: str

    @property
    def failed(self) -> bool:
        return self.status != "ok"

    @property
    def changed(self) -> bool:
        return bool(self.data["changed"])

    @property
    def reaction(self) -> str:
        return str(self.data["reaction"])

    @property
    def msg(self) -> str:
        return str(self.data.get("msg", ""))

    @property
    def reasons(self) -> str:
        return ", ".join(self.data["reasons"])

    @property
    def notes(self) -> str:
        return "\n".join(self.data["notes"])

    @property
    def words(self) -> str:
        """The message and all that the failed task told besides it."""
        return "\n".join([self.msg, *self.data.get("validator_output", []), *self.data.get("log", [])])

    @property
    def diff(self) -> list[dict[str, t.Any]]:
        """The differences in files, without the remark on the service."""
        return [item for item in self.data.get("diff", []) if "prepared" not in item]


class Controller:
    """Runs ansible-playbook.

    Args:
        machine: The host under test.
        directory: Where playbooks, inventory and controller files are put.
        collections: Where the collection is found; a test of the tests gives a mutated copy.
    """

    def __init__(self, machine: Machine, directory: Path, collections: Path | None = None) -> None:
        self.machine = machine
        self.directory = directory
        self.collections = collections or Path(
            os.environ.get("ETS_CONTRACT_COLLECTIONS", "") or CHECKOUT / "collections"
        )
        self._runs = 0

    def deploy(self, service: Task, **options: t.Any) -> Result:
        """One managed_service task; fails the test when it fails."""
        result = self.attempt(service, **options)
        assert not result.failed, result.output
        return result

    def refused(self, service: Task, **options: t.Any) -> Result:
        """One managed_service task that must fail."""
        result = self.attempt(service, **options)
        assert result.status == "failed", result.output
        assert "Traceback" not in result.output, result.output
        return result

    def attempt(self, service: Task, **options: t.Any) -> Result:
        """One managed_service task, whatever comes of it."""
        results = self.play([step(service)], **options)
        assert len(results) == 1, results
        return results[0]

    def play(self, tasks: list[Task], **options: t.Any) -> list[Result]:
        """Several tasks of one play."""
        return self.playbook([{"tasks": tasks}], **options)

    def playbook(self, plays: list[dict[str, t.Any]], **options: t.Any) -> list[Result]:
        """Several plays; returns the results of all tasks, in order."""
        process, record = self.start(plays, **options)
        try:
            output = process.communicate(timeout=240)[0].decode("utf-8", "replace")
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        lines = record.read_text(encoding="utf-8").splitlines() if record.exists() else []
        assert lines, output
        return [Result(item["status"], item["result"], output) for item in map(json.loads, lines)]

    def start(
        self,
        plays: list[dict[str, t.Any]],
        *arguments: str,
        check: bool = False,
        diff: bool = True,
        verbosity: int = 0,
        environment: t.Mapping[str, str] | None = None,
    ) -> tuple[subprocess.Popen[bytes], Path]:
        """Start ansible-playbook in a process group of its own; tells also where the results will be."""
        self._runs += 1
        playbook = self.directory / f"play-{self._runs}.yml"
        record = self.directory / f"record-{self._runs}.jsonl"
        playbook.write_text(
            json.dumps([{"hosts": "all", "gather_facts": False, **play} for play in plays], indent=1), encoding="utf-8"
        )
        words = [
            *(["--check"] if check else []),
            *(["--diff"] if diff else []),
            *(["-" + "v" * verbosity] * bool(verbosity)),
        ]
        process = subprocess.Popen(
            [
                str(Path(sys.executable).with_name("ansible-playbook")),
                "-i",
                str(self._inventory()),
                *words,
                *arguments,
                str(playbook),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**self._environment(), "CONTRACT_RECORD": str(record), **(environment or {})},
            cwd=self.directory,
            start_new_session=True,
        )
        return process, record

    def _inventory(self) -> Path:
        path = self.directory / "hosts.yml"
        host = {
            "ansible_connection": "community.docker.docker",
            "ansible_host": self.machine.name,
            "ansible_python_interpreter": "/usr/bin/python3",
        }
        path.write_text(json.dumps({"all": {"hosts": {"host": host}}}), encoding="utf-8")
        return path

    def _environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")}
        return {
            **kept,
            "ANSIBLE_CALLBACKS_ENABLED": "contract_record",
            "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "callbacks"),
            "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
            "ANSIBLE_COLLECTIONS_PATH": str(self.collections),
            "ANSIBLE_HOME": str(self.directory / "home"),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_PIPELINING": "1",
        }


def step(service: Task, name: str = "Deploy", **keywords: t.Any) -> Task:
    """A task that deploys a service; keywords are the task's (vars, check_mode, ignore_errors)."""
    return {"name": name, "enterprise_tickets.observability.managed_service": service, **keywords}

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure site.yml on one host: first converge, no-op, check run, remote executions, ratio to a ping."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml

from tools.testrunner.environment import ROOT, tool_environment

REPEATS = 5
LIMIT_RATIO = 3.0
"""A no-op of both services, facts included, may take this many pings."""
LIMIT_EXECUTIONS = 3
"""Remote executions of a no-op without facts: one look at what is installed, and one for each service."""
FACTS = {"observability_gather_subset": ["!all", "min"]}
SERVICES = ["--tags", "node_exporter,prometheus"]
"""What the promises are about; the other things that the playbook does on the host are measured apart."""


@dataclass(frozen=True)
class Run:
    """One run of a command: seconds it took and what it printed."""

    seconds: float
    output: str

    @property
    def executions(self) -> int:
        """How often a module was executed on the host; with pipelining each is one command over ssh."""
        return sum("SSH: EXEC" in line for line in self.output.splitlines())


class Bench:
    """The commands that are measured.

    Args:
        address: IP address of the host; its root accepts the key.
        key: Private ssh key.
        workspace: Directory for the inventory.
    """

    def __init__(self, address: str, key: Path, workspace: Path) -> None:
        self._inventory = workspace / "hosts.yml"
        variables = {
            "ansible_host": address,
            "ansible_user": "root",
            "ansible_ssh_private_key_file": str(key),
            "ansible_ssh_common_args": "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR",
            "ansible_python_interpreter": "/usr/bin/python3",
        }
        groups = {
            "observability_hosts": {
                "hosts": {"bench": variables},
                "vars": {"observability_install_method": "package"},
            },
            "prometheus": {"hosts": {"bench": {}}},
        }
        self._inventory.write_text(yaml.safe_dump(groups))

    def ping(self) -> Run:
        """What the user's `ansible all -m ping` costs."""
        return self._run("ansible", "all", "-m", "ansible.builtin.ping")

    def site(self, *arguments: str, facts: bool = False) -> Run:
        """Run the main playbook."""
        extra = ["--extra-vars", yaml.safe_dump(FACTS, default_flow_style=True).strip()] if facts else []
        return self._run("ansible-playbook", "playbooks/site.yml", *extra, *arguments)

    def _run(self, program: str, *arguments: str) -> Run:
        command = [program, "-i", str(self._inventory), *arguments]
        start = time.monotonic()
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=tool_environment(),
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        seconds = time.monotonic() - start
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
        return Run(seconds, done.stdout)


def best(run: Callable[[], Run]) -> Run:
    """The fastest of a few runs: other load on the machine only ever adds time."""
    return min((run() for _ in range(REPEATS)), key=lambda done: done.seconds)


def main() -> int:
    """Measure, print a table, and fail where a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", required=True)
    parser.add_argument("--key", type=Path, required=True)
    parser.add_argument("--workspace", type=Path, required=True)
    options = parser.parse_args()
    bench = Bench(options.address, options.key, options.workspace)

    bench.ping()  # opens the connection that ssh keeps
    virgin_check = bench.site("--check", "--diff")
    first = bench.site()
    noop = best(lambda: bench.site(*SERVICES))
    noop_facts = best(lambda: bench.site(*SERVICES, facts=True))
    everything = best(bench.site)
    check = best(lambda: bench.site(*SERVICES, "--check"))
    ping = best(bench.ping)
    executions = bench.site(*SERVICES, "-vvv").executions
    executions_facts = bench.site(*SERVICES, "-vvv", facts=True).executions
    ratio = noop_facts.seconds / ping.seconds

    print("One host, node_exporter and Prometheus, over ssh with pipelining")
    for title, value in (
        ("check run on the virgin host", f"{virgin_check.seconds:6.2f} s"),
        ("first converge", f"{first.seconds:6.2f} s"),
        (f"ansible all -m ping (best of {REPEATS})", f"{ping.seconds:6.2f} s"),
        (f"no-op (best of {REPEATS})", f"{noop.seconds:6.2f} s"),
        (f"no-op with facts (best of {REPEATS})", f"{noop_facts.seconds:6.2f} s"),
        (f"no-op of all that site.yml does there (best of {REPEATS})", f"{everything.seconds:6.2f} s"),
        (f"check run, nothing to do (best of {REPEATS})", f"{check.seconds:6.2f} s"),
        ("no-op with facts / ping", f"{ratio:6.2f}    (wanted: <= {LIMIT_RATIO:.0f})"),
        ("remote executions in a no-op", f"{executions:6d}    (wanted: <= {LIMIT_EXECUTIONS})"),
        ("remote executions in a no-op with facts", f"{executions_facts:6d}"),
    ):
        print(f"  {title:<52}{value}")
    kept = ratio <= LIMIT_RATIO and executions <= LIMIT_EXECUTIONS
    print("All promises kept." if kept else "A promise is not kept.")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())

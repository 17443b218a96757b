# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long the filters of the topology take with thousands of hosts, through a real ansible-playbook.

Measured is the CPU time of the task's process. It does nothing but evaluate, so with a core of its own this is what a
user waits for. Each task has its own process, so nothing is remembered from one to the next.

A virtual machine is at times half as fast as at others, which its clock of CPU time does not tell, and that changes
within seconds. So right before and after each evaluation its process has Ansible read the variables of some hosts. That
is most of the work of an evaluation, too. Where this yardstick takes longer than it should, the evaluation may as well,
and how the time grows is told in yardsticks.
"""

from __future__ import annotations

import functools
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils import _catalogue

SECONDS: t.Final = 5.0
YARDSTICK: t.Final = 0.3
"""CPU seconds that Ansible may need for these hosts: what it does in good moments of a virtual machine of 2026."""
YARDSTICK_HOSTS: t.Final = 1000
HOSTS: t.Final = 10_000
REPEATED: t.Final = 3
# Twice the hosts, about twice the time.
GROWTH: t.Final = 2.5

FILTERS = "enterprise_tickets.observability"
EXPRESSIONS = {
    "prometheus_files": f"({{}} | {FILTERS}.prometheus_files(groups, hostvars, inventory_hostname))[1].content|length",
    "scrape_jobs": f"(groups | {FILTERS}.scrape_jobs(hostvars, inventory_hostname))[0].targets | length",
    "topology_problems": f"(groups | {FILTERS}.topology_problems(hostvars)) | length",
}

# Each task runs in a process of its own, so its CPU time so far is that of the task.
CPU_FILTER = f"""
from __future__ import annotations
import time

def yardstick(groups, hostvars):
    names = groups["observability_hosts"][:{YARDSTICK_HOSTS}]
    begin = time.process_time()
    for name in names:
        hostvars.raw_get(name)
    return time.process_time() - begin

class FilterModule:
    def filters(self):
        return {{"yardstick": yardstick, "and_cpu_seconds": lambda value: [value, time.process_time()]}}
"""
MEASURE = "RESULT {{ [groups | yardstick(hostvars), (%s) | and_cpu_seconds, groups | yardstick(hostvars)] | to_json }}"


def make_inventory(directory: Path, hosts: int) -> None:
    """An inventory such as a large site has: nested groups, variables on each level, templates that refer to others."""
    names = [f"host{number:05}.example.com" for number in range(hosts)]
    numbers = {name: number for number, name in enumerate(names)}
    addresses = {name: {"ansible_host": f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}"} for name, n in numbers.items()}
    children: dict[str, t.Any] = {"observability_hosts": {"hosts": addresses}}
    for kind, count in (("site", 5), ("role", 7)):
        for index in range(count):
            members = dict.fromkeys(names[index::count])
            children[f"{kind}{index}"] = {"hosts": members}
            variables = {f"{kind}_setting{number}": [1, {"a": "{{ b }}"}] for number in range(10)}
            path = directory / "group_vars" / f"{kind}{index}.yml"
            path.parent.mkdir(exist_ok=True)
            path.write_text(yaml.safe_dump({kind: f"{kind}{index}", **variables}))
    children["prometheus"] = {"hosts": dict.fromkeys(names[:2])}
    children["alertmanager"] = {"hosts": dict.fromkeys(names[:2])}
    (directory / "group_vars" / "all.yml").write_text(
        yaml.safe_dump(
            {
                "ansible_connection": "local",
                "observability_environment": "{{ stage }}",
                "stage": "production",
                "observability_address": "{{ ansible_host | default(inventory_hostname) }}",
                "observability_labels": {
                    "site": "{{ site }}",
                    "role": "{{ role }}",
                    "short": "{{ inventory_hostname.split('.') | first }}",
                },
                "node_exporter_port": "{{ base_port + 100 }}",
                "base_port": 9000,
                **{f"setting{number}": [1, {"a": "{{ b }}"}] for number in range(50)},
            }
        )
    )
    dumper = yaml.CSafeDumper
    (directory / "hosts.yml").write_text(yaml.dump({"all": {"children": children}}, Dumper=dumper))


class Measured(t.NamedTuple):
    """One evaluation: its CPU seconds, what the yardstick took around it, and what came out."""

    seconds: float
    yardstick: float
    result: int

    @property
    def yardsticks(self) -> float:
        """How much work it was, on whatever machine."""
        return self.seconds / self.yardstick

    @property
    def fair_seconds(self) -> float:
        """What it takes on a machine that is as fast as it should be."""
        return self.seconds / max(1, self.yardstick / YARDSTICK)


@functools.cache
def measure(hosts: int) -> dict[str, Measured]:
    """Run every filter a few times for one host of an inventory, and keep its best evaluation."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        make_inventory(directory, hosts)
        tasks = [
            {"name": task, "ansible.builtin.debug": {"msg": MEASURE % expression}}
            for task, expression in EXPRESSIONS.items()
        ] * REPEATED
        play = {"name": "Measure", "hosts": "prometheus[0]", "gather_facts": False, "tasks": tasks}
        (directory / "play.yml").write_text(yaml.safe_dump([play], sort_keys=False))
        (directory / "filter_plugins").mkdir()
        (directory / "filter_plugins" / "cpu.py").write_text(CPU_FILTER)
        completed = subprocess.run(
            [sys.executable, "-m", "ansible", "playbook", "-i", "hosts.yml", "play.yml"],
            cwd=directory,
            env={
                **os.environ,
                "ANSIBLE_COLLECTIONS_PATH": str(_catalogue.__file__).partition("/ansible_collections/")[0],
                "ANSIBLE_NOCOLOR": "1",
            },
            stdout=subprocess.PIPE,
            text=True,
            timeout=600,
            check=False,
        )
    assert completed.returncode == 0, completed.stdout
    found = [json.loads(text) for text in re.findall(r"RESULT (\[.*\])", completed.stdout)]
    assert len(found) == REPEATED * len(EXPRESSIONS)
    measured = [
        Measured(until - before, statistics.mean((before, after)), result) for before, (result, until), after in found
    ]
    best: dict[str, Measured] = {}
    for index, task in enumerate(EXPRESSIONS):
        own = measured[index :: len(EXPRESSIONS)]
        assert len({evaluation.result for evaluation in own}) == 1
        best[task] = min(own, key=lambda evaluation: evaluation.yardsticks)
        print(hosts, "hosts:", task, [f"{one.seconds:.2f} s = {one.yardsticks:.1f} yardsticks" for one in own])
    return best


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_an_evaluation_is_fast_enough(name: str) -> None:
    assert measure(HOSTS)[name].fair_seconds <= SECONDS


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_time_grows_with_the_hosts_and_not_faster(name: str) -> None:
    assert measure(HOSTS)[name].yardsticks <= GROWTH * measure(HOSTS // 2)[name].yardsticks


def test_the_work_was_done() -> None:
    """A filter that gives nothing is fast, too."""
    results = {name: measured.result for name, measured in measure(HOSTS).items()}
    assert results["scrape_jobs"] == HOSTS
    assert results["topology_problems"] == 0
    assert results["prometheus_files"] > 150 * HOSTS

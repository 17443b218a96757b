# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole inventories. single_host: check mode on a fresh host, deployment, no change, a service more, one less.

production: check mode on the same fresh host, which stands for all of its hosts: nothing changes, so they can share it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
import typing as t
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HOST = "single-host"
#: Where Ansible gets in instead of where the inventory says, and what there is to know for each inventory.
VARIABLES: dict[str, dict[str, str]] = {
    "single_host": {"observability_address": "127.0.0.1"},
    # Releases are GitHub's; addresses stay different, as they have to.
    "production": {
        "ansible_user": "root",
        "observability_address": "{{ inventory_hostname }}",
        "observability_install_method": "package",
    },
}
#: The files that the production inventory expects on its hosts.
CERTIFICATES = ("server.crt", "ca.crt", "node_exporter.key", "prometheus.key")


def inside(*command: str) -> str:
    done = subprocess.run(["docker", "exec", HOST, *command], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def site(*arguments: str, inventory: str = "single_host") -> str:
    """Run the whole playbook with the inventory; returns its output."""
    there = {"ansible_connection": "community.docker.docker", "ansible_host": HOST, **VARIABLES[inventory]}
    done = subprocess.run(
        [
            *("ansible-playbook", "-i", f"inventories/{inventory}", *arguments, "playbooks/site.yml"),
            *("-e", json.dumps(there)),
        ],
        cwd=ROOT,
        env={
            **os.environ,
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_INJECT_FACT_VARS": "false",
            "ANSIBLE_NOCOLOR": "1",
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def asked(path: str) -> t.Any:
    """The data of an answer of the host's Prometheus."""
    return json.loads(inside("curl", "--silent", "--fail", f"http://127.0.0.1:9090/api/v1/{path}"))["data"]


def settles(wanted: dict[str, set[str]]) -> None:
    """Wait until it is seen: Prometheus takes new targets up some seconds after its reload (pause of its discovery)."""
    end = time.monotonic() + 60
    while (found := seen()) != wanted and time.monotonic() < end:
        time.sleep(0.5)
    assert found == wanted


def seen() -> dict[str, set[str]]:
    """What there is because the inventory says so: jobs, groups of rules, addresses for people, checks."""
    targets = {target["labels"]["job"] for target in asked("targets?state=active")["activeTargets"]}
    rules = {group["name"].rpartition(".")[2] for group in asked("rules")["groups"]}
    urls = {row["title"] for row in json.loads(inside("monitoring-urls", "--json"))}
    checks = {word.partition(".")[0] for word in inside("enterprise-tickets-health-check", "--list").split()}
    return {
        "jobs": targets & {"node", "prometheus", "alertmanager"},
        "rules": rules & {"node", "prometheus", "alertmanager"},
        "urls": {title for title in urls if title in ("Prometheus", "Alertmanager")},
        "checks": checks & {"prometheus", "alertmanager"},
    }


@pytest.fixture(scope="module", autouse=True)
def host() -> Iterator[None]:
    container = ROOT / "tools" / "container"
    subprocess.run([container, "stop", HOST], check=True)
    subprocess.run([container, "start", HOST, "trixie"], check=True)
    try:
        inside("apt-get", "-q=2", "update")
        yield
    finally:
        subprocess.run([container, "stop", HOST], check=True)


WITHOUT = {
    "jobs": {"node", "prometheus"},
    "rules": {"node", "prometheus"},
    "urls": {"Prometheus"},
    "checks": {"prometheus"},
}
WITH = {
    "jobs": {"node", "prometheus", "alertmanager"},
    "rules": {"node", "prometheus", "alertmanager"},
    "urls": {"Prometheus", "Alertmanager"},
    "checks": {"prometheus", "alertmanager"},
}


def state() -> str:
    """A sum of what is on the host, without what its programs write."""
    return inside("sh", "-c", "find /etc /opt /usr/local /var/lib -newermt '@0' | sort | sha256sum")


def test_check_mode_on_the_fresh_host_changes_nothing() -> None:
    before = state()
    site("--check", "--diff")
    assert state() == before


def test_check_mode_of_production_on_a_fresh_host_changes_nothing(tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("example")  # of the example's vault; it says so itself
    for name in CERTIFICATES:
        inside("install", "-D", "/dev/null", f"/etc/ssl/internal/{name}")
    before = state()
    recap = site("--check", "--diff", "--forks", "1", "--vault-password-file", str(password), inventory="production")
    assert state() == before
    changed = re.findall(r"^(\S+\.example\.com) .* changed=[1-9]\d* .* failed=0", recap, re.MULTILINE)
    assert len(changed) == 12, recap


def test_deployment_and_a_second_run_without_a_change() -> None:
    site()
    assert "changed=0" in site()
    settles(WITHOUT)


def test_a_service_more_and_then_one_less(tmp_path: Path) -> None:
    more = tmp_path / "more.yml"
    more.write_text("alertmanager: {hosts: {localhost: }}\n")
    site("-i", str(more))
    settles(WITH)
    site()
    settles(WITHOUT)

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventories that we ship are complete: our checks find nothing, and Prometheus's files can be made from them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
INVENTORIES = sorted(path.parent for path in (ROOT / "inventories").glob("*/hosts.yml"))
ANSIBLE_PLAYBOOK = Path(sys.executable).parent / "ansible-playbook"

# The roles bring their defaults and variables; of the tasks only the one with the tag is run, which talks to no host.
PLAYBOOK = """
- name: Check the inventory
  hosts: prometheus
  gather_facts: false
  tags: never
  roles:
    - role: enterprise_tickets.observability.node_exporter
    - role: enterprise_tickets.observability.prometheus
  tasks:
    - name: Check what the inventory says
      ansible.builtin.assert:
        that:
          - groups | enterprise_tickets.observability.topology_problems(hostvars) == []
          - __prometheus_checks | enterprise_tickets.observability.service_problems('prometheus') == []
          - __node_exporter_checks | enterprise_tickets.observability.service_problems('node_exporter') == []
          - __prometheus_files | length > 3
      vars:
        __prometheus_software: {version: "", bin_dir: /usr/bin}
      tags: inventory
"""


@pytest.mark.parametrize("inventory", INVENTORIES, ids=lambda path: path.name)
def test_an_inventory_passes_the_checks(inventory: Path, tmp_path: Path) -> None:
    playbook = tmp_path / "check.yml"
    playbook.write_text(PLAYBOOK)
    password = tmp_path / "password"
    password.write_text("example")  # of the example's vault; it says so itself
    done = subprocess.run(
        [ANSIBLE_PLAYBOOK, "-i", inventory, "--vault-password-file", password, "--tags", "inventory", playbook],
        cwd=ROOT,
        env={**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ok=3" in done.stdout  # two roles check their arguments, and then our own check
    assert "[WARNING]" not in done.stdout + done.stderr

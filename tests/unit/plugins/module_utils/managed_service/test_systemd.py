# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.systemd import (
    is_unit_file,
    parse_show,
    replaced_executable,
)

SHOWN = """Result=success
NRestarts=2
MainPID=412
ExecMainStartTimestampMonotonic=5000000
ExecMainStatus=1
LoadState=loaded
ActiveState=active
SubState=running
FragmentPath=/etc/systemd/system/prometheus.service
UnitFileState=enabled
NeedDaemonReload=yes
CanReload=no
InvocationID=2350acd730f0433ca49b2c92ee0f4104
"""


def test_the_output_of_systemctl_show_is_understood() -> None:
    unit = parse_show(SHOWN, 1000.0)
    assert unit.running
    assert unit.enabled
    assert not unit.masked
    assert (unit.pid, unit.restarts, unit.exit_status, unit.started) == (412, 2, 1, 1005.0)
    assert unit.need_daemon_reload
    assert not unit.can_reload
    assert unit.fragment == "/etc/systemd/system/prometheus.service"
    assert unit.invocation_id == "2350acd730f0433ca49b2c92ee0f4104"


def test_a_unit_that_nobody_knows_is_neither_running_nor_enabled() -> None:
    unit = parse_show("LoadState=not-found\nActiveState=inactive\nSubState=dead\nMainPID=0\nUnitFileState=\n", 1.0)
    assert (unit.running, unit.enabled, unit.masked, unit.started) == (False, False, False, 0.0)


@pytest.mark.parametrize(
    ("text", "masked"),
    [("LoadState=masked", True), ("UnitFileState=masked-runtime", True), ("UnitFileState=disabled", False)],
)
def test_masks_are_seen(text: str, masked: bool) -> None:
    assert parse_show(text, 0.0).masked is masked


@pytest.mark.parametrize(
    ("text", "died"),
    [
        ("ActiveState=failed", True),
        ("ActiveState=inactive", True),
        ("ActiveState=activating\nSubState=auto-restart", True),
        ("ActiveState=activating\nSubState=start", False),
        ("ActiveState=active\nSubState=running", False),
    ],
)
def test_the_end_of_a_process_is_seen(text: str, died: bool) -> None:
    assert parse_show(text, 0.0).died is died


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/etc/systemd/system/x.service", True),
        ("/etc/systemd/system/x.service.d/50-ets.conf", True),
        ("/etc/prometheus/prometheus.yml", False),
    ],
)
def test_unit_files(path: str, expected: bool) -> None:
    assert is_unit_file(path) is expected


def test_a_program_replaced_under_its_process_is_seen(tmp_path: Path) -> None:
    program = tmp_path / "sleep"
    program.write_bytes(Path("/bin/sleep").read_bytes())
    program.chmod(0o755)
    with subprocess.Popen([str(program), "60"]) as process:
        try:
            while os.readlink(f"/proc/{process.pid}/exe") == os.path.realpath(sys.executable):
                pass
            assert replaced_executable(process.pid) is None
            upgraded = tmp_path / "upgraded"
            upgraded.write_bytes(program.read_bytes())
            upgraded.rename(program)
            assert replaced_executable(process.pid) == str(program)
        finally:
            process.kill()

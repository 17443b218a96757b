# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. A systemd unit: its state, what it may be told, its log."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service import commands
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.commands import Outcome

_PROPERTIES = {
    "LoadState": "load",
    "ActiveState": "active",
    "SubState": "sub",
    "UnitFileState": "unit_file",
    "MainPID": "pid",
    "InvocationID": "invocation_id",
    "NRestarts": "restarts",
    "NeedDaemonReload": "need_daemon_reload",
    "CanReload": "can_reload",
    "FragmentPath": "fragment",
    "ExecMainStartTimestampMonotonic": "start_monotonic",
    "ExecMainCode": "exit_code",
    "ExecMainStatus": "exit_status",
    "Result": "result",
}


@dataclass(frozen=True)
class UnitState:
    """What systemd says of a unit, see systemctl(1) and org.freedesktop.systemd1(5).

    Attributes:
        load: loaded, masked, not-found, …
        active: active, inactive, failed, activating, …
        pid: Main process, 0 for none.
        restarts: How often systemd itself has restarted it.
        fragment: The unit file that systemd has loaded.
        started: When the main process started, seconds since the epoch by today's clock; 0 for never.
    """

    load: str
    active: str
    sub: str
    unit_file: str
    pid: int
    invocation_id: str
    restarts: int
    need_daemon_reload: bool
    can_reload: bool
    fragment: str
    started: float
    result: str
    exit_status: int

    @property
    def running(self) -> bool:
        """Whether its process is up."""
        return self.active in ("active", "reloading")

    @property
    def masked(self) -> bool:
        """Whether somebody has forbidden it to start."""
        return self.load == "masked" or self.unit_file in ("masked", "masked-runtime")

    @property
    def enabled(self) -> bool:
        """Whether it starts at boot."""
        return self.unit_file in ("enabled", "enabled-runtime", "static", "indirect", "alias", "generated")

    @property
    def died(self) -> bool:
        """Whether its process has exited though it should run."""
        return self.active in ("failed", "inactive", "deactivating") or self.sub == "auto-restart"

    def describe_exit(self) -> str:
        """How the process ended, in words."""
        return "%s (%s), result %s, exit status %d" % (self.active, self.sub, self.result, self.exit_status)


UNIT_DIRECTORIES = ("/etc/systemd/system/", "/usr/lib/systemd/system/", "/lib/systemd/system/", "/run/systemd/system/")


def is_unit_file(path: str) -> bool:
    """Whether systemd itself reads a file, so that it must be told of a change."""
    return path.startswith(UNIT_DIRECTORIES)


class Unit:
    """A unit by name. Its methods run systemctl; those that change something return the outcome."""

    def __init__(self, name: str) -> None:
        self.name = name

    def show(self) -> UnitState:
        """Ask for the unit's present state."""
        outcome = commands.run(["systemctl", "show", self.name, "--property", ",".join(_PROPERTIES)])
        return parse_show(outcome.output, time.time() - time.monotonic())

    def daemon_reload(self) -> Outcome:
        """Have systemd read unit files anew; no service is touched by it."""
        return commands.run(["systemctl", "daemon-reload"])

    def tell(self, verb: str) -> Outcome:
        """start, stop, restart, reload, enable, disable or reset-failed; waits for systemd's job to end."""
        return commands.run(["systemctl", "--no-ask-password", verb, self.name], timeout=1800.0)

    def log_since(self, moment: float, lines: int = 20) -> list[str]:
        """The last lines the unit wrote to the journal since a moment (seconds since the epoch)."""
        outcome = commands.run(
            [
                "journalctl",
                "--unit",
                self.name,
                "--since",
                "@%d" % moment,
                "--lines",
                str(lines),
                "--output",
                "cat",
                "--no-pager",
                "--quiet",
            ]
        )
        return [line for line in outcome.output.splitlines() if line.strip()]

    def processes(self) -> set[int]:
        """All process ids in the unit's control group, in either generation of control groups."""
        found = set()
        for name in os.listdir("/proc"):
            if not name.isdigit():
                continue
            try:
                with open("/proc/%s/cgroup" % name, encoding="utf-8") as handle:
                    groups = handle.read()
            except OSError:  # the process has just ended
                continue
            if any(self.name in line.rstrip("\n").split("/") for line in groups.splitlines()):
                found.add(int(name))
        return found


def parse_show(text: str, monotonic_offset: float) -> UnitState:
    """Parse the output of systemctl show.

    Args:
        text: Lines of Key=value.
        monotonic_offset: Seconds to add to CLOCK_MONOTONIC to get seconds since the epoch. The wall-clock timestamps of
            systemctl have a time zone and a locale; this one has neither.
    """
    raw: dict[str, str] = {}
    for line in text.splitlines():
        key, equals, value = line.partition("=")
        if equals and key in _PROPERTIES:
            raw[_PROPERTIES[key]] = value
    start = _number(raw.get("start_monotonic", "0"))
    return UnitState(
        load=raw.get("load", ""),
        active=raw.get("active", ""),
        sub=raw.get("sub", ""),
        unit_file=raw.get("unit_file", ""),
        pid=_number(raw.get("pid", "0")),
        invocation_id=raw.get("invocation_id", ""),
        restarts=_number(raw.get("restarts", "0")),
        need_daemon_reload=raw.get("need_daemon_reload") == "yes",
        can_reload=raw.get("can_reload") == "yes",
        fragment=raw.get("fragment", ""),
        started=start / 1e6 + monotonic_offset if start else 0.0,
        result=raw.get("result", ""),
        exit_status=_number(raw.get("exit_status", "0")),
    )


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0


def replaced_executable(pid: int) -> str | None:
    """The path of a running program that is no longer the file at that path (upgraded on disk), else None."""
    try:
        path = os.readlink("/proc/%d/exe" % pid)
        running = os.stat("/proc/%d/exe" % pid)
    except OSError:
        return None
    path = path.replace(" (deleted)", "")
    try:
        on_disk = os.stat(path)
    except OSError:
        return path
    return None if (running.st_dev, running.st_ino) == (on_disk.st_dev, on_disk.st_ino) else path


def executable(pid: int) -> str:
    """The path of a running program, empty where it cannot be told."""
    try:
        return os.readlink("/proc/%d/exe" % pid)
    except OSError:
        return ""

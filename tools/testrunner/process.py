# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running one tool and judging its result."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from xml.etree import ElementTree

from tools.testrunner.environment import ROOT, tool_environment

# A tool that hangs must not hold up a run for ever. The contract tests need 18 minutes, on a slow machine half an hour.
TIMEOUT_SECONDS = 3000

NO_VARIABLES: Mapping[str, str] = MappingProxyType({})

# How long a tool may clean up after an interrupt.
INTERRUPT_SECONDS = 60


@dataclass(frozen=True)
class Outcome:
    """What one check came to. ``output`` is what the tools printed."""

    passed: int
    failed: int
    output: str
    skipped: int = 0

    @property
    def ok(self) -> bool:
        """Whether something was tested and nothing failed."""
        return self.failed == 0 and self.passed > 0


@dataclass(frozen=True)
class Completed:
    """A tool's exit status (None when it was killed after the time limit) and its output."""

    status: int | None
    output: str


class InterruptedRun(Exception):
    """The user has interrupted the run; the tool was ended, or not started any more."""


class _Running:
    """The tools that run now, so that an interrupt, which only the main thread notices, can end them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._processes: set[subprocess.Popen[str]] = set()
        self.interrupted = False

    def add(self, process: subprocess.Popen[str]) -> None:
        with self._lock:
            self._processes.add(process)

    def remove(self, process: subprocess.Popen[str]) -> None:
        with self._lock:
            self._processes.discard(process)

    def interrupt(self) -> None:
        """Let the tools clean up behind them as after Ctrl-C, and kill those that do not end."""
        self.interrupted = True
        with self._lock:
            processes = list(self._processes)
        for process in processes:
            _signal_group(process, signal.SIGINT)
        deadline = time.monotonic() + INTERRUPT_SECONDS
        while any(process.poll() is None for process in processes) and time.monotonic() < deadline:
            time.sleep(0.1)
        for process in processes:
            _signal_group(process, signal.SIGKILL)


_running = _Running()
interrupt = _running.interrupt


def _signal_group(process: subprocess.Popen[str], number: signal.Signals) -> None:
    if process.poll() is None:
        os.killpg(process.pid, number)


def run(
    command: list[str], *, cwd: Path = ROOT, variables: Mapping[str, str] = NO_VARIABLES, after_interrupt: bool = False
) -> Completed:
    """Run a tool to its end and return its output, standard error included.

    The tool gets a process group of its own, so that everything it started ends with it after a time-out or an
    interrupt. Raises InterruptedRun then, and at once when the run has been interrupted before, unless the tool is
    one that cleans up (``after_interrupt``).
    """
    if _running.interrupted and not after_interrupt:
        raise InterruptedRun
    with subprocess.Popen(
        command,
        cwd=cwd,
        env=tool_environment(**variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as process:
        _running.add(process)
        try:
            output, _ = process.communicate(timeout=TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            _signal_group(process, signal.SIGKILL)
            output, _ = process.communicate()
            return Completed(None, f"{output}\nkilled after {TIMEOUT_SECONDS} s\n")
        finally:
            _running.remove(process)
    if _running.interrupted and not after_interrupt:
        raise InterruptedRun
    return Completed(process.returncode, output)


def run_tool(command: list[str], *, cwd: Path = ROOT, **variables: str) -> Outcome:
    """Run a tool that passes or fails as a whole."""
    completed = run(command, cwd=cwd, variables=variables)
    good = completed.status == 0
    return Outcome(passed=int(good), failed=int(not good), output=completed.output)


def run_reporting_tool(command: list[str], reports: Path, *, cwd: Path = ROOT, **variables: str) -> Outcome:
    """Run a tool that writes JUnit reports to ``reports`` (a file or a directory), and count what they say."""
    for report in _report_files(reports):
        report.unlink()
    completed = run(command, cwd=cwd, variables=variables)
    return judge(completed, reports)


def judge(completed: Completed, reports: Path) -> Outcome:
    """Count the tests in the JUnit reports; a tool that failed without a failed test counts as one failure."""
    passed = failed = skipped = 0
    for report in _report_files(reports):
        for suite in ElementTree.parse(report).getroot().iter("testsuite"):
            bad = int(suite.get("failures") or 0) + int(suite.get("errors") or 0)
            left_out = int(suite.get("skipped") or suite.get("disabled") or 0)
            failed += bad
            skipped += left_out
            passed += int(suite.get("tests") or 0) - bad - left_out
    if completed.status != 0 and failed == 0:
        failed = 1
    return Outcome(passed, failed, completed.output, skipped)


def _report_files(reports: Path) -> list[Path]:
    if reports.is_dir():
        return sorted(reports.glob("*.xml"))
    return [reports] if reports.exists() else []

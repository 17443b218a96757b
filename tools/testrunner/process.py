# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running one tool and judging its result."""

from __future__ import annotations

import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from tools.testrunner.environment import ROOT, tool_environment

# A tool that hangs must not hold up a run for ever; the longest molecule scenario needs a few minutes.
TIMEOUT_SECONDS = 1800


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


def run(command: list[str], *, cwd: Path = ROOT, **variables: str) -> Completed:
    """Run a tool to its end and return its output, standard error included.

    The tool gets a process group of its own: on a time-out, or when the user interrupts the run, everything that it
    started ends with it.
    """
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
        try:
            output, _ = process.communicate(timeout=TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
            return Completed(None, f"{output}\nkilled after {TIMEOUT_SECONDS} s\n")
        except BaseException:
            os.killpg(process.pid, signal.SIGTERM)
            raise
    return Completed(process.returncode, output)


def run_tool(command: list[str], *, cwd: Path = ROOT, **variables: str) -> Outcome:
    """Run a tool that passes or fails as a whole."""
    completed = run(command, cwd=cwd, **variables)
    good = completed.status == 0
    return Outcome(passed=int(good), failed=int(not good), output=completed.output)


def run_reporting_tool(command: list[str], reports: Path, *, cwd: Path = ROOT, **variables: str) -> Outcome:
    """Run a tool that writes JUnit reports to ``reports`` (a file or a directory), and count what they say."""
    for report in _report_files(reports):
        report.unlink()
    completed = run(command, cwd=cwd, **variables)
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

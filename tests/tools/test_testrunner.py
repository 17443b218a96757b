# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The test runner counts what was tested, and never takes silence for success."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import pytest

from tools.testrunner import __main__ as command_line
from tools.testrunner import process
from tools.testrunner.parts import Check, Part, parts
from tools.testrunner.process import Completed, InterruptedRun, Outcome, judge, run, run_tool

REPORT = """<testsuites>
  <testsuite tests="5" failures="1" errors="1" skipped="1"/>
  <testsuite tests="2" failures="0" errors="0" skipped="0"/>
</testsuites>"""


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "report.xml"
    path.write_text(REPORT)
    return path


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_a_report_is_counted(report: Path) -> None:
    assert judge(Completed(1, "words"), report) == Outcome(passed=4, failed=2, output="words", skipped=1)


def test_reports_of_a_directory_are_added_up(report: Path) -> None:
    (report.parent / "second.xml").write_text('<testsuite tests="3"/>')
    assert judge(Completed(1, ""), report.parent).passed == 7


def test_a_tool_that_fails_without_a_failed_test_has_failed(tmp_path: Path) -> None:
    assert judge(Completed(3, ""), tmp_path / "missing.xml") == Outcome(passed=0, failed=1, output="")


@pytest.mark.parametrize(
    ("outcome", "ok"), [(Outcome(1, 0, ""), True), (Outcome(3, 1, ""), False), (Outcome(0, 0, ""), False)]
)
def test_nothing_tested_is_not_ok(outcome: Outcome, ok: bool) -> None:
    assert outcome.ok is ok


def test_output_and_failure_of_a_tool_are_kept() -> None:
    outcome = run_tool(python("import sys; print('out'); print('err', file=sys.stderr); sys.exit(2)"))
    assert (outcome.passed, outcome.failed) == (0, 1)
    assert {"out", "err"} <= set(outcome.output.split())


def test_a_tool_that_hangs_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "TIMEOUT_SECONDS", 0.5)
    completed = run(python("import time; print('before', flush=True); time.sleep(60)"))
    assert completed.status is None
    assert completed.output.startswith("before\n")


def test_settings_of_the_developer_do_not_reach_the_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANSIBLE_STDOUT_CALLBACK", "nonsense")
    assert "nonsense" not in run(python("import os; print(os.environ)")).output


def test_an_interrupt_lets_tools_clean_up_and_starts_no_more(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    running = process._Running()
    monkeypatch.setattr(process, "_running", running)
    started, cleaned = tmp_path / "started", tmp_path / "cleaned"
    code = f"""
import pathlib, time
try:
    pathlib.Path({str(started)!r}).touch()
    time.sleep(60)
finally:
    pathlib.Path({str(cleaned)!r}).touch()
"""
    raised = []

    def work() -> None:
        try:
            run(python(code))
        except InterruptedRun as error:
            raised.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    while not started.exists():
        time.sleep(0.01)
    running.interrupt()
    thread.join(timeout=10)
    assert raised
    assert cleaned.exists()
    with pytest.raises(InterruptedRun):
        run(python("pass"))
    assert run(python("pass"), after_interrupt=True).status == 0


def test_parts_and_single_checks_can_be_chosen() -> None:
    everything = [Part("a", [Check("x", run), Check("y", run)]), Part("b", [Check("z", run)], quick=True)]
    chosen = command_line._selected(everything, ["a:y", "b"], quick=False)
    assert [(part.name, [check.name for check in part.checks]) for part in chosen] == [("a", ["y"]), ("b", ["z"])]
    assert [part.name for part in command_line._selected(everything, [], quick=True)] == ["b"]
    with pytest.raises(SystemExit, match="a:nothing"):
        command_line._selected(everything, ["a:nothing"], quick=False)


def test_every_scenario_is_a_check() -> None:
    (molecule,) = (part for part in parts() if part.name == "molecule")
    scenarios = {path.parent.name for path in Path("molecule").glob("*/molecule.yml")}
    assert {check.name for check in molecule.checks} == scenarios

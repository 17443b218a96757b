# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of the test suite."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tools.testrunner.ansible_test import run_ansible_test
from tools.testrunner.environment import LINKED_COLLECTION, RESULTS, ROOT
from tools.testrunner.process import InterruptedRun, Outcome, judge, run, run_reporting_tool, run_tool

# Without it molecule suggests extensions/molecule in every run.
MOLECULE_VARIABLES = {"MOLECULE_GLOB": "molecule/*/molecule.yml"}
SHELL_DIRECTORIES = (".ci", "scripts", "tests", "tools")
# Begun in this order, so that a short one is the last to end and not ten minutes of a long one; others come after them.
LONG_SCENARIOS = ("logging", "exporters", "archive", "monitoring", "single_log_host")


@dataclass(frozen=True)
class Check:
    """One line of the final table."""

    name: str
    run: Callable[[], Outcome]


@dataclass(frozen=True)
class Part:
    """Checks that belong together. ``jobs`` of them run side by side; parts run one after the other."""

    name: str
    checks: list[Check] = field(default_factory=list)
    jobs: int = 1
    quick: bool = False
    needs_docker: bool = False


def parts() -> list[Part]:
    """Return all parts, in the order in which they run: what fails fast comes first."""
    return [
        Part("static", _static_checks(), jobs=2, quick=True),
        Part("unit", [Check("pytest", partial(_pytest, "unit", "-n", "2"))], quick=True),
        Part("playbooks", _pytest_checks("playbooks"), quick=True),
        Part("rules", _rules_checks()),
        Part("routing", _pytest_checks("routing")),
        Part("dashboards", _pytest_checks("dashboards"), jobs=2),
        Part("logs", [Check("pipeline", partial(_pytest, "logs", "-n", "2", "--dist", "worksteal"))]),
        Part("tools", _pytest_checks("tools"), jobs=2, quick=True),
        Part("build", _pytest_checks("build")),
        Part("sanity", [Check("ansible-test sanity", partial(run_ansible_test, "sanity", "--junit"))]),
        Part("units", [Check("ansible-test units", partial(run_ansible_test, "units"))]),
        Part("performance", _pytest_checks("performance")),
        Part("contract", _contract_checks(), needs_docker=True),
        Part("molecule", _molecule_checks(), jobs=2, needs_docker=True),
    ]


def _static_checks() -> list[Check]:
    """Linters. The long ones come first, so that the short ones fill the other job."""
    commands = {
        "ansible-lint": ["ansible-lint", "--offline", "--strict"],
        "mypy": ["mypy"],
        "ruff check": ["ruff", "check"],
        "ruff format": ["ruff", "format", "--check"],
        "yamllint": ["yamllint", "--strict", "."],
        "shellcheck": ["shellcheck", *_shell_scripts()],
        "workflows": ["check-jsonschema", "--builtin-schema", "vendor.github-workflows", *_workflows()],
        "workflow security": ["zizmor", "--offline", "--no-progress", *_workflows()],
        "changelog fragments": ["antsibull-changelog", "lint"],
    }
    checks = [Check(name, partial(run_tool, command)) for name, command in commands.items()]
    documentation = ["antsibull-docs", "lint-collection-docs", "--plugin-docs", "."]
    return [
        checks[0],
        Check("documentation", partial(run_tool, documentation, cwd=LINKED_COLLECTION)),
        *_pytest_checks("static"),
        *checks[1:],
    ]


def _workflows() -> list[str]:
    return [str(path.relative_to(ROOT)) for path in sorted((ROOT / ".github" / "workflows").glob("*.yml"))]


def _shell_scripts() -> list[str]:
    files = (path for name in SHELL_DIRECTORIES for path in sorted((ROOT / name).rglob("*")) if path.is_file())
    return [str(path.relative_to(ROOT)) for path in files if path.suffix == ".sh" or _has_shell_shebang(path)]


def _has_shell_shebang(path: Path) -> bool:
    with path.open("rb") as file:
        first = file.readline(64)
    return first.startswith(b"#!") and first.rstrip().endswith((b"bash", b"sh"))


def _pytest(tests: str, *arguments: str) -> Outcome:
    """Run the tests below tests/ ``tests`` and count them."""
    report = RESULTS / f"{tests.replace('/', '-')}.xml"
    command = [sys.executable, "-m", "pytest", f"tests/{tests}", f"--junit-xml={report}", *arguments]
    return run_reporting_tool(command, report)


def _pytest_checks(directory: str) -> list[Check]:
    """Return one check per test file, so that the table says how long each took."""
    top = ROOT / "tests" / directory
    files = [path.relative_to(top) for path in sorted(top.rglob("test_*.py"))]
    return [
        Check(str(path.with_name(path.stem.removeprefix("test_"))), partial(_pytest, f"{directory}/{path}"))
        for path in files
    ]


def _rules_checks() -> list[Check]:
    return [Check("promtool", partial(_pytest, "rules", "-n", "2"))]


def _contract_checks() -> list[Check]:
    """Return one check for all files: they share containers, which take longer to make than most tests.

    Three workers on two cores, because each of them waits for a service a third of its time.
    """
    if not any((ROOT / "tests" / "contract").rglob("test_*.py")):
        return []
    return [Check("pytest", partial(_pytest, "contract", "-n", "3", "--dist", "loadfile", "--durations", "20"))]


def _molecule_checks() -> list[Check]:
    scenarios = {path.parent.name for path in (ROOT / "molecule").glob("*/molecule.yml")}
    order = (*LONG_SCENARIOS, *sorted(scenarios.difference(LONG_SCENARIOS)))
    return [Check(name, partial(_molecule, name)) for name in order]


def _molecule(scenario: str) -> Outcome:
    """Run a scenario's whole sequence. Its steps count as one test, besides those of its verifier."""
    report = RESULTS / f"molecule-{scenario}.xml"
    report.unlink(missing_ok=True)
    try:
        completed = run(
            ["molecule", "test", "--scenario-name", scenario],
            variables={"PYTEST_ADDOPTS": f"--junit-xml={report}", **MOLECULE_VARIABLES},
        )
    except InterruptedRun:
        # molecule leaves its containers to the next run.
        destroy = ["molecule", "destroy", "--scenario-name", scenario]
        run(destroy, after_interrupt=True, variables=MOLECULE_VARIABLES)
        raise
    outcome = judge(completed, report)
    if completed.status == 0 and outcome.passed == 0:
        return Outcome(0, 1, f"{completed.output}\nthe verifier of scenario {scenario} ran no test\n")
    return Outcome(outcome.passed + int(completed.status == 0), outcome.failed, outcome.output, outcome.skipped)

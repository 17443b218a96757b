# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Command line of the test runner."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from tools.testrunner.environment import RESULTS
from tools.testrunner.parts import Check, Part, parts
from tools.testrunner.process import Outcome, interrupt


@dataclass(frozen=True)
class Result:
    """A check that ran."""

    label: str
    outcome: Outcome
    seconds: float

    def line(self) -> str:
        """Return the check's line in the table."""
        counts = f"{self.outcome.passed} passed"
        if self.outcome.failed:
            counts += f", {self.outcome.failed} failed"
        if self.outcome.skipped:
            counts += f", {self.outcome.skipped} skipped"
        return f"{'ok' if self.outcome.ok else 'FAILED':<7} {self.label:<44} {self.seconds:>7.1f} s   {counts}"


def _run_check(part: Part, check: Check) -> Result:
    begin = time.monotonic()
    outcome = check.run()
    return Result(f"{part.name}: {check.name}", outcome, time.monotonic() - begin)


def _run_part(part: Part) -> Iterator[Result]:
    """Yield the results in the order in which the checks end."""
    with ThreadPoolExecutor(max_workers=part.jobs) as pool:
        waiting: set[Future[Result]] = {pool.submit(_run_check, part, check) for check in part.checks}
        try:
            while waiting:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        except KeyboardInterrupt:
            print("\ninterrupted; ending what runs", flush=True)
            interrupt()
            raise


def _report(result: Result) -> None:
    """Print a check's line at once, and what its tools said when it failed."""
    log = RESULTS / re.sub(r"[^\w.]+", "-", result.label)
    log.with_suffix(".log").write_text(result.outcome.output)
    print(result.line(), flush=True)
    if not result.outcome.ok:
        print(f"{'-' * 20} output of {result.label}\n{result.outcome.output.rstrip()}\n{'-' * 20}", flush=True)


def _selected(everything: list[Part], names: list[str], quick: bool) -> list[Part]:
    """Return the parts asked for; ``molecule:prometheus`` asks for one check of a part.

    Raises SystemExit when a name means nothing.
    """
    if not names:
        return [part for part in everything if part.quick or not quick]
    chosen = []
    for part in everything:
        if part.name in names:
            chosen.append(part)
        elif checks := [check for check in part.checks if f"{part.name}:{check.name}" in names]:
            chosen.append(Part(part.name, checks, part.jobs, part.quick, part.needs_docker))
    known = {part.name for part in chosen} | {f"{part.name}:{check.name}" for part in chosen for check in part.checks}
    if unknown := [name for name in names if name not in known]:
        raise SystemExit(f"no such part: {', '.join(unknown)}; tools/test --list names them")
    return chosen


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tools/test", description="Set up what is needed and run the tests.")
    parser.add_argument("parts", nargs="*", metavar="PART", help="a part, or PART:CHECK; default: all of them")
    parser.add_argument("--quick", action="store_true", help="only what needs no containers and little time")
    parser.add_argument("--list", action="store_true", help="name the parts and their checks")
    parser.add_argument("--needs-docker", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> int:
    """Run the parts and return the exit status: 0 when something was tested and nothing failed."""
    arguments = _arguments()
    chosen = _selected(parts(), arguments.parts, arguments.quick)
    if arguments.needs_docker:
        print("yes" if any(part.needs_docker for part in chosen) and not arguments.list else "no")
        return 0
    if arguments.list:
        for part in chosen:
            print(part.name, *(f"  {part.name}:{check.name}" for check in part.checks), sep="\n")
        return 0

    shutil.rmtree(RESULTS, ignore_errors=True)
    RESULTS.mkdir(parents=True)
    begin = time.monotonic()
    results = []
    for part in chosen:
        for result in _run_part(part):
            _report(result)
            results.append(result)
    passed = sum(result.outcome.passed for result in results)
    # A check that ran no test at all has shown nothing: it counts as a failure.
    failed = sum(result.outcome.failed or int(not result.outcome.ok) for result in results)
    print(f"\nSummary ({time.monotonic() - begin:.0f} s; the tools' full output is in {os.path.relpath(RESULTS)}/)\n")
    for result in results:
        print(result.line())
    print(f"\n{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Running programs on the host."""

from __future__ import annotations

import subprocess
import typing as t
from dataclasses import dataclass

SAFE_ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
}


@dataclass(frozen=True)
class Outcome:
    """How a program ended: its exit status and its standard output and error, mixed as it wrote them."""

    status: int
    output: str

    @property
    def ok(self) -> bool:
        """Whether it ended well."""
        return self.status == 0


def run(argv: t.Sequence[str], timeout: float = 300.0) -> Outcome:
    """Run a program with a small, clean environment.

    Args:
        argv: Program and arguments; no shell is involved.
        timeout: Seconds; a program that takes longer is ended and reported with status 124, as timeout(1) does.

    Returns:
        Its outcome; status 127 where there is no such program.
    """
    try:
        done = subprocess.run(
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=SAFE_ENVIRONMENT,
            cwd="/",
            timeout=timeout,
            check=False,
        )
    except FileNotFoundError:
        return Outcome(127, "%s: not found" % argv[0])
    except subprocess.TimeoutExpired as error:
        output = (error.stdout or b"").decode("utf-8", "replace")
        return Outcome(124, "%s(ended after %d seconds without a result)" % (output, timeout))
    return Outcome(done.returncode, done.stdout.decode("utf-8", "replace"))

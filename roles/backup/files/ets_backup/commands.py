# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Other programs: systemctl, age, gpg, rsync."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from .errors import BackupError


def run(argv: Sequence[str], what: str) -> str:
    """Run a program and return its output.

    Raises:
        BackupError: it is not there or fails; with its own words.
    """
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise BackupError("%s: the program %s is not installed" % (what, argv[0])) from None
    if done.returncode != 0:
        raise BackupError(
            "%s failed (exit code %d): %s" % (what, done.returncode, (done.stderr or done.stdout).strip())
        )
    return done.stdout


def is_active(unit: str) -> bool:
    """Whether a systemd unit runs."""
    return subprocess.run(["systemctl", "is-active", "--quiet", unit], check=False).returncode == 0

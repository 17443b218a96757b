# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The committed JSON is what the sources make."""

from __future__ import annotations

from dashboards.__main__ import main


def test_fresh() -> None:
    assert main(["--check"]) == 0, "run: python -m dashboards"

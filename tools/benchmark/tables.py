# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a benchmark found, for people."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Table:
    """Rows below a title, and whether what was promised was kept."""

    title: str
    rows: list[tuple[str, str]] = field(default_factory=list)
    kept: bool = True

    def seconds(self, what: str, value: float) -> None:
        """Add a time."""
        self.rows.append((what, f"{value:8.2f} s"))

    def number(self, what: str, value: float, wanted: float | None = None) -> None:
        """Add a number that should be at most `wanted`."""
        shown = f"{value:8d}  " if isinstance(value, int) else f"{value:8.2f}  "
        if wanted is not None:
            self.kept = self.kept and value <= wanted
            shown += f"  wanted: <= {wanted:g}{'' if value <= wanted else ', NOT KEPT'}"
        self.rows.append((what, shown.rstrip()))

    def print(self) -> None:
        """Print it."""
        print(self.title)
        for what, shown in self.rows:
            print(f"  {what:<58}{shown}")
        print(flush=True)

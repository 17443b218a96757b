# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Metrics for node_exporter's textfile collector."""

from __future__ import annotations

import json
import typing as t
from dataclasses import asdict, dataclass
from pathlib import Path

from .archives import write_whole

# Metric to field of Outcome and help text.
_METRICS = {
    "ets_backup_last_success_timestamp_seconds": ("last_success", "When the last backup of the component succeeded."),
    "ets_backup_last_run_success": ("succeeded", "Whether the last try succeeded."),
    "ets_backup_size_bytes": ("size", "Size of the last backup."),
    "ets_backup_duration_seconds": ("seconds", "How long the last backup took."),
}


@dataclass
class Outcome:
    """How backups of a component went. Times in seconds, sizes in bytes; 0 where there was none yet."""

    last_success: float = 0
    succeeded: bool = False
    size: int = 0
    seconds: float = 0


class Record:
    """What is known of the backups of all components, kept beside the archives.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        data: dict[str, t.Any] = json.loads(path.read_text()) if path.exists() else {}
        self.outcomes = {name: Outcome(**fields) for name, fields in data.items()}

    def save(self) -> None:
        """Write it down."""
        data = {name: asdict(outcome) for name, outcome in self.outcomes.items()}
        write_whole(self._path, json.dumps(data, indent=1) + "\n", 0o600)


def exposition(outcomes: dict[str, Outcome]) -> str:
    """The metrics in Prometheus's text format. A component that never succeeded has the time stamp 0: long ago."""
    lines = []
    for metric, (field, help_text) in _METRICS.items():
        lines += ["# HELP %s %s" % (metric, help_text), "# TYPE %s gauge" % metric]
        lines += [
            '%s{component="%s"} %s' % (metric, name, float(getattr(outcomes[name], field))) for name in sorted(outcomes)
        ]
    return "\n".join(lines) + "\n"

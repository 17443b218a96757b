# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the JSON of Grafana's dashboards and Kibana's saved objects, or check that it is up to date.

Usage: python -m dashboards [--check]
"""

from __future__ import annotations

import argparse
import json
import sys
import typing as t
from collections.abc import Sequence
from pathlib import Path

from dashboards import application, business, database, infrastructure, logs, monitoring, overview
from dashboards.kibana.files import files
from dashboards.thresholds import ROOT, taken_names

GRAFANA: t.Final[Path] = ROOT / "roles" / "grafana" / "files" / "dashboards"
#: Which numbers of the dashboards are thresholds of alerts, for the role to put the user's in their place.
NAMES: t.Final[Path] = GRAFANA.parent / "thresholds.json"
KIBANA: t.Final[Path] = ROOT / "roles" / "kibana" / "files" / "saved_objects"
DASHBOARDS: t.Final = (
    overview.DASHBOARD,
    application.DASHBOARD,
    database.DASHBOARD,
    infrastructure.DASHBOARD,
    business.DASHBOARD,
    logs.DASHBOARD,
    monitoring.DASHBOARD,
)


def expected() -> dict[Path, str]:
    """What each file should hold, by its path."""
    contents = {dashboard.uid: dashboard.json(DASHBOARDS) for dashboard in DASHBOARDS}
    names = {uid: taken_names(content) for uid, content in contents.items()}
    written = {GRAFANA / f"{uid}.json": content for uid, content in contents.items()} | {NAMES: names}
    dashboards = {path: json.dumps(content, indent=2) + "\n" for path, content in written.items()}
    return dashboards | {KIBANA / name: text for name, text in files().items()}


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="change nothing, fail if a file is not up to date")
    check = parser.parse_args(arguments).check
    texts = expected()
    stale = {path for path, text in texts.items() if not path.exists() or path.read_text() != text}
    surplus = {*GRAFANA.glob("*.json"), *KIBANA.glob("*.ndjson")} - set(texts)
    for path in sorted(stale | surplus):
        if check:
            print(f"{path.relative_to(ROOT)} is not up to date; run: python -m dashboards", file=sys.stderr)
        elif path in surplus:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(texts[path])
            print(f"wrote {path.relative_to(ROOT)}")
    return 1 if check and stale | surplus else 0


if __name__ == "__main__":
    sys.exit(main())

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a Prometheus scrapes, read from its configuration as the topology made it. PRIVATE to the collection."""

from __future__ import annotations

import json
import typing as t
from collections.abc import Iterable, Mapping


def jobs_of(files: Iterable[Mapping[str, t.Any]]) -> dict[str, list[dict[str, str]]]:
    """The labels of the targets of every job; a user's own jobs have none that are known here.

    Args:
        files: Entries with `dest` and `content`: prometheus.yml as data, and target files with one target per line.
    """
    jobs: dict[str, list[dict[str, str]]] = {}
    for file in files:
        content = file["content"]
        if isinstance(content, Mapping):
            for job in content.get("scrape_configs") or ():
                jobs.setdefault(str(job["job_name"]), [])
        elif "/file_sd/" in file["dest"]:
            name = str(file["dest"]).rpartition("/")[2].rpartition(".")[0]
            lines = (line[2:] for line in str(content).splitlines() if line.startswith("- {"))
            jobs.setdefault(name, []).extend(json.loads(line)["labels"] for line in lines)
    return jobs

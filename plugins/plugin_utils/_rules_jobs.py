# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a Prometheus scrapes, read from its configuration as the topology made it. PRIVATE to the collection."""

from __future__ import annotations

import json
import typing as t
from collections.abc import Iterable, Iterator, Mapping


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
            jobs.setdefault(_job(file), []).extend(target["labels"] for target in _targets(file))
    return jobs


def address_of(files: Iterable[Mapping[str, t.Any]], job: str) -> str:
    """The address of the first target of a job, with its path prefix and a slash at its end; empty without one.

    Args:
        files: As for `jobs_of`.
        job: Name of the job.
    """
    settings: Mapping[str, t.Any] = {}
    for file in files:
        content = file["content"]
        if isinstance(content, Mapping):
            settings = next((one for one in content.get("scrape_configs") or () if one["job_name"] == job), {})
        elif "/file_sd/" in file["dest"] and _job(file) == job:
            for target in _targets(file):
                labels = target["labels"]
                scheme = labels.get("__scheme__") or settings.get("scheme") or "http"
                path = labels.get("__metrics_path__") or settings.get("metrics_path") or "/metrics"
                return f"{scheme}://{target['targets'][0]}{path.removesuffix('/metrics')}/"
    return ""


def _job(file: Mapping[str, t.Any]) -> str:
    return str(file["dest"]).rpartition("/")[2].rpartition(".")[0]


def _targets(file: Mapping[str, t.Any]) -> Iterator[dict[str, t.Any]]:
    for line in str(file["content"]).splitlines():
        if line.startswith("- {"):
            yield json.loads(line[2:])

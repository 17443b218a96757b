# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of what users say about scrape jobs, in Prometheus's own syntax. PRIVATE to the collection.

Only what promtool does not find, or finds too late, or cannot name by its variable. No message quotes more than names
and targets: jobs may hold passwords.
"""

from __future__ import annotations

import re
import typing as t
from collections.abc import Iterator, Mapping, Sequence

from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._catalogue import (
    BY_NAME,
    Service,
    expected_names,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import kind, shown

JOB_SETTINGS: t.Final = "prometheus_scrape_job_settings"
EXTRA_JOBS: t.Final = "prometheus_extra_scrape_jobs"

_TARGET: t.Final = re.compile(r"(?:\[[0-9A-Fa-f:.]+(?:%[^\]\s]+)?\]|[^\s:/@\[\]]+):(?P<port>[0-9]{1,9})\Z")
# Where the value of a key that a job may not have comes from.
_COMPUTED: t.Final = {
    "job_name": "the catalogue",
    "scheme": "<role>_tls_cert_file or observability_endpoints",
    "metrics_path": "observability_endpoints",
}


def job_settings_problems(settings: Mapping[str, t.Any]) -> Iterator[str]:
    """What is wrong with the value of `prometheus_scrape_job_settings`."""
    for name, value in settings.items():
        where = f"{JOB_SETTINGS}.{name}"
        if name not in BY_NAME:
            yield f"{JOB_SETTINGS} names the unknown service {name!r}; {expected_names(name, BY_NAME)}"
        elif not isinstance(value, dict):
            yield f"{where} is {kind(value)}; expected a dictionary of scrape settings."
        else:
            for key in value:
                if key in _COMPUTED:
                    yield f"{where} sets {key}, which comes from {_COMPUTED[key]}; expected other settings only."
                elif _is_discovery(key):
                    yield (
                        f"{where} sets {key}, but the targets come from the inventory; expected other settings only. "
                        f"Further targets belong in a job of {EXTRA_JOBS}."
                    )


def extra_jobs_problems(jobs: Sequence[t.Any], taken: Mapping[str, Service]) -> Iterator[str]:
    """What is wrong with the value of `prometheus_extra_scrape_jobs`.

    Args:
        jobs: The value.
        taken: Services of the collection's own jobs, by the name of the job.
    """
    seen: dict[str, int] = {}
    for index, job in enumerate(jobs):
        where = f"{EXTRA_JOBS}[{index}]"
        if not isinstance(job, dict):
            yield f"{where} is {kind(job)}; expected a dictionary with a job_name."
            continue
        name = job.get("job_name")
        if not isinstance(name, str) or not name:
            yield f"{where}.job_name is {shown(name)}; expected the name of the job."
            continue
        if name in taken:
            yield (
                f"{where}.job_name is {name!r}, the collection's own job for {taken[name].title}; expected another "
                f"name. Settings of that job belong in {JOB_SETTINGS}.{taken[name].name}."
            )
        elif name in seen:
            yield f"{where}.job_name is {name!r}, as in {EXTRA_JOBS}[{seen[name]}]; expected a name of its own."
        seen.setdefault(name, index)
        yield from _discovery_problems(job, where, name)


def _is_discovery(key: str) -> bool:
    return key == "static_configs" or key.endswith("_sd_configs")


def _discovery_problems(job: Mapping[str, t.Any], where: str, name: str) -> Iterator[str]:
    keys = [key for key in job if _is_discovery(key)]
    if not keys:
        yield f"{where} (job {name!r}) has no targets; expected static_configs or one of Prometheus's *_sd_configs."
    for key in keys:
        if not isinstance(job[key], list):
            yield f"{where}.{key} (job {name!r}) is {kind(job[key])}; expected a list."
        elif key == "static_configs":
            for index, group in enumerate(job[key]):
                yield from _group_problems(group, f"{where}.{key}[{index}]", name, _sets_address(job))


def _group_problems(group: object, where: str, name: str, relabelled: bool) -> Iterator[str]:
    targets = group.get("targets") if isinstance(group, dict) else None
    if not isinstance(targets, list):
        yield f"{where} (job {name!r}) has no list of targets; expected targets: [host:port]."
        return
    for index, target in enumerate(targets):
        found = _TARGET.match(target) if isinstance(target, str) else None
        if relabelled and isinstance(target, str):
            continue  # the target is a parameter, as for the blackbox exporter, and relabelling makes the address
        what = f"{where}.targets[{index}] (job {name!r}) is {shown(target)}"
        if found is None:
            yield f"{what}; expected a host with a port, such as {_example(target)}."
        elif not 1 <= int(found["port"]) <= 65535:
            yield f"{what}; expected a port from 1 to 65535."


def _example(target: object) -> str:
    if isinstance(target, str) and re.fullmatch(r"[A-Za-z0-9._-]+", target):
        return f"{target}:9100"
    if isinstance(target, str) and re.fullmatch(r"(?:[0-9A-Fa-f]*:){2,}[0-9A-Fa-f]*", target):
        return f"[{target}]:9100"
    return "db1.example.com:9100"


def _sets_address(job: Mapping[str, t.Any]) -> bool:
    relabelling = job.get("relabel_configs")
    return isinstance(relabelling, list) and any(
        isinstance(rule, dict) and rule.get("target_label") == "__address__" for rule in relabelling
    )

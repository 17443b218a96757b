# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scrape jobs of an environment and their target files. PRIVATE to the collection."""

from __future__ import annotations

import dataclasses
import json
import re
import typing as t
from collections.abc import Iterable, Iterator

from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._catalogue import SERVICES, Service
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._endpoints import Endpoint
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._topology import Environment
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import bracketed, is_loopback

# What JSON allows inside a text as it is, but YAML does not.
_UNPRINTABLE: t.Final = re.compile("[\x7f-\x9f\u2028\u2029\ufeff]")


class TargetGroup(t.TypedDict):
    """An element of a file of Prometheus's `file_sd_configs`."""

    targets: list[str]
    labels: dict[str, str]


@dataclasses.dataclass(frozen=True, slots=True)
class Job:
    """A scrape job for one service of the catalogue.

    Args:
        service: The service.
        scheme: What its targets speak; one that differs says so in a label `__scheme__`.
        metrics_path: Their path; one that differs says so in a label `__metrics_path__`.
        targets: One group for each host, sorted by host, and one for whatever else an exporter watches there.
    """

    service: Service
    scheme: str
    metrics_path: str
    targets: tuple[TargetGroup, ...]

    def as_data(self) -> dict[str, t.Any]:
        """The job as the filter `scrape_jobs` gives it."""
        return {
            "name": self.service.job,
            "service": self.service.name,
            "scheme": self.scheme,
            "metrics_path": self.metrics_path,
            "targets": list(self.targets),
        }


def scrape_jobs(environment: Environment) -> list[Job]:
    """A job for each service that runs in the environment, in the order of the catalogue."""
    jobs = []
    for service in (service for service in SERVICES if service.job):
        endpoints = [endpoint for endpoint in environment.endpoints(service) if endpoint.scrape]
        if endpoints:
            scheme = _common((endpoint.scheme for endpoint in endpoints), "http")
            path = _common((endpoint.metrics_path for endpoint in endpoints), service.metrics_path)
            targets = tuple(
                target for endpoint in endpoints for target in _targets(endpoint, environment.name, scheme, path)
            )
            jobs.append(Job(service, scheme, path, targets))
    return jobs


def target_address(endpoint: Endpoint) -> str:
    """Host and port under which an endpoint is reached.

    What listens on loopback only is reached there; the topology's checks see to it that nobody else has to.
    """
    local = not endpoint.forwarded and is_loopback(endpoint.listen_address)
    return f"{bracketed(endpoint.listen_address if local else endpoint.address)}:{endpoint.port}"


def targets_file(job: Job, header: str) -> str:
    """The text of a job's target file: YAML with one line for each target, so that a diff names the hosts that changed.

    Args:
        job: The job.
        header: Comment lines to begin with.
    """
    text = "".join(f"- {json.dumps(target, ensure_ascii=False)}\n" for target in job.targets)
    return header + _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _common(values: Iterable[str], default: str) -> str:
    """The value that all share, else the default."""
    different = set(values)
    return different.pop() if len(different) == 1 else default


def _targets(endpoint: Endpoint, environment: str, scheme: str, metrics_path: str) -> Iterator[TargetGroup]:
    labels = {
        "node": endpoint.node,
        "instance": f"{bracketed(endpoint.node)}:{endpoint.port}",
        "environment": environment,
        **endpoint.labels,
    }
    if endpoint.scheme != scheme:
        labels["__scheme__"] = endpoint.scheme
    addresses = [target_address(endpoint)]
    own = {"__metrics_path__": endpoint.metrics_path} if endpoint.metrics_path != metrics_path else {}
    yield {"targets": addresses, "labels": {**labels, **own}}
    for item in endpoint.watched:
        request = {f"__param_{name}": value for name, value in item.parameters.items()}
        instance = f"{labels['instance']}/{item.name}"
        path = endpoint.metrics_path.removesuffix("/metrics") + item.path
        yield {"targets": addresses, "labels": {**labels, "instance": instance, "__metrics_path__": path, **request}}

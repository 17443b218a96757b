# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask a Prometheus what it monitors and print it as a table.

Arguments: address of the Prometheus, then the hosts that must be monitored. The exit status is 0 when every target is
up and each of the hosts is among them.
"""

from __future__ import annotations

import json
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

# A target's first scrape comes within one scrape interval (15 s); a busy machine may need longer to answer it.
PATIENCE_SECONDS = 90

# Metrics that tell what a target is: name, the label that says it, and how to print it.
DESCRIBING_METRICS = (
    ("node_os_info", "pretty_name", "{}"),
    ("prometheus_build_info", "version", "Prometheus {}"),
    ("alertmanager_build_info", "version", "Alertmanager {}"),
    ("pg_static", "short_version", "PostgreSQL {}"),
    ("redis_instance_info", "redis_version", "Redis {}"),
    ("nginx_exporter_build_info", "version", "nginx_exporter {}"),
    ("nginxexporter_build_info", "version", "nginx_exporter {}"),
    ("haproxy_process_build_info", "version", "HAProxy {}"),
    ("blackbox_exporter_build_info", "version", "blackbox_exporter {}"),
    ("grafana_build_info", "version", "Grafana {}"),
    ("elasticsearch_clusterinfo_version_info", "version", "Elasticsearch {}"),
    ("ets_build_info", "version", "ticket system {}"),
)

# The address is on this machine: a proxy for the outside world has no business in between.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Target:
    """One scrape target, as Prometheus sees it."""

    job: str
    node: str
    url: str
    health: str
    error: str


def ask(address: str, path: str) -> Any:
    """Return the data of an API answer. Raises OSError while nobody answers."""
    with _OPENER.open(f"{address}/api/v1/{path}", timeout=10) as answer:
        return json.load(answer)["data"]


def targets(address: str) -> list[Target]:
    """Return all targets, sorted by job and node."""
    found = [
        Target(
            job=target["labels"]["job"],
            node=target["labels"].get("node", "?"),
            url=target["scrapeUrl"],
            health=target["health"],
            error=target["lastError"],
        )
        for target in ask(address, "targets?state=active")["activeTargets"]
    ]
    return sorted(found, key=lambda target: (target.job, target.node))


def descriptions(address: str) -> dict[tuple[str, str], str]:
    """Return what the targets say about themselves: job and node -> text."""
    found = {}
    for metric, label, form in DESCRIBING_METRICS:
        query = urllib.parse.urlencode({"query": metric})
        for sample in ask(address, f"query?{query}")["result"]:
            labels = sample["metric"]
            found[labels["job"], labels.get("node", "?")] = form.format(labels[label])
    return found


def wait_until_scraped(address: str, hosts: set[str]) -> list[Target]:
    """Return the targets once all are up and no host is missing, or how they are when patience ends."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        found = targets(address)
        complete = hosts <= {target.node for target in found} and all(target.health == "up" for target in found)
        if complete or time.monotonic() > deadline:
            return found
        time.sleep(1)


def table(rows: Sequence[tuple[str, ...]]) -> str:
    """Return the rows as text, with columns as wide as they need to be."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def main() -> int:
    """Print the table and return the exit status."""
    address, hosts = sys.argv[1], set(sys.argv[2:])
    found = wait_until_scraped(address, hosts)
    says = descriptions(address)
    rows = [("JOB", "NODE", "TARGET", "STATE", "SAYS")]
    rows += [
        (target.job, target.node, target.url, target.health, target.error or says.get((target.job, target.node), ""))
        for target in found
    ]
    print(f"\nPrometheus scrapes:\n\n{table(rows)}\n")
    down = [target for target in found if target.health != "up"]
    missing = sorted(hosts - {target.node for target in found})
    if down or missing:
        print(f"{len(down)} of {len(found)} targets are not up; hosts without a target: {', '.join(missing) or 'none'}")
        return 1
    print(f"All {len(found)} targets are up.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

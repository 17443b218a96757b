# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Prometheus of a generation that scrapes the replayed pages every second, with the collection's rules."""

from __future__ import annotations

import contextlib
import json
import subprocess
import time
import typing as t
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import yaml
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils import _rules

from tests.dashboards.faults import HEALTHY
from tests.dashboards.replay import Replay
from tools.testrunner.ports import free_port

Series = dict[str, t.Any]


class World:
    """What the tests ask."""

    def __init__(self, generation: str, replay: Replay, port: int) -> None:
        self.generation = generation
        self.replay = replay
        self._port = port

    def get(self, path: str, **parameters: str) -> t.Any:
        """The data of an answer of Prometheus's API; AssertionError with its words when it refuses."""
        query = urllib.parse.urlencode(parameters)
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/api/v1/{path}?{query}", timeout=30) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{parameters}: {error.read().decode()}") from error

    def values(self, expression: str, *, instant: bool) -> list[float]:
        """All values of a query: now, or over the last half minute. NaN is no value: nothing is drawn."""
        now = time.time()
        if instant:
            found = self.get("query", query=expression, time=str(now))["result"]
            texts = [series["value"][1] for series in found]
        else:
            span = {"start": str(now - 30), "end": str(now), "step": "2"}
            found = self.get("query_range", query=expression, **span)["result"]
            texts = [value for series in found for _time, value in series["values"]]
        return [number for number in map(float, texts) if number == number]

    def firing(self) -> list[str]:
        """The names of the alerts that fire."""
        found = self.get("query", query='ALERTS{alertstate="firing"}')["result"]
        return sorted({series["metric"]["alertname"] for series in found})

    def label_values(self, selector: str, label: str) -> list[str]:
        """The values that a label has in the series of a selector."""
        return list(self.get(f"label/{label}/values", **{"match[]": selector}))


@contextlib.contextmanager
def running(programs: Path, generation: str, directory: Path) -> Iterator[World]:
    """Start a Prometheus for a generation's pages; it ends with the context."""
    replay = Replay(generation)
    replay.faults = HEALTHY
    jobs = {page.job for page in replay.pages}
    settings = _rules.Settings(evaluation_interval="1s", alert_sources=_sources())
    (directory / "rules").mkdir()
    for name, text in _rules.rule_files({job: [] for job in jobs}, settings).items():
        (directory / "rules" / name).write_text(text)
    port = free_port()
    config = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(directory / "rules" / "*.yml")],
        "scrape_configs": [
            {
                "job_name": page.name,
                "metrics_path": f"/{page.name}",
                "static_configs": [{"targets": [f"127.0.0.1:{replay.port}"], "labels": _labels(page.name, page.job)}],
            }
            for page in replay.pages
        ],
    }
    (directory / "prometheus.yml").write_text(yaml.safe_dump(config))
    command = [
        str(programs / "prometheus"),
        f"--config.file={directory}/prometheus.yml",
        f"--storage.tsdb.path={directory}/data",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    world = World(generation, replay, port)
    with (directory / "log").open("w") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            _wait_until_ready(world, process, directory / "log")
            yield world
        finally:
            process.terminate()
            process.wait(30)
            replay.close()


def _labels(name: str, job: str) -> dict[str, str]:
    node = f"{name.replace('_', '-')}.example.com"
    return {"job": job, "environment": "test", "node": node, "instance": f"{node}:9000"}


def _sources() -> list[str]:
    return sorted({group["name"].rpartition(".")[2] for groups in _rules.load().values() for group in groups} - {"any"})


def _wait_until_ready(world: World, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError, AssertionError):
            if world.get("query", query="up")["result"]:
                return
        time.sleep(0.2)
    raise AssertionError(f"Prometheus does not get ready: {log.read_text()[-2000:]}")

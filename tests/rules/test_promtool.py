# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules in the real programs: promtool's unit tests, and a Prometheus that evaluates them all."""

from __future__ import annotations

import functools
import http.server
import json
import re
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils import _rules

from tools.testrunner.ports import free_port

HERE = Path(__file__).resolve().parent
EXPOSITIONS = HERE.parent / "fixtures" / "expositions"
SOURCES = {group["name"].rpartition(".")[2] for groups in _rules.load().values() for group in groups}


@pytest.mark.parametrize("file", sorted(HERE.glob("*.test.yml")), ids=lambda path: path.name)
def test_unit_tests(programs: Path, file: Path) -> None:
    done = subprocess.run([programs / "promtool", "test", "rules", file], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_files_pass_as_they_are(programs: Path) -> None:
    files = sorted(_rules.SOURCE.glob("*.yml"))
    done = subprocess.run([programs / "promtool", "check", "rules", *files], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_loss_of_one_target_among_many_is_seen(programs: Path, tmp_path: Path) -> None:
    """A deployed guard watches one target: what is left of the job does not hide the loss."""
    targets = [{"environment": "prod", "instance": f"{node}:9121", "node": node} for node in ("host-1", "host-2")]
    made = _rules.rule_files({"redis": targets}, _rules.Settings())
    (tmp_path / "monitoring.yml").write_text(made["monitoring.yml"])
    series = 'up{environment="prod",instance="%s:9121",job="redis",node="%s"}'
    labels = {"category": "monitoring", "escalate": "no", "family": "target", "scope": "service", "team": "operations"}
    test = {
        "rule_files": ["monitoring.yml"],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [
                    {"series": series % ("host-1", "host-1"), "values": "1x40"},
                    {"series": series % ("host-2", "host-2"), "values": "1x2 _x40"},
                ],
                "promql_expr_test": [
                    {
                        "expr": 'ALERTS{alertname="TargetMissing",alertstate="firing"}',
                        "eval_time": "20m",
                        "exp_samples": [
                            {"labels": "ALERTS" + matchers({**labels, **targets[1], "severity": "warning"}), "value": 1}
                        ],
                    }
                ],
            }
        ],
    }
    (tmp_path / "test.yml").write_text(yaml.safe_dump(test))
    done = subprocess.run(
        [programs / "promtool", "test", "rules", tmp_path / "test.yml"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def matchers(labels: dict[str, str]) -> str:
    everything = {**labels, "alertname": "TargetMissing", "alertstate": "firing", "job": "redis"}
    return "{" + ",".join(f'{name}="{value}"' for name, value in everything.items()) + "}"


@pytest.fixture
def exporters() -> Iterator[int]:
    """A web server for the recorded and the documented pages."""
    handler = functools.partial(Quiet, directory=str(EXPOSITIONS))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()


class Quiet(http.server.SimpleHTTPRequestHandler):
    extensions_map = {".prom": "text/plain; version=0.0.4"}  # noqa: RUF012  (the base class declares it so)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class calls it so)
        pass


def test_every_rule_is_healthy_in_a_real_prometheus(programs: Path, exporters: int, tmp_path: Path) -> None:
    targets: _rules.Jobs = {source: [] for source in SOURCES}
    texts = _rules.rule_files(targets, _rules.Settings(evaluation_interval="1s", grafana_url="https://g/"))
    (tmp_path / "rules").mkdir()
    for name, text in texts.items():
        (tmp_path / "rules" / name).write_text(text)
    jobs = []
    for path in sorted((*EXPOSITIONS.glob("recorded/*.prom"), *EXPOSITIONS.glob("documented/*.prom"))):
        if "own_series" not in path.name:
            labels = {"environment": "prod", "node": path.stem, "instance": path.stem}
            job = re.split(r"_(exporter|instrumentator)?_?[0-9]", path.stem)[0]
            jobs.append(
                {
                    "job_name": path.stem,
                    "metrics_path": f"/{path.relative_to(EXPOSITIONS)}",
                    "static_configs": [{"targets": [f"127.0.0.1:{exporters}"], "labels": {**labels, "job": job}}],
                }
            )
    port = free_port()
    config = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(tmp_path / "rules" / "*.yml")],
        "scrape_configs": jobs,
    }
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(config))
    command = [
        str(programs / "prometheus"),
        f"--config.file={tmp_path}/prometheus.yml",
        f"--storage.tsdb.path={tmp_path}/data",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with (tmp_path / "log").open("w") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            rules = evaluated_rules(port, sum(len(group["rules"]) for file in _rules.load().values() for group in file))
        finally:
            process.terminate()
    unhealthy = {rule["name"]: rule.get("lastError", rule["health"]) for rule in rules if rule["health"] != "ok"}
    assert not unhealthy, (tmp_path / "log").read_text()[-2000:]


def evaluated_rules(port: int, expected: int) -> list[dict[str, str]]:
    """All rules once each has been evaluated with data there: after some ten seconds."""
    deadline = time.monotonic() + 60
    settled = time.monotonic() + 8
    rules: list[dict[str, str]] = []
    while time.monotonic() < deadline:
        time.sleep(0.5)
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/rules", timeout=5) as answer:
                groups = json.load(answer)["data"]["groups"]
        except OSError:
            continue
        rules = [rule for group in groups for rule in group["rules"]]
        if time.monotonic() > settled and rules and all(rule["health"] != "unknown" for rule in rules):
            break
    assert len(rules) == expected
    return rules

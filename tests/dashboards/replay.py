# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The recorded pages of a generation, brought to life: counters grow, and faults can be switched on.

A counter grows at the pace at which it has grown until it was recorded. What the recordings lack is made up: the files
in made_up/ (a root file system), cAdvisor from its documentation, and the ticket system's own metrics from the metric
contract.
"""

from __future__ import annotations

import dataclasses
import functools
import http.server
import re
import threading
import time
import typing as t
from collections.abc import Iterator
from pathlib import Path

from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._metric_contract._contract import (
    CONTRACT,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._metric_contract._model import (
    Group,
    Kind,
    Metric,
)

HERE = Path(__file__).resolve().parent
RECORDED = HERE.parent / "fixtures" / "expositions" / "recorded"
DOCUMENTED = RECORDED.with_name("documented")
MADE_UP = HERE / "made_up"
GENERATIONS = ("bookworm", "trixie", "sid")
#: For how long a program is taken to have run when its page was recorded. Hosts tell it themselves.
LIFETIME = 60.0

_FILE = re.compile(
    r"(?P<program>[a-z]+)(?:_exporter|_instrumentator)?_(?P<version>[0-9.]+)(?P<variant>_[a-z_]+)?\.prom"
)
_SAMPLE = re.compile(r"(?P<series>(?P<name>[a-zA-Z_:][\w:]*)(?:\{.*\})?) (?P<value>\S+)")
_GROWING = re.compile(r"(_total|_count|_sum|_bucket)$")


@dataclasses.dataclass(frozen=True)
class Sample:
    """A line of a page; ``pace`` is its growth per second."""

    series: str
    value: float
    pace: float


@dataclasses.dataclass(frozen=True)
class Fault:
    """While it is on, the series of a job that the pattern is found in have another value or pace; or are new ones."""

    job: str
    series: str
    value: float = 0
    pace: float = 0
    new: bool = False


@dataclasses.dataclass(frozen=True)
class Page:
    """What one target answers."""

    name: str
    job: str
    version: str
    samples: tuple[Sample, ...]
    types: dict[str, str]

    def text(self, elapsed: float, faults: t.Sequence[Fault]) -> str:
        """The page after so many seconds."""
        mine = [fault for fault in faults if fault.job == self.job]
        lines = [f"{fault.series} {fault.value + fault.pace * elapsed}" for fault in mine if fault.new]
        changed = [(re.compile(fault.series), fault) for fault in mine if not fault.new]
        for sample in self.samples:
            value, pace = sample.value, sample.pace
            for pattern, fault in changed:
                if pattern.search(sample.series):
                    value, pace = fault.value, fault.pace
            lines.append(f"{sample.series} {value + pace * elapsed}")
        return "\n".join(lines) + "\n"


def read(text: str) -> tuple[tuple[Sample, ...], dict[str, str]]:
    """The samples of a page, and the types of its metrics."""
    types = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
    matches = [match for line in text.splitlines() if (match := _SAMPLE.match(line))]
    values = {match["series"]: float(match["value"]) for match in matches}
    lifetime = LIFETIME
    if "node_boot_time_seconds" in values:
        lifetime = values["node_time_seconds"] - values["node_boot_time_seconds"]
    samples = []
    for match in matches:
        kind = types.get(match["name"]) or types.get(_GROWING.sub("", match["name"]), "untyped")
        grows = kind == "counter" or (kind in ("histogram", "summary") and bool(_GROWING.search(match["name"])))
        # PostgreSQL's exporter calls some counters untyped, and node_exporter what it reads from /proc/vmstat.
        grows = grows or (kind == "untyped" and match["name"].startswith(("pg_stat_database_", "node_vmstat_")))
        value = values[match["series"]]
        samples.append(Sample(match["series"], value, value / lifetime if grows and value == value else 0.0))
    return tuple(samples), types


def pages(generation: str) -> list[Page]:
    """The pages of a Debian release, or of today's upstream releases (`sid`)."""
    versions: dict[tuple[str, str], list[tuple[tuple[int, ...], Path]]] = {}
    for path in RECORDED.glob("*.prom"):
        match = _FILE.fullmatch(path.name)
        if match and match["variant"] != "_own_series":
            key = (match["program"], match["variant"] or "")
            versions.setdefault(key, []).append((tuple(map(int, match["version"].split("."))), path))
    made = []
    for (program, variant), found in sorted(versions.items()):
        found.sort()
        version, path = found[min(GENERATIONS.index(generation), len(found) - 1)]
        text = path.read_text()
        if program == "node":
            text += (MADE_UP / "node.prom").read_text()
        if program == "fastapi":
            text += contract_text()
        job = {"postgres": "postgresql"}.get(program, program)
        job += variant if program == "blackbox" else ""
        samples, types = read(text)
        made.append(Page(program + variant, job, ".".join(map(str, version)), samples, types))
    samples, types = read((DOCUMENTED / "cadvisor.prom").read_text())
    return [*made, Page("cadvisor", "cadvisor", "", samples, types)]


def contract_text() -> str:
    """What the ticket system's own metrics look like, by the metric contract."""
    lines: list[str] = []
    for metric in CONTRACT:
        if metric.group not in (Group.HTTP, Group.PROCESS):
            lines.append(f"# TYPE {metric.name} {metric.kind.value}")
            lines += _lines(metric)
    return "\n".join(lines) + "\n"


def _lines(metric: Metric) -> Iterator[str]:
    series = metric.preset_series() or metric.product([label.values or label.examples for label in metric.labels])
    for labels in series:
        written = [f'{name}="{value}"' for name, value in labels.items()]
        inside = f"{{{','.join(written)}}}" if written else ""
        if metric.kind is Kind.HISTOGRAM:
            bounds = [*map(str, metric.bounds), "+Inf"]
            for place, bound in enumerate(bounds, start=1):
                with_bound = ",".join([*written, f'le="{bound}"'])
                yield f"{metric.name}_bucket{{{with_bound}}} {60 * place}"
            yield f"{metric.name}_count{inside} {60 * len(bounds)}"
            yield f"{metric.name}_sum{inside} {sum(metric.bounds)}"
        elif metric.name.endswith("_timestamp_seconds"):
            yield f"{metric.name}{inside} {time.time() - 3600}"
        elif metric.name.endswith("_info"):
            yield f"{metric.name}{inside} 1"
        else:
            yield f"{metric.name}{inside} {6 if 'failure' in inside or 'breach' in metric.name else 60}"


class Replay:
    """A web server for the pages of a generation. ``faults`` may be set at any time."""

    def __init__(self, generation: str) -> None:
        self.pages = pages(generation)
        self.faults: t.Sequence[Fault] = ()
        self.down: set[str] = set()
        self._started = time.monotonic()
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Handler, self))
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def text(self, name: str) -> str | None:
        """The page of a name, unless it is down."""
        for page in self.pages:
            if page.name == name and name not in self.down:
                return page.text(time.monotonic() - self._started, self.faults)
        return None

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(http.server.BaseHTTPRequestHandler):
    def __init__(self, replay: Replay, *args: t.Any) -> None:
        self._replay = replay
        super().__init__(*args)

    def do_GET(self) -> None:
        text = self._replay.text(self.path.removeprefix("/"))
        body = (text or "").encode()
        self.send_response(200 if text is not None else 503)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class calls it so)
        pass

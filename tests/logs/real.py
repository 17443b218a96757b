# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drives a real Logstash: events as JSON lines in, the shipped filters, JSON lines out."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

# One start of the JVM and some hundred events.
TIMEOUT_SECONDS = 600

_INPUT = "input { stdin { codec => json_lines { ecs_compatibility => disabled } } }\n"
_OUTPUT = 'output { file { path => "%s" codec => json_lines } }\n'


def run_logstash(
    home: Path, pipeline: Path, variables: Mapping[str, str], events: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """What comes out for each event, in the order of the events.

    Args:
        home: Where Logstash is installed; holds bin/logstash.
        pipeline: The directory of the filter files.
        variables: The variables that the files name.
        events: What is sent.

    Raises:
        AssertionError: Logstash failed, or an event was lost.
    """
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        (work / "settings").mkdir()
        (work / "settings" / "logstash.yml").write_text(
            "pipeline.ecs_compatibility: v8\npipeline.ordered: true\npipeline.workers: 1\nallow_superuser: true\n"
            "xpack.geoip.downloader.enabled: false\napi.enabled: false\n"
        )
        (work / "settings" / "log4j2.properties").write_text("rootLogger.level = warn\n")
        filters = [file.read_text() for file in sorted(pipeline.glob("*.conf"))]
        output = work / "out.json"
        (work / "test.conf").write_text("".join([_INPUT, *filters, _OUTPUT % output]))
        # The number of an event travels as a field that the anonymisation leaves alone, and comes back.
        lines = [json.dumps({**event, "input": {"number": number}}) for number, event in enumerate(events)]
        done = subprocess.run(
            [
                home / "bin" / "logstash",
                "--path.settings",
                work / "settings",
                "--path.data",
                work / "data",
                "-f",
                work / "test.conf",
            ],
            input="\n".join(lines) + "\n",
            env=os.environ | {"ETS_LOGSTASH_DIR": str(pipeline)} | dict(variables),
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        found = {event["input"]["number"]: event for event in map(json.loads, output.read_text().splitlines())}
    assert sorted(found) == list(range(len(events))), f"lost: {set(range(len(events))) - set(found)}"
    for event in found.values():
        del event["input"], event["@version"]
    return [found[number] for number in range(len(events))]

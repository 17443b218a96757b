# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The corpus: real-looking lines of every source, and the pipeline that they go through."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.logs.real import run_logstash
from tests.logs.stand_in import Ruby, StandIn

HERE = Path(__file__).parent
PIPELINE = HERE.parents[1] / "roles" / "logstash" / "files" / "pipeline"
VARIABLES = {
    "ETS_ENVIRONMENT": "test",
    "ETS_HMAC_KEY": "not-a-secret-only-for-tests-0123456789",
    "ETS_HMAC_KEY_NAME": "2026-11",
    "ETS_TIMEZONE": "UTC",
}
LOGSTASH_HOME = os.environ.get("LOGSTASH_HOME", "")


@dataclass(frozen=True)
class Case:
    """A line and what must become of it.

    Attributes:
        name: What it shows.
        source: What Filebeat says about it.
        line: The line.
        event: Other fields that Filebeat sends.
        expect: Values by dotted field.
        tags: All tags, in any order.
        absent: Dotted fields that must not be there.
        secret: Texts that must occur nowhere.
    """

    name: str
    source: str
    line: str
    expect: dict[str, Any] = field(default_factory=dict)
    tags: list[str] | None = None
    absent: list[str] = field(default_factory=list)
    secret: list[str] = field(default_factory=list)
    event: dict[str, Any] = field(default_factory=dict)

    def sent(self) -> dict[str, Any]:
        """The event as it comes from Filebeat, with the raw line beside the message, as Logstash's codec has it."""
        known = {"fields": {"ets_source": self.source}} if self.source else {}
        arrived = {"@timestamp": "2026-11-25T17:00:00.000Z", "message": self.line, "event": {"original": self.line}}
        return {**self.event, **known, **arrived}


def golden_cases() -> list[Case]:
    return [Case(**case) for file in sorted(HERE.glob("cases/*.yml")) for case in yaml.safe_load(file.read_text())]


def canary_cases() -> list[Case]:
    """Every kind of canary in every place."""
    content = yaml.safe_load((HERE / "canaries.yml").read_text())
    cases = []
    for place, carrier in content["carriers"].items():
        source = next(name for name in SOURCES if place == name or place.startswith(f"{name}_"))
        for kind, canary in content["kinds"].items():
            text = json.dumps(canary["text"])[1:-1] if carrier.startswith("{") else canary["text"]
            line = carrier.replace("+CANARY+", text.replace(" ", "+")).replace("CANARY", text)
            cases.append(Case(f"{kind} in {place}", source, line, secret=canary["secrets"]))
    return cases


SOURCES = ("app", "nginx_access", "nginx_error", "postgresql", "haproxy", "container", "system")


@pytest.fixture(scope="session")
def ruby() -> Iterator[Ruby]:
    """A Ruby for the scripts of the ruby filters."""
    if not shutil.which("ruby"):
        pytest.fail("the scripts of the pipeline need Ruby: apt-get install ruby, or set LOGSTASH_HOME")
    process = Ruby()
    yield process
    process.close()


@pytest.fixture(scope="session")
def results(request: pytest.FixtureRequest) -> dict[str, dict[str, Any]]:
    """What came out, by the name of the case: of a real Logstash where LOGSTASH_HOME names one, else of a stand-in."""
    cases = [*golden_cases(), *canary_cases()]
    if LOGSTASH_HOME:
        events = run_logstash(Path(LOGSTASH_HOME), PIPELINE, VARIABLES, [case.sent() for case in cases])
    else:
        stand_in = StandIn(PIPELINE, VARIABLES, request.getfixturevalue("ruby"))
        events = [stand_in.run(case.sent()) for case in cases]
    return {case.name: event for case, event in zip(cases, events, strict=True)}


def pytest_report_header() -> str:
    if LOGSTASH_HOME:
        return f"logs: the corpus runs through the real Logstash in {LOGSTASH_HOME}"
    return (
        "logs: LOGSTASH_HOME is not set, no real Logstash has run. A stand-in walks the shipped files: grok by the "
        "real Oniguruma, ruby scripts by a real Ruby, conditions, mutate, json and date by our reading of the manual; "
        "geoip and useragent did NOT run"
    )

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every query of every panel and variable runs against real Prometheus servers of three generations."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.dashboards.committed import DASHBOARDS, TARGETS, Target, substituted
from tests.dashboards.faults import DOWN, FAULTS, HEALTHY
from tests.dashboards.world import World, running

#: For how long a query may have no data yet. The world is seconds old; a loaded machine takes longer.
PATIENCE = 90


@pytest.fixture(scope="module")
def world(programs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    generation = re.sub(r"\d+$", "", programs.name)
    with running(programs, generation, tmp_path_factory.mktemp(f"world-{generation}")) as made:
        yield made


@pytest.fixture(scope="module")
def troubled(world: World) -> World:
    """The world after the faults: what was healthy before is asked before."""
    world.replay.down.update(DOWN)
    world.replay.faults = [*HEALTHY, *FAULTS]
    return world


def none_left(pending: set[str], try_one: Callable[[str], bool]) -> set[str]:
    """Try what is pending again and again; returns what has not come true in time."""
    deadline = time.monotonic() + PATIENCE
    while pending and time.monotonic() < deadline:
        pending = {name for name in pending if not try_one(name)}
        if pending:
            time.sleep(0.5)
    return pending


def has_data(world: World, target: Target) -> bool:
    """Whether a query returns something; that no percentage is above 100 is checked on the way."""
    values = world.values(substituted(target.expression), instant=target.query["instant"])
    if target.unit == "percentunit":
        assert all(value <= 1 + 1e-9 for value in values), f"{target} is above 100 %: {max(values)}"
    return bool(values)


def provided(world: World, target: Target) -> bool:
    """Whether this generation's exporters have what the panel needs."""
    match = re.match(r"(\w+)_exporter ([0-9.]+) or newer", target.needs)
    if not match:
        return True
    have = next(page.version for page in world.replay.pages if page.name == match[1])
    return tuple(map(int, have.split("."))) >= tuple(map(int, match[2].split(".")))


def test_a_deployment_is_a_version_that_begins_to_run(programs: Path, tmp_path: Path) -> None:
    (annotation,) = (one for one in DASHBOARDS["ets-overview"]["annotations"]["list"] if one["name"] == "Deployments")
    text = (Path(__file__).with_name("deployments.test.yml")).read_text()
    file = tmp_path / "deployments.test.yml"
    file.write_text(text.replace("EXPRESSION", json.dumps(substituted(annotation["expr"]))))
    done = subprocess.run([programs / "promtool", "test", "rules", file], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("uid", DASHBOARDS)
class TestHealthy:
    def test_every_variable_has_values(self, world: World, uid: str) -> None:
        queries = {
            variable["query"]["query"]
            for variable in DASHBOARDS[uid]["templating"]["list"]
            if variable["type"] == "query"
        }
        matches = {query: re.fullmatch(r"label_values\((.*), (\w+)\)", query) for query in queries}
        asked = {query: (substituted(match[1]), match[2]) for query, match in matches.items() if match}
        assert len(asked) == 4
        assert not none_left(queries, lambda query: bool(world.label_values(*asked[query])))

    def test_every_query_has_data(self, world: World, uid: str) -> None:
        targets = {str(target): target for target in TARGETS if target.dashboard == uid and not target.may_be_empty}
        pending = {name for name, target in targets.items() if provided(world, target)}
        assert not none_left(pending, lambda name: has_data(world, targets[name]))

    def test_what_may_be_empty_is_empty(self, world: World, uid: str) -> None:
        """Else its description tells a tale."""
        for target in TARGETS:
            if target.dashboard == uid and target.may_be_empty:
                assert not has_data(world, target), f"{target}: firing are {world.firing()}"

    def test_what_an_older_exporter_lacks_is_only_missing(self, world: World, uid: str) -> None:
        """It says that a newer exporter is needed: so with the older one there is nothing, and no error."""
        for target in TARGETS:
            if target.dashboard == uid and not provided(world, target):
                assert not has_data(world, target), target


def test_every_row_of_the_alerts_leads_to_a_dashboard_and_a_place(troubled: World) -> None:
    (target,) = (one for one in TARGETS if one.panel["title"] == "What is wrong, and since when")
    assert not none_left({"rows"}, lambda _name: has_data(troubled, target))
    found = [one["metric"] for one in troubled.get("query", query=substituted(target.expression))["result"]]
    assert {f"ets-{labels['dashboard']}" for labels in found} <= set(DASHBOARDS)
    assert all(labels["node"] for labels in found)


@pytest.mark.parametrize("uid", DASHBOARDS)
class TestTroubled:
    def test_what_may_be_empty_has_data_now(self, troubled: World, uid: str) -> None:
        targets = {str(target): target for target in TARGETS if target.dashboard == uid and target.may_be_empty}
        pending = {name for name, target in targets.items() if provided(troubled, target)}
        assert not none_left(pending, lambda name: has_data(troubled, targets[name]))

    def test_the_others_still_work(self, troubled: World, uid: str) -> None:
        for target in TARGETS:
            if target.dashboard == uid:
                has_data(troubled, target)

    def test_every_annotation_has_data(self, troubled: World, uid: str) -> None:
        expressions = {one["name"]: substituted(one["expr"]) for one in DASHBOARDS[uid]["annotations"]["list"]}
        assert not none_left(set(expressions), lambda name: bool(troubled.values(expressions[name], instant=False)))


def documented() -> list[str]:
    """The queries of the guides: blocks of PromQL."""
    guides = sorted((Path(__file__).parents[2] / "docs").glob("*.md"))
    return [
        query for guide in guides for query in re.findall(r"^```promql\n(.*?)\n```$", guide.read_text(), re.M | re.S)
    ]


def test_every_documented_query_has_data(troubled: World) -> None:
    """While something is wrong, for then there are alerts."""
    queries = set(documented())
    assert len(queries) > 5
    assert not none_left(queries, lambda query: bool(troubled.values(query, instant=True)))

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a node needs before its start and after it. The package's programs are stubs that note how they are called."""

from __future__ import annotations

import grp
import os
import types
import typing as t
from pathlib import Path

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.module_utils import _elasticsearch_node
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._elasticsearch import (
    Elasticsearch,
    ElasticsearchError,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._elasticsearch_node import (
    ALLOCATION,
    Node,
    NodeError,
    disk_warning,
    memory_problem,
    prepare,
    settle,
    unsettled,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._rest import Login

LOGIN: t.Final = Login("elastic", "example-of-a-password")
#: Keeps its entries in the file itself, and notes each call with what it is told.
KEYSTORE: t.Final = """#!/bin/sh
file=$ES_PATH_CONF/elasticsearch.keystore
echo "keystore $*: $(test "$1" = add && cat)" >>"$ES_PATH_CONF/calls"
case $1 in create) echo keystore.seed >"$file" ;; list) cat "$file" ;; esac
"""
RESET: t.Final = """#!/bin/sh
echo "reset $*: $(cat | tr '\\n' ' ')" >>"$ES_PATH_CONF/calls"
test ! -e "$ES_PATH_CONF/broken" || { echo "no master knows example-of-a-password" >&2; exit 74; }
"""


class Server(Elasticsearch):
    """Answers by the beginning of the path, one answer after the other from a list; without any, nobody listens."""

    def __init__(self, answers: dict[str, t.Any] | None = None) -> None:
        super().__init__("https://other:9200", LOGIN, "/ca.crt", 5)
        self.answers = answers or {}
        self.asked: list[tuple[str, str, t.Any]] = []

    def answer(self, method: str, path: str, body: t.Any = None, _login: t.Any = None) -> tuple[int, t.Any]:
        self.asked.append((method, path, body))
        keys = [key for key in self.answers if path.startswith(key)]
        if not keys:
            raise ElasticsearchError("other: refuses the connection")
        found = self.answers[max(keys, key=len)]
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        return t.cast("tuple[int, t.Any]", found)


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A host with the package, without a node that has ever run."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "etc").mkdir()
    for name, text in (("elasticsearch-keystore", KEYSTORE), ("elasticsearch-reset-password", RESET)):
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)
    monkeypatch.setattr(_elasticsearch_node, "BOOTSTRAP_FILE", str(tmp_path / "run" / "bootstrap.env"))
    monkeypatch.setattr(grp, "getgrnam", lambda _name: types.SimpleNamespace(gr_gid=os.getgid()))
    monkeypatch.setattr(os, "chown", lambda *_arguments: None)
    return tmp_path


def node(directory: Path, server: Server | None = None, *others: Server) -> Node:
    places = {"home": str(directory), "config_dir": str(directory / "etc"), "data_dir": str(directory / "data")}
    return Node(name="log1", server=server or Server(), login=LOGIN, others=others, **places)


def calls(directory: Path) -> list[str]:
    path = directory / "etc" / "calls"
    return path.read_text().splitlines() if path.exists() else []


def bootstrap(directory: Path) -> str:
    path = directory / "run" / "bootstrap.env"
    return path.read_text() if path.exists() else ""


def has_run(directory: Path) -> None:
    (directory / "data" / "_state").mkdir(parents=True)
    (directory / "etc" / "elasticsearch.keystore").write_text("keystore.seed\n")


class TestMemory:
    @pytest.mark.parametrize(("heap", "fine"), [(0, True), (4 << 30, True), ((4 << 30) + 1, False)])
    def test_half_of_it_is_the_most(self, tmp_path: Path, heap: int, fine: bool) -> None:
        (tmp_path / "meminfo").write_text("MemTotal:        8388608 kB\nMemFree: 1 kB\n")
        found = memory_problem(heap, str(tmp_path / "meminfo"))
        assert bool(found) != fine
        assert fine or "expected half of the host's memory at most, which is 4096 MiB" in found

    def test_memory_that_nobody_tells_stops_nothing(self, tmp_path: Path) -> None:
        (tmp_path / "meminfo").write_text("")
        assert memory_problem(1 << 40, str(tmp_path / "meminfo")) == ""


class TestDisk:
    @pytest.mark.parametrize(
        ("free", "words"),
        [
            (20, ""),
            (15, "85 % of the disk are used; from 85 % on Elasticsearch gives this node no further shards"),
            (4, "96 % of the disk are used; from 95 % on Elasticsearch makes its indices read-only"),
        ],
    )
    def test_what_is_said(self, tmp_path: Path, free: int, words: str) -> None:
        found = disk_warning(
            str(tmp_path / "not" / "there"), lambda _path: types.SimpleNamespace(f_bavail=free, f_blocks=100)
        )
        assert found == (f"{tmp_path}: {words}." if words else "")


class TestFirstStart:
    def test_the_seed_begins_the_cluster_and_the_password_goes_through_standard_input(self, directory: Path) -> None:
        done = prepare(node(directory, Server(), Server()), seed=True, check_mode=False)
        assert done == [
            "the keystore is made",
            "the first password is put into the keystore",
            "it begins the cluster",
        ]
        assert calls(directory)[-1] == "keystore add -x -f bootstrap.password: example-of-a-password"
        assert bootstrap(directory) == "ETS_BOOTSTRAP=-Ecluster.initial_master_nodes=log1\n"
        assert (directory / "etc" / "elasticsearch.keystore").stat().st_mode & 0o777 == 0o660

    def test_who_is_not_the_seed_joins(self, directory: Path) -> None:
        assert "it begins the cluster" not in prepare(node(directory), seed=False, check_mode=False)
        assert bootstrap(directory) == ""

    def test_the_seed_joins_a_cluster_that_is_there(self, directory: Path) -> None:
        there = Server({"/": (200, {"name": "log2"})})
        prepare(node(directory, Server(), Server(), there), seed=True, check_mode=False)
        assert bootstrap(directory) == ""

    def test_a_cluster_that_refuses_the_password_is_no_reason_to_begin_another(self, directory: Path) -> None:
        with pytest.raises(NodeError, match="elasticsearch_elastic_password: https://other:9200 runs and does not"):
            prepare(node(directory, Server(), Server({"/": (401, {})})), seed=True, check_mode=False)
        assert bootstrap(directory) == ""

    def test_what_the_package_has_put_into_the_keystore_is_taken_out(self, directory: Path) -> None:
        ours = "xpack.notification.slack.account.monitoring.secure_url"
        theirs = ("autoconfiguration.password_hash", "xpack.security.http.ssl.keystore.secure_password")
        (directory / "etc" / "elasticsearch.keystore").write_text("\n".join(["keystore.seed", ours, *theirs]) + "\n")
        prepare(node(directory), seed=False, check_mode=False)
        assert f"keystore remove {' '.join(theirs)}: " in calls(directory)

    def test_check_mode_tells_and_does_nothing(self, directory: Path) -> None:
        done = prepare(node(directory), seed=True, check_mode=True)
        assert done == [
            "the keystore is made",
            "the first password is put into the keystore",
            "it begins the cluster",
        ]
        assert (calls(directory), bootstrap(directory)) == ([], "")

    def test_check_mode_before_the_package_is_there(self, directory: Path) -> None:
        (directory / "bin" / "elasticsearch-keystore").unlink()
        assert prepare(node(directory), seed=False, check_mode=True) == ["the keystore would be made"]


class TestLaterStarts:
    def test_a_node_that_runs_as_it_should_is_left_alone(self, directory: Path) -> None:
        has_run(directory)
        assert prepare(node(directory, Server({"/": (200, {})})), seed=True, check_mode=False) == []
        assert calls(directory) == ["keystore list: "]
        assert bootstrap(directory) == ""

    @pytest.mark.parametrize("answers", [{}, {"/": (503, {})}])
    def test_one_that_cannot_be_asked_keeps_its_password(self, directory: Path, answers: dict[str, t.Any]) -> None:
        has_run(directory)
        assert prepare(node(directory, Server(answers)), seed=True, check_mode=False) == []

    @pytest.mark.parametrize("check_mode", [False, True])
    def test_another_password_is_set_through_standard_input(self, directory: Path, check_mode: bool) -> None:
        has_run(directory)
        done = prepare(node(directory, Server({"/": (401, {})})), seed=False, check_mode=check_mode)
        assert done == ["the password of elastic is set"]
        resets = [line for line in calls(directory) if line.startswith("reset")]
        assert resets == (
            [] if check_mode else ["reset -b -i -u elastic: example-of-a-password example-of-a-password "]
        )

    def test_a_program_that_fails_is_quoted_without_the_password(self, directory: Path) -> None:
        has_run(directory)
        (directory / "etc" / "broken").touch()
        with pytest.raises(NodeError, match=r"elasticsearch-reset-password -b: exit code 74: no master knows \*{8}"):
            prepare(node(directory, Server({"/": (401, {})})), seed=False, check_mode=False)

    def test_an_answer_that_nobody_expects_stops(self, directory: Path) -> None:
        has_run(directory)
        with pytest.raises(NodeError, match="_authenticate: 500"):
            prepare(node(directory, Server({"/": (500, {})})), seed=False, check_mode=False)

    def test_what_a_first_start_has_left_goes(self, directory: Path) -> None:
        prepare(node(directory), seed=True, check_mode=False)
        (directory / "data" / "_state").mkdir(parents=True)
        prepare(node(directory, Server({"/": (200, {})})), seed=True, check_mode=False)
        assert bootstrap(directory) == ""


def names(*found: str) -> tuple[int, t.Any]:
    return 200, {"nodes": {name: {"name": name} for name in found}}


def health(status: str, **more: int) -> tuple[int, t.Any]:
    return 200, {"status": status, "number_of_nodes": 3, "unassigned_shards": 2, **more}


FREE: t.Final = (200, {"persistent": {}})
RESTRICTED: t.Final = (200, {"persistent": {ALLOCATION: "primaries"}})
NODES: t.Final = "/_nodes"
SETTINGS: t.Final = "/_cluster/settings"
HEALTH: t.Final = "/_cluster/health"


class TestUnsettled:
    @pytest.mark.parametrize(
        ("answers", "why"),
        [
            ({"/": (200, {}), NODES: names("log1", "log2"), SETTINGS: FREE}, ""),
            ({"/": (503, {"error": {"reason": "no master"}})}, "503 no master"),
            ({"/": (200, {}), NODES: names("log2")}, "it is not in its cluster"),
            ({"/": (200, {}), NODES: names("log1"), SETTINGS: RESTRICTED}, "which an earlier run has left"),
        ],
    )
    def test_why(self, directory: Path, answers: dict[str, t.Any], why: str) -> None:
        found = unsettled(node(directory, Server(answers)))
        assert found == why if not why else why in found

    def test_nobody_answers(self, directory: Path) -> None:
        assert "refuses the connection" in unsettled(node(directory))


class TestSettle:
    @pytest.fixture(autouse=True)
    def clock(self, monkeypatch: pytest.MonkeyPatch) -> None:
        now = [0.0]

        def sleep(seconds: float) -> None:
            now[0] += seconds

        monkeypatch.setattr(_elasticsearch_node.time, "sleep", sleep)
        monkeypatch.setattr(_elasticsearch_node.time, "monotonic", lambda: now[0])

    def test_it_waits_for_the_node_and_for_green_and_lets_shards_be_allocated_again(self, directory: Path) -> None:
        prepare(node(directory), seed=True, check_mode=False)
        server = Server(
            {
                HEALTH: [health("yellow", initializing_shards=2)] * 4 + [health("green")],
                NODES: [names("log2"), names("log1", "log2")],
                SETTINGS: [RESTRICTED, (200, {}), FREE],
            }
        )
        assert settle(node(directory, server), 60) == {"status": "green", "nodes": 3}
        puts = [(path, body) for method, path, body in server.asked if method == "PUT"]
        assert puts == [(SETTINGS, {"persistent": {ALLOCATION: None}})]
        assert bootstrap(directory) == ""

    def test_an_allocation_that_is_somebody_elses_stays(self, directory: Path) -> None:
        theirs = (200, {"persistent": {ALLOCATION: "none"}})
        server = Server({HEALTH: health("green"), NODES: names("log1"), SETTINGS: theirs})
        settle(node(directory, server), 60)
        assert [method for method, _path, _body in server.asked if method == "PUT"] == []

    def test_yellow_that_has_nothing_to_do_is_accepted_after_a_while(self, directory: Path) -> None:
        server = Server({HEALTH: health("yellow"), NODES: names("log1"), SETTINGS: FREE})
        assert settle(node(directory, server), 60)["status"] == "yellow"
        assert len([path for _method, path, _body in server.asked if path == HEALTH]) > 10

    @pytest.mark.parametrize(
        ("answers", "why"),
        [
            (
                {HEALTH: health("yellow", relocating_shards=1), NODES: names("log1"), SETTINGS: FREE},
                "it is yellow, 2 shards are unassigned",
            ),
            ({HEALTH: health("red"), NODES: names("log1"), SETTINGS: FREE}, "it is red, 2 shards are unassigned"),
            ({HEALTH: health("green"), NODES: names("log2")}, "it has not joined the cluster"),
            ({HEALTH: (503, {"error": {"reason": "no master"}})}, "503 no master"),
        ],
    )
    def test_it_gives_up_and_says_why(self, directory: Path, answers: dict[str, t.Any], why: str) -> None:
        with pytest.raises(NodeError, match=f"^log1 is not whole after 20 s: .*{why}"):
            settle(node(directory, Server(answers)), 20)

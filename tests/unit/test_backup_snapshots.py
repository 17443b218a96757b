# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Snapshots of Elasticsearch, with answers in the shapes of elasticsearch-specification; the drill is in molecule."""

from __future__ import annotations

import json
import re
import threading
import time
import typing as t
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from ansible_collections.enterprise_tickets.observability.roles.backup.files.ets_backup.errors import BackupError
from ansible_collections.enterprise_tickets.observability.roles.backup.files.ets_backup.settings import (
    Component,
    Settings,
)
from ansible_collections.enterprise_tickets.observability.roles.backup.files.ets_backup.snapshots import Snapshots
from ansible_collections.enterprise_tickets.observability.roles.backup.files.ets_backup.stores import Wish, store_of

Info = dict[str, t.Any]
DAY: t.Final = 86400.0
APP: t.Final = "logs-ets.app-test"
AUDIT: t.Final = "logs-ets.audit-test"


def info(name: str, age: float = 0, **changes: t.Any) -> Info:
    """An item of GET /_snapshot that is so many days old."""
    return {
        "snapshot": name,
        "state": "SUCCESS",
        "start_time_in_millis": int((time.time() - age * DAY) * 1000),
        "data_streams": [APP, AUDIT, ".kibana-stream"],
        "index_details": {"a": {"size_in_bytes": 1000}, "b": {"size_in_bytes": 24}},
        "failures": [],
        "shards": {"total": 3, "failed": 0, "successful": 3},
        **changes,
    }


PARTIAL: t.Final[Info] = {
    "state": "PARTIAL",
    "failures": [{"index": ".ds-x", "shard_id": 0, "reason": "disk full"}],
    "shards": {"total": 3, "failed": 1, "successful": 2},
}


class Fake:
    """What a cluster holds, what became of its next snapshot or restore, and what it was asked."""

    def __init__(self) -> None:
        self.snapshots: list[Info] = []
        self.streams: dict[str, int] = {}
        self.status = "GREEN"
        self.next: Info = {}
        self.restored: Info = {"total": 2, "failed": 0, "successful": 2}
        self.broken = ""
        self.asked: list[str] = []
        self.bodies: dict[str, t.Any] = {}

    def answer(self, method: str, path: str, query: dict[str, str], body: t.Any) -> tuple[int, t.Any]:
        name = path.rpartition("/")[2]
        if method == "GET" and name == "ets-*":
            assert query == {"index_details": "true"}
            return 200, {"snapshots": self.snapshots}
        if path.startswith("/_data_stream/") and method == "GET":
            return 200, {"data_streams": [{"name": key, "status": self.status} for key in self.streams]}
        if name == "_count":
            return 200, {"count": self.streams[path.split("/")[1]]}
        what = re.sub(r"ets-\d+t\d+\.\d+z", "NEW", f"{method} {path}")
        self.asked.append(what)
        self.bodies[what] = body
        if self.broken and self.broken in what:
            return 500, {"error": {"reason": "made to fail"}}
        if method == "PUT":
            assert query == {"wait_for_completion": "true"}
            self.snapshots.append(info(name, **self.next))
            return 200, {"snapshot": self.snapshots[-1]}
        if name == "_restore":
            assert query == {"wait_for_completion": "true"}
            self.streams.update(dict.fromkeys(body["indices"], 7))
            return 200, {"snapshot": {"shards": self.restored}}
        if method == "DELETE" and path.startswith("/_data_stream/"):
            for stream in name.split(","):
                del self.streams[stream]
        elif method == "DELETE":
            self.snapshots = [item for item in self.snapshots if item["snapshot"] != name]
        return 200, {}


@pytest.fixture
def fake() -> Fake:
    return Fake()


@pytest.fixture
def component(fake: Fake) -> Iterator[Component]:
    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            parts = urlsplit(self.path)
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            query = {key: value[0] for key, value in parse_qs(parts.query).items()}
            if raw:
                assert self.headers["Content-Type"] == "application/json"
            status, answer = fake.answer(self.command, parts.path, query, json.loads(raw) if raw else None)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        do_GET = do_PUT = do_POST = do_DELETE = handle_any  # noqa: N815

        def log_message(self, *_arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        http = {"url": f"http://127.0.0.1:{server.server_port}", "username": "u", "password": "p"}
        yield Component("elasticsearch", "elasticsearch", http=http, repository="store", data_streams="logs-ets.*-*")
        server.shutdown()


@pytest.fixture
def snapshots(component: Component) -> Snapshots:
    return Snapshots(component)


def names(fake: Fake) -> set[str]:
    return {item["snapshot"] for item in fake.snapshots}


class TestBackup:
    def test_a_snapshot_is_of_the_logs_and_the_clusters_state(self, fake: Fake, snapshots: Snapshots) -> None:
        outcome, said = snapshots.back_up(7, 30)
        assert fake.asked == ["POST /_snapshot/store/_verify", "PUT /_snapshot/store/NEW"]
        assert fake.bodies["PUT /_snapshot/store/NEW"] == {"indices": "logs-ets.*-*", "include_global_state": True}
        assert (outcome.succeeded, outcome.size) == (True, 1024)
        assert abs(outcome.last_success - time.time()) < 60
        assert "3 data streams" in said

    @pytest.mark.parametrize(
        ("became", "message"),
        [
            (PARTIAL, r"is PARTIAL: 1 of 3 shards are missing \(.ds-x: disk full\)"),
            ({"state": "FAILED", "reason": "no primary shards"}, r"is FAILED: .*\(no primary shards\)"),
            ({"shards": {"total": 3, "failed": 1, "successful": 3}}, "is SUCCESS: 0 of 3"),
            ({"shards": {"total": 3, "failed": 0, "successful": 2}}, "is SUCCESS: 1 of 3 shards are missing"),
            ({"state": "IN_PROGRESS", "shards": {}}, "is still being made"),
        ],
    )
    def test_one_that_is_not_whole_is_no_backup_and_removes_nothing(
        self, fake: Fake, snapshots: Snapshots, became: Info, message: str
    ) -> None:
        fake.snapshots = [info("ets-old", 100), info("ets-older", 101)]
        fake.next = became
        with pytest.raises(BackupError, match=message):
            snapshots.back_up(1, 30)
        assert {"ets-old", "ets-older"} <= names(fake)

    def test_of_many_failures_some_are_shown(self, fake: Fake, snapshots: Snapshots) -> None:
        fake.next = {**PARTIAL, "failures": [{"index": f"i{number}", "reason": "r"} for number in range(9)]}
        with pytest.raises(BackupError, match=r"\(i0: r; i1: r; i2: r; \.\.\.\)"):
            snapshots.back_up(1, 30)

    def test_a_repository_that_a_node_does_not_see_stops_before_the_snapshot(
        self, fake: Fake, snapshots: Snapshots
    ) -> None:
        fake.broken = "_verify"
        with pytest.raises(BackupError, match=r"_verify answered 500: .*made to fail"):
            snapshots.back_up(1, 30)
        assert names(fake) == set()

    def test_outdated_ones_go_and_those_that_are_not_whole_do_not_count(self, fake: Fake, snapshots: Snapshots) -> None:
        fake.snapshots = [
            info("ets-whole-old", 40),
            info("ets-whole-older", 41),
            info("ets-partial-new", 1, **PARTIAL),
            info("ets-partial-old", 35, **PARTIAL),
        ]
        _outcome, said = snapshots.back_up(2, 30)
        assert {"ets-whole-old", "ets-partial-new"} < names(fake)
        assert not {"ets-whole-older", "ets-partial-old"} & names(fake)
        assert said.endswith("; 2 outdated removed")


class TestRestore:
    @pytest.fixture(autouse=True)
    def made(self, fake: Fake) -> None:
        fake.snapshots = [info("ets-1", 1), info("ets-2", 2), info("ets-0", 0, **PARTIAL)]

    def test_what_is_away_comes_back_without_the_clusters_state(self, fake: Fake, snapshots: Snapshots) -> None:
        said = snapshots.restore("newest", (), replace=False)
        body = {"indices": [APP, AUDIT], "include_global_state": False}
        assert fake.bodies == {"POST /_snapshot/store/ets-1/_restore": body}
        assert said == [f"{name} has its 7 documents of the snapshot ets-1 again" for name in (APP, AUDIT)]

    def test_only_what_is_asked_for(self, fake: Fake, snapshots: Snapshots) -> None:
        fake.streams = {APP: 5}
        snapshots.restore("ets-2", [AUDIT], replace=False)
        assert fake.bodies["POST /_snapshot/store/ets-2/_restore"]["indices"] == [AUDIT]
        assert fake.streams == {APP: 5, AUDIT: 7}

    def test_what_is_there_is_left_alone_unless_asked(self, fake: Fake, snapshots: Snapshots) -> None:
        fake.streams = {APP: 5}
        with pytest.raises(BackupError, match=f"{APP}: there already, so nothing was changed"):
            snapshots.restore("newest", (), replace=False)
        assert (fake.asked, fake.streams) == ([], {APP: 5})

    def test_before_it_is_replaced_there_is_a_snapshot_of_it(self, fake: Fake, snapshots: Snapshots) -> None:
        fake.streams = {APP: 5}
        said = snapshots.restore("newest", (), replace=True)
        assert fake.asked == [
            "PUT /_snapshot/store/NEW",
            f"DELETE /_data_stream/{APP}",
            "POST /_snapshot/store/ets-1/_restore",
        ]
        assert "kept in the snapshot ets-2" in said[-1]

    def test_without_that_snapshot_nothing_is_deleted(self, fake: Fake, snapshots: Snapshots) -> None:
        fake.streams, fake.next = {APP: 5}, PARTIAL
        with pytest.raises(BackupError, match="is PARTIAL"):
            snapshots.restore("newest", (), replace=True)
        assert fake.streams == {APP: 5}

    def test_a_failure_after_it_tells_where_the_data_is(self, fake: Fake, snapshots: Snapshots) -> None:
        fake.streams, fake.broken = {APP: 5}, "_restore"
        with pytest.raises(BackupError, match=r"made to fail.*; what was there before is kept in the snapshot ets-"):
            snapshots.restore("newest", (), replace=True)

    @pytest.mark.parametrize(
        "shards", [{"total": 2, "failed": 1, "successful": 1}, {"total": 2, "failed": 0, "successful": 1}]
    )
    def test_shards_that_are_not_back_are_a_failure(self, fake: Fake, snapshots: Snapshots, shards: Info) -> None:
        fake.restored = shards
        with pytest.raises(BackupError, match="of 2 shards of the snapshot ets-1 only 1 are back"):
            snapshots.restore("newest", (), replace=False)

    def test_a_red_data_stream_is_a_failure(self, fake: Fake, snapshots: Snapshots) -> None:
        fake.status = "RED"
        with pytest.raises(BackupError, match="restored, and not there or red"):
            snapshots.restore("newest", (), replace=False)

    @pytest.mark.parametrize(
        ("name", "only", "message"),
        [
            ("ets-0", (), "ets-0 is PARTIAL"),
            ("ets-9", (), "has no snapshot ets-9; `enterprise-tickets-backup list elasticsearch` shows"),
            ("ets-1", ("logs-ets.x-test",), f"does not hold logs-ets.x-test; it holds: {APP}, {AUDIT}"),
            ("ets-1", (".kibana-stream",), "does not hold .kibana-stream"),
        ],
    )
    def test_what_cannot_be_is_named(
        self, fake: Fake, snapshots: Snapshots, name: str, only: tuple[str, ...], message: str
    ) -> None:
        with pytest.raises(BackupError, match=message):
            snapshots.restore(name, only, replace=True)
        assert fake.asked == []

    def test_without_a_whole_snapshot_there_is_no_newest(self, fake: Fake, snapshots: Snapshots) -> None:
        fake.snapshots = [info("ets-0", 0, **PARTIAL)]
        with pytest.raises(BackupError, match="no whole snapshot in the repository store"):
            snapshots.restore("newest", (), replace=False)
        fake.snapshots = [info("ets-1", 0, data_streams=[])]
        with pytest.raises(BackupError, match="ets-1 holds no data streams"):
            snapshots.restore("newest", (), replace=False)


class TestStores:
    def test_snapshots_are_listed_and_verified_as_archives_are(
        self, fake: Fake, component: Component, tmp_path: Path
    ) -> None:
        fake.snapshots = [info("ets-2", 2, **PARTIAL), info("ets-1", 1)]
        store, settings = store_of(component), Settings(tmp_path, {})
        assert [(entry.name, entry.size) for entry in store.entries(settings, component)] == [
            ("ets-1", 1024),
            ("ets-2", 1024),
        ]
        found = dict(store.verify(settings, component))
        assert found["ets-1"] == ""
        assert "ets-2 is PARTIAL" in found["ets-2"]
        assert fake.asked == ["POST /_snapshot/store/_verify"]

    def test_options_of_the_other_kind_are_refused(self, component: Component, tmp_path: Path) -> None:
        settings = Settings(tmp_path, {})
        with pytest.raises(BackupError, match="--identity is for encrypted archives"):
            store_of(component).restore(settings, component, Wish("newest", identity="/key"))
        files = Component("x", "files")
        for wish in (Wish("newest", only=("a",)), Wish("newest", replace=True)):
            with pytest.raises(BackupError, match="--only and --replace are for the data streams"):
                store_of(files).restore(settings, files, wish)

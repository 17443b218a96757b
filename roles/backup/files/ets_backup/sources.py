# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a consistent copy of each kind of component is made while it runs.

A source yields what goes into the archive as pairs of a path to read and the absolute path that it is restored to, and
after a restore it proves that the data is back.
"""

from __future__ import annotations

import calendar
import contextlib
import json
import os
import shutil
import sqlite3
import tempfile
import time
import typing as t
from collections.abc import Iterator
from pathlib import Path

from .errors import BackupError
from .http_client import Client
from .settings import Component

STATE_ROOT = Path("/var/lib/enterprise_tickets_observability")

Copies = list[tuple[Path, Path]]
"""Paths to read, each with the absolute path it is restored to."""
Proof = dict[str, t.Any]
"""What a source wrote down when the copy was made, to compare with after a restore."""


class Source(t.Protocol):
    """How one kind of component is copied."""

    @contextlib.contextmanager
    def copy(self, component: Component, /) -> Iterator[tuple[Copies, Proof]]:
        """A consistent copy that stays as it is inside the context."""

    def prove(self, component: Component, proof: Proof, /) -> str:
        """Ask the running service for what it must know again; returns a sentence about it.

        Raises:
            BackupError: it does not.
        """


class Files:
    """Files whose owner replaces them as a whole (by renaming), so that any moment is a consistent one."""

    @contextlib.contextmanager
    def copy(self, component: Component, /) -> Iterator[tuple[Copies, Proof]]:
        """The paths that exist."""
        yield [(Path(path), Path(path)) for path in component.paths if os.path.lexists(path)], {}

    def prove(self, _component: Component, _proof: Proof, /) -> str:
        """That the unit became ready is all there is to ask."""
        return "its files are back"


class Alertmanager(Files):
    """Alertmanager's files, which it replaces as a whole: a silence gets there within a quarter of an hour.

    https://prometheus.io/docs/alerting/latest/alertmanager/ (flag --data.maintenance-interval)
    """

    @contextlib.contextmanager
    def copy(self, component: Component, /) -> Iterator[tuple[Copies, Proof]]:
        """Its files, with the silences that are in them and the time of their end.

        Without an answer there is still something to copy.
        """
        problem, silences = "", {}
        try:
            silences = self._active(component)
        except BackupError as error:
            problem = str(error)
        with super().copy(component) as (copies, _proof):
            if not copies:
                raise BackupError(
                    "none of %s is there yet: Alertmanager writes them every 15 minutes, and when it stops"
                    % ", ".join(component.paths)
                )
            held = b"".join(path.read_bytes() for path, _target in copies)
            proof = {"silences": {name: end for name, end in silences.items() if name.encode() in held}}
            yield copies, {"problem": problem} if problem else proof

    def prove(self, component: Component, proof: Proof, /) -> str:
        """Each of these silences is there, unless its time is over by now."""
        if "silences" not in proof:
            why = proof.get("problem", "it is of an older version")
            return "its files are back; the backup does not tell which silences it holds (%s)" % why
        now = time.time()
        expected = {name for name, end in proof["silences"].items() if _seconds(end) > now}
        missing = sorted(expected - self._active(component).keys())
        if missing:
            raise BackupError("Alertmanager does not know the silences %s again" % ", ".join(missing))
        return "Alertmanager knows the %d silences again whose time is not over" % len(expected)

    @staticmethod
    def _active(component: Component) -> dict[str, str]:
        found = Client(component.http).json("GET", "/api/v2/silences")
        return {item["id"]: item["endsAt"] for item in found if item["status"]["state"] != "expired"}


def _seconds(moment: str) -> float:
    """Seconds since the epoch of a time as Alertmanager writes it (RFC 3339, UTC), to the second."""
    return calendar.timegm(time.strptime(moment[:19], "%Y-%m-%dT%H:%M:%S"))


class Configuration:
    """Everything below /etc that the collection has written on this host, by its own records."""

    @contextlib.contextmanager
    def copy(self, _component: Component, /) -> Iterator[tuple[Copies, Proof]]:
        """The files of all manifests."""
        found: set[str] = set()
        for manifest in STATE_ROOT.glob("*/manifest.json"):
            data = json.loads(manifest.read_text())
            found.update(path for path in (*data["files"], *data["links"]) if path.startswith("/etc/"))
        yield [(Path(path), Path(path)) for path in sorted(found) if os.path.lexists(path)], {}

    def prove(self, _component: Component, _proof: Proof, /) -> str:
        """The services are not touched: site.yml is what loads the configuration."""
        return "its files are back; run site.yml, which loads them"


class Sqlite:
    """SQLite databases, copied with SQLite's own online backup (https://www.sqlite.org/backup.html)."""

    @contextlib.contextmanager
    def copy(self, component: Component, /) -> Iterator[tuple[Copies, Proof]]:
        """A copy of each database, with the owner and mode of the original."""
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=Path(component.paths[0]).parent) as scratch:
            copies: Copies = []
            for number, path in enumerate(component.paths):
                target = Path(scratch) / str(number)
                _copy_database(Path(path), target)
                copies.append((target, Path(path)))
            yield copies, {}

    def prove(self, component: Component, _proof: Proof, /) -> str:
        """SQLite finds nothing wrong with them."""
        for path in component.paths:
            with contextlib.closing(sqlite3.connect("file:%s?mode=ro" % path, uri=True)) as database:
                (answer,) = database.execute("PRAGMA quick_check").fetchone()
            if answer != "ok":
                raise BackupError("SQLite says of %s: %s" % (path, answer))
        return "SQLite finds its databases whole"


def _copy_database(source: Path, target: Path) -> None:
    if not source.exists():
        raise BackupError("the database %s is missing" % source)
    origin = sqlite3.connect("file:%s?mode=ro" % source, uri=True)
    with contextlib.closing(origin), contextlib.closing(sqlite3.connect(target)) as copy:
        origin.backup(copy)
    status = source.stat()
    os.chown(target, status.st_uid, status.st_gid)
    target.chmod(status.st_mode & 0o7777)


class Prometheus:
    """Prometheus by its snapshot API, the newest samples included. It needs the flag --web.enable-admin-api.

    https://prometheus.io/docs/prometheus/latest/querying/api/#snapshot
    """

    QUERY = "count by (job) (up)"

    @contextlib.contextmanager
    def copy(self, component: Component, /) -> Iterator[tuple[Copies, Proof]]:
        """A snapshot, which is removed afterwards."""
        (data,) = component.paths
        client = Client(component.http)
        # Samples of this very moment may still be on their way.
        moment = "%.3f" % (time.time() - 5)
        proof = {"query": self.QUERY, "time": moment, "result": self._ask(client, self.QUERY, moment)}
        name = str(client.json("POST", "/api/v1/admin/tsdb/snapshot", {"skip_head": "false"})["data"]["name"])
        snapshot = Path(data) / "snapshots" / name
        try:
            if not snapshot.is_dir():
                raise BackupError(
                    "Prometheus says that it made %s, which is not there: is its data elsewhere?" % snapshot
                )
            yield [(snapshot, Path(data))], proof
        finally:
            shutil.rmtree(snapshot, ignore_errors=True)

    def prove(self, component: Component, proof: Proof, /) -> str:
        """The query of the time of the backup gives the answer it gave then."""
        found = self._ask(Client(component.http), proof["query"], proof["time"])
        if found != proof["result"]:
            raise BackupError(
                "%s at %s gives %s; when the backup was made it gave %s"
                % (proof["query"], proof["time"], json.dumps(found), json.dumps(proof["result"]))
            )
        if not found:
            return "Prometheus is ready; it had no series when the backup was made, so there was nothing to compare"
        return "%s gives the same %d series as then" % (proof["query"], len(found))

    @staticmethod
    def _ask(client: Client, query: str, moment: str) -> dict[str, str]:
        answer = client.json("GET", "/api/v1/query", {"query": query, "time": moment})
        return {json.dumps(row["metric"], sort_keys=True): row["value"][1] for row in answer["data"]["result"]}


METHODS: dict[str, Source] = {
    "alertmanager": Alertmanager(),
    "configuration": Configuration(),
    "files": Files(),
    "prometheus": Prometheus(),
    "sqlite": Sqlite(),
}


def source_of(component: Component) -> Source:
    """How a component is copied.

    Raises:
        BackupError: nobody knows.
    """
    if component.method not in METHODS:
        raise BackupError(
            "component %s: the method %r is unknown; expected one of: %s"
            % (component.name, component.method, ", ".join(METHODS))
        )
    return METHODS[component.method]

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshots of Elasticsearch in a repository that the role `elasticsearch` has registered.

A snapshot is of the logs' data streams and of the cluster's state; restored are data streams only. Requests and
answers: elasticsearch-specification (snapshot, indices.get_data_stream), 8.19 and 9.x.
"""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from urllib.parse import quote

from .errors import BackupError
from .http_client import Client
from .metrics import Outcome
from .retention import DAY, outdated
from .settings import Component

_PREFIX: t.Final = "ets-"
"""Of the names of our snapshots: others in the repository are left alone."""
_LONGEST: t.Final = 24 * 3600.0
"""Seconds for which Elasticsearch may work at a snapshot or a restore; it answers when it is done."""
_SHOWN: t.Final = 3


@dataclass(frozen=True)
class Snapshot:
    """A snapshot of this program.

    Attributes:
        name: Its name.
        created: When it was begun, in seconds since 1970.
        size: Its bytes.
        data_streams: What it holds.
        problem: Why it is not whole, or nothing.
    """

    name: str
    created: float
    size: int
    data_streams: tuple[str, ...]
    problem: str

    @classmethod
    def read(cls, data: t.Mapping[str, t.Any]) -> Snapshot:
        """From an item of the answer of GET /_snapshot."""
        details = data.get("index_details", {}).values()
        return cls(
            name=data["snapshot"],
            created=data.get("start_time_in_millis", 0) / 1000,
            size=sum(item["size_in_bytes"] for item in details),
            data_streams=tuple(data.get("data_streams", ())),
            problem=_problem(data),
        )


def _problem(data: t.Mapping[str, t.Any]) -> str:
    """The state alone does not say it all, nor do the shards: one that is cut off has none that failed."""
    shards = data.get("shards") or {}
    missing = shards.get("total", 0) - shards.get("successful", 0)
    if data["state"] == "SUCCESS" and not missing and not shards.get("failed"):
        return ""
    if data["state"] == "IN_PROGRESS":
        return "the snapshot %s is still being made" % data["snapshot"]
    said = "the snapshot %s is %s: %d of %d shards are missing" % (
        data["snapshot"],
        data["state"],
        missing,
        shards.get("total", 0),
    )
    failures = ["%s: %s" % (item.get("index"), item.get("reason")) for item in data.get("failures", [])]
    reasons = [*([data["reason"]] if data.get("reason") else []), *failures]
    if reasons:
        said += " (%s)" % "; ".join([*reasons[:_SHOWN], *(["..."] if len(reasons) > _SHOWN else [])])
    return said


class Snapshots:
    """The snapshots of a component.

    Args:
        component: With the name of the repository, and the pattern of data streams.
    """

    def __init__(self, component: Component) -> None:
        self._component = component
        self._client = Client(component.http, timeout=_LONGEST)
        self._path = "/_snapshot/" + quote(component.repository, safe="")

    def check_repository(self) -> None:
        """Have each node see what the others write to the repository.

        Raises:
            BackupError: it is not registered, or a node does not see it.
        """
        self._client.json("POST", self._path + "/_verify")

    def entries(self) -> list[Snapshot]:
        """All that this program has made, the newest first."""
        answer = self._client.json("GET", "%s/%s*" % (self._path, _PREFIX), {"index_details": "true"})
        found = [Snapshot.read(item) for item in answer["snapshots"]]
        return sorted(found, key=lambda snapshot: snapshot.created, reverse=True)

    def back_up(self, keep_count: int, keep_days: float) -> tuple[Outcome, str]:
        """Make a snapshot and remove outdated ones; how it went, and a sentence about it.

        Raises:
            BackupError: there is no whole new snapshot. Older ones are all still there.
        """
        begin = time.monotonic()
        self.check_repository()
        name = self._make()
        found = self.entries()
        made = next((snapshot for snapshot in found if snapshot.name == name), None)
        if made is None:
            raise BackupError("the snapshot %s was made, and is not in the repository" % name)
        now = time.time()
        # One that is not whole keeps no whole one from staying, and is of use to nobody for longer than those.
        old = outdated([snapshot for snapshot in found if not snapshot.problem], now, keep_count, keep_days)
        broken = [snapshot for snapshot in found if snapshot.problem and now - snapshot.created > keep_days * DAY]
        for snapshot in (*old, *broken):
            self._client.json("DELETE", "%s/%s" % (self._path, quote(snapshot.name, safe="")))
        seconds = time.monotonic() - begin
        said = "snapshot %s in the repository %s, %d data streams, %.1f MiB, %.1f s" % (
            name,
            self._component.repository,
            len(made.data_streams),
            made.size / (1 << 20),
            seconds,
        )
        if old or broken:
            said += "; %d outdated removed" % (len(old) + len(broken))
        return Outcome(last_success=made.created, succeeded=True, size=made.size, seconds=seconds), said

    def _make(self) -> str:
        """Make a whole snapshot and return its name."""
        name = _PREFIX + datetime.now(UTC).strftime("%Y%m%dt%H%M%S.%fz")
        body = {"indices": self._component.data_streams, "include_global_state": True}
        answer = self._client.json("PUT", "%s/%s" % (self._path, name), {"wait_for_completion": "true"}, body)
        if problem := _problem(answer["snapshot"]):
            raise BackupError(problem)
        return name

    def restore(self, name: str, only: t.Sequence[str], replace: bool) -> list[str]:
        """Restore data streams of a snapshot; sentences about what was done.

        Args:
            name: A name that `list` shows, or `newest` for the newest whole one.
            only: Data streams; nothing for all of the snapshot.
            replace: Whether data streams that are there are deleted first. A snapshot of them is made before.

        Raises:
            BackupError: they are not back. Unless `replace` was given, nothing was deleted.
        """
        chosen = self._chosen(name)
        names = self._streams(chosen, only)
        there = [stream for stream in self._there() if stream in names]
        if there and not replace:
            raise BackupError(
                "%s: there already, so nothing was changed. --only names others; --replace deletes them first, after a "
                "snapshot of what they hold" % ", ".join(there)
            )
        kept = ""
        if there:
            kept = "what was there before is kept in the snapshot %s" % self._make()
            self._client.json("DELETE", "/_data_stream/%s" % ",".join(quote(stream, safe="") for stream in there))
        try:
            said = self._put_back(chosen.name, names)
        except BackupError as error:
            raise BackupError("%s%s" % (error, "; " + kept if kept else "")) from None
        return [*said, *([kept] if kept else [])]

    def _chosen(self, name: str) -> Snapshot:
        found = self.entries()
        if name == "newest":
            whole = [snapshot for snapshot in found if not snapshot.problem]
            if not whole:
                raise BackupError("there is no whole snapshot in the repository %s" % self._component.repository)
            return whole[0]
        for snapshot in found:
            if snapshot.name == name:
                if snapshot.problem:
                    raise BackupError(snapshot.problem)
                return snapshot
        raise BackupError(
            "the repository %s has no snapshot %s; `enterprise-tickets-backup list %s` shows what there is"
            % (self._component.repository, name, self._component.name)
        )

    def _streams(self, snapshot: Snapshot, only: t.Sequence[str]) -> list[str]:
        held = [name for name in snapshot.data_streams if fnmatchcase(name, self._component.data_streams)]
        if unknown := [name for name in only if name not in held]:
            raise BackupError(
                "the snapshot %s does not hold %s; it holds: %s"
                % (snapshot.name, ", ".join(unknown), ", ".join(held) or "no data streams")
            )
        if not held:
            raise BackupError("the snapshot %s holds no data streams" % snapshot.name)
        return [name for name in held if not only or name in only]

    def _there(self) -> dict[str, str]:
        """The data streams that are there, with their status."""
        path = "/_data_stream/" + quote(self._component.data_streams, safe="*")
        answer = self._client.json("GET", path, {"expand_wildcards": "all"})
        return {item["name"]: item["status"] for item in answer["data_streams"]}

    def _put_back(self, snapshot: str, names: t.Sequence[str]) -> list[str]:
        body = {"indices": list(names), "include_global_state": False}
        path = "%s/%s/_restore" % (self._path, quote(snapshot, safe=""))
        answer = self._client.json("POST", path, {"wait_for_completion": "true"}, body)
        shards = answer["snapshot"]["shards"]
        if shards["failed"] or shards["successful"] != shards["total"]:
            raise BackupError(
                "of %d shards of the snapshot %s only %d are back" % (shards["total"], snapshot, shards["successful"])
            )
        there = self._there()
        if away := [name for name in names if there.get(name, "RED").upper() == "RED"]:
            raise BackupError("%s: restored, and not there or red" % ", ".join(away))
        counts = ((name, self._client.json("GET", "/%s/_count" % quote(name, safe=""))["count"]) for name in names)
        return ["%s has its %d documents of the snapshot %s again" % (name, count, snapshot) for name, count in counts]

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What a service should be, and how it travels from the controller to the host.

A bundle travels as one opaque string: base64 of zlib of a JSON header, a NUL byte and the raw bytes of all files one
after the other. File contents are bytes and are encoded once, so that a binary file or 16 MiB of text costs no more
than its compressed size.
"""

from __future__ import annotations

import base64
import json
import os
import re
import typing as t
import zlib
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]*")
_UNIT = re.compile(r"[A-Za-z0-9:_.\\@-]+\.[a-z]+")

REACTIONS = ("none", "reload", "restart")
"""What a changed file asks of the service, weakest first."""


@dataclass(frozen=True)
class FileSpec:
    """A regular file.

    Attributes:
        dest: Absolute path.
        data: Content, as bytes.
        mode: Permission bits, e.g. 0o644.
        on_change: One of REACTIONS.
        secret: Never shown in a diff.
    """

    dest: str
    data: bytes
    owner: str = "root"
    group: str = "root"
    mode: int = 0o644
    on_change: str = "restart"
    secret: bool = False


@dataclass(frozen=True)
class LinkSpec:
    """A symbolic link at dest that points to src."""

    dest: str
    src: str
    on_change: str = "restart"


@dataclass(frozen=True)
class DirectorySpec:
    """A directory with its owner, group and permission bits; its content is nobody's unless listed in exclusive."""

    path: str
    owner: str = "root"
    group: str = "root"
    mode: int = 0o755


@dataclass(frozen=True)
class UserSpec:
    """The user the service runs as; create makes a system user and group where they are missing."""

    name: str
    group: str
    create: bool = False
    home: str = "/nonexistent"
    shell: str = "/usr/sbin/nologin"


@dataclass(frozen=True)
class ProbeSpec:
    """An HTTP(S) request that a ready service answers.

    Attributes:
        url: http:// or https:// address with port and path.
        timeout: Seconds to wait for readiness while the process lives.
        status: HTTP status codes that mean ready.
        expect: Texts that the answer, which is JSON, must have; by where they are, such as status.overall.level.
        verify: Check the server's certificate against ca_file or the system's store.
    """

    url: str
    timeout: float = 600.0
    status: tuple[int, ...] = (200,)
    expect: t.Mapping[str, str] = field(default_factory=dict)
    username: str = ""
    password: str = ""
    ca_file: str = ""
    client_cert: str = ""
    client_key: str = ""
    verify: bool = True


@dataclass(frozen=True)
class LoadedSpec:
    """How the service confirms that it has loaded its files: by two metrics that move, or by a synchronous POST."""

    metrics_url: str = ""
    success_metric: str = ""
    timestamp_metric: str = ""
    reload_url: str = ""
    timeout: float = 30.0


@dataclass(frozen=True)
class ObserveSpec:
    """What to ask an exporter about the services it watches.

    Attributes:
        urls: Addresses of its metrics, by the name of the watched service that each tells about.
        up: The metric that is 1 while the watched service is.
        metrics: Further metrics to bring along.
        timeout: Seconds that one answer may take.
    """

    urls: t.Mapping[str, str]
    up: str
    metrics: tuple[str, ...] = ()
    timeout: float = 20.0


@dataclass(frozen=True)
class RequestSpec:
    """A request that the service must answer before it is restarted.

    Attributes:
        url: http:// or https:// address with port and path.
        method: HTTP method.
        body: JSON text; empty for none.
        status: HTTP status codes that mean success.
        timeout: Seconds that the answer may take.
    """

    url: str
    method: str = "POST"
    body: str = ""
    status: tuple[int, ...] = (200,)
    timeout: float = 60.0


@dataclass(frozen=True)
class Bundle:
    """All of one service: see the documentation of the managed_service module for each attribute."""

    name: str
    unit: str
    state: str = "started"
    enabled: bool = True
    user: UserSpec | None = None
    directories: tuple[DirectorySpec, ...] = ()
    links: tuple[LinkSpec, ...] = ()
    files: tuple[FileSpec, ...] = ()
    exclusive: tuple[str, ...] = ()
    watch: tuple[str, ...] = ()
    watch_reaction: str = "reload"
    programs: tuple[str, ...] = ()
    readable: tuple[str, ...] = ()
    validate: tuple[tuple[str, ...], ...] = ()
    ready: ProbeSpec | None = None
    loaded: LoadedSpec | None = None
    observe: ObserveSpec | None = None
    before_restart: tuple[RequestSpec, ...] = ()
    rollback: str = "files"
    rollback_reason: str = ""
    secrets: tuple[str, ...] = field(default=(), repr=False)
    requested_by: str = ""

    @property
    def unit_path(self) -> str:
        """Where an administrator's unit file of this name stands; a link to /dev/null there is a mask."""
        return "/etc/systemd/system/" + self.unit


def pack(spec: dict[str, t.Any], contents: t.Sequence[bytes]) -> str:
    """Encode a specification and the contents of its files, in the order of spec["files"]."""
    header = dict(spec, lengths=[len(content) for content in contents])
    raw = json.dumps(header).encode() + b"\0" + b"".join(contents)
    return base64.b64encode(zlib.compress(raw, 6)).decode("ascii")


def unpack(payload: str) -> Bundle:
    """Decode what pack() made.

    Raises:
        ValueError, KeyError, TypeError: The payload was not made by this version of pack().
    """
    header, _nul, rest = zlib.decompress(base64.b64decode(payload)).partition(b"\0")
    spec = json.loads(header)
    contents: list[bytes] = []
    offset = 0
    for length in spec.pop("lengths"):
        contents.append(rest[offset : offset + length])
        offset += length
    return bundle_from_spec(spec, contents)


def bundle_from_spec(spec: dict[str, t.Any], contents: t.Sequence[bytes]) -> Bundle:
    """Build a Bundle from JSON data; modes are octal strings such as "0644"."""
    values = dict(spec)
    values["files"] = tuple(
        FileSpec(data=data, **_with_mode(item)) for item, data in zip(spec.get("files", ()), contents)
    )
    values["directories"] = tuple(DirectorySpec(**_with_mode(item)) for item in spec.get("directories", ()))
    values["links"] = tuple(LinkSpec(**item) for item in spec.get("links", ()))
    values["validate"] = tuple(tuple(argv) for argv in spec.get("validate", ()))
    for key in ("exclusive", "watch", "programs", "readable", "secrets"):
        values[key] = tuple(spec.get(key, ()))
    values["before_restart"] = tuple(
        RequestSpec(**dict(item, status=tuple(item.get("status", (200,))))) for item in spec.get("before_restart", ())
    )
    if spec.get("user"):
        values["user"] = UserSpec(**spec["user"])
    if spec.get("ready"):
        ready = dict(spec["ready"])
        ready["status"] = tuple(ready.get("status", (200,)))
        values["ready"] = ProbeSpec(**ready)
    if spec.get("loaded"):
        values["loaded"] = LoadedSpec(**spec["loaded"])
    if spec.get("observe"):
        values["observe"] = ObserveSpec(**dict(spec["observe"], metrics=tuple(spec["observe"].get("metrics", ()))))
    return Bundle(**values)


def _with_mode(item: dict[str, t.Any]) -> dict[str, t.Any]:
    return dict(item, mode=int(item["mode"], 8)) if "mode" in item else item


def problems(bundle: Bundle) -> list[str]:
    """Name everything about a bundle that cannot be meant; an empty list means it makes sense."""
    found: list[str] = []
    if not _NAME.fullmatch(bundle.name):
        found.append(
            "name is %r; letters, digits and _ . @ - are expected, and a letter or digit first: it names a directory"
            % bundle.name
        )
    if not _UNIT.fullmatch(bundle.unit):
        found.append(
            "unit is %r; the name of a unit with its suffix is expected, such as prometheus.service" % bundle.unit
        )
    seen: dict[str, str] = {}
    places = [("files", item.dest) for item in bundle.files]
    places += [("links", item.dest) for item in bundle.links]
    places += [("directories", item.path) for item in bundle.directories]
    for option, path in places:
        found += _path_problems(option, path)
        if path in seen:
            found.append("%s is listed in %s and again in %s; a path has one owner" % (path, seen[path], option))
        seen[path] = option
    for option in ("exclusive", "watch", "programs", "readable"):
        for path in getattr(bundle, option):
            found += _path_problems(option, path)
    for path in bundle.exclusive:
        if path.count("/") < 3:
            found.append(
                "exclusive names %s; everything else in it would be deleted, so a directory at least three levels "
                "deep is expected, such as /etc/prometheus/rules" % path
            )
    for argv in bundle.validate:
        if not argv:
            found.append(
                "validate holds an empty command; a list of words such as [promtool, check, config, …] is expected"
            )
    urls = [("ready.url", bundle.ready.url)] if bundle.ready else []
    if bundle.loaded:
        urls += [("loaded." + key, getattr(bundle.loaded, key)) for key in ("reload_url", "metrics_url")]
    if bundle.observe:
        urls += [("observe.urls." + name, url) for name, url in bundle.observe.urls.items()]
    urls += [("before_restart", item.url) for item in bundle.before_restart]
    for option, url in urls:
        if url or option in ("ready.url", "before_restart"):
            found += _url_problems(option, url)
    if bundle.rollback == "none" and not bundle.rollback_reason:
        found.append("rollback is none without a rollback_reason; say why the previous version cannot be started again")
    if bundle.loaded and not bundle.loaded.reload_url:
        missing = [
            key for key in ("metrics_url", "success_metric", "timestamp_metric") if not getattr(bundle.loaded, key)
        ]
        if missing:
            found.append("loaded needs reload_url, or metrics_url with both metrics; missing: %s" % ", ".join(missing))
    return found


def _url_problems(option: str, url: str) -> list[str]:
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # the port is no number or out of range
        good = False
    if good:
        return []
    return ["%s is %r; an address such as http://127.0.0.1:9090/-/ready is expected" % (option, url)]


def _path_problems(option: str, path: str) -> list[str]:
    if not path.startswith("/") or os.path.normpath(path) != path or path == "/" or path.startswith("//"):
        return ["%s names %r; an absolute path without '..', double or trailing slashes is expected" % (option, path)]
    return []


def strongest(reactions: t.Iterable[str]) -> str:
    """The strongest of some reactions, "none" where there is none."""
    return max(reactions, key=REACTIONS.index, default="none")

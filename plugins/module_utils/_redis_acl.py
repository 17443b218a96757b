# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. A user of Redis with a given set of rights: what is there, and what to change.

Speaks Redis's own protocol (RESP2), so that neither redis-cli nor a Python driver is needed and no password is seen in
a list of processes.
"""

from __future__ import annotations

import hashlib
import re
import socket
import ssl
import typing as t
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

TIMEOUT = 10.0
"""Seconds that connecting and each answer may take."""

_USER = re.compile(r"[A-Za-z0-9_.@-]+\Z")
_RULE = re.compile(r"[-+](?:@?[a-z0-9_-]+(?:\|[a-z0-9_-]+)?)\Z|~[!-~]+\Z|%[RW]{1,2}~[!-~]+\Z|&[!-~]+\Z", re.IGNORECASE)

Reply = t.Union[str, int, None, list[t.Any]]


class RedisError(Exception):
    """The user cannot be brought about; the message is for people."""


class RedisUnreachable(RedisError):
    """There is no connection; the message says why."""


class RedisRefusal(RedisError):
    """Redis answered with an error; the message is Redis's."""


@dataclass(frozen=True)
class Address:
    """Where a Redis listens.

    Attributes:
        host: Host name or IP address; empty for a socket.
        port: TCP port.
        path: The socket of the file system; empty for TCP.
        tls: Whether it speaks TLS.
    """

    host: str
    port: int
    path: str
    tls: bool

    @classmethod
    def parse(cls, url: str) -> Address:
        """Read redis://host:port, rediss://host:port or unix:///path.

        Raises:
            RedisError: It is none of them.
        """
        parts = urlsplit(url)
        try:
            port = parts.port or 6379
        except ValueError:
            port = 0
        if parts.scheme == "unix" and parts.path and not parts.netloc:
            return cls("", 0, unquote(parts.path), False)
        if parts.scheme in ("redis", "rediss") and parts.hostname and port and "@" not in parts.netloc:
            return cls(parts.hostname, port, "", parts.scheme == "rediss")
        raise RedisError(
            "the address is no redis://host:port, rediss://host:port or unix:///path without user and password"
        )


@dataclass(frozen=True)
class Tls:
    """How to speak TLS to Redis: files with certificate authorities, certificate and key; empty where not needed."""

    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""

    def context(self) -> ssl.SSLContext:
        """The settings as Python takes them."""
        context = ssl.create_default_context(cafile=self.ca_file or None)
        if self.cert_file:
            context.load_cert_chain(self.cert_file, self.key_file or None)
        return context


def encode(words: t.Sequence[str]) -> bytes:
    """A command as it is sent."""
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        data = word.encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(data), data))
    return b"".join(parts)


def read_reply(stream: t.BinaryIO) -> Reply:
    """Read one answer.

    Raises:
        RedisRefusal: It is an error.
        RedisUnreachable: The connection ended.
    """
    line = stream.readline()
    if not line.endswith(b"\r\n"):
        raise RedisUnreachable("the connection ended in the middle of an answer")
    kind, text = line[:1], line[1:-2].decode("utf-8", "replace")
    if kind == b"-":
        raise RedisRefusal(text)
    if kind == b"+":
        return text
    if kind == b":":
        return int(text)
    if kind == b"$":
        length = int(text)
        return None if length < 0 else stream.read(length + 2)[:-2].decode("utf-8", "replace")
    if kind == b"*":
        return None if int(text) < 0 else [read_reply(stream) for _index in range(int(text))]
    raise RedisUnreachable("the answer is not Redis's protocol")


class Redis:
    """A connection to a Redis, as a context manager.

    Args:
        address: Where it listens.
        tls: How to speak TLS, where it does.
    """

    def __init__(self, address: Address, tls: Tls) -> None:
        self._address = address
        self._tls = tls

    def __enter__(self) -> Redis:
        address = self._address
        try:
            if address.path:
                self._socket = socket.socket(socket.AF_UNIX)
                self._socket.settimeout(TIMEOUT)
                self._socket.connect(address.path)
            else:
                self._socket = socket.create_connection((address.host, address.port), TIMEOUT)
            if address.tls:
                self._socket = self._tls.context().wrap_socket(self._socket, server_hostname=address.host)
            self._stream = self._socket.makefile("rb")
        except OSError as error:
            raise RedisUnreachable(str(error)) from None
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stream.close()
        self._socket.close()

    def do(self, *words: str) -> Reply:
        """Send a command and return its answer.

        Raises:
            RedisRefusal: The answer is an error.
            RedisUnreachable: There was none.
        """
        try:
            self._socket.sendall(encode(words))
            return read_reply(self._stream)
        except OSError as error:
            raise RedisUnreachable(str(error)) from None


@dataclass(frozen=True)
class Wish:
    """How a user should be.

    Attributes:
        name: Its name.
        password: Its password.
        rules: What it may: +command, +command|subcommand, +@category, ~key pattern, in Redis's words.
    """

    name: str
    password: str
    rules: tuple[str, ...]

    def problem(self) -> str:
        """Why this cannot be wished, empty where it can."""
        if not _USER.match(self.name) or self.name == "default":
            return "%r is no name for the user; letters, digits and ._@- are expected, and not 'default'" % self.name
        if not self.password:
            return "the user %s needs a password" % self.name
        wrong = [rule for rule in self.rules if not _RULE.match(rule)]
        if wrong:
            return "%r is no rule; such as +info, +config|get, +@read and ~key* are expected" % wrong[0]
        return ""

    def all_rules(self) -> list[str]:
        """The rules that make the user out of nothing."""
        return ["reset", "on", "#" + digest(self.password), *self.rules]


def digest(password: str) -> str:
    """What Redis stores of a password."""
    return hashlib.sha256(password.encode()).hexdigest()


def acl_line(lines: t.Iterable[str], name: str) -> str | None:
    """The line of a user in the answer to ACL LIST, without ``user`` and its name."""
    for line in lines:
        words = line.split(" ", 2)
        if words[:2] == ["user", name]:
            return words[2] if len(words) > 2 else ""
    return None


def rights(line: str) -> set[str]:
    """What a line of ACL LIST grants, as a set that does not depend on the order or on what merely takes away.

    Redis writes ``-@all`` before what it grants, and ``resetchannels`` and ``sanitize-payload`` of its own accord.
    """
    noise = {"-@all", "resetchannels", "resetkeys", "sanitize-payload", "(nokeys)", "nocommands"}
    return {word.lower() if word[:1] in "+-" else word for word in line.split() if word not in noise}


def is_as_wished(line: str | None, wish: Wish) -> bool:
    """Whether a user is as it should be."""
    if line is None:
        return False
    wanted = {rule.lower() if rule[:1] in "+-" else rule for rule in wish.all_rules() if rule not in ("reset", "-@all")}
    return rights(line) == wanted


def shown(line: str | None) -> str:
    """A line of ACL LIST for a diff: hashes of passwords are no business of anybody."""
    return "" if line is None else re.sub(r"#[0-9a-f]{64}", "#********", line)

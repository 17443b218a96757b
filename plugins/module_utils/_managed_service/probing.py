# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Asking a service whether it is ready and whether it has loaded its files."""

from __future__ import annotations

import base64
import http.client
import ipaddress
import json
import os
import ssl
import sys
import typing as t
from dataclasses import dataclass
from urllib.parse import urlsplit

from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.bundle import ProbeSpec

REQUEST_TIMEOUT = 5.0
"""Seconds that one request may take."""


@dataclass(frozen=True)
class Answer:
    """The answer to one request; status 0 and a reason where there was none."""

    status: int
    body: str
    reason: str = ""


def request(
    probe: ProbeSpec, url: str = "", method: str = "GET", timeout: float = REQUEST_TIMEOUT, body: str = ""
) -> Answer:
    """Send one request straight to the service: proxies of the environment do not count.

    Args:
        probe: TLS settings and credentials, and the address where no other is given.
        url: Another address of the same service.
        method: HTTP method.
        timeout: Seconds.
        body: JSON text; empty for none.

    Returns:
        The answer. Never raises for a network or TLS error: its text is the reason.
    """
    parts = urlsplit(url or probe.url)
    host, port = parts.hostname or "", parts.port
    path = (parts.path or "/") + ("?" + parts.query if parts.query else "")
    headers = {"User-Agent": "enterprise_tickets.observability", "Connection": "close"}
    if body:
        headers["Content-Type"] = "application/json"
    if probe.username:
        token = base64.b64encode(("%s:%s" % (probe.username, probe.password)).encode()).decode("ascii")
        headers["Authorization"] = "Basic " + token
    try:
        connection: http.client.HTTPConnection
        if parts.scheme == "https":
            connection = http.client.HTTPSConnection(host, port, timeout=timeout, context=_tls_context(probe))
        else:
            connection = http.client.HTTPConnection(host, port, timeout=timeout)
        try:
            connection.request(method, path, body.encode() if body else None, headers)
            response = connection.getresponse()
            return Answer(response.status, response.read().decode("utf-8", "replace"))
        finally:
            connection.close()
    except (OSError, http.client.HTTPException) as error:
        return Answer(0, "", str(error) or type(error).__name__)


def unexpected(answer: Answer, expect: t.Mapping[str, str]) -> str:
    """What an answer has otherwise than expected, in words; empty where it has it all.

    Args:
        answer: JSON.
        expect: Texts by the keys that lead to them, with dots in between.
    """
    for path, wanted in expect.items():
        try:
            found = json.loads(answer.body)
            for key in path.split("."):
                found = found[key]
        except (ValueError, KeyError, TypeError):
            return "the answer has no %s" % path
        if found != wanted:
            return "%s is %s" % (path, found)
    return ""


def _tls_context(probe: ProbeSpec) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=probe.ca_file or None)
    if not probe.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if probe.client_cert:
        context.load_cert_chain(probe.client_cert, probe.client_key or None)
    return context


def metric_values(exposition: str, names: t.Iterable[str]) -> dict[str, float]:
    """Read metrics without labels from the text format, see prometheus.io/docs/instrumenting/exposition_formats."""
    wanted = set(names)
    found: dict[str, float] = {}
    for line in exposition.splitlines():
        words = line.split()
        if len(words) >= 2 and words[0] in wanted:
            found[words[0]] = float(words[1])
    return found


def foreign_listener(url: str, own: set[int]) -> str:
    """Whether certainly none of some processes listens where a URL points.

    Args:
        url: An address of this host; of any other nothing can be told.
        own: The process ids that should.

    Returns:
        Who listens instead, in words; empty when it is one of them or cannot be told.
    """
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    addresses = _addresses(parts.hostname or "")
    sockets = {
        inode: uid
        for address, uid, inode in _listeners(port)
        if address.is_unspecified or address in addresses or _unmapped(address) in addresses
    }
    if not addresses or not sockets:
        return ""
    owners = _owners(set(sockets))
    if owners & own:
        return ""
    if owners:
        return ", ".join("process %d (%s)" % (pid, command_name(pid)) for pid in sorted(owners))
    # Without CAP_SYS_PTRACE (containers) root cannot see the sockets of other users' processes, but whose they are.
    uids = {uid for uid in map(_uid, own) if uid is not None}
    strangers = sorted(set(sockets.values()) - uids)
    return "a process of uid %d" % strangers[0] if strangers and not set(sockets.values()) & uids else ""


def _uid(pid: int) -> int | None:
    try:
        return os.stat("/proc/%d" % pid).st_uid
    except FileNotFoundError:  # the process has just ended
        return None


_Address = t.Union[ipaddress.IPv4Address, ipaddress.IPv6Address]


def _addresses(host: str) -> set[_Address]:
    if host == "localhost":
        return {ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1")}
    try:
        return {ipaddress.ip_address(host)}
    except ValueError:
        return set()


def _unmapped(address: _Address) -> _Address:
    return getattr(address, "ipv4_mapped", None) or address


def _listeners(port: int) -> t.Iterator[tuple[_Address, int, str]]:
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            with open(table, encoding="ascii") as handle:
                lines = handle.readlines()[1:]
        except FileNotFoundError:  # no IPv6
            continue
        for line in lines:
            words = line.split()
            address, _colon, hex_port = words[1].partition(":")
            if words[3] == "0A" and int(hex_port, 16) == port:
                yield _parse_hex_address(address), int(words[7]), words[9]


def _parse_hex_address(text: str) -> _Address:
    # The kernel prints each 32-bit word in the machine's byte order.
    words = [bytes.fromhex(text[start : start + 8]) for start in range(0, len(text), 8)]
    raw = b"".join(int.from_bytes(word, "big").to_bytes(4, sys.byteorder) for word in words)
    return ipaddress.ip_address(raw)


def _owners(inodes: set[str]) -> set[int]:
    wanted = {"socket:[%s]" % inode for inode in inodes}
    found = set()
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        directory = "/proc/%s/fd" % name
        try:
            descriptors = os.listdir(directory)
        except OSError:  # it has just ended, or is not ours to look into
            continue
        for descriptor in descriptors:
            try:
                if os.readlink("%s/%s" % (directory, descriptor)) in wanted:
                    found.add(int(name))
                    break
            except OSError:  # closed meanwhile
                continue
    return found


def command_name(pid: int) -> str:
    """The name of a process for people, empty where it has ended."""
    try:
        with open("/proc/%d/comm" % pid, encoding="utf-8") as handle:
            return handle.read().strip()
    except OSError:
        return ""

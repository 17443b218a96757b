# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: ARG001 -- all probes take the same arguments
"""PRIVATE to the collection. Probes of what every host has: units, disks, the clock, ports, certificates, HTTP."""

from __future__ import annotations

import ctypes
import datetime
import os
import re
import socket
import ssl
import subprocess
import time
import typing as t

from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.http import fetch
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.model import (
    CRITICAL,
    DEGRADED,
    OK,
    Access,
    CannotTell,
    ConfigError,
    Unreachable,
    Verdict,
    listed,
    worst,
)

try:
    import jmespath
except ImportError:  # said by the check that needs it
    jmespath = None

DAY = 86400.0
_LOCAL_FILE_SYSTEMS = ("ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "jfs", "vfat", "overlay")
_TIME_ERROR = 5
"""What adjtimex(2) returns for a clock that nothing keeps in time."""


def probe_http(parameters: dict[str, t.Any], access: Access, timeout: float) -> Verdict:
    """An address answers with the right status and, with `expect`, with what makes a JMESPath expression true."""
    answer = fetch(parameters["url"], access, timeout)
    statuses = parameters.get("status") or [200]
    if answer.status in (401, 403) and answer.status not in statuses:
        raise CannotTell("is not let in (HTTP %d): its credentials are missing or wrong" % answer.status)
    if answer.status not in statuses:
        return Verdict(CRITICAL, "answers with HTTP %d" % answer.status, (_beginning(answer.body),))
    expression = parameters.get("expect", "")
    if not expression:
        return Verdict(OK, "answers with HTTP %d" % answer.status)
    found = evaluate(expression, answer.json())
    if found:
        return Verdict(OK, "answers as expected")
    return Verdict(CRITICAL, "does not answer as expected: %s is %s" % (expression, _word(found)))


def evaluate(expression: str, data: t.Any) -> t.Any:
    """The value of a JMESPath expression.

    Raises:
        CannotTell: jmespath is not installed, or a function in the expression cannot take what the answer holds.
    """
    if jmespath is None:
        raise CannotTell("needs the Debian package python3-jmespath")
    try:
        return jmespath.search(expression, data)
    except jmespath.exceptions.JMESPathError as error:
        raise CannotTell("cannot evaluate %s: %s" % (expression, str(error).partition("\n")[0])) from None


def check_expression(expression: t.Any) -> None:
    """Refuse what is no JMESPath expression.

    Raises:
        ConfigError: It cannot be compiled.
    """
    if not isinstance(expression, str):
        raise ConfigError("expect is %r; expected a JMESPath expression" % (expression,))
    if jmespath is None:
        return
    try:
        jmespath.compile(expression)
    except jmespath.exceptions.JMESPathError as error:
        reason = str(error).partition("\n")[0].rstrip(":")
        raise ConfigError("expect is %r, which is no JMESPath expression: %s" % (expression, reason)) from None


def _beginning(body: bytes) -> str:
    return " ".join(body[:200].decode(errors="replace").split())


def _word(value: t.Any) -> str:
    if value is None or isinstance(value, bool):
        return "nothing" if value is None else "false"
    return "empty" if value != 0 else "0"


def probe_tcp(parameters: dict[str, t.Any], access: Access, timeout: float) -> Verdict:
    """Somebody takes connections at an address."""
    _connect(parameters["host"], int(parameters["port"]), timeout).close()
    return Verdict(OK, "takes connections")


def _connect(host: str, port: int, timeout: float) -> socket.socket:
    try:
        return socket.create_connection((host, port), timeout)
    except TimeoutError:
        raise Unreachable("does not answer in time") from None
    except OSError as error:
        raise Unreachable("cannot be reached: %s" % (error.strerror or error)) from None


def probe_tls(parameters: dict[str, t.Any], access: Access, timeout: float) -> Verdict:
    """The certificate that is served is valid for some days more."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # an expired or home-made certificate is to be looked at, not to be trusted
    name = parameters.get("name") or parameters["host"]
    with _connect(parameters["host"], int(parameters["port"]), timeout) as connection:
        try:
            with context.wrap_socket(connection, server_hostname=name) as secured:
                certificate = secured.getpeercert(binary_form=True) or b""
        except OSError as error:
            raise Unreachable("does not speak TLS: %s" % (getattr(error, "reason", None) or error)) from None
    days = (not_after(certificate) - time.time()) / DAY
    if days < 0:
        return Verdict(CRITICAL, "the certificate expired %.0f days ago" % -days)
    state = CRITICAL if days < float(parameters.get("critical_days", 7)) else OK
    if state == OK and days < float(parameters.get("degraded_days", 21)):
        state = DEGRADED
    return Verdict(state, "the certificate is valid for %.0f more days" % days)


def not_after(certificate: bytes) -> float:
    """When a certificate (DER, RFC 5280) expires, in seconds since the epoch.

    The standard library tells this only of certificates that it trusts.

    Raises:
        Unreachable: It is no certificate.
    """
    try:
        _tag, whole, _rest = _der(certificate)
        _tag, fields, _rest = _der(whole)
        tag, _value, rest = _der(fields)
        if tag != 0xA0:  # the version may be missing
            rest = fields
        for _field in ("serialNumber", "signature", "issuer"):
            _tag, _value, rest = _der(rest)
        _tag, validity, _rest = _der(rest)
        _tag, _value, rest = _der(validity)
        tag, value, _rest = _der(rest)
        text = value.decode("ascii")
        if tag == 0x17:  # UTCTime has two digits for the year
            text = ("20" if text[:2] < "50" else "19") + text
        moment = datetime.datetime.strptime(text, "%Y%m%d%H%M%SZ")
    except (IndexError, ValueError):
        raise Unreachable("has a certificate that cannot be read") from None
    return moment.replace(tzinfo=datetime.timezone.utc).timestamp()


def _der(data: bytes) -> tuple[int, bytes, bytes]:
    """Tag and value of the first element, and what follows it."""
    length, start = data[1], 2
    if length & 0x80:
        start = 2 + (length & 0x7F)
        length = int.from_bytes(data[2:start], "big")
    if len(data) < start + length:
        raise ValueError("cut off")
    return data[0], data[start : start + length], data[start + length :]


def probe_unit(parameters: dict[str, t.Any], access: Access, timeout: float) -> Verdict:
    """A systemd unit runs, and starts at boot."""
    properties = ("LoadState", "ActiveState", "SubState", "UnitFileState", "Result")
    command = ["systemctl", "show", "--property", ",".join(properties), parameters["unit"]]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired:
        return Verdict(CRITICAL, "systemd does not answer")
    except OSError as error:
        raise CannotTell("cannot ask systemd: %s" % error.strerror) from None
    found = dict(line.partition("=")[::2] for line in done.stdout.splitlines())
    if done.returncode or "ActiveState" not in found:
        raise CannotTell("cannot ask systemd: %s" % (done.stderr.strip() or "no answer"))
    return judge_unit(found, bool(parameters.get("enabled", True)))


def judge_unit(found: dict[str, str], enabled: bool) -> Verdict:
    """Judge what systemd says of a unit.

    Args:
        found: Its properties.
        enabled: Whether it should start at boot.
    """
    active = found["ActiveState"]
    if found.get("LoadState") == "not-found":
        return Verdict(CRITICAL, "is not there")
    if found.get("LoadState") == "masked":
        return Verdict(CRITICAL, "is masked: somebody has decided that it must not run")
    if active in ("activating", "reloading"):
        return Verdict(DEGRADED, "is %s (%s)" % (active, found.get("SubState", "")))
    if active != "active":
        result = found.get("Result", "success")
        return Verdict(CRITICAL, "is %s%s" % (active, "" if result == "success" else ", result %s" % result))
    if enabled and found.get("UnitFileState") == "disabled":
        return Verdict(DEGRADED, "runs, but does not start at boot")
    return Verdict(OK, "runs")


def probe_disk(parameters: dict[str, t.Any], access: Access, timeout: float) -> Verdict:
    """There is space on the local file systems, in bytes and in inodes."""
    degraded, critical = float(parameters.get("degraded", 0.2)), float(parameters.get("critical", 0.1))
    states, tight, least = [], [], 1.0
    for path in parameters.get("paths") or mount_points(_read("/proc/1/mounts") or _read("/proc/self/mounts")):
        try:
            status = os.statvfs(path)
        except OSError:  # gone meanwhile, or nobody may look there
            continue
        for what, total, free in (
            ("space", status.f_blocks, status.f_bavail),
            ("inodes", status.f_files, status.f_favail),
        ):
            ratio = free / total if total else 1.0
            least = min(least, ratio)
            state = CRITICAL if ratio < critical else DEGRADED if ratio < degraded else OK
            states.append(state)
            if state != OK:
                tight.append("%s: %.0f %% of its %s left" % (path, ratio * 100, what))
    if not states:
        raise CannotTell("found no file system to look at")
    return Verdict(worst(states), "; ".join(tight[:5]) or "at least %.0f %% free" % (least * 100), tuple(tight))


def mount_points(mounts: str) -> list[str]:
    """Where local file systems that can be written are mounted, each once.

    Args:
        mounts: As /proc/mounts has it, see fstab(5).
    """
    seen: dict[str, str] = {}
    for line in mounts.splitlines():
        words = line.split(" ")
        if len(words) >= 4 and words[2] in _LOCAL_FILE_SYSTEMS and "ro" not in words[3].split(","):
            path = re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), words[1])
            if words[0] not in seen or len(path) < len(seen[words[0]]):
                seen[words[0]] = path
    return sorted(seen.values())


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def probe_clock(parameters: dict[str, t.Any], access: Access, timeout: float) -> Verdict:
    """Something keeps the clock in time."""
    state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(512))
    if state < 0:
        raise CannotTell("cannot ask the kernel: %s" % os.strerror(ctypes.get_errno()))
    if state == _TIME_ERROR:
        return Verdict(DEGRADED, "nothing keeps the clock in time")
    return Verdict(OK, "is kept in time")


def probe_metric_age(parameters: dict[str, t.Any], access: Access, timeout: float) -> Verdict:
    """Something that runs now and then has lately succeeded, as a metric with timestamps in a text file tells."""
    text = _read(parameters["file"])
    pattern = r"^(%s(?:\{[^}]*\})?) (\S+)$" % re.escape(parameters["metric"])
    samples = re.findall(pattern, text, re.MULTILINE)
    if not samples:
        # What has just been deployed may not have run yet.
        never = DEGRADED if parameters.get("may_be_new") else CRITICAL
        return Verdict(never, "has never succeeded: there is no %(metric)s in %(file)s" % parameters)
    oldest = max(time.time() - float(value) for _name, value in samples)
    limits = (CRITICAL, "critical_hours", 50), (DEGRADED, "degraded_hours", 26)
    states = [state for state, key, default in limits if oldest > 3600 * float(parameters.get(key, default))]
    old = [name for name, value in samples if time.time() - float(value) > oldest - 1]
    return Verdict(worst(states), "last succeeded %.1f hours ago" % (oldest / 3600), tuple(old) if states else ())


def probe_ticket_system(parameters: dict[str, t.Any], access: Access, timeout: float) -> Verdict:
    """The ticket system says that it is well (JSON with `status`, `checks` and `queues`), and no queue is long."""
    answer = fetch(parameters["url"], access, timeout)
    data = answer.json()
    if not isinstance(data, dict):
        raise Unreachable("answers with HTTP %d, but not with what a health check is" % answer.status)
    bad = ["%s: %s" % item for item in sorted((data.get("checks") or {}).items()) if item[1] != "ok"]
    if answer.status != 200 or bad:
        return Verdict(CRITICAL, "says it is %s" % (listed(bad) or "HTTP %d" % answer.status), tuple(bad))
    limit = float(parameters.get("degraded_queue", 1000))
    queues = data.get("queues") or {}
    long = ["%s: %s waiting" % item for item in sorted(queues.items()) if float(item[1]) > limit]
    if long:
        return Verdict(DEGRADED, "has a long queue: " + listed(long), tuple(long))
    return Verdict(OK, "is well, %d waiting in its queues" % sum(int(value) for value in queues.values()))

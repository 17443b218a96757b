# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What talking to Alertmanager's API version 2 needs, whatever about."""

from __future__ import annotations

import datetime
import time
import typing as t

from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.model import (
    Access,
    CannotTell,
    Unreachable,
)

TIMEOUT = 15.0
"""Seconds that each wait for Alertmanager may take."""

SPEC: t.Final[dict[str, t.Any]] = {
    "url": {"type": "str", "required": True},
    "username": {"type": "str", "default": ""},
    "password": {"type": "str", "default": "", "no_log": True},
    "ca_file": {"type": "str", "default": ""},
    "verify": {"type": "bool", "default": True},
}
"""Options of a module that talks to Alertmanager; documented in the fragment `_alertmanager`."""


def access_of(params: t.Mapping[str, t.Any]) -> Access:
    """Credentials and trust by the options of a module."""
    return Access(params["username"], params["password"], params["ca_file"], verify=params["verify"])


# What ends this much earlier than is asked for, in seconds, counts as long enough.
_CLOSE = 60


def lasts(until: str, seconds: float) -> bool:
    """Whether what ends at a time of Alertmanager's API lasts about as long as is asked for."""
    return timestamp(until) >= time.time() + seconds - _CLOSE


def timestamp(text: str) -> float:
    """Seconds since the epoch of a time as Alertmanager writes it; parts of seconds are left out."""
    parsed = datetime.datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")
    return parsed.replace(tzinfo=datetime.timezone.utc).timestamp()


def refused(status: int, body: bytes) -> None:
    """Complain about an answer that is not what was asked for.

    Raises:
        CannotTell: We are not let in.
        Unreachable: It is refused.
    """
    if status in (401, 403):
        raise CannotTell("is not let in (HTTP %d): its credentials are missing or wrong" % status)
    if status != 200:
        raise Unreachable("refuses that with HTTP %d: %s" % (status, body[:200].decode(errors="replace")))


def moment(seconds: float) -> str:
    """A time in seconds since 1970, as Alertmanager reads it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What a health check is, and what it can find."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

OK = "ok"
DEGRADED = "degraded"
CRITICAL = "critical"
UNKNOWN = "unknown"
"""It could not be found out, for example because a password is missing."""

EXIT_CODES = {OK: 0, DEGRADED: 1, CRITICAL: 2, UNKNOWN: 3}
"""Also the values of the metric, and what Nagios expects."""

SEVERITY = (OK, DEGRADED, UNKNOWN, CRITICAL)
"""From best to worst: what nobody could look at may be worse than what is known to be degraded."""


class ConfigError(Exception):
    """The list of checks cannot be used; the message says where and why."""


class CannotTell(Exception):
    """A probe could not find out; the message says what it lacks."""


class Unreachable(Exception):
    """Nobody answers, or not in a way that makes sense."""


@dataclass(frozen=True)
class Access:
    """How to be let in, and whom to trust. Never shown."""

    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""
    client_cert: str = ""
    client_key: str = ""
    verify: bool = True


@dataclass(frozen=True)
class Check:
    """One thing to look at.

    Attributes:
        id: Unique on the host, such as prometheus.targets.
        group: What belongs together for people, such as Prometheus.
        title: What is looked at.
        kind: Key of PROBES.
        parameters: What the probe needs to know.
        timeout: Seconds after which no answer is an answer.
        next_step: What to do if it is not well; the kind's own where empty.
        relays: It tells what others have found. Left out where its result becomes a metric: two hosts would keep
            telling each other of a problem that is over.
        access: Key of the credentials.
    """

    id: str
    group: str
    title: str
    kind: str
    parameters: dict[str, t.Any]
    timeout: float = 10.0
    next_step: str = ""
    relays: bool = False
    access: str = ""


@dataclass(frozen=True)
class Verdict:
    """What a probe says."""

    state: str
    message: str
    details: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finding:
    """What a check found, and how long that took in seconds."""

    check: Check
    verdict: Verdict
    seconds: float
    next_step: str = ""

    @property
    def state(self) -> str:
        """One of SEVERITY."""
        return self.verdict.state

    def as_data(self) -> dict[str, t.Any]:
        """For JSON and for the result of the module."""
        return {
            "id": self.check.id,
            "group": self.check.group,
            "title": self.check.title,
            "kind": self.check.kind,
            "state": self.state,
            "message": self.verdict.message,
            "details": list(self.verdict.details),
            "seconds": round(self.seconds, 3),
            "next_step": self.next_step if self.state != OK else "",
        }


def worst(states: t.Iterable[str]) -> str:
    """The worst of some states, ok where there is none."""
    return max(states, key=SEVERITY.index, default=OK)


def counted(findings: t.Sequence[Finding]) -> str:
    """How many are in which state, worst first: '1 critical, 12 ok'."""
    numbers = [(state, sum(finding.state == state for finding in findings)) for state in reversed(SEVERITY)]
    return ", ".join("%d %s" % (number, state) for state, number in numbers if number) or "no checks"


def listed(items: t.Sequence[str], limit: int = 5) -> str:
    """Some of the items, with how many more there are."""
    more = " and %d more" % (len(items) - limit) if len(items) > limit else ""
    return ", ".join(items[:limit]) + more

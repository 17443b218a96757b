# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Silences of Alertmanager, through its API version 2."""

from __future__ import annotations

import re
import time
import typing as t
import urllib.parse

from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.alertmanager import (
    TIMEOUT,
    moment,
    refused,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.http import (
    fetch,
    fetch_json,
    joined,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.model import (
    Access,
    ConfigError,
)

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds_of(text: str) -> int:
    """A span of time such as 90s, 30m, 2h or 1d, in seconds.

    Raises:
        ConfigError: It is none, or not longer than nothing.
    """
    match = re.match(r"([0-9]{1,6})([smhd])\Z", str(text))
    if match is None or int(match[1]) == 0:
        raise ConfigError("%r is no span of time; expected a number and s, m, h or d, such as 2h" % (text,))
    return int(match[1]) * _UNITS[match[2]]


def matchers_of(labels: t.Mapping[str, str]) -> list[dict[str, t.Any]]:
    """Matchers for equal labels, sorted. A value that begins with ~ is a regular expression."""
    return [
        {
            "name": name,
            "value": value[1:] if value.startswith("~") else value,
            "isRegex": value.startswith("~"),
            "isEqual": True,
        }
        for name, value in sorted(labels.items())
    ]


def silences(url: str, access: Access) -> list[dict[str, t.Any]]:
    """The silences that are active or will be.

    Raises:
        CannotTell, Unreachable: As of fetch_json.
    """
    found = fetch_json(joined(url, "/api/v2/silences"), access, TIMEOUT)
    return [item for item in found if item["status"]["state"] in ("active", "pending")]


def same_matchers(silence: dict[str, t.Any], matchers: list[dict[str, t.Any]]) -> bool:
    """Whether a silence has exactly these matchers."""
    own = [{"isEqual": True, **item} for item in silence["matchers"]]
    return sorted(own, key=_order) == sorted(matchers, key=_order)


def _order(matcher: dict[str, t.Any]) -> tuple[str, str]:
    return str(matcher["name"]), str(matcher["value"])


def firing(url: str, access: Access, labels: t.Mapping[str, str]) -> list[dict[str, t.Any]]:
    """The alerts with these labels that are not silenced and not inhibited.

    Raises:
        CannotTell, Unreachable: As of fetch_json.
    """
    return alerts(url, access, labels, silenced="false", inhibited="false")


def alerts(url: str, access: Access, labels: t.Mapping[str, str], **states: str) -> list[dict[str, t.Any]]:
    """The alerts with these labels that have not ended.

    Args:
        url: Address of Alertmanager.
        access: Credentials.
        labels: As of matchers_of.
        states: Further parameters of the API, such as whether silenced ones count.

    Raises:
        CannotTell, Unreachable: As of fetch_json.
    """
    query = [("active", "true"), *states.items()]
    for item in matchers_of(labels):
        operator = "=~" if item["isRegex"] else "="
        value = item["value"].replace("\\", "\\\\").replace('"', '\\"')
        query.append(("filter", '%s%s"%s"' % (item["name"], operator, value)))
    found: list[dict[str, t.Any]] = fetch_json(
        joined(url, "/api/v2/alerts") + "?" + urllib.parse.urlencode(query), access, TIMEOUT
    )
    return found


def create(url: str, access: Access, labels: t.Mapping[str, str], seconds: int, author: str, comment: str) -> str:
    """Make a silence and return its id.

    Raises:
        CannotTell: We are not let in.
        Unreachable: There is no answer, or Alertmanager refuses it.
    """
    now = time.time()
    body = {
        "matchers": matchers_of(labels),
        "startsAt": moment(now),
        "endsAt": moment(now + seconds),
        "createdBy": author,
        "comment": comment,
    }
    answer = fetch(joined(url, "/api/v2/silences"), access, TIMEOUT, body=body)
    refused(answer.status, answer.body)
    return str(answer.json()["silenceID"])


def end(url: str, access: Access, name: str) -> None:
    """End a silence.

    Args:
        url: Address of Alertmanager.
        access: Credentials.
        name: Id of the silence.

    Raises:
        CannotTell, Unreachable: As of create.
    """
    answer = fetch(joined(url, "/api/v2/silence/" + urllib.parse.quote(name)), access, TIMEOUT, method="DELETE")
    refused(answer.status, answer.body)

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What people do, told through Alertmanager as an alert of severity info.

An alert of API version 2 lasts until its `endsAt`; then the receivers hear of its end.
"""

from __future__ import annotations

import time
import typing as t

from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.alertmanager import (
    TIMEOUT,
    moment,
    refused,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.http import (
    fetch,
    joined,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.model import Access
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.silences import alerts

# Without `environment` and `node`, so that the silence of a maintenance window does not hide that it is told of.
# The team's own receivers and Slack's #ops take alerts with this team.
_LABELS: t.Final = {"severity": "info", "team": "operations", "category": "operations"}


def labels_of(kind: str, subject: str) -> dict[str, str]:
    """Labels that tell an announcement from all others.

    Args:
        kind: Such as Deployment; it becomes the alert's name.
        subject: What it is about.
    """
    return {"alertname": kind, "subject": subject, **_LABELS}


def announced(url: str, access: Access, labels: t.Mapping[str, str]) -> list[dict[str, t.Any]]:
    """The announcements with these labels that have not ended.

    Raises:
        CannotTell, Unreachable: As of fetch_json.
    """
    # Asked for by the labels that all have: a subject may look like a regular expression.
    return [alert for alert in alerts(url, access, _LABELS) if alert["labels"] == labels]


def announce(
    url: str, access: Access, labels: t.Mapping[str, str], annotations: t.Mapping[str, str], seconds: float
) -> None:
    """Tell of it, or of its end where it lasts no second more.

    Raises:
        CannotTell: We are not let in.
        Unreachable: There is no answer, or Alertmanager refuses it.
    """
    alert = {"labels": dict(labels), "annotations": dict(annotations), "endsAt": moment(time.time() + seconds)}
    answer = fetch(joined(url, "/api/v2/alerts"), access, TIMEOUT, body=[alert])
    refused(answer.status, answer.body)

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of Alertmanager share."""

from __future__ import annotations

import json
import shlex

import pytest


@pytest.fixture
def alertmanager(service):
    return service("http://127.0.0.1:9093")


@pytest.fixture
def sent(service):
    """What a receiver was sent, by words in it."""

    def find(receiver, words):
        messages = json.loads(service("http://monitoring-trixie:8025").get("/messages"))
        return [item for item in messages if item["to"] == receiver and words in item["subject"] + item["text"]]

    return find


@pytest.fixture
def tell(host):
    """Tells every Alertmanager of an alert, as Prometheus does."""

    def post(name, summary, **labels):
        usual = {"severity": "critical", "team": "operations", "category": "database", "environment": "test"}
        alert = {"labels": {"alertname": name, **usual, **labels}, "annotations": {"summary": summary}}
        body = json.dumps([{**alert, "endsAt": "2099-01-01T00:00:00Z"}])
        for member in ("monitoring-bookworm", "monitoring-trixie"):
            words = ["curl", "-sSf", "-H", "Content-Type: application/json", "-d", body]
            host.check_output(shlex.join([*words, f"http://{member}:9093/api/v2/alerts"]))

    return post

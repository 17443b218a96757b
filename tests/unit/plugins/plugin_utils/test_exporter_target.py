# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to make of an exporter's words."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._exporter_target import (
    Condition,
    Rules,
    judge,
    own_words,
)

RULES: t.Final = Rules(
    exporter="postgres_exporter",
    title="PostgreSQL",
    up="pg_up",
    refused=("authentication failed", 'role ".*" does not exist'),
    conditions=(Condition("pg_monitor", 1, "the role is no member of pg_monitor"),),
)


def answer(
    metrics: dict[str, float], log: tuple[str, ...] = (), status: int = 200, reason: str = ""
) -> dict[str, t.Any]:
    series = {name: [{"labels": {}, "value": value}] for name, value in metrics.items()}
    return {"main": {"status": status, "reason": reason, "metrics": series, "log": list(log)}}


@pytest.mark.parametrize(
    ("observed", "state", "words"),
    [
        (answer({"pg_up": 1, "pg_monitor": 1}), "up", ""),
        (answer({"pg_up": 1, "pg_monitor": 0}), "limited", "no member of pg_monitor"),
        (answer({"pg_up": 1}), "limited", "no member of pg_monitor"),
        (answer({"pg_up": 0}, ('level=error err="dial tcp: connection refused"',)), "down", "connection refused"),
        (answer({}), "down", "is down"),
        (
            answer({"pg_up": 0}, ('level=ERROR msg=x err="pq: role \\"a\\" does not exist"',)),
            "refused",
            'role "a" does not exist',
        ),
        (answer({}, (), 500), "silent", "HTTP status 500"),
        (answer({}, (), 0, "timed out"), "silent", "timed out"),
        (answer({}, ('level=error error="twice"',), 500), "silent", "postgres_exporter says: twice"),
    ],
)
def test_states_are_told_apart(observed: dict[str, t.Any], state: str, words: str) -> None:
    (verdict,) = judge(observed, RULES)
    assert verdict.state == state
    assert words in verdict.message
    assert bool(verdict.message) == (state != "up")


def test_that_a_metric_is_there_can_be_enough() -> None:
    rules = Rules(exporter="x", title="X", up="up", conditions=(Condition("nodes", None, "it tells nothing"),))
    states = [judge(answer(metrics), rules)[0].state for metrics in ({"up": 1, "nodes": 3}, {"up": 1})]
    assert states == ["up", "limited"]


def test_words_may_stand_in_a_metric() -> None:
    rules = Rules(exporter="redis_exporter", title="Redis", up="redis_up", error_metric="error", refused=("WRONGPASS",))
    observed = answer({"redis_up": 0}, ("level=error msg=Couldn't",))
    observed["main"]["metrics"]["error"] = [{"labels": {"err": "WRONGPASS invalid"}, "value": 1.0}]
    (verdict,) = judge(observed, rules)
    assert (verdict.state, verdict.words) == ("refused", ("WRONGPASS invalid",))


def test_words_of_the_log_are_errors_only_each_once_and_without_connection_strings() -> None:
    log = [
        'level=info msg="Listening"',
        'ts=1 level=error err="Error opening (user=a%20host=b): refused"',
        'ts=2 level=error err="Error opening (user=a%20host=b): refused"',
        'time=3 level=WARN msg="only a message"',
    ]
    assert own_words(log) == ["Error opening: refused", "only a message"]

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an exporter says about the services it watches."""

from __future__ import annotations

from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.bundle import (
    ObserveSpec,
    bundle_from_spec,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.observing import (
    TRIES,
    observe,
    samples,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.probing import Answer

QUESTION = ObserveSpec(urls={"main": "http://x/metrics"}, up="pg_up", metrics=("pg_role",), timeout=3)


def observed(*answers: Answer) -> tuple[dict[str, object], int]:
    left = list(answers)
    asked = []

    def send(url: str, timeout: float) -> Answer:
        asked.append((url, timeout))
        return left.pop(0) if len(left) > 1 else left[0]

    found = observe(QUESTION, send, lambda _moment: ["level=error err=refused"], pause=0)
    assert set(asked) == {("http://x/metrics", 3)}
    return found["main"], len(asked)


def test_a_service_that_is_up_is_asked_once() -> None:
    found, asked = observed(Answer(200, "pg_up 1\npg_role 0\nother 5\n"))
    assert asked == 1
    assert found == {
        "status": 200,
        "reason": "",
        "metrics": {"pg_up": [{"labels": {}, "value": 1.0}], "pg_role": [{"labels": {}, "value": 0.0}]},
        "log": [],
    }


def test_a_dead_connection_of_an_earlier_outage_is_no_outage() -> None:
    found, asked = observed(Answer(200, "pg_up 0\n"), Answer(200, "pg_up 1\n"))
    assert asked == 2
    assert found["log"] == []


def test_a_service_that_stays_down_comes_with_the_exporters_log() -> None:
    found, asked = observed(Answer(200, "pg_up 0\n"))
    assert asked == TRIES
    assert found["log"] == ["level=error err=refused"]


def test_an_exporter_that_does_not_answer_has_no_metrics() -> None:
    found, _asked = observed(Answer(0, "", "timed out"))
    assert (found["status"], found["reason"], found["metrics"]) == (0, "timed out", {})


def test_labels_are_read_with_their_escapes_and_numbers_that_json_lacks_are_left_out() -> None:
    text = 'a{err="say \\"no\\"\\nnow",b="x,y"} 0 1700000000\na NaN\na{b="z"} +Inf\nab 1\n# HELP a b\n'
    assert samples(text, ["a"]) == {"a": [{"labels": {"err": 'say "no"\nnow', "b": "x,y"}, "value": 0.0}]}


def test_the_question_travels_in_the_bundle() -> None:
    spec = {"name": "x", "unit": "x.service", "observe": {"urls": {"main": "http://x"}, "up": "u", "metrics": ["m"]}}
    assert bundle_from_spec(spec, []).observe == ObserveSpec({"main": "http://x"}, "u", ("m",))

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every line of the corpus becomes the expected event, and no canary comes out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.logs.conftest import Case, canary_cases, golden_cases

MISSING = object()


def value(event: Any, dotted: str) -> Any:
    """The value of a dotted field; a key may hold dots itself."""
    if not isinstance(event, dict):
        return MISSING
    if dotted in event:
        return event[dotted]
    first, _, rest = dotted.partition(".")
    return value(event.get(first), rest) if rest else MISSING


@pytest.mark.parametrize("case", golden_cases(), ids=lambda case: case.name)
def test_golden(case: Case, results: dict[str, dict[str, Any]]) -> None:
    event = results[case.name]
    assert {field: value(event, field) for field in case.expect} == case.expect
    assert {field: value(event, field) for field in case.absent if value(event, field) is not MISSING} == {}
    if case.tags is not None:
        assert sorted(event.get("tags", [])) == sorted(case.tags)


@pytest.mark.parametrize("case", [*golden_cases(), *canary_cases()], ids=lambda case: case.name)
def test_no_secret_comes_out(case: Case, results: dict[str, dict[str, Any]]) -> None:
    text = json.dumps(results[case.name], ensure_ascii=False)
    assert [secret for secret in case.secret if secret in text] == []


@pytest.mark.parametrize("case", canary_cases(), ids=lambda case: case.name)
def test_the_canary_was_planted(case: Case) -> None:
    plain = case.line.replace("+", " ")
    assert all(secret in plain or secret in case.line for secret in case.secret)


def test_no_two_cases_have_one_name() -> None:
    names = [case.name for case in [*golden_cases(), *canary_cases()]]
    assert len(names) == len(set(names))

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._config_snippet import (
    BEGIN,
    END,
    with_block,
)


@pytest.mark.parametrize("text", ["", "global\n", "global", "a\n\n\n"])
def test_a_block_is_written_once(text: str) -> None:
    once = with_block(text, "frontend x")
    assert once.endswith(f"\n{BEGIN}frontend x\n{END}")
    assert with_block(once, "frontend x") == once


def test_another_content_takes_the_place_of_the_first() -> None:
    assert with_block(with_block("global\n", "one\n"), "two\n") == with_block("global\n", "two\n")


def test_what_others_wrote_behind_it_stays() -> None:
    changed = with_block(with_block("global\n", "one\n") + "backend b\n", "two\n")
    assert changed == f"global\nbackend b\n\n{BEGIN}two\n{END}"


def test_a_block_without_an_end_is_replaced() -> None:
    assert with_block(f"global\n\n{BEGIN}half", "two\n") == with_block("global\n", "two\n")

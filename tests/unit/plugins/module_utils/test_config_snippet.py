# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._config_snippet import (
    BEGIN,
    END,
    TornBlock,
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


WHOLE = f"\n{BEGIN}ours\n{END}"


@pytest.mark.parametrize(
    ("text", "line", "missing"),
    [
        (f"global\n\n{BEGIN}half\nbackend b\n", 3, f"{END.strip()!r} below"),
        (f"{BEGIN}half\nbackend b\n{WHOLE}", 1, f"{END.strip()!r} below"),
        (f"{WHOLE}backend b\n{BEGIN}half", 6, f"{END.strip()!r} below"),
        (f"half\n{END}backend b\n", 2, f"{BEGIN.strip()!r} above"),
        (f"{WHOLE}half\n{END}", 6, f"{BEGIN.strip()!r} above"),
    ],
)
def test_a_block_without_one_of_its_markers_is_refused(text: str, line: int, missing: str) -> None:
    with pytest.raises(TornBlock) as refused:
        with_block(text, "two\n")
    assert f"line {line} is '" in str(refused.value)
    assert missing in str(refused.value)


def test_markers_that_an_editor_touched_are_known_again() -> None:
    """Windows line ends, an indentation, or no line end at the end of the file."""
    assert with_block(f"global\r\n\r\n  {BEGIN.strip()}\r\none\r\n{END.strip()}", "two\n").count("BEGIN") == 1

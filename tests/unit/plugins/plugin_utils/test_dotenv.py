# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._dotenv import (
    SAMPLES,
    DotenvError,
    parse,
    value_of,
)


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=b", "b"),
        ("export A=b", "b"),
        ("A = b c ", "b c"),
        ("A=", ""),
        ("A=b # a comment", "b"),
        ("A=b#c", "b#c"),
        ("A=# a comment", ""),
        ("A='b # c'", "b # c"),
        ("A='b\\n'", "b\\n"),
        ('A="b\\n\\"c\\"" # d', 'b\n"c"'),
        ('A="$b {{ c }}"', "$b {{ c }}"),
        ("A=x=y", "x=y"),
        ("A=1\nA=2", "2"),
        ("\ufeff# x\n\nA=b\r\n", "b"),
    ],
)
def test_values(line, value) -> None:
    assert parse(line, ".env") == {"A": value}


@pytest.mark.parametrize("line", ["s3cret", "A-B=s3cret", "A='s3cret", 'A="s3cret', "A='s3cret' x", "=s3cret"])
def test_lines_that_are_wrong(line) -> None:
    with pytest.raises(DotenvError) as raised:
        parse(f"# x\n{line}", "my.env")
    assert "my.env, line 2" in str(raised.value)
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in SAMPLES for value in sorted(SAMPLES[name])])
def test_samples_are_refused_by_name(name, value) -> None:
    with pytest.raises(DotenvError) as raised:
        value_of({name: value}, name, "my.env")
    assert str(raised.value).startswith(f"{name} in my.env still has the sample value of the documentation")
    assert value_of({"OTHER": value}, "OTHER", "my.env") == value


def test_what_is_empty_is_not_set() -> None:
    assert value_of({"A": ""}, "A", ".env") is None
    assert value_of({}, "A", ".env") is None

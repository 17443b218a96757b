# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
import yaml
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._managed_service import (
    ARGUMENT_SPEC,
    HEADER,
    dump,
    mode_problems,
    plain,
    secret_values,
    specification,
)


class Tagged(str):
    """Stands in for Ansible's tagged strings, which YAML libraries refuse or write with a tag."""


@pytest.mark.parametrize(
    ("dest", "content", "expected"),
    [
        (
            "/x.yml",
            {"b": [1, True, None], "a": "{{ $labels.instance }}"},
            HEADER + "b:\n- 1\n- true\n- null\na: '{{ $labels.instance }}'\n",
        ),
        ("/x.yml", [], HEADER + "[]\n"),
        ("/x.json", {"b": [1]}, '{\n  "b": [\n    1\n  ]\n}\n'),
        ("/x.txt", "text as it is\n", "text as it is\n"),
        ("/x.txt", 9090, "9090"),
    ],
)
def test_content(dest: str, content: t.Any, expected: str) -> None:
    assert dump(dest, content) == expected


def test_ansibles_own_types_become_plain_ones() -> None:
    data = plain({Tagged("key"): [Tagged("value"), True, 1, 1.5, None]})
    assert next(iter(data)).__class__ is str
    assert data["key"][0].__class__ is str
    assert yaml.safe_dump(data) == "key:\n- value\n- true\n- 1\n- 1.5\n- null\n"


def arguments(**more: t.Any) -> dict[str, t.Any]:
    return {"name": "x", "unit": "x.service", "files": [], "validate": [], "secrets": [], **more}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"s3cret-pw\n", {"s3cret-pw"}),
        (b"basic_auth_users:\n  admin: $2b$10$abc\n", {"$2b$10$abc"}),
        (b"a: {password: pw-one, on: true, n: 9090, pin: 837465920134}\nb: [two]\n", {"pw-one", "two", "837465920134"}),
        (b"password: /begins-with-a-slash\n", {"/begins-with-a-slash"}),
        (
            b"key: |\n  -----BEGIN KEY-----\n  abcdefgh\n",
            {"-----BEGIN KEY-----\nabcdefgh\n", "abcdefgh"},
        ),
        (b"# Managed\nPASSWORD=pw-one\nuser = me\n", {"PASSWORD=pw-one", "pw-one", "user = me", "me"}),
        (b"\xff\xfe\x00", set()),
    ],
)
def test_the_values_of_a_secret_file_are_secret_and_its_keys_and_paths_are_not(
    content: bytes, expected: set[str]
) -> None:
    found = secret_values(arguments(files=[{"dest": "/x", "secret": True}]), [content])
    assert found == expected


def test_a_file_that_is_not_secret_has_no_secrets() -> None:
    given = arguments(files=[{"dest": "/x", "secret": False}], secrets=["named", "/AbC=="])
    assert secret_values(given, [b"password: pw\n"]) == {"named", "/AbC=="}


def test_the_specification_carries_no_content() -> None:
    spec = specification(
        arguments(
            files=[{"dest": "/x", "content": "s3cret", "template": None, "src": None, "mode": "0640"}],
            user={"name": "x", "group": None},
            ready=None,
            validate=[["tool", 1]],
        )
    )
    assert spec["files"] == [{"dest": "/x", "mode": "0640"}]
    assert spec["user"]["group"] == "x"
    assert spec["validate"] == [["tool", "1"]]
    assert "ready" not in spec


@pytest.mark.parametrize("mode", [420, "u=rw", "99999", "", None, "0o644"])
def test_a_mode_that_is_not_what_it_looks_like_is_refused(mode: object) -> None:
    (problem,) = mode_problems(
        {"files": [{"dest": "/x", "mode": mode}, {"dest": "/y", "mode": "0640"}, {"dest": "/z"}]}
    )
    assert problem.startswith(f"files: mode of /x is {mode!r}; ")
    assert mode_problems({"directories": [{"path": "/d", "mode": "755"}]}) == []


def test_arguments_are_checked_by_the_modules_documentation() -> None:
    assert ARGUMENT_SPEC["state"] == {"type": "str", "choices": ["started", "stopped"], "default": "started"}
    assert ARGUMENT_SPEC["files"]["options"]["dest"] == {"type": "str", "required": True}

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Unit files: text, escaping, sandbox."""

from __future__ import annotations

import pathlib
import re
import shutil
import subprocess

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._systemd import (
    SANDBOX,
    UnitError,
    command_lines,
    merge_sections,
    quote_word,
    render_environment_file,
    render_unit,
)


def unquote(line: str) -> list[str]:
    """Split a command line the way systemd does: words, C escapes, then specifiers, then variables."""
    words: list[str] = []
    position = 0
    while position < len(line):
        if line[position] in " \t\n":
            position += 1
            continue
        word = ""
        quote = ""
        while position < len(line):
            char = line[position]
            if not quote and char in " \t\n":
                break
            if char == quote:
                quote = ""
            elif not quote and char in "\"'":
                quote = char
            elif char == "\\":
                position += 1
                word += {"n": "\n", "t": "\t"}.get(line[position], line[position])
            else:
                word += char
            position += 1
        assert not quote
        words.append(word)
    assert not any(re.search(r"(?<!%)(%%)*%(?!%)", word) for word in words), "a specifier is left"
    return [word.replace("%%", "%") for word in words]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("plain", "plain"),
        ("--web.listen-address=0.0.0.0:9100", "--web.listen-address=0.0.0.0:9100"),
        ("", '""'),
        ("two words", '"two words"'),
        ("100%", "100%%"),
        ('say "hi"', '"say \\"hi\\""'),
        ("it's", '"it\'s"'),
        ("back\\slash", '"back\\\\slash"'),
        (";", '";"'),
        ("# no comment", '"# no comment"'),
        ("line\nbreak\ttab", '"line\\nbreak\\ttab"'),
        ("größe", '"größe"'),
        ("^(a|b)$", '"^(a|b)$"'),
    ],
)
def test_a_word_is_quoted_where_systemd_would_change_it(text: str, written: str) -> None:
    assert quote_word(text) == written
    assert unquote(written) == [text]


def test_a_control_character_is_refused() -> None:
    with pytest.raises(UnitError, match="control character '\\\\x07'"):
        quote_word("bell\x07")


def test_a_command_has_one_argument_per_line_and_literal_dollars() -> None:
    lines = command_lines(["/usr/bin/x", "--re=^a.+$", "$HOME", "a b"])
    assert lines == ["/usr/bin/x \\", '"--re=^a.+$$" \\'.replace('"', ""), "$$HOME \\", '"a b"']


@pytest.mark.parametrize("words", [[], ["prometheus"], ["-/usr/bin/x"], ["@/usr/bin/x"]])
def test_a_program_is_an_absolute_path(words: list[str]) -> None:
    with pytest.raises(UnitError, match="absolute path"):
        command_lines(words)


def test_the_forms_of_settings() -> None:
    text = render_unit(
        {
            "Unit": {"Description": "100 % of it", "After": ["a.service", "b.service"], "Documentation": None},
            "Service": {
                "ExecStart": ["/usr/bin/x", "--flag"],
                "ExecStartPre": [["/bin/a", "1"], ["/bin/b"]],
                "ExecReload": "/bin/kill -HUP $MAINPID",
                "Environment": {"B": "two words", "A": 1, "C": None},
                "ReadWritePaths": ["/srv/my data", "/x"],
                "PrivateTmp": True,
                "RemoveIPC": False,
                "CapabilityBoundingSet": "",
                "LimitNOFILE": 65536,
            },
        },
        sandbox=False,
    )
    assert text == (
        "# Managed by Ansible (enterprise_tickets.observability). Changes made here are overwritten.\n"
        "\n"
        "[Unit]\n"
        "Description=100 %% of it\n"
        "After=a.service\n"
        "After=b.service\n"
        "\n"
        "[Service]\n"
        "ExecStart=/usr/bin/x \\\n"
        "    --flag\n"
        "ExecStartPre=/bin/a \\\n"
        "    1\n"
        "ExecStartPre=/bin/b\n"
        "ExecReload=/bin/kill -HUP $MAINPID\n"
        "Environment=A=1\n"
        'Environment="B=two words"\n'
        'ReadWritePaths="/srv/my data"\n'
        "ReadWritePaths=/x\n"
        "PrivateTmp=yes\n"
        "RemoveIPC=no\n"
        "CapabilityBoundingSet=\n"
        "LimitNOFILE=65536\n"
    )


def test_the_sandbox_is_there_and_every_part_has_a_reason() -> None:
    text = render_unit({"Service": {"ExecStart": ["/bin/true"]}})
    for directive in SANDBOX:
        assert re.search(rf"^{directive.key}=", text, re.MULTILINE), directive.key
        assert directive.reason
    assert len({directive.key for directive in SANDBOX}) == len(SANDBOX)


def test_a_role_and_a_user_win_over_the_sandbox() -> None:
    text = render_unit(
        {"Service": {"ExecStart": ["/bin/true"], "ProtectClock": False, "ProtectHome": "read-only"}},
        {"Service": {"ProtectHome": "tmpfs", "LockPersonality": None}, "Install": {"WantedBy": "multi-user.target"}},
    )
    assert re.findall(r"^(?:ProtectClock|ProtectHome|LockPersonality)=.*", text, re.MULTILINE) == [
        "ProtectClock=no",
        "ProtectHome=tmpfs",
    ]
    assert text.endswith("[Install]\nWantedBy=multi-user.target\n")


def test_merging_does_not_touch_its_input() -> None:
    base = {"Service": {"A": 1}}
    assert merge_sections(base, {"Service": {"A": 2, "B": 3}}) == {"Service": {"A": 2, "B": 3}}
    assert base == {"Service": {"A": 1}}


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"Service": {"Description": "two\nlines"}}, r"\[Service\] Description: .*control character"),
        ({"Service": {"Description": "trailing\\"}}, r"\[Service\] Description: ends in a backslash"),
        ({"Service": {"ExecStart": ["x"]}}, r"\[Service\] ExecStart: the program has to be an absolute path"),
        ({"Service": {"Nice Level": 1}}, r"\[Service\] 'Nice Level' is not the name of a setting"),
        ({"Ser]vice": {}}, "is not the name of a section"),
        ({"Service": {"LimitNOFILE": {"soft": 1}}}, "only Environment takes a mapping"),
        ({"Service": ["x"]}, r"\[Service\] has to be a mapping"),
    ],
)
def test_what_cannot_be_written_is_refused_by_name(sections: dict, message: str) -> None:
    with pytest.raises(UnitError, match=message):
        render_unit(sections)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_itself_accepts_the_sandbox(tmp_path: pathlib.Path) -> None:
    unit = tmp_path / "sandboxed.service"
    unit.write_text(render_unit({"Service": {"ExecStart": ["/bin/true", "100%", "$HOME", "a b"]}}), encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False
    )
    complaints = [line for line in done.stderr.splitlines() if "sandboxed" in line]
    assert complaints == []


def test_an_environment_file_takes_every_printable_text() -> None:
    """What systemd makes of it is shown by the role elasticsearch_exporter, against a real systemd."""
    assert render_environment_file({"A": "plain", "B": 'p"a$s`w\\d %h#'}) == 'A="plain"\nB="p\\"a\\$s\\`w\\\\d %h#"\n'


@pytest.mark.parametrize(
    ("variables", "message"),
    [({"A B": "x"}, "'A B' is not the name of a variable"), ({"A": "hunter2\nB=1"}, "A contains a control character")],
)
def test_what_an_environment_file_cannot_hold_is_refused_without_telling_it(
    variables: dict[str, str], message: str
) -> None:
    with pytest.raises(UnitError, match=message) as refused:
        render_environment_file(variables)
    assert "hunter2" not in str(refused.value)

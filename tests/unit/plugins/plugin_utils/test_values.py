# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import typing as t

import pytest
from ansible.errors import AnsibleTemplateSyntaxError, AnsibleUndefinedVariable
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils import _values as values
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import InputError


@pytest.mark.parametrize("found", [1, 9100, 65535, "1", "9100", "65535", "009100"])
def test_port(found: object) -> None:
    assert values.as_port(found, "x_port") == int(str(found))


@pytest.mark.parametrize(
    ("found", "named"),
    [
        (0, "0"),
        (-1, "-1"),
        (65536, "65536"),
        (99999, "99999"),
        ("0", "'0'"),
        ("65536", "'65536'"),
        ("99999999999999999999", "'99999999999999999999'"),
        ("", "''"),
        (" 9100", "' 9100'"),
        ("9100 ", "'9100 '"),
        ("9100/tcp", "'9100/tcp'"),
        ("http", "'http'"),
        ("9_100", "'9_100'"),
        ("+9100", "'+9100'"),
        ("٩١٠٠", "'٩١٠٠'"),
        (9100.0, "9100.0"),
        (True, "true"),
        (False, "false"),
        (None, "nothing"),
        ([9100], "a list"),
        ({"port": 9100}, "a dictionary"),
    ],
)
def test_not_a_port(found: object, named: str) -> None:
    with pytest.raises(InputError) as caught:
        values.as_port(found, "x_port")
    assert str(caught.value) == f"x_port is {named}; expected a port, a whole number from 1 to 65535."


@pytest.mark.parametrize(
    ("reader", "found", "message"),
    [
        (values.as_mapping, [], "x is a list; expected a dictionary."),
        (values.as_mapping, "{}", "x is a text; expected a dictionary."),
        (values.as_list, {}, "x is a dictionary; expected a list."),
        (values.as_list, "a,b", "x is a text; expected a list."),
        (values.as_list, 0, "x is a number; expected a list."),
        (values.as_list, False, "x is a boolean; expected a list."),
        (values.as_text, 5, "x is 5; expected a text."),
        (values.as_text, ["a"], "x is a list; expected a text."),
    ],
)
def test_wrong_kind(reader: t.Callable[[object, str], object], found: object, message: str) -> None:
    with pytest.raises(InputError) as caught:
        reader(found, "x")
    assert str(caught.value) == message


def test_nothing_is_empty() -> None:
    assert (values.as_mapping(None, "x"), values.as_list(None, "x"), values.as_text(None, "x")) == ({}, [], "")


def test_choice_and_empty_text() -> None:
    with pytest.raises(InputError, match=r"^x is 'ftp'; expected http or https\.$"):
        values.as_choice("ftp", "x", ("http", "https"))
    with pytest.raises(InputError, match=r"^x is empty; expected a text\.$"):
        values.as_text("", "x", empty=False)


@pytest.mark.parametrize(
    ("key", "secret"),
    [
        ("password", True),
        ("PASSWORD", True),
        ("basic_auth.password", True),
        ("prometheus_extra_scrape_jobs[0].params.token[1]", True),
        ("bearer_token", True),
        ("credentials", True),
        ("client_secret", True),
        ("secret_key", True),
        ("X-API-Key", True),
        ("Authorization", True),
        ("password_file", False),
        ("credentials_file", False),
        ("token_url", False),
        ("username", False),
        ("key_file", False),
        ("", False),
    ],
)
def test_secret_key(key: str, secret: bool) -> None:
    assert values.is_secret_key(key) is secret


@pytest.mark.parametrize(
    ("text", "password"),
    [
        ("https://user:hunter2@example.com/x", "hunter2"),
        ("http://:hunter2@example.com", "hunter2"),
        ("https://user@example.com/a:b@c", ""),
        ("https://example.com:9090/a@b", ""),
        ("user:hunter2@example.com", ""),
        ("", ""),
    ],
)
def test_url_password(text: str, password: str) -> None:
    assert values.url_password(text) == password


@pytest.mark.parametrize(
    ("found", "text"),
    [
        ("a" * 70, f"'{'a' * 60}…'"),
        ("user:hunter2@host:9100", "a text with an @, not shown"),
        (1.5, "1.5"),
        (datetime.date(2026, 1, 2), "date"),
    ],
)
def test_shown(found: object, text: str) -> None:
    assert values.shown(found) == text


class TaggedText(str):
    """Stands for Ansible's own subclasses."""


def test_plain_gives_builtins() -> None:
    found = {TaggedText("a"): [TaggedText("b"), 1, 1.5, True, None, (2,)], 3: datetime.date(2026, 1, 2)}
    result = values.plain(found, "x")
    assert result == {"a": ["b", 1, 1.5, True, None, [2]], "3": "2026-01-02"}
    assert [type(key) for key in result] == [str, str]
    assert [type(item) for item in result["a"]] == [str, int, float, bool, type(None), list]


def test_plain_refuses_what_no_configuration_has() -> None:
    with pytest.raises(InputError, match=r"^x\.a\[1\] is bytes; expected a text"):
        values.plain({"a": [0, b"x"]}, "x")


class Failing(list[object]):
    """A lazy container: the template inside fails on access."""

    def __init__(self, error: Exception) -> None:
        super().__init__([0])
        self.error = error

    def __getitem__(self, index: t.Any) -> object:
        raise self.error


SYNTAX = AnsibleTemplateSyntaxError("Syntax error in template: unexpected char '$' at 3")
UNDEFINED = AnsibleUndefinedVariable("'hunter2' is undefined")


@pytest.mark.parametrize(
    ("error", "path", "expected", "missing"),
    [
        (
            SYNTAX,
            "replacement",
            (
                r"x.replacement[0] holds text that is not a Jinja template (unexpected char '$' at 3). Text of another "
                r"program that contains {{ or {% needs the tag !unsafe before the value in the inventory, or a place "
                r"in a file."
            ),
            "hunter2",
        ),
        (UNDEFINED, "regex", "x.regex[0] cannot be evaluated ('hunter2' is undefined). If this is text", "nothing"),
        (UNDEFINED, "regex", "no facts and no variables of roles and plays.", "nothing"),
        (UNDEFINED, "password", "x.password[0] cannot be evaluated. If this is text", "hunter2"),
    ],
)
def test_failing_templates(error: Exception, path: str, expected: str, missing: str) -> None:
    with pytest.raises(InputError) as caught:
        values.plain({path: Failing(error)}, "x")
    assert expected in str(caught.value)
    assert missing not in str(caught.value)
    # The cause would show the line of the inventory.
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("host", "bracketed", "loopback"),
    [
        ("10.0.0.1", "10.0.0.1", False),
        ("127.0.0.1", "127.0.0.1", True),
        ("127.9.9.9", "127.9.9.9", True),
        ("::1", "[::1]", True),
        ("[::1]", "[::1]", True),
        ("2001:DB8::1", "[2001:db8::1]", False),
        ("fe80::1%eth0", "[fe80::1%eth0]", False),
        ("localhost", "localhost", True),
        ("LOCALHOST", "LOCALHOST", True),
        ("db1.example.com", "db1.example.com", False),
        ("0.0.0.0", "0.0.0.0", False),
    ],
)
def test_hosts(host: str, bracketed: str, loopback: bool) -> None:
    assert values.bracketed(host) == bracketed
    assert values.is_loopback(host) is loopback

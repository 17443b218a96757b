# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._errors import SoftwareError
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._urls import (
    Source,
    file_name,
    fill_placeholders,
    mask_url,
    split_source,
)

VALUES = {"version": "3.5.0", "arch": "amd64"}


def test_fills_placeholders() -> None:
    assert fill_placeholders("v{version}/x-{version}.linux-{arch}", VALUES) == "v3.5.0/x-3.5.0.linux-amd64"
    assert fill_placeholders("plain", VALUES) == "plain"


@pytest.mark.parametrize(
    ("text", "values", "message"),
    [
        ("{release}", VALUES, r"found the placeholder \{release\}, expected"),
        ("{}", VALUES, "expected"),
        ("{arch}", {"arch": ""}, "not known for this host"),
    ],
)
def test_refuses_other_placeholders(text: str, values: dict[str, str], message: str) -> None:
    with pytest.raises(SoftwareError, match=message):
        fill_placeholders(text, values)


def _basic(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://h.example/a.tar.gz", Source("https://h.example/a.tar.gz")),
        ("https://h.example:8443/a?sig=1&b=2#part", Source("https://h.example:8443/a", "sig=1&b=2")),
        ("https://me:p%40ss@h.example/a", Source("https://h.example/a", "", _basic("me:p@ss"))),
        ("https://token@h.example/a", Source("https://h.example/a", "", _basic("token:"))),
        ("http://[2001:db8::1]:80/a", Source("http://[2001:db8::1]:80/a")),
        ("file:///srv/a.tar.gz", Source("file:///srv/a.tar.gz")),
        ("file://localhost/srv/a.tar.gz", Source("file:///srv/a.tar.gz")),
    ],
)
def test_takes_secrets_out_of_an_address(url: str, expected: Source) -> None:
    assert split_source(url) == expected


def test_user_and_password_given_win() -> None:
    assert split_source("https://a:b@h/x", "c", "d").credentials == _basic("c:d")
    assert split_source("https://h/x", "c", "d").credentials == _basic("c:d")


def test_shows_no_secret() -> None:
    source = split_source("https://me:secret@h.example/a?sig=secret")
    assert source.shown == "https://h.example/a?***"
    assert source.address == "https://h.example/a?sig=secret"


@pytest.mark.parametrize(
    "url",
    [
        "", "prometheus.tar.gz", "ftp://h/a", "https:///a", "https://me:secret@/a", "https://h:99999/a", "https://h:x/a",
        "http://[::1/a", "file://other/a", "file:", "gopher://u:secret@h/?token=secret",
    ],
)  # fmt: skip
def test_refuses_what_is_no_address_without_telling_secrets(url: str) -> None:
    with pytest.raises(SoftwareError) as caught:
        split_source(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "masked"),
    [
        ("https://h/a", "https://h/a"),
        ("https://u:p@h/a", "https://***@h/a"),
        ("https://u:p@ss@h/a", "https://***@h/a"),
        ("https://h/a?X-Sig=1&b=2", "https://h/a?X-Sig=***&b=***"),
        ("https://h/a?token", "https://h/a?***"),
        ("https://h/a@b", "https://h/a@b"),
    ],
)
def test_mask_url(url: str, masked: str) -> None:
    assert mask_url(url) == masked


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://h/d/a.tar.gz?x=1", "a.tar.gz"),
        ("https://h/a%20b.tgz", "a b.tgz"),
        ("https://h/d/", ""),
        ("https://h", ""),
    ],
)
def test_file_name(url: str, name: str) -> None:
    assert file_name(url) == name

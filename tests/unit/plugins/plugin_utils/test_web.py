# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The web configuration of Prometheus and its exporters."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._web import (
    WebSettings,
    needs_restart,
    web_config,
    web_problems,
)

HASH: t.Final = "$2y$10$" + "a" * 53
TLS: t.Final = {"tls_cert_file": "/etc/ssl/x.crt", "tls_key_file": "/etc/ssl/x.key"}


def config(**settings: t.Any) -> dict[str, t.Any]:
    return web_config(WebSettings.of("x", settings))


def problems(**settings: t.Any) -> list[str]:
    return list(web_problems(WebSettings.of("x", settings)))


def test_without_settings_there_is_no_file() -> None:
    assert config(tls_cert_file="", tls_key_file="", basic_auth_users={}, web_extra_config={}) == {}


def test_certificate_users_and_native_settings_come_together() -> None:
    assert config(
        **TLS,
        basic_auth_users={"a": HASH},
        web_extra_config={
            "tls_server_config": {"client_auth_type": "RequireAndVerifyClientCert"},
            "http_server_config": {"headers": {"X-Frame-Options": "deny"}},
        },
    ) == {
        "tls_server_config": {
            "cert_file": "/etc/ssl/x.crt",
            "key_file": "/etc/ssl/x.key",
            "client_auth_type": "RequireAndVerifyClientCert",
        },
        "basic_auth_users": {"a": HASH},
        "http_server_config": {"headers": {"X-Frame-Options": "deny"}},
    }


def test_only_what_counts_from_the_start_asks_for_a_restart() -> None:
    one_user = config(basic_auth_users={"a": HASH})
    two_users = config(basic_auth_users={"a": HASH, "b": HASH})
    assert needs_restart({}) == needs_restart(one_user) == needs_restart(two_users)
    assert needs_restart(config(**TLS)) == needs_restart(config(**TLS, basic_auth_users={"a": HASH}))
    assert needs_restart(config(**TLS)) != needs_restart({})
    assert needs_restart({"http_server_config": {"http2": False}}) != needs_restart({})


def test_good_settings_have_no_problems() -> None:
    assert problems(**TLS, basic_auth_users={"a": HASH}) == []


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"tls_cert_file": "/x"}, "x_tls_cert_file is set and x_tls_key_file is not"),
        ({"tls_key_file": "/x"}, "x_tls_key_file is set and x_tls_cert_file is not"),
        ({"basic_auth_users": {"anna": "hunter2"}}, "x_basic_auth_users: the value of 'anna' is not a bcrypt hash"),
        ({"basic_auth_users": {"anna": 12345}}, "x_basic_auth_users: the value of 'anna' is not a bcrypt hash"),
        ({"basic_auth_users": ["anna"]}, "x_basic_auth_users has to be a mapping"),
        ({"web_extra_config": {"basic_auth_users": {"a": HASH}}}, "users belong into x_basic_auth_users"),
        ({"web_extra_config": {"tls_server_config": {"cert_file": "/x"}}}, "without x_tls_cert_file"),
    ],
)
def test_contradictions_are_found(settings: dict[str, t.Any], said: str) -> None:
    found = problems(**settings)
    assert len(found) == 1
    assert said in found[0]
    assert "hunter2" not in found[0]
    assert "12345" not in found[0]

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a web server listens, and how its own host asks it."""

from __future__ import annotations

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._listening import (
    listen_socket,
    local_url,
    ready_probe,
)


@pytest.mark.parametrize(
    ("address", "cert", "socket", "url"),
    [
        ("0.0.0.0", "", "0.0.0.0:9187", "http://127.0.0.1:9187"),
        ("::", "", "[::]:9187", "http://[::1]:9187"),
        ("10.0.0.1", "/x.crt", "10.0.0.1:9187", "https://10.0.0.1:9187"),
        ("fd00::1", "", "[fd00::1]:9187", "http://[fd00::1]:9187"),
    ],
)
def test_addresses(address: str, cert: str, socket: str, url: str) -> None:
    settings = {"listen_address": address, "port": 9187, "tls_cert_file": cert}
    assert listen_socket(settings) == socket
    assert local_url(settings) == url


def test_being_asked_for_a_password_counts_as_ready_only_where_none_is_known() -> None:
    settings = {"listen_address": "::", "port": 1, "basic_auth_users": {"a": "hash"}}
    assert ready_probe(settings, "/", 9)["status"] == [200, 401]
    known = ready_probe({**settings, "probe": {"username": "a", "password": "b"}}, "/-/ready", 9)
    assert known["status"] == [200]
    assert (known["url"], known["timeout"], known["username"], known["password"]) == (
        "http://[::1]:1/-/ready",
        9,
        "a",
        "b",
    )
    assert known["verify"] is False

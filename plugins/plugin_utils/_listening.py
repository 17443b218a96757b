# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a role's web server listens, and how its own host asks it. PRIVATE to the collection.

All functions take the values of the role's variables by their names without the prefix, as `service_problems` does.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import bracketed

_LOCAL: t.Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}


def listen_socket(settings: Mapping[str, t.Any]) -> str:
    """Address and port as Go programs take them.

    :param settings: with ``listen_address`` and ``port``.
    :returns: such as ``[::]:9187``.
    """
    return f"{bracketed(str(settings['listen_address']))}:{settings['port']}"


def local_url(settings: Mapping[str, t.Any]) -> str:
    """Where the host itself reaches the server, without a path.

    :param settings: with ``listen_address``, ``port`` and ``tls_cert_file``.
    :returns: such as ``https://127.0.0.1:9187``.
    """
    address = str(settings["listen_address"])
    scheme = "https" if settings.get("tls_cert_file") else "http"
    return f"{scheme}://{bracketed(_LOCAL.get(address, address))}:{settings['port']}"


def ready_probe(settings: Mapping[str, t.Any], path: str, timeout: float) -> dict[str, t.Any]:
    """How managed_service asks whether the server is ready.

    :param settings: as for :func:`local_url`, with ``basic_auth_users`` and ``probe``.
    :param path: answers 200 once it is ready.
    :param timeout: seconds to wait.
    """
    probe = settings.get("probe") or {}
    texts = ("username", "password", "ca_file", "client_cert", "client_key")
    unknown_user = settings.get("basic_auth_users") and not probe.get("username")
    return {
        "url": local_url(settings) + path,
        "timeout": timeout,
        # Whoever asks for a password is there.
        "status": [200, 401] if unknown_user else [200],
        **{key: probe.get(key) or "" for key in texts},
        # The certificate is made out to the host's name, and the question is asked over the loopback address.
        "verify": bool(probe.get("verify", False)),
    }

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a host asks a service of its own. PRIVATE to the collection."""

from __future__ import annotations

import typing as t

from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._endpoints import Endpoint
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._listening import local_url
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import as_mapping, check_keys

_KEYS: t.Final = ("username", "password", "ca_file", "client_cert", "client_key", "verify")


def own_url(endpoint: Endpoint) -> str:
    """Where the host itself reaches the service, without its path prefix."""
    return local_url(
        {
            "listen_address": endpoint.listen_address or "::",
            "port": endpoint.listen_port,
            "tls_cert_file": endpoint.scheme == "https",
        }
    )


def read_access(value: object, where: str) -> dict[str, t.Any]:
    """Credentials and TLS settings, such as the value of `<role>_probe`, without what is empty.

    Args:
        value: A dictionary, or nothing.
        where: The variable, for messages.

    Raises:
        InputError: It is no dictionary, or has a key that nobody knows.
    """
    access = as_mapping(value, where)
    check_keys(access, where, _KEYS, "key")
    # The certificate is made out to the host's name, and the question is asked over the loopback address.
    return {"verify": False, **{key: item for key, item in access.items() if item not in (None, "")}}

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters: where a web server listens. Documented in listen_socket.yml, local_url.yml and ready_probe.yml."""

from __future__ import annotations

import typing as t
from collections.abc import Callable

from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._listening import (
    listen_socket,
    local_url,
    ready_probe,
)


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., t.Any]]:
        """Filter names with their functions."""
        return {"listen_socket": listen_socket, "local_url": local_url, "ready_probe": ready_probe}

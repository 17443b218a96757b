# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters: the web configuration of Prometheus and its exporters."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Mapping

from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._web import (
    WebSettings,
    needs_restart,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._web import web_config as build


def web_config(settings: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The content of a web configuration file; see web_config.yml."""
    return build(WebSettings.of("", settings))


def web_config_start_options(config: Mapping[str, t.Any]) -> str:
    """What of it is read only at the start; see web_config_start_options.yml."""
    return needs_restart(config)


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., t.Any]]:
        """Filter names with their functions."""
        return {"web_config": web_config, "web_config_start_options": web_config_start_options}

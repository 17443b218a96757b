# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters of the role logstash. Documented in logstash_*.yml."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Mapping

from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils import _logstash
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._filter import input_errors


@input_errors
def logstash_pipelines(
    pipelines: object, settings: Mapping[str, t.Any], directory: str, shipped: str, group: str
) -> dict[str, t.Any]:
    """What becomes of the pipelines on a host; see logstash_pipelines.yml.

    :raises AnsibleFilterError: a pipeline is not what it should be.
    """
    defaults = _logstash.Defaults(
        settings["queue_max_bytes"], settings["queue_page_capacity"], settings["dead_letter_queue_max_bytes"]
    )
    return _logstash.layout(pipelines, defaults, directory, shipped, group)


@input_errors
def logstash_heap_bytes(text: str) -> int:
    """The bytes of a heap; see logstash_heap_bytes.yml.

    :raises AnsibleFilterError: it is no size.
    """
    return _logstash.heap_size(text)


def logstash_problems(settings: Mapping[str, t.Any]) -> list[str]:
    """What is wrong with the variables of the role; see logstash_problems.yml."""
    return _logstash.problems(settings)


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., t.Any]]:
        """Filter names with their functions."""
        return {
            "logstash_pipelines": logstash_pipelines,
            "logstash_heap_bytes": logstash_heap_bytes,
            "logstash_problems": logstash_problems,
        }

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters of the role kibana. Documented in kibana_*.yml."""

from __future__ import annotations

import posixpath
import typing as t
from collections.abc import Callable, Mapping, Sequence

from ansible.errors import AnsibleFilterError
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils import _kibana


def kibana_config(base: Mapping[str, t.Any], more: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The content of a configuration file; see kibana_config.yml."""
    return _kibana.config(base, more)


def kibana_object_files(paths: Sequence[str]) -> dict[str, str]:
    """Files of the controller with their content; see kibana_object_files.yml.

    :raises AnsibleFilterError: a file cannot be read.
    """
    found = {}
    for path, content in _kibana.read_files(paths).items():
        if content is None:
            raise AnsibleFilterError(f"kibana_object_files: {path} cannot be read")
        found[posixpath.basename(path)] = content
    return found


def kibana_problems(settings: Mapping[str, t.Any]) -> list[str]:
    """What is wrong with the variables of the role; see kibana_problems.yml."""
    return [
        *_kibana.secret_problems(settings),
        *_kibana.address_problems(settings),
        *_kibana.setting_problems(settings),
        *_kibana.version_problems(settings),
        *_kibana.object_problems(_kibana.read_files(settings.get("object_files") or [])),
    ]


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., t.Any]]:
        """Filter names with their functions."""
        return {
            "kibana_config": kibana_config,
            "kibana_object_files": kibana_object_files,
            "kibana_problems": kibana_problems,
        }

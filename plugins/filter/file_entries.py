# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters: entries for the files of managed_service. Documented in source_files.yml and secret_files.yml."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Mapping, Sequence

from ansible.errors import AnsibleFilterError
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils import _file_entries


def source_files(
    paths: Sequence[str], directory: str, group: str, on_change: str = "restart"
) -> list[dict[str, t.Any]]:
    """Files on the controller that are sent as they are; see source_files.yml."""
    return _file_entries.source_files(paths, directory, group, on_change)


def secret_files(
    values: Mapping[str, str], directory: str, group: str, on_change: str = "restart"
) -> list[dict[str, t.Any]]:
    """Files that hold one secret each; see secret_files.yml.

    :raises AnsibleFilterError: a content is no text, or empty.
    """
    try:
        return _file_entries.secret_files(values, directory, group, on_change)
    except _file_entries.FileEntryError as error:
        raise AnsibleFilterError(f"secret_files: {error}") from error


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., list[dict[str, t.Any]]]]:
        """Filter names with their functions."""
        return {"source_files": source_files, "secret_files": secret_files}

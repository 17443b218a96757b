# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Entries for the files of managed_service. PRIVATE to the collection."""

from __future__ import annotations

import posixpath
import typing as t
from collections.abc import Iterable, Mapping


class FileEntryError(ValueError):
    """The files cannot be described. The message never shows the content of a secret."""


def source_files(paths: Iterable[str], directory: str, group: str, on_change: str) -> list[dict[str, t.Any]]:
    """Files on the controller that are sent as they are, all into one directory.

    :param paths: where they are, looked up by managed_service.
    :param directory: absolute path on the host; each file keeps its name.
    :param group: the group that may read them.
    :param on_change: ``restart``, ``reload`` or ``none``.
    """
    return [
        {
            "dest": posixpath.join(directory, posixpath.basename(path)),
            "src": path,
            "group": group,
            "mode": "0644",
            "on_change": on_change,
        }
        for path in paths
    ]


def secret_files(values: Mapping[str, object], directory: str, group: str, on_change: str) -> list[dict[str, t.Any]]:
    """Files that hold one secret each, readable by root and one group only.

    :param values: the name of each file with its content, which is written as it is.
    :param directory: absolute path on the host.
    :param group: the group that may read them.
    :param on_change: ``restart``, ``reload`` or ``none``.
    :raises FileEntryError: a content is no text, or empty.
    """
    entries = []
    for name, value in values.items():
        if not isinstance(value, str) or not value:
            raise FileEntryError(f"the secret {name!r} is {'empty' if value in ('', None) else 'not a text'}")
        entries.append(
            {
                "dest": posixpath.join(directory, name),
                "content": value,
                "group": group,
                "mode": "0640",
                "on_change": on_change,
                "secret": True,
            }
        )
    return entries

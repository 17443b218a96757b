# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. The one exception that managed_service turns into a task failure."""

from __future__ import annotations

import typing as t


class ManagedServiceError(Exception):
    """A failure that a person can act on.

    Args:
        msg: What went wrong, what was found and what is expected; one to three sentences.
        details: Further keys of the task's result (strings, lists of strings), shown by Ansible below the message.
    """

    def __init__(self, msg: str, **details: t.Any) -> None:
        super().__init__(msg)
        self.msg = msg
        self.details = details

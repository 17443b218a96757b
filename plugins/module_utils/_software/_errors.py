# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors of the installing mechanism. PRIVATE to the collection."""

from __future__ import annotations


class SoftwareError(Exception):
    """Something the user has to know; the text is the whole message.

    Attributes:
        source: True when a download source could not be used, so that the caller may add which variable helps.
    """

    def __init__(self, message: str, *, source: bool = False) -> None:
        super().__init__(message)
        self.source = source


class ArchiveError(SoftwareError):
    """Something is wrong with the content of an archive; the text continues "<address> ..."."""


__all__ = ("ArchiveError", "SoftwareError")

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sizes of heaps, as Java's options -Xms and -Xmx have them. PRIVATE to the collection."""

from __future__ import annotations

import re
import typing as t

_SIZE: t.Final = re.compile(r"(\d{1,9})([mg])\Z", re.IGNORECASE)

#: Above it each reference takes twice the memory.
LARGEST_HEAP: t.Final = 31 << 30


def heap_bytes(text: str) -> int | None:
    """The bytes of a heap such as ``512m`` or ``4g``; nothing where the text is no such size."""
    match = _SIZE.match(text)
    return int(match[1]) << {"m": 20, "g": 30}[match[2].lower()] if match else None


__all__ = ("LARGEST_HEAP", "heap_bytes")

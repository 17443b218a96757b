# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stops a backup or a restore, in words for the person in front of the terminal."""

from __future__ import annotations


class BackupError(Exception):
    """A backup or restore cannot go on; the text says what was found and what helps. Nothing has been lost."""

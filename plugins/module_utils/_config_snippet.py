# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A marked block in a file of somebody else. PRIVATE to the collection."""

from __future__ import annotations

import re

BEGIN = "# BEGIN enterprise_tickets.observability (managed by Ansible)\n"
END = "# END enterprise_tickets.observability\n"
_BLOCK = re.compile(r"\n?" + re.escape(BEGIN) + r".*?(?:" + re.escape(END) + r"|\Z)", re.DOTALL)


def with_block(text: str, content: str) -> str:
    """The text with one marked block at its end, whatever blocks of ours it had.

    Args:
        text: The file as it is.
        content: Lines of the block.
    """
    rest = _BLOCK.sub("", text)
    if rest and not rest.endswith("\n"):
        rest += "\n"
    if content and not content.endswith("\n"):
        content += "\n"
    return f"{rest}\n{BEGIN}{content}{END}"

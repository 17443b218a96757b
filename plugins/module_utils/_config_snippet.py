# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A marked block in a file of somebody else. PRIVATE to the collection."""

from __future__ import annotations

import io

BEGIN = "# BEGIN enterprise_tickets.observability (managed by Ansible)\n"
END = "# END enterprise_tickets.observability\n"


class TornBlock(Exception):
    """One of the two markers of a block is missing, so nobody can tell which lines are ours.

    Args:
        line: Number of the line with the other marker, from 1.
        found: That marker, without its line end.
        missing: The marker that is missing, without its line end.
        where: On which side of that line it is missing: `above` or `below`.
    """

    def __init__(self, line: int, found: str, missing: str, where: str) -> None:
        super().__init__(
            f"line {line} is {found!r}, but the line {missing!r} {where} it is missing. "
            "Put it back, or remove what is left of the block."
        )


def with_block(text: str, content: str) -> str:
    """The text with one marked block at its end, whatever whole blocks of ours it had.

    Args:
        text: The file as it is.
        content: Lines of the block.

    Raises:
        TornBlock: A block has only one of its markers.
    """
    rest = without_block(text)
    if rest and not rest.endswith("\n"):
        rest += "\n"
    if content and not content.endswith("\n"):
        content += "\n"
    return f"{rest}\n{BEGIN}{content}{END}"


def without_block(text: str) -> str:
    """The text without our blocks, and without the empty line that we put before each.

    Raises:
        TornBlock: A block has only one of its markers.
    """
    begin, end = BEGIN.rstrip(), END.rstrip()
    rest: list[str] = []
    opened = 0
    # Not splitlines: that sees more line ends than editors count.
    for number, line in enumerate(io.StringIO(text, newline="\n"), start=1):
        marker = line.strip()
        if marker == begin:
            if opened:
                raise TornBlock(opened, begin, end, "below")
            opened = number
            if rest and rest[-1] == "\n":
                rest.pop()
        elif marker == end:
            if not opened:
                raise TornBlock(number, end, begin, "above")
            opened = 0
        elif not opened:
            rest.append(line)
    if opened:
        raise TornBlock(opened, begin, end, "below")
    return "".join(rest)

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs of one file out of the modules that they are written in. PRIVATE to the collection.

On a host a program is one readable file that needs nothing of Ansible; here it is small modules that the module
`health_check` uses as well.
"""

from __future__ import annotations

import ast
import typing as t
from collections.abc import Callable, Mapping
from types import MappingProxyType

PACKAGE: t.Final = "ansible_collections.enterprise_tickets.observability.plugins.module_utils._health"

#: The programs, each with the module and the function that it begins with.
PROGRAMS: t.Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "alert-ack": ("ack", "alert_ack"),
        "enterprise-tickets-health-check": ("command", "health_check"),
        "monitoring-urls": ("urls", "monitoring_urls"),
    }
)

_HEADER: t.Final = """\
#!/usr/bin/python3
# Managed by Ansible (enterprise_tickets.observability). Changes made here are overwritten.
# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations
"""


def assemble(program: str, read: Callable[[str], str]) -> str:
    """Put a program together.

    Args:
        program: Key of `PROGRAMS`.
        read: Gives the text of a module of `PACKAGE`.

    Returns:
        A program without imports of the package: its modules one after another, each after those that it uses.
    """
    module, function = PROGRAMS[program]
    order: list[str] = []
    _collect(module, read, order)
    parts = [_HEADER, *(_body(name, read(name)) for name in order)]
    parts.append(f'if __name__ == "__main__":\n    sys.exit({function}(sys.argv[1:]))\n')
    return "\n".join(parts)


def _collect(module: str, read: Callable[[str], str], order: list[str]) -> None:
    for node in ast.parse(read(module)).body:
        if isinstance(node, ast.ImportFrom) and (used := _of_package(node)) and used not in order:
            _collect(used, read, order)
    if module not in order:
        order.append(module)


def _of_package(node: ast.ImportFrom) -> str:
    prefix = f"{PACKAGE}."
    return node.module.removeprefix(prefix) if node.module and node.module.startswith(prefix) else ""


def _body(name: str, text: str) -> str:
    """A module without its head and without what the program has already."""
    lines = text.splitlines()
    nodes = ast.parse(text).body
    gone: set[int] = set(range(1, nodes[0].lineno))
    for node in nodes:
        ours = isinstance(node, ast.ImportFrom) and (_of_package(node) or node.module == "__future__")
        docstring = node is nodes[0] and isinstance(node, ast.Expr)
        if ours or docstring:
            gone |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    kept = "\n".join(line for number, line in enumerate(lines, 1) if number not in gone).strip("\n")
    return f"# --- {name} ---\n\n{kept}\n\n"

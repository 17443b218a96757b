# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where things are, and the environment in which every tool runs."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "enterprise_tickets_observability"
RESULTS = ROOT / "build" / "test"
NAMESPACE, NAME = "enterprise_tickets", "observability"
LINKED_COLLECTION = ROOT / "collections" / "ansible_collections" / NAMESPACE / NAME

# A developer's own settings of these tools must not decide whether the tests pass.
_FOREIGN_PREFIXES = ("ANSIBLE_", "MOLECULE_", "MYPY", "PYTEST_", "RUFF_", "YAMLLINT_")


def tool_environment(**additions: str) -> dict[str, str]:
    """Return the environment for a tool: the virtual environment first in PATH, no colours, no foreign settings."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN_PREFIXES)}
    environment["PATH"] = f"{Path(sys.prefix) / 'bin'}{os.pathsep}{environment.get('PATH', os.defpath)}"
    environment |= {
        "ANSIBLE_NOCOLOR": "1",
        "LC_ALL": "C.UTF-8",
        "MOLECULE_COMMAND_BORDERS": "false",
        "NO_COLOR": "1",
        "PY_COLORS": "0",
        "VIRTUAL_ENV": sys.prefix,
    }
    return environment | additions

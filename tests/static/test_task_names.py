# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of tasks: ``Configure | Deploy Prometheus`` in tasks/configure.yml.

ansible-lint's rule name[prefix] wants the file's stem in small letters, so this stands in for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
TASK_FILES = sorted(path for path in ROOT.glob("roles/*/tasks/*.yml") if path.stem != "main")


def tasks(items: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for item in items:
        yield item
        for section in ("block", "rescue", "always"):
            yield from tasks(item.get(section, []))


@pytest.mark.parametrize("path", TASK_FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_task_names_start_with_the_name_of_their_file(path: Path) -> None:
    prefix = f"{path.stem.replace('_', ' ').capitalize()} | "
    names = [task.get("name", "") for task in tasks(yaml.safe_load(path.read_text()) or [])]
    assert [name for name in names if not name.startswith(prefix)] == []

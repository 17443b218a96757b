# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A role's defaults, its argument specification and its documentation say the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

ROLES = sorted(path.parent.parent for path in (Path(__file__).parents[2] / "roles").glob("*/tasks/main.yml"))

pytestmark = pytest.mark.parametrize("role", ROLES, ids=lambda path: path.name)


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def options(role: Path, entry_point: str = "main") -> dict[str, dict[str, Any]]:
    return load(role / "meta" / "argument_specs.yml")["argument_specs"][entry_point]["options"]


def defaults(role: Path) -> dict[str, Any]:
    return load(role / "defaults" / "main.yml")


def test_every_default_is_specified_and_every_optional_option_has_a_default(role: Path) -> None:
    optional = {name for name, option in options(role).items() if not option.get("required")}
    assert set(defaults(role)) == optional


def test_a_required_option_has_no_default(role: Path) -> None:
    required = {name for name, option in options(role).items() if option.get("required")}
    assert required.isdisjoint(defaults(role))


def test_specified_defaults_are_the_real_ones(role: Path) -> None:
    specified = {name: option["default"] for name, option in options(role).items() if "default" in option}
    assert specified == {name: value for name, value in defaults(role).items() if name in specified}


def test_public_variables_carry_the_name_of_the_role(role: Path) -> None:
    assert [name for name in options(role) if not name.startswith(f"{role.name}_")] == []


def test_what_is_wrong_is_found_by_the_checks_already(role: Path) -> None:
    assert (role / "tasks" / "preflight.yml").exists()
    assert options(role, "preflight") == options(role)


def test_every_option_is_described(role: Path) -> None:
    def undescribed(specification: dict[str, dict[str, Any]], prefix: str = "") -> list[str]:
        names = []
        for name, option in specification.items():
            if not option.get("description"):
                names.append(prefix + name)
            names += undescribed(option.get("options", {}), f"{prefix}{name}.")
        return names

    assert undescribed(options(role)) == []


def test_every_default_has_a_comment(role: Path) -> None:
    """A comment stands above each variable, or above the first of a block without blank lines."""
    uncommented, in_commented_block = [], False
    for line in (role / "defaults" / "main.yml").read_text().splitlines():
        if line.startswith("#"):
            in_commented_block = True
        elif not line.strip() or line == "---":
            in_commented_block = False
        elif not line.startswith((" ", "-")) and not in_commented_block:
            uncommented.append(line.split(":")[0])
    assert uncommented == []

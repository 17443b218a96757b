# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. An action plugin checks its arguments by the documentation of its module: one source."""

from __future__ import annotations

import typing as t

import yaml

_KEPT = ("type", "elements", "required", "choices", "default")


def argument_spec(documentation: str) -> dict[str, t.Any]:
    """Turn a module's DOCUMENTATION into an argument specification.

    Args:
        documentation: The YAML text.

    Returns:
        What ActionBase.validate_argument_spec() takes.
    """
    return _options(yaml.load(documentation, Loader=yaml.CSafeLoader)["options"])


def _options(documented: dict[str, t.Any]) -> dict[str, t.Any]:
    spec: dict[str, t.Any] = {}
    for name, option in documented.items():
        spec[name] = {key: option[key] for key in _KEPT if key in option}
        if "suboptions" in option:
            spec[name]["options"] = _options(option["suboptions"])
    return spec

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write roles/*/README.md from the roles' argument specifications, or check that they are up to date.

Usage: python -m tools.role_readmes [--check]
"""

from __future__ import annotations

import argparse
import importlib
import json
import re
import sys
import typing as t
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import yaml

ROOT: t.Final = Path(__file__).parents[1]
COLLECTION: t.Final = "enterprise_tickets.observability"
CATALOGUE: t.Final = "ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._catalogue"
#: The groups of roles that run no service of the catalogue.
OTHER_GROUPS: t.Final = {"backup": "backup_hosts", "operator_tools": "observability_hosts"}

Option = Mapping[str, t.Any]


def markdown(text: str) -> str:
    """Turn the markup of Ansible's documentation into Markdown."""
    text = re.sub(r"\b[VCO]\(((?:[^()]|\([^()]*\))*)\)", r"`\1`", text)
    return re.sub(r"\bU\(([^)]*)\)", r"<\1>", text)


def paragraphs(description: str | Sequence[str]) -> list[str]:
    """A description, which may be one text or several, as Markdown."""
    texts = [description] if isinstance(description, str) else description
    return [markdown(text) for text in texts]


def cell(text: str) -> str:
    """Make a text fit for a cell of a table."""
    return text.replace("|", "\\|").replace("\n", " ")


def shown_default(option: Option) -> str:
    """The default as it stands in defaults/main.yml, shortened where it is a template."""
    value = option.get("default", "")
    if value == "":
        return ""
    text = value if isinstance(value, str) else json.dumps(value)
    return f"`{text}`"


def shown_type(option: Option) -> str:
    """The type, with that of the elements of a list."""
    return f"{option['type']} of {option['elements']}" if "elements" in option else str(option["type"])


def rows(options: Mapping[str, Option], prefix: str = "") -> Iterator[str]:
    """Table rows of options and, below each, of the options inside of it."""
    for name, option in options.items():
        texts = paragraphs(option["description"])
        if "choices" in option:
            texts.append("One of " + ", ".join(f"`{choice}`" for choice in option["choices"]) + ".")
        cells = [f"`{prefix}{name}`", shown_type(option), shown_default(option), " ".join(texts)]
        yield "| " + " | ".join(cell(text) for text in cells) + " |"
        yield from rows(option.get("options", {}), f"{prefix}{name}.")


def readme(role: str, specification: Mapping[str, t.Any], parts: Sequence[str]) -> str:
    """The README of a role.

    Args:
        role: Its name.
        specification: Its argument specification of `main`.
        parts: The parts of it that have tags of their own.
    """
    tags = ", ".join(f"`{role}_{part}`" for part in parts)
    return "\n".join(
        [
            f"# {COLLECTION}.{role}",
            "",
            "<!-- Written by tools/role_readmes.py from meta/argument_specs.yml. -->",
            "",
            f"{specification['short_description']}.",
            "",
            *(f"* {text}" for text in paragraphs(specification["description"])),
            "",
            "```yaml",
            "- name: " + specification["short_description"],
            f"  hosts: {group_of(role)}",
            "  gather_facts: false",
            "  become: true",
            "  roles:",
            f"    - role: {COLLECTION}.{role}",
            "```",
            "",
            f"The playbooks `{COLLECTION}.site` and the like do this for the groups of the inventory.",
            "",
            f"Tags: `{role}` for all of it, or {tags}. Each works alone, and so does leaving one out.",
            "",
            "## Variables",
            "",
            "| variable | type | default | |",
            "|---|---|---|---|",
            *rows(specification["options"]),
            "",
        ]
    )


def catalogue() -> t.Any:
    """The module that knows the services and groups."""
    if str(ROOT / "collections") not in sys.path:
        sys.path.insert(0, str(ROOT / "collections"))
    return importlib.import_module(CATALOGUE)


def group_of(role: str) -> str:
    """The inventory group whose hosts get the role."""
    services = catalogue().BY_NAME
    return str(services[role].group) if role in services else OTHER_GROUPS.get(role, "all")


def expected() -> dict[Path, str]:
    """What the README of each role should hold, by path."""
    texts = {}
    for path in sorted((ROOT / "roles").glob("*/meta/argument_specs.yml")):
        role = path.parents[1]
        specification = yaml.safe_load(path.read_text())["argument_specs"]["main"]
        tasks = yaml.safe_load((role / "tasks" / "main.yml").read_text())
        tags = {tag for task in tasks for tag in task.get("tags", []) if tag != role.name}
        parts = sorted(tag.removeprefix(f"{role.name}_") for tag in tags)
        texts[role / "README.md"] = readme(role.name, specification, parts)
    return texts


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="change nothing, fail if a README is not up to date")
    check = parser.parse_args(arguments).check
    stale = [path for path, text in expected().items() if not path.exists() or path.read_text() != text]
    for path in stale:
        if check:
            print(f"{path.relative_to(ROOT)} is not up to date; run: python -m tools.role_readmes", file=sys.stderr)
        else:
            path.write_text(expected()[path])
            print(f"wrote {path.relative_to(ROOT)}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())

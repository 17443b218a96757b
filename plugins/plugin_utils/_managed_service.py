# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Turn the arguments of managed_service into a bundle: render, dump, find its secrets."""

from __future__ import annotations

import json
import os
import re
import typing as t
from pathlib import Path

import yaml
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.template import trust_as_template
from ansible_collections.enterprise_tickets.observability.plugins.modules.managed_service import DOCUMENTATION
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._documentation import argument_spec

if t.TYPE_CHECKING:
    from ansible.plugins.action import ActionBase

ARGUMENT_SPEC: t.Final = argument_spec(DOCUMENTATION)
HEADER: t.Final = "# Managed by Ansible (enterprise_tickets.observability). Changes made here are overwritten.\n"
_MODE: t.Final = re.compile(r"0?[0-7]{3,4}")
_SOURCES = ("content", "template", "src")
_LONG_NUMBER: t.Final = 6
"""Digits from which on a number counts as a secret value; shorter ones are ports and sizes."""


class Renderer:
    """Produces the content of files on the controller.

    Args:
        action: The running action plugin; brings the loader, the templar and the search path of its role.
        task_vars: Variables of the host.
    """

    def __init__(self, action: ActionBase, task_vars: dict[str, t.Any]) -> None:
        self._action = action
        self._task_vars = task_vars

    def contents(self, files: list[dict[str, t.Any]]) -> list[bytes]:
        """Render all files, in order.

        Raises:
            AnsibleActionFail: A file has no source or two, or its template does not render; names the file.
        """
        return [self._content(item) for item in files]

    def _content(self, item: dict[str, t.Any]) -> bytes:
        dest = item["dest"]
        given = [key for key in _SOURCES if item.get(key) is not None]
        if len(given) != 1:
            found = " and ".join(given) or "none of them"
            raise AnsibleActionFail(f"files: {dest} needs exactly one of {', '.join(_SOURCES)}; found {found}.")
        try:
            if "template" in given:
                return self._template(item["template"]).encode()
            if "src" in given:
                return Path(self._action._loader.get_real_file(self._find("files", item["src"]))).read_bytes()
        except AnsibleError as error:
            raise AnsibleActionFail(f"files: {dest}: {error}") from error
        return dump(dest, item["content"]).encode()

    def _find(self, directory: str, name: str) -> str:
        return str(self._action._find_needle(directory, name))

    def _template(self, name: str) -> str:
        path = self._find("templates", name)
        text = trust_as_template(self._action._loader.get_text_file_contents(path))
        search = [os.path.dirname(path)]
        for base in [*self._task_vars.get("ansible_search_path", []), self._action._loader.get_basedir()]:
            search += [os.path.join(base, "templates"), base]
        templar = self._action._templar.copy_with_new_env(
            searchpath=search,
            available_variables=dict(self._task_vars, ansible_managed=HEADER.lstrip("# ").rstrip("\n")),
        )
        rendered = templar.template(text, escape_backslashes=False, overrides={"trim_blocks": True})
        return rendered if isinstance(rendered, str) else str(rendered)


def dump(dest: str, content: t.Any) -> str:
    """The text of a file whose content was given in the task: structures become YAML, or JSON for a .json file."""
    data = plain(content)
    if isinstance(data, (dict, list)):
        if dest.endswith(".json"):
            return json.dumps(data, indent=2, ensure_ascii=False) + "\n"
        return HEADER + yaml.dump(data, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=120)
    return str(data)


def plain(value: t.Any) -> t.Any:
    """Copy Ansible's lazy and tagged values into Python's own types, which every library accepts."""
    if isinstance(value, t.Mapping):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, bool):
        return bool(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    return value


def specification(arguments: dict[str, t.Any]) -> dict[str, t.Any]:
    """The JSON header of the bundle: the arguments without the contents of the files."""
    spec = {key: plain(value) for key, value in arguments.items() if value is not None}
    spec["files"] = [{key: value for key, value in item.items() if key not in _SOURCES} for item in spec["files"]]
    spec["validate"] = [[str(word) for word in argv] for argv in spec["validate"]]
    user = spec.get("user")
    if user:
        user["group"] = user.get("group") or user["name"]
    return spec


def mode_problems(arguments: dict[str, t.Any]) -> list[str]:
    """Modes that are not what they look like: YAML reads 0644 without quotes as the number 420."""
    found = []
    for option in ("files", "directories"):
        items = arguments.get(option)
        for item in items if isinstance(items, (list, tuple)) else ():
            mode = item.get("mode", "0644") if isinstance(item, t.Mapping) else "0644"
            if not (isinstance(mode, str) and _MODE.fullmatch(mode)):
                path = item.get("dest") or item.get("path")
                found.append(f'{option}: mode of {path} is {mode!r}; an octal text is expected, such as "0644"')
    return found


def secret_values(arguments: dict[str, t.Any], contents: list[bytes]) -> set[str]:
    """All values that must not show up in the output of a tool: of secret files the leaves, but not the keys."""
    values = {str(value) for value in arguments["secrets"]}
    for item, data in zip(arguments["files"], contents, strict=True):
        if item["secret"]:
            values |= _leaves_of_text(data)
    return values


def _leaves_of_text(data: bytes) -> set[str]:
    try:
        text = data.decode()
    except UnicodeDecodeError:  # a tool would not print it as it is either
        return set()
    try:
        parsed = yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        parsed = None
    if isinstance(parsed, (dict, list)):
        return set(_leaves(parsed))
    found = set()
    for line in text.splitlines():
        if line.strip().startswith(("#", ";", "-----")):
            continue
        found |= {line.strip(), line.partition("=")[2].strip(), line.partition(":")[2].strip()}
    return {value for value in found if value}


def _leaves(value: t.Any) -> t.Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    elif isinstance(value, str):
        yield value
        yield from _lines(value)
    elif isinstance(value, int | float) and not isinstance(value, bool) and len(str(value)) >= _LONG_NUMBER:
        yield str(value)


def _lines(text: str) -> t.Iterator[str]:
    """A tool that repeats a text of several lines, such as a key, may do so line by line."""
    for line in text.splitlines():
        if not line.strip().startswith("-----"):
            yield line.strip()

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Files of saved objects of Kibana, and whether they hold together.

Kibana's import looks only at references to data views and searches, and never at whether an object uses the references
that it lists: a dashboard with a panel that is nowhere is imported "successfully".
"""

from __future__ import annotations

import json
import typing as t

Object = dict[str, t.Any]
Key = tuple[str, str]

_REFERENCE_KEYS: t.Final = ("type", "id", "name")


class ObjectsError(Exception):
    """A file is none of saved objects; the message names the file and the line."""


def key_of(item: t.Mapping[str, t.Any]) -> Key:
    """Type and id, which together are unique in a space."""
    return item["type"], item["id"]


def named(key: Key) -> str:
    """An object in words."""
    return "%s %s" % key


def parse(content: str, where: str) -> list[Object]:
    """The objects of a file as Kibana exports it; the line with the sums is left out.

    Args:
        content: One JSON object a line.
        where: The file.

    Raises:
        ObjectsError: A line is no object.
    """
    found = []
    for number, line in enumerate(content.splitlines(), 1):
        if not line.strip():
            continue
        at = "%s, line %d" % (where, number)
        try:
            item = json.loads(line)
        except ValueError as error:
            raise ObjectsError("%s is no JSON: %s" % (at, error)) from None
        if isinstance(item, dict) and "exportedCount" in item:
            continue
        found.append(_checked(item, at))
    return found


def _checked(item: t.Any, at: str) -> Object:
    if not isinstance(item, dict):
        raise ObjectsError("%s is no object; expected a saved object as Kibana exports it" % at)
    for name in ("type", "id"):
        if not isinstance(item.get(name), str) or not item[name]:
            raise ObjectsError("%s has no %s" % (at, name))
    if not isinstance(item.get("attributes"), dict):
        raise ObjectsError("%s (%s) has no attributes" % (at, named(key_of(item))))
    references = item.setdefault("references", [])
    for reference in references if isinstance(references, list) else [None]:
        if not isinstance(reference, dict) or not all(isinstance(reference.get(name), str) for name in _REFERENCE_KEYS):
            raise ObjectsError(
                "%s (%s): references are not all objects with type, id and name" % (at, named(key_of(item)))
            )
    if not item.get("typeMigrationVersion") and not item.get("migrationVersion"):
        raise ObjectsError(
            "%s (%s) names no version in typeMigrationVersion: Kibana would take it for one of version 7 and change it"
            % (at, named(key_of(item)))
        )
    return item


def problems(objects: t.Sequence[Object]) -> list[str]:
    """What does not hold together, a sentence each: objects that are there twice, and references that lead nowhere."""
    found = []
    keys = [key_of(item) for item in objects]
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        found.append("%s is there %d times; expected one of it" % (named(key), keys.count(key)))
    known = set(keys)
    for item in objects:
        name = named(key_of(item))
        for reference in item["references"]:
            if key_of(reference) not in known:
                found.append(
                    "%s refers to %s (%s), which is not among the objects"
                    % (name, named(key_of(reference)), reference["name"])
                )
        try:
            used = _used(item)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            found.append("%s has attributes of another form than Kibana's: %r" % (name, error))
            continue
        listed = {reference["name"] for reference in item["references"]}
        for missing in sorted(used - listed):
            found.append("%s uses the reference %s, which it does not list" % (name, missing))
    return found


def _used(item: Object) -> set[str]:
    """Names of the references that the attributes of an object use."""
    attributes = item["attributes"]
    used = _search_source(attributes.get("kibanaSavedObjectMeta") or {})
    if item["type"] == "lens":
        used |= _lens(attributes)
    if item["type"] == "dashboard":
        for panel in json.loads(attributes.get("panelsJSON") or "[]"):
            used |= _panel(panel)
        controls = attributes.get("controlGroupInput") or {}
        for name, control in json.loads(controls.get("panelsJSON") or "{}").items():
            if control.get("type") in ("optionsListControl", "rangeSliderControl"):
                used.add("controlGroup_%s:%sDataView" % (name, control["type"][: -len("Control")]))
    return used


def _search_source(meta: t.Mapping[str, t.Any]) -> set[str]:
    source = json.loads(meta.get("searchSourceJSON") or "{}")
    places = [source, *(entry.get("meta") or {} for entry in source.get("filter") or [])]
    return {place["indexRefName"] for place in places if place.get("indexRefName")}


def _panel(panel: t.Mapping[str, t.Any]) -> set[str]:
    prefix = panel["panelIndex"]
    if panel.get("panelRefName"):
        return {"%s:%s" % (prefix, panel["panelRefName"])}
    attributes = panel.get("embeddableConfig", {}).get("attributes")
    if panel.get("type") != "lens" or not attributes:
        return set()
    names = _lens(attributes) | {reference["name"] for reference in attributes.get("references") or []}
    return {"%s:%s" % (prefix, name) for name in names}


def _lens(attributes: t.Mapping[str, t.Any]) -> set[str]:
    state = attributes["state"]
    layers = (state["datasourceStates"].get("formBased") or {}).get("layers") or {}
    own = {entry["name"] for entry in state.get("internalReferences") or []}
    return {"indexpattern-datasource-layer-%s" % name for name in layers} - own

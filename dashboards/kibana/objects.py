# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Saved objects, each in the oldest form that has what we need, so that Kibana 8.19 and 9.x import them.

Kibana migrates an object from the version that it names to its own. The versions are those of the migrations of
elastic/kibana; those of dashboards are what elastic/integrations ships to both lines.
"""

from __future__ import annotations

import json
import typing as t
from collections.abc import Iterable
from dataclasses import dataclass

Json = dict[str, t.Any]

#: Of the form around the attributes, the same since 8.8.
CORE_VERSION: t.Final = "8.8.0"
VERSIONS: t.Final = {
    "dashboard": "8.9.0",
    "index-pattern": "8.0.0",
    "query": "10.1.0",
    "search": "10.5.0",
}


def text(value: object) -> str:
    """JSON within JSON, which Kibana has in many attributes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def reference(kind: str, identifier: str, name: str) -> Json:
    """An entry of ``references``; the name says where in the object it is used."""
    return {"type": kind, "id": identifier, "name": name}


def saved_object(kind: str, identifier: str, attributes: Json, references: Iterable[Json] = ()) -> Json:
    """An object as the import takes it."""
    return {
        "type": kind,
        "id": identifier,
        "attributes": attributes,
        "references": list(references),
        "coreMigrationVersion": CORE_VERSION,
        "typeMigrationVersion": VERSIONS[kind],
    }


@dataclass(frozen=True, slots=True)
class DataView:
    """Data streams that are looked at together."""

    id: str
    name: str
    pattern: str

    def json(self) -> Json:
        """The object of the type index-pattern, which Kibana calls a data view today."""
        formats = {"response_time": {"id": "number", "params": {"pattern": "0,0.0"}}}
        attributes = {
            "title": self.pattern,
            "name": self.name,
            "timeFieldName": "@timestamp",
            "allowNoIndex": True,
            "fields": "[]",
            "fieldAttrs": "{}",
            "fieldFormatMap": text(formats),
            "runtimeFieldMap": "{}",
            "sourceFilters": "[]",
            "typeMeta": "{}",
        }
        return saved_object("index-pattern", self.id, attributes)


@dataclass(frozen=True, slots=True)
class SavedQuery:
    """A query that people load in Kibana's search bar. The language is kuery (KQL) or lucene."""

    id: str
    title: str
    description: str
    query: str
    language: str = "kuery"

    def json(self) -> Json:
        """The object of the type query."""
        attributes = {
            "title": self.title,
            "description": self.description,
            "query": {"query": self.query, "language": self.language},
            "filters": [],
        }
        return saved_object("query", self.id, attributes)


@dataclass(frozen=True, slots=True)
class Search:
    """Events as a list."""

    id: str
    title: str
    description: str
    view: str
    query: str
    columns: tuple[str, ...]

    def json(self) -> Json:
        """The object of the type search."""
        index = "kibanaSavedObjectMeta.searchSourceJSON.index"
        source = {"query": {"query": self.query, "language": "kuery"}, "filter": [], "indexRefName": index}
        attributes = {
            "title": self.title,
            "description": self.description,
            "columns": list(self.columns),
            "sort": [["@timestamp", "desc"]],
            "grid": {},
            "hideChart": False,
            "isTextBasedQuery": False,
            "timeRestore": False,
            "kibanaSavedObjectMeta": {"searchSourceJSON": text(source)},
        }
        return saved_object("search", self.id, attributes, [reference("index-pattern", self.view, index)])

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kibana's saved objects hold together, and ask for fields that the logs have, in queries that Kibana can read.

No Kibana has rendered them here: their form follows the schemas of elastic/kibana and exports of 8.19.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.enterprise_tickets.observability.plugins.module_utils import _kibana_objects
from kibana_ql import KqlParser
from luqum.parser import parser as lucene

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "roles" / "kibana" / "files" / "saved_objects").glob("*.ndjson"))
OBJECTS = [item for file in FILES for item in _kibana_objects.parse(file.read_text(), file.name)]
(MAPPING_FILE,) = [*ROOT.glob("logs/log_mappings.yml"), *ROOT.glob("roles/*/files/log_mappings.yml")]
MAPPINGS = yaml.safe_load(MAPPING_FILE.read_text())

#: What geoip and useragent add comes under ecs@mappings.
OF_ECS = {"source.geo.country_name": "keyword", "user_agent.name": "keyword"}
NUMBERS = {"long", "float"}
#: Types whose values can be counted and grouped.
GROUPED = {"keyword", "wildcard", "constant_keyword", "ip", "date", *NUMBERS}
#: Attributes of version 1 of the dashboards' schema, which forbids all others.
DASHBOARD_ATTRIBUTES = {
    *("title", "description", "kibanaSavedObjectMeta", "timeRestore", "timeFrom", "timeTo", "refreshInterval"),
    *("controlGroupInput", "panelsJSON", "optionsJSON", "hits", "version"),
}
#: The queries of the operators' handbook, letter by letter.
LITERAL = {
    "Find Errors": "level:ERROR OR severity:error",
    "Authentication Failures": 'path:"/auth/login" AND status:401',
    "Slow Requests": "response_time:>2000",
    "Security Events": "tags:authentication OR tags:security",
}

Json = dict[str, Any]


def field_types(properties: Json, prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, mapping in properties.items():
        if "type" in mapping:
            yield prefix + name, mapping["type"]
        yield from field_types(mapping.get("properties", {}), f"{prefix}{name}.")


FIELDS = {**dict(field_types(MAPPINGS["properties"])), **OF_ECS}


def of_type(kind: str) -> list[Json]:
    return [item for item in OBJECTS if item["type"] == kind]


def panels() -> list[tuple[str, Json]]:
    return [
        (f"{item['id']}/{panel['panelIndex']}", panel)
        for item in of_type("dashboard")
        for panel in json.loads(item["attributes"]["panelsJSON"])
    ]


def lenses() -> list[tuple[str, Json]]:
    return [(name, panel["embeddableConfig"]["attributes"]) for name, panel in panels() if panel["type"] == "lens"]


def columns() -> list[tuple[str, Json]]:
    return [
        (f"{name}/{identifier}", column)
        for name, lens in lenses()
        for layer in lens["state"]["datasourceStates"]["formBased"]["layers"].values()
        for identifier, column in layer["columns"].items()
    ]


def queries() -> list[tuple[str, str, str]]:
    """Where, language and text of every query that is not empty."""
    found = [(item["id"], item["attributes"]["query"]) for item in of_type("query")]
    for item in (*of_type("search"), *of_type("dashboard")):
        source = json.loads(item["attributes"]["kibanaSavedObjectMeta"]["searchSourceJSON"])
        found.append((item["id"], source["query"]))
    found += [(name, lens["state"]["query"]) for name, lens in lenses()]
    found += [(name, column["filter"]) for name, column in columns() if "filter" in column]
    return [(name, query["language"], query["query"]) for name, query in found if query["query"]]


def kql_fields(node: Any) -> Iterator[str]:
    """The fields of a parsed query."""
    if node.expr_name == "Field":
        yield node.text.strip()
    for child in node.children:
        yield from kql_fields(child)


@pytest.fixture(scope="module")
def kql() -> KqlParser:
    return KqlParser()


def test_everything_holds_together() -> None:
    assert _kibana_objects.problems(OBJECTS) == []
    assert len({item["type"] for item in OBJECTS}) == 4


def test_the_five_dashboards() -> None:
    titles = [item["attributes"]["title"] for item in of_type("dashboard")]
    expected = ["Business Analytics", "Error Analysis", "Log Overview", "Performance Logs", "Security Monitor"]
    assert sorted(titles) == expected


def test_the_queries_of_the_handbook_are_there_letter_by_letter() -> None:
    saved = {item["attributes"]["title"]: item["attributes"]["query"]["query"] for item in of_type("query")}
    assert {title: saved.get(title) for title in LITERAL} == LITERAL
    for query in LITERAL.values():
        lucene.parse(query)


def test_every_query_can_be_read(kql: KqlParser) -> None:
    assert len(queries()) > 50
    for _name, language, query in queries():
        (lucene if language == "lucene" else kql).parse(query)


def test_the_parser_refuses_what_kibana_refuses(kql: KqlParser) -> None:
    """Otherwise the test above would show nothing."""
    for query in ("response_time:>2000", "(a: b", "a: {"):
        with pytest.raises(Exception, match="Rule"):
            kql.parse(query)


def test_queries_ask_for_fields_that_exist(kql: KqlParser) -> None:
    for name, language, query in queries():
        if language == "kuery":
            asked = set(kql_fields(kql.parse(query)))
            assert asked, (name, query)
            assert asked <= set(FIELDS), (name, query)


def test_columns_measure_what_can_be_measured() -> None:
    assert len(columns()) > 100
    for name, column in columns():
        operation, field = column["operationType"], column["sourceField"]
        if operation == "count":
            assert field == "___records___"
            continue
        assert field in FIELDS, name
        fits = {"date_histogram": {"date"}, "max": {"date", *NUMBERS}, "percentile": NUMBERS}.get(operation, GROUPED)
        assert FIELDS[field] in fits, (name, field)
        if operation == "terms":
            shown = {"ip": "ip", **dict.fromkeys(NUMBERS, "number")}.get(FIELDS[field], "string")
            assert column["dataType"] == shown, name


def test_charts_use_their_columns_and_no_others() -> None:
    for name, lens in lenses():
        ((layer, content),) = lens["state"]["datasourceStates"]["formBased"]["layers"].items()
        chart = lens["state"]["visualization"]
        assert content["columnOrder"] == [*dict.fromkeys(content["columnOrder"])], name
        assert set(content["columnOrder"]) == set(content["columns"]), name
        # Groups before numbers, or Lens computes them the other way round.
        bucketed = [content["columns"][column]["isBucketed"] for column in content["columnOrder"]]
        assert bucketed == sorted(bucketed, reverse=True), name
        used = set()
        for part in [chart, *chart.get("layers", [])]:
            assert part.get("layerId", layer) == layer
            for key in ("metricAccessor", "xAccessor", "splitAccessor"):
                used |= {part[key]} if key in part else set()
            for key in ("accessors", "primaryGroups", "metrics"):
                used |= set(part.get(key, []))
            used |= {column["columnId"] for column in part.get("columns", [])}
        assert used == set(content["columns"]), name
        for column in content["columns"].values():
            if column["operationType"] == "terms":
                assert column["params"]["orderBy"]["columnId"] in content["columns"]


def test_lists_and_choices_show_fields_that_exist() -> None:
    for item in of_type("search"):
        assert set(item["attributes"]["columns"]) <= set(FIELDS), item["id"]
    for item in of_type("dashboard"):
        controls = json.loads(item["attributes"]["controlGroupInput"]["panelsJSON"])
        assert controls
        for control in controls.values():
            assert FIELDS[control["explicitInput"]["fieldName"]] in GROUPED


def test_panels_fit_and_do_not_overlap() -> None:
    for item in of_type("dashboard"):
        taken: set[tuple[int, int]] = set()
        for panel in json.loads(item["attributes"]["panelsJSON"]):
            place = panel["gridData"]
            assert place["i"] == panel["panelIndex"]
            assert place["x"] + place["w"] <= 48
            cells = {
                (x, y)
                for x in range(place["x"], place["x"] + place["w"])
                for y in range(place["y"], place["y"] + place["h"])
            }
            assert not cells & taken, panel["title"]
            taken |= cells


def test_every_panel_says_what_it_shows() -> None:
    for name, panel in panels():
        assert panel["title"], name
    for name, lens in lenses():
        assert lens["description"].endswith((".", ":")), name


def test_the_form_is_one_that_8_19_and_9_import() -> None:
    """Versions above those of the server are refused, and attributes that a version does not know as well."""
    versions = {"dashboard": "8.9.0", "index-pattern": "8.0.0", "query": "10.1.0", "search": "10.5.0"}
    for item in OBJECTS:
        assert item["coreMigrationVersion"] == "8.8.0"
        assert item["typeMigrationVersion"] == versions[item["type"]]
        assert set(item) == {
            *("type", "id", "attributes", "references", "coreMigrationVersion", "typeMigrationVersion")
        }
    for item in of_type("dashboard"):
        assert set(item["attributes"]) <= DASHBOARD_ATTRIBUTES
    for name, lens in lenses():
        assert lens["visualizationType"] in {"lnsXY", "lnsMetric", "lnsDatatable", "lnsPie"}, name


def test_data_views_cover_the_data_streams() -> None:
    patterns = {item["id"]: item["attributes"]["title"] for item in of_type("index-pattern")}
    assert patterns["ets-logs"] == "logs-ets.*-*"
    for item in of_type("index-pattern"):
        assert item["attributes"]["timeFieldName"] == "@timestamp"
        for name in ("fieldFormatMap", "fieldAttrs", "fields", "runtimeFieldMap", "sourceFilters", "typeMeta"):
            json.loads(item["attributes"][name])
        assert set(json.loads(item["attributes"]["fieldFormatMap"])) <= set(FIELDS)

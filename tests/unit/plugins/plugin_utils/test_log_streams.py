# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long logs are kept, and the bodies against the rules of Elasticsearch's API."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._log_streams import (
    CATEGORIES,
    Ages,
    Settings,
    resources,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import InputError

ROOT = Path(__file__).parents[4]
MAPPINGS = yaml.safe_load((ROOT / "roles" / "elasticsearch" / "files" / "log_mappings.yml").read_text())
ALL = resources(Settings.read({}), MAPPINGS)
# The seed's queries, word for word.
QUERIES = (
    "level:ERROR OR severity:error",
    'path:"/auth/login" AND status:401',
    "response_time:>2000",
    "tags:authentication OR tags:security",
)
# Keys of the request bodies (elasticsearch-specification: IndexTemplate, ComponentTemplate, IlmPolicy).
ALLOWED = {
    "component_template": {"template", "version", "_meta", "deprecated"},
    "index_template": {
        *("index_patterns", "composed_of", "template", "version", "priority", "_meta", "allow_auto_create"),
        *("data_stream", "deprecated", "ignore_missing_component_templates"),
    },
    "ilm_policy": {"policy"},
}


def of_kind(kind: str) -> dict[str, Any]:
    return {item["name"]: item["body"] for item in ALL if item["kind"] == kind}


@pytest.mark.parametrize("days", [1, 2, 3, 5, 6, 7, 30, 90, 365])
def test_no_event_is_kept_longer_than_the_limit(days: int) -> None:
    ages = Ages.of(days, at_least=False)
    assert ages.rollover + ages.delete == days * 24
    assert 0 < ages.rollover <= 24
    assert ages.delete > 0


@pytest.mark.parametrize("days", [1, 30, 365])
def test_no_event_is_deleted_before_its_time_where_that_is_a_duty(days: int) -> None:
    assert Ages.of(days, at_least=True).delete == days * 24


def test_the_ages_of_the_defaults() -> None:
    def ages(category: str) -> tuple[str, str]:
        phases = of_kind("ilm_policy")[f"ets-logs-{category}"]["policy"]["phases"]
        return phases["hot"]["actions"]["rollover"]["max_age"], phases["delete"]["min_age"]

    assert [ages(category.name) for category in CATEGORIES] == [("1d", "29d"), ("1d", "89d"), ("1d", "365d")]


def test_a_time_that_is_no_whole_day_is_in_hours() -> None:
    assert (Ages.text(4), Ages.text(20), Ages.text(48)) == ("4h", "20h", "2d")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"retention_days": {"application": 0}},
            r"retention_days\.application is 0; expected a whole number from 1 to 3650",
        ),
        ({"retention_days": {"audit": -1}}, r"retention_days\.audit is -1"),
        ({"retention_days": {"audit": True}}, r"retention_days\.audit is true"),
        ({"retention_days": {"audit": "30d"}}, r"retention_days\.audit is '30d'"),
        ({"retention_days": {"aplication": 3}}, "'aplication'.*application"),
        ({"retention_days": [3]}, "is a list; expected a dictionary"),
        ({"replicas": 10}, "replicas is 10"),
        ({"max_shard_gigabytes": 51}, "max_shard_gigabytes is 51"),
        ({"retention": 3}, "'retention'"),
    ],
)
def test_a_wrong_setting_is_named(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Settings.read(given)


def test_digits_count_as_a_number() -> None:
    assert Settings.read({"retention_days": {"application": "14"}}).retention_days["application"] == 14


def test_bodies_have_only_keys_that_the_api_knows() -> None:
    for item in ALL:
        assert set(item["body"]) <= ALLOWED[item["kind"]]
        assert set(item["body"].get("template", {})) <= {
            "settings",
            "mappings",
            "aliases",
            "lifecycle",
            "data_stream_options",
        }


def test_a_resource_comes_behind_those_that_it_names() -> None:
    seen = {("component_template", "ecs@mappings")}
    for item in ALL:
        body = item["body"]
        named = {("component_template", name) for name in body.get("composed_of", [])}
        if policy := body.get("template", {}).get("settings", {}).get("index", {}).get("lifecycle", {}).get("name"):
            named.add(("ilm_policy", policy))
        assert named <= seen
        seen.add((item["kind"], item["name"]))


def test_index_templates_win_over_those_of_others_and_never_meet() -> None:
    templates = of_kind("index_template")
    patterns = [pattern for body in templates.values() for pattern in body["index_patterns"]]
    assert len(patterns) == len(set(patterns))
    # No pattern is the beginning of another one, so that equal priorities do no harm.
    stems = [pattern.removesuffix("*") for pattern in patterns]
    assert not any(a != b and a.startswith(b) for a in stems for b in stems)
    assert {body["priority"] for body in templates.values()} == {501}
    assert all(body["data_stream"] == {} for body in templates.values())


def test_our_mappings_are_laid_over_those_of_elastic() -> None:
    for body in of_kind("index_template").values():
        assert body["composed_of"][:2] == ["ecs@mappings", "ets-logs-mappings"]
        assert len(body["composed_of"]) == 3


def test_phases() -> None:
    for body in of_kind("ilm_policy").values():
        phases = body["policy"]["phases"]
        assert set(phases) == {"hot", "delete"}
        assert set(phases["hot"]["actions"]["rollover"]) == {"max_age", "max_primary_shard_size"}
        assert phases["delete"]["actions"] == {"delete": {}}


def mapped(properties: dict[str, Any], dotted: str) -> dict[str, Any]:
    """What is said about a field, through an alias."""
    first, _dot, rest = dotted.partition(".")
    found = properties[first]
    found = mapped(found["properties"], rest) if rest else found
    return mapped(MAPPINGS["properties"], found["path"]) if found.get("type") == "alias" else found


@pytest.mark.parametrize("query", QUERIES)
def test_every_field_of_the_seeds_queries_is_mapped(query: str) -> None:
    fields = re.findall(r"(\w+):", query)
    assert fields
    types = {field: mapped(MAPPINGS["properties"], field) for field in fields}
    for field, mapping in types.items():
        assert mapping["type"] == {"response_time": "float", "status": "long", "path": "wildcard"}.get(field, "keyword")
    # level:ERROR finds what the pipeline wrote as error.
    assert all(
        mapping["normalizer"] == "lowercase" for field, mapping in types.items() if field in ("level", "severity")
    )


def test_every_alias_leads_to_a_real_field() -> None:
    for name, mapping in MAPPINGS["properties"].items():
        if mapping.get("type") == "alias":
            assert "type" in mapped(MAPPINGS["properties"], name)

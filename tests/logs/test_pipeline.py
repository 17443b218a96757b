# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must hold for the shipped files as files, and what the scripts do when something is wrong."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import jinja2
import onigurumacffi
import pytest
from lscl.lang import LsclBlock, LsclConditions
from lscl.parser import parse_lscl

from tests.logs.conftest import PIPELINE, SOURCES, VARIABLES
from tests.logs.grok import Grok, read_patterns
from tests.logs.stand_in import Ruby, StandIn

TROUBLESHOOTING = PIPELINE.parents[3] / "docs" / "troubleshooting.md"
# Options of logstash-input-dead_letter_queue 2.0 that the example has; sincedb_path and start_timestamp are the others.
READS_DEAD_LETTERS = ("path", "pipeline_id", "commit_offsets", "clean_consumed")
ADMINISTRATION = PIPELINE.parents[3] / "docs" / "administration.md"


@pytest.fixture(scope="module")
def stand_in(ruby: Ruby) -> StandIn:
    return StandIn(PIPELINE, VARIABLES, ruby)


def blocks(content: list[Any]) -> list[LsclBlock]:
    """All filters, in the order of the files."""
    found = []
    for part in content:
        if isinstance(part, LsclConditions):
            for inner in [*(inner for _, inner in part.conditions), part.default or []]:
                found += blocks(inner)
        else:
            found.append(part)
    return found


def options(block: LsclBlock) -> dict[str, Any]:
    return {attribute.name: attribute.content for attribute in block.content}


def test_every_filter_has_an_id_of_its_own(stand_in: StandIn) -> None:
    ids = [options(block)["id"] for block in blocks(stand_in.content)]
    assert len(ids) == len(set(ids))


def test_nothing_that_adds_fields_comes_behind_the_anonymisation(stand_in: StandIn) -> None:
    known = [options(block) for block in blocks(stand_in.content)]
    place = [option["id"] for option in known].index("anonymise")
    assert [set(option) for option in known[place + 1 :]] == [{"id", "remove_field"}]


def test_the_place_is_looked_up_before_the_address_is_cut(stand_in: StandIn) -> None:
    ids = [options(block)["id"] for block in blocks(stand_in.content)]
    assert ids.index("enrich_geoip") < ids.index("anonymise")


def test_every_pattern_compiles_in_oniguruma() -> None:
    patterns = read_patterns(PIPELINE / "patterns")
    for name in patterns:
        onigurumacffi.compile(Grok.expand(f"%{{{name}}}", patterns).expression)


def test_no_pattern_is_left_over() -> None:
    texts = [*read_patterns(PIPELINE / "patterns").values(), *(file.read_text() for file in PIPELINE.glob("*.conf"))]
    for name in read_patterns(PIPELINE / "patterns"):
        assert any(f"%{{{name}}}" in text or f"%{{{name}:" in text for text in texts), name


@pytest.mark.parametrize("key", ["", "x" * 31])
def test_a_short_key_is_refused(ruby: Ruby, key: str) -> None:
    with pytest.raises(AssertionError, match="at least 32 characters"):
        ruby.run(str(PIPELINE / "scripts" / "anonymise.rb"), {"hmac_key": key}, {"message": "x"})


def run(stand_in: StandIn, source: str, message: str, **event: Any) -> dict[str, Any]:
    return stand_in.run({"fields": {"ets_source": source}, "message": message, **event})


def test_a_user_has_the_same_hash_in_every_source(stand_in: StandIn) -> None:
    login = run(stand_in, "app", '{"message": "m", "user": "mallory"}')
    access = run(
        stand_in, "nginx_access", '192.0.2.1 - mallory [25/Nov/2026:16:51:57 +0000] "GET / HTTP/1.1" 200 1 "-" "-"'
    )
    assert login["user"] == access["user"]
    assert login["labels"] == {"hash_key": "2026-11"}


def test_another_key_makes_another_hash(stand_in: StandIn, ruby: Ruby) -> None:
    other = StandIn(PIPELINE, VARIABLES | {"ETS_HMAC_KEY": "another-key-only-for-tests-0123456789"}, ruby)
    line = '{"message": "m", "user": "mallory", "client": "192.0.2.1"}'
    first, second = run(stand_in, "app", line), run(other, "app", line)
    assert first["user"]["hash"] != second["user"]["hash"]
    assert first["ets"]["source_hash"] != second["ets"]["source_hash"]


def test_two_clients_of_one_network_can_be_told_apart(stand_in: StandIn) -> None:
    first, second = (run(stand_in, "app", f'{{"message": "m", "client": "192.0.2.{n}"}}') for n in (1, 2))
    assert first["source"]["ip"] == second["source"]["ip"] == "192.0.2.0"
    assert first["ets"]["source_hash"] != second["ets"]["source_hash"]


def test_what_cannot_be_anonymised_loses_its_content(ruby: Ruby) -> None:
    # A database's message that is a number is nothing that the pipeline makes; Hash#scrub does not exist.
    event = {"message": {"password": "hunter2"}, "user": {"name": ["x"]}, "host": {"name": "web1"}, "source": {"ip": 5}}
    after = ruby.run(str(PIPELINE / "scripts" / "anonymise.rb"), {"hmac_key": "k" * 32}, event)
    assert after["tags"] == ["_ets_anonymise_failed"]
    assert after["event"] == {"kind": "pipeline_error"}
    assert set(after) == {"message", "tags", "event", "host"}
    assert "hunter2" not in str(after)


@pytest.mark.parametrize(
    "kept",
    [
        "ticket 4711 of 2026-11-25T16:51:57.123Z took 12:34:56",
        "request 1732550000000 and 1732550000000000000",
        "commit 3f786850e387550fdab836ed7e6dc881de23001b",
        "std::vector<int> in module a::b::c",
        "nginx/1.27.3 on port 8080, version 12.3.4",
        "PostgreSQL 17.2 (Debian 17.2-1.pgdg120+1)",
        "order 4111111111111112",
        "listening on :::9090 and [::]:80",
        "the password is wrong",
        "token expired",
    ],
)
def test_harmless_text_stays(stand_in: StandIn, kept: str) -> None:
    assert run(stand_in, "container", kept)["message"] == kept


@pytest.mark.parametrize(
    "unit",
    ["a", "1", "1 ", "a.", "a@", ":", "1:", "1.", "'", "password ", " ", "eyJ-", "a:", "(", "(a)", "+4", "\u00e4"],
)
@pytest.mark.parametrize(
    ("source", "end"),
    [(source, "") for source in SOURCES if source != "container"]
    + [("container", end) for end in ("", "@", "://", "=")],
)
def test_a_huge_line_takes_no_time_worth_mentioning(stand_in: StandIn, source: str, unit: str, end: str) -> None:
    begin = time.monotonic()
    after = run(stand_in, source, unit * (200_000 // len(unit)) + end)
    assert "_ets_anonymise_failed" not in after.get("tags", [])
    # Linear work takes milliseconds, even on a loaded machine; what backtracks over everything takes minutes.
    assert time.monotonic() - begin < 20


@pytest.mark.parametrize("unit", ["a", "1", "1 ", "/", '"', "\\", "password ", "1.", "a:", "?", "\u00e4"])
def test_a_huge_value_in_json_takes_no_time_worth_mentioning(stand_in: StandIn, unit: str) -> None:
    huge = unit * (100_000 // len(unit))
    line = {"time_iso8601": "2026-11-25T17:51:57+01:00", "status": 200, "remote_user": huge}
    line |= {"request": f"GET /{huge} HTTP/1.1", "http_user_agent": huge, "upstream_response_time": huge}
    begin = time.monotonic()
    after = run(stand_in, "nginx_access", json.dumps(line))
    assert "_ets_anonymise_failed" not in after.get("tags", [])
    assert time.monotonic() - begin < 20


def test_the_documented_format_of_nginx_is_understood(stand_in: StandIn) -> None:
    """Each variable of it has its place in the event."""
    (text,) = re.findall(r"^log_format \w+ escape=json(.*?);$", ADMINISTRATION.read_text(), re.MULTILINE | re.DOTALL)
    values = {
        "time_iso8601": "2026-11-25T17:51:57+01:00",
        "remote_addr": "192.0.2.1",
        "remote_user": "mallory",
        "request_method": "GET",
        "uri": "/tickets",
        "args": "page=2",
        "server_protocol": "HTTP/1.1",
        "host": "tickets.example.com",
        "status": "200",
        "body_bytes_sent": "512",
        "request_time": "0.003",
        "upstream_response_time": "0.002",
        "http_referer": "https://tickets.example.com/",
        "http_user_agent": "curl/8.5.0",
        "request_id": "0af1",
    }
    written = "".join(re.findall(r"'(.*)'", text))
    line = re.sub(r"\$(\w+)", lambda found: values.pop(found[1]), written)
    assert values == {}
    event = run(stand_in, "nginx_access", line)
    assert event.get("tags", []) == []
    assert event["@timestamp"] == "2026-11-25T16:51:57.000Z"
    assert event["http"] == {
        "request": {"method": "GET", "referrer": "https://tickets.example.com/", "id": "0af1"},
        "response": {"status_code": 200, "body": {"bytes": 512}},
        "version": "1.1",
    }
    assert event["url"] == {"path": "/tickets", "query": "page=2", "domain": "tickets.example.com"}
    assert (event["source"]["ip"], event["response_time"], event["ets"]["upstream_time_ms"]) == ("192.0.2.0", 3.0, 2.0)
    assert set(event["user"]) == {"hash"}
    assert event["user_agent"]["original"] == "curl/8.5.0"


TEMPLATES = PIPELINE.parents[1] / "templates"


def plugins_of_the_templates(authentication: str = "none") -> dict[tuple[str, str], dict[str, Any]]:
    """Options by kind and name of what comes in and goes out."""
    variables = {
        "ansible_managed": "ours",
        "logstash_beats_listen_address": "::",
        "logstash_beats_port": 5044,
        "logstash_tls_client_authentication": authentication,
        "logstash_elasticsearch_hosts": ["https://192.0.2.1:9200", "https://[2001:db8::1]:9200"],
        "logstash_elasticsearch_user": "ets_logstash",
        "__logstash_tls_cert_file": "/tls/host.crt",
        "__logstash_tls_key_file": "/tls/host.key",
        "__logstash_ca_file": "/etc/logstash/ca.crt",
    }
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True, keep_trailing_newline=True)
    environment.filters["to_json"] = json.dumps
    plugins = {}
    for path in sorted(TEMPLATES.glob("*.conf.j2")):
        (section,) = parse_lscl(environment.from_string(path.read_text()).render(variables))
        (plugin,) = section.content
        plugins[section.name, plugin.name] = options(plugin)
    return plugins


@pytest.mark.parametrize("authentication", ["none", "required"])
def test_what_comes_in_and_goes_out_is_in_logstashs_language(authentication: str) -> None:
    plugins = plugins_of_the_templates(authentication)
    beats = plugins["input", "beats"]
    assert (beats["host"], beats["port"], beats["ssl_enabled"]) == ("::", 5044, "true")
    assert ("ssl_certificate_authorities" in beats) == (authentication == "required")
    elasticsearch = plugins["output", "elasticsearch"]
    assert elasticsearch["hosts"] == ["https://192.0.2.1:9200", "https://[2001:db8::1]:9200"]
    assert elasticsearch["ssl_verification_mode"] == "full"
    assert elasticsearch["password"] == "${ETS_ELASTICSEARCH_PASSWORD}"


def test_the_documented_pipeline_of_dead_letters_is_in_logstashs_language() -> None:
    (text,) = re.findall(r"^```logstash\n(.*?)^```$", TROUBLESHOOTING.read_text(), re.MULTILINE | re.DOTALL)
    plugins = {
        options(plugin)["id"]: (section.name, plugin.name, options(plugin))
        for section in parse_lscl(text)
        for plugin in section.content
    }
    kind, name, reads = plugins["dead_letters"]
    assert (kind, name, set(reads)) == ("input", "dead_letter_queue", {"id", *READS_DEAD_LETTERS})
    assert (reads["commit_offsets"], reads["clean_consumed"]) == ("true", "true")
    kind, name, writes = plugins["dead_letters_elasticsearch"]
    ours = plugins_of_the_templates()[kind, name]
    different = {"id", "hosts"}
    assert {key: writes[key] for key in writes if key not in different} == {
        key: ours[key] for key in ours if key not in different
    }
    assert {name for kind, name, _options in plugins.values() if kind == "filter"} == {"mutate"}


def test_the_files_of_the_role_are_between_what_comes_in_and_what_goes_out() -> None:
    names = sorted(path.name for path in PIPELINE.glob("*.conf"))
    assert [*names, "90-output.conf"] == sorted(["90-output.conf", *names])
    assert ["00-input.conf", *names] == sorted(["00-input.conf", *names])

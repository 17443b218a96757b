# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._filebeat import (
    SOURCES,
    inputs,
    logstash_hosts,
    problems,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._inventory import Inventory
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import InputError

GROUPS = {
    "observability_hosts": ["web1", "db1", "lb1", "log1", "log2"],
    "tickets_backend": ["web1"],
    "tickets_nginx": ["web1"],
    "tickets_postgresql": ["db1"],
    "tickets_haproxy": ["lb1"],
    "container_hosts": ["web1"],
    "logstash": ["log2", "log1"],
}
GOOD: dict[str, t.Any] = {
    "logstash_hosts": ["192.0.2.1:5044"],
    "inputs": [{"type": "journald", "id": "x"}],
    "ca_certificate": "-----BEGIN CERTIFICATE-----",
    "settings": {},
}


def inventory(**hosts: dict[str, t.Any]) -> Inventory:
    return Inventory(GROUPS, {name: hosts.get(name, {}) for name in GROUPS["observability_hosts"]})


def found(host: str, paths: object = None, disabled: object = (), extra: object = ()) -> dict[str, dict[str, t.Any]]:
    items = inputs(inventory(), host, paths or {}, disabled, extra)
    return {item["id"]: item for item in items}


@pytest.mark.parametrize(
    ("host", "ids"),
    [
        ("web1", ["ets-app", "ets-nginx_access", "ets-nginx_error", "ets-container", "ets-system"]),
        ("db1", ["ets-postgresql_json", "ets-postgresql_text", "ets-system"]),
        ("lb1", ["ets-haproxy", "ets-system"]),
        ("log1", ["ets-system"]),
    ],
)
def test_a_host_has_the_logs_of_its_groups(host: str, ids: list[str]) -> None:
    assert list(found(host)) == ids


def test_only_the_two_inputs_that_stay_are_used() -> None:
    assert {item["type"] for host in GROUPS["observability_hosts"] for item in found(host).values()} == {
        "filestream",
        "journald",
    }


def test_files_of_any_size_are_read() -> None:
    """By default 9 tells files by their first 1024 bytes, and waits for them."""
    files = [item for item in [*found("web1").values(), *found("db1").values()] if item["type"] == "filestream"]
    assert len(files) == 6
    for item in files:
        assert item["file_identity.native"] is None
        assert "file_identity.native" in item
        assert item["prospector.scanner.fingerprint.enabled"] is False


def test_every_source_is_one_that_the_pipeline_knows() -> None:
    known = {"app", "nginx_access", "nginx_error", "postgresql", "haproxy", "container", "system"}
    assert {source.source for source in SOURCES} == known
    assert found("db1")["ets-postgresql_text"]["fields"] == {"ets_source": "postgresql"}


def test_a_statement_of_several_lines_is_one_event() -> None:
    (parser,) = found("db1")["ets-postgresql_text"]["parsers"]
    assert (parser["multiline"]["negate"], parser["multiline"]["match"]) == (True, "after")


def test_what_has_its_own_input_is_not_read_twice() -> None:
    system = found("lb1")["ets-system"]
    assert system["processors"] == [{"drop_event": {"when": {"equals": {"syslog.identifier": "haproxy"}}}}]
    assert found("lb1")["ets-haproxy"] == {
        "type": "journald",
        "id": "ets-haproxy",
        "fields": {"ets_source": "haproxy"},
        "syslog_identifiers": ["haproxy"],
    }
    # Its lines in a file are not in the journal, or are meant to be read from both.
    files = found("lb1", {"haproxy": ["/var/log/haproxy.log"]})
    assert files["ets-haproxy"]["type"] == "filestream"
    assert "processors" not in files["ets-system"]
    assert "processors" not in found("lb1", disabled=["haproxy"])["ets-system"]


def test_paths_and_further_inputs() -> None:
    mine = {"type": "filestream", "id": "payments", "paths": ["/var/log/payments.log"]}
    items = found("log1", {"system": ["/var/log/syslog"]}, extra=[mine, {"type": "udp", "id": "udp", "host": ":514"}])
    assert items["ets-system"]["paths"] == ["/var/log/syslog"]
    assert items["payments"]["file_identity.native"] is None
    assert items["udp"] == {"type": "udp", "id": "udp", "host": ":514"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"paths": {"apps": []}}, "'apps'"),
        ({"paths": {"app": ["log/x"]}}, "filebeat_paths.app has 'log/x'; expected an absolute path"),
        ({"disabled": ["nginx"]}, "filebeat_sources_disabled names 'nginx'; did you mean"),
        ({"extra": [{"type": "filestream"}]}, "filebeat_extra_inputs[0].id is nothing"),
        ({"extra": [{"type": "log", "id": "x"}]}, "filebeat_extra_inputs[0].type is 'log'"),
        ({"extra": [{"type": "udp", "id": "ets-system"}]}, "the id 'ets-system' is there twice"),
    ],
)
def test_what_is_refused(arguments: dict[str, t.Any], words: str) -> None:
    with pytest.raises(InputError) as error:
        found("web1", **arguments)
    assert words in str(error.value)


def test_logstash_servers_of_the_environment_in_a_stable_order() -> None:
    both = inventory(log1={"observability_address": "2001:db8::1", "logstash_beats_port": 5045})
    assert logstash_hosts(both, "web1") == ["[2001:db8::1]:5045", "log2:5044"]
    other = inventory(log1={"observability_environment": "staging"})
    assert logstash_hosts(other, "web1") == ["log2:5044"]
    assert logstash_hosts(inventory(web1={"observability_environment": "none"}), "web1") == []


def test_good_settings() -> None:
    assert list(problems(GOOD)) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"logstash_hosts": []}, "filebeat_logstash_hosts: found none"),
        ({"logstash_hosts": ["https://log1:5044"]}, "expected an address and a port"),
        ({"logstash_hosts": ["log1"]}, "expected an address and a port"),
        ({"inputs": []}, "nothing is left to read"),
        ({"ca_certificate": ""}, "filebeat_ca_certificate: found nothing"),
        ({"client_cert_file": "/x.crt"}, "found one of them"),
        ({"settings": {"output.elasticsearch": {}}}, "found 'output.elasticsearch'"),
        ({"settings": {"filebeat.inputs": []}}, "found 'filebeat.inputs'"),
    ],
)
def test_what_is_wrong_with_the_settings(changes: dict[str, t.Any], words: str) -> None:
    (sentence,) = problems({**GOOD, **changes})
    assert words in sentence

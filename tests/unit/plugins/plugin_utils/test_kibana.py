# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kibana's settings, and what is wrong with them."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.enterprise_tickets.observability.plugins.filter import kibana

KEY = "example-0123456789-abcdef-0123456789"
GOOD: t.Final[dict[str, t.Any]] = {
    "version": "9.1.5",
    "previous_version": "",
    "external_url": "https://logs.example.com/kibana",
    "route_prefix": "",
    "ca_certificate": "-----BEGIN CERTIFICATE-----",
    "tls_cert_file": "",
    "elasticsearch_hosts": ["https://es1.example.com:9200"],
    "elasticsearch_user": "kibana_system",
    "elasticsearch_password": "example-password",
    "security_key": KEY,
    "saved_objects_key": KEY,
    "reporting_key": KEY,
    "log_level": "info",
    "settings": {"savedObjects.maxImportPayloadBytes": 1},
    "secret_settings": {"xpack": {"actions": {"token": "example"}}},
    "object_files": [],
    "content_password": "",
}


def test_good_settings() -> None:
    assert kibana.kibana_problems(GOOD) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"elasticsearch_password": ""}, "kibana_elasticsearch_password: found nothing"),
        ({"elasticsearch_password": "short"}, "kibana_elasticsearch_password: found 5 characters, expected 12"),
        ({"elasticsearch_password": "changeme-changeme"}, "kibana_elasticsearch_password: found a value that stands"),
        ({"security_key": ""}, "kibana_security_key: found nothing"),
        ({"security_key": 12345678901234567890}, "kibana_security_key: found no text"),
        ({"saved_objects_key": KEY[:31]}, "kibana_saved_objects_key: found 31 characters, expected 32"),
        ({"reporting_key": "a" * 32}, "kibana_reporting_key: found a value that stands in examples"),
        ({"reporting_key": "something_at_least_32_characters"}, "kibana_reporting_key: found a value that stands"),
        ({"elasticsearch_user": "elastic"}, "kibana_elasticsearch_user: found 'elastic'"),
        ({"elasticsearch_hosts": []}, "kibana_elasticsearch_hosts: found nothing"),
        ({"elasticsearch_hosts": ["http://es1:9200"]}, "found 'http://es1:9200', expected https"),
        ({"ca_certificate": ""}, "observability_ca_certificate: found nothing"),
        ({"external_url": "logs.example.com"}, "kibana_external_url: found 'logs.example.com'"),
        ({"external_url": "https://a:b@logs.example.com"}, "kibana_external_url: found"),
        ({"route_prefix": "/logs"}, "kibana_route_prefix: found '/logs', expected the path of kibana_external_url"),
        ({"log_level": "loud"}, "kibana_log_level: found 'loud'"),
        ({"settings": {"server": {"port": 1}}}, "kibana_settings: server.port is what kibana_port is for"),
        ({"settings": {"xpack.a.token": "x"}}, "kibana_settings: xpack.a.token is a secret"),
        (
            {"secret_settings": {"elasticsearch.password": "x"}},
            "kibana_secret_settings: elasticsearch.password is what",
        ),
        ({"previous_version": "8.18.3"}, "kibana_version: 9.1.5 would follow 8.18.3; expected 8.19 in between"),
        ({"object_files": ["/none.ndjson"], "content_password": "x"}, "/none.ndjson cannot be read"),
    ],
)
def test_one_bad_setting_is_one_sentence(change: dict[str, t.Any], message: str) -> None:
    (problem,) = kibana.kibana_problems({**GOOD, **change})
    assert message in problem


def test_steps_that_kibana_takes() -> None:
    for before, version in (("8.19.5", "9.1.5"), ("8.18.3", "8.19.5"), ("9.0.1", "9.1.5")):
        assert kibana.kibana_problems({**GOOD, "previous_version": before, "version": version}) == []


def test_files_of_saved_objects(tmp_path: Path) -> None:
    query = {"type": "query", "id": "a", "attributes": {}, "typeMigrationVersion": "10.1.0", "references": []}
    good, bad, twin = tmp_path / "good.ndjson", tmp_path / "bad.ndjson", tmp_path / "more" / "good.ndjson"
    good.write_text(json.dumps(query))
    given = {**GOOD, "object_files": [str(good)]}
    (problem,) = kibana.kibana_problems(given)
    assert problem.startswith("kibana_content_password: found nothing")
    given["content_password"] = "example-password"
    assert kibana.kibana_problems(given) == []
    dangling = {**query, "id": "b", "references": [{"type": "index-pattern", "id": "none", "name": "x"}]}
    bad.write_text("\n".join([json.dumps(dangling), json.dumps({**query, "type": "config", "id": "9"})]))
    first, second = kibana.kibana_problems({**given, "object_files": [str(good), str(bad)]})
    assert "config 9; expected a type of dashboard" in first
    assert "query b refers to index-pattern none (x), which is not among the objects" in second
    twin.parent.mkdir()
    twin.write_text(json.dumps({**query, "id": "c"}))
    (problem,) = kibana.kibana_problems({**given, "object_files": [str(good), str(twin)]})
    assert "2 files are called 'good.ndjson'" in problem


def test_the_collections_own_files_hold_together() -> None:
    files = sorted((Path(__file__).parents[4] / "roles" / "kibana" / "files" / "saved_objects").glob("*.ndjson"))
    assert len(files) == 6
    given = {**GOOD, "object_files": [str(path) for path in files], "content_password": "example-password"}
    assert kibana.kibana_problems(given) == []
    assert set(kibana.kibana_object_files([str(path) for path in files])) == {path.name for path in files}


def test_a_file_that_cannot_be_read() -> None:
    with pytest.raises(AnsibleFilterError, match=r"none\.ndjson cannot be read"):
        kibana.kibana_object_files(["/none.ndjson"])


def test_settings_over_others() -> None:
    base = {"server.port": 1, "server.name": "a", "server.basePath": None, "telemetry.optIn": False}
    more = {"server": {"name": "b"}, "telemetry.optIn": None, "logging.loggers": [{"name": "x"}]}
    assert kibana.kibana_config(base, more) == {
        "server.port": 1,
        "server.name": "b",
        "logging.loggers": [{"name": "x"}],
    }

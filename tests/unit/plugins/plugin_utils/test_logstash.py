# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils import _logstash
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._logstash import (
    Defaults,
    heap_size,
    layout,
    problems,
    size,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import InputError

ROOT = Path(__file__).parents[4]
SHIPPED = ROOT / "roles" / "logstash" / "files" / "pipeline"
DEFAULTS = Defaults("1gb", "64mb", "512mb")
GOOD: dict[str, t.Any] = {
    "pipelines": [{"id": "tickets"}],
    "shipped": str(SHIPPED),
    "heap_size": "1g",
    "queue_max_bytes": "1gb",
    "queue_page_capacity": "64mb",
    "dead_letter_queue_max_bytes": "1gb",
    "settings": {},
    "secrets": {},
    "hmac_key": "0123456789abcdef0123456789abcdef",
    "elasticsearch_hosts": ["https://192.0.2.1:9200"],
    "elasticsearch_password": "not-a-real-password",
    "ca_certificate": "-----BEGIN CERTIFICATE-----",
    "tls_cert_file": "",
    "tls_key_file": "",
}


@pytest.fixture
def payments(tmp_path: Path) -> str:
    """A pipeline of the user."""
    (tmp_path / "patterns").mkdir()
    (tmp_path / "main.conf").write_text("input { stdin { } }")
    (tmp_path / "patterns" / "own").write_text("WORD \\w+")
    (tmp_path / ".swap").write_text("")
    return str(tmp_path)


@pytest.mark.parametrize(("text", "number"), [("64mb", 1 << 26), ("1GB", 1 << 30), ("5 b", 5)])
def test_sizes(text: str, number: int) -> None:
    assert size(text, "x") == number


@pytest.mark.parametrize("text", ["64", 64, "mb", "-1mb", "1m", None])
def test_bad_sizes(text: object) -> None:
    with pytest.raises(InputError, match=r"^x is .*; expected a size with its unit"):
        size(text, "x")


@pytest.mark.parametrize("text", ["1gb", "0g", "50%", 1, ""])
def test_bad_heaps(text: object) -> None:
    with pytest.raises(InputError, match=r"^logstash_heap_size is"):
        heap_size(text)


def test_the_own_pipeline_and_one_of_the_user(payments: str) -> None:
    pipelines = [
        {"id": "tickets", "settings": {"pipeline.workers": 2}},
        {"id": "payments", "path": payments, "settings": {"queue.max_bytes": "4gb", "dead_letter_queue.enable": False}},
    ]
    found = layout(pipelines, DEFAULTS, "/etc/logstash/pipelines", str(SHIPPED), "logstash")
    assert yaml.safe_load(found["text"]) == [
        {"pipeline.id": "tickets", "path.config": "/etc/logstash/pipelines/tickets/*.conf", "pipeline.workers": 2},
        {
            "pipeline.id": "payments",
            "path.config": "/etc/logstash/pipelines/payments/*.conf",
            "queue.max_bytes": "4gb",
            "dead_letter_queue.enable": False,
        },
    ]
    assert json.loads("".join(line for line in found["text"].splitlines() if not line.startswith("#")))
    files = {item["dest"].removeprefix("/etc/logstash/pipelines/"): item["on_change"] for item in found["files"]}
    assert files["tickets/80-anonymise.conf"] == "reload"
    assert files["tickets/scripts/anonymise.rb"] == "restart"
    assert {name: files[name] for name in files if name.startswith("payments")} == {
        "payments/main.conf": "reload",
        "payments/patterns/own": "restart",
    }
    assert {item["path"] for item in found["directories"]} == {
        f"/etc/logstash/pipelines{path}"
        for path in ("", "/payments", "/payments/patterns", "/tickets", "/tickets/patterns", "/tickets/scripts")
    }
    assert found["queue_bytes"] == {"tickets": (1 << 30) + (1 << 29), "payments": 4 << 30}
    assert found["shipped"] == "/etc/logstash/pipelines/tickets"


def test_without_the_own_pipeline(payments: str) -> None:
    found = layout([{"id": "payments", "path": payments}], DEFAULTS, "/p", str(SHIPPED), "logstash")
    assert found["shipped"] == ""
    assert problems({**GOOD, "pipelines": [{"id": "p", "path": payments}], "hmac_key": "", "ca_certificate": ""}) == []


def test_good_settings() -> None:
    assert problems(GOOD) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"pipelines": [{"id": "a"}, {"id": "a"}]}, "logstash_pipelines[1].id is 'a', as that of another pipeline"),
        ({"pipelines": [{"id": "a"}, {"id": "b"}]}, "a and b have no path"),
        ({"pipelines": [{"id": "a b"}]}, "logstash_pipelines[0].id is 'a b'"),
        ({"pipelines": [{"id": "a", "file": "x"}]}, "'file'"),
        ({"pipelines": [{"id": "a", "settings": {"pipeline.worker": 1}}]}, "did you mean 'pipeline.workers'?"),
        ({"pipelines": [{"id": "a", "path": "/nowhere"}]}, "the path of a is '/nowhere'"),
        ({"pipelines": []}, "logstash_pipelines is empty"),
        ({"queue_page_capacity": "2gb"}, "logstash_queue_page_capacity: found 2gb for the pipeline tickets"),
        ({"pipelines": [{"id": "a", "settings": {"queue.max_bytes": "1mb"}}]}, "expected at most its queue's 1mb"),
        ({"queue_max_bytes": "many"}, "logstash_queue_max_bytes is 'many'"),
        ({"heap_size": "32g"}, "logstash_heap_size: found 32g, expected at most 31g"),
        ({"heap_size": "1gb"}, "logstash_heap_size is '1gb'"),
        ({"hmac_key": ""}, "logstash_hmac_key: found nothing"),
        ({"hmac_key": "short"}, "logstash_hmac_key: found 5 characters, expected 32"),
        ({"hmac_key": "ü" * 32}, "logstash_hmac_key: found a character that is not ASCII"),
        ({"elasticsearch_password": "changeme"}, "logstash_elasticsearch_password: found a value that stands in"),
        ({"elasticsearch_hosts": []}, "logstash_elasticsearch_hosts: found none"),
        ({"elasticsearch_hosts": ["http://192.0.2.1:9200"]}, "expected an address with https://"),
        ({"tls_cert_file": "/x.crt"}, "logstash_tls_cert_file and logstash_tls_key_file: found one of them"),
        ({"ca_certificate": ""}, "logstash_ca_certificate: found nothing"),
        ({"settings": {"queue.max_bytes": "1gb"}}, "this is what logstash_queue_max_bytes is for"),
        ({"settings": {"config.reload.automatic": True}}, "the role reloads"),
        ({"settings": {"http.port": 9600}}, "which Logstash 9 does not know any more"),
        ({"secrets": {"A-B": "x"}}, "logstash_secrets: 'A-B' is no name of the keystore"),
        ({"secrets": {"ets_hmac_key": "x"}}, "logstash_secrets.ets_hmac_key: the collection's own pipeline"),
        ({"secrets": {"TOKEN": ""}}, "logstash_secrets.TOKEN: found nothing"),
    ],
)
def test_what_is_refused(changes: dict[str, t.Any], words: str) -> None:
    found = problems({**GOOD, **changes})
    assert [sentence for sentence in found if words in sentence], found
    assert len(found) == 1


def test_no_secret_is_shown() -> None:
    found = problems({**GOOD, "hmac_key": "sesame", "elasticsearch_password": "sesame", "secrets": {"X": "ü-sesame"}})
    assert len(found) == 3
    assert "sesame" not in "".join(found)


def test_what_a_pipeline_may_set_is_all_of_logstash() -> None:
    assert _logstash.PIPELINE_SETTINGS.isdisjoint({"pipeline.id", "path.config", "config.string"})

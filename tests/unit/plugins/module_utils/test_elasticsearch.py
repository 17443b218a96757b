# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resources of Elasticsearch, against a stub of its HTTP API.

The stub is no Elasticsearch. It stores bodies, answers in the shapes of elasticsearch-specification (8.19) with the
defaults that the real one adds, and refuses what the list in `_refusal` says.
"""

from __future__ import annotations

import base64
import copy
import json
import threading
import typing as t
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._elasticsearch import (
    Elasticsearch,
    ElasticsearchError,
    Wish,
    bring,
    flat_settings,
    reason,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._rest import Login
from ansible_collections.enterprise_tickets.observability.plugins.modules import elasticsearch_resource

ADMIN: t.Final = ("elastic", "admin-password")
MAPPINGS: t.Final = {"template": {"mappings": {"properties": {"a": {"type": "long"}}}}}
SETTINGS: t.Final = {"template": {"settings": {"number_of_shards": 1, "index": {"hidden": False}}}}
TEMPLATE: t.Final = {"index_patterns": ["logs-x-*"], "data_stream": {}, "composed_of": ["m"], "priority": 501}
POLICY: t.Final = {
    "policy": {
        "phases": {
            "hot": {"actions": {"rollover": {"max_age": "1d"}}},
            "delete": {"min_age": "29d", "actions": {"delete": {}}},
        }
    }
}
ROLE: t.Final = {"cluster": ["monitor"], "indices": [{"names": ["logs-*"], "privileges": ["read", "create_doc"]}]}

KEYS: t.Final = {
    "_component_template": {"template", "version", "_meta"},
    "_index_template": {
        *("index_patterns", "template", "composed_of", "priority", "version", "_meta", "data_stream"),
        *("allow_auto_create", "ignore_missing_component_templates"),
    },
    "policy": {"policy"},
    "pipeline": {"description", "processors", "on_failure", "version", "_meta"},
    "role": {"cluster", "indices", "applications", "run_as", "metadata", "global", "description"},
    "user": {"password", "roles", "full_name", "email", "metadata", "enabled"},
}


class Stub:
    """What the stub holds, and what it was asked."""

    def __init__(self) -> None:
        self.bodies: dict[str, dict[str, t.Any]] = {}
        self.settings: dict[str, str] = {"cluster.max_shards_per_node": "2000"}
        self.passwords = dict([ADMIN])
        self.written: list[str] = []
        self.bodies["/_security/user/kibana_system"] = {
            "roles": ["kibana_system"],
            "metadata": {"_reserved": True},
            "enabled": True,
        }
        self.passwords["kibana_system"] = "unknown-to-everybody"

    def request(self, method: str, path: str, body: t.Any, user: str) -> tuple[int, t.Any]:
        if path == "/_security/_authenticate":
            return 200, {"username": user, "roles": [], "enabled": True, "metadata": {}}
        if method != "GET":
            self.written.append(f"{method} {path}")
        if path.startswith("/_cluster/settings"):
            return self._settings(method, body)
        if path.endswith("/_password"):
            self.passwords[path.split("/")[-2]] = body["password"]
            return 200, {}
        kind, name = path.split("/")[-2], unquote(path.split("/")[-1])
        if method == "GET":
            return self._get(path, kind, name)
        if method == "DELETE":
            used = [other for other, that in self.bodies.items() if name in that.get("composed_of", [])]
            if kind == "_component_template" and used:
                return _error(400, "component templates [m] cannot be removed as they are still in use")
            return (200, {"acknowledged": True}) if self.bodies.pop(path, None) else _error(404, "missing")
        refusal = self._refusal(path, kind, name, body)
        if refusal:
            return _error(400, refusal)
        if "password" in body:
            self.passwords[name] = body["password"]
        self.bodies[path] = {key: value for key, value in body.items() if key != "password"}
        return 200, {"acknowledged": True}

    def _refusal(self, path: str, kind: str, name: str, body: t.Any) -> str:
        if unknown := set(body) - KEYS[kind]:
            return f"[1:2] unknown field {sorted(unknown)}"
        if kind == "_index_template":
            missing = [
                part for part in body.get("composed_of", []) if f"/_component_template/{part}" not in self.bodies
            ]
            if missing:
                return f"index template [{name}] invalid; component templates {missing} do not exist"
        if kind == "policy" and not set(body["policy"]["phases"]) <= {"hot", "warm", "cold", "frozen", "delete"}:
            return "Timeseries lifecycle does not support phase"
        if kind == "pipeline" and "processors" not in body:
            return "[processors] required property is missing"
        if kind == "user":
            if path in self.bodies and self.bodies[path].get("metadata", {}).get("_reserved"):
                return f"user [{name}] is reserved and only the password can be changed"
            if path not in self.bodies and "password" not in body:
                return "Validation Failed: 1: password must be specified unless you are updating an existing user"
            if len(body.get("password", "long enough")) < 6:
                return "Validation Failed: 1: passwords must be at least [6] characters long"
        return ""

    def _get(self, path: str, kind: str, name: str) -> tuple[int, t.Any]:
        if path not in self.bodies:
            return (404, {}) if kind in ("pipeline", "user", "role") else _error(404, f"{kind} [{name}] missing")
        body = copy.deepcopy(self.bodies[path])
        if kind in ("_component_template", "_index_template"):
            template = body.get("template", {})
            if "settings" in template:
                flat = flat_settings(template["settings"])
                template["settings"] = {"index": {key.removeprefix("index."): value for key, value in flat.items()}}
            if kind == "_index_template":
                body.setdefault("composed_of", [])
                body["data_stream"] = {"hidden": False, "allow_custom_routing": False, **body["data_stream"]}
            singular = kind.removeprefix("_")
            return 200, {f"{singular}s": [{"name": name, singular: body}]}
        if kind == "policy":
            for phase in body["policy"]["phases"].values():
                phase.setdefault("min_age", "0ms")
                if "delete" in phase["actions"]:
                    phase["actions"]["delete"] = {"delete_searchable_snapshot": True}
            return 200, {name: {"version": 1, "modified_date": "2026-11-25T00:00:00.000Z", **body, "in_use_by": {}}}
        if kind == "role":
            for index in body.get("indices", []):
                index["allow_restricted_indices"] = False
            added = {"applications": [], "run_as": [], "metadata": {}, "transient_metadata": {"enabled": True}}
            return 200, {name: {**added, **body}}
        if kind == "user":
            added = {"username": name, "full_name": None, "email": None, "metadata": {}, "enabled": True}
            return 200, {name: {**added, **body}}
        return 200, {name: body}

    def _settings(self, method: str, body: t.Any) -> tuple[int, t.Any]:
        if method == "PUT":
            for key, value in body["persistent"].items():
                if key == "no.such.setting":
                    return _error(400, f"persistent setting [{key}], not recognized")
                self.settings[key] = value
            self.settings = {key: value for key, value in self.settings.items() if value is not None}
        return 200, {"persistent": self.settings, "transient": {}}


def _error(status: int, words: str) -> tuple[int, t.Any]:
    return status, {"error": {"type": "some_exception", "reason": words}, "status": status}


@pytest.fixture
def stub() -> Stub:
    return Stub()


@pytest.fixture
def url(stub: Stub) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            scheme, _space, token = self.headers.get("Authorization", "").partition(" ")
            user, _colon, password = base64.b64decode(token).decode().partition(":")
            if scheme != "Basic" or stub.passwords.get(user) != password:
                status, answer = _error(401, f"unable to authenticate user [{user}] for REST request [{self.path}]")
            elif content and self.headers.get("Content-Type") != "application/json":
                status, answer = 406, {"error": "Content-Type header is not supported", "status": 406}
            elif user != ADMIN[0] and self.path != "/_security/_authenticate":
                status, answer = _error(403, f"action is unauthorized for user [{user}]")
            else:
                status, answer = stub.request(self.command, self.path, json.loads(content) if content else None, user)
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_PUT = do_POST = do_DELETE = _serve  # noqa: N815

        def log_message(self, *_arguments: t.Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def server(url: str) -> Elasticsearch:
    return Elasticsearch(url, Login(*ADMIN))


WISHES: t.Final = [
    Wish("component_template", "m", MAPPINGS),
    Wish("component_template", "s", SETTINGS),
    Wish("ilm_policy", "p", POLICY),
    Wish("index_template", "t", TEMPLATE),
    Wish("ingest_pipeline", "i", {"processors": [{"set": {"field": "a", "value": 1}}]}),
    Wish("role", "r", ROLE),
    Wish("user", "u", {"roles": ["r"]}, "user-password"),
    Wish("cluster_settings", "", {"cluster.routing.allocation.enable": "all", "action": {"auto_create_index": True}}),
]


def test_what_is_missing_is_made_and_a_second_time_nothing_is_written(stub: Stub, server: Elasticsearch) -> None:
    assert all(bring(server, wish, False).changed for wish in WISHES)
    stub.written.clear()
    assert [wish.name for wish in WISHES if bring(server, wish, False).changed] == []
    assert stub.written == []


def test_check_mode_writes_nothing_and_tells_the_same(stub: Stub, server: Elasticsearch) -> None:
    outcomes = [bring(server, wish, True) for wish in WISHES]
    assert stub.written == []
    assert [bring(server, wish, False) for wish in WISHES] == outcomes


@pytest.mark.parametrize(
    ("wish", "change"),
    [
        (WISHES[0], lambda body: body["template"]["mappings"]["properties"].update(b={"type": "ip"})),
        (WISHES[1], lambda body: body["template"]["settings"].update(number_of_shards=2)),
        (WISHES[2], lambda body: body["policy"]["phases"]["delete"].update(min_age="30d")),
        (WISHES[3], lambda body: body.update(priority=502)),
        (WISHES[4], lambda body: body.update(description="d")),
        (WISHES[5], lambda body: body["indices"][0]["privileges"].append("write")),
        (WISHES[6], lambda body: body.update(enabled=False)),
        (WISHES[7], lambda body: body.update({"cluster.routing.allocation.enable": "none"})),
    ],
    ids=lambda value: value.kind if isinstance(value, Wish) else "",
)
def test_a_difference_is_written(server: Elasticsearch, wish: Wish, change: Callable[[t.Any], None]) -> None:
    for each in WISHES:
        bring(server, each, False)
    body = copy.deepcopy(wish.body)
    change(body)
    changed = Wish(wish.kind, wish.name, body, wish.password)
    assert bring(server, changed, False).changed
    assert not bring(server, changed, False).changed


def test_what_is_to_go_goes_once(stub: Stub, server: Elasticsearch) -> None:
    bring(server, WISHES[0], False)
    gone = Wish("component_template", "m", None)
    assert bring(server, gone, True).changed
    assert bring(server, gone, False).changed
    assert not bring(server, gone, False).changed
    assert stub.written == ["PUT /_component_template/m", "DELETE /_component_template/m"]


def test_a_password_is_set_only_when_it_does_not_fit(stub: Stub, server: Elasticsearch) -> None:
    bring(server, WISHES[6], False)
    outcome = bring(server, Wish("user", "u", {"roles": ["r"]}, "another-password"), False)
    assert (outcome.changed, outcome.password_changed, outcome.before) == (True, True, outcome.after)
    assert stub.passwords["u"] == "another-password"
    assert "password" not in str(outcome.after)
    assert not bring(server, Wish("user", "u", {"roles": ["r"]}), False).changed


def test_of_a_reserved_user_only_the_password_is_changed(stub: Stub, server: Elasticsearch) -> None:
    wish = Wish("user", "kibana_system", {}, "kibana-password")
    assert bring(server, wish, False).changed
    assert stub.written == ["POST /_security/user/kibana_system/_password"]
    assert not bring(server, wish, False).changed


def test_other_settings_stay_and_null_removes(stub: Stub, server: Elasticsearch) -> None:
    bring(server, Wish("cluster_settings", "", {"a.b": 1}), False)
    assert stub.settings == {"cluster.max_shards_per_node": "2000", "a.b": "1"}
    assert bring(server, Wish("cluster_settings", "", {"a.b": None}), False).changed
    assert not bring(server, Wish("cluster_settings", "", {"a.b": None}), False).changed
    assert stub.settings == {"cluster.max_shards_per_node": "2000"}


def test_a_name_cannot_leave_its_place(stub: Stub, server: Elasticsearch) -> None:
    bring(server, Wish("ingest_pipeline", "../_cluster/x", {"processors": []}), False)
    assert stub.written == ["PUT /_ingest/pipeline/..%2F_cluster%2Fx"]


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        (WISHES[3], r"PUT /_index_template/t: 400 .*\['m'\] do not exist"),
        (Wish("component_template", "m", {"tempalte": {}}), "unknown field.*tempalte"),
        (Wish("user", "u", {"roles": []}), "u does not exist, and a new one needs a password"),
        (Wish("user", "u", {"password": "x"}), "belongs into the option password"),
        (Wish("user", "", {}), "a user needs a name"),
        (Wish("role", "r", {}, "secret"), "a role has no password"),
        (Wish("cluster_settings", "x", {}), "have no name"),
        (Wish("cluster_settings", "", None), "never absent"),
        (Wish("cluster_settings", "", {"no.such.setting": 1}), "not recognized"),
    ],
)
def test_what_is_wrong_is_said(server: Elasticsearch, wish: Wish, message: str) -> None:
    with pytest.raises(ElasticsearchError, match=message):
        bring(server, wish, False)


def test_a_wrong_password_is_said_without_it(url: str) -> None:
    with pytest.raises(ElasticsearchError, match="401 unable to authenticate user") as caught:
        bring(Elasticsearch(url, Login("elastic", "wrong-password")), WISHES[0], False)
    assert "wrong-password" not in str(caught.value)


@pytest.mark.parametrize("url", ["https://a:b@es:9200", "es:9200", "https://es:port", "ftp://es", "https://es?x=1"])
def test_a_wrong_url_is_refused(url: str) -> None:
    with pytest.raises(ElasticsearchError, match="the URL is no"):
        Elasticsearch(url, Login())


def test_no_password_goes_over_the_network_in_clear_text() -> None:
    with pytest.raises(ElasticsearchError, match="clear text; use https"):
        Elasticsearch("http://es1.example.com:9200", Login(*ADMIN))


def test_who_is_not_there_is_named() -> None:
    with pytest.raises(ElasticsearchError, match=r"http://127\.0\.0\.1:9 cannot be reached: "):
        Elasticsearch("http://127.0.0.1:9", Login(), timeout=5).find("/")


def test_a_certificate_is_verified(url: str) -> None:
    with pytest.raises(ElasticsearchError, match="cannot be reached"):
        Elasticsearch(url.replace("http:", "https:"), Login(), timeout=5).find("/")


def test_the_causes_of_an_error_are_shown_once() -> None:
    error = {"reason": "a", "caused_by": {"reason": "b", "caused_by": {"reason": "a"}}}
    assert reason({"error": error}) == "a; b"
    assert reason({"error": "words"}) == "words"
    assert reason([]) == "without a reason"


def run(capsys: pytest.CaptureFixture[str], arguments: dict[str, t.Any]) -> dict[str, t.Any]:
    """What the module returns."""
    with patch_module_args(arguments), pytest.raises(SystemExit):
        elasticsearch_resource.main()
    result = json.loads(capsys.readouterr().out)
    assert isinstance(result, dict)
    return result


def test_the_module(url: str, stub: Stub, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "password").write_text(f"{ADMIN[1]}\n")
    arguments = {
        "url": url,
        "user": ADMIN[0],
        "password_file": str(tmp_path / "password"),
        "resources": [
            {"kind": "ilm_policy", "name": "p", "body": POLICY},
            {"kind": "user", "name": "u", "body": {"roles": []}, "password": "user-password"},
        ],
    }
    first = run(capsys, {**arguments, "_ansible_check_mode": True})
    assert (first["changed"], stub.written) == (True, [])
    second = run(capsys, arguments)
    assert second["changes"] == first["changes"] == ["ilm_policy p", "user u"]
    assert second["diff"] == first["diff"]
    assert "user-password" not in str(second)
    assert ADMIN[1] not in str(second)
    assert run(capsys, arguments)["changed"] is False


def test_nothing_is_written_while_one_resource_is_wrong(
    url: str, stub: Stub, capsys: pytest.CaptureFixture[str]
) -> None:
    resources = [{"kind": "ilm_policy", "name": "p", "body": POLICY}, {"kind": "role", "body": {}}]
    result = run(capsys, {"url": url, "user": ADMIN[0], "password": ADMIN[1], "resources": resources})
    assert result["failed"]
    assert result["msg"] == "role: a role needs a name"
    assert stub.written == []


def test_a_failure_tells_what_was_done_before(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    resources = [
        {"kind": "ilm_policy", "name": "p", "body": POLICY},
        {"kind": "index_template", "name": "t", "body": TEMPLATE},
    ]
    result = run(capsys, {"url": url, "user": ADMIN[0], "password": ADMIN[1], "resources": resources})
    assert (result["failed"], result["changed"], result["changes"]) == (True, True, ["ilm_policy p"])
    assert result["msg"].startswith("index_template t: PUT /_index_template/t: 400 index template [t] invalid")

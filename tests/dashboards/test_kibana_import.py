# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module kibana_saved_objects, against the HTTP API of the stub of Kibana (see its REFUSES.md)."""

from __future__ import annotations

import base64
import copy
import json
import threading
import typing as t
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.enterprise_tickets.observability.plugins.module_utils import _kibana, _kibana_objects
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._rest import Login, RestError
from ansible_collections.enterprise_tickets.observability.plugins.modules import kibana_saved_objects

ROOT = Path(__file__).parents[2]
STUB = ROOT / "tests/vendor_stubs/packages/elastic/kibana/root/usr/share/kibana/bin/kibana"
TAG = _kibana.Tag("ets", "Enterprise Tickets")
PASSWORD = "not-a-real-password"
USERS = {"ets_kibana": ["ets_kibana"], "reader": ["viewer"]}

Json = dict[str, t.Any]


def load_stub() -> t.Any:
    loader = SourceFileLoader("kibana_stub", str(STUB))
    specification = spec_from_loader("kibana_stub", loader)
    assert specification
    module = module_from_spec(specification)
    loader.exec_module(module)
    return module


STUB_MODULE = load_stub()


class Lab:
    """A stub that runs."""

    def __init__(self) -> None:
        self.store = STUB_MODULE.Store()
        self.state = "available"
        self.paths: list[str] = []
        lab = self

        class Handler(STUB_MODULE.Handler):  # type: ignore[misc,name-defined]
            store = lab.store

            def who(self, authorization: str) -> Json | None:
                login = base64.b64decode(authorization.partition(" ")[2]).decode()
                user, _, password = login.partition(":")
                return {"roles": USERS[user]} if password == PASSWORD and user in USERS else None

            def level(self) -> str:
                return lab.state

            def log_request(self, *_arguments: t.Any) -> None:
                if self.command == "POST":
                    lab.paths.append(self.path)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def space(self) -> dict[str, Json]:
        return self.store.space("default")

    def kibana(self, user: str = "ets_kibana", password: str = PASSWORD, space: str = "default") -> _kibana.Kibana:
        return _kibana.Kibana(self.url, Login(user, password), space=space)

    def bring(self, objects: list[Json], check_mode: bool = False) -> list[str]:
        return [str(change) for change in _kibana.bring(self.kibana(), objects, TAG, check_mode)]


@pytest.fixture
def lab() -> Iterator[Lab]:
    made = Lab()
    yield made
    made.server.shutdown()
    made.server.server_close()


VIEW: Json = {
    "type": "index-pattern",
    "id": "logs",
    "attributes": {"title": "logs-*", "fieldAttrs": "{}"},
    "references": [],
    "coreMigrationVersion": "8.8.0",
    "typeMigrationVersion": "8.0.0",
}
INDEX = "kibanaSavedObjectMeta.searchSourceJSON.index"
SEARCH: Json = {
    "type": "search",
    "id": "newest",
    "attributes": {
        "title": "Newest",
        "kibanaSavedObjectMeta": {"searchSourceJSON": json.dumps({"indexRefName": INDEX})},
    },
    "references": [{"type": "index-pattern", "id": "logs", "name": INDEX}],
    "coreMigrationVersion": "8.8.0",
    "typeMigrationVersion": "10.5.0",
}
PANEL = {"type": "search", "panelIndex": "p", "panelRefName": "panel_p", "gridData": {}, "embeddableConfig": {}}
DASHBOARD: Json = {
    "type": "dashboard",
    "id": "overview",
    "attributes": {"title": "Overview", "version": 1, "panelsJSON": json.dumps([PANEL])},
    "references": [{"type": "search", "id": "newest", "name": "p:panel_p"}],
    "coreMigrationVersion": "8.8.0",
    "typeMigrationVersion": "8.9.0",
}


def objects() -> list[Json]:
    return copy.deepcopy([VIEW, SEARCH, DASHBOARD])


class TestBringing:
    def test_the_first_run_imports_and_the_second_only_asks(self, lab: Lab) -> None:
        assert lab.bring(objects()) == [
            "index-pattern logs: is new",
            "search newest: is new",
            "dashboard overview: is new",
        ]
        assert set(lab.space) == {"index-pattern:logs", "search:newest", "dashboard:overview", "tag:ets"}
        assert all(item["managed"] for item in lab.space.values())
        lab.paths.clear()
        assert lab.bring(objects()) == []
        assert lab.paths == ["/api/saved_objects/_export"]

    def test_check_mode_changes_nothing(self, lab: Lab) -> None:
        assert len(lab.bring(objects(), check_mode=True)) == 3
        assert lab.space == {}

    def test_what_is_no_longer_given_goes_and_what_is_foreign_stays(self, lab: Lab) -> None:
        lab.bring(objects())
        foreign = {**copy.deepcopy(VIEW), "id": "foreign", "references": []}
        lab.space["index-pattern:foreign"] = foreign
        assert lab.bring(objects()[:2]) == ["dashboard overview: is no longer wanted"]
        assert set(lab.space) == {"index-pattern:logs", "search:newest", "index-pattern:foreign", "tag:ets"}
        assert lab.bring(objects()[:2]) == []

    def test_a_changed_file_is_imported_alone(self, lab: Lab) -> None:
        lab.bring(objects())
        before = lab.space["search:newest"]["version"]
        changed = objects()
        changed[2]["attributes"]["title"] = "Summary"
        assert lab.bring(changed) == ["dashboard overview: its file has changed"]
        assert lab.space["dashboard:overview"]["attributes"]["title"] == "Summary"
        assert lab.space["search:newest"]["version"] == before

    def test_what_somebody_has_changed_is_changed_back(self, lab: Lab) -> None:
        lab.bring(objects())
        lab.space["dashboard:overview"]["attributes"]["title"] = "Mine"
        assert lab.bring(objects()) == ["dashboard overview: was changed in Kibana"]
        assert lab.space["dashboard:overview"]["attributes"]["title"] == "Overview"
        assert lab.bring(objects()) == []

    def test_what_somebody_has_deleted_comes_back(self, lab: Lab) -> None:
        lab.bring(objects())
        del lab.space["search:newest"]
        assert lab.bring(objects()) == ["search newest: is new"]

    def test_a_lost_tag_is_a_reason_to_import(self, lab: Lab) -> None:
        """As after saving a query in Kibana, which writes its references anew."""
        lab.bring(objects())
        lab.space["search:newest"]["references"] = []
        assert lab.bring(objects()) == ["search newest: is new"]
        del lab.space["tag:ets"]
        assert len(lab.bring(objects())) == 3
        assert lab.bring(objects()) == []

    def test_the_use_of_fields_is_no_change(self, lab: Lab) -> None:
        lab.bring(objects())
        lab.space["index-pattern:logs"]["attributes"]["fieldAttrs"] = '{"host.name":{"count":7}}'
        assert lab.bring(objects()) == []

    def test_another_name_of_the_tag(self, lab: Lab) -> None:
        lab.bring(objects())
        other = _kibana.Tag("ets", "Tickets")
        assert len(_kibana.bring(lab.kibana(), objects(), other, False)) == 1
        assert _kibana.bring(lab.kibana(), objects(), other, False) == []

    def test_spaces_are_apart(self, lab: Lab) -> None:
        _kibana.bring(lab.kibana(space="ops"), objects(), TAG, False)
        assert lab.space == {}
        assert len(lab.store.space("ops")) == 4

    def test_tags_are_apart(self, lab: Lab) -> None:
        lab.bring(objects())
        mine = {**copy.deepcopy(VIEW), "id": "mine"}
        _kibana.bring(lab.kibana(), [mine], _kibana.Tag("lab", "Lab"), False)
        assert lab.bring(objects()) == []
        assert "index-pattern:mine" in lab.space

    def test_a_run_that_was_cut_off_is_made_up_for(self, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
        lab.bring(objects())
        changed = objects()
        changed[2]["attributes"]["title"] = "Summary"
        original = _kibana.Kibana.export
        calls: list[int] = []

        def cut(self: _kibana.Kibana, tag: _kibana.Tag) -> list[Json]:
            calls.append(1)
            if len(calls) == 2:
                raise RestError("cut off")
            return original(self, tag)

        monkeypatch.setattr(_kibana.Kibana, "export", cut)
        with pytest.raises(RestError):
            lab.bring(changed)
        assert lab.bring(changed) == ["dashboard overview: its file has changed"]
        assert lab.bring(changed) == []


class TestRefusals:
    def test_wrong_password_and_missing_privilege_are_told_apart(self, lab: Lab) -> None:
        with pytest.raises(
            _kibana.KibanaError, match=r"refuses the user ets_kibana: the name or the password is wrong"
        ):
            _kibana.bring(lab.kibana(password="wrong"), objects(), TAG, False)
        with pytest.raises(_kibana.KibanaError, match=r"user reader may not do this.*Saved Objects Management"):
            _kibana.bring(lab.kibana("reader"), objects(), TAG, False)

    @pytest.mark.parametrize(
        ("kind", "change", "message"),
        [
            ("dashboard", {"typeMigrationVersion": "99.0.0"}, "dashboard overview: unknown .*more recent version"),
            ("dashboard", {"attributes": {"title": "x", "sections": []}}, "dashboard overview: .*sections"),
            (
                "search",
                {"references": [{"type": "search", "id": "none", "name": INDEX}]},
                "missing references .search none",
            ),
        ],
    )
    def test_errors_in_an_answer_with_status_200(self, lab: Lab, kind: str, change: Json, message: str) -> None:
        given = [{**item, **change} if item["type"] == kind else item for item in objects()]
        with pytest.raises(_kibana.KibanaError, match=message):
            lab.bring(given)

    def test_a_type_that_is_not_taken_care_of(self, lab: Lab) -> None:
        with pytest.raises(_kibana.KibanaError, match="config 9: expected one of the types dashboard"):
            lab.bring([{**copy.deepcopy(VIEW), "type": "config", "id": "9"}])

    def test_it_waits_for_available(self, lab: Lab) -> None:
        lab.kibana().wait_available(0)
        lab.state = "degraded"
        with pytest.raises(_kibana.KibanaError, match="not available after 0 s: degraded"):
            lab.kibana().wait_available(0)
        lab.state = "unavailable"
        with pytest.raises(_kibana.KibanaError, match="unavailable"):
            lab.kibana().wait_available(0)

    def test_nobody_there(self) -> None:
        with pytest.raises(_kibana.KibanaError, match=r"not available.*cannot be reached"):
            _kibana.Kibana("http://127.0.0.1:9", Login()).wait_available(0)

    def test_a_password_is_not_sent_in_clear_text(self) -> None:
        with pytest.raises(RestError, match="clear text"):
            _kibana.Kibana("http://kibana.example.com:5601", Login("ets_kibana", PASSWORD))


class TestFiles:
    def test_the_line_with_sums_is_left_out(self) -> None:
        content = json.dumps(VIEW) + "\n" + json.dumps({"exportedCount": 1}) + "\n\n"
        assert _kibana_objects.parse(content, "a.ndjson") == [VIEW]

    @pytest.mark.parametrize(
        ("line", "message"),
        [
            ("{", "a.ndjson, line 1 is no JSON"),
            ("[]", "a.ndjson, line 1 is no object"),
            ('{"id": "x"}', "line 1 has no type"),
            ('{"type": "query", "id": ""}', "line 1 has no id"),
            ('{"type": "query", "id": "x"}', r"query x\) has no attributes"),
            ('{"type": "query", "id": "x", "attributes": {}, "references": [{}]}', "references are not all"),
            ('{"type": "query", "id": "x", "attributes": {}}', "names no version"),
        ],
    )
    def test_what_is_no_saved_object(self, line: str, message: str) -> None:
        with pytest.raises(_kibana_objects.ObjectsError, match=message):
            _kibana_objects.parse(line, "a.ndjson")

    def test_what_holds_together(self) -> None:
        assert _kibana_objects.problems(objects()) == []

    def test_dangling_references_are_named(self) -> None:
        view, search, dashboard = objects()
        assert _kibana_objects.problems([view, dashboard]) == [
            "dashboard overview refers to search newest (p:panel_p), which is not among the objects"
        ]
        assert _kibana_objects.problems([view, view, search]) == [
            "index-pattern logs is there 2 times; expected one of it"
        ]
        dashboard["references"] = []
        assert _kibana_objects.problems([view, search, dashboard]) == [
            "dashboard overview uses the reference p:panel_p, which it does not list"
        ]
        search["references"] = []
        assert f"search newest uses the reference {INDEX}, which it does not list" in _kibana_objects.problems([search])

    def test_attributes_of_another_form(self) -> None:
        dashboard = objects()[2]
        dashboard["attributes"]["panelsJSON"] = [PANEL]
        (problem,) = _kibana_objects.problems([objects()[0], objects()[1], dashboard])
        assert problem.startswith("dashboard overview has attributes of another form")


class TestModule:
    def run(self, lab: Lab, capsys: pytest.CaptureFixture[str], **options: t.Any) -> Json:
        given = {
            "url": lab.url,
            "user": "ets_kibana",
            "password": PASSWORD,
            "wait": 0,
            "files": {"a.ndjson": "\n".join(json.dumps(item) for item in objects())},
            **options,
        }
        with patch_module_args(given), pytest.raises(SystemExit):
            kibana_saved_objects.main()
        return t.cast(Json, json.loads(capsys.readouterr().out))

    def test_changes_and_diff(self, lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
        first = self.run(lab, capsys)
        assert first["changed"]
        assert first["diff"]["before"] == ""
        assert "dashboard overview (Overview) is new" in first["diff"]["after"]
        assert not self.run(lab, capsys)["changed"]
        view = json.dumps(VIEW)
        removal = self.run(lab, capsys, files={"a.ndjson": view})
        assert "dashboard overview (Overview) is no longer wanted" in removal["diff"]["before"]

    def test_check_mode(self, lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
        result = self.run(lab, capsys, _ansible_check_mode=True)
        assert (result["changed"], lab.space) == (True, {})

    def test_dangling_references_are_refused_before_anything_is_asked(
        self, lab: Lab, capsys: pytest.CaptureFixture[str]
    ) -> None:
        result = self.run(lab, capsys, files={"a.ndjson": json.dumps(DASHBOARD)})
        assert result["failed"]
        assert "refers to search newest" in result["msg"]
        assert lab.paths == []

    def test_the_password_out_of_a_file(self, lab: Lab, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        file = tmp_path / "password"
        file.write_text(PASSWORD + "\n")
        assert self.run(lab, capsys, password="", password_file=str(file))["changed"]
        assert self.run(lab, capsys, password_file=str(file))["msg"].startswith("password and password_file are both")

    def test_what_the_collection_ships_is_imported(self, lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
        files = (ROOT / "roles" / "kibana" / "files" / "saved_objects").glob("*.ndjson")
        shipped = {path.name: path.read_text() for path in files}
        result = self.run(lab, capsys, files=shipped)
        assert sum(change.startswith("dashboard ") for change in result["changes"]) == 5
        assert not self.run(lab, capsys, files=shipped)["changed"]

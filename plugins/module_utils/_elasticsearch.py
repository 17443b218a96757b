# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Resources of Elasticsearch: what is there, what is wished, and the requests between them.

Shapes of requests and answers: elasticsearch-specification (cluster, indices, ilm, ingest, security), 8.19 and 9.x.
"""

from __future__ import annotations

import copy
import json
import typing as t
from dataclasses import dataclass
from urllib.parse import quote

from ansible_collections.enterprise_tickets.observability.plugins.module_utils._rest import Login, RestError, RestServer

Body = dict[str, t.Any]


ElasticsearchError = RestError


class Elasticsearch(RestServer):
    """An Elasticsearch."""

    def ask(self, method: str, path: str, body: Body | None = None) -> t.Any:
        """The answer to a request.

        Raises:
            ElasticsearchError: There is no answer, or it is an error.
        """
        status, answer = self.answer(method, path, body)
        if status >= 300:
            raise ElasticsearchError("%s %s: %d %s" % (method, path, status, reason(answer)))
        return answer

    def find(self, path: str) -> t.Any:
        """The answer to a GET, or None where there is no such thing.

        Raises:
            ElasticsearchError: There is no answer, or it is another error.
        """
        status, answer = self.answer("GET", path)
        if status == 404:
            return None
        if status >= 300:
            raise ElasticsearchError("GET %s: %d %s" % (path, status, reason(answer)))
        return answer

    def accepts(self, login: Login) -> bool:
        """Whether a user can log in with its password.

        Raises:
            ElasticsearchError: There is no answer, or one that says neither.
        """
        status, answer = self.answer("GET", "/_security/_authenticate", login=login)
        if status not in (200, 401, 403):
            raise ElasticsearchError("GET /_security/_authenticate: %d %s" % (status, reason(answer)))
        return status == 200

    def answer(self, method: str, path: str, body: Body | None = None, login: Login | None = None) -> tuple[int, t.Any]:
        """Status and answer, whatever they are.

        Raises:
            ElasticsearchError: There is no answer, or it is no JSON.
        """
        data = None if body is None else json.dumps(body).encode()
        headers = {} if body is None else {"Content-Type": "application/json"}
        status, content = self.send(method, path, data, headers, login)
        try:
            return status, json.loads(content) if content else {}
        except ValueError:
            raise ElasticsearchError(
                "%s %s: %d, and the answer is no JSON; is this Elasticsearch?" % (method, path, status)
            ) from None


def reason(answer: t.Any) -> str:
    """What an error says, with its causes."""
    error = answer.get("error") if isinstance(answer, dict) else None
    if not isinstance(error, dict):
        return str(error or "without a reason")
    words = []
    while isinstance(error, dict):
        if error.get("reason") and error["reason"] not in words:
            words.append(error["reason"])
        error = error.get("caused_by")
    return "; ".join(words) or "without a reason"


@dataclass(frozen=True)
class Kind:
    """A kind of resource with a name, a GET, a PUT and a DELETE.

    Attributes:
        path: Where it is, before its name.
        found: The body inside the answer to GET, by the answer and the name.
        normal: A body in the form in which two are compared.
    """

    path: str
    found: t.Callable[[t.Any, str], Body | None]
    normal: t.Callable[[Body], Body]

    def where(self, name: str) -> str:
        """Path of a resource."""
        return "%s/%s" % (self.path, quote(name, safe=""))


def flat_settings(settings: t.Mapping[str, t.Any], prefix: str = "") -> dict[str, t.Any]:
    """Settings as Elasticsearch compares them: flat, under `index.`, values as texts."""
    flat: dict[str, t.Any] = {}
    for key, value in settings.items():
        if isinstance(value, dict):
            flat.update(flat_settings(value, prefix + key + "."))
        else:
            flat[prefix + key] = _setting(value)
    return flat


def _setting(value: t.Any) -> t.Any:
    if isinstance(value, list):
        return [_setting(item) for item in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


def _template(body: Body) -> Body:
    body = copy.deepcopy(body)
    template = body.get("template")
    if isinstance(template, dict) and isinstance(template.get("settings"), dict):
        flat = flat_settings(template["settings"])
        template["settings"] = {key if key.startswith("index.") else "index." + key: flat[key] for key in flat}
    if isinstance(body.get("data_stream"), dict):
        body["data_stream"] = {"hidden": False, "allow_custom_routing": False, **body["data_stream"]}
    if isinstance(body.get("index_patterns"), str):
        body["index_patterns"] = [body["index_patterns"]]
    for key in ("created_date", "created_date_millis", "modified_date", "modified_date_millis"):
        body.pop(key, None)
    if "index_patterns" in body:
        body.setdefault("composed_of", [])
    return body


def _policy(body: Body) -> Body:
    body = copy.deepcopy({"policy": body.get("policy", {})})
    for phase in body["policy"].get("phases", {}).values():
        phase.setdefault("min_age", "0ms")
        delete = phase.get("actions", {}).get("delete")
        if delete is not None:
            delete.setdefault("delete_searchable_snapshot", True)
    return body


def _pipeline(body: Body) -> Body:
    dates = ("created_date", "created_date_millis", "modified_date", "modified_date_millis")
    return {key: value for key, value in body.items() if key not in dates}


def _role(body: Body) -> Body:
    normal = {"cluster": [], "indices": [], "applications": [], "run_as": [], "metadata": {}, **copy.deepcopy(body)}
    normal.pop("transient_metadata", None)
    for key in ("remote_indices", "remote_cluster", "global"):
        if not normal.get(key):
            normal.pop(key, None)
    normal["cluster"] = sorted(normal["cluster"])
    normal["run_as"] = sorted(normal["run_as"])
    for index in normal["indices"]:
        index.setdefault("allow_restricted_indices", False)
        index["names"] = [index["names"]] if isinstance(index["names"], str) else index["names"]
        index["privileges"] = sorted(index["privileges"])
    return normal


def _user(body: Body) -> Body:
    normal = {"full_name": None, "email": None, "metadata": {}, "enabled": True, "roles": [], **copy.deepcopy(body)}
    normal.pop("username", None)
    normal["roles"] = sorted(normal["roles"])
    return normal


def _repository(body: Body) -> Body:
    return {"type": body.get("type"), "settings": flat_settings(body.get("settings") or {})}


def _listed(plural: str, singular: str) -> t.Callable[[t.Any, str], Body | None]:
    def found(answer: t.Any, name: str) -> Body | None:
        return next((item[singular] for item in answer[plural] if item["name"] == name), None)

    return found


def _keyed(answer: t.Any, name: str) -> Body | None:
    return t.cast("Body | None", answer.get(name))


KINDS: t.Final[dict[str, Kind]] = {
    "component_template": Kind("/_component_template", _listed("component_templates", "component_template"), _template),
    "index_template": Kind("/_index_template", _listed("index_templates", "index_template"), _template),
    "ilm_policy": Kind("/_ilm/policy", _keyed, _policy),
    "ingest_pipeline": Kind("/_ingest/pipeline", _keyed, _pipeline),
    "role": Kind("/_security/role", _keyed, _role),
    "user": Kind("/_security/user", _keyed, _user),
    "snapshot_repository": Kind("/_snapshot", _keyed, _repository),
}
"""The kinds that have names. The settings of the cluster are the only resource without one."""

CLUSTER_SETTINGS: t.Final = "cluster_settings"


@dataclass(frozen=True)
class Wish:
    """What one resource is to be.

    Attributes:
        kind: One of KINDS, or CLUSTER_SETTINGS.
        name: Its name; empty for the settings of the cluster.
        body: As the API takes it, without a password; None where the resource is to go.
        password: Of a user; empty where it is left alone.
    """

    kind: str
    name: str
    body: Body | None
    password: str = ""

    def problem(self) -> str:
        """What is wrong with it, or an empty text."""
        if self.kind == CLUSTER_SETTINGS:
            if self.name or self.body is None:
                return "cluster_settings have no name and are never absent; a setting of null is removed"
        elif not self.name:
            return "a %s needs a name" % self.kind
        if self.body is not None and "password" in self.body:
            return "the password of a user belongs into the option password, not into its body"
        if self.password and self.kind != "user":
            return "a %s has no password" % self.kind
        return ""


@dataclass(frozen=True)
class Outcome:
    """What became of one resource.

    Attributes:
        changed: Whether something was changed, or would be.
        before: What was there, in the form that is compared; None where there was nothing.
        after: What is there now, or would be.
        password_changed: Whether a user's password was set, or would be.
    """

    changed: bool
    before: Body | None
    after: Body | None
    password_changed: bool = False


def bring(server: Elasticsearch, wish: Wish, check_mode: bool) -> Outcome:
    """Bring about one resource.

    Args:
        server: The Elasticsearch.
        wish: What it is to be.
        check_mode: Change nothing.

    Raises:
        ElasticsearchError: It did not work.
    """
    if wish.problem():
        raise ElasticsearchError(wish.problem())
    if wish.kind == CLUSTER_SETTINGS:
        return _bring_settings(server, t.cast(Body, wish.body), check_mode)
    kind = KINDS[wish.kind]
    answer = server.find(kind.where(wish.name))
    there = None if answer is None else kind.found(answer, wish.name)
    before = None if there is None else kind.normal(there)
    if wish.body is None:
        if before is not None and not check_mode:
            server.ask("DELETE", kind.where(wish.name))
        return Outcome(before is not None, before, None)
    if wish.kind == "user":
        return _bring_user(server, wish, before, check_mode)
    after = kind.normal(wish.body)
    if before != after and not check_mode:
        server.ask("PUT", kind.where(wish.name), wish.body)
    return Outcome(before != after, before, after)


def _bring_user(server: Elasticsearch, wish: Wish, before: Body | None, check_mode: bool) -> Outcome:
    where = KINDS["user"].where(wish.name)
    if before is None and not wish.password:
        raise ElasticsearchError("the user %s does not exist, and a new one needs a password" % wish.name)
    set_password = bool(wish.password) and (before is None or not server.accepts(Login(wish.name, wish.password)))
    if before is not None and before["metadata"].get("_reserved"):
        # Of Elasticsearch's own users only the password may be changed.
        if set_password and not check_mode:
            server.ask("POST", where + "/_password", {"password": wish.password})
        return Outcome(set_password, before, before, set_password)
    body = t.cast(Body, wish.body)
    after = _user(body)
    changed = before != after or set_password
    if changed and not check_mode:
        server.ask("PUT", where, {**body, "password": wish.password} if set_password else body)
    return Outcome(changed, before, after, set_password)


def _bring_settings(server: Elasticsearch, body: Body, check_mode: bool) -> Outcome:
    wished = flat_settings(body)
    there = flat_settings(server.ask("GET", "/_cluster/settings?flat_settings=true")["persistent"])
    before = {key: there[key] for key in wished if key in there}
    after = {key: value for key, value in wished.items() if value is not None}
    if before != after and not check_mode:
        server.ask("PUT", "/_cluster/settings", {"persistent": wished})
    return Outcome(before != after, before, after)

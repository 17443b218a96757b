# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Saved objects of Kibana: what is there, what is wished, and the requests between them.

Kibana migrates an object when it stores it, so what it exports is never what was imported. Therefore a digest of both
is kept in Kibana, in the description of a tag that all these objects have: the one tells whether a file has changed,
the other whether somebody has changed the object since.

Shapes of requests and answers: elastic/kibana, packages saved-objects and status, 8.19 and 9.x.
"""

from __future__ import annotations

import copy
import hashlib
import json
import re
import time
import typing as t
import uuid
from dataclasses import dataclass
from urllib.parse import quote

from ansible_collections.enterprise_tickets.observability.plugins.module_utils._kibana_objects import (
    Key,
    Object,
    ObjectsError,
    key_of,
    named,
    parse,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._rest import Login, RestError, RestServer

TYPES: t.Final = ("dashboard", "index-pattern", "lens", "map", "query", "search", "tag", "visualization")
"""What is taken care of; each can be exported and imported by Kibana's ordinary distribution."""

TAG_VERSION: t.Final = "8.0.0"
_NOTE: t.Final = "Kept by Ansible: what is changed here is changed back."
_ENTRY: t.Final = re.compile(r"\b([0-9a-f]{8})([0-9a-f]{8})([0-9a-f]{8})\b")
_LISTED: t.Final = 10


class KibanaError(Exception):
    """Kibana refuses something; the message is for people and holds no secret."""


@dataclass(frozen=True)
class Tag:
    """The tag of the objects that are kept together."""

    id: str
    name: str

    @property
    def key(self) -> Key:
        """Type and id."""
        return "tag", self.id


class Kibana(RestServer):
    """A Kibana, and one of its spaces.

    Args:
        url: Such as https://kibana.example.com:5601, with its base path.
        login: Who asks.
        ca_file: Certificate authority; the system's where empty.
        timeout: Seconds that connecting and each answer may take.
        space: Id of the space.
    """

    def __init__(self, url: str, login: Login, ca_file: str = "", timeout: float = 30, space: str = "default") -> None:
        super().__init__(url, login, ca_file, timeout)
        self._user = login.user
        self._api = ("" if space == "default" else "/s/" + quote(space, safe="")) + "/api/saved_objects"

    def wait_available(self, seconds: float) -> None:
        """Wait until Kibana says that it is available.

        Raises:
            KibanaError: It does not in time.
            RestError: The URL leads elsewhere.
        """
        deadline = time.monotonic() + seconds
        while True:
            try:
                # Without a login: the short answer has the level, and a wrong password is told apart later.
                status, content = self.send("GET", "/api/status", login=Login())
                found = "HTTP status %d" % status
                if status in (200, 503):
                    found = str(_json(content)["status"]["overall"]["level"])
            except (KeyError, TypeError, ValueError):
                raise KibanaError("%s/api/status: %d, and no status; is this Kibana?" % (self.url, status)) from None
            except RestError as error:
                found = str(error)
            if found == "available":
                return
            if time.monotonic() > deadline:
                raise KibanaError("%s is not available after %d s: %s" % (self.url, seconds, found))
            time.sleep(1)

    def export(self, tag: Tag) -> list[Object]:
        """All objects that have the tag, and the tag.

        Raises:
            KibanaError: Kibana refuses.
            RestError: There is no answer.
        """
        wanted = {
            "type": list(TYPES),
            "hasReference": [{"type": "tag", "id": tag.id}],
            "includeReferencesDeep": True,
            "excludeExportDetails": True,
        }
        content = self._post("/_export", json.dumps(wanted).encode(), "application/json")
        try:
            return parse(content.decode("utf-8"), "the export")
        except (ObjectsError, UnicodeDecodeError) as error:
            raise KibanaError("the answer of _export is none of Kibana's: %s" % error) from None

    def load(self, objects: t.Sequence[Object]) -> None:
        """Import objects over those that are there.

        Raises:
            KibanaError: Kibana refuses one of them.
            RestError: There is no answer.
        """
        boundary = uuid.uuid4().hex
        lines = "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in objects)
        data = (
            '--%s\r\nContent-Disposition: form-data; name="file"; filename="objects.ndjson"\r\n'
            "Content-Type: application/ndjson\r\n\r\n%s\r\n--%s--\r\n" % (boundary, lines, boundary)
        ).encode()
        answer = _json(self._post("/_import?overwrite=true", data, "multipart/form-data; boundary=" + boundary))
        # The status is 200 also when some objects, or all, were refused.
        errors = answer.get("errors") or []
        if errors or answer.get("success") is not True or answer.get("successCount") != len(objects):
            said = [_import_error(error) for error in errors[:_LISTED]] or [json.dumps(answer)[:500]]
            raise KibanaError(
                "%s of %d objects were imported: %s" % (answer.get("successCount"), len(objects), "; ".join(said))
            )

    def delete(self, keys: t.Sequence[Key]) -> None:
        """Delete objects; one that is gone already is no error.

        Raises:
            KibanaError: Kibana refuses one of them.
            RestError: There is no answer.
        """
        wanted = [{"type": kind, "id": identifier} for kind, identifier in keys]
        answer = _json(self._post("/_bulk_delete?force=true", json.dumps(wanted).encode(), "application/json"))
        refused = [
            "%s: %s" % (named(key_of(item)), (item.get("error") or {}).get("message", "without a reason"))
            for item in answer.get("statuses") or []
            if not item.get("success") and (item.get("error") or {}).get("statusCode") != 404
        ]
        if refused or len(answer.get("statuses") or []) != len(keys):
            raise KibanaError("not deleted: %s" % ("; ".join(refused) or json.dumps(answer)[:500]))

    def _post(self, path: str, data: bytes, kind: str) -> bytes:
        headers = {"Content-Type": kind, "kbn-xsrf": "true"}
        status, content = self.send("POST", self._api + path, data, headers)
        if status == 401:
            raise KibanaError("Kibana refuses the user %s: the name or the password is wrong (401)" % self._user)
        if status == 403:
            raise KibanaError(
                "the user %s may not do this (403: %s); expected the privilege of Saved Objects Management in the space"
                % (self._user, _message(content))
            )
        if status >= 300:
            raise KibanaError("POST %s: %d %s" % (self._api + path, status, _message(content)))
        return content


def _json(content: bytes) -> t.Any:
    try:
        return json.loads(content)
    except ValueError:
        raise KibanaError("the answer is no JSON; is this Kibana?") from None


def _message(content: bytes) -> str:
    try:
        return str(json.loads(content)["message"])
    except (ValueError, KeyError, TypeError):
        return content[:200].decode("utf-8", "replace").strip() or "without a reason"


def _import_error(error: t.Mapping[str, t.Any]) -> str:
    said = dict(error.get("error") or {})
    kind = said.pop("type", "unknown")
    more = said.get("message") or ", ".join(named(key_of(item)) for item in said.get("references") or [])
    return "%s: %s%s" % (named(key_of(error)), kind.replace("_", " "), " (%s)" % more if more else "")


def _digest(value: t.Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _content(item: Object) -> t.Any:
    """What counts of an object: not when and by whom it was stored, nor how often people have used a field."""
    ignored = ("fieldAttrs", "fields") if item["type"] == "index-pattern" else ()
    attributes = {name: value for name, value in item["attributes"].items() if name not in ignored}
    references = sorted([reference["type"], reference["id"], reference["name"]] for reference in item["references"])
    return [attributes, references, bool(item.get("managed"))]


@dataclass(frozen=True)
class Record:
    """Digests of an object: as it was given, and as Kibana had stored that."""

    given: str
    stored: str


def _records(tag: Object | None) -> dict[str, Record]:
    """The records in the description of the tag, by the digest of the object's key."""
    description = str(tag["attributes"].get("description") or "") if tag else ""
    return {key: Record(given, stored) for key, given, stored in _ENTRY.findall(description)}


def _tag_object(tag: Tag, records: t.Mapping[str, Record]) -> Object:
    words = ["%s%s%s" % (key, record.given, record.stored) for key, record in sorted(records.items())]
    return {
        "type": "tag",
        "id": tag.id,
        "attributes": {"name": tag.name, "description": " ".join([_NOTE, *words]), "color": "#1f78c1"},
        "references": [],
        "managed": True,
        "coreMigrationVersion": "8.8.0",
        "typeMigrationVersion": TAG_VERSION,
    }


def prepare(objects: t.Iterable[Object], tag: Tag) -> list[Object]:
    """Objects as they are imported: with the tag, read-only, and without what belongs to the Kibana they come from.

    Raises:
        KibanaError: One of them has a type that is not taken care of, or is the tag itself.
    """
    prepared = []
    for item in objects:
        if item["type"] not in TYPES:
            raise KibanaError("%s: expected one of the types %s" % (named(key_of(item)), ", ".join(TYPES)))
        if key_of(item) == tag.key:
            raise KibanaError("%s is the tag of all objects, which is made by itself" % named(tag.key))
        own = {"type": "tag", "id": tag.id, "name": "tag-ref-" + tag.id}
        item = copy.deepcopy(item)
        for name in ("created_at", "created_by", "updated_at", "updated_by", "version", "namespaces", "originId"):
            item.pop(name, None)
        item["references"] = [*(entry for entry in item["references"] if key_of(entry) != tag.key), own]
        item["managed"] = True
        prepared.append(item)
    return prepared


@dataclass(frozen=True)
class Change:
    """What becomes of an object, and why."""

    key: Key
    title: str
    why: str

    def __str__(self) -> str:
        return "%s: %s" % (named(self.key), self.why)


NEW: t.Final = "is new"
OTHER: t.Final = "its file has changed"
DRIFTED: t.Final = "was changed in Kibana"
GONE: t.Final = "is no longer wanted"


def _title(item: Object) -> str:
    return str(item["attributes"].get("title") or item["attributes"].get("name") or "")


def compare(wanted: t.Sequence[Object], exported: t.Sequence[Object], tag: Tag) -> list[Change]:
    """What has to change, in the order of the wanted objects; what goes comes last.

    Args:
        wanted: Prepared objects.
        exported: What Kibana has.
        tag: The tag.
    """
    there = _tagged(exported, tag)
    records = _records(_found(exported, tag.key))
    changes = []
    for item in wanted:
        record = records.get(_digest(key_of(item)))
        stored = there.get(key_of(item))
        if stored is None:
            why = NEW
        elif record is None or record.given != _digest(item):
            why = OTHER
        elif record.stored != _digest(_content(stored)):
            why = DRIFTED
        else:
            continue
        changes.append(Change(key_of(item), _title(item), why))
    known = {key_of(item) for item in wanted}
    changes += [Change(key, _title(item), GONE) for key, item in sorted(there.items()) if key not in known]
    return changes


def _found(objects: t.Iterable[Object], key: Key) -> Object | None:
    return next((item for item in objects if key_of(item) == key), None)


def _tagged(exported: t.Iterable[Object], tag: Tag) -> dict[Key, Object]:
    return {
        key_of(item): item for item in exported if any(key_of(reference) == tag.key for reference in item["references"])
    }


def bring(kibana: Kibana, objects: t.Sequence[Object], tag: Tag, check_mode: bool) -> list[Change]:
    """Bring about saved objects; those with the tag that are not among them go.

    Args:
        kibana: The Kibana.
        objects: All of them; they hold together.
        tag: Tells them from all others.
        check_mode: Change nothing.

    Raises:
        KibanaError: Kibana refuses.
        RestError: There is no answer.
    """
    wanted = prepare(objects, tag)
    exported = kibana.export(tag)
    changes = compare(wanted, exported, tag)
    old = _found(exported, tag.key)
    if old is not None and old["attributes"].get("name") != tag.name:
        changes.append(Change(tag.key, tag.name, OTHER))
    if not changes or check_mode:
        return changes
    keys = {change.key for change in changes if change.why != GONE}
    # The records of the rest stay true; if this run is cut off, the next one does these objects again.
    kept = {
        key: record
        for key, record in _records(old).items()
        if key not in {_digest(changed) for changed in (change.key for change in changes)}
    }
    kibana.load([_tag_object(tag, kept), *(item for item in wanted if key_of(item) in keys)])
    gone = [change.key for change in changes if change.why == GONE]
    if gone:
        kibana.delete(gone)
    there = _tagged(kibana.export(tag), tag)
    missing = [named(key_of(item)) for item in wanted if key_of(item) not in there]
    if missing:
        raise KibanaError("imported, but not to be found: %s" % ", ".join(missing[:_LISTED]))
    records = {_digest(key_of(item)): Record(_digest(item), _digest(_content(there[key_of(item)]))) for item in wanted}
    kibana.load([_tag_object(tag, records)])
    return changes

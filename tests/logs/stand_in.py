# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for Logstash: walks the shipped filter files and does what their filters do, as far as they need it.

This is not Logstash. It knows the filters, options and conditions of the shipped files and refuses everything else.
Grok is run by the real Oniguruma, the scripts of ruby filters by a real Ruby; geoip and useragent do nothing here.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from lscl.lang import (
    LsclAnd,
    LsclBlock,
    LsclConditions,
    LsclEqualTo,
    LsclGreaterThan,
    LsclGreaterThanOrEqualTo,
    LsclIn,
    LsclMatch,
    LsclNot,
    LsclOr,
    LsclSelector,
)
from lscl.parser import parse_lscl

from tests.logs.grok import Grok, read_patterns

_VARIABLE = re.compile(r"\$\{(\w+)(?::([^}]*))?\}")
_INSERTED = re.compile(r"%\{((?:\[[^\]]+\])+|\w+)\}")
_JODA = {
    "dd/MMM/yyyy:HH:mm:ss Z": "%d/%b/%Y:%H:%M:%S %z",
    "dd/MMM/yyyy:HH:mm:ss.SSS": "%d/%b/%Y:%H:%M:%S.%f",
    "yyyy/MM/dd HH:mm:ss": "%Y/%m/%d %H:%M:%S",
    "yyyy-MM-dd HH:mm:ss.SSS ZZZ": "%Y-%m-%d %H:%M:%S.%f",
    "yyyy-MM-dd HH:mm:ss ZZZ": "%Y-%m-%d %H:%M:%S",
    "MMM d HH:mm:ss": "%b %d %H:%M:%S",
    "MMM dd HH:mm:ss": "%b %d %H:%M:%S",
}
# What every filter may have, and what the known ones understand; another option is a mistake, as it is in Logstash.
_COMMON = {"id", "add_field", "add_tag", "remove_field", "remove_tag"}
_OPTIONS = {
    "mutate": {"copy", "convert", "rename", "replace"},
    "grok": {"match", "overwrite", "patterns_dir", "timeout_millis", "tag_on_failure", "tag_on_timeout"},
    "json": {"source", "target", "tag_on_failure"},
    "date": {"match", "timezone", "tag_on_failure"},
    "ruby": {"path", "script_params"},
    "geoip": {"source", "target", "tag_on_failure"},
    "useragent": {"source", "target"},
}


def path_of(reference: str) -> list[str]:
    """`[a][b]` or `a` as keys."""
    return re.findall(r"[^\[\]]+", reference)


def get(event: Mapping[str, Any], reference: str) -> Any:
    """The value of a field, None where there is none."""
    value: Any = event
    for key in path_of(reference):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def put(event: dict[str, Any], reference: str, value: Any) -> None:
    """Set a field and make its parents."""
    *parents, last = path_of(reference)
    for key in parents:
        event = event.setdefault(key, {})
    event[last] = value


def take(event: dict[str, Any], reference: str) -> Any:
    """Remove a field and return its value."""
    *parents, last = path_of(reference)
    parent = get(event, "".join(f"[{key}]" for key in parents)) if parents else event
    return parent.pop(last, None) if isinstance(parent, dict) else None


class Ruby:
    """A Ruby process that runs the scripts of ruby filters."""

    def __init__(self) -> None:
        host = Path(__file__).with_name("ruby_host.rb")
        environment = os.environ | {"LC_ALL": "C.UTF-8"}
        self._process = subprocess.Popen(
            ["ruby", host], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8", env=environment
        )

    def run(self, script: str, params: Mapping[str, Any], event: Mapping[str, Any]) -> dict[str, Any]:
        """The event after the script; an exception in it is an AssertionError here."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"script": script, "params": params, "event": event}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert "error" not in answer, answer["error"]
        (after,) = answer["events"]
        return dict(after)

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


class StandIn:
    """The filters of a directory, in the order of the files."""

    def __init__(self, directory: Path, variables: Mapping[str, str], ruby: Ruby) -> None:
        self.directory = directory
        self._variables = {"ETS_LOGSTASH_DIR": str(directory)} | dict(variables)
        self._patterns = read_patterns(directory / "patterns")
        self._process = ruby
        self.content: list[Any] = []
        for file in sorted(directory.glob("*.conf")):
            (block,) = parse_lscl(file.read_text())
            assert isinstance(block, LsclBlock)
            assert block.name == "filter", file
            self.content += block.content

    def run(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """The event that comes out, without @metadata."""
        result = json.loads(json.dumps(event))
        result.setdefault("@timestamp", "2026-11-25T17:00:00.000Z")
        result = self._contents(self.content, result)
        result.pop("@metadata", None)
        return dict(result)

    def _contents(self, content: list[Any], event: dict[str, Any]) -> dict[str, Any]:
        for part in content:
            if isinstance(part, LsclBlock):
                event = self._filter(part, event)
            else:
                assert isinstance(part, LsclConditions)
                for condition, inner in part.conditions:
                    if self._holds(condition, event):
                        event = self._contents(inner, event)
                        break
                else:
                    event = self._contents(part.default or [], event)
        return event

    def _value(self, operand: Any, event: Mapping[str, Any]) -> Any:
        if isinstance(operand, LsclSelector):
            return get(event, "".join(f"[{name}]" for name in operand.names))
        return [self._value(item, event) for item in operand] if isinstance(operand, list) else operand

    def _holds(self, condition: Any, event: Mapping[str, Any]) -> bool:
        if isinstance(condition, LsclAnd):
            return all(self._holds(part, event) for part in condition.conditions)
        if isinstance(condition, LsclOr):
            return any(self._holds(part, event) for part in condition.conditions)
        if isinstance(condition, LsclNot):
            return not self._holds(condition.condition, event)
        if isinstance(condition, LsclSelector):
            return self._value(condition, event) not in (None, False)
        if isinstance(condition, LsclIn):
            # Logstash takes a list of one for a reference to a field (elastic/logstash#9820).
            assert not isinstance(condition.haystack, list) or len(condition.haystack) > 1
            haystack = self._value(condition.haystack, event)
            return haystack is not None and self._value(condition.needle, event) in haystack
        if isinstance(condition, LsclMatch):
            value = self._value(condition.value, event)
            return isinstance(value, str) and condition.pattern.search(value) is not None
        first, second = self._value(condition.first, event), self._value(condition.second, event)
        if isinstance(condition, LsclEqualTo):
            return bool(first == second)
        if isinstance(condition, LsclGreaterThan):
            return bool(first > second)
        assert isinstance(condition, LsclGreaterThanOrEqualTo), condition
        return bool(first >= second)

    def _filled(self, value: Any) -> Any:
        """With ${VARIABLES}."""
        if isinstance(value, str):
            return _VARIABLE.sub(lambda found: self._variable(found[1], found[2]), value)
        if isinstance(value, list):
            return [self._filled(item) for item in value]
        if isinstance(value, dict):
            return {self._filled(key): self._filled(item) for key, item in value.items()}
        return value

    def _variable(self, name: str, default: str | None) -> str:
        if name not in self._variables and default is None:
            raise AssertionError(f"the variable {name} is not set")
        return self._variables.get(name, default or "")

    def _filter(self, block: LsclBlock, event: dict[str, Any]) -> dict[str, Any]:
        options = {attribute.name: self._filled(attribute.content) for attribute in block.content}
        unknown = set(options) - _COMMON - _OPTIONS[block.name]
        assert not unknown, f"{block.name} has no option {unknown}"
        done, event = getattr(self, f"_{block.name}")(options, event)
        if done:
            self._decorate(options, event)
        elif block.name in ("grok", "json", "date"):
            for tag in options["tag_on_failure"]:
                _tag(event, tag)
        return event

    def _decorate(self, options: Mapping[str, Any], event: dict[str, Any]) -> None:
        for field, value in options.get("add_field", {}).items():
            assert get(event, field) is None, f"add_field makes an array of {field}"
            put(event, field, _inserted(value, event))
        for field in options.get("remove_field", []):
            take(event, field)
        for tag in options.get("add_tag", []):
            _tag(event, tag)

    def _mutate(self, options: Mapping[str, Any], event: dict[str, Any]) -> tuple[bool, dict[str, Any]]:
        # In Logstash's order, which is not that of the file.
        for old, new in options.get("rename", {}).items():
            value = take(event, old)
            if value is not None:
                put(event, new, value)
        for field, value in options.get("replace", {}).items():
            put(event, field, _inserted(value, event))
        for field, kind in options.get("convert", {}).items():
            assert kind == "integer"
            value = get(event, field)
            if isinstance(value, str):
                put(event, field, int((re.match(r"\s*-?\d+", value) or ["0"])[0]))
        for old, new in options.get("copy", {}).items():
            if get(event, old) is not None:
                put(event, new, get(event, old))
        return True, event

    def _grok(self, options: Mapping[str, Any], event: dict[str, Any]) -> tuple[bool, dict[str, Any]]:
        ((source, expressions),) = options["match"].items()
        text = get(event, source)
        if not isinstance(text, str):
            return False, event
        for expression in [expressions] if isinstance(expressions, str) else expressions:
            fields = Grok.expand(expression, self._patterns).match(text)
            if fields is None:
                continue
            for field, value in fields.items():
                assert (
                    get(event, field) is None or field in options.get("overwrite", []) or get(event, field) == value
                ), f"{options['id']} makes an array of {field}"
                put(event, field, value)
            return True, event
        return False, event

    def _json(self, options: Mapping[str, Any], event: dict[str, Any]) -> tuple[bool, dict[str, Any]]:
        try:
            put(event, options["target"], json.loads(get(event, options["source"])))
        except (ValueError, TypeError):
            return False, event
        return True, event

    def _date(self, options: Mapping[str, Any], event: dict[str, Any]) -> tuple[bool, dict[str, Any]]:
        field, *formats = options["match"]
        for form in formats:
            try:
                moment = _moment(get(event, field), form, options.get("timezone", "UTC"))
            except (ValueError, KeyError):
                continue
            text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
            event["@timestamp"] = text.replace("+00:00", "Z")
            return True, event
        return False, event

    def _ruby(self, options: Mapping[str, Any], event: dict[str, Any]) -> tuple[bool, dict[str, Any]]:
        return True, self._process.run(options["path"], options.get("script_params", {}), event)

    def _geoip(self, _options: Mapping[str, Any], event: dict[str, Any]) -> tuple[bool, dict[str, Any]]:
        return False, event

    _useragent = _geoip


def _tag(event: dict[str, Any], tag: str) -> None:
    tags = event.setdefault("tags", [])
    if tag not in tags:
        tags.append(tag)


def _inserted(value: str, event: Mapping[str, Any]) -> str:
    """With %{fields}; what is not there stays, as in Logstash."""
    return _INSERTED.sub(lambda found: str(get(event, found[1]) or found[0]), value)


def _moment(text: str, form: str, zone: str) -> datetime:
    if form == "ISO8601":
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))
    if form.endswith("ZZZ"):
        text, _, zone = text.rpartition(" ")
    if form.startswith("MMM"):
        # Logstash guesses the year: the one that brings the time close to now.
        now = datetime.now(tz=ZoneInfo(zone))
        years = (now.year, now.year - 1)
        moments = [
            datetime.strptime(f"{year} {text}", f"%Y {_JODA[form]}").replace(tzinfo=now.tzinfo) for year in years
        ]
        return next(moment for moment in moments if moment <= now + timedelta(days=1))
    moment = datetime.strptime(text, _JODA[form])
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))

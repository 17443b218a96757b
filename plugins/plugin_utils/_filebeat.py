# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Filebeat reads on a host and where it sends it. PRIVATE to the collection.

Facts of Filebeat 8.19 and 9: docs/reference/filebeat (filebeat-input-filestream.md, filebeat-input-journald.md,
logstash-output.md) of elastic/beats. What is written here means the same to both.
"""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._catalogue import (
    BY_NAME,
    expected_names,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._endpoints import (
    HOST_VARIABLES,
    environment_of,
    read_endpoint,
    variable_names,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._inventory import Inventory, own_name
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import (
    InputError,
    as_list,
    as_mapping,
    as_port,
    as_text,
    bracketed,
    check_keys,
    plain,
    shown,
)

_PATHS: t.Final = "filebeat_paths"
_EXTRA: t.Final = "filebeat_extra_inputs"
_DISABLED: t.Final = "filebeat_sources_disabled"
_BEATS_PORT: t.Final = "logstash_beats_port"
_DEFAULT_BEATS_PORT: t.Final = 5044

#: Inputs that Filebeat 9 does not start with any more, or only against its advice.
RETIRED: t.Final = frozenset(("log", "container", "docker"))

# By default Filebeat 9 tells files by their first 1024 bytes, and does not read one that is shorter. By its inode it
# reads every one, and knows it again after it was rotated, which is what 8.19 does by default.
_ANY_SIZE: t.Final[Mapping[str, t.Any]] = {
    "file_identity.native": None,
    "prospector.scanner.fingerprint.enabled": False,
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Logs of one kind.

    Args:
        name: Key of `filebeat_paths`; also the last part of the id of its input, which must never change: by it
            Filebeat knows how far it has read.
        source: What the pipeline of Logstash calls it.
        group: The group whose hosts have it; empty for every host.
        paths: Where it is.
        identifiers: Who writes it to the journal, where there are no paths.
        options: Further options of the input `filestream`.
    """

    name: str
    source: str
    group: str = ""
    paths: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()
    options: Mapping[str, t.Any] = dataclasses.field(default_factory=dict)


#: A line that does not begin with a date goes on with the one before it.
_POSTGRESQL_LINES: t.Final[Mapping[str, t.Any]] = {
    "parsers": [
        {
            "multiline": {
                "type": "pattern",
                "pattern": r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}",
                "negate": True,
                "match": "after",
            }
        }
    ]
}
_CONTAINER_LINES: t.Final[Mapping[str, t.Any]] = {
    "prospector.scanner.symlinks": True,
    "parsers": [{"container": {"stream": "all", "format": "auto"}}],
}

SOURCES: t.Final = (
    Source(name="app", source="app", group="tickets_backend", paths=("/var/log/ticket_system/*.json",)),
    Source(
        name="nginx_access",
        source="nginx_access",
        group="tickets_nginx",
        paths=("/var/log/nginx/access.log",),
    ),
    Source(name="nginx_error", source="nginx_error", group="tickets_nginx", paths=("/var/log/nginx/error.log",)),
    Source(
        name="postgresql_json",
        source="postgresql",
        group="tickets_postgresql",
        paths=("/var/log/postgresql/*.json",),
    ),
    Source(
        name="postgresql_text",
        source="postgresql",
        group="tickets_postgresql",
        paths=("/var/log/postgresql/*.log",),
        options=_POSTGRESQL_LINES,
    ),
    Source(name="haproxy", source="haproxy", group="tickets_haproxy", identifiers=("haproxy",)),
    Source(
        name="container",
        source="container",
        group="container_hosts",
        paths=("/var/lib/docker/containers/*/*-json.log",),
        options=_CONTAINER_LINES,
    ),
    Source(name="system", source="system"),
)


def inputs(
    inventory: Inventory, host: str, paths: object, disabled: object = (), extra: object = ()
) -> list[dict[str, t.Any]]:
    """The inputs of a host.

    Args:
        inventory: The inventory.
        host: The host.
        paths: Value of `filebeat_paths`.
        disabled: Value of `filebeat_sources_disabled`.
        extra: Value of `filebeat_extra_inputs`.

    Raises:
        InputError: A variable is not what it should be.
    """
    group_map = inventory.group_map(inventory.read(host, HOST_VARIABLES))
    given = _paths(paths)
    off = _names(disabled)
    mine = [
        source
        for source in SOURCES
        if source.name not in off and (not source.group or host in inventory.members(own_name(group_map, source.group)))
    ]
    # What has an input of its own is not read as a part of the whole journal once more.
    known = [name for source in mine for name in source.identifiers if not given.get(source.name)]
    found = [_input(source, given.get(source.name, list(source.paths)), known) for source in mine]
    found += _extra(extra)
    ids = [item["id"] for item in found]
    for name in ids:
        if ids.count(name) > 1:
            raise InputError(f"{_EXTRA}: the id {name!r} is there twice; expected different ones.")
    return found


def _paths(value: object) -> dict[str, list[str]]:
    given = as_mapping(plain(value, _PATHS), _PATHS)
    check_keys(given, _PATHS, [source.name for source in SOURCES], "kind of log")
    for name, paths in given.items():
        for path in as_list(paths, f"{_PATHS}.{name}"):
            if not isinstance(path, str) or not path.startswith("/"):
                raise InputError(f"{_PATHS}.{name} has {shown(path)}; expected an absolute path.")
    return given


def _names(value: object) -> list[str]:
    names = [as_text(name, _DISABLED) for name in as_list(plain(value, _DISABLED), _DISABLED)]
    known = [source.name for source in SOURCES]
    for name in names:
        if name not in known:
            raise InputError(f"{_DISABLED} names {name!r}; {expected_names(name, known)}")
    return names


def _input(source: Source, paths: Sequence[str], known: Iterable[str]) -> dict[str, t.Any]:
    common = {"id": f"ets-{source.name}", "fields": {"ets_source": source.source}}
    if paths:
        return {"type": "filestream", **common, "paths": list(paths), **_ANY_SIZE, **source.options}
    journal: dict[str, t.Any] = {"type": "journald", **common}
    if source.identifiers:
        return {**journal, "syslog_identifiers": list(source.identifiers)}
    others = [{"drop_event": {"when": {"equals": {"syslog.identifier": name}}}} for name in known]
    return {**journal, "processors": others} if others else journal


def _extra(value: object) -> list[dict[str, t.Any]]:
    found = []
    for index, item in enumerate(as_list(plain(value, _EXTRA), _EXTRA)):
        where = f"{_EXTRA}[{index}]"
        given = as_mapping(item, where)
        for key in ("type", "id"):
            if not isinstance(given.get(key), str) or not given[key]:
                raise InputError(f"{where}.{key} is {shown(given.get(key))}; expected a text.")
        if given["type"] in RETIRED:
            raise InputError(
                f"{where}.type is {given['type']!r}, which Filebeat 9 does not start with; expected filestream or "
                "journald, or another input that it has."
            )
        found.append({**(_ANY_SIZE if given["type"] == "filestream" else {}), **given})
    return found


def logstash_hosts(inventory: Inventory, host: str) -> list[str]:
    """Where the Logstash servers of the host's environment listen for Filebeat, sorted by their names.

    Args:
        inventory: The inventory.
        host: The host that asks.

    Raises:
        InputError: A variable is not what it should be.
    """
    service = BY_NAME["logstash"]
    asking = inventory.read(host, HOST_VARIABLES)
    environment, group_map = environment_of(asking), inventory.group_map(asking)
    names = (*variable_names((service,)), _BEATS_PORT)
    found = []
    for name in sorted(inventory.members(own_name(group_map, service.group))):
        variables = inventory.read(name, names)
        if environment_of(variables) == environment:
            port = variables.get(_BEATS_PORT)
            number = _DEFAULT_BEATS_PORT if port is None else as_port(port, f"Host {name}: {_BEATS_PORT}")
            found.append(f"{bracketed(read_endpoint(service, variables).address)}:{number}")
    return found


def problems(settings: Mapping[str, t.Any]) -> Iterator[str]:
    """What is wrong with the role's variables, by their names without its prefix; a sentence for each."""
    hosts = settings.get("logstash_hosts")
    if not hosts:
        yield (
            "filebeat_logstash_hosts: found none, expected the addresses of Logstash; they come from the group "
            "logstash of the inventory."
        )
    for host in hosts or ():
        if not isinstance(host, str) or "//" in host or not host.rpartition(":")[2].isdigit():
            yield f"filebeat_logstash_hosts: found {shown(host)}, expected an address and a port, without a scheme."
    if bool(settings.get("client_cert_file")) != bool(settings.get("client_key_file")):
        yield "filebeat_client_cert_file and filebeat_client_key_file: found one of them, expected both or none."
    if not settings.get("inputs"):
        yield "filebeat_sources_disabled: nothing is left to read; expected one kind, or filebeat_state: stopped."
    if not settings.get("ca_certificate"):
        yield (
            "filebeat_ca_certificate: found nothing, expected the certificate of the authority (observability_ca_"
            "certificate) that Logstash is known by; the playbook create_ca makes one."
        )
    for key in settings.get("settings") or {}:
        if str(key).split(".", maxsplit=1)[0] in ("output", "filebeat"):
            yield (
                f"filebeat_settings: found {key!r}; what it reads is computed (filebeat_paths, filebeat_extra_inputs), "
                "and it sends to Logstash, one output being all that Filebeat takes."
            )

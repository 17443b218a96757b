# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How postgres_exporter is told what to watch, out of the role's variables. PRIVATE to the collection.

The first server is watched by `/metrics`. Further ones are watched by `/probe` (version 0.12 and newer), which takes
the server from the request and user and password from the exporter's configuration.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t
from collections.abc import Collection, Iterator, Mapping, Sequence
from urllib.parse import quote, urlencode

import yaml
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._flags import version_key
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._managed_service import HEADER
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import (
    InputError,
    as_choice,
    as_list,
    as_mapping,
    as_port,
    as_text,
    bracketed,
    check_keys,
    is_loopback,
)

SERVERS: t.Final = "postgres_exporter_servers"
PASSWORDS: t.Final = "postgres_exporter_passwords"
PROBE_SINCE: t.Final = "0.12.0"
CONFIG_SINCE: t.Final = PROBE_SINCE
DEFAULT_SOCKET: t.Final = "/run/postgresql"
DEFAULT_NAME: t.Final = "main"

#: Collectors, with the first version that knows them and the first that does not any more. Others are passed on as they
#: are.
COLLECTORS: t.Final[Mapping[str, tuple[str, str]]] = {
    "bgwriter": ("0.11.0", "0.13.0"),
    "database": ("0.11.0", ""),
    "replication_slot": ("0.12.0", "0.20.0"),
    "replication_slots": ("0.20.0", ""),
    "locks": ("0.13.0", ""),
    "postmaster": ("0.13.0", ""),
    "process_idle": ("0.13.0", ""),
    "replication": ("0.13.0", ""),
    "stat_bgwriter": ("0.13.0", ""),
    "stat_database": ("0.13.0", ""),
    "stat_statements": ("0.13.0", ""),
    "stat_user_tables": ("0.13.0", ""),
    "statio_user_tables": ("0.13.0", ""),
    "database_wraparound": ("0.14.0", ""),
    "long_running_transactions": ("0.14.0", ""),
    "stat_activity_autovacuum": ("0.14.0", ""),
    "stat_wal_receiver": ("0.14.0", ""),
    "statio_user_indexes": ("0.14.0", ""),
    "wal": ("0.14.0", ""),
    "xlog_location": ("0.14.0", ""),
    "roles": ("0.16.0", ""),
    "stat_checkpointer": ("0.17.0", ""),
    "buffercache_summary": ("0.18.0", ""),
    "stat_progress_vacuum": ("0.18.0", ""),
    "settings": ("0.20.0", ""),
    "stat_activity": ("0.20.0", ""),
    "stat_archiver": ("0.20.0", ""),
    "stat_replication": ("0.20.0", ""),
}
#: Collectors that know one database only; queries of ours do the same for several.
_TABLE_COLLECTORS: t.Final = ("stat_user_tables", "statio_user_tables")

_SERVER_KEYS: t.Final = ("name", "host", "port", "database", "role", "sslmode", "ca_file", "socket")
_SSL_MODES: t.Final = ("disable", "require", "verify-ca", "verify-full")
_QUERY_KEYS: t.Final = ("query", "metrics", "master", "cache_seconds", "runonserver")
_USAGES: t.Final = ("LABEL", "COUNTER", "GAUGE", "HISTOGRAM", "MAPPEDMETRIC", "DURATION", "DISCARD")
_NAME: t.Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*\Z")
_METRIC: t.Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*\Z")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A PostgreSQL server that an exporter watches.

    Args:
        name: What the inventory calls it.
        host: Directory of its socket, or host name or IP address without brackets.
        port: Its port.
        database: Database to connect to.
        role: Role to connect as.
        sslmode: How TCP connections use TLS, in the words of the exporter's driver.
        ca_file: Certificate authorities of the server on the exporter's host; empty for the system's.
        socket: Directory of the socket over which the role is made; empty where it is not made.
    """

    name: str
    host: str
    port: int
    database: str
    role: str
    sslmode: str
    ca_file: str
    socket: str

    @property
    def by_socket(self) -> bool:
        """Whether it is reached over a socket of the file system, with peer authentication."""
        return self.host.startswith("/")

    def address(self) -> str:
        """Host, port and database of a TCP connection, as the exporter puts them into a URL."""
        return f"{bracketed(self.host)}:{self.port}/{quote(self.database, safe='')}"

    def tls_options(self) -> dict[str, str]:
        """The options of the exporter's driver for TLS."""
        return {"sslmode": self.sslmode, **({"sslrootcert": self.ca_file} if self.ca_file else {})}


def read_servers(value: object, role: str, where: str = SERVERS) -> list[Server]:
    """The servers out of the variable of the role.

    Args:
        value: Its value.
        role: The role that a server without `role` is connected as.
        where: Name of the variable.

    Raises:
        InputError: It is not what it should be; names the entry.
    """
    servers = [_read_server(item, role, f"{where}[{index}]") for index, item in enumerate(as_list(value, where))]
    if not servers:
        raise InputError(f"{where} is empty; expected at least one server.")
    names = [server.name for server in servers]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise InputError(f"{where}[{index}].name is {name!r}, as in another entry; expected a name of its own.")
    return servers


def _read_server(value: object, role: str, where: str) -> Server:
    item = as_mapping(value, where)
    check_keys(item, where, _SERVER_KEYS, "setting")
    name = as_text(item.get("name", DEFAULT_NAME), f"{where}.name", empty=False)
    if not _NAME.match(name):
        raise InputError(f"{where}.name is {name!r}; expected letters, digits, '_', '-' and '.'.")
    host = as_text(item.get("host", DEFAULT_SOCKET), f"{where}.host", empty=False)
    by_socket = host.startswith("/")
    if by_socket and not re.fullmatch(r"[A-Za-z0-9_./-]+", host):
        raise InputError(f"{where}.host is {host!r}; expected a directory without blanks and quotes.")
    if not by_socket and re.search(r"[\s/@?#\[\]]", host):
        raise InputError(f"{where}.host is {host!r}; expected a directory, or a host name or IP address.")
    local = host if by_socket else DEFAULT_SOCKET if is_loopback(host) else ""
    return Server(
        name=name,
        host=host,
        port=as_port(item.get("port", 5432), f"{where}.port"),
        database=as_text(item.get("database", "postgres"), f"{where}.database", empty=False),
        role=as_text(item.get("role", role), f"{where}.role", empty=False),
        sslmode=as_choice(
            item.get("sslmode", "disable" if by_socket or is_loopback(host) else "verify-full"),
            f"{where}.sslmode",
            _SSL_MODES,
        ),
        ca_file=as_text(item.get("ca_file", ""), f"{where}.ca_file"),
        socket=as_text(item.get("socket", local), f"{where}.socket"),
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The variables of the role that shape what the exporter watches.

    Args:
        servers: `postgres_exporter_servers`.
        passwords: `postgres_exporter_passwords`, by the name of the server.
        databases: `postgres_exporter_databases`.
        statements: `postgres_exporter_statements`.
        connection_options: `postgres_exporter_connection_options`.
        collectors_enabled: `postgres_exporter_collectors_enabled`.
        collectors_disabled: `postgres_exporter_collectors_disabled`.
        extra_queries: `postgres_exporter_extra_queries`.
        version: The exporter's version, empty where it is not known yet.
    """

    servers: Sequence[Server]
    passwords: Mapping[str, str]
    databases: Sequence[str]
    statements: bool
    connection_options: Mapping[str, str]
    collectors_enabled: Sequence[str]
    collectors_disabled: Sequence[str]
    extra_queries: Mapping[str, t.Any]
    version: str

    def at_least(self, version: str) -> bool:
        """Whether the exporter is of this version or newer; an unknown one counts as the newest."""
        return not self.version or version_key(self.version) >= version_key(version)


def problems(settings: Settings) -> Iterator[str]:
    """Sentences about settings that contradict each other or the exporter's version."""
    names = {server.name for server in settings.servers}
    for name in sorted(set(settings.passwords) - names):
        yield f"{PASSWORDS} names {name!r}, which is no server of {SERVERS}."
    for index, server in enumerate(settings.servers):
        has_password = bool(settings.passwords.get(server.name))
        if not server.by_socket and not has_password:
            yield (
                f"{SERVERS}: {server.name!r} is reached over TCP, so {PASSWORDS}.{server.name} is needed; keep it in "
                "Ansible Vault. Over the socket (host: /run/postgresql) none is."
            )
        if index and server.by_socket:
            yield (
                f"{SERVERS}: {server.name!r} is not the first server, and the exporter reaches further ones over TCP "
                "only; expected a host name or IP address as host."
            )
    if len(settings.servers) > 1 and not settings.at_least(PROBE_SINCE):
        yield (
            f"{SERVERS} has {len(settings.servers)} servers, and postgres_exporter {settings.version} can watch one; "
            f"{PROBE_SINCE} or newer is expected, so set postgres_exporter_install_method to archive."
        )
    for name in sorted(set(settings.collectors_enabled) & set(settings.collectors_disabled)):
        yield f"postgres_exporter_collectors_disabled names {name!r}, as postgres_exporter_collectors_enabled does."
    yield from query_problems(settings.extra_queries, "postgres_exporter_extra_queries")


def query_problems(queries: Mapping[str, t.Any], where: str) -> Iterator[str]:
    """Sentences about custom queries: the exporter itself only complains in its log, and then has none of them."""
    for namespace, entry in queries.items():
        at = f"{where}.{namespace}"
        if not _METRIC.match(namespace):
            yield f"{at}: the name begins those of its metrics; expected letters, digits and underscores."
        if not isinstance(entry, Mapping) or not isinstance(entry.get("query"), str) or not entry.get("metrics"):
            yield f"{at} needs a query and a list of metrics."
            continue
        for key in sorted(set(entry) - set(_QUERY_KEYS)):
            yield f"{at} has the unknown setting {key!r}; known: {', '.join(_QUERY_KEYS)}."
        for index, column in enumerate(entry["metrics"]):
            usages = [item.get("usage") for item in column.values()] if isinstance(column, Mapping) else []
            if len(usages) != 1 or usages[0] not in _USAGES:
                yield f"{at}.metrics[{index}] needs one column with a usage, one of {', '.join(_USAGES)}."


def environment(settings: Settings, password_file: str) -> dict[str, str]:
    """The variables of the process that say which server `/metrics` is about. There is no secret among them.

    Args:
        settings: The settings.
        password_file: Where the password of the first server is, if it needs one.
    """
    server = settings.servers[0]
    if server.by_socket:
        words = {
            "user": server.role,
            "host": server.host,
            "port": str(server.port),
            "dbname": server.database,
            **settings.connection_options,
        }
        return {"DATA_SOURCE_NAME": " ".join(f"{key}={_connection_word(value)}" for key, value in words.items())}
    options = {**server.tls_options(), **settings.connection_options}
    return {
        "DATA_SOURCE_URI": f"{server.address()}?{urlencode(options)}",
        "DATA_SOURCE_USER": server.role,
        "DATA_SOURCE_PASS_FILE": password_file,
    }


def _connection_word(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return text if re.fullmatch(r"[A-Za-z0-9_./:-]+", text) else f"'{escaped}'"


def configuration(settings: Settings) -> dict[str, t.Any]:
    """The exporter's configuration: users and passwords of further servers, secret where there are any."""
    modules = {
        server.name: {
            "type": "userpass",
            "userpass": {"username": server.role, "password": settings.passwords.get(server.name, "")},
            "options": {**server.tls_options(), **settings.connection_options},
        }
        for server in settings.servers[1:]
    }
    return {"auth_modules": modules}


def probe_parameters(server: Server) -> dict[str, str]:
    """The parameters of a request to `/probe` about a server that is not the first."""
    return {"target": server.address(), "auth_module": server.name}


def urls(settings: Settings, base: str) -> dict[str, str]:
    """Where the exporter tells about each server.

    Args:
        settings: The settings.
        base: Address of the exporter without a path.
    """
    first, *others = settings.servers
    found = {first.name: f"{base}/metrics"}
    found.update({server.name: f"{base}/probe?{urlencode(probe_parameters(server))}" for server in others})
    return found


def managed_roles(settings: Settings, admin: str) -> list[dict[str, t.Any]]:
    """The servers as postgresql_monitoring_role takes them, without those that are not administered from here.

    Args:
        settings: The settings.
        admin: User of the operating system who is superuser there.
    """
    return [
        {
            "name": server.name,
            "role": server.role,
            "password": settings.passwords.get(server.name, "") if not server.by_socket else "",
            "socket": server.socket,
            "port": server.port,
            "admin": admin,
            "database": server.database,
            "statements": settings.statements,
        }
        for server in settings.servers
        if server.socket
    ]


def known_collectors(names: Collection[str], settings: Settings) -> list[str]:
    """Those collectors that the exporter's version knows; ones that we know nothing about are left to the exporter."""
    found = []
    for name in names:
        since, before = COLLECTORS.get(name, ("", ""))
        gone = bool(before) and settings.at_least(before)
        if not gone and (not since or settings.at_least(since)):
            found.append(name)
    return sorted(found)


def collectors(settings: Settings) -> tuple[list[str], list[str]]:
    """The collectors to turn on, and those to turn off."""
    on = {*settings.collectors_enabled, *(["stat_statements"] if settings.statements else [])}
    off = {*settings.collectors_disabled, *(_TABLE_COLLECTORS if settings.databases else [])} - on
    return known_collectors(on, settings), known_collectors(off, settings)


def queries(settings: Settings, offered: Sequence[Mapping[str, t.Any]]) -> dict[str, t.Any]:
    """The exporter's file of custom queries.

    Args:
        settings: The settings.
        offered: Entries of the role: `name`, `query`, `metrics` and so on in the exporter's own terms, and `before`
            (only for exporters older than that), `needs` (`databases` or `statements`: only where these are wanted)
            and `collector` (not where this collector of the exporter gives the same).
    """
    on, _off = collectors(settings)
    wanted = {"databases": bool(settings.databases), "statements": settings.statements, "": True}
    chosen: dict[str, t.Any] = {}
    for entry in offered:
        fits = not entry.get("before") or not settings.at_least(str(entry["before"]))
        if fits and wanted[entry.get("needs", "")] and entry.get("collector") not in on:
            chosen[entry["name"]] = {key: entry[key] for key in _QUERY_KEYS if key in entry}
    return {**chosen, **settings.extra_queries}


def queries_file(chosen: Mapping[str, t.Any]) -> str:
    """The text of the file of queries, with SQL as it was written."""
    return HEADER + yaml.dump(chosen, Dumper=_SqlDumper, sort_keys=False, allow_unicode=True, width=120)


class _SqlDumper(yaml.SafeDumper):
    pass


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_SqlDumper.add_representer(str, _represent_text)

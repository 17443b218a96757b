# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Elasticsearch's nodes, users and settings as data, and what is wrong with the role's variables. PRIVATE to the
collection.

Facts of 8.19 and 9: elastic/docs-content, "Important settings configuration", "Security privileges", "Upgrade
Elasticsearch"; the roles of clients: docs of logstash-output-elasticsearch, elasticsearch_exporter (README, "Required
privileges"), Grafana's Elasticsearch data source.
"""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Iterator, Mapping, Sequence

from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._catalogue import BY_NAME
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._certificates import (
    Authority,
    CertificateError,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._endpoints import (
    HOST_VARIABLES,
    environment_of,
    read_endpoint,
    variable_names,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._flags import FlagError, version_key
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._inventory import (
    HostVariables,
    Inventory,
    own_name,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._java_heap import (
    LARGEST_HEAP,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._java_heap import (
    heap_bytes as java_heap_bytes,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._log_streams import Settings
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._secrets import secret_problems
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import (
    InputError,
    as_list,
    as_port,
    as_text,
    bracketed,
    kind,
    plain,
    shown,
)

Data = dict[str, t.Any]

_SERVICE: t.Final = BY_NAME["elasticsearch"]
_ROLES: t.Final = "elasticsearch_node_roles"
_TRANSPORT_PORT: t.Final = "elasticsearch_transport_port"
_VERSIONS: t.Final = ("elasticsearch_version", "observability_elastic_version")
_DEFAULT_TRANSPORT_PORT: t.Final = 9300
#: What a node may be; without the variable it is all but the last.
NODE_ROLES: t.Final = (
    *("master", "data", "data_content", "data_hot", "data_warm", "data_cold", "data_frozen", "ingest", "ml"),
    *("remote_cluster_client", "transform", "voting_only"),
)
#: Before 9 a cluster must be on this one.
_BRIDGE: t.Final = "8.19"

#: Settings that a variable of the role gives, or that the role decides.
OWN: t.Final[Mapping[str, str]] = {
    "cluster.name": "elasticsearch_cluster_name",
    "cluster.initial_master_nodes": "",
    "discovery.seed_hosts": "",
    "discovery.type": "",
    "logger.level": "elasticsearch_log_level",
    "node.name": "",
    "node.roles": _ROLES,
    "path.data": "elasticsearch_data_dir",
    "path.repo": "elasticsearch_snapshot_repository",
    "http.host": "elasticsearch_listen_address",
    "http.port": "elasticsearch_port",
    "transport.port": _TRANSPORT_PORT,
    "xpack.security.enabled": "",
}


#: The data streams of the logs.
DATA_STREAMS: t.Final = "logs-ets.*-*"


@dataclasses.dataclass(frozen=True, slots=True)
class Client:
    """A program that logs in to Elasticsearch, with what it may do.

    Args:
        variable: The variable with its password, which the client's role reads as well.
        user: Its name.
        cluster: Privileges of the cluster.
        indices: Privileges by pattern of indices.
        kibana: Privileges in Kibana's default space.
        built_in: Elasticsearch has this user and its role.
    """

    variable: str
    user: str
    cluster: tuple[str, ...] = ()
    indices: tuple[tuple[str, tuple[str, ...]], ...] = ()
    kibana: tuple[str, ...] = ()
    built_in: bool = False


CLIENTS: t.Final = (
    # Templates and policies are the role's business: it may append to data streams and no more.
    Client(
        "logstash_elasticsearch_password",
        "ets_logstash",
        ("monitor",),
        ((DATA_STREAMS, ("auto_configure", "create_doc", "view_index_metadata")),),
    ),
    Client("kibana_elasticsearch_password", "kibana_system", built_in=True),
    # It imports dashboards, and no more.
    Client("kibana_content_password", "ets_kibana", kibana=("feature_savedObjectsManagement.all",)),
    Client(
        "grafana_elasticsearch_password",
        "ets_grafana",
        ("monitor",),
        ((DATA_STREAMS, ("read", "view_index_metadata")),),
    ),
    Client(
        "elasticsearch_exporter_password",
        "ets_exporter",
        ("monitor", "monitor_snapshot", "read_ilm"),
        (("*", ("monitor", "view_index_metadata")),),
    ),
    Client("operator_tools_elasticsearch_password", "ets_health", ("monitor",)),
    # Of the named privileges only `manage` lets snapshots be deleted and restored, and have nodes look at a repository.
    Client(
        "backup_elasticsearch_password",
        "ets_backup",
        ("monitor_snapshot", "cluster:admin/snapshot/*", "cluster:admin/repository/verify"),
        ((DATA_STREAMS, ("read", "view_index_metadata", "delete_index")),),
    ),
)


@dataclasses.dataclass(frozen=True, slots=True)
class Member:
    """A node as the inventory has it.

    Args:
        host: Its host, which is the name of the node.
        url: Where it listens for clients.
        transport: Where it listens for other nodes, host and port.
        roles: What it is; empty for everything.
        version: What the inventory says; empty where it says nothing.
    """

    host: str
    url: str
    transport: str
    roles: tuple[str, ...]
    version: str

    @property
    def may_be_master(self) -> bool:
        """Whether it votes."""
        return not self.roles or "master" in self.roles


def members(inventory: Inventory, host: str) -> list[Member]:
    """The nodes of the cluster that a host belongs to, sorted: those of its environment.

    Raises:
        InputError: A variable is not what it should be.
    """
    asking = inventory.read(host, HOST_VARIABLES)
    group_map = inventory.group_map(asking)
    names = (*variable_names((_SERVICE,)), _ROLES, _TRANSPORT_PORT, *_VERSIONS)
    found = []
    for name in sorted(inventory.members(own_name(group_map, _SERVICE.group))):
        variables = inventory.read(name, names)
        if environment_of(variables) == environment_of(asking):
            found.append(_member(variables))
    return found


def _member(variables: HostVariables) -> Member:
    endpoint = read_endpoint(_SERVICE, variables)
    port = as_port(variables.get(_TRANSPORT_PORT) or _DEFAULT_TRANSPORT_PORT, _TRANSPORT_PORT)
    roles = [as_text(item, _ROLES, empty=False) for item in as_list(variables.get(_ROLES), _ROLES)]
    version = next((str(variables.get(name)) for name in _VERSIONS if variables.get(name)), "")
    address = bracketed(endpoint.address)
    return Member(
        variables.host, f"https://{address}:{endpoint.port}", f"{address}:{port}", tuple(sorted(roles)), version
    )


def cluster(inventory: Inventory, host: str) -> Data:
    """The cluster as a node sees it.

    Returns:
        `nodes` (their hosts), `seed` (who begins the cluster), `seed_hosts` (who is asked for it), `other_urls`, and
        `problems`.

    Raises:
        InputError: A variable is not what it should be.
    """
    nodes = members(inventory, host)
    masters = [node for node in nodes if node.may_be_master]
    return {
        "nodes": [node.host for node in nodes],
        "seed": masters[0].host if masters else "",
        "seed_hosts": [node.transport for node in masters if node.host != host],
        "other_urls": [node.url for node in nodes if node.host != host],
        "problems": [*_masters(nodes, masters), *_majors(nodes)],
    }


def _masters(nodes: Sequence[Member], masters: Sequence[Member]) -> Iterator[str]:
    for node in nodes:
        if unknown := sorted(set(node.roles) - set(NODE_ROLES)):
            yield f"{_ROLES} of {node.host}: found {unknown[0]!r}, expected one of {', '.join(NODE_ROLES)}."
    if len(masters) % 2:
        return
    names = ", ".join(node.host for node in masters) or "no host"
    yield (
        f"{_ROLES}: {len(masters)} nodes may become master ({names}), expected an odd number: with an even one, two "
        "halves that lose sight of each other both stop. Give a host roles without master, such as [data, ingest]."
    )


def _majors(nodes: Sequence[Member]) -> Iterator[str]:
    majors = {node.version.partition(".")[0]: node for node in nodes if node.version}
    if len(majors) > 1:
        found = ", ".join(f"{node.version} on {node.host}" for _major, node in sorted(majors.items()))
        yield f"elasticsearch_version: found {found}, expected one major version in the whole cluster."


def heap_bytes(size: object) -> int:
    """Bytes of `elasticsearch_heap_size`; 0 where it is left to Elasticsearch.

    Raises:
        InputError: It is no size, or too much.
    """
    if size in (None, ""):
        return 0
    number = java_heap_bytes(str(size))
    if number is None:
        raise InputError(f"elasticsearch_heap_size: found {shown(size)}, expected a size such as 4g or 512m.")
    if number > LARGEST_HEAP:
        raise InputError(
            f"elasticsearch_heap_size: found {shown(size)}, expected 31g at most: above it each reference takes twice "
            "the memory."
        )
    if number < 128 << 20:
        raise InputError(f"elasticsearch_heap_size: found {shown(size)}, expected 128m or more.")
    return number


def retention(days: object, more: object) -> Data:
    """Days by category.

    Args:
        days: `observability_log_retention_days`: those of the application, or a dictionary.
        more: `elasticsearch_retention_days`, which wins.
    """
    common = days if isinstance(days, Mapping) else {} if days in (None, "") else {"application": days}
    return {**common, **(more if isinstance(more, Mapping) else {})}


def client_resources(passwords: Mapping[str, t.Any]) -> list[Data]:
    """Roles and users of the clients that have a password.

    Args:
        passwords: Values of the variables of `CLIENTS`.

    Returns:
        Items of the option `resources` of the module elasticsearch_resource.
    """
    made: list[Data] = []
    for client in CLIENTS:
        password = passwords.get(client.variable)
        if not password:
            continue
        if client.built_in:
            made.append({"kind": "user", "name": client.user, "body": {}, "password": password})
            continue
        indices = [{"names": [pattern], "privileges": list(granted)} for pattern, granted in client.indices]
        role: Data = {"cluster": list(client.cluster), "indices": indices}
        if client.kibana:
            role["applications"] = [
                {"application": "kibana-.kibana", "privileges": list(client.kibana), "resources": ["space:default"]}
            ]
        made.append({"kind": "role", "name": client.user, "body": role})
        body = {"roles": [client.user], "full_name": "Enterprise Tickets: " + client.user.removeprefix("ets_")}
        made.append({"kind": "user", "name": client.user, "body": body, "password": password})
    return made


def problems(settings: Mapping[str, t.Any]) -> list[str]:
    """What is wrong with the variables of the role.

    Args:
        settings: Their values by name without the role's prefix; `passwords` by their whole names, `cluster` as
            `cluster()` gives it, `previous_version` as the host has it.
    """
    found = list(settings["cluster"]["problems"])
    for check in (
        lambda: heap_bytes(settings.get("heap_size")),
        lambda: Settings.read(
            {"retention_days": plain(settings.get("retention_days"), "elasticsearch_retention_days")}
        ),
    ):
        try:
            check()
        except InputError as error:
            found.append(str(error))
    found += secret_problems("elasticsearch_elastic_password", settings.get("elastic_password"))
    found += _password_problems(settings)
    found += _certificate_problems(settings)
    found += _version_problems(settings)
    found += _setting_problems(settings.get("settings"))
    found += _repository_problems(settings.get("snapshot_repository") or {})
    return found


def _password_problems(settings: Mapping[str, t.Any]) -> Iterator[str]:
    seen = {settings.get("elastic_password"): "elasticsearch_elastic_password"}
    for variable, password in (settings.get("passwords") or {}).items():
        if not password:
            continue
        yield from secret_problems(variable, password)
        if seen.setdefault(password, variable) != variable:
            yield f"{variable}: found the password of {seen[password]}, expected one of its own."


def _certificate_problems(settings: Mapping[str, t.Any]) -> Iterator[str]:
    try:
        authority = Authority(str(settings.get("ca_certificate") or ""), str(settings.get("ca_private_key") or ""))
    except CertificateError as error:
        yield str(error)
        return
    given = [settings.get("tls_cert_file"), settings.get("tls_key_file")]
    if not any(given) and not authority.can_sign and not settings.get("previous_version"):
        yield (
            "observability_ca_private_key: found nothing, expected the key of observability_ca_certificate, with which "
            "the node's certificate is issued; or set elasticsearch_tls_cert_file and elasticsearch_tls_key_file."
        )
    for path in filter(None, given):
        if not str(path).startswith(f"{settings['config_dir']}/"):
            yield (
                f"elasticsearch_tls_cert_file, elasticsearch_tls_key_file: found {path!r}, expected a path below "
                f"{settings['config_dir']}, as Elasticsearch reads certificates from nowhere else."
            )


def _version_problems(settings: Mapping[str, t.Any]) -> Iterator[str]:
    version, before = str(settings.get("version") or ""), str(settings.get("previous_version") or "")
    try:
        if version and version_key(version) < version_key(_BRIDGE):
            yield f"elasticsearch_version: found {version}, expected {_BRIDGE} or newer."
        if before and version and before.partition(".")[0] != version.partition(".")[0]:
            if version_key(version) < version_key(before):
                yield (
                    f"elasticsearch_version: found {version}, expected {before} or newer: data that a newer major "
                    "version has written cannot be read."
                )
            elif version_key(before) < version_key(_BRIDGE):
                yield (
                    f"elasticsearch_version: found {version}, but {before} is installed; expected {_BRIDGE} first, for "
                    "the whole cluster."
                )
    except FlagError:
        yield f"elasticsearch_version: found {shown(version)}, expected a version such as 9.1.5."


def _setting_problems(given: object) -> Iterator[str]:
    if not isinstance(given, Mapping):
        yield f"elasticsearch_settings: found {kind(given)}, expected a dictionary."
        return
    for name, value in given.items():
        if name in OWN:
            variable = OWN[name]
            why = f"this is what {variable} is for" if variable else "the role sets it"
            yield f"elasticsearch_settings.{name}: {why}."
        if isinstance(value, Mapping):
            yield f"elasticsearch_settings.{name}: found a dictionary, expected whole names with dots."


def _repository_problems(repository: Mapping[str, t.Any]) -> Iterator[str]:
    for key in ("name", "type") if repository else ():
        if not repository.get(key):
            yield f"elasticsearch_snapshot_repository.{key}: found nothing, expected a text."
    location = str((repository.get("settings") or {}).get("location") or "")
    if repository.get("type") == "fs" and not location.startswith("/"):
        yield f"elasticsearch_snapshot_repository.settings.location: found {location!r}, expected an absolute path."

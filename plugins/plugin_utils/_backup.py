# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of a host is backed up, and how. PRIVATE to the collection."""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Mapping

from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._access import own_url
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._catalogue import (
    BY_NAME,
    SERVICES,
    Service,
    expected_names,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._elasticsearch_role import (
    DATA_STREAMS,
    members,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._endpoints import (
    HOST_VARIABLES,
    read_endpoint,
    variable_names,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._inventory import (
    HostVariables,
    Inventory,
    own_name,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._operations import own_access
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import (
    InputError,
    as_choice,
    as_list,
    as_mapping,
    as_text,
    check_keys,
    plain,
)

Data = dict[str, t.Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Kind:
    """How a service is backed up.

    Args:
        method: A method of the program (roles/backup/files/ets_backup/sources.py and stores.py).
        path_variable: The role's variable that overrides the catalogue's directory; empty where there is none.
        needed_variable: A switch of the role without which the method does not work; empty for none.
        files: Names below the directory, where only some files of it are backed up.
        elsewhere_variable: Where the role's variable of this name is set, the data are on another host.
    """

    method: str
    path_variable: str = ""
    needed_variable: str = ""
    files: tuple[str, ...] = ()
    elsewhere_variable: str = ""


#: The services that have something to lose.
KINDS: t.Final[Mapping[str, Kind]] = {
    "prometheus": Kind("prometheus", "prometheus_storage_path", "prometheus_enable_admin_api"),
    # It replaces these files as a whole, every 15 minutes and when it ends.
    "alertmanager": Kind("alertmanager", "alertmanager_storage_path", files=("silences", "nflog")),
    "grafana": Kind("sqlite", "grafana_data_dir", files=("grafana.db",), elsewhere_variable="grafana_database"),
    "elasticsearch": Kind("elasticsearch", "elasticsearch_data_dir"),
}
_PASSWORD: t.Final = "backup_elasticsearch_password"
_REPOSITORY: t.Final = "elasticsearch_snapshot_repository"
_CONFIGURATION: t.Final = "configuration"
_DISABLED: t.Final = "backup_components_disabled"
_EXTRA: t.Final = "backup_extra_components"
_EXTRA_KEYS: t.Final = ("name", "method", "unit", "paths")


class Backup(t.TypedDict):
    """What a host is to back up.

    Attributes:
        components: As the program reads them.
        credentials: Users and passwords by the name of the component. Secret.
        problems: Sentences about settings of services that have to change first.
    """

    components: list[Data]
    credentials: Data
    problems: list[str]


def backup_components(inventory: Inventory, host: str, settings: Mapping[str, t.Any]) -> Backup:
    """Compute what a host is to back up: what it runs, and all configuration that the collection has written.

    Args:
        inventory: The inventory.
        host: The host.
        settings: Values of the role's variables: `disabled`, `extra`, `encryption` and `copy_to`.

    Raises:
        InputError: A variable is not what it should be.
    """
    given = as_mapping(plain(settings, "backup"), "backup")
    check_keys(given, "backup", ("disabled", "extra", "encryption", "copy_to"), "setting")
    _check_encryption(given.get("encryption"))
    _check_copy(given.get("copy_to"))
    extra = [_extra(item, f"{_EXTRA}[{index}]") for index, item in enumerate(as_list(given.get("extra"), _EXTRA))]
    known = [*KINDS, _CONFIGURATION, *(component["name"] for component in extra)]
    disabled = [as_text(name, _DISABLED, empty=False) for name in as_list(given.get("disabled"), _DISABLED)]
    for name in disabled:
        if name not in known:
            raise InputError(f"{_DISABLED} names {name!r}, which is no component; {expected_names(name, known)}")
    result = Backup(components=[], credentials={}, problems=[])
    group_map = inventory.group_map(inventory.read(host, HOST_VARIABLES))
    for name, kind in KINDS.items():
        service = BY_NAME.get(name)
        if not service or name in disabled or host not in inventory.hosts_of(group_map, service):
            continue
        if kind.method == "elasticsearch":
            if host == _snapshot_host(inventory, host, own_name(group_map, "backup_hosts")):
                own = (*_names(service, kind), service.variable("tls_cert_file"), _PASSWORD, _REPOSITORY)
                _add_snapshots(result, service, kind, inventory.read(host, own))
        else:
            _add(result, service, kind, inventory.read(host, _names(service, kind)))
    others = [{"name": _CONFIGURATION, "method": _CONFIGURATION}, *extra]
    result["components"] += [component for component in others if component["name"] not in disabled]
    names = [component["name"] for component in result["components"]]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(f"{_EXTRA} has {', '.join(twice)}, which is there already; expected another name.")
    return result


def _check_encryption(value: object) -> None:
    where = "backup_encryption"
    encryption = as_mapping(value, where)
    check_keys(encryption, where, ("method", "recipients"), "key")
    if encryption:
        as_choice(encryption.get("method"), f"{where}.method", ("age", "gpg"))
        if not as_list(encryption.get("recipients"), f"{where}.recipients"):
            raise InputError(f"{where}.recipients is empty; expected the public keys of those who may read archives.")


def _check_copy(value: object) -> None:
    where = "backup_copy_to"
    copy_to = as_mapping(value, where)
    check_keys(copy_to, where, ("destination", "ssh"), "key")
    if copy_to:
        as_text(copy_to.get("destination"), f"{where}.destination", empty=False)


def _names(service: Service, kind: Kind) -> tuple[str, ...]:
    own = (kind.path_variable, kind.needed_variable, kind.elsewhere_variable, service.variable("probe"))
    return tuple(name for name in (*variable_names((service,)), *own) if name)


def _add(result: Backup, service: Service, kind: Kind, variables: HostVariables) -> None:
    if kind.elsewhere_variable and variables.get(kind.elsewhere_variable):
        return
    if kind.needed_variable and variables.get(kind.needed_variable) is not True:
        result["problems"].append(
            f"{kind.needed_variable} is not true on {variables.host}: {service.title} is backed up by an interface "
            f"that this switches on. Set it, or take {service.name!r} out with {_DISABLED}."
        )
    directories = _directories(service, kind, variables)
    paths = [f"{directory}/{name}" for directory in directories for name in kind.files] or directories
    result["components"].append(
        {
            "name": service.name,
            "method": kind.method,
            "unit": service.unit,
            "paths": paths,
            "http": _http(service, variables),
            "ready_path": service.ready_path,
        }
    )
    result["credentials"][service.name] = own_access(service, variables)


def _http(service: Service, variables: HostVariables) -> Data:
    endpoint = read_endpoint(service, variables)
    return {"url": own_url(endpoint) + endpoint.path_prefix}


def _snapshot_host(inventory: Inventory, host: str, group: str) -> str:
    """Who makes the snapshots of a node's cluster: its first node that is backed up at all; empty for nobody."""
    backed_up = inventory.members(group)
    return next((node.host for node in members(inventory, host) if node.host in backed_up), "")


def _add_snapshots(result: Backup, service: Service, kind: Kind, variables: HostVariables) -> None:
    """Add a cluster's snapshots, where there is a repository for them."""
    repository = as_mapping(variables.get(_REPOSITORY), _REPOSITORY)
    if not repository:
        return
    name = as_text(repository.get("name"), f"{_REPOSITORY}.name", empty=False)
    password = as_text(variables.get(_PASSWORD), _PASSWORD)
    if not password:
        result["problems"].append(
            f"{_PASSWORD} is not set for {variables.host}, but {_REPOSITORY} is: the program logs in to "
            f"{service.title} with it to make snapshots. Set it, for all nodes, or take {service.name!r} out "
            f"with {_DISABLED}."
        )
    result["components"].append(
        {
            "name": service.name,
            "method": kind.method,
            "http": _http(service, variables),
            "repository": name,
            "data_streams": DATA_STREAMS,
        }
    )
    login = {"username": "ets_backup", "password": password}
    result["credentials"][service.name] = own_access(service, variables) | login


def _directories(service: Service, kind: Kind, variables: HostVariables) -> list[str]:
    moved = as_text(variables.get(kind.path_variable), kind.path_variable)
    return [path.rstrip("/") for path in ([moved] if moved else service.backup)]


def data_directories(inventory: Inventory, host: str) -> dict[str, list[str]]:
    """Where each service that has something to lose keeps it on a host, also one that is in none of its groups.

    Raises:
        InputError: A variable is not what it should be.
    """
    found = {}
    for service in SERVICES:
        if service.backup:
            kind = KINDS.get(service.name) or Kind("files", service.variable("data_dir"))
            found[service.name] = _directories(service, kind, inventory.read(host, (kind.path_variable,)))
    return found


def _extra(value: object, where: str) -> Data:
    component = as_mapping(value, where)
    check_keys(component, where, _EXTRA_KEYS, "key")
    name = as_text(component.get("name"), f"{where}.name", empty=False)
    method = as_text(component.get("method", "files"), f"{where}.method")
    if method not in ("files", "sqlite"):
        raise InputError(f"{where}.method is {method!r}; expected files or sqlite.")
    paths = [as_text(path, f"{where}.paths", empty=False) for path in as_list(component.get("paths"), f"{where}.paths")]
    if not paths or not all(path.startswith("/") for path in paths):
        raise InputError(f"{where}.paths is {paths!r}; expected a list of absolute paths.")
    return {
        "name": name,
        "method": method,
        "unit": as_text(component.get("unit"), f"{where}.unit"),
        "paths": paths,
    }

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of a host is backed up, and how. PRIVATE to the collection."""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Mapping

from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._access import own_url, read_access
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._catalogue import (
    BY_NAME,
    Service,
    expected_names,
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
        method: A method of the program (roles/backup/files/ets_backup/sources.py).
        path_variable: The role's variable that overrides the catalogue's directory; empty where there is none.
        needed_variable: A switch of the role without which the method does not work; empty for none.
        files: Names below the directory, where only some files of it are backed up.
    """

    method: str
    path_variable: str = ""
    needed_variable: str = ""
    files: tuple[str, ...] = ()


#: The services that have something to lose.
KINDS: t.Final[Mapping[str, Kind]] = {
    "prometheus": Kind("prometheus", "prometheus_storage_path", "prometheus_enable_admin_api"),
    # It replaces these files as a whole, every 15 minutes and when it ends.
    "alertmanager": Kind("files", "alertmanager_storage_path", files=("silences", "nflog")),
    "grafana": Kind("sqlite", "grafana_data_dir", files=("grafana.db",)),
}
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
        if service and name not in disabled and host in inventory.members(own_name(group_map, service.group)):
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
    own = (kind.path_variable, kind.needed_variable, service.variable("probe"))
    return tuple(name for name in (*variable_names((service,)), *own) if name)


def _add(result: Backup, service: Service, kind: Kind, variables: HostVariables) -> None:
    if kind.needed_variable and variables.get(kind.needed_variable) is not True:
        result["problems"].append(
            f"{kind.needed_variable} is not true on {variables.host}: {service.title} is backed up by an interface "
            f"that this switches on. Set it, or take {service.name!r} out with {_DISABLED}."
        )
    directory = as_text(variables.get(kind.path_variable), kind.path_variable) or service.backup[0]
    paths = [f"{directory.rstrip('/')}/{name}" for name in kind.files] or [directory.rstrip("/")]
    endpoint = read_endpoint(service, variables)
    where = service.variable("probe")
    result["components"].append(
        {
            "name": service.name,
            "method": kind.method,
            "unit": service.unit,
            "paths": paths,
            "http": {"url": own_url(endpoint) + endpoint.path_prefix},
            "ready_path": service.ready_path,
        }
    )
    result["credentials"][service.name] = read_access(variables.get(where), where)


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

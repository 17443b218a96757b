# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the health check of a host looks at, and the addresses that people open. PRIVATE to the collection.

Each host checks itself: so no password leaves a host, and it works with one host and with ten thousand. A Prometheus
server also tells what the others have found, out of their metrics.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.model import ConfigError
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.running import (
    PROBES,
    read_checks,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._access import own_url, read_access
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._catalogue import (
    BY_NAME,
    SERVICES,
    Service,
    expected_names,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._endpoints import (
    HOST_VARIABLES,
    environment_of,
    read_endpoint,
    variable_names,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._inventory import (
    GroupMap,
    HostVariables,
    Inventory,
    own_name,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._operations import (
    OPERATIONS,
    Operations,
    own_access,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._scrape import target_address
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import (
    InputError,
    as_list,
    as_mapping,
    as_text,
    check_keys,
    plain,
)

_SETTINGS: t.Final = ("credentials", "disabled", "extra", "options", "tickets_url")
_OPTIONS: t.Final = "operator_tools_check_options"
_EXTRA: t.Final = "operator_tools_extra_checks"
_DISABLED: t.Final = "operator_tools_checks_disabled"
_CREDENTIALS: t.Final = "operator_tools_credentials"

# Where metrics of backups are written: the first of these variables that is set, else the default of their roles.
_BACKUP_VARIABLES: t.Final = ("backup_textfile_dir", "node_exporter_textfile_dir")
_TEXTFILE_DIR: t.Final = "/var/lib/prometheus/node-exporter"

Data = dict[str, t.Any]


class HealthChecks(t.TypedDict):
    """What a host is to check, and what that takes.

    Attributes:
        checks: As the health check reads them.
        credentials: As the health check reads them. Secret.
    """

    checks: list[Data]
    credentials: list[Data]


def health_checks(inventory: Inventory, host: str, settings: Mapping[str, t.Any]) -> HealthChecks:
    """Compute what a host is to check.

    Args:
        inventory: The inventory.
        host: The host.
        settings: Values of the role's variables: `credentials`, `disabled`, `extra`, `options`, `tickets_url`.

    Raises:
        InputError: A variable is not what it should be.
    """
    given = as_mapping(plain(settings, "operator_tools"), "operator_tools")
    check_keys(given, "operator_tools", _SETTINGS, "setting")
    group_map = inventory.group_map(inventory.read(host, HOST_VARIABLES))
    services = _services_of(inventory, group_map, host)
    credentials = _credentials(given.get("credentials"))
    checks = [
        {"id": "host.disk", "group": "Host", "title": "Disks", "kind": "disk"},
        {"id": "host.clock", "group": "Host", "title": "Clock", "kind": "clock"},
    ]
    variables = inventory.read(host, _names(services))
    for service in services:
        stopped = variables.get(service.variable("state")) == "stopped"
        if stopped or not _has_whom_to_serve(inventory, group_map, service, variables):
            continue
        if service.name not in credentials:
            credentials[service.name] = _probe(service, variables)
        expected = len(_hosts_in_environment(inventory, group_map, service, variables))
        checks += _checks_of(service, variables, credentials[service.name], expected)
    if host in inventory.members(own_name(group_map, "backup_hosts")):
        checks += _backup_checks(inventory.read(host, _BACKUP_VARIABLES))
    url = as_text(given.get("tickets_url"), "operator_tools_tickets_url")
    if url and host in inventory.members(own_name(group_map, "tickets_backend")):
        checks.append(
            {"id": "tickets.health", "group": "Ticket system", "title": "Health", "kind": "ticket_system", "url": url}
        )
    checks = _without(checks, given.get("disabled"))
    _apply(checks, given.get("options"))
    checks += as_list(given.get("extra"), _EXTRA)
    try:
        read_checks(checks)
    except ConfigError as error:
        raise InputError(f"{_EXTRA} or {_OPTIONS}: {error}.") from None
    used = {check.get("access") for check in checks}
    return {
        "checks": checks,
        "credentials": [{"name": name, **item} for name, item in sorted(credentials.items()) if name in used],
    }


def monitoring_urls(inventory: Inventory, host: str, extra: object = ()) -> list[Data]:
    """Compute the addresses that people open, in the order of the catalogue.

    Args:
        inventory: The inventory.
        host: The host that asks; its environment counts.
        extra: Value of `operator_tools_extra_urls`.

    Raises:
        InputError: A variable is not what it should be.
    """
    asking = inventory.read(host, HOST_VARIABLES)
    group_map = inventory.group_map(asking)
    rows: list[Data] = []
    for service in SERVICES:
        pages = OPERATIONS.get(service.name, Operations()).pages
        for variables in _hosts_in_environment(inventory, group_map, service, asking) if pages else ():
            base = base_url(service, variables)
            rows += [
                {"title": page.title, "url": base + page.path, "host": variables.host, "kind": page.kind}
                for page in pages
            ]
    where = "operator_tools_extra_urls"
    for index, item in enumerate(as_list(plain(extra, where), where)):
        check_keys(as_mapping(item, f"{where}[{index}]"), f"{where}[{index}]", ("title", "url", "host", "kind"), "key")
        texts = {key: as_text(item.get(key), f"{where}[{index}].{key}", empty=False) for key in ("title", "url")}
        rows.append({**texts, "host": item.get("host") or "-", "kind": item.get("kind") or "dashboard"})
    for row in rows:
        if "@" in row["url"].partition("//")[2].partition("/")[0]:
            raise InputError(
                f"The address of {row['title']!r} holds credentials; expected one without, all may read it."
            )
    return rows


def service_urls(inventory: Inventory, host: str, name: str) -> list[str]:
    """Where the hosts of an environment serve a service to people, sorted by host.

    Args:
        inventory: The inventory.
        host: The host that asks.
        name: The service.

    Raises:
        InputError: A variable is not what it should be, or there is no such service.
    """
    if name not in BY_NAME:
        raise InputError(f"There is no service {name!r}; {expected_names(name, BY_NAME)}")
    asking = inventory.read(host, HOST_VARIABLES)
    service = BY_NAME[name]
    hosts = _hosts_in_environment(inventory, inventory.group_map(asking), service, asking)
    return [_network_url(service, variables) for variables in hosts]


def base_url(service: Service, variables: HostVariables) -> str:
    """Where people reach a service: its external address where the inventory tells one, else that of the host."""
    if service.path_prefix:
        url = as_text(variables.get(service.variable("external_url")), service.variable("external_url"))
        if url:
            return url.rstrip("/")
    return _network_url(service, variables)


def _network_url(service: Service, variables: HostVariables) -> str:
    endpoint = read_endpoint(service, variables)
    return f"{endpoint.scheme}://{target_address(endpoint)}{endpoint.path_prefix}"


def _services_of(inventory: Inventory, group_map: GroupMap, host: str) -> list[Service]:
    return [service for service in SERVICES if host in inventory.hosts_of(group_map, service)]


def _has_whom_to_serve(inventory: Inventory, group_map: GroupMap, service: Service, variables: HostVariables) -> bool:
    """Whether the environment of a host has those without whom nobody runs the service there."""
    if not service.needs_group:
        return True
    others = (
        inventory.read(name, HOST_VARIABLES) for name in inventory.members(own_name(group_map, service.needs_group))
    )
    return environment_of(variables) in map(environment_of, others)


def _names(services: Sequence[Service]) -> tuple[str, ...]:
    """What is read of the host itself. How others reach it (`observability_endpoints`) is not of interest here."""
    topics = ("state", "enabled", "probe", "basic_auth_users")
    own = [service.variable(topic) for service in services for topic in topics]
    for service in services:
        if login := OPERATIONS.get(service.name, Operations()).login:
            own += [login.username_variable, login.password_variable]
    return tuple(name for name in (*variable_names(services), *own) if name != "observability_endpoints")


def _hosts_in_environment(
    inventory: Inventory, group_map: GroupMap, service: Service, asking: HostVariables
) -> list[HostVariables]:
    """The hosts that run a service in the environment of the one who asks, sorted. Only for what few hosts run."""
    if not OPERATIONS.get(service.name, Operations()).probes or service.group == "observability_hosts":
        return []
    environment = environment_of(asking)
    names = variable_names((service,))
    found = (inventory.read(name, names) for name in sorted(inventory.hosts_of(group_map, service)))
    return [variables for variables in found if environment_of(variables) == environment]


def _checks_of(service: Service, variables: HostVariables, access: Data, expected: int) -> list[Data]:
    endpoint = read_endpoint(service, variables)
    base = own_url(endpoint)
    url = base + endpoint.path_prefix
    common = {"group": service.title, "access": service.name}
    # Whoever asks for a password is there.
    statuses = [200] if access.get("username") else [200, 401]
    checks: list[Data] = []
    if service.unit:
        enabled = variables.get(service.variable("enabled"))
        unit = {"unit": service.unit, "enabled": enabled is None or bool(enabled)}
        checks.append({"id": f"{service.name}.unit", "title": "Unit", "kind": "unit", **common, **unit})
    ready = {"url": url + service.ready_path, "status": statuses}
    checks.append({"id": f"{service.name}.ready", "title": "Readiness", "kind": "http", **common, **ready})
    if endpoint.scheme == "https":
        host, _colon, port = base.partition("//")[2].rpartition(":")
        where = {"host": host.strip("[]"), "port": int(port), "name": endpoint.address}
        checks.append({"id": f"{service.name}.certificate", "title": "Certificate", "kind": "tls", **common, **where})
    facts = {"node": variables.host, "expected": expected}
    for probe in OPERATIONS.get(service.name, Operations()).probes:
        kind = PROBES[probe.kind]
        known = {key: value for key, value in facts.items() if key in (*kind.required, *kind.optional)}
        checks.append(
            {
                "id": f"{service.name}.{probe.name}",
                "title": probe.title,
                "kind": probe.kind,
                **common,
                "url": url + probe.path,
                **known,
                **probe.parameters,
            }
        )
    return checks


def _backup_checks(variables: HostVariables) -> list[Data]:
    """How old the last backup is, as the program of the role `backup` tells node_exporter."""
    own, exporters = (variables.get(name) for name in _BACKUP_VARIABLES)
    directory = own if own is not None else exporters or _TEXTFILE_DIR
    if not directory:
        return []
    return [
        {
            "id": "backup.age",
            "group": "Backup",
            "title": "Last backup",
            "kind": "metric_age",
            "file": f"{as_text(directory, _BACKUP_VARIABLES[0])}/ets_backup.prom",
            "metric": "ets_backup_last_success_timestamp_seconds",
            "may_be_new": True,
        }
    ]


def _probe(service: Service, variables: HostVariables) -> Data:
    """How the role itself asks its service (`<role>_probe`), as the user of the catalogue where it names none."""
    access = own_access(service, variables)
    login = OPERATIONS.get(service.name, Operations()).login
    if login and "username" not in access and (password := variables.get(login.password_variable)):
        username = variables.get(login.username_variable) or login.username
        access |= {
            "username": as_text(username, login.username_variable),
            "password": as_text(password, login.password_variable),
        }
    return access


def _credentials(value: object) -> dict[str, Data]:
    given = as_mapping(value, _CREDENTIALS)
    return {name: read_access(item, f"{_CREDENTIALS}.{name}") for name, item in given.items()}


def _without(checks: Sequence[Data], patterns: object) -> list[Data]:
    disabled = [as_text(item, _DISABLED, empty=False) for item in as_list(patterns, _DISABLED)]
    return [check for check in checks if not any(fnmatchcase(check["id"], pattern) for pattern in disabled)]


def _apply(checks: Sequence[Data], value: object) -> None:
    """Lay the user's options over the checks that their patterns fit; those of the whole id win."""
    options = as_mapping(value, _OPTIONS)
    for pattern in sorted(options, key=lambda name: ("*" not in name, name)):
        for check in checks:
            if fnmatchcase(check["id"], pattern):
                check.update(as_mapping(options[pattern], f"{_OPTIONS}.{pattern}"))

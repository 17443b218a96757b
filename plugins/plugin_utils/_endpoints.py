# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How each service of a host listens and is reached, out of the variables of the host. PRIVATE to the collection."""

from __future__ import annotations

import dataclasses
import re
import typing as t
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._catalogue import (
    BY_NAME,
    DEFAULT_ENVIRONMENT,
    Service,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._inventory import (
    HostVariables,
    Inventory,
    own_name,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import (
    InputError,
    as_choice,
    as_mapping,
    as_port,
    as_text,
    bracketed,
    check_keys,
    ip_address,
    kind,
    shown,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._watched import (
    Watched,
    variable_of,
    watched_beside_the_first,
)

HOST_VARIABLES: t.Final = ("observability_environment", "observability_groups")
_ADDRESS_VARIABLES: t.Final = ("observability_address", "ansible_host")
_ENDPOINTS: t.Final = "observability_endpoints"
_LABELS: t.Final = "observability_labels"
_TOPICS: t.Final = ("port", "listen_address", "tls_cert_file", "labels")
_PREFIX_TOPICS: t.Final = ("route_prefix", "external_url")
_OVERRIDES: t.Final = ("address", "port", "scheme", "metrics_path", "path_prefix", "scrape")

_LABEL_NAME: t.Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
#: Labels that every target has and no variable may set, with where their values come from.
OWN_LABELS: t.Final = {
    "job": "the service",
    "node": "the inventory name",
    "instance": "the inventory name and the port",
    "environment": "observability_environment",
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A service on a host.

    Args:
        service: The service.
        node: Inventory name of the host.
        listen_address: Address it binds to.
        listen_port: TCP port it binds to.
        address: Host name or IP address under which others reach it, without brackets.
        address_from: The variable that says so.
        port: The TCP port there.
        scheme: `http` or `https`.
        path_prefix: What precedes all its paths, empty or such as `/prometheus`.
        metrics_path: The whole path of its metrics.
        labels: The user's labels.
        forwarded: The inventory says how others reach it; how it listens then means nothing to them.
        scrape: Whether Prometheus scrapes it.
        watched: What it watches and tells about elsewhere than there.
    """

    service: Service
    node: str
    listen_address: str
    listen_port: int
    address: str
    address_from: str
    port: int
    scheme: str
    path_prefix: str
    metrics_path: str
    labels: dict[str, str]
    forwarded: bool
    scrape: bool
    watched: tuple[Watched, ...] = ()


def variable_names(services: Iterable[Service]) -> tuple[str, ...]:
    """The variables that `read_endpoint` may ask for."""
    names = [*HOST_VARIABLES, *_ADDRESS_VARIABLES, _ENDPOINTS, _LABELS]
    for service in services:
        topics = (*_TOPICS, *_PREFIX_TOPICS) if service.path_prefix else _TOPICS
        names += [service.variable(topic) for topic in topics]
        if watched := variable_of(service.name):
            names.append(watched)
    return tuple(names)


def environment_of(variables: HostVariables) -> str:
    """The environment of a host.

    Raises:
        InputError: `observability_environment` is no text.
    """
    value = variables.get("observability_environment")
    if value is None:
        return DEFAULT_ENVIRONMENT
    return as_text(value, "observability_environment", empty=False)


def members_in_environment(inventory: Inventory, host: str, group: str) -> list[str]:
    """The hosts of one of our groups in the environment of a host.

    Args:
        inventory: The inventory.
        host: The host that asks.
        group: A group of the catalogue; the inventory may have another name for it.

    Raises:
        InputError: `observability_environment` or `observability_groups` is not what it should be.
    """
    asking = inventory.read(host, HOST_VARIABLES)
    members = inventory.members(own_name(inventory.group_map(asking), group))
    environment = environment_of(asking)
    return [name for name in members if environment_of(inventory.read(name, HOST_VARIABLES)) == environment]


def read_endpoint(service: Service, variables: HostVariables) -> Endpoint:
    """Find out how a service of a host listens and is reached.

    Args:
        service: The service.
        variables: Variables of the host.

    Raises:
        InputError: A variable is not what it should be.
    """
    override = _override(service, variables)
    at = f"{_ENDPOINTS}.{service.name}"
    listen_port = _listen_port(service, variables)
    address, address_from = _address(variables)
    if "address" in override:
        address, address_from = _host(override["address"], f"{at}.address"), f"{at}.address"
    scheme = "https" if as_text(*_topic(service, variables, "tls_cert_file")) else service.scheme
    prefix = _prefix(service, variables)
    if "path_prefix" in override:
        prefix = _path(override["path_prefix"], f"{at}.path_prefix").rstrip("/")
    metrics_path = prefix + service.metrics_path
    return Endpoint(
        service=service,
        node=variables.host,
        listen_address=_listen_address(service, variables),
        listen_port=listen_port,
        address=address,
        address_from=address_from,
        port=as_port(override["port"], f"{at}.port") if "port" in override else listen_port,
        scheme=as_choice(override.get("scheme", scheme), f"{at}.scheme", ("http", "https")),
        path_prefix=prefix,
        metrics_path=_path(override.get("metrics_path", metrics_path), f"{at}.metrics_path"),
        labels=_labels(service, variables),
        forwarded=bool(override.keys() & {"address", "port"}),
        scrape=bool(service.job) and _scrape(override, at),
        watched=_watched(service, variables),
    )


def _topic(service: Service, variables: HostVariables, topic: str) -> tuple[t.Any, str]:
    """A variable of the role, with its name."""
    name = service.variable(topic)
    return variables.get(name), name


def _override(service: Service, variables: HostVariables) -> dict[str, t.Any]:
    value = as_mapping(variables.get(_ENDPOINTS), _ENDPOINTS)
    check_keys(value, _ENDPOINTS, BY_NAME, "service")
    where = f"{_ENDPOINTS}.{service.name}"
    override = as_mapping(value.get(service.name), where)
    check_keys(override, where, _OVERRIDES, "setting")
    return override


def _scrape(override: dict[str, t.Any], at: str) -> bool:
    value = override.get("scrape", True)
    if not isinstance(value, bool):
        raise InputError(f"{at}.scrape is {shown(value)}; expected true or false.")
    return value


def _watched(service: Service, variables: HostVariables) -> tuple[Watched, ...]:
    name = variable_of(service.name)
    return watched_beside_the_first(service.name, variables.get(name)) if name else ()


def _listen_port(service: Service, variables: HostVariables) -> int:
    value, name = _topic(service, variables, "port")
    return service.port if value is None else as_port(value, name)


def _listen_address(service: Service, variables: HostVariables) -> str:
    value, name = _topic(service, variables, "listen_address")
    text = service.listen_address if value is None else as_text(value, name)
    return _host(text, name) if text else text


def _address(variables: HostVariables) -> tuple[str, str]:
    for name in _ADDRESS_VARIABLES:
        value = variables.get(name)
        if value is not None and value != "":
            return _host(value, name), name
    return _host(variables.host, "inventory_hostname"), "inventory_hostname"


def _host(value: object, where: str) -> str:
    """A host name or an IP address, the latter without brackets."""
    expected = "expected a host name or an IP address, without scheme and port"
    if not isinstance(value, str) or not value:
        raise InputError(f"{where} is {shown(value)}; {expected}.")
    address = ip_address(value)
    if address is not None:
        return str(address)
    if re.search(r"[\s/:@\[\]?#]", value):
        raise InputError(f"{where} is {shown(value)}; {expected}.")
    return value


def _path(value: object, where: str) -> str:
    if not isinstance(value, str) or not value.startswith("/"):
        raise InputError(f"{where} is {shown(value)}; expected a path that begins with a slash.")
    return value


def _prefix(service: Service, variables: HostVariables) -> str:
    """The path prefix, found as the service itself does: the route prefix, else the path of the external URL."""
    if not service.path_prefix:
        return ""
    prefix = as_text(*_topic(service, variables, "route_prefix"))
    if not prefix:
        url, name = _topic(service, variables, "external_url")
        try:
            prefix = urlsplit(as_text(url, name)).path
        except ValueError:
            raise InputError(f"{name} is {shown(url)}; expected a URL.") from None
    trimmed = prefix.strip("/")
    return f"/{trimmed}" if trimmed else ""


def _labels(service: Service, variables: HostVariables) -> dict[str, str]:
    """The labels of the host and of the service, sorted; the service's win."""
    labels: dict[str, str] = {}
    for name in (_LABELS, service.variable("labels")):
        labels.update(read_labels(variables.get(name), name))
    return dict(sorted(labels.items()))


def read_labels(value: object, where: str, own: Iterable[str] = tuple(OWN_LABELS)) -> dict[str, str]:
    """A dictionary of Prometheus labels. Numbers and booleans become their texts.

    Args:
        value: The value of the variable.
        where: The variable.
        own: Names that the collection sets itself.

    Raises:
        InputError: It is no dictionary, or a name or value is not one that Prometheus takes.
    """
    labels: dict[str, str] = {}
    for name, item in as_mapping(value, where).items():
        if name in own:
            raise InputError(
                f"{where} sets the label {name!r}, which comes from {OWN_LABELS.get(name, 'the collection')}."
            )
        if not _LABEL_NAME.match(name) or name.startswith("__"):
            raise InputError(
                f"{where} has the label {name!r}; expected letters, digits and underscores, neither a digit nor two "
                "underscores first."
            )
        if isinstance(item, bool):
            item = str(item).lower()
        if not isinstance(item, str | int | float):
            raise InputError(f"{where}.{name} is {kind(item)}; expected a text.")
        labels[name] = str(item)
    return labels


def overlaps(one: str, other: str) -> bool:
    """Whether two listen addresses cannot share a port. Unspecified IPv6 (and an empty text) takes IPv4 with it."""
    addresses = [ip_address(text) if text else ip_address("::") for text in (one, other)]
    if any(address is not None and address.version == 6 and address.is_unspecified for address in addresses):
        return True
    if any(address is not None and address.is_unspecified for address in addresses):
        return all(address is None or address.version == 4 for address in addresses)
    return one.lower() == other.lower()


def port_conflicts(endpoints: Sequence[Endpoint]) -> list[str]:
    """A message for each pair of services of one host that want the same port."""
    return [
        f"{one.service.name} and {other.service.name} both listen on port {one.listen_port} "
        f"({bracketed(one.listen_address) or '*'} and {bracketed(other.listen_address) or '*'}); expected different "
        f"values of {one.service.variable('port')} and {other.service.variable('port')}."
        for index, one in enumerate(endpoints)
        for other in endpoints[index + 1 :]
        if one.listen_port == other.listen_port and overlaps(one.listen_address, other.listen_address)
    ]

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who runs what in which environment, and what is wrong with it. PRIVATE to the collection.

Everything follows from the catalogue, the groups and the inventory's variables; never from the hosts of a play or from
facts, so that `--limit` and `serial` change nothing.
"""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import typing as t
from collections.abc import Collection, Iterator, Mapping, Sequence

from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._catalogue import (
    BY_NAME,
    DEFAULT_ENVIRONMENT,
    GROUPS,
    REQUIRED_GROUPS,
    SERVICES,
    Service,
    expected_names,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._endpoints import (
    HOST_VARIABLES,
    Endpoint,
    environment_of,
    port_conflicts,
    read_endpoint,
    variable_names,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._inventory import (
    GroupMap,
    HostVariables,
    Inventory,
    own_name,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import (
    InputError,
    bracketed,
    is_loopback,
)

_NAMED_HOSTS: t.Final = 3


class Problems:
    """Collects what is wrong; hosts with the same problem share a sentence."""

    def __init__(self) -> None:
        self._hosts: dict[str, set[str]] = {}

    def add(self, text: str, host: str = "") -> None:
        """Add a sentence, about a host or about the inventory as a whole."""
        hosts = self._hosts.setdefault(text, set())
        if host:
            hosts.add(host)

    def sentences(self) -> list[str]:
        """All of them, in the order of their first appearance."""
        return [f"{_hosts_named(sorted(hosts))}{text}" for text, hosts in self._hosts.items()]

    def raise_any(self) -> None:
        """Raise all problems as one error.

        Raises:
            InputError: There are problems.
        """
        if self._hosts:
            raise InputError("\n".join(self.sentences()))


def _hosts_named(hosts: Sequence[str]) -> str:
    if not hosts:
        return ""
    more = f" and {len(hosts) - _NAMED_HOSTS} more" if len(hosts) > _NAMED_HOSTS else ""
    return f"{'Host' if len(hosts) == 1 else 'Hosts'} {', '.join(hosts[:_NAMED_HOSTS])}{more}: "


@dataclasses.dataclass(frozen=True, slots=True)
class Host:
    """A host with the services that run there.

    Args:
        name: Name in the inventory.
        environment: Its environment; nothing where that cannot be read, which is a problem of every environment.
        services: What runs there, in the order of the catalogue.
        endpoints: How these are reached; one that could not be found out is missing.
        problems: Sentences about its variables.
        group_map: Its `observability_groups`; nothing where that cannot be read.
    """

    name: str
    environment: str | None
    services: tuple[Service, ...]
    endpoints: tuple[Endpoint, ...]
    problems: tuple[str, ...]
    group_map: GroupMap | None


@dataclasses.dataclass(frozen=True, slots=True)
class Environment:
    """The hosts that see each other.

    Args:
        name: Value of `observability_environment`.
        group_map: What the inventory calls the groups.
        hosts: All of its hosts that run a service, sorted by name.
    """

    name: str
    group_map: GroupMap
    hosts: tuple[Host, ...]

    def endpoints(self, service: Service) -> list[Endpoint]:
        """Where a service runs, sorted by host."""
        return [endpoint for host in self.hosts for endpoint in host.endpoints if endpoint.service is service]

    def hosts_with(self, service: Service) -> list[str]:
        """The names of the hosts that run a service."""
        return [host.name for host in self.hosts if service in host.services]


def environment_seen_by(inventory: Inventory, host: str) -> Environment:
    """The environment of a host, as this host sees it.

    Args:
        inventory: The inventory.
        host: The host that asks.

    Raises:
        InputError: Something is wrong in this environment; the message lists everything.
    """
    if not inventory.has_host(host):
        raise InputError(f"The inventory has no host {host!r}; expected inventory_hostname.")
    asking = inventory.read(host, HOST_VARIABLES)
    try:
        name, group_map = environment_of(asking), inventory.group_map(asking)
    except InputError as error:
        raise InputError(f"Host {host}: {error}") from None
    hosts = read_hosts(inventory, group_map)
    environment = _environment(name, group_map, hosts)
    problems = Problems()
    for sentence in inventory.missing_groups(group_map):
        problems.add(sentence)
    check(environment, _names(hosts), inventory.groups, problems)
    problems.raise_any()
    return environment


def _environment(name: str, group_map: GroupMap, hosts: Sequence[Host]) -> Environment:
    return Environment(name, group_map, tuple(host for host in hosts if host.environment in (name, None)))


def _names(hosts: Sequence[Host]) -> set[str]:
    return {host.environment for host in hosts if host.environment is not None}


def read_hosts(inventory: Inventory, group_map: GroupMap) -> list[Host]:
    """Read every host that runs a service, of all environments, sorted by name.

    Args:
        inventory: The inventory.
        group_map: What it calls the groups.
    """
    services: dict[str, list[Service]] = {}
    for service in SERVICES:
        for name in inventory.hosts_of(group_map, service):
            services.setdefault(name, []).append(service)
    names: dict[tuple[Service, ...], tuple[str, ...]] = {}
    hosts = []
    with _collector_paused():
        for name in sorted(services):
            those = tuple(services[name])
            if those not in names:
                names[those] = variable_names(those)
            hosts.append(_read_host(inventory, inventory.read(name, names[those]), those))
    return hosts


@contextlib.contextmanager
def _collector_paused() -> Iterator[None]:
    """Pause Python's garbage collector, which would walk through Ansible's whole inventory again and again.

    That is a fifth of the time. Reading a host leaves no cycles behind, so there is nothing to collect.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _read_host(inventory: Inventory, variables: HostVariables, services: tuple[Service, ...]) -> Host:
    problems: dict[str, None] = {}
    environment: str | None = None
    group_map: GroupMap | None = None
    try:
        environment = environment_of(variables)
        group_map = inventory.group_map(variables)
    except InputError as error:
        problems[str(error)] = None
    endpoints = []
    for service in services:
        try:
            endpoints.append(read_endpoint(service, variables))
        except InputError as error:
            problems[str(error)] = None
    return Host(variables.host, environment, services, tuple(endpoints), tuple(problems), group_map)


def check(
    environment: Environment, environments: Collection[str], groups: Mapping[str, object], problems: Problems
) -> None:
    """Look for everything that is wrong in an environment.

    Args:
        environment: The environment.
        environments: The names of all environments, to guess what a misspelt one was meant to be.
        groups: The inventory's groups.
        problems: Gets the findings.
    """
    placed = all(host.environment is not None for host in environment.hosts)
    for group in REQUIRED_GROUPS if placed else ():
        if not any(service.group == group for host in environment.hosts for service in host.services):
            problems.add(_empty_group(environment, group, environments, groups))
    for host in environment.hosts:
        for sentence in (*host.problems, *port_conflicts(host.endpoints)):
            problems.add(sentence, host.name)
        if host.group_map is not None and host.group_map != environment.group_map:
            problems.add(
                "observability_groups differs from that of other hosts of the environment "
                f"{environment.name!r}; expected the same value everywhere, so set it in the group all.",
                host.name,
            )
    _check_reachable(environment, problems)
    _check_different(environment, problems)


def _empty_group(
    environment: Environment, group: str, environments: Collection[str], groups: Mapping[str, object]
) -> str:
    own = own_name(environment.group_map, group)
    called = f"{group} (observability_groups calls it {own})" if own != group else group
    if own not in groups:
        return (
            f"The inventory has no group {called}; expected at least one host in it. "
            f"If the group exists under another name, say so in observability_groups.{group}."
        )
    sentence = (
        f"The group {called} has no host in the environment {environment.name!r} (observability_environment); "
        "expected at least one."
    )
    others = set(environments) - {environment.name}
    return f"{sentence} If the environment is wrong: {expected_names(environment.name, others)}" if others else sentence


def _check_reachable(environment: Environment, problems: Problems) -> None:
    """A loopback address means another machine to everybody else."""
    servers = environment.hosts_with(BY_NAME["prometheus"])
    for host in environment.hosts:
        server = next((name for name in servers if name != host.name), None)
        for endpoint in host.endpoints:
            service = endpoint.service
            if server is None or not (endpoint.scrape or service is BY_NAME["alertmanager"]):
                continue
            if not endpoint.forwarded and is_loopback(endpoint.listen_address):
                problems.add(
                    f"{service.variable('listen_address')} is {endpoint.listen_address!r}, which only the host itself "
                    f"reaches, but Prometheus on {server} needs it; expected an address that others reach. Where "
                    f"something forwards to it, say so in observability_endpoints.{service.name}.",
                    host.name,
                )
            elif is_loopback(endpoint.address):
                problems.add(
                    f"{endpoint.address_from} is {endpoint.address!r}, under which Prometheus on {server} would reach "
                    "itself; expected an address that others reach, so set observability_address.",
                    host.name,
                )


def _check_different(environment: Environment, problems: Problems) -> None:
    """Two hosts behind one address would be scraped twice, and neither name would be true."""
    seen: dict[tuple[str, str, int], str] = {}
    for host in environment.hosts:
        for endpoint in host.endpoints:
            key = (endpoint.service.name, endpoint.address, endpoint.port)
            if endpoint.scrape and seen.setdefault(key, host.name) != host.name:
                problems.add(
                    f"{endpoint.service.name} has the same address {bracketed(endpoint.address)}:{endpoint.port} "
                    f"({endpoint.address_from}) as that of host {seen[key]}; expected an address of its own, or "
                    f"scrape: false in observability_endpoints.{endpoint.service.name} of one of them.",
                    host.name,
                )


def environment_maps(inventory: Inventory, problems: Problems) -> dict[str, GroupMap]:
    """The environments with their `observability_groups`, found by asking one host of each group.

    Enough to find what is set for groups, as this variable must be, and much faster than asking all.

    Args:
        inventory: The inventory.
        problems: Gets what cannot be read.
    """
    maps: dict[str, GroupMap] = {}
    hosts = {members[0]: None for group in sorted(inventory.groups) if (members := inventory.members(group))}
    for host in hosts:
        variables = inventory.read(host, HOST_VARIABLES)
        try:
            maps.setdefault(environment_of(variables), inventory.group_map(variables))
        except InputError as error:
            problems.add(str(error), host)
    return maps


def check_all(inventory: Inventory, problems: Problems, asked_by: Collection[str] | None = None) -> list[Environment]:
    """Look for everything that is wrong in the inventory.

    Args:
        inventory: The inventory.
        problems: Gets the findings.
        asked_by: Hosts; only their environments are looked at. Without it, all are.

    Returns:
        The environments that were looked at, sorted by name.
    """
    maps = environment_maps(inventory, problems)
    distinct: list[GroupMap] = []
    for group_map in maps.values():
        if group_map not in distinct:
            distinct.append(group_map)
    found: dict[str, Environment] = {}
    names: set[str] = set()
    for group_map in distinct or [{}]:
        hosts = read_hosts(inventory, group_map)
        names |= _names(hosts)
        for name in _names(hosts) | (maps.keys() or {DEFAULT_ENVIRONMENT}):
            if maps.get(name, group_map) == group_map and name not in found:
                found[name] = _environment(name, group_map, hosts)
    checked = []
    for name in sorted(_wanted(inventory, found, asked_by, problems)):
        environment = found.get(name) or Environment(name, maps.get(name, {}), ())
        for sentence in inventory.missing_groups(environment.group_map):
            problems.add(sentence)
        check(environment, names, inventory.groups, problems)
        checked.append(environment)
    return checked


def _wanted(
    inventory: Inventory, found: Mapping[str, Environment], asked_by: Collection[str] | None, problems: Problems
) -> set[str]:
    """The environments to look at: those of the hosts that ask, as far as the inventory counts them among ours."""
    watched = {host.name: name for name, environment in found.items() for host in environment.hosts if host.environment}
    if asked_by is None:
        return set(watched.values()) or {DEFAULT_ENVIRONMENT}
    wanted = {watched[host] for host in asked_by if host in watched}
    ours = {
        member
        for environment in found.values()
        for group in GROUPS
        for member in inventory.members(own_name(environment.group_map, group))
    }
    for host in asked_by:
        if host in ours and host not in watched:
            try:
                wanted.add(environment_of(inventory.read(host, HOST_VARIABLES)))
            except InputError as error:
                problems.add(str(error), host)
    return wanted or set(watched.values()) or {DEFAULT_ENVIRONMENT}

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads groups and the variables of hosts, quickly and with plain values. PRIVATE to the collection."""

from __future__ import annotations

import typing as t
from collections.abc import Collection, Mapping

from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._catalogue import (
    GROUPS,
    Service,
    expected_names,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._templates import Templates
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import (
    InputError,
    as_mapping,
    check_keys,
    shown,
)

# Groups that the playbook resolve_groups makes.
_MADE: t.Final = "observability_play_"

#: The inventory's own names for the groups of the catalogue.
GroupMap = Mapping[str, str]


class HostVariables:
    """Some variables of one host. A variable whose template fails only does so when it is asked for.

    Args:
        host: Name in the inventory.
        values: The evaluated variables.
        errors: Messages for those that could not be evaluated.
    """

    def __init__(self, host: str, values: dict[str, t.Any], errors: dict[str, str]) -> None:
        self.host = host
        self._values = values
        self._errors = errors

    def get(self, name: str) -> t.Any:
        """The value of a variable in builtins; nothing where it is not set.

        Raises:
            InputError: Its template fails.
        """
        if name in self._errors:
            raise InputError(self._errors[name])
        return self._values.get(name)


class Inventory:
    """Groups and variables as a filter is given them.

    Reading a host costs about 0.3 ms in Ansible, whatever is read: so each host is read once, only what is asked for is
    evaluated, and the rest is let go at once.

    Args:
        groups: The magic variable of this name: host names by group.
        hostvars: The magic variable of this name, or plain dictionaries by host name.
    """

    def __init__(self, groups: Mapping[str, t.Any], hostvars: Mapping[str, t.Any]) -> None:
        self.groups = groups
        self._hostvars = hostvars
        # raw_get gives the variables without templating them and without setting up an engine for each host.
        self._raw = getattr(hostvars, "raw_get", hostvars.__getitem__)
        self._templates = Templates(getattr(hostvars, "_loader", None))

    def has_host(self, host: str) -> bool:
        """Whether the inventory knows the host."""
        return host in self._hostvars

    def read(self, host: str, names: Collection[str]) -> HostVariables:
        """Read variables of a host.

        Args:
            host: Name in the inventory.
            names: The variables that may be asked for.
        """
        raw = self._raw(host)
        values: dict[str, t.Any] = {}
        errors: dict[str, str] = {}
        for name in names:
            if name in raw:
                try:
                    values[name] = self._templates.evaluate(raw, raw[name], name)
                except InputError as error:
                    errors[name] = str(error)
        return HostVariables(host, values, errors)

    def members(self, group: str) -> list[str]:
        """The hosts of one of the inventory's groups, empty where there is no such group."""
        return [str.__str__(host) for host in self.groups.get(group, ())]

    def hosts_of(self, group_map: GroupMap, service: Service) -> list[str]:
        """The hosts that run a service; none where nobody is there whom it would serve."""
        if service.needs_group and not self.members(own_name(group_map, service.needs_group)):
            return []
        return self.members(own_name(group_map, service.group))

    def group_map(self, variables: HostVariables) -> dict[str, str]:
        """The value of `observability_groups`.

        Raises:
            InputError: It is not a dictionary of texts, or names a group that the catalogue does not know.
        """
        where = "observability_groups"
        value = as_mapping(variables.get(where), where)
        check_keys(value, where, GROUPS, "group")
        for name, own in value.items():
            if not isinstance(own, str) or not own:
                raise InputError(f"{where}.{name} is {shown(own)}; expected the name of a group of the inventory.")
        return value

    def missing_groups(self, group_map: GroupMap) -> list[str]:
        """A message for each name in a map that is no group of the inventory."""
        names = [name for name in self.groups if name not in ("all", "ungrouped") and not name.startswith(_MADE)]
        return [
            f"observability_groups.{name} is {own!r}, which is no group of the inventory; {expected_names(own, names)}"
            for name, own in group_map.items()
            if own not in self.groups
        ]


def own_name(group_map: GroupMap, group: str) -> str:
    """What the inventory calls a group of the catalogue."""
    return group_map.get(group, group)

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. System users of services that no package brings."""

from __future__ import annotations

from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service import commands, files
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.bundle import UserSpec
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.errors import (
    ManagedServiceError,
)


def missing(user: UserSpec) -> list[str]:
    """What of a user does not exist, in words."""
    found = []
    if files.group_id(user.group) is None:
        found.append("group " + user.group)
    if files.user_id(user.name) is None:
        found.append("user " + user.name)
    return found


def create(user: UserSpec) -> None:
    """Make the system group and user where they are missing; one that exists is left as it is.

    Raises:
        ManagedServiceError: groupadd or useradd refused.
    """
    if files.group_id(user.group) is None:
        _run(["groupadd", "--system", user.group])
    if files.user_id(user.name) is None:
        _run(
            [
                "useradd",
                "--system",
                "--gid",
                user.group,
                "--no-create-home",
                "--home-dir",
                user.home,
                "--shell",
                user.shell,
                user.name,
            ]
        )


def remove(created: list[str]) -> None:
    """Take back what create() made, where nothing came to use it."""
    for item in reversed(created):
        kind, name = item.split(" ", 1)
        exists = files.user_id(name) if kind == "user" else files.group_id(name)
        if exists is not None:  # userdel removes the user's own group with it
            _run(["userdel" if kind == "user" else "groupdel", name])


def _run(argv: list[str]) -> None:
    outcome = commands.run(argv)
    if not outcome.ok:
        raise ManagedServiceError("%s failed: %s" % (" ".join(argv), outcome.output.strip()))

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A running service is asked to get ready before it is restarted, and only then."""

from __future__ import annotations

import typing as t

from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.controller import (
    Controller,
)
from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.machine import Machine
from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.services import (
    ETC,
    prometheus,
    rule,
    unit,
)

SNAPSHOT = "http://127.0.0.1:9090/api/v1/admin/tsdb/snapshot"


def service(expression: str, *flags: str, path: str = SNAPSHOT) -> dict[str, t.Any]:
    """Prometheus, which makes a snapshot of its data before a restart."""
    options: dict[str, t.Any] = prometheus(
        {"a.yml": rule("a", expression)}, unit_file=unit(flags=["--web.enable-admin-api", *flags])
    )
    return {**options, "before_restart": [{"url": path, "body": "{}"}]}


def snapshots(machine: Machine) -> int:
    return int(machine.sh("find / -xdev -path '*/snapshots/*' -maxdepth 7 -mindepth 1 -type d -name '2*Z-*' | wc -l"))


def test_it_is_asked_before_a_restart_and_not_otherwise(clean: Machine, controller: Controller) -> None:
    clean.sh("find / -xdev -type d -name snapshots -exec rm -r {} +")
    controller.deploy(service("up"))
    assert snapshots(clean) == 0, "it did not run before"
    controller.deploy(service("up == 1"))
    assert snapshots(clean) == 0, "a reload is enough"
    controller.deploy(service("up == 1"))
    assert snapshots(clean) == 0, "nothing changed"
    controller.deploy(service("up == 1", "--log.level=warn"), check=True)
    assert snapshots(clean) == 0, "check mode"
    controller.deploy(service("up == 1", "--log.level=warn"))
    assert snapshots(clean) == 1


def test_nothing_changes_when_it_does_not_get_ready(clean: Machine, controller: Controller) -> None:
    controller.deploy(service("up"))
    before, state = clean.snapshot(ETC), clean.unit()

    result = controller.refused(service("up == 1", "--log.level=warn", path="http://127.0.0.1:9090/none"))

    assert "prometheus.service is not restarted" in result.msg
    assert "POST http://127.0.0.1:9090/none: HTTP status 404" in result.msg
    assert clean.snapshot(ETC) == before
    assert clean.unit() == state
    assert not clean.leftovers()

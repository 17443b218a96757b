# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the contract tests of managed_service.

Each pytest process has containers of its own. CONTRACT_KEEP=name keeps them for the next call with that name; what a
test leaves behind in them does not matter, because every test starts from `clean` or `deployed`.
"""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

import pytest
from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support import services
from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.controller import (
    Controller,
)
from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.machine import Machine

_REPORT = pytest.StashKey[bool]()
_deployed_is_intact = False


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "leaves_deployed_intact: the test itself proves that it has changed nothing; saves a deployment"
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> t.Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call":
        item.stash[_REPORT] = report.passed
    return report


def _machine(suite: str) -> t.Iterator[Machine]:
    keep = os.environ.get("CONTRACT_KEEP", "")
    machine = Machine(f"contract-{suite}-{keep or os.getpid()}")
    try:
        machine.start(suite)
        yield machine
    finally:
        if not keep:
            machine.remove()


@pytest.fixture(scope="session")
def trixie() -> t.Iterator[Machine]:
    """Debian 13 with Prometheus 2.53."""
    yield from _machine("trixie")


@pytest.fixture(scope="session")
def bookworm() -> t.Iterator[Machine]:
    """Debian 12 with Prometheus 2.42."""
    yield from _machine("bookworm")


@pytest.fixture(scope="session")
def machine(trixie: Machine) -> Machine:
    """The host under test."""
    return trixie


@pytest.fixture
def controller(machine: Machine, tmp_path: Path) -> Controller:
    """Runs ansible-playbook against the host under test."""
    return Controller(machine, tmp_path)


@pytest.fixture
def clean(machine: Machine) -> Machine:
    """The host with the package installed and nothing of ours."""
    global _deployed_is_intact
    _deployed_is_intact = False
    machine.clean()
    return machine


@pytest.fixture
def deployed(machine: Machine, controller: Controller, request: pytest.FixtureRequest) -> t.Iterator[Machine]:
    """The host with services.prometheus() running."""
    global _deployed_is_intact
    if not _deployed_is_intact:
        machine.clean()
        controller.deploy(services.prometheus())
    _deployed_is_intact = False
    yield machine
    passed = request.node.stash.get(_REPORT, False)
    _deployed_is_intact = passed and request.node.get_closest_marker("leaves_deployed_intact") is not None

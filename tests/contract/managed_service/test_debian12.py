# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The heart of the contract on Debian 12: Prometheus 2.42, systemd 252, Python 3.11, promtool in the package itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.controller import (
    Controller,
    step,
)
from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.machine import Machine
from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.services import (
    BAD_RULE,
    ETC,
    prometheus,
    rule,
    small,
    unit,
)


@pytest.fixture
def older(bookworm: Machine, tmp_path: Path) -> Controller:
    bookworm.clean()
    return Controller(bookworm, tmp_path)


def test_deploy_refuse_reload_roll_back_recover_and_rest(older: Controller) -> None:
    machine = older.machine
    check, first, rest = older.play([step(prometheus(), check_mode=True), step(prometheus()), step(prometheus())])
    assert (check.diff, check.reaction) == (first.diff, first.reaction)
    assert (first.reaction, rest.changed) == ("start", False)

    before, process = machine.snapshot(), machine.process()
    assert "unclosed left parenthesis" in older.refused(prometheus({"a.yml": BAD_RULE})).words
    assert (machine.snapshot(), machine.process()) == (before, process)

    assert older.deploy(prometheus({"a.yml": rule("a", "up == 2")})).reaction == "reload"
    assert (machine.process(), machine.loaded_rules()) == (process, {"a": "up == 2"})

    assert "runs with them again" in older.refused(prometheus({"a.yml": BAD_RULE}, validate=[])).msg
    assert "runs with them again" in older.refused(prometheus(unit_file=unit(flags=["--no-such-flag"]))).msg
    assert machine.last_reload_successful
    assert machine.loaded_rules() == {"a": "up == 2"}

    machine.kill_before("reload")
    assert older.attempt(prometheus({"c.yml": rule("c")})).failed
    machine.spare()
    machine.systemctl("restart", "prometheus.service")
    assert older.deploy(prometheus({"c.yml": rule("c")})).data["removed"] == [f"{ETC}/rules/a.yml"]
    assert machine.loaded_rules() == {"c": "up == 1"}
    machine.systemctl("restart", "prometheus.service")
    assert not older.deploy(prometheus({"c.yml": rule("c")})).changed
    assert not machine.leftovers()


def test_a_first_deployment_that_is_not_ready_leaves_nothing_behind(older: Controller) -> None:
    before = {path: mark[5:] for path, mark in older.machine.snapshot("/etc/systemd", "/etc/contract").items()}

    older.refused(small(ready={"url": "http://127.0.0.1:9192/", "timeout": 1}))

    after = {path: mark[5:] for path, mark in older.machine.snapshot("/etc/systemd", "/etc/contract").items()}
    assert after == before

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract line 10: one run at a time per service and host, and no harm when the controller goes away."""

from __future__ import annotations

import getpass
import json
import os
import platform
import signal
import time

import pytest
from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.controller import (
    Controller,
    step,
)
from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.machine import Machine
from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.services import (
    ETC,
    Service,
    prometheus,
    rule,
    small,
    unit,
)

SEEN, GO = "/var/tmp/contract-seen", "/var/tmp/contract-go"
WAIT = ["sh", "-c", f"touch {SEEN}; for i in $(seq 300); do test -e {GO} && exit 0; sleep 0.1; done; exit 1"]


@pytest.fixture
def signs(deployed: Machine) -> Machine:
    """The validator WAIT tells that it runs and waits until it is told to go on."""
    deployed.sh(f"rm -f {SEEN} {GO}; touch {SEEN}; chmod 666 {SEEN}; rm {SEEN}; chmod 1777 /var/tmp")
    return deployed


def waiting() -> Service:
    return prometheus({"a.yml": rule("a", "up == 2")}, validate=[WAIT])


def test_the_second_run_fails_at_once_and_says_who_holds_the_lock(signs: Machine, controller: Controller) -> None:
    first, record = controller.start([{"tasks": [step(waiting())]}])
    signs.wait_for(lambda: signs.exists(SEEN), "the first run")
    start = time.monotonic()

    second, check = controller.play(
        [step(prometheus(), ignore_errors=True), step(prometheus(), check_mode=True, ignore_errors=True)]
    )

    taken = time.monotonic() - start
    signs.sh(f"touch {GO}")
    first.communicate(timeout=60)
    for result in (second, check):
        assert result.failed
        assert "Another run is changing prometheus on this host right now" in result.msg
        assert f"{getpass.getuser()}@{platform.node()}" in result.msg
    assert taken < 20, "it does not wait for the first"
    assert json.loads(record.read_text())["status"] == "ok", "the first is not disturbed"
    assert signs.loaded_rules() == {"a": "up == 2"}


def test_a_check_run_does_not_make_a_real_run_blame_somebody_who_is_long_gone(
    signs: Machine, controller: Controller
) -> None:
    first, record = controller.start([{"tasks": [step(waiting())]}], check=True)
    signs.wait_for(lambda: signs.exists(SEEN), "the check run")

    second = controller.attempt(prometheus())
    signs.sh(f"touch {GO}")
    first.communicate(timeout=60)

    assert json.loads(record.read_text())["status"] == "ok"
    if second.failed:  # it may also simply work
        held_by = signs.sh("cat /run/enterprise_tickets_observability/prometheus.lock")
        assert not held_by or held_by not in second.msg, "names the last real run, which has ended"


def test_two_services_do_not_wait_for_each_other(signs: Machine, controller: Controller) -> None:
    first, _record = controller.start([{"tasks": [step(waiting())]}])
    signs.wait_for(lambda: signs.exists(SEEN), "the first run")

    other = controller.attempt(small())
    signs.sh(f"touch {GO}")
    first.communicate(timeout=60)

    assert not other.failed, other.output


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "SIGKILL"])
@pytest.mark.parametrize("moment", ["validating", "restarting"])
def test_a_controller_that_goes_away_does_no_harm(
    signs: Machine, controller: Controller, number: signal.Signals, moment: str
) -> None:
    """The host ends what it has begun, or has not begun; in any case the next run ends right."""
    slow = unit(service=["ExecStartPost=/bin/sleep 2"])
    service = waiting() if moment == "validating" else prometheus({"a.yml": rule("a", "up == 2")}, unit_file=slow)
    process, _record = controller.start([{"tasks": [step(service)]}])
    if moment == "validating":
        signs.wait_for(lambda: signs.exists(SEEN), "the validator")
    else:
        signs.wait_for(lambda: signs.unit()["SubState"] == "start-post", "the restart")

    os.killpg(process.pid, number)
    process.communicate(timeout=30)
    signs.sh(f"touch {GO}")

    # On the host the run either goes on to its end or is cut off; then nobody holds the lock any more.
    free = "flock -n /run/enterprise_tickets_observability/prometheus.lock echo free"
    signs.wait_for(lambda: signs.sh(free, check=False) == "free", "the end of the run on the host", 40)
    both = (signs.read(f"{ETC}/rules/a.yml"), signs.loaded_rules())
    assert ("up == 1" in both[0], both[1]["a"]) in ((True, "up == 1"), (False, "up == 2")), (
        "what runs is what is on disk"
    )
    service = {**service, "validate": prometheus()["validate"]}
    check, heal, again = controller.play([step(service, check_mode=True), step(service), step(service)])
    assert (check.changed, check.diff) == (heal.changed, heal.diff)
    assert not again.changed
    assert signs.loaded_rules() == {"a": "up == 2"}
    assert not signs.leftovers()

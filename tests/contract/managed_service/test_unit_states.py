# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract line 12: what becomes of units that are stopped, masked, never started, failed, or of somebody else."""

from __future__ import annotations

import pytest
from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.controller import (
    Controller,
    step,
)
from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.machine import (
    MANAGED,
    Machine,
)
from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.services import (
    ETC,
    UNIT,
    prometheus,
    rule,
    small,
    unit,
)


def test_the_first_deployment_starts_the_service_once_and_enables_it(clean: Machine, controller: Controller) -> None:
    clean.systemctl("disable", "--quiet", "prometheus.service")
    clean.sh("journalctl --rotate --vacuum-time=1s >/dev/null 2>&1; sleep 1")

    first, second = controller.play([step(prometheus()), step(prometheus())])

    state = clean.unit()
    assert (first.reaction, second.changed) == ("start", False)
    assert (state["ActiveState"], state["UnitFileState"], state["FragmentPath"]) == ("active", "enabled", UNIT)
    assert clean.loaded_rules() == {"a": "up == 1"}
    # The peer starts, and then restarts.
    assert clean.sh("journalctl -u prometheus.service -o cat").count("Starting Prometheus Server") == 1


def test_a_first_deployment_over_a_package_that_runs_already_takes_it_over(
    clean: Machine, controller: Controller
) -> None:
    """Debian's package starts its own unit with its own configuration."""
    clean.sh("rm -f /etc/systemd/system/prometheus.service; systemctl daemon-reload; systemctl start prometheus")
    assert clean.unit()["FragmentPath"] != UNIT

    result = controller.deploy(prometheus())

    assert result.reaction == "restart"
    assert clean.unit()["FragmentPath"] == UNIT
    assert clean.loaded_rules() == {"a": "up == 1"}
    assert not controller.deploy(prometheus()).changed


def test_a_stopped_service_is_started_and_a_disabled_one_enabled(deployed: Machine, controller: Controller) -> None:
    deployed.systemctl("disable", "--now", "--quiet", "prometheus.service")

    first, second = controller.play([step(prometheus()), step(prometheus())])

    assert (first.changed, first.reaction, second.changed) == (True, "start", False)
    assert (deployed.unit()["ActiveState"], deployed.unit()["UnitFileState"]) == ("active", "enabled")


def test_enablement_alone_does_not_touch_the_process(deployed: Machine, controller: Controller) -> None:
    process = deployed.process()

    off = controller.deploy(prometheus(enabled=False))
    state_off = deployed.unit()["UnitFileState"]
    on = controller.deploy(prometheus())

    assert (off.changed, off.reaction, state_off) == (True, "none", "disabled")
    assert (on.changed, on.reaction, deployed.unit()["UnitFileState"]) == (True, "none", "enabled")
    assert deployed.process() == process


@pytest.mark.parametrize("way", ["mask", "mask --runtime"])
def test_a_masked_unit_fails_before_any_change_and_stays_masked(
    clean: Machine, controller: Controller, way: str
) -> None:
    clean.sh(f"systemctl --quiet {way} prometheus.service")
    before = clean.snapshot(*MANAGED, "/run/systemd/system")

    started = controller.refused(prometheus())
    stopped = controller.refused(prometheus(state="stopped"))

    for result in (started, stopped):
        assert "prometheus.service is masked" in result.msg
        assert "systemctl unmask prometheus.service" in result.msg
        assert "Nothing was changed" in result.msg
    assert clean.snapshot(*MANAGED, "/run/systemd/system") == before
    assert clean.unit()["LoadState"] == "masked"
    clean.sh(f"systemctl --quiet un{way} prometheus.service")


def test_state_stopped_deploys_and_stops_and_then_rests(deployed: Machine, controller: Controller) -> None:
    new = prometheus({"a.yml": rule("a", "up == 2")}, state="stopped", enabled=False)

    check, first, second = controller.play([step(new, check_mode=True), step(new), step(new)])

    assert (check.changed, check.reaction) == (True, "stop")
    assert (first.changed, first.reaction, second.changed) == (True, "stop", False)
    assert (deployed.unit()["ActiveState"], deployed.unit()["UnitFileState"]) == ("inactive", "disabled")
    assert "up == 2" in deployed.read(f"{ETC}/rules/a.yml")
    changed = controller.deploy(prometheus({"a.yml": rule("a", "up == 3")}, state="stopped", enabled=False))
    assert (changed.changed, changed.reaction) == (True, "none")
    assert controller.deploy(prometheus({"a.yml": rule("a", "up == 3")})).reaction == "start"
    assert deployed.loaded_rules() == {"a": "up == 3"}


def test_a_unit_that_has_failed_too_often_is_repaired(deployed: Machine, controller: Controller) -> None:
    deployed.sh(f"sed -i 's/up == 1/sum(((/' {ETC}/rules/a.yml; systemctl restart prometheus; sleep 0.1")
    deployed.wait_for(lambda: deployed.unit()["ActiveState"] == "failed", "systemd giving up")

    result = controller.deploy(prometheus())

    assert result.reaction == "start"
    assert deployed.loaded_rules() == {"a": "up == 1"}


def test_a_unit_in_an_endless_crash_loop_is_repaired_by_the_right_files(clean: Machine, controller: Controller) -> None:
    """Broken by hand; systemd tries again every two seconds, so that it is never simply `failed`."""
    patient = prometheus(unit_file=unit(service=["RestartSec=2s"]))
    controller.deploy(patient)
    clean.sh(f"sed -i 's/up == 1/sum(((/' {ETC}/rules/a.yml; systemctl restart prometheus")
    clean.wait_for(lambda: clean.unit()["SubState"] == "auto-restart", "the crash loop")

    result = controller.deploy(patient)

    assert result.changed  # by a reload, where systemd had just started it again when it was looked at
    assert clean.loaded_rules() == {"a": "up == 1"}


def test_a_crash_loop_is_an_error_also_where_no_file_differs(clean: Machine, controller: Controller) -> None:
    patient = prometheus(unit_file=unit(service=["RestartSec=2s"]))
    controller.deploy(patient)
    # Something outside our files: the data directory is not writable any more.
    clean.sh("systemctl stop prometheus; chown -R root /var/lib/prometheus/metrics2; systemctl start prometheus")
    clean.wait_for(lambda: clean.unit()["SubState"] == "auto-restart", "the crash loop")

    result = controller.refused(patient)

    assert "permission denied" in result.words
    clean.sh("chown -R prometheus /var/lib/prometheus/metrics2")
    clean.wait_for(lambda: clean.unit()["ActiveState"] == "active", "systemd's next try")


def test_a_foreign_drop_in_restarts(deployed: Machine, controller: Controller) -> None:
    deployed.write("/etc/systemd/system/prometheus.service.d/admin.conf", "[Service]\nEnvironment=BY=admin\n")

    result = controller.deploy(prometheus())

    assert result.reaction == "restart"
    assert "BY=admin" in deployed.sh("tr '\\0' '\\n' < /proc/$(systemctl show -P MainPID prometheus)/environ")
    assert not controller.deploy(prometheus()).changed


def test_two_services_in_one_play_never_restart_each_other(deployed: Machine, controller: Controller) -> None:
    controller.deploy(small())
    first, second = deployed.process(), deployed.unit("contract-small.service")["InvocationID"]
    other = small()
    other["files"] = [
        {**other["files"][0], "content": other["files"][0]["content"].replace("Description=", "Description=new ")}
    ]

    results = controller.play([step(prometheus()), step(other), step(prometheus())])

    assert [(result.changed, result.reaction) for result in results] == [
        (False, "none"),
        (True, "restart"),
        (False, "none"),
    ]
    assert deployed.process() == first
    assert deployed.unit("contract-small.service")["InvocationID"] != second


def test_a_unit_without_an_install_section_is_left_static(clean: Machine, controller: Controller) -> None:
    service = small()
    content = service["files"][0]["content"].replace("[Install]\nWantedBy=multi-user.target\n", "")
    service["files"] = [{**service["files"][0], "content": content}]

    first, second = controller.play([step(service), step(service)])

    assert (first.reaction, second.changed) == ("start", False)
    assert clean.unit("contract-small.service")["UnitFileState"] == "static"

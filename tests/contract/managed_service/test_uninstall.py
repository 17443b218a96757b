# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""managed_service_removal: what we have put on a host goes, and nothing else."""

from __future__ import annotations

import typing as t

from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.controller import (
    Controller,
    Result,
)
from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.machine import Machine
from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.services import (
    ETC,
    prometheus,
    small,
)

DATA = "/var/lib/prometheus/metrics2"
STATE = "/var/lib/enterprise_tickets_observability"


def uninstall(controller: Controller, services: list[str], check: bool = False, **options: t.Any) -> Result:
    parameters = {"services": services, "data": {"prometheus": [DATA]}, **options}
    [result] = controller.play(
        [{"name": "Remove", "enterprise_tickets.observability.managed_service_removal": parameters}], check=check
    )
    return result


def test_a_service_goes_its_package_and_its_data_stay(deployed: Machine, controller: Controller) -> None:
    deployed.wait_for(lambda: deployed.exists(f"{DATA}/wal/00000000"), "something is written")
    deployed.write(f"{ETC}/notes.txt", "a person's\n")
    before = deployed.snapshot()

    told = uninstall(controller, ["prometheus"], check=True)
    assert told.changed
    assert deployed.snapshot() == before, "check mode changes nothing"
    assert deployed.unit()["ActiveState"] == "active"

    done = uninstall(controller, ["prometheus"])
    assert done.data["removed"] == told.data["removed"]
    assert f"{ETC}/prometheus.yml" in done.data["removed"]
    assert [path for path in done.data["removed"] if deployed.exists(path)] == []
    assert done.data["kept"] == [DATA]
    assert done.diff == told.diff
    unit = deployed.unit()
    assert (unit["ActiveState"], unit["UnitFileState"]) == ("inactive", "disabled")
    assert not unit["FragmentPath"].startswith("/etc/"), "the package's unit is there again"
    assert deployed.exists(f"{DATA}/wal/00000000")
    assert deployed.exists(f"{ETC}/notes.txt")
    assert deployed.sh("dpkg-query -W -f '${Status}' prometheus") == "install ok installed"
    assert deployed.leftovers() == []
    assert not deployed.exists(f"{STATE}/prometheus")

    assert not uninstall(controller, ["prometheus"]).changed
    # And back again, with the data it had.
    assert controller.deploy(prometheus()).changed


def test_data_go_where_that_is_said(deployed: Machine, controller: Controller) -> None:
    result = uninstall(controller, ["prometheus"], delete_data=True)
    assert DATA in result.data["removed"]
    assert result.data["kept"] == []
    assert not deployed.exists(DATA)


def test_all_are_removed_and_each_unit_with_them(deployed: Machine, controller: Controller) -> None:
    controller.deploy(small())
    result = uninstall(controller, ["all"])
    assert len(result.data["services"]) == 2
    assert "prometheus.service" in result.data["units"]
    assert not deployed.exists(STATE)
    for unit in result.data["units"]:
        assert deployed.unit(unit)["ActiveState"] == "inactive"
    assert deployed.sh("systemctl list-units --failed --no-legend 'contract*' 'prometheus*'") == ""


def test_a_unit_that_does_not_stop_keeps_its_files(deployed: Machine, controller: Controller) -> None:
    deployed.write(
        "/usr/local/sbin/systemctl",
        '#!/bin/sh\ncase " $* " in *" stop "*) echo refused; exit 1;; esac\nexec /usr/bin/systemctl "$@"\n',
        mode="0755",
    )
    result = uninstall(controller, ["prometheus"])
    deployed.spare()
    assert result.failed
    assert "systemctl stop prometheus.service: refused" in result.msg
    assert deployed.exists(f"{ETC}/prometheus.yml")
    assert deployed.unit()["ActiveState"] == "active"


def test_a_removal_that_is_cut_off_is_finished_by_the_next(deployed: Machine, controller: Controller) -> None:
    deployed.kill_after("disable")
    assert uninstall(controller, ["prometheus"]).failed
    deployed.spare()
    result = uninstall(controller, ["prometheus"])
    assert not result.failed
    assert not deployed.exists(f"{ETC}/prometheus.yml")
    assert deployed.leftovers() == []


def test_directories_of_the_system_are_no_data(deployed: Machine, controller: Controller) -> None:
    for path in ("/var/lib", "/", "/etc/../var/lib/x", "relative/path"):
        result = uninstall(controller, ["prometheus"], data={"prometheus": [path]}, delete_data=True)
        assert result.failed
        assert repr(path) in result.msg
    assert deployed.unit()["ActiveState"] == "active"

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract line 8: check mode tells what the real run would do, validates as it would, and writes nothing."""

from __future__ import annotations

import typing as t

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

# Places in which a host writes by itself.
RESTLESS = (
    "/proc",
    "/sys",
    "/dev",
    "/tmp",
    "/run",
    "/var/log",
    "/var/lib/prometheus/metrics2",
    "/var/tmp/contract-stamp",
)


def written_since(machine: Machine) -> list[str]:
    """Everything on the host whose inode has changed since stamp()."""
    skip = " -o ".join(f"-path {path}" for path in RESTLESS)
    return machine.sh(f"find / \\( {skip} \\) -prune -o -cnewer /var/tmp/contract-stamp -print").splitlines()


def stamp(machine: Machine) -> None:
    # The kernel's file clock ticks every 4 ms.
    machine.sh("sleep 0.02; touch /var/tmp/contract-stamp; sleep 0.02")


@pytest.fixture(scope="module")
def virgin(trixie: Machine) -> t.Iterator[Machine]:
    """A host on which nothing is installed yet."""
    machine = Machine(f"{trixie.name}-virgin")
    machine.boot("trixie")
    yield machine
    machine.remove()


def test_on_a_fresh_host_everything_is_shown_and_what_could_not_be_checked_is_said(
    virgin: Machine, controller: Controller
) -> None:
    controller.machine = virgin
    stamp(virgin)
    first, second = controller.play(
        [step(prometheus()), step(small(user={"name": "contract", "create": True}))], check=True
    )

    assert written_since(virgin) == []
    assert virgin.sh("ls -d /run/enterprise_tickets_observability 2>&1 || true").endswith("No such file or directory")
    assert (first.status, first.changed, first.reaction) == ("ok", True, "start")
    assert "promtool is not installed yet" in first.notes
    assert "user prometheus" in first.notes
    shown = [item["after_header"].rstrip("/") for item in first.diff]
    assert shown == [
        ETC,
        f"{ETC}/rules",
        f"{ETC}/prometheus.yml",
        f"{ETC}/rules/a.yml",
        "/etc/systemd/system/prometheus.service",
    ]
    assert "would create" in second.notes
    assert second.changed


def test_on_a_fresh_host_the_real_run_that_follows_shows_the_same(clean: Machine, controller: Controller) -> None:
    service = small(user={"name": "contract", "create": True})
    service["directories"] = [{"path": "/etc/contract", "owner": "contract", "group": "contract", "mode": "0750"}]
    service["files"] = [
        *service["files"],
        {"dest": "/etc/contract/f", "content": "x\n", "owner": "contract", "group": "contract", "on_change": "none"},
    ]

    check, real, again = controller.play(
        [step(service, check_mode=True), step(service), step(service, check_mode=True)]
    )

    assert check.diff == real.diff
    assert (check.changed, check.reaction) == (real.changed, real.reaction) == (True, "start")
    assert not again.changed
    assert clean.sh("stat -c '%U:%G %a' /etc/contract/f") == "contract:contract 644"


def test_the_same_diff_and_the_same_reaction_as_the_real_run_and_nothing_is_written(
    deployed: Machine, controller: Controller
) -> None:
    deployed.write(f"{ETC}/rules/foreign.yml", "groups: []\n")
    new = prometheus(
        {"b.yml": rule("b"), "c.yml": rule("c")},
        unit_file=unit(flags=["--log.level=warn"]),
        links=[{"dest": "/usr/local/bin/contract-link", "src": "/usr/bin/prometheus"}],
        enabled=False,
    )
    new["directories"] = [*new["directories"], {"path": "/etc/contract/deep/er"}]
    files, process = deployed.snapshot(), deployed.process()
    stamp(deployed)

    check = controller.deploy(new, check=True)

    assert written_since(deployed) == []
    assert deployed.snapshot() == files
    assert deployed.process() == process
    assert not deployed.leftovers()
    real = controller.deploy(new)
    assert check.diff == real.diff
    for key in ("changed", "reaction", "reasons", "removed", "checked"):
        assert check.data[key] == real.data[key], key
    assert not controller.deploy(new, check=True).changed


@pytest.mark.leaves_deployed_intact
def test_a_bad_file_is_refused_in_check_mode_too(deployed: Machine, controller: Controller) -> None:
    stamp(deployed)

    result = controller.refused(prometheus({"a.yml": BAD_RULE}), check=True)

    assert "unclosed left parenthesis" in result.words
    assert written_since(deployed) == []


@pytest.mark.leaves_deployed_intact
def test_a_no_op_in_check_mode_is_no_change(deployed: Machine, controller: Controller) -> None:
    stamp(deployed)

    result = controller.deploy(prometheus(), check=True)

    assert (result.changed, result.reaction, result.diff) == (False, "none", [])
    assert written_since(deployed) == []


def test_a_masked_unit_is_told_in_check_mode(deployed: Machine, controller: Controller) -> None:
    deployed.sh(
        "systemctl stop prometheus; rm /etc/systemd/system/prometheus.service; systemctl --quiet mask prometheus"
    )

    assert "is masked" in controller.refused(prometheus(), check=True).msg


def test_a_stopped_service_is_told_in_check_mode(deployed: Machine, controller: Controller) -> None:
    deployed.systemctl("stop", "prometheus.service")

    result = controller.deploy(prometheus(), check=True)

    assert (result.changed, result.reaction) == (True, "start")
    assert deployed.unit()["ActiveState"] == "inactive"

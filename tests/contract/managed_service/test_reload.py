# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract line 4: a reload counts only when the service itself confirms it."""

from __future__ import annotations

import pytest
from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.controller import (
    Controller,
    step,
)
from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.machine import Machine
from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.services import (
    BAD_RULE,
    BY_METRICS,
    ETC,
    Service,
    prometheus,
    rule,
    unit,
)

LIFECYCLE = unit(flags=["--web.enable-lifecycle"])
WAYS: dict[str, Service] = {
    "by its metrics": {"loaded": BY_METRICS},
    "by a synchronous POST": {"loaded": {"reload_url": "http://127.0.0.1:9090/-/reload"}},
}


@pytest.mark.parametrize("way", WAYS)
def test_a_reload_that_the_service_refuses_is_rolled_back_though_the_validator_passed_it(
    clean: Machine, controller: Controller, way: str
) -> None:
    """No validator at all: Prometheus's own refusal must be noticed; its ready probe answers 200 all the time."""
    arguments = {**WAYS[way], "unit_file": LIFECYCLE}
    controller.deploy(prometheus(**arguments))
    process = clean.process()

    result = controller.refused(prometheus({"a.yml": BAD_RULE}, validate=[], **arguments))

    assert "did not reload with the new files" in result.msg
    assert "The previous files are back and it runs with them again" in result.msg
    assert "unclosed left parenthesis" in result.words, "the reason from the service's own log or answer"
    assert clean.process() == process, "no restart"
    assert clean.last_reload_successful
    assert clean.loaded_rules() == {"a": "up == 1"}
    assert "up == 1" in clean.read(f"{ETC}/rules/a.yml")
    assert not clean.leftovers()
    assert not controller.deploy(prometheus(**arguments)).changed


@pytest.mark.parametrize("way", WAYS)
def test_a_reload_reloads_and_does_not_restart(clean: Machine, controller: Controller, way: str) -> None:
    arguments = {**WAYS[way], "unit_file": LIFECYCLE}
    controller.deploy(prometheus(**arguments))
    process, before = clean.process(), clean.last_reload

    result = controller.deploy(prometheus({"a.yml": rule("a", "up == 2")}, **arguments))

    assert result.reaction == "reload"
    assert clean.process() == process
    assert clean.last_reload > before
    assert clean.loaded_rules() == {"a": "up == 2"}


def test_a_service_whose_last_reload_had_failed_before_can_be_repaired(
    deployed: Machine, controller: Controller
) -> None:
    deployed.sh(f"sed -i 's/up == 1/sum(((/' {ETC}/rules/a.yml && systemctl reload prometheus")
    deployed.wait_for(lambda: not deployed.last_reload_successful, "the failed reload")

    result = controller.deploy(prometheus({"a.yml": rule("a", "up == 2")}))

    assert result.reaction == "reload"
    assert deployed.last_reload_successful
    assert deployed.loaded_rules() == {"a": "up == 2"}


def test_a_reload_address_that_is_switched_off_is_an_error_and_nothing_stays(
    deployed: Machine, controller: Controller
) -> None:
    """Without --web.enable-lifecycle Prometheus answers 403."""
    result = controller.refused(
        prometheus({"a.yml": rule("a", "up == 2")}, loaded=WAYS["by a synchronous POST"]["loaded"])
    )

    assert "403" in result.msg
    assert "Lifecycle API is not enabled" in result.msg
    assert "up == 1" in deployed.read(f"{ETC}/rules/a.yml")
    assert deployed.loaded_rules() == {"a": "up == 1"}


def test_without_a_way_to_confirm_the_units_own_reload_counts(deployed: Machine, controller: Controller) -> None:
    process = deployed.process()

    first, second = controller.play(
        [
            step(prometheus({"a.yml": rule("a", "up == 2")}, loaded=None)),
            step(prometheus({"a.yml": rule("a", "up == 2")}, loaded=None)),
        ]
    )

    assert first.reaction == "reload"
    assert not second.changed
    assert deployed.process() == process
    deployed.wait_for(lambda: deployed.loaded_rules() == {"a": "up == 2"}, "the reload")


def test_a_unit_that_cannot_reload_is_restarted(clean: Machine, controller: Controller) -> None:
    without = unit().replace("ExecReload=/bin/kill -HUP $MAINPID\n", "")
    controller.deploy(prometheus(unit_file=without))
    process = clean.process()

    result = controller.deploy(prometheus({"a.yml": rule("a", "up == 2")}, unit_file=without))

    assert result.reaction == "restart"
    assert "it cannot reload" in result.reasons
    assert clean.process() != process
    assert clean.loaded_rules() == {"a": "up == 2"}


def test_reload_and_restart_never_both(deployed: Machine, controller: Controller) -> None:
    """A rule and the unit change together: one restart, which loads the rule, too."""
    deployed.sh("journalctl --rotate --vacuum-time=1s >/dev/null 2>&1; true")

    result = controller.deploy(prometheus({"a.yml": rule("a", "up == 2")}, unit_file=unit(flags=["--log.level=info"])))

    assert result.reaction == "restart"
    assert deployed.loaded_rules() == {"a": "up == 2"}
    log = deployed.sh("journalctl -u prometheus.service -o cat")
    assert log.count("Starting Prometheus Server") == 1, log
    assert log.count("Completed loading of configuration file") == 1, log
    assert "Reloading prometheus.service" not in log


def test_a_change_that_asks_for_nothing_does_nothing_to_the_service(deployed: Machine, controller: Controller) -> None:
    process, before = deployed.process(), deployed.last_reload
    targets = {"dest": f"{ETC}/targets.json", "content": [{"targets": ["x:1"]}], "on_change": "none"}

    result = controller.deploy(prometheus(files=[targets]))

    assert (result.changed, result.reaction) == (True, "none")
    assert (deployed.process(), deployed.last_reload) == (process, before)

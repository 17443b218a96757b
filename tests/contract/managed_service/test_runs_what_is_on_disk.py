# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract line 3: after success the process runs with what is on disk, however the two came apart."""

from __future__ import annotations

import time

import pytest
from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.controller import (
    Controller,
    step,
)
from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.machine import Machine
from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.services import (
    ETC,
    UNIT,
    prometheus,
    rule,
    unit,
)

STATE = "/var/lib/enterprise_tickets_observability"


def test_a_reload_lost_with_a_killed_run_is_made_up_for(deployed: Machine, controller: Controller) -> None:
    new = prometheus({"a.yml": rule("a", "up == 2")})
    deployed.kill_before("reload")
    assert controller.attempt(new).failed
    deployed.spare()
    assert deployed.loaded_rules() == {"a": "up == 1"}

    result = controller.deploy(new)

    assert result.reaction == "reload"
    assert deployed.loaded_rules() == {"a": "up == 2"}


def test_a_restart_lost_with_a_killed_run_is_made_up_for(deployed: Machine, controller: Controller) -> None:
    new = prometheus(unit_file=unit(flags=["--log.level=warn"]))
    process = deployed.process()
    deployed.kill_before("restart")
    assert controller.attempt(new).failed
    deployed.spare()
    assert deployed.process() == process

    result = controller.deploy(new)

    assert result.reaction == "restart"
    assert "--log.level=warn" in deployed.sh("tr '\\0' ' ' < /proc/$(systemctl show -P MainPID prometheus)/cmdline")


def test_reverting_after_a_lost_reload_loads_the_reverted_files(deployed: Machine, controller: Controller) -> None:
    """Killed after the service has loaded the new files, before that was recorded: the revert must be loaded too."""
    deployed.kill_after("reload")
    assert controller.attempt(prometheus({"a.yml": rule("a", "up == 2")})).failed
    deployed.spare()
    assert deployed.loaded_rules() == {"a": "up == 2"}

    result = controller.deploy(prometheus())

    assert result.changed
    assert deployed.loaded_rules() == {"a": "up == 1"}


def test_edited_reloaded_by_hand_and_edited_back_is_reloaded(deployed: Machine, controller: Controller) -> None:
    path = f"{ETC}/rules/a.yml"
    original = deployed.read(path)
    deployed.sh(f"sed -i 's/up == 1/up == 3/' {path} && systemctl reload prometheus")
    deployed.wait_for(lambda: deployed.loaded_rules() == {"a": "up == 3"}, "the edited rule")
    deployed.sh(f"sed -i 's/up == 3/up == 1/' {path}")
    assert deployed.read(path) == original

    check = controller.deploy(prometheus(), check=True)
    result = controller.deploy(prometheus())

    assert not result.diff, "no content differs"
    assert (check.reaction, check.changed) == ("reload", True)
    assert (result.reaction, result.changed) == ("reload", True)
    assert path in result.reasons
    assert deployed.loaded_rules() == {"a": "up == 1"}
    assert not controller.deploy(prometheus()).changed


def test_a_unit_edited_and_daemon_reloaded_and_edited_back_restarts(deployed: Machine, controller: Controller) -> None:
    deployed.sh(f"sed -i 's/--web.listen/--log.level=warn --web.listen/' {UNIT} && systemctl daemon-reload")
    deployed.sh("systemctl restart prometheus")
    deployed.sh(f"sed -i 's/--log.level=warn //' {UNIT} && systemctl daemon-reload")

    result = controller.deploy(prometheus())

    assert result.reaction == "restart"
    assert "log.level" not in deployed.sh("tr '\\0' ' ' < /proc/$(systemctl show -P MainPID prometheus)/cmdline")


def test_a_process_that_somebody_else_restarted_is_adopted_silently(deployed: Machine, controller: Controller) -> None:
    """A reboot, or a package upgrade that has restarted the service already: only the InvocationID differs."""
    deployed.systemctl("restart", "prometheus.service")
    process = deployed.process()

    check, first, second = controller.play(
        [step(prometheus(), check_mode=True), step(prometheus()), step(prometheus())]
    )

    assert not check.changed
    assert not first.changed
    assert not second.changed
    assert deployed.process() == process


def test_edits_are_noticed_also_after_a_restart_was_adopted(deployed: Machine, controller: Controller) -> None:
    deployed.systemctl("restart", "prometheus.service")
    time.sleep(0.3)
    deployed.sh(f"touch {ETC}/rules/a.yml")

    assert controller.deploy(prometheus()).reaction == "reload"
    assert not controller.deploy(prometheus()).changed


def test_a_program_replaced_under_the_running_process_restarts(clean: Machine, controller: Controller) -> None:
    clean.sh("mkdir -p /opt/contract && cp /usr/bin/prometheus /opt/contract/prometheus")
    service = prometheus(unit_file=unit("/opt/contract/prometheus"))
    controller.deploy(service)
    # As dpkg does it.
    clean.sh("cp /opt/contract/prometheus /opt/contract/new && mv /opt/contract/new /opt/contract/prometheus")

    check = controller.deploy(service, check=True)
    result = controller.deploy(service)

    assert (check.reaction, result.reaction) == ("restart", "restart")
    assert "/opt/contract/prometheus was replaced" in result.reasons
    assert not controller.deploy(service).changed


def test_without_its_state_directory_it_starts_afresh_and_still_removes_what_is_dropped_later(
    clean: Machine, controller: Controller
) -> None:
    both = prometheus({"a.yml": rule("a"), "b.yml": rule("b")}, exclusive=None)
    controller.deploy(both)
    clean.systemctl("restart", "prometheus.service")  # the files are older than the process: nothing is in doubt
    process = clean.process()
    clean.sh(f"rm -r {STATE}")

    assert not controller.deploy(both).changed
    assert clean.process() == process
    result = controller.deploy(prometheus({"a.yml": rule("a")}, exclusive=None))

    assert result.data["removed"] == [f"{ETC}/rules/b.yml"]
    assert clean.loaded_rules() == {"a": "up == 1"}
    assert clean.sh(f"stat -c %a {STATE} {STATE}/prometheus {STATE}/prometheus/*.json").split() == [
        "700",
        "700",
        "600",
        "600",
    ]


def test_without_its_state_directory_doubtful_files_are_loaded_again(deployed: Machine, controller: Controller) -> None:
    path = f"{ETC}/rules/a.yml"
    deployed.sh(f"sed -i 's/up == 1/up == 3/' {path} && systemctl reload prometheus")
    deployed.wait_for(lambda: deployed.loaded_rules() == {"a": "up == 3"}, "the edited rule")
    deployed.sh(f"sed -i 's/up == 3/up == 1/' {path}; rm -r {STATE}")

    controller.deploy(prometheus())

    assert deployed.loaded_rules() == {"a": "up == 1"}


class TestCertificates:
    """Files that others renew: `watch`."""

    SERVICE = prometheus(watch=["/etc/contract/tls.crt"])

    @pytest.fixture
    def certified(self, clean: Machine, controller: Controller) -> Machine:
        clean.write("/etc/contract/archive/1.crt", "one")
        clean.write("/etc/contract/archive/2.crt", "two")
        clean.sh("ln -s archive/1.crt /etc/contract/tls.crt; sleep 0.3")
        controller.deploy(self.SERVICE)
        assert not controller.deploy(self.SERVICE).changed
        return clean

    def test_renewed_in_place_reloads_once(self, certified: Machine, controller: Controller) -> None:
        certified.write("/etc/contract/archive/1.crt", "one again")

        check, first, second = controller.play(
            [step(self.SERVICE, check_mode=True), step(self.SERVICE), step(self.SERVICE)]
        )

        assert (check.reaction, first.reaction, second.reaction) == ("reload", "reload", "none")
        assert "/etc/contract/tls.crt" in first.reasons

    def test_a_link_pointed_elsewhere_reloads(self, certified: Machine, controller: Controller) -> None:
        certified.sh("ln -sfn archive/2.crt /etc/contract/tls.crt")

        assert controller.deploy(self.SERVICE).reaction == "reload"

    def test_a_link_pointed_to_an_old_file_reloads_also_after_a_restart(
        self, certified: Machine, controller: Controller
    ) -> None:
        certified.systemctl("restart", "prometheus.service")
        certified.sh("sleep 0.3; ln -sfn archive/2.crt /etc/contract/tls.crt")

        assert controller.deploy(self.SERVICE).reaction == "reload"

    def test_one_that_appears_or_goes_is_no_error(self, certified: Machine, controller: Controller) -> None:
        certified.sh("rm /etc/contract/tls.crt")
        assert not controller.attempt(self.SERVICE).failed
        certified.write("/etc/contract/tls.crt", "new")

        assert controller.deploy(self.SERVICE).reaction == "reload"

    def test_renewed_while_the_service_restarts_is_loaded_by_the_next_run(
        self, certified: Machine, controller: Controller
    ) -> None:
        """The process has read the old certificate, the record is written later: it must not claim the new one."""
        slow = unit(service=["ExecStartPost=/bin/sleep 2"])
        renewal = certified.background(
            "for i in $(seq 200); do test $(systemctl show -P SubState prometheus) = start-post && break; sleep 0.05;"
            " done; sleep 1; echo renewed > /etc/contract/archive/1.crt"
        )
        restarted = controller.deploy({**self.SERVICE, "files": prometheus(unit_file=slow)["files"]})
        assert renewal.wait() == 0
        assert restarted.reaction == "restart"

        result = controller.deploy({**self.SERVICE, "files": prometheus(unit_file=slow)["files"]})

        assert result.reaction == "reload", "the renewed certificate was never loaded and nobody notices"

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract line 6: not ready means that the previous files, links and unit state are back, and work."""

from __future__ import annotations

import time

from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.controller import (
    Controller,
)
from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.machine import Machine
from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.services import (
    BAD_RULE,
    ETC,
    UNIT,
    prometheus,
    rule,
    small,
    unit,
)

BROKEN = unit(flags=["--no-such-flag"])


def test_files_rights_directories_and_removed_files_are_back_and_the_service_runs_with_them(
    clean: Machine, controller: Controller
) -> None:
    old = prometheus({"a.yml": rule("a"), "b.yml": rule("b")})
    controller.deploy(old)
    before = {path: mark[:4] + mark[5:] for path, mark in clean.snapshot(ETC, UNIT).items()}
    clean.write(f"{ETC}/rules/foreign.yml", "groups: []\n")
    new = prometheus({"a.yml": rule("a", "up == 2"), "c.yml": rule("c")}, unit_file=BROKEN)
    new["directories"] = [*new["directories"], {"path": f"{ETC}/more/deep"}]
    new["files"] = [*new["files"], {"dest": f"{ETC}/more/deep/x", "content": "x"}]
    new["directories"][0] = {"path": ETC, "group": "prometheus", "mode": "0755"}

    result = controller.refused(new)

    assert "did not come back after its restart" in result.msg
    assert "The previous files are back and it runs with them again" in result.msg
    assert "no-such-flag" in result.words, "the last lines of the unit's log"
    assert clean.exists(f"{ETC}/rules/foreign.yml")
    clean.sh(f"rm {ETC}/rules/foreign.yml")
    after = {path: mark[:4] + mark[5:] for path, mark in clean.snapshot(ETC, UNIT).items()}
    assert after == before, "the very same files: inode, owner, mode, content"
    assert clean.loaded_rules() == {"a": "up == 1", "b": "up == 1"}
    assert not clean.leftovers()
    assert not controller.deploy(old).changed, "what runs is known to be what is on disk"


def test_a_link_to_a_broken_version_is_switched_back(clean: Machine, controller: Controller) -> None:
    clean.sh("mkdir -p /opt/contract/1 /opt/contract/2 && cp /usr/bin/prometheus /opt/contract/1/")
    clean.write("/opt/contract/2/prometheus", "#!/bin/sh\necho I am broken >&2\nexit 7\n", mode="0755")

    def version(number: str) -> dict[str, object]:
        link = {"dest": "/usr/local/bin/prometheus", "src": f"/opt/contract/{number}/prometheus"}
        return prometheus(links=[link], unit_file=unit("/usr/local/bin/prometheus"))

    controller.deploy(version("1"))
    result = controller.refused(version("2"))

    assert "I am broken" in result.words
    assert clean.sh("readlink /usr/local/bin/prometheus") == "/opt/contract/1/prometheus"
    assert clean.sh("readlink /proc/$(systemctl show -P MainPID prometheus)/exe") == "/opt/contract/1/prometheus"
    assert not controller.deploy(version("1")).changed


def test_a_unit_that_was_stopped_and_disabled_is_so_again(deployed: Machine, controller: Controller) -> None:
    deployed.systemctl("disable", "--now", "--quiet", "prometheus.service")

    result = controller.refused(prometheus(unit_file=BROKEN))

    state = deployed.unit()
    assert "it is stopped, as before" in result.msg
    assert (state["ActiveState"], state["UnitFileState"]) == ("inactive", "disabled")
    assert "no-such-flag" not in deployed.read(UNIT)


def test_a_first_deployment_that_is_not_ready_leaves_nothing_behind(clean: Machine, controller: Controller) -> None:
    """A unit that no package brings: its enablement has to go before its file."""
    before = {path: mark[5:] for path, mark in clean.snapshot("/etc", "/usr/local/bin").items()}
    service = small(port=9191, ready={"url": "http://127.0.0.1:9192/", "timeout": 2})
    service["links"] = [{"dest": "/usr/local/bin/contract-link", "src": "/usr/bin/python3"}]

    controller.refused(service)

    after = {path: mark[5:] for path, mark in clean.snapshot("/etc", "/usr/local/bin").items()}
    assert after == before
    assert clean.unit("contract-small.service")["LoadState"] == "not-found"
    assert not clean.leftovers()
    assert not clean.sh("systemctl list-units --all --no-legend 'contract-*'")


def test_when_the_probes_address_moves_the_previous_version_is_not_judged_by_the_new_one(
    deployed: Machine, controller: Controller
) -> None:
    """The port changes together with a mistake: the previous version answers on the previous port only."""
    start = time.monotonic()

    result = controller.refused(
        prometheus(
            unit_file=unit(flags=["--no-such-flag"], port=9095),
            ready={"url": "http://127.0.0.1:9095/-/ready", "timeout": 40},
        )
    )

    assert "The previous files are back and it runs with them again" in result.msg
    assert time.monotonic() - start < 40
    assert deployed.loaded_rules() == {"a": "up == 1"}
    assert not controller.deploy(prometheus()).changed


def test_rollback_none_leaves_the_new_files_and_tells_why(deployed: Machine, controller: Controller) -> None:
    reason = "its database has been migrated and 1.0 cannot read it"

    result = controller.refused(prometheus(unit_file=BROKEN, rollback="none", rollback_reason=reason))

    assert reason in result.msg
    assert "The new files stay" in result.msg
    assert "no-such-flag" in deployed.read(UNIT)
    # systemd tries the new one again and again, so it is "active" for moments; the previous one would stay so.
    states = {deployed.unit()["ActiveState"] for _moment in range(30)}
    assert states != {"active"}, "the previous version is not started"
    assert not deployed.leftovers()
    assert controller.deploy(prometheus()).reaction in ("start", "restart")
    assert deployed.loaded_rules() == {"a": "up == 1"}


def test_when_the_previous_files_do_not_work_either_the_message_says_so(
    deployed: Machine, controller: Controller
) -> None:
    deployed.sh(f"sed -i 's/up == 1/sum(((/' {ETC}/rules/a.yml")

    result = controller.refused(prometheus({"a.yml": BAD_RULE}, validate=[], unit_file=BROKEN))

    assert "it does not run with them either" in result.msg
    assert "no-such-flag" not in deployed.read(UNIT)
    result = controller.deploy(prometheus())
    assert deployed.loaded_rules() == {"a": "up == 1"}

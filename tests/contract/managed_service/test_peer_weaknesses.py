# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each weakness that was measured in the peer (prometheus.prometheus) and that managed_service must not have."""

from __future__ import annotations

import pytest
from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.controller import (
    Controller,
    step,
)
from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.machine import Machine
from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.services import (
    BAD_RULE,
    ETC,
    OWNERS,
    UNIT,
    prometheus,
    rule,
    unit,
)


def test_a_bad_file_then_the_fix_the_good_changes_of_the_failed_run_are_loaded(
    deployed: Machine, controller: Controller
) -> None:
    """Peer: the good file of the failed run is on disk and never loaded, the next run is green without a reload."""
    good, new_unit = rule("a", "up == 0"), unit(flags=["--storage.tsdb.retention.time=7d"])

    controller.refused(prometheus({"a.yml": good, "b.yml": BAD_RULE}, unit_file=new_unit))
    assert "7d" not in deployed.read(UNIT)
    result = controller.deploy(prometheus({"a.yml": good}, unit_file=new_unit))

    assert result.reaction == "restart"
    assert deployed.loaded_rules() == {"a": "up == 0"}
    assert "--storage.tsdb.retention.time=7d" in deployed.sh(
        "tr '\\0' ' ' < /proc/$(systemctl show -P MainPID prometheus)/cmdline"
    )


def test_a_restart_in_one_play_does_not_swallow_the_reload_of_the_next(
    deployed: Machine, controller: Controller
) -> None:
    """Peer: a variable that was registered in the first play makes the second skip its handler."""
    new_unit = unit(flags=["--log.level=warn"])
    first = prometheus({"a.yml": rule("a", "up == 1")}, unit_file=new_unit)
    second = prometheus({"a.yml": rule("a", "up == 16")}, unit_file=new_unit)

    restarted, reloaded = controller.playbook([{"tasks": [step(first)]}, {"tasks": [step(second)]}])

    assert (restarted.reaction, reloaded.reaction) == ("restart", "reload")
    assert deployed.loaded_rules() == {"a": "up == 16"}


def test_a_broken_tls_path_fails_the_run_and_the_service_lives(deployed: Machine, controller: Controller) -> None:
    """Peer: its check ran before the restart and saw the old process; Prometheus dead, rc=0."""
    web = {"tls_server_config": {"cert_file": "/etc/contract/missing.crt", "key_file": "/etc/contract/missing.key"}}
    service = prometheus(
        unit_file=unit(flags=[f"--web.config.file={ETC}/web.yml"]),
        files=[{"dest": f"{ETC}/web.yml", "content": web, **OWNERS}],
        ready={"url": "https://127.0.0.1:9090/-/ready", "timeout": 20, "verify": False},
    )

    by_probe = controller.refused(service)
    by_validator = controller.refused({**service, "validate": [["promtool", "check", "web-config", f"{ETC}/web.yml"]]})

    assert "missing.crt" in by_probe.words
    assert "missing.crt" in by_validator.words
    assert "Nothing was changed" in by_validator.msg
    assert deployed.unit()["ActiveState"] == "active"
    deployed.wait_for(lambda: deployed.loaded_rules() == {"a": "up == 1"}, "Prometheus")


def test_a_flag_that_the_program_does_not_know_fails_every_run(deployed: Machine, controller: Controller) -> None:
    """Peer: the process exits at once, rc=0 on every run."""
    service = prometheus(unit_file=unit(flags=["--retired.flag"]))
    for _turn in range(2):
        assert "retired.flag" in controller.refused(service).words
    assert deployed.loaded_rules() == {"a": "up == 1"}


@pytest.mark.usefixtures("deployed")
def test_a_target_file_with_a_typing_error_is_refused(controller: Controller) -> None:
    """Peer: written, rc=0, the job silently has no targets. promtool looks into file_sd files."""
    configuration = {
        "global": {},
        "scrape_configs": [{"job_name": "j", "file_sd_configs": [{"files": [f"{ETC}/targets/*.yml"]}]}],
    }

    def service(key: str) -> dict[str, object]:
        task = prometheus(
            {},
            configuration,
            files=[{"dest": f"{ETC}/targets/t.yml", "content": [{key: ["x:1"]}], "on_change": "none", **OWNERS}],
        )
        task["directories"] = [*task["directories"], {"path": f"{ETC}/targets", "group": "prometheus", "mode": "0750"}]
        return task

    assert "target" in controller.refused(service("target")).words
    controller.deploy(service("targets"))

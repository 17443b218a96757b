# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract line 1: nothing reaches the host that the service's own tool has not accepted."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.controller import (
    Controller,
)
from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.machine import (
    MANAGED,
    Machine,
)
from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.services import (
    BAD_RULE,
    ETC,
    OWNERS,
    Service,
    config,
    prometheus,
    rule,
    unit,
)

CHECK_CONFIG = ["promtool", "check", "config", f"{ETC}/prometheus.yml"]


def password_config() -> dict[str, t.Any]:
    return config(
        scrape_configs=[
            {
                "job_name": "self",
                "basic_auth": {"username": "u", "password_file": f"{ETC}/password"},
                "static_configs": [{"targets": ["127.0.0.1:9090"]}],
            }
        ]
    )


REFUSED: dict[str, tuple[Service, list[str]]] = {
    "a bad rule file, beside a good change and a new unit": (
        prometheus({"a.yml": rule("a", "up == 2"), "b.yml": BAD_RULE}, unit_file=unit(flags=["--log.level=warn"])),
        ["promtool check config", "unclosed left parenthesis", "b.yml"],
    ),
    "a bad configuration": (
        prometheus(configuration={**config(), "scrape_intervall": "15s"}),
        ["promtool check config", "field scrape_intervall not found", "prometheus.yml"],
    ),
    "a rule file that the user of the service cannot read": (
        prometheus(files=[{"dest": f"{ETC}/rules/b.yml", "content": rule("b"), "mode": "0600", "on_change": "reload"}]),
        ["b.yml", "permission denied"],
    ),
    "a configuration in a directory that the user of the service cannot enter": (
        prometheus(directories=[{"path": ETC, "mode": "0700"}, {"path": f"{ETC}/rules", "mode": "0755"}]),
        ["prometheus.yml", "permission denied"],
    ),
    "a password file that is not there (promtool does not look)": (
        prometheus(configuration=password_config(), readable=[f"{ETC}/password"]),
        [f"prometheus cannot read {ETC}/password", "missing"],
    ),
    "a shipped password file that the user of the service cannot read": (
        prometheus(
            configuration=password_config(),
            readable=[f"{ETC}/password"],
            files=[{"dest": f"{ETC}/password", "content": "s3cret-word", "mode": "0600", "secret": True}],
        ),
        [f"prometheus cannot read {ETC}/password"],
    ),
    "a tool that is not installed": (
        prometheus({"a.yml": rule("a", "up == 2")}, validate=[["promtol", "check"]]),
        ["promtol, which validates the files of prometheus, is not installed"],
    ),
    "a bad rule file while a directory directly below / is new": (
        prometheus(
            {"a.yml": BAD_RULE},
            directories=[
                {"path": "/contract-data", "owner": "prometheus"},
                {"path": ETC, "group": "prometheus", "mode": "0750"},
                {"path": f"{ETC}/rules", "group": "prometheus", "mode": "0750"},
            ],
        ),
        ["promtool check config", "unclosed left parenthesis"],
    ),
    "the second of two validators says no": (
        prometheus({"a.yml": rule("a", "up == 2")}, validate=[CHECK_CONFIG, ["sh", "-c", "echo my own words; exit 3"]]),
        ["my own words", "exit status 3"],
    ),
}


@pytest.mark.leaves_deployed_intact
@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_the_tools_words_and_nothing_on_the_host_has_changed(
    deployed: Machine, controller: Controller, case: str
) -> None:
    service, words = REFUSED[case]
    files, process, reload = deployed.snapshot(), deployed.process(), deployed.last_reload

    result = controller.refused(service)

    assert deployed.snapshot() == files
    assert deployed.process() == process
    assert deployed.last_reload == reload
    assert not deployed.leftovers()
    for word in words:
        assert word in result.words
    assert "Nothing was changed" in result.msg


@pytest.mark.leaves_deployed_intact
def test_the_validator_sees_proposed_files_and_neighbours_at_the_real_paths_and_nobody_else_does(
    deployed: Machine, controller: Controller
) -> None:
    deployed.write(f"{ETC}/neighbour.txt", "I am not managed\n")
    deployed.write(f"{ETC}/deeper/neighbour.txt", "nor am I\n")
    before = deployed.snapshot()
    # The validator tells what it sees and waits for a word of the test, which looks from outside meanwhile.
    look = (
        f"id -un; id -gn; cat {ETC}/rules/a.yml {ETC}/neighbour.txt {ETC}/deeper/neighbour.txt; ls -A {ETC}/rules;"
        "stat -c '%U:%G %a' /etc/prometheus/rules/a.yml; touch /tmp/contract-looking;"
        "for i in $(seq 100); do test -e /tmp/contract-go && break; sleep 0.1; done; exit 1"
    )
    deployed.sh("rm -f /tmp/contract-looking /tmp/contract-go")
    process, record = controller.start(
        [{"tasks": [_step(prometheus({"a.yml": rule("proposed")}, validate=[["sh", "-c", look]]))]}]
    )
    deployed.wait_for(lambda: deployed.exists("/tmp/contract-looking"), "the validator")
    outside = deployed.read(f"{ETC}/rules/a.yml")
    as_prometheus = deployed.sh(f"ls -A {ETC} {ETC}/rules")
    mounts_outside = deployed.sh("grep -c /etc/prometheus /proc/1/mountinfo || true")
    deployed.sh("touch /tmp/contract-go")
    process.communicate(timeout=60)

    seen = record.read_text()
    assert "proposed" in seen
    assert "I am not managed" in seen
    assert "nor am I" in seen
    assert '"prometheus", "prometheus"' in seen, "runs as the user and group of the service"
    assert "root:prometheus 640" in seen, "proposed files have their final owner and mode"
    assert "proposed" not in outside
    assert ".ets-" not in as_prometheus
    assert mounts_outside == "0"
    deployed.sh(f"rm -r {ETC}/neighbour.txt {ETC}/deeper")
    assert {path for path, mark in deployed.snapshot().items() if before.get(path) != mark} <= {ETC}


def _step(service: Service) -> dict[str, t.Any]:
    return {"name": "Deploy", "enterprise_tickets.observability.managed_service": service}


def test_an_unmanaged_neighbour_that_the_service_would_load_is_judged_too(
    deployed: Machine, controller: Controller
) -> None:
    """A foreign rule file that collides only with the new configuration: the validator must see both together."""
    deployed.write(f"{ETC}/foreign/theirs.yml", "groups: [{name: x, rules: [{record: y, expr: 'sum((('}]}]\n")
    service = prometheus(configuration=config(rule_files=[f"{ETC}/rules/*.yml", f"{ETC}/foreign/*.yml"]))

    result = controller.refused(service)

    assert "theirs.yml" in result.words
    assert deployed.loaded_rules() == {"a": "up == 1"}


def test_the_new_versions_tool_validates_when_a_link_switches_versions(clean: Machine, controller: Controller) -> None:
    for version, verdict in (("1.0", "exit 0"), ("2.0", "echo version 2.0 does not like this; exit 1")):
        clean.write(f"/opt/contract/{version}/promtool", f"#!/bin/sh\n{verdict}\n", mode="0755")
        clean.sh(f"ln -sf /usr/bin/prometheus /opt/contract/{version}/prometheus")

    def version(number: str) -> Service:
        names = ("promtool", "prometheus")
        links = [{"dest": f"/usr/local/bin/{name}", "src": f"/opt/contract/{number}/{name}"} for name in names]
        return prometheus(unit_file=unit("/usr/local/bin/prometheus"), links=links)

    controller.deploy(version("1.0"))
    before, process = clean.snapshot(), clean.process()
    result = controller.refused(version("2.0"))

    assert "version 2.0 does not like this" in result.words
    assert clean.snapshot() == before
    assert clean.process() == process


def test_a_validator_that_the_role_ships_itself_runs_before_it_is_installed(
    deployed: Machine, controller: Controller
) -> None:
    """/run is mounted noexec on Debian hosts (and here): the stage must not keep a staged program from running."""
    script = {"dest": "/usr/local/bin/contract-check", "content": "#!/bin/sh\necho the shipped tool says no\nexit 1\n"}
    result = controller.refused(
        prometheus(files=[{**script, "mode": "0755", "on_change": "none"}], validate=[["contract-check"]])
    )

    assert "the shipped tool says no" in result.words
    assert not deployed.exists("/usr/local/bin/contract-check")


def test_good_files_pass_and_the_result_names_what_was_checked(deployed: Machine, controller: Controller) -> None:
    deployed.write(f"{ETC}/password", "s3cret-word\n", mode="0640", owner="root:prometheus")

    result = controller.deploy(
        prometheus({"a.yml": rule("a", "up == 2")}, configuration=password_config(), readable=[f"{ETC}/password"])
    )

    assert result.data["checked"] == [" ".join(CHECK_CONFIG)]
    assert result.reaction == "reload"
    assert deployed.loaded_rules() == {"a": "up == 2"}
    assert OWNERS["mode"] == deployed.sh(f"stat -c 0%a {ETC}/rules/a.yml")


def test_a_user_that_was_created_for_a_refused_first_deployment_is_gone_again(
    clean: Machine, controller: Controller
) -> None:
    before = clean.snapshot(*MANAGED)

    controller.refused(
        prometheus({"a.yml": BAD_RULE}, user={"name": "contract", "create": True}, validate=[CHECK_CONFIG])
    )

    after = clean.snapshot(*MANAGED)
    names = {"/etc/passwd", "/etc/group"}
    assert {path: mark for path, mark in after.items() if path not in names} == {
        path: mark for path, mark in before.items() if path not in names
    }
    assert [after[path][5] for path in sorted(names)] == [before[path][5] for path in sorted(names)]

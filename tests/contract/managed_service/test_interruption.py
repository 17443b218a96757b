# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract line 2: all files change or none, also when the run is killed, the disk is full or a rename fails.

Faults are injected by strace around the production code.
"""

from __future__ import annotations

import re
import typing as t

import pytest
from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.controller import (
    FAULTY,
    Controller,
    Task,
    step,
)
from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.machine import Machine
from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.services import (
    ETC,
    UNIT,
    Service,
    prometheus,
    rule,
    unit,
)

# From one to the other two files are replaced, one is new and one goes.
ONE = prometheus({"a.yml": rule("a", "up == 1"), "b.yml": rule("b", "up == 1"), "one.yml": rule("one")}, exclusive=None)
TWO = prometheus({"a.yml": rule("a", "up == 2"), "b.yml": rule("b", "up == 2"), "two.yml": rule("two")}, exclusive=None)
RULES_ONE = {"a": "up == 1", "b": "up == 1", "one": "up == 1"}
RULES_TWO = {"a": "up == 2", "b": "up == 2", "two": "up == 1"}


def killed(service: Service) -> Task:
    return step(service, "Be killed", vars=FAULTY, ignore_errors=True)


def disk(machine: Machine) -> dict[str, str]:
    """Rule name → expression as it stands in the files, whatever else there is."""
    return rules_of(machine.sh(f"cat {ETC}/rules/*.yml"))


def rules_of(text: str) -> dict[str, str]:
    """Rule name → expression in the text of rule files."""
    return dict(re.findall(r"record: (\w+)\n\s+expr: (.*)", text))


def positions(machine: Machine, controller: Controller, call: str) -> list[int]:
    """Which calls of a name (the first is 1) touch our files in a run from ONE to TWO."""
    controller.deploy(ONE)
    machine.fault(trace=call)
    controller.play([step(TWO, vars=FAULTY)])
    # One counter per process, as strace has it: the module's is the one that touches our files.
    counts: dict[str, int] = {}
    found = []
    for line in machine.trace():
        pid, _space, rest = line.partition(" ")
        if not rest.lstrip().startswith(call + "("):
            continue
        counts[pid] = counts.get(pid, 0) + 1
        if re.search(r'"(/etc/prometheus|/var/lib/enterprise)', rest) and "ENOENT" not in rest:
            found.append(counts[pid])
    assert len(found) >= 3, machine.trace()
    return found


BAD = prometheus({"a.yml": rule("a", "sum(((")}, exclusive=None)


@pytest.mark.parametrize("call", ["rename", "unlink", "linkat"])
def test_a_run_killed_before_any_change_of_a_name_is_undone_by_the_next_and_check_mode_tells_so(
    clean: Machine, controller: Controller, call: str
) -> None:
    """The next run undoes before it does anything else, so also when refused: never a mixture of two file sets."""
    places = positions(clean, controller, call)
    look = {"name": "Look", "ansible.builtin.command": {"argv": ["sh", "-c", f"cat {ETC}/rules/*.yml"]}}
    problems: list[str] = []
    # After positions() TWO runs.
    now, other = (TWO, RULES_TWO), (ONE, RULES_ONE)
    for place in places if call != "linkat" else places[2:3]:
        clean.fault(f"{call}:signal=KILL:when={place}", trace=call)
        tasks = [killed(other[0]), step(BAD, "Be refused", ignore_errors=True), look]
        tasks += [killed(other[0]), step(other[0], "Check", check_mode=True), step(other[0], "Heal")]
        runs = controller.play(tasks)
        if len(runs) != len(tasks):
            problems.append(f"{call} {place}: a run after the kill failed: {runs[-1].output}")
            break
        first, _refused, seen, second, check, heal = runs
        # Where the first kill came when all was done already, the second run has nothing to do and lives.
        survived = [run for run in (first, second) if "137" not in str(run.data)]
        found = [f"was not killed: {run.data}" for run in survived if run is first or run.data.get("changed")]
        after_refusal = rules_of(seen.data["stdout"])
        if after_refusal not in (RULES_ONE, RULES_TWO):
            found.append(f"after the kill and a refused run a mixture is on disk: {after_refusal}")
        keys = ("changed", "reaction", "removed")
        if any(check.data[key] != heal.data[key] for key in keys) or check.diff != heal.diff:
            found.append(f"check mode told {check.data} and then came {heal.data}")
        if disk(clean) != other[1]:
            found.append(f"on disk in the end: {disk(clean)}")
        if clean.loaded_rules() != other[1]:
            found.append(f"loaded in the end: {clean.loaded_rules()}")
        if clean.leftovers():
            found.append(f"left over: {clean.leftovers()}")
        problems += [f"{call} {place}: {problem}" for problem in found]
        now, other = other, now
    assert not problems, "\n".join(problems)


def test_a_first_deployment_that_was_killed_is_completed_by_the_next_run(
    clean: Machine, controller: Controller
) -> None:
    """Killed while it waits for readiness; directories, links and enablement are part of the change."""
    clean.sh("systemctl --quiet disable prometheus.service; rm -rf /etc/prometheus")
    service = prometheus(links=[{"dest": "/usr/local/bin/contract-link", "src": "/usr/bin/prometheus"}])
    virgin = controller.attempt(service, check=True)
    clean.fault("clock_nanosleep:signal=KILL:when=1", trace="clock_nanosleep")

    first, check, heal, again = controller.play(
        [killed(service), step(service, check_mode=True), step(service), step(service)]
    )

    assert "137" in str(first.data)
    assert check.diff == virgin.diff, "check mode shows the whole first deployment, as before the interruption"
    assert check.diff == heal.diff
    assert heal.changed
    assert clean.loaded_rules() == {"a": "up == 1"}
    assert clean.unit()["UnitFileState"] == "enabled"
    assert not again.changed
    assert not clean.leftovers()


def test_a_killed_first_deployment_that_is_then_refused_leaves_nothing_of_it_on_disk(
    clean: Machine, controller: Controller
) -> None:
    before = {path: mark[5:] for path, mark in clean.snapshot(ETC, "/etc/systemd/system").items()}
    clean.kill_before("start")
    bad = prometheus({"a.yml": rule("a", "sum(((")})

    first = controller.attempt(prometheus())
    clean.spare()
    controller.refused(bad)

    assert first.failed
    after = {path: mark[5:] for path, mark in clean.snapshot(ETC, "/etc/systemd/system").items()}
    assert after == before
    assert clean.unit()["ActiveState"] == "inactive"


def test_check_mode_after_an_interruption_tells_of_foreign_files_that_would_go(
    deployed: Machine, controller: Controller
) -> None:
    """The killed run had already taken the foreign file out of the exclusive directory; undone, it is back."""
    deployed.write(f"{ETC}/rules/foreign.yml", "groups: []\n")
    deployed.kill_before("reload")
    service = prometheus({"a.yml": rule("a", "up == 2")})
    controller.attempt(service)
    deployed.spare()
    before = deployed.snapshot()

    check = controller.deploy(service, check=True)
    unchanged = deployed.snapshot()
    real = controller.deploy(service)

    assert unchanged == before, "check mode has changed something"
    assert real.data["removed"] == [f"{ETC}/rules/foreign.yml"]
    assert check.data["removed"] == real.data["removed"]
    assert check.diff == real.diff
    assert (check.changed, check.reaction) == (real.changed, real.reaction)


def test_a_rename_that_fails_in_the_middle_leaves_everything_as_it_was(clean: Machine, controller: Controller) -> None:
    place = positions(clean, controller, "rename")[4]
    controller.deploy(ONE)
    contents = {path: mark[:4] + mark[5:] for path, mark in clean.snapshot(ETC).items()}
    process, reload = clean.process(), clean.last_reload
    clean.fault(f"rename:error=EIO:when={place}", trace="rename")

    result = controller.play([step(TWO, vars=FAULTY)])[0]

    assert result.failed
    assert "EIO" in "".join(clean.trace()), "the test itself: no rename of a rule file was made to fail"
    assert "Everything is as it was" in result.msg
    assert {path: mark[:4] + mark[5:] for path, mark in clean.snapshot(ETC).items()} == contents
    assert (clean.process(), clean.last_reload) == (process, reload)
    assert not clean.leftovers()
    assert not controller.deploy(ONE).changed, "nothing had changed, so nothing has to be loaded again"


def small_disk(machine: Machine, directory: str, size: str) -> None:
    machine.sh(
        f"rm -rf /var/tmp/contract-keep && cp -a {directory} /var/tmp/contract-keep && "
        f"mount -t tmpfs -o size={size},mode=750 contract {directory} && "
        f"cp -a /var/tmp/contract-keep/. {directory} && chown --reference=/var/tmp/contract-keep {directory}"
    )


def test_a_full_disk_is_found_before_any_file_has_changed(deployed: Machine, controller: Controller) -> None:
    small_disk(deployed, f"{ETC}/rules", "64k")
    controller.deploy(prometheus())
    files, process, reload = deployed.snapshot(), deployed.process(), deployed.last_reload
    padding = {"z.yml": "# " + "x" * 200_000 + "\ngroups: []\n"}

    result = controller.refused(
        prometheus({"a.yml": rule("a", "up == 2"), **padding}, unit_file=unit(flags=["--log.level=warn"]))
    )

    assert "No space left on device" in result.msg
    after = deployed.snapshot()
    places = (ETC, UNIT)
    assert {path: mark[:4] + mark[5:] for path, mark in after.items() if path.startswith(places)} == {
        path: mark[:4] + mark[5:] for path, mark in files.items() if path.startswith(places)
    }
    assert (deployed.process(), deployed.last_reload) == (process, reload)
    assert not deployed.leftovers()
    again = controller.deploy(prometheus())
    assert not again.changed, f"nothing had changed, so nothing has to be loaded again: {again.reasons}"


def test_a_full_state_directory_is_found_before_any_file_has_changed(deployed: Machine, controller: Controller) -> None:
    small_disk(deployed, "/var/lib/enterprise_tickets_observability", "64k")
    deployed.sh("dd if=/dev/zero of=/var/lib/enterprise_tickets_observability/fill bs=1k 2>/dev/null || true")
    files, process = deployed.snapshot(ETC, UNIT), deployed.process()

    result = controller.refused(prometheus({"a.yml": rule("a", "up == 2")}))

    assert "No space left on device" in result.msg
    assert deployed.snapshot(ETC, UNIT) == files
    assert deployed.process() == process
    deployed.sh("rm /var/lib/enterprise_tickets_observability/fill")
    assert controller.deploy(prometheus({"a.yml": rule("a", "up == 2")})).reaction == "reload"


@pytest.fixture
def full_run(deployed: Machine) -> t.Iterator[Machine]:
    size = deployed.sh("findmnt -no SIZE -b /run")
    used = int(deployed.sh("df -B1 --output=used /run | tail -1"))
    deployed.sh(f"mount -o remount,size={used + 200_000} /run; dd if=/dev/zero of=/run/fill bs=4k 2>/dev/null || true")
    yield deployed
    deployed.sh(f"rm -f /run/fill; mount -o remount,size={size} /run")


def test_a_full_run_directory_is_told_and_nothing_has_changed(full_run: Machine, controller: Controller) -> None:
    files, process = full_run.snapshot(ETC, UNIT), full_run.process()

    result = controller.refused(prometheus({"a.yml": rule("a", "up == 2")}))

    assert "No space left on device" in result.msg
    assert "/run" in result.msg
    assert full_run.snapshot(ETC, UNIT) == files
    assert full_run.process() == process

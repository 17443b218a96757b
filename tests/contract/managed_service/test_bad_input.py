# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wrong arguments end before anything changes, with words that name the option, what was found and what is expected."""

from __future__ import annotations

import typing as t

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
    Service,
    prometheus,
    small,
)


def with_file(**item: t.Any) -> Service:
    return prometheus(files=[{"dest": f"{ETC}/x", "content": "x", **item}])


CASES: dict[str, tuple[Service, list[str]]] = {
    "a mode that YAML read as a decimal number": (with_file(mode=0o644), ["mode", "420", '"0644"']),
    "a mode in words": (with_file(mode="u=rw"), ["mode", "u=rw"]),
    "a mode that is none": (with_file(mode="99999"), ["mode", "99999"]),
    "a relative path": (with_file(dest="etc/x"), ["files", "etc/x", "absolute"]),
    "a path with dots": (with_file(dest=f"{ETC}/../x"), ["files", "/../x"]),
    "one path twice": (with_file(dest=f"{ETC}/prometheus.yml"), ["prometheus.yml", "listed in files and again"]),
    "a file without content": (prometheus(files=[{"dest": f"{ETC}/x"}]), ["exactly one of content, template, src"]),
    "a file with two contents": (with_file(src="y"), ["exactly one of content, template, src"]),
    "a controller file that is not there": (
        prometheus(files=[{"dest": f"{ETC}/x", "src": "no-such-file"}]),
        [f"{ETC}/x", "no-such-file"],
    ),
    "an owner that is not there": (with_file(owner="no-such-user"), ["no-such-user", "not known on this host"]),
    "a group that is not there": (with_file(group="no-such-group"), ["no-such-group", "not known on this host"]),
    "the user of the service is not there": (
        prometheus(user={"name": "no-such-user"}),
        ["no-such-user", "not known on this host"],
    ),
    "a directory that is not listed": (with_file(dest=f"{ETC}/no/such/x"), [f"{ETC}/no/such", "directories"]),
    "a directory stands where a file belongs": (with_file(dest=f"{ETC}/consoles"), ["consoles", "is a directory"]),
    "a file stands where a directory belongs": (
        prometheus(directories=[{"path": "/etc/hostname"}]),
        ["/etc/hostname", "should be a directory"],
    ),
    "a whole system directory is exclusive": (prometheus(exclusive=["/etc"]), ["exclusive", "/etc", "three levels"]),
    "no reason for no rollback": (prometheus(rollback="none"), ["rollback", "rollback_reason"]),
    "half a way to confirm": (prometheus(loaded={"metrics_url": "http://127.0.0.1/"}), ["loaded", "success_metric"]),
    "an empty validator": (prometheus(validate=[[]]), ["validate", "empty command"]),
    "a probe without a scheme": (
        prometheus(ready={"url": "127.0.0.1:9090/-/ready", "timeout": 1}),
        ["ready", "127.0.0.1:9090"],
    ),
    "a probe with a port that is none": (
        prometheus(ready={"url": "http://127.0.0.1:99999/", "timeout": 1}),
        ["ready", "99999"],
    ),
    "a probe of another kind": (prometheus(ready={"url": "ftp://127.0.0.1/", "timeout": 1}), ["ready", "ftp"]),
    "a reload address without a scheme": (prometheus(loaded={"reload_url": "127.0.0.1:9090"}), ["loaded", "127.0.0.1"]),
    "a unit without its suffix": (prometheus(unit="prometheus"), ["unit", "prometheus", ".service"]),
    "a name that is a path": (prometheus(name="../prometheus"), ["name", "../prometheus"]),
    "an unknown option": (prometheus(on_change="x"), ["on_change"]),
    "an unknown reaction": (with_file(on_change="reboot"), ["on_change", "reboot"]),
}


def test_each_is_refused_by_name_and_nothing_has_changed(deployed: Machine, controller: Controller) -> None:
    before, process = deployed.snapshot(*MANAGED), deployed.process()
    tasks = [step(service, case, ignore_errors=True) for case, (service, _words) in CASES.items()]

    results = controller.play(tasks)

    problems = []
    assert len(results) == len(tasks)
    for (case, (_service, words)), result in zip(CASES.items(), results, strict=True):
        text = f"{result.words} {result.data.get('exception', '')}"
        if not result.failed:
            problems.append(f"{case}: accepted")
        elif "Traceback" in text or "rc" in result.data:
            problems.append(f"{case}: a crash: {text[-300:]}")
        elif missing := [word for word in words if word not in result.words]:
            problems.append(f"{case}: {missing} is not in: {result.words}")
    if deployed.process() != process:
        problems.append("the service was restarted")
    after = deployed.snapshot(*MANAGED)
    problems += [f"changed: {path}" for path in after.keys() | before.keys() if after.get(path) != before.get(path)]
    assert not problems, "\n".join(problems)


def test_a_port_that_is_none_does_not_leave_a_change_half_done(clean: Machine, controller: Controller) -> None:
    controller.refused(small(ready={"url": "http://127.0.0.1:99999/", "timeout": 2}))

    assert not clean.exists("/etc/systemd/system/contract-small.service")
    assert not clean.leftovers()

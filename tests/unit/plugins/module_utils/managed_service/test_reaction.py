# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.bundle import (
    Bundle,
    FileSpec,
    LoadedSpec,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.reaction import (
    Decision,
    current_identities,
    decide,
    drift,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.state import Proof
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.systemd import UnitState

RUNNING = UnitState(
    load="loaded",
    active="active",
    sub="running",
    unit_file="enabled",
    pid=10,
    invocation_id="one",
    restarts=0,
    need_daemon_reload=False,
    can_reload=True,
    fragment="/etc/systemd/system/x.service",
    started=1000.0,
    result="success",
    exit_status=0,
)
BUNDLE = Bundle("x", "x.service")
SECOND = 1_000_000_000


def unit(**changes: t.Any) -> UnitState:
    return dataclasses.replace(RUNNING, **changes)


@pytest.mark.parametrize(
    ("proof", "now", "invocation", "expected"),
    [
        pytest.param(Proof("one", {"reload": {"/a": [1, 5]}}), [1, 5], "one", [], id="nothing changed"),
        pytest.param(
            Proof("one", {"reload": {"/a": [1, 5]}}),
            [2, 900 * SECOND],
            "one",
            [("reload", "/a")],
            id="edited and edited back",
        ),
        pytest.param(
            Proof("one", {"reload": {"/a": [1, 5]}}), [1, 5], "two", [], id="only the process is another: a reboot"
        ),
        pytest.param(
            Proof("one", {"reload": {"/a": [1, 5]}}),
            [2, 900 * SECOND],
            "two",
            [],
            id="changed, then restarted by others",
        ),
        pytest.param(
            Proof("one", {"reload": {"/a": [1, 5]}}),
            [2, 1100 * SECOND],
            "two",
            [("reload", "/a")],
            id="restarted by others, then changed",
        ),
        pytest.param(None, [2, 900 * SECOND], "one", [], id="no proof, older than the process"),
        pytest.param(None, [2, 1100 * SECOND], "one", [("reload", "/a")], id="no proof, younger than the process"),
        pytest.param(Proof("one", {}), [2, 900 * SECOND], "one", [("reload", "/a")], id="not known to the proof"),
        pytest.param(Proof("one", {"reload": {"/a": [1, 5]}}), None, "one", [], id="gone: that is a change of its own"),
    ],
)
def test_drift(proof: Proof | None, now: list[int] | None, invocation: str, expected: list[tuple[str, str]]) -> None:
    assert drift({"reload": {"/a": now}}, proof, unit(invocation_id=invocation)) == expected


@pytest.mark.parametrize(
    ("bundle", "state", "change", "drifted", "replaced", "expected"),
    [
        (BUNDLE, unit(), "none", [], None, "none"),
        (BUNDLE, unit(), "reload", [], None, "reload"),
        (BUNDLE, unit(), "restart", [], None, "restart"),
        (BUNDLE, unit(), "none", [("reload", "/tls")], None, "reload"),
        (BUNDLE, unit(), "reload", [("restart", "/unit")], None, "restart"),
        (BUNDLE, unit(need_daemon_reload=True), "none", [], None, "restart"),
        (BUNDLE, unit(), "none", [], "/usr/bin/x", "restart"),
        (BUNDLE, unit(can_reload=False), "reload", [], None, "restart"),
        (
            Bundle("x", "x.service", loaded=LoadedSpec(reload_url="http://h/-/reload")),
            unit(can_reload=False),
            "reload",
            [],
            None,
            "reload",
        ),
        (BUNDLE, unit(active="inactive"), "none", [], None, "start"),
        (BUNDLE, unit(active="failed"), "restart", [], None, "start"),
        (BUNDLE, unit(active="inactive", load="not-found"), "restart", [], None, "start"),
        (BUNDLE, unit(active="activating", sub="auto-restart"), "none", [], None, "none"),
        (BUNDLE, unit(active="activating", sub="auto-restart"), "restart", [], None, "restart"),
        (BUNDLE, unit(active="activating", sub="start"), "reload", [], None, "restart"),
        (Bundle("x", "x.service", state="stopped"), unit(), "restart", [], None, "stop"),
        (Bundle("x", "x.service", state="stopped"), unit(active="inactive"), "restart", [], None, "none"),
        (
            Bundle("x", "x.service", files=(FileSpec("/etc/systemd/system/x.service", b""),)),
            unit(),
            "none",
            [],
            None,
            "none",
        ),
        (
            Bundle("x", "x.service", files=(FileSpec("/etc/systemd/system/x.service", b""),)),
            unit(fragment="/usr/lib/systemd/system/x.service"),
            "none",
            [],
            None,
            "restart",
        ),
    ],
)
def test_one_reaction_is_decided_on(
    bundle: Bundle,
    state: UnitState,
    change: str,
    drifted: list[tuple[str, str]],
    replaced: str | None,
    expected: str,
) -> None:
    decision = decide(bundle, state, change, drifted, replaced)
    assert decision.reaction == expected
    assert bool(decision.reasons) == (expected != "none")


def test_a_decision_says_why() -> None:
    assert decide(BUNDLE, unit(), "none", [("reload", "/tls.crt")], None) == Decision(
        "reload", ("/tls.crt changed since it was last loaded",)
    )


def test_files_that_ask_for_nothing_are_not_part_of_the_proof(tmp_path: t.Any) -> None:
    paths = {name: str(tmp_path / name) for name in ("config", "unit", "targets", "tls")}
    for path in paths.values():
        with open(path, "w", encoding="utf-8") as handle:
            handle.write("x")
    bundle = Bundle(
        "x",
        "x.service",
        files=(
            FileSpec(paths["config"], b"x", on_change="reload"),
            FileSpec(paths["unit"], b"x", on_change="restart"),
            FileSpec(paths["targets"], b"x", on_change="none"),
        ),
        watch=(paths["tls"],),
    )
    found = current_identities(bundle)
    assert {reaction: sorted(of) for reaction, of in found.items()} == {
        "reload": sorted([paths["config"], paths["tls"]]),
        "restart": [paths["unit"]],
    }


def test_of_a_watched_link_the_file_behind_it_counts(tmp_path: t.Any) -> None:
    for name in ("one.crt", "two.crt"):
        (tmp_path / name).write_text(name)
    link = tmp_path / "server.crt"
    link.symlink_to("one.crt")
    bundle = Bundle("x", "x.service", watch=(str(link),))
    before = current_identities(bundle)
    (tmp_path / "one.crt").write_text("renewed")
    renewed = current_identities(bundle)
    assert renewed != before
    link.unlink()
    link.symlink_to("two.crt")
    pointed_elsewhere = current_identities(bundle)
    assert pointed_elsewhere not in (before, renewed)
    # two.crt is the oldest of all files; that the service has it loaded may not be concluded from that.
    assert drift(pointed_elsewhere, None, unit(started=link.lstat().st_ctime - 1)) == [("reload", str(link))]


def test_a_watched_file_may_ask_for_a_restart(tmp_path: t.Any) -> None:
    path = tmp_path / "server.crt"
    path.write_text("x")
    bundle = Bundle("x", "x.service", watch=(str(path),), watch_reaction="restart")
    found = current_identities(bundle)
    assert (list(found["reload"]), list(found["restart"])) == ([], [str(path)])
    assert drift(found, Proof("one", {"restart": {str(path): [1, 1]}}), unit()) == [("restart", str(path))]


def test_a_program_that_was_replaced_asks_for_a_restart(tmp_path: t.Any) -> None:
    path = tmp_path / "logstash"
    path.write_text("x")
    bundle = Bundle("x", "x.service", programs=(str(path), str(tmp_path / "not-installed-yet")))
    found = current_identities(bundle)
    assert drift(found, Proof("one", t.cast("t.Any", found)), unit()) == []
    path.with_suffix(".new").write_text("y")
    path.with_suffix(".new").rename(path)
    assert drift(current_identities(bundle), Proof("one", t.cast("t.Any", found)), unit()) == [("restart", str(path))]

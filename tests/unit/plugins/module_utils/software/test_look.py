# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import subprocess
import typing as t
from pathlib import Path

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software import _look
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._errors import SoftwareError
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._look import (
    PackageState,
    Wish,
    is_fulfilled,
    look,
)


class Host:
    """A host whose dpkg and apt say what the test lays down."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.directory = directory
        self.dpkg: str | None = "dpkg\t1.22\tamd64\tii \nprometheus\t2.53.3+ds1-2\tamd64\tii \n"
        self.policy = "promtool:\n  Installed: (none)\n  Candidate: 2.53.3+ds1-2\n  Version table:\n"
        self.codes = {"dpkg-query": 0, "apt-cache": 0}
        self.asked: list[list[str]] = []
        monkeypatch.setattr(subprocess, "run", self._run)
        (directory / "os-release").write_text('ID=debian\nVERSION_ID="13"\nVERSION_CODENAME=trixie\nNAME=Debian\n')
        monkeypatch.setattr(_look, "_OS_RELEASE", ("/nonexistent", str(directory / "os-release")))
        monkeypatch.setattr(_look, "_PROGRAMS", str(directory / "bin"))
        monkeypatch.setattr(_look, "_LISTS", str(directory / "lists"))
        (directory / "bin").mkdir()

    def _run(self, argv: t.Sequence[str], **_options: object) -> subprocess.CompletedProcess[bytes]:
        self.asked.append(list(argv))
        said = self.dpkg if argv[0] == "dpkg-query" else self.policy
        if said is None:
            raise FileNotFoundError(2, "No such file", argv[0])
        return subprocess.CompletedProcess(argv, self.codes[argv[0]], said.encode(), b"E: broken")

    def look(self, *wishes: Wish, known: t.Sequence[str] = ()) -> _look.Look:
        return look(wishes, known, ["prometheus"], ["root", "nobody-of-this-name"], root=str(self.directory / "opt"))


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    return Host(tmp_path, monkeypatch)


def wish(name: str, version: str = "", optional: bool = False) -> Wish:
    return Wish(name=name, version=version, optional=optional)


def test_a_host_with_everything_is_not_asked_for_candidates(host: Host) -> None:
    found = host.look(wish("prometheus"), known=["prometheus-alertmanager"])
    assert [argv[0] for argv in host.asked] == ["dpkg-query"]
    assert host.asked[0][-3:] == ["prometheus", "prometheus-alertmanager", "dpkg"]
    assert found["packages"] == {"prometheus": {"version": "2.53.3+ds1-2", "installed": True, "broken": False}}
    assert found["offers"] is None
    assert found["system"] == {"id": "debian", "version_id": "13", "codename": "trixie", "name": "Debian"}
    assert found["debian_architecture"] == "amd64"
    assert found["machine"] == os.uname().machine
    assert found["users"] == {"root": 0}
    assert found["releases"] == {"prometheus": {}}
    assert 0 <= found["seconds"] < 5


def test_candidates_are_asked_for_what_is_missing_and_for_all_that_may_be_next(host: Host) -> None:
    found = host.look(wish("promtool"), known=["prometheus", "prometheus-alertmanager"])
    assert host.asked[1][-3:] == ["policy", "prometheus-alertmanager", "promtool"]
    assert found["offers"] == {"promtool": {"candidate": "2.53.3+ds1-2", "versions": []}}
    assert found["lists"] is False


def test_a_version_that_does_not_match_is_missing(host: Host) -> None:
    host.look(wish("prometheus", "3.*"))
    assert host.asked[1][0] == "apt-cache"
    assert host.asked[1][-2:] == ["policy", "prometheus"]


def test_package_lists(host: Host) -> None:
    (host.directory / "lists").mkdir()
    (host.directory / "lists" / "lock").write_text("")
    assert host.look(wish("promtool"))["lists"] is False
    (host.directory / "lists" / "deb.example_main_binary-amd64_Packages.lz4").write_text("")
    assert host.look(wish("promtool"))["lists"] is True


def test_an_optional_package_may_be_a_program(host: Host) -> None:
    (host.directory / "bin" / "promtool").write_text("")
    assert host.look(wish("promtool", optional=True))["offers"] is not None
    (host.directory / "bin" / "promtool").chmod(0o755)
    found = host.look(wish("promtool", optional=True))
    assert found["programs"] == ["promtool"]
    assert found["offers"] is None
    assert host.look(wish("promtool"))["offers"] is not None


def test_a_distribution_without_dpkg(host: Host) -> None:
    host.dpkg = None
    found = host.look(wish("prometheus"))
    assert found["debian_architecture"] == ""
    assert found["packages"] == {}
    assert found["offers"] is None


def test_dpkg_does_not_know_a_name(host: Host) -> None:
    host.codes["dpkg-query"] = 1
    assert host.look(wish("prometheus"))["packages"]["prometheus"]["installed"]


@pytest.mark.parametrize(("program", "code"), [("dpkg-query", 2), ("apt-cache", 100)])
def test_a_program_that_fails_is_an_error(host: Host, program: str, code: int) -> None:
    host.codes[program] = code
    with pytest.raises(SoftwareError, match=f"{program} failed with exit code {code}: E: broken"):
        host.look(wish("promtool"))


@pytest.mark.parametrize(
    ("wanted", "state", "programs", "expected"),
    [
        (wish("p"), None, [], False),
        (wish("p"), PackageState(version="1-1", installed=True, broken=False), [], True),
        (wish("p"), PackageState(version="1-1", installed=False, broken=True), [], False),
        (wish("p", "2.*"), PackageState(version="1-1", installed=True, broken=False), [], False),
        (wish("p"), None, ["p"], False),
        (wish("p", optional=True), None, ["p"], True),
        (wish("p", optional=True), None, [], False),
    ],
)
def test_is_fulfilled(wanted: Wish, state: PackageState | None, programs: list[str], expected: bool) -> None:
    assert is_fulfilled(wanted, {"p": state} if state else {}, programs) is expected

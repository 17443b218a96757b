# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A vendor's apt repository: always the stub packages, whose versions the tests know."""

from __future__ import annotations

import typing as t
from collections.abc import Callable

import pytest

from .conftest import SUITES, Host, Playbook, command

FILES = (
    "/etc/apt/keyrings/ets-grafana.asc",
    "/etc/apt/sources.list.d/ets-grafana.sources",
    "/etc/apt/preferences.d/ets-grafana.pref",
)


@pytest.fixture(scope="module")
def vendors() -> str:
    command("env", "VENDOR_REPOS=0", "tests/vendor_stubs/repository", "start")
    return command("tests/vendor_stubs/repository", "url").strip()


def task(server: str, version: str = "13.1.3", **changes: t.Any) -> dict[str, t.Any]:
    repository = {
        "name": "grafana",
        "url": f"{server}/grafana",
        "key_url": f"{server}/key.asc",
        "timeout": 5,
        **changes,
    }
    return {
        "name": "grafana",
        "method": "package",
        "version": version,
        "packages": ["grafana"],
        "users": ["grafana"],
        "repository": repository,
    }


@pytest.mark.parametrize("suite", SUITES)
def test_from_a_virgin_host_to_an_upgrade(
    suite: str, vendors: str, make_host: Callable[..., Host], playbook: Playbook
) -> None:
    host = make_host(suite)
    before = host.files()
    outcome = playbook.succeed(host, task(vendors), options=("--check", "--diff"))
    assert outcome.result(host)["changed"]
    assert host.files() == before

    # What cannot work is found before anything changes, in check mode and without it, and named.
    for changes, message in (
        ({"url": f"{vendors}/nowhere"}, "grafana_repository_url"),
        ({"key_url": f"{vendors}/nowhere.asc"}, "grafana_repository_key_url"),
        ({"key_url": f"{vendors}/grafana/dists/stable/Release"}, "expected an OpenPGP key"),
    ):
        for options in (("--check",), ()):
            outcome = playbook.fail(host, task(vendors, **changes), options=options)
            assert message in outcome.result(host)["msg"]
            assert host.files() == before

    # A version that is not there: the source does not stay behind.
    outcome = playbook.fail(host, task(vendors, "13.0.0"))
    assert "grafana_version: found '13.0.0'" in outcome.result(host)["msg"]
    assert "13.1.4" in outcome.result(host)["msg"]
    assert not any(host.exists(path) for path in FILES)

    outcome = playbook.succeed(host, task(vendors))
    assert outcome.result(host)["changed"]
    assert outcome.result(host)["version"] == "13.1.3"
    assert not host.is_active("grafana-server.service")
    assert host.sh(f"stat -c '%a %U' {' '.join(FILES)}") == "\n".join(["644 root"] * 3)

    # Again, twice in a run: one look, and nothing is asked of the repository.
    before = host.files()
    outcome = playbook.succeed(host, task(vendors), {**task(vendors), "state": "query"})
    assert [result["changed"] for result in outcome.results[host.name]] == [False, False]
    assert outcome.executions(host) == 1
    assert host.files() == before

    # 13.1.4 is offered, and no upgrade takes it unasked.
    upgrade = "DEBIAN_FRONTEND=noninteractive apt-get -q -s upgrade"
    assert "Inst grafana" not in host.sh(upgrade)
    host.sh(f"mv {FILES[2]} /root/")
    assert "Inst grafana" in host.sh(upgrade)
    outcome = playbook.succeed(host, task(vendors))
    assert outcome.result(host)["changed"], "the missing pin is put back"
    assert "Inst grafana" not in host.sh(upgrade)

    outcome = playbook.succeed(host, task(vendors, "13.1.4"))
    assert (outcome.result(host)["previous_version"], outcome.result(host)["version"]) == ("13.1.3", "13.1.4")
    outcome = playbook.fail(host, task(vendors, "13.1.3"))
    assert "13.1.4 is in use" in outcome.result(host)["msg"]

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t
from collections.abc import Callable

import pytest

from .conftest import SUITES, Host, Playbook, wait_for

NODE: dict[str, t.Any] = {"name": "node_exporter", "method": "package", "packages": ["prometheus-node-exporter"]}
PROMETHEUS: dict[str, t.Any] = {
    "name": "prometheus",
    "method": "package",
    "packages": ["prometheus"],
    "optional_packages": ["promtool"],
}


@pytest.mark.parametrize("suite", SUITES)
def test_from_a_fresh_host_to_a_run_that_costs_nothing(
    suite: str, make_host: Callable[..., Host], playbook: Playbook
) -> None:
    host = make_host(suite)

    # Check mode on the virgin host: it would change, in which version it does not know, and nothing is written.
    before = host.files()
    outcome = playbook.succeed(host, NODE, PROMETHEUS, options=("--check", "--diff"))
    for task in (0, 1):
        result = outcome.result(host, task)
        assert (result["changed"], result["installed"], result["version"]) == (True, False, "")
        assert result["notes"] == [
            "no package lists on this host: the version is not known before the first apt update"
        ]
    assert outcome.executions(host) == 1
    assert host.files() == before

    # Installed, and nothing started, nor listening, nor left forbidden to start.
    outcome = playbook.succeed(host, NODE, PROMETHEUS, {**PROMETHEUS, "state": "query"}, options=("--diff",))
    assert [result["changed"] for result in outcome.results[host.name]] == [True, True, False]
    generation = {"bookworm": "2.42.0", "trixie": "2.53.3"}[suite]
    assert outcome.result(host)["version"] == generation
    assert outcome.result(host, 1)["diff"]["after"] == f"prometheus {generation} (package: prometheus)\n"
    assert outcome.result(host)["os"]["codename"] == suite
    for package in ("prometheus", "prometheus-node-exporter"):
        assert host.is_installed(package)
        assert not host.is_active(f"{package}.service")
    assert host.sh("promtool --version 2>&1").startswith(f"promtool, version {generation}")
    assert host.sh("ss -Htln | grep -E ':9(090|100)' || true") == ""
    assert not host.exists("/usr/sbin/policy-rc.d")
    assert not host.exists("/var/lib/enterprise_tickets_observability/service_software/policy-rc.d.json")
    # Recommended packages would bring some sixty more.
    assert not host.is_installed("prometheus-node-exporter-collectors")
    assert "apt update" not in str(outcome.results)

    # The second run: one look for both services and for all their tasks.
    before = host.files()
    tasks = (NODE, {**NODE, "state": "query"}, PROMETHEUS, {**PROMETHEUS, "state": "query"})
    outcome = playbook.succeed(host, *tasks)
    assert [result["changed"] for result in outcome.results[host.name]] == [False] * 4
    assert outcome.executions(host) == 1
    assert host.files() == before

    # A run after that looks again.
    host.sh("apt-get -qq remove prometheus-node-exporter >/dev/null 2>&1")
    outcome = playbook.succeed(host, NODE, options=("--check",))
    assert (outcome.result(host)["changed"], outcome.result(host)["installed"]) == (True, False)
    assert outcome.executions(host) == 1


def test_the_look_is_fast(make_host: Callable[..., Host], playbook: Playbook) -> None:
    host = make_host()
    look: dict[str, t.Any] = {
        "wishes": [{"name": "systemd"}, {"name": "python3"}],
        "known": ["prometheus", "promtool"],
        "services": ["prometheus"],
        "users": ["prometheus"],
    }
    task = {"task": {"name": "Look", "enterprise_tickets.observability.service_software_look": look}}
    # The quickest of some: other tests keep the machine busy.
    looks = [result["look"] for result in playbook.succeed(host, *[task] * 5).results[host.name]]
    assert min(look["seconds"] for look in looks) < 0.15
    assert looks[-1]["offers"] is None


def test_check_mode_knows_the_candidate_where_there_are_lists(
    make_host: Callable[..., Host], playbook: Playbook
) -> None:
    host = make_host()
    host.sh("apt-get -qq update")
    before = host.files()
    outcome = playbook.succeed(host, {**PROMETHEUS, "version": "2.53.*"}, options=("--check",))
    assert outcome.result(host)["version"] == "2.53.3"
    assert outcome.result(host)["notes"] == []
    assert host.files() == before


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("uid", [1005, 50])
def test_a_user_in_the_way_is_found_before_the_package_fails(
    make_host: Callable[..., Host], playbook: Playbook, uid: int, check: bool
) -> None:
    host = make_host("bookworm")
    host.sh(f"useradd --uid {uid} prometheus")
    before = host.files()
    outcome = playbook.fail(host, PROMETHEUS, options=("--check",) if check else ())
    message = outcome.result(host)["msg"]
    assert f"found a user 'prometheus' with uid {uid}, expected" in message
    assert "prometheus_install_method: archive" in message
    assert host.files() == before


def test_that_user_would_really_be_in_the_way(make_host: Callable[..., Host]) -> None:
    host = make_host("bookworm")
    host.sh("useradd --uid 1005 prometheus; apt-get -qq update")
    install = "DEBIAN_FRONTEND=noninteractive apt-get -yqq --no-install-recommends install prometheus"
    assert "is not a system user" in host.sh(f"{install} 2>&1 || true")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"packages": ["prometheus-nonesuch"]}, "prometheus_packages: found 'prometheus-nonesuch'"),
        ({"version": "9.*"}, "prometheus_version: found '9.*', expected a version that apt offers for prometheus: 2."),
    ],
)
def test_a_package_that_is_not_offered(
    make_host: Callable[..., Host], playbook: Playbook, changes: dict[str, t.Any], message: str
) -> None:
    host = make_host()
    outcome = playbook.fail(host, {**PROMETHEUS, **changes})
    assert message in outcome.result(host)["msg"]
    assert not host.is_installed("prometheus")


def test_package_sources_that_cannot_be_reached(make_host: Callable[..., Host], playbook: Playbook) -> None:
    host = make_host()
    source = "deb http://mirror.invalid/debian trixie main"
    host.sh(f"rm -f /etc/apt/sources.list.d/*; echo '{source}' > /etc/apt/sources.list")
    outcome = playbook.fail(host, PROMETHEUS)
    message = outcome.result(host)["msg"]
    assert "found 'prometheus', which no package source of this host (Debian GNU/Linux 13" in message
    assert "apt update failed" in message
    assert "mirror.invalid" in message
    assert "prometheus_install_method" in message


def test_one_dead_source_beside_a_good_one_is_a_warning(make_host: Callable[..., Host], playbook: Playbook) -> None:
    host = make_host()
    host.sh("echo 'deb [trusted=yes] http://mirror.invalid/debian trixie main' > /etc/apt/sources.list.d/dead.list")
    outcome = playbook.succeed(host, NODE)
    assert outcome.result(host)["changed"]
    assert any("mirror.invalid" in str(warning) for warning in outcome.result(host)["warnings"])


def test_no_older_package_unasked(make_host: Callable[..., Host], playbook: Playbook) -> None:
    host = make_host()
    # A release of upstream's is in use; the distribution's package is older.
    host.sh("mkdir -p /opt/prometheus/3.5.0 && ln -s /opt/prometheus/3.5.0/prometheus /usr/local/bin/prometheus")
    outcome = playbook.fail(host, PROMETHEUS)
    assert "which means 2.53.3, but 3.5.0 is in use" in outcome.result(host)["msg"]
    assert not host.is_installed("prometheus")
    outcome = playbook.succeed(host, {**PROMETHEUS, "allow_downgrade": True})
    assert outcome.result(host)["previous_version"] == "3.5.0"
    assert host.is_installed("prometheus")


def test_changed_configuration_files_and_the_administrators_policy_stay(
    make_host: Callable[..., Host], playbook: Playbook
) -> None:
    host = make_host()
    host.sh(
        "mkdir -p /etc/prometheus && echo mine > /etc/prometheus/prometheus.yml; "
        "printf '#!/bin/sh\\n# mine\\nexit 0\\n' > /usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d"
    )
    playbook.succeed(host, PROMETHEUS)
    assert host.sh("cat /etc/prometheus/prometheus.yml") == "mine"
    assert host.sh("sed -n 2p /usr/sbin/policy-rc.d") == "# mine"
    assert not host.is_active("prometheus.service")


@pytest.mark.parametrize("controller", [True, False], ids=["with the controller", "on the host only"])
def test_killed_in_the_middle_of_the_installation_the_next_run_finishes_it(
    make_host: Callable[..., Host], playbook: Playbook, controller: bool
) -> None:
    host = make_host()
    # The package's script calls adduser: that is where it is caught, unpacked and not configured.
    adduser, path = "/usr/local/sbin/adduser", "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
    host.sh(f"echo 'DPkg::Path \"{path}\";' > /etc/apt/apt.conf.d/99path")
    host.sh(f"printf '#!/bin/sh\\ntouch /run/caught\\nsleep 100\\n' > {adduser}; chmod 755 {adduser}")
    running = playbook.start([host], PROMETHEUS)
    wait_for(lambda: host.exists("/run/caught"), "the package's script")
    if controller:
        playbook.kill(running)
    host.sh("pkill -KILL -x 'python3|apt-get|dpkg|prometheus.post.*|adduser|sleep'")
    if not controller:
        assert playbook.finish(running).code == 2
    host.sh(f"rm {adduser}")
    assert not host.is_installed("prometheus")
    # Left behind, no upgrade would ever restart a service again. The controller sees to it, if it still can.
    assert host.exists("/usr/sbin/policy-rc.d") is controller

    outcome = playbook.succeed(host, PROMETHEUS)
    assert outcome.result(host)["changed"]
    notes = " ".join(outcome.result(host)["notes"])
    assert ("put /usr/sbin/policy-rc.d back" in notes) is controller
    assert "finished an interrupted dpkg run" in notes
    assert host.is_installed("prometheus")
    assert not host.is_active("prometheus.service")
    assert not host.exists("/usr/sbin/policy-rc.d")
    assert host.sh("dpkg --audit") == ""
    outcome = playbook.succeed(host, PROMETHEUS)
    assert (outcome.result(host)["changed"], outcome.executions(host)) == (False, 1)


def test_an_unsupported_distribution(make_host: Callable[..., Host], playbook: Playbook) -> None:
    host = make_host()
    host.sh('printf \'ID=rocky\\nVERSION_ID="9.4"\\nPRETTY_NAME="Rocky Linux 9.4 (Blue Onyx)"\\n\' > /etc/os-release')
    for state in ("present", "query"):
        outcome = playbook.fail(host, {**PROMETHEUS, "state": state})
        message = outcome.result(host)["msg"]
        assert "found Rocky Linux 9.4 (Blue Onyx) (ID=rocky, VERSION_ID=9.4), expected Debian 12 or 13" in message
    assert not host.is_installed("prometheus")

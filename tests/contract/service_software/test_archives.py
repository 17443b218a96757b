# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import struct
import typing as t
from collections.abc import Callable

import pytest

from .conftest import RELEASES, SUITES, Demo, Host, Playbook, Web, program, tarball, wait_for


def release(product: str, version: str, *binaries: str) -> dict[str, t.Any]:
    """A task that installs a real release."""
    base = f"{RELEASES}/prometheus/{product}/releases/download/v{{version}}"
    source = {
        "url": f"{base}/{product}-{{version}}.linux-{{arch}}.tar.gz",
        "checksums_url": f"{base}/sha256sums.txt",
        "binaries": list(binaries),
    }
    return {"name": product, "method": "archive", "version": version, "packages": ["prometheus"], "archive": source}


@pytest.mark.parametrize("suite", SUITES)
def test_real_releases(
    suite: str, make_host: Callable[..., Host], playbook: Playbook, releases: dict[str, dict[str, str]]
) -> None:
    host = make_host(suite)
    version = releases["prometheus"]["sid"]
    tasks = (
        release("prometheus", version, "prometheus", "promtool"),
        release("node_exporter", releases["node_exporter"]["sid"], "node_exporter"),
    )
    before = host.files()
    outcome = playbook.succeed(host, *tasks, options=("--check", "--diff"))
    assert [result["changed"] for result in outcome.results[host.name]] == [True, True]
    assert outcome.result(host, 0)["path"] == f"/opt/prometheus/{version}"
    assert host.files() == before

    outcome = playbook.succeed(host, *tasks)
    assert [result["changed"] for result in outcome.results[host.name]] == [True, True]
    assert f"prometheus, version {version}" in host.sh(f"/opt/prometheus/{version}/prometheus --version 2>&1")
    # The archives belong to a build user.
    assert host.sh("find /opt ! -user root -o ! -group root -o -perm /7022 ! -type l") == ""
    assert host.listing("/opt/prometheus") == [version]

    outcome = playbook.succeed(host, *tasks, {**tasks[0], "state": "query"})
    assert [result["changed"] for result in outcome.results[host.name]] == [False] * 3
    assert outcome.executions(host) == 1


def test_an_upgrade_leaves_the_old_release_and_the_link_alone(host: Host, playbook: Playbook, demo: Demo) -> None:
    playbook.succeed(host, demo.task())
    host.sh("ln -s /opt/demo/1.0.0/demo /usr/local/bin/demo")
    demo.publish("1.1.0")
    outcome = playbook.succeed(host, demo.task("1.1.0"), options=("--diff",))
    assert outcome.result(host)["previous_version"] == "1.0.0"
    assert outcome.result(host)["diff"]["before"] == "demo 1.0.0\n"
    assert host.listing("/opt/demo") == ["1.0.0", "1.1.0"]
    assert host.sh("readlink /usr/local/bin/demo") == "/opt/demo/1.0.0/demo"


def test_the_sum_is_compared_on_every_host(make_host: Callable[..., Host], playbook: Playbook, demo: Demo) -> None:
    """The peer compares once, on the first host: what the second one fetches may be anything."""
    hosts = [make_host(), make_host("bookworm")]
    good = demo.web.files[demo.path()]
    other = tarball({"demo": program("demo", "1.0.0"), "evil": b"#!/bin/sh\n"})
    demo.web.files.update({"/first/demo.tar.gz": good, "/second/demo.tar.gz": other})
    demo.web.files["/sums"] = demo.web.files["/v1.0.0/sha256sums.txt"].replace(
        demo.path().split("/")[-1].encode(), b"demo.tar.gz"
    )
    where = f"{demo.web.address}/{{{{ 'first' if inventory_hostname == '{hosts[0].name}' else 'second' }}}}/demo.tar.gz"
    outcome = playbook.fail(hosts, demo.task(url=where, checksums_url=f"{demo.web.address}/sums"))
    assert outcome.result(hosts[0])["changed"]
    assert "/second/demo.tar.gz has the SHA-256" in outcome.result(hosts[1])["msg"]
    assert hosts[0].listing("/opt/demo") == ["1.0.0"]
    assert hosts[1].listing("/opt/demo") == []
    # Every host fetched both by itself.
    assert demo.web.requests.count("/sums") == 2


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"demo": program("demo", "1.0.0"), "../../escaped": b"x"}, "climbs out of its directory"),
        ({"demo": program("demo", "0.9.0")}, "holds demo 0.9.0, expected 1.0.0"),
        ({"other": b"x"}, "holds no demo"),
        ({"demo": b"#!/bin/sh\necho broken; exit 1\n"}, "--version fails with exit code 1: broken"),
        (
            {"demo": struct.pack("<4sBBB9xHHI", b"\x7fELF", 2, 1, 1, 2, 183, 1) + bytes(100)},
            "holds demo for arm64, but this host is amd64",
        ),
    ],
)
def test_an_archive_that_is_not_what_it_should_be_is_not_installed(
    host: Host, playbook: Playbook, demo: Demo, files: dict[str, bytes], message: str
) -> None:
    demo.publish(data=tarball(files))
    outcome = playbook.fail(host, demo.task())
    assert message in outcome.result(host)["msg"]
    assert "demo_archive_url" in outcome.result(host)["msg"]
    assert host.listing("/opt/demo") == []
    assert not host.exists("/opt/escaped")
    assert not host.exists("/escaped")


def test_a_download_that_breaks_off(host: Host, playbook: Playbook, demo: Demo) -> None:
    demo.publish(data=tarball({"demo": program("demo", "1.0.0"), "ballast": bytes(200_000)}))
    whole = len(demo.web.files[demo.path()])
    demo.web.cut[demo.path()] = 100
    outcome = playbook.fail(host, demo.task())
    assert f"broke off after 100 of {whole} bytes (tried 3 times)" in outcome.result(host)["msg"]
    assert host.listing("/opt/demo") == []
    del demo.web.cut[demo.path()]
    playbook.succeed(host, demo.task())
    assert host.listing("/opt/demo") == ["1.0.0"]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("what", ["archive", "sums", "server"])
def test_a_source_that_cannot_be_reached_stops_before_anything_changes(
    host: Host, playbook: Playbook, demo: Demo, what: str, check: bool
) -> None:
    task = demo.task()
    if what == "archive":
        del demo.web.files[demo.path()]
    elif what == "sums":
        del demo.web.files["/v1.0.0/sha256sums.txt"]
    else:
        task = demo.task(checksums_url="http://user:geheim@mirror.invalid/sums?token=geheim")
    before = host.files()
    outcome = playbook.fail(host, task, options=("--check",) if check else ())
    message = outcome.result(host)["msg"]
    assert "demo: cannot fetch http://" in message
    for variable in ("demo_archive_url", "demo_archive_checksums_url", "observability_mirror_url"):
        assert variable in message
    assert host.files() == before
    assert "geheim" not in outcome.output.replace(str(task), "")


def test_secrets_of_an_address_appear_nowhere(host: Host, playbook: Playbook, demo: Demo) -> None:
    secret = "geheim-7f3a"
    address = demo.web.address.replace("http://", f"http://ann:{secret}@")
    task = demo.task(url=f"{address}{demo.path()}?token={secret}", checksums_url=f"{address}/v1.0.0/sha256sums.txt")
    outcome = playbook.succeed(host, task, options=("--diff",))
    assert f"{demo.path()}?token={secret}" in demo.web.requests
    assert secret not in outcome.output
    assert host.sh(f"journalctl --no-pager | grep -c -e {secret} -e YW5uOmdlaGVpbS03ZjNh || true") == "0"
    assert host.sh(f"grep -rl {secret} /opt /var /etc /root 2>/dev/null || true") == ""


def test_killed_while_it_fetches_the_next_run_heals(host: Host, playbook: Playbook, demo: Demo) -> None:
    demo.publish(data=tarball({"demo": program("demo", "1.0.0"), "ballast": bytes(200_000)}))
    demo.web.stall[demo.path()] = 150
    process = playbook.start([host], {**demo.task(), "archive": {**demo.task()["archive"], "timeout": 100}})
    wait_for(lambda: host.exists("/opt/demo/.1.0.0.partial/download"), "the download to begin")
    host.sh("pkill -KILL -x python3")
    assert playbook.finish(process).code == 2
    assert host.listing("/opt/demo") == [".1.0.0.partial"]
    outcome = playbook.succeed(host, {**demo.task(), "state": "query"})
    assert outcome.result(host)["installed"] is False
    demo.web.stall.clear()
    demo.publish("1.1.0")
    # Even when another version is wanted by then.
    playbook.succeed(host, demo.task("1.1.0"))
    assert host.listing("/opt/demo") == ["1.1.0"]


def test_terminated_it_clears_away_by_itself(host: Host, playbook: Playbook, demo: Demo) -> None:
    demo.publish(data=tarball({"demo": program("demo", "1.0.0"), "ballast": bytes(200_000)}))
    demo.web.stall[demo.path()] = 150
    process = playbook.start([host], {**demo.task(), "archive": {**demo.task()["archive"], "timeout": 100}})
    wait_for(lambda: host.exists("/opt/demo/.1.0.0.partial/download"), "the download to begin")
    host.sh("pkill -TERM -x python3")
    assert playbook.finish(process).code == 2
    assert host.listing("/opt/demo") == []


def test_killed_at_any_moment_a_release_is_there_whole_or_not_at_all(
    host: Host, playbook: Playbook, releases: dict[str, dict[str, str]]
) -> None:
    version = releases["node_exporter"]["sid"]
    task = release("node_exporter", version, "node_exporter")
    home = "/opt/node_exporter"
    seen = set()
    # The kill comes so long after the directory for the work has appeared.
    for milliseconds in (0, 50, 100, 200, 400):
        process = playbook.start([host], task)
        wait_for(lambda: host.exists(f"{home}/.{version}.partial"), "the installation to begin")
        host.sh(f"sleep {milliseconds / 1000}; pkill -KILL -x python3", check=False)
        outcome = playbook.finish(process)
        there = version in host.listing(home)
        seen.add(there)
        if there:
            assert "sha256" in host.sh(f"cd {home}/{version} && ./node_exporter --version 2>&1 && cat .receipt.json")
            outcome = playbook.succeed(host, task)
            assert outcome.result(host)["changed"] is False
            host.sh(f"rm -r {home}")
        else:
            assert outcome.code == 2
    assert False in seen
    playbook.succeed(host, task)
    assert host.listing(home) == [version]


def test_two_runs_at_once(host: Host, playbook: Playbook, demo: Demo) -> None:
    demo.publish(data=tarball({"demo": program("demo", "1.0.0"), "ballast": bytes(30_000_000)}))
    runs = [playbook.start([host], demo.task()) for _ in range(2)]
    outcomes = [playbook.finish(process) for process in runs]
    assert [outcome.code for outcome in outcomes] == [0, 0]
    # Either the second one waited and found it done, or it came so late that it had nothing to do.
    assert sorted(outcome.result(host)["changed"] for outcome in outcomes) == [False, True]
    assert host.listing("/opt/demo") == ["1.0.0"]


def test_a_full_disk_leaves_what_was_there(make_host: Callable[..., Host], playbook: Playbook, demo: Demo) -> None:
    host = make_host("trixie", "--tmpfs", "/opt:exec,size=40m")
    playbook.succeed(host, demo.task())
    for version, files in (
        # found before the download, and found before the unpacking
        ("1.1.0", {"demo": program("demo", "1.1.0", padding=60_000_000)}),
        ("1.2.0", {"demo": program("demo", "1.2.0"), "ballast": bytes(60_000_000)}),
    ):
        demo.publish(version, data=tarball(files))
        outcome = playbook.fail(host, demo.task(version))
        assert "demo: not enough space in /opt/demo" in outcome.result(host)["msg"]
        assert "observability_mirror_url" not in outcome.result(host)["msg"]
        assert host.listing("/opt/demo") == ["1.0.0"]


def test_a_file_system_without_execution(make_host: Callable[..., Host], playbook: Playbook, demo: Demo) -> None:
    host = make_host("trixie", "--tmpfs", "/opt:noexec")
    outcome = playbook.fail(host, demo.task())
    assert "mounted noexec?" in outcome.result(host)["msg"]
    assert host.listing("/opt/demo") == []


def test_a_home_of_somebody_else_is_refused(host: Host, playbook: Playbook, demo: Demo) -> None:
    host.sh("mkdir /opt/demo && chown daemon /opt/demo")
    outcome = playbook.fail(host, demo.task())
    assert "found /opt/demo owned by daemon with mode 0755, expected root" in outcome.result(host)["msg"]


def test_a_damaged_release_is_repaired(host: Host, playbook: Playbook, demo: Demo) -> None:
    playbook.succeed(host, demo.task())
    host.sh("rm /opt/demo/1.0.0/demo")
    assert playbook.succeed(host, demo.task()).result(host)["changed"]
    assert host.sh("/opt/demo/1.0.0/demo") == "demo, version 1.0.0 (branch: HEAD)"


def test_files_of_the_target_without_any_network(host: Host, playbook: Playbook, web: Web) -> None:
    demo = Demo(web)
    demo.publish()
    host.sh(
        f"mkdir /srv/mirror && cd /srv/mirror && curl -sSO {web.address}{demo.path()} && sha256sum * > sha256sums.txt"
    )
    web.requests.clear()
    base = "file:///srv/mirror"
    task = demo.task(url=f"{base}/demo-{{version}}.linux-{{arch}}.tar.gz", checksums_url=f"{base}/sha256sums.txt")
    playbook.succeed(host, task)
    assert host.listing("/opt/demo") == ["1.0.0"]
    assert web.requests == []


def test_moving_between_the_methods_keeps_the_data(
    host: Host, playbook: Playbook, releases: dict[str, dict[str, str]]
) -> None:
    package: dict[str, t.Any] = {"name": "prometheus", "method": "package", "packages": ["prometheus"]}
    version = releases["prometheus"]["sid"]
    archive = release("prometheus", version, "prometheus", "promtool")
    data = "/var/lib/prometheus/metrics2/precious"
    playbook.succeed(host, package)
    host.sh(f"echo data > {data}")
    outcome = playbook.succeed(host, archive)
    assert outcome.result(host)["previous_version"] == "2.53.3"
    assert host.is_installed("prometheus")
    host.sh(f"ln -s /opt/prometheus/{version}/prometheus /usr/local/bin/prometheus")
    # Back, which would be a step down.
    assert "prometheus_allow_downgrade" in playbook.fail(host, package).result(host)["msg"]
    outcome = playbook.succeed(host, {**package, "allow_downgrade": True})
    assert outcome.result(host)["previous_version"] == version
    assert host.sh(f"cat {data}") == "data"
    assert host.listing("/opt/prometheus") == [version]

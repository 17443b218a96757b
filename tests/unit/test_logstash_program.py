# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program that starts, checks and reloads Logstash, against the stub of Logstash.

The stub is tests/vendor_stubs/packages/elastic/logstash; what it refuses is written there.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import time
import typing as t
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.enterprise_tickets.observability.roles.logstash.files import ets_logstash as program

ROOT = Path(__file__).parents[2]
PROGRAM = Path(program.__file__)
STUB = (
    ROOT
    / "tests"
    / "vendor_stubs"
    / "packages"
    / "elastic"
    / "logstash"
    / "root"
    / "usr"
    / "share"
    / "logstash"
    / "bin"
)

HEARTBEAT = 'input { heartbeat { id => "in" } }\n'
NOWHERE = "output { null { } }\n"
SECRET = "a-secret-that-nobody-sees"

if not STUB.is_dir():  # ansible-test takes no vendors' stubs along
    pytest.skip("needs the stub of Logstash", allow_module_level=True)

from tools.testrunner.ports import free_port  # noqa: E402 - nor the test runner


class Host:
    """The files of a Logstash, and its process."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self.config = top / "etc"
        self.secrets = top / "secrets"
        self.pipelines = top / "pipelines"
        for path in (self.config, self.secrets, self.pipelines, top / "data", top / "run", top / "home" / "bin"):
            path.mkdir(parents=True)
        for name in ("logstash", "logstash-keystore"):
            text = (STUB / name).read_text().replace("@VERSION@", "9.1.5")
            text = text.replace("#!/usr/bin/python3", f"#!{sys.executable}", 1)
            (top / "home" / "bin" / name).write_text(text)
            (top / "home" / "bin" / name).chmod(0o755)
        self.port = free_port()
        self.settings: dict[str, t.Any] = {
            "home": str(top / "home"),
            "config_dir": str(self.config),
            "secrets_dir": str(self.secrets),
            "data_dir": str(top / "data"),
            "run_dir": str(top / "run"),
            "api": f"http://127.0.0.1:{self.port}",
            "timeout": 15,
            "environment": {"ETS_ENVIRONMENT": "test"},
            "tls_key_file": "",
        }
        self.limits: dict[str, t.Any] = {"heap_bytes": 1 << 20, "queue_bytes": {"one": 1 << 20}}
        self.yml = {
            "allow_superuser": True,  # who runs the tests may be root
            "path.data": str(top / "data"),
            "path.logs": str(top / "logs"),
            "api.http.port": self.port,
        }
        self.write()
        self.pipeline("one", HEARTBEAT + NOWHERE)

    def write(self) -> Path:
        (self.config / "logstash.yml").write_text(json.dumps(self.yml))
        path = self.config / "ets.json"
        path.write_text(json.dumps(self.settings))
        return path

    def pipeline(self, name: str, text: str | None, **settings: object) -> None:
        """Write a pipeline, or take it away."""
        directory = self.pipelines / name
        if text is None:
            shutil.rmtree(directory)
        else:
            directory.mkdir(exist_ok=True)
            (directory / "main.conf").write_text(text)
        entries = [
            {"pipeline.id": path.name, "path.config": f"{path}/*.conf", **(settings if path == directory else {})}
            for path in sorted(self.pipelines.iterdir())
        ]
        (self.config / "pipelines.yml").write_text("# ours\n" + json.dumps(entries))

    def run(self, command: str, process: int = 0) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, PROGRAM, command, self.write(), json.dumps(self.limits)],
            env={**os.environ, "MAINPID": str(process)},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


@pytest.fixture
def running(host: Host) -> Iterator[subprocess.Popen[bytes]]:
    """A Logstash that runs, with its first pipeline."""
    with subprocess.Popen([sys.executable, PROGRAM, "start", host.write()], stdout=subprocess.DEVNULL) as process:
        done = host.run("wait", process.pid)
        assert done.returncode == 0, done.stderr
        yield process
        process.terminate()


def test_a_good_configuration_passes_and_leaves_nothing_behind(host: Host, tmp_path: Path) -> None:
    before = sorted(path for path in tmp_path.rglob("*") if "__pycache__" not in path.parts)
    done = host.run("check")
    assert (done.returncode, "Configuration OK" in done.stdout) == (0, True), done.stdout + done.stderr
    assert sorted(path for path in tmp_path.rglob("*") if "__pycache__" not in path.parts) == before


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEARTBEAT + "output { null { }\n", "Expected one of"),
        (HEARTBEAT + "output { nil { } }\n", "Couldn't find any output plugin named 'nil'"),
        (HEARTBEAT + 'output { elasticsearch { cacert => "/x" } }\n', "`cacert`"),
        (HEARTBEAT + 'filter { mutate { add_tag => ["${NOBODY}"] } }\n' + NOWHERE, "Cannot evaluate `${NOBODY}`"),
    ],
)
def test_a_broken_pipeline_is_refused_in_logstashs_words(host: Host, text: str, words: str) -> None:
    host.pipeline("two", text)
    done = host.run("check")
    assert done.returncode == 1
    assert words in done.stdout


def test_without_logstash_there_is_no_tool(host: Host) -> None:
    host.settings["home"] = "/nowhere"
    assert host.run("check").returncode == 127


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("heap_bytes", 1 << 50, "logstash_heap_size: found 1073741824 MiB, expected at most half"),
        ("queue_bytes", {"one": 1 << 60, "two": 1}, "the queues of one, two may grow to"),
    ],
)
def test_what_the_host_cannot_carry_is_refused(host: Host, setting: str, value: object, words: str) -> None:
    host.limits[setting] = value
    done = host.run("check")
    assert done.returncode == 1
    assert words in done.stderr


def test_a_key_that_the_beats_input_cannot_read_is_refused(host: Host) -> None:
    key = host.top / "key.pem"
    key.write_text("-----BEGIN EC PRIVATE KEY-----\n")
    host.settings["tls_key_file"] = str(key)
    assert "logstash_tls_key_file" in host.run("check").stderr
    key.write_text("-----BEGIN PRIVATE KEY-----\n")
    assert host.run("check").returncode == 0


def test_secrets_reach_the_pipelines_by_the_keystore_alone(host: Host, running: subprocess.Popen[bytes]) -> None:
    (host.secrets / "ETS_SECRET").write_text(f"{SECRET}\n")
    host.pipeline("one", HEARTBEAT + 'filter { mutate { add_tag => ["${ETS_SECRET}"] } }\n' + NOWHERE)
    assert host.run("check").returncode == 0
    running.terminate()
    running.wait()
    with subprocess.Popen([sys.executable, PROGRAM, "start", host.write()], stdout=subprocess.DEVNULL) as process:
        done = host.run("wait", process.pid)
        seen = [Path(f"/proc/{process.pid}/{name}").read_bytes() for name in ("cmdline", "environ")]
        process.terminate()
    assert done.returncode == 0, done.stderr
    assert not any(SECRET.encode() in data for data in seen)
    keystore = host.top / "run" / "settings" / "logstash.keystore"
    assert stat.S_IMODE(keystore.stat().st_mode) == 0o600


def test_a_secret_that_the_keystore_refuses_stops_the_start(host: Host) -> None:
    (host.secrets / "EMPTY").write_text("")
    done = host.run("start")
    assert done.returncode == 1
    assert "logstash-keystore add EMPTY" in done.stderr


def test_it_waits_for_the_process_no_longer_than_that_lives(host: Host) -> None:
    begun = time.monotonic()
    done = host.run("wait", 2**22 + 1)
    assert (done.returncode, time.monotonic() - begun < 10) == (1, True)
    assert "Logstash has ended, and the pipelines do not run: one" in done.stderr


def test_a_pipeline_that_does_not_start_is_named_with_the_reason(host: Host) -> None:
    host.pipeline("two", HEARTBEAT + 'filter { ruby { path => "/nowhere.rb" } }\n' + NOWHERE)
    with subprocess.Popen([sys.executable, PROGRAM, "start", host.write()], stdout=subprocess.DEVNULL) as process:
        done = host.run("wait", process.pid)
        process.terminate()
    assert done.returncode == 1
    assert "the pipeline two" in done.stderr


def states(host: Host) -> dict[str, str]:
    return program.pipeline_states(host.settings)


def test_a_reload_loads_what_has_changed_and_nothing_else(host: Host, running: subprocess.Popen[bytes]) -> None:
    host.pipeline("two", HEARTBEAT + NOWHERE)
    assert host.run("reload", running.pid).returncode == 0
    assert states(host) == {"one": "RUNNING", "two": "RUNNING"}
    host.pipeline("two", HEARTBEAT + 'filter { mutate { add_tag => ["more"] } }\n' + NOWHERE)
    assert host.run("reload", running.pid).returncode == 0
    counted = program.reload_counters(host.settings)
    assert (counted["one"]["successes"], counted["two"]["successes"]) == (0, 1)
    host.pipeline("two", HEARTBEAT + 'filter { mutate { add_tag => ["more"] } }\n' + NOWHERE, **{"pipeline.workers": 3})
    assert host.run("reload", running.pid).returncode == 0
    assert program.reload_counters(host.settings)["two"]["successes"] == 2
    host.pipeline("two", None)
    assert host.run("reload", running.pid).returncode == 0
    assert states(host) == {"one": "RUNNING"}


def test_a_reload_that_fails_says_so_and_can_be_taken_back(host: Host, running: subprocess.Popen[bytes]) -> None:
    host.pipeline("one", HEARTBEAT + "output { nil { } }\n")
    done = host.run("reload", running.pid)
    assert done.returncode == 1
    assert "the pipeline one was not loaded: Couldn't find any output plugin named 'nil'" in done.stderr
    assert states(host) == {"one": "RUNNING"}
    # The previous file is back, and Logstash has had it all the time.
    host.pipeline("one", HEARTBEAT + NOWHERE)
    assert host.run("reload", running.pid).returncode == 0


@pytest.mark.parametrize("name", ["one", "three"])
def test_what_a_failed_reload_has_stopped_runs_again_with_the_previous_files(
    host: Host, running: subprocess.Popen[bytes], name: str
) -> None:
    """The failure is found after the old pipeline was stopped; the files that then come back are those of before."""
    host.pipeline("two", HEARTBEAT + NOWHERE)
    assert host.run("reload", running.pid).returncode == 0
    host.pipeline(name, HEARTBEAT + 'filter { ruby { path => "/nowhere.rb" } }\n' + NOWHERE)
    assert host.run("reload", running.pid).returncode == 1
    assert states(host)[name] == "TERMINATED"
    host.pipeline(name, HEARTBEAT + NOWHERE if name == "one" else None)
    done = host.run("reload", running.pid)
    assert done.returncode == 0, done.stderr
    end = time.monotonic() + 10
    while states(host) != {"one": "RUNNING", "two": "RUNNING"}:
        assert time.monotonic() < end, states(host)
        time.sleep(0.1)


def test_logstash_in_the_midst_of_its_end_is_no_success(host: Host, running: subprocess.Popen[bytes]) -> None:
    host.pipeline("one", HEARTBEAT + 'filter { ruby { path => "/nowhere.rb" } }\n' + NOWHERE)
    done = host.run("reload", running.pid)
    assert done.returncode == 1
    running.wait(10)

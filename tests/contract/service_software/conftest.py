# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""service_software through ansible-playbook against Debian systems in containers, and a web server that misbehaves."""

from __future__ import annotations

import hashlib
import http.server
import io
import itertools
import json
import os
import signal
import subprocess
import sys
import tarfile
import threading
import time
import typing as t
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
SUITES = ("bookworm", "trixie")
NETWORK = "ets-test"
MODULE = "enterprise_tickets.observability.service_software"
_NUMBERS = itertools.count(1)


def command(*argv: str, check: bool = True) -> str:
    """Run a program of this machine; returns what it printed."""
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(argv)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


RELEASES = command("tests/fixtures/archives/releases", "url").strip()


@dataclass(frozen=True)
class Host:
    """A Debian system in a container."""

    name: str

    def sh(self, script: str, *, check: bool = True) -> str:
        """Run a shell script in it as root; returns what it printed, without the last line's end."""
        return command("docker", "exec", self.name, "sh", "-c", script, check=check).rstrip("\n")

    def exists(self, path: str) -> bool:
        return self.sh(f"test -e '{path}' && echo yes || true") == "yes"

    def listing(self, path: str) -> list[str]:
        return self.sh(f"ls -A '{path}' 2>/dev/null || true").split()

    def is_installed(self, package: str) -> bool:
        return self.sh(f"dpkg-query -W -f '${{db:Status-Abbrev}}' {package} 2>/dev/null || true").startswith("ii")

    def is_active(self, unit: str) -> bool:
        return self.sh(f"systemctl is-active {unit} || true") == "active"

    def files(self) -> set[str]:
        """Every file with its times and size, but for what systemd and the kernel write by themselves."""
        left_out = " -o ".join(f"-path {path}" for path in ("/proc", "/sys", "/dev", "/run", "/tmp", "/var/log"))
        script = f"find / \\( {left_out} \\) -prune -o -printf '%p %T@ %C@ %s\\n'"
        return set(self.sh(script).splitlines())


def _start(suite: str, *arguments: str) -> Host:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    host = Host(f"service-software-{worker}-{next(_NUMBERS)}")
    command("tools/container", "stop", host.name)
    command("tools/container", "start", host.name, suite, *arguments)
    return host


@pytest.fixture
def make_host() -> Iterator[Callable[..., Host]]:
    """Starts fresh hosts, and removes them after the test."""
    hosts: list[Host] = []

    def make(suite: str = "trixie", *arguments: str) -> Host:
        hosts.append(_start(suite, *arguments))
        return hosts[-1]

    yield make
    command("tools/container", "stop", *(host.name for host in hosts))


@pytest.fixture(scope="module")
def _shared_host() -> Iterator[Host]:
    host = _start("trixie")
    yield host
    command("tools/container", "stop", host.name)


@pytest.fixture
def host(_shared_host: Host) -> Host:
    """A host on which no archive is installed; the tests of a file share it, one after the other."""
    _shared_host.sh("rm -rf /opt/* /srv/* /usr/local/bin/*")
    return _shared_host


@dataclass(frozen=True)
class Outcome:
    """What a playbook did."""

    code: int
    output: str
    """Everything ansible-playbook -vvvv printed."""
    results: dict[str, list[dict[str, t.Any]]]
    """Host -> results of its tasks, in order."""

    def result(self, host: Host, task: int = -1) -> dict[str, t.Any]:
        return self.results[host.name][task]

    @property
    def messages(self) -> list[str]:
        """What failed tasks said."""
        return [str(result.get("msg")) for results in self.results.values() for result in results if "msg" in result]

    def executions(self, host: Host) -> int:
        """Commands that were run on a host."""
        return sum(f"<{host.name}> EXEC" in line for line in self.output.splitlines())


@dataclass(frozen=True)
class Running:
    """A run that has begun."""

    process: subprocess.Popen[bytes]
    log: Path


def _with_descendants(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(descendant for child in children for descendant in _with_descendants(int(child)))]


@dataclass
class Playbook:
    """Runs service_software tasks; every call is a run of ansible-playbook of its own."""

    directory: Path

    def start(self, hosts: list[Host], *tasks: dict[str, t.Any], options: tuple[str, ...] = ()) -> Running:
        """Begin a run. A task is the arguments of service_software, or a whole task if it has a key `task`."""
        number = next(_NUMBERS)
        inventory = self.directory / f"inventory-{number}.yml"
        playbook = self.directory / f"playbook-{number}.yml"
        variables = {"ansible_connection": "community.docker.docker", "ansible_python_interpreter": "/usr/bin/python3"}
        inventory.write_text(yaml.safe_dump({"all": {"hosts": {host.name: {} for host in hosts}, "vars": variables}}))
        listed = [task.get("task") or {"name": "Test", MODULE: task} for task in tasks]
        playbook.write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": listed}]))
        environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_LOCALHOST_WARNING": "0",
        }
        log = self.directory / f"output-{number}.txt"
        # Into a file: a pipe that nobody reads fills up, and ansible-playbook stands still.
        with log.open("w") as output:
            process = subprocess.Popen(
                ["ansible-playbook", "-vvvv", "-i", str(inventory), *options, str(playbook)],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        return Running(process, log)

    def finish(self, running: Running) -> Outcome:
        """Wait for the end of a run."""
        code = running.process.wait(timeout=600)
        output = running.log.read_text()
        _log, mark, document = output.rpartition('\n{\n    "custom_stats"')
        assert mark, output
        end = document.rindex("\n}") + 2
        plays = json.loads(f'{{"custom_stats"{document[:end]}')["plays"]
        results: dict[str, list[dict[str, t.Any]]] = {}
        for play in plays:
            for task in play["tasks"]:
                for name, result in task["hosts"].items():
                    results.setdefault(name, []).append(result)
        return Outcome(code, output, results)

    def kill(self, running: Running) -> None:
        """Kill a run with all its processes on this machine."""
        # Workers are no part of its process group, and live on without it.
        for pid in reversed(_with_descendants(running.process.pid)):
            os.kill(pid, signal.SIGKILL)
        running.process.wait()

    def run(self, hosts: Host | list[Host], *tasks: dict[str, t.Any], options: tuple[str, ...] = ()) -> Outcome:
        """Run tasks, whatever comes of it."""
        listed = hosts if isinstance(hosts, list) else [hosts]
        return self.finish(self.start(listed, *tasks, options=options))

    def succeed(self, hosts: Host | list[Host], *tasks: dict[str, t.Any], options: tuple[str, ...] = ()) -> Outcome:
        """Run tasks, which must not fail."""
        outcome = self.run(hosts, *tasks, options=options)
        assert outcome.code == 0, outcome.messages
        return outcome

    def fail(self, hosts: Host | list[Host], *tasks: dict[str, t.Any], options: tuple[str, ...] = ()) -> Outcome:
        """Run tasks, the last of which must fail."""
        outcome = self.run(hosts, *tasks, options=options)
        assert outcome.code == 2, outcome.messages
        return outcome


@pytest.fixture
def playbook(tmp_path: Path) -> Playbook:
    return Playbook(tmp_path)


class Web:
    """A web server on this machine that the containers reach."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.requests: list[str] = []
        # path -> bytes after which the connection is closed
        self.cut: dict[str, int] = {}
        # path -> bytes after which nothing more comes for a long time
        self.stall: dict[str, int] = {}
        self.released = threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                outer.requests.append(self.path)
                body = outer.files.get(path)
                if body is None:
                    self.send_error(404)
                    return
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if path in outer.stall:
                    self.wfile.write(body[: outer.stall[path]])
                    outer.released.wait(120)
                    return
                self.wfile.write(body[: outer.cut.get(path)])

            def log_message(self, format: str, *args: t.Any) -> None:  # noqa: A002
                pass

        gateway = command("docker", "network", "inspect", NETWORK, "-f", "{{(index .IPAM.Config 0).Gateway}}").strip()
        self._server = http.server.ThreadingHTTPServer((gateway, 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self.address = f"http://{gateway}:{self._server.server_address[1]}"

    def stop(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def web() -> Iterator[Web]:
    server = Web()
    yield server
    server.stop()


def program(name: str, version: str, padding: int = 0) -> bytes:
    """A shell script that tells its version as the programs of the Prometheus family do."""
    return f'#!/bin/sh\necho "{name}, version {version} (branch: HEAD)"\nexit 0\n'.encode() + os.urandom(padding)


def tarball(files: dict[str, bytes], top: str = "demo-1.0.0.linux-amd64/") -> bytes:
    """A gzip-compressed archive of executable files that belong to somebody else and are setuid."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(top + name)
            info.size, info.mode, info.uid, info.gid = len(content), 0o4777, 1001, 1002
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


@dataclass
class Demo:
    """A small release of a service `demo` on the web server, with one program."""

    web: Web

    def publish(self, version: str = "1.0.0", *, data: bytes | None = None, listed: bytes | None = None) -> None:
        """Offer a release; `listed` is what the file of sums is made of, when that is something else."""
        name = f"demo-{version}.linux-amd64.tar.gz"
        content = tarball({"demo": program("demo", version)}) if data is None else data
        digest = hashlib.sha256(content if listed is None else listed).hexdigest()
        self.web.files[f"/v{version}/{name}"] = content
        self.web.files[f"/v{version}/sha256sums.txt"] = f"{digest}  {name}\n".encode()

    def path(self, version: str = "1.0.0") -> str:
        return f"/v{version}/demo-{version}.linux-amd64.tar.gz"

    def task(self, version: str = "1.0.0", **archive: t.Any) -> dict[str, t.Any]:
        source = {
            "url": f"{self.web.address}/v{{version}}/demo-{{version}}.linux-{{arch}}.tar.gz",
            "checksums_url": f"{self.web.address}/v{{version}}/sha256sums.txt",
            "binaries": ["demo"],
            "timeout": 10,
            **archive,
        }
        return {"name": "demo", "method": "archive", "version": version, "archive": source}


@pytest.fixture
def demo(web: Web) -> Demo:
    release = Demo(web)
    release.publish()
    return release


@pytest.fixture(scope="session")
def releases() -> dict[str, dict[str, str]]:
    """Starts the server with real releases; product -> suite -> version."""
    command("tests/fixtures/archives/releases", "start")
    return t.cast("dict[str, dict[str, str]]", json.loads(command("tests/fixtures/archives/releases", "versions")))


def wait_for(condition: Callable[[], bool], what: str, seconds: float = 120) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain for {what}"
        time.sleep(0.02)

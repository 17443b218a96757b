# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the verifiers of all scenarios use: services are asked, not files read."""

from __future__ import annotations

import json
import os
import pathlib
import re
import shlex
import subprocess
import tempfile
import time
import typing as t
import urllib.parse

import pytest
import testinfra

ROOT: t.Final = pathlib.Path(__file__).parents[1]
SAMPLE = re.compile(r"^(?P<name>[a-zA-Z_:][\w:]*)(?:\{(?P<labels>.*)\})? (?P<value>\S+)$")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')

Metrics = dict[str, list[tuple[dict[str, str], float]]]


def until(check: t.Callable[[], t.Any], what: str, seconds: float = 90) -> t.Any:
    """Ask again and again until the answer is true, and return it.

    :raises AssertionError: it has not become true in time; the last answer is shown.
    """
    end = time.monotonic() + seconds
    while not (answer := check()):
        assert time.monotonic() < end, f"not so after {seconds} s: {what}; last answer: {answer!r}"
        time.sleep(1)
    return answer


class Service:
    """A service on the instance, asked over HTTP from there.

    :param host: testinfra's host.
    :param url: its address without path.
    :param curl: further arguments of curl.
    """

    def __init__(self, host: t.Any, url: str, curl: t.Sequence[str] = ()) -> None:
        self._host = host
        self.url = url
        self._curl = curl

    def get(self, path: str) -> str:
        """The body of an answer that is no error."""
        words = ["curl", "--silent", "--show-error", "--fail", "--max-time", "10", *self._curl, self.url + path]
        return str(self._host.check_output(shlex.join(words)))

    def status(self, path: str, *curl: str) -> int:
        """The status of an answer, without the arguments that all other requests have."""
        words = ["curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}", *curl, self.url + path]
        return int(self._host.run(shlex.join(words)).stdout)

    def metrics(self, path: str = "/metrics") -> Metrics:
        """The samples that it exposes, by metric."""
        found: Metrics = {}
        for line in self.get(path).splitlines():
            if match := SAMPLE.match(line):
                labels = dict(LABEL.findall(match["labels"] or ""))
                found.setdefault(match["name"], []).append((labels, float(match["value"])))
        return found

    def api(self, path: str) -> t.Any:
        """The data of an answer of the Prometheus API."""
        answer = json.loads(self.get(f"/api/v1/{path}"))
        assert answer["status"] == "success", answer
        return answer["data"]

    def query(self, expression: str) -> list[dict[str, t.Any]]:
        """The samples of an instant query."""
        result: list[dict[str, t.Any]] = self.api("query?query=" + urllib.parse.quote(expression))["result"]
        return result


class Playbooks:
    """Runs our playbooks against the inventory of the scenario."""

    def run(
        self, *arguments: str, playbook: str = "site", variables: t.Mapping[str, t.Any] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a playbook with further arguments of ansible-playbook, and with variables that win over the inventory's.

        The variables travel in a file, as users would pass secrets.
        """
        inventory = os.environ["MOLECULE_INVENTORY_FILE"]
        environment = {key: value for key, value in os.environ.items() if key != "ANSIBLE_FORCE_COLOR"}
        with tempfile.NamedTemporaryFile("w", suffix=".json") as extra:
            json.dump(variables or {}, extra)
            extra.flush()
            return subprocess.run(
                [
                    *("ansible-playbook", "--inventory", inventory, str(ROOT / "playbooks" / f"{playbook}.yml")),
                    *("--extra-vars", f"@{extra.name}", *arguments),
                ],
                cwd=ROOT,
                env={**environment, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"},
                capture_output=True,
                text=True,
                check=False,
                timeout=300,
            )


class Recap(t.NamedTuple):
    """The sums of a run's recap over all hosts."""

    ok: int
    changed: int
    failed: int


class Finding(t.NamedTuple):
    """What the health check says of one thing, with the exit status of the command."""

    status: int
    state: str
    message: str


def check(host: t.Any, name: str, before: str = "") -> Finding:
    """Run one check on an instance.

    :param before: words in front of the command.
    """
    done = host.run(f"{before} enterprise-tickets-health-check --json --only {name}")
    [found] = json.loads(done.stdout)["checks"]
    finding = Finding(done.rc, found["state"], found["message"])
    # pytest shows it where a test fails.
    print(name, *finding)
    return finding


def told(done: subprocess.CompletedProcess[str], name: str) -> str:
    """What a run with ``-v`` or more shows of the results of one host, in lines of any length.

    Warnings will not do for that: Ansible shows one that several hosts have once.
    """
    results = re.split(r"^(?=\w+: \[|TASK |PLAY )", done.stdout, flags=re.MULTILINE)
    return " ".join(" ".join(found for found in results if re.match(rf"\w+: \[{re.escape(name)}\]", found)).split())


def recap(done: subprocess.CompletedProcess[str]) -> Recap:
    """Add up the recap of a run."""

    def total(key: str) -> int:
        return sum(int(number) for number in re.findall(rf"^\S+ +: .*\b{key}=(\d+)", done.stdout, re.MULTILINE))

    return Recap(total("ok"), total("changed"), total("failed"))


@pytest.fixture(scope="session")
def playbooks() -> Playbooks:
    return Playbooks()


@pytest.fixture(scope="session")
def wait() -> t.Callable[..., t.Any]:
    return until


@pytest.fixture(scope="session")
def sums() -> t.Callable[[subprocess.CompletedProcess[str]], Recap]:
    return recap


@pytest.fixture(scope="session")
def checked() -> t.Callable[..., Finding]:
    """What the health check of any instance says of one thing."""
    return check


@pytest.fixture(scope="session")
def instances() -> dict[str, t.Any]:
    """All instances by name, for tests that run a playbook on all at once: that takes little longer than on one."""
    found = testinfra.get_hosts(["ansible://all"], ansible_inventory=os.environ["MOLECULE_INVENTORY_FILE"])
    return {host.backend.host: host for host in found}


@pytest.fixture(scope="session")
def releases() -> t.Callable[[str], str]:
    """What the script that serves release tarballs answers: the ``url`` of the server, the ``versions`` in it."""
    script = ROOT / "tests/fixtures/archives/releases"
    return lambda word: subprocess.run([script, word], check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture(scope="session")
def told_about() -> t.Callable[[subprocess.CompletedProcess[str], str], str]:
    return told


@pytest.fixture
def service(host: t.Any) -> t.Callable[..., Service]:
    """A service of the instance that is being verified, by its address."""
    return lambda url, *curl: Service(host, url, curl)


@pytest.fixture(scope="session")
def service_of() -> t.Callable[..., Service]:
    """A service of any instance."""
    return lambda host, url, *curl: Service(host, url, curl)


@pytest.fixture(scope="session")
def exposure() -> t.Callable[[t.Any, str], float]:
    """What systemd thinks of a unit's sandbox: 0 is tight, 10 is none."""

    def measure(host: t.Any, unit: str) -> float:
        output = host.check_output(f"systemd-analyze security --no-pager {unit}")
        return float(re.search(r"Overall exposure level for .*: (\d+\.\d+)", output).group(1))

    return measure

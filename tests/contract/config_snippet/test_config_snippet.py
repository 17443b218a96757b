# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""config_snippet with a real NGINX and a real HAProxy under a real systemd: what is refused, and what runs, stays."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import typing as t
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._config_snippet import BEGIN, END

ROOT = Path(__file__).resolve().parents[3]
FOREIGN_PORT = 22
"""Somebody else listens on it, and does not speak HTTP: the base image's SSH server."""


class Service(t.NamedTuple):
    """A service that somebody else has deployed, and what we add to it."""

    unit: str
    path: str
    text: str
    options: dict[str, t.Any]

    def with_port(self, port: int) -> Service:
        """The same with our endpoint on another port."""
        text = self.text.replace("8082", str(port))
        return self._replace(text=text, options={**self.options, "url": f"http://127.0.0.1:{port}/status"})


NGINX = Service(
    "nginx.service",
    "/etc/nginx/conf.d/status.conf",
    "server { listen 127.0.0.1:8082; location = /status { stub_status; } }\n",
    {"title": "NGINX", "validate": ["nginx", "-t"], "url": "http://127.0.0.1:8082/status", "timeout": 20},
)
HAPROXY_FILE = "/etc/haproxy/haproxy.cfg"
HAPROXY = Service(
    "haproxy.service",
    HAPROXY_FILE,
    "frontend status\n  mode http\n  timeout client 5s\n  bind 127.0.0.1:8082\n"
    "  http-request return status 200 if { path /status }\n",
    {
        "title": "HAProxy",
        "block": True,
        "validate": ["haproxy", "-c", "-f", HAPROXY_FILE],
        "url": "http://127.0.0.1:8082/status",
        "timeout": 20,
    },
)
BOTH = pytest.mark.parametrize("service", [NGINX, HAPROXY], ids=["nginx", "haproxy"])
EVERYWHERE = pytest.mark.parametrize("machine", ["trixie", "bookworm"], indirect=True)
"""Where the services' versions may matter, by what they accept, say and do at a reload: NGINX 1.26 and HAProxy 3.0
under systemd 257 on Debian 13, 1.22 and 2.6 under 252 on Debian 12.

What depends on the module alone runs on Debian 13."""


class Result(t.NamedTuple):
    """What the module returned, and all that Ansible wrote."""

    failed: bool
    data: dict[str, t.Any]
    output: str


class Host:
    """A Debian system with NGINX and HAProxy as their packages leave them."""

    def __init__(self, name: str) -> None:
        self.name = name

    def sh(self, script: str) -> str:
        done = subprocess.run(["docker", "exec", self.name, "sh", "-c", script], capture_output=True, text=True)
        assert done.returncode == 0, f"{script}: exit code {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout.strip()

    def apply(self, service: Service, *arguments: str, **changes: t.Any) -> Result:
        """Run the module in an ansible process of its own."""
        options = {"unit": service.unit, "path": service.path, "content": service.text, **service.options, **changes}
        command = [str(Path(sys.executable).with_name("ansible")), "--inventory", f"{self.name},", self.name]
        command += ["--connection", "community.docker.docker", *arguments]
        command += ["-e", "ansible_python_interpreter=/usr/bin/python3"]
        command += ["-m", "enterprise_tickets.observability.config_snippet", "-a", json.dumps(options)]
        environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections")}
        environment |= {"ANSIBLE_NOCOLOR": "1", "ANSIBLE_CALLBACK_RESULT_FORMAT": "json"}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        output = done.stdout + done.stderr
        found = re.search(rf"^{re.escape(self.name)} \| \S+ => (?={{)", done.stdout, re.MULTILINE)
        assert found, output
        data, _end = json.JSONDecoder().raw_decode(done.stdout, found.end())
        return Result(done.returncode != 0, data, output)

    def process(self, service: Service) -> str:
        """The main process and when it was started; a reload leaves both alone."""
        return self.sh(f"systemctl show -P MainPID -P ExecMainStartTimestampMonotonic {service.unit}")

    def reloads(self, service: Service) -> int:
        """How often systemd has reloaded the service."""
        return int(self.sh(f"journalctl --quiet -u {service.unit} | grep -c 'Reloaded ' || true"))

    def file(self, service: Service) -> str:
        """Owner, mode and text of the file; nothing where there is none."""
        path = service.path
        return self.sh(f"[ ! -e {path} ] || (stat -c '%U %G %a' {path}; cat {path})")

    def leftovers(self) -> str:
        """Files that a half-done write would leave."""
        return self.sh("find /etc/nginx /etc/haproxy -name '.*'")


@pytest.fixture(scope="module", params=["trixie"])
def machine(request: pytest.FixtureRequest) -> Iterator[Host]:
    """A host with the services of one Debian release."""
    keep = os.environ.get("CONTRACT_KEEP", "")
    host = Host(f"contract-snippet-{request.param}-{keep or os.getpid()}")
    tool = str(ROOT / "tools" / "container")
    try:
        if not keep or subprocess.run(["docker", "inspect", host.name], capture_output=True).returncode:
            subprocess.run([tool, "start", host.name, request.param], check=True, cwd=ROOT)
            host.sh(
                "apt-get -qq update && apt-get -qq install --no-install-recommends nginx-light haproxy >/dev/null 2>&1"
            )
            host.sh(f"cp -a {HAPROXY_FILE} /root/haproxy.cfg")
        yield host
    finally:
        if not keep:
            subprocess.run([tool, "stop", host.name], check=True, cwd=ROOT)


@pytest.fixture
def host(machine: Host) -> Host:
    """The host with both services running and nothing of ours."""
    machine.sh(f"rm -rf {NGINX.path} /root/elsewhere.cfg; cp -a --remove-destination /root/haproxy.cfg {HAPROXY_FILE}")
    machine.sh("for unit in nginx haproxy; do systemctl reset-failed $unit; systemctl restart $unit || exit; done")
    return machine


@EVERYWHERE
@BOTH
def test_the_text_is_loaded_by_a_reload_and_the_second_time_nothing_happens(host: Host, service: Service) -> None:
    process = host.process(service)

    first = host.apply(service)

    assert not first.failed, first.output
    assert first.data["changed"] is True
    assert (first.data["running"], first.data["answers"]) == (True, True)
    assert service.text.strip() in host.file(service)
    assert host.process(service) == process
    reloads = host.reloads(service)
    assert host.apply(service).data["changed"] is False
    assert host.reloads(service) == reloads


@EVERYWHERE
@BOTH
def test_what_the_tool_refuses_is_taken_back_and_the_process_has_not_seen_it(host: Host, service: Service) -> None:
    assert not host.apply(service).failed
    before = host.file(service), host.process(service), host.reloads(service)

    refused = host.apply(service, content="no_such_word {\n")

    assert refused.failed
    assert f"{service.options['title']} refuses what {service.path} would be" in refused.data["msg"]
    assert "no_such_word" in refused.data["msg"], "the tool's own words"
    assert (host.file(service), host.process(service), host.reloads(service)) == before
    assert host.leftovers() == ""
    assert host.apply(service).data["changed"] is False


@BOTH
def test_a_first_text_that_is_refused_leaves_no_trace(host: Host, service: Service) -> None:
    before = host.file(service), host.process(service), host.reloads(service)
    assert host.apply(service, content="no_such_word {\n").failed
    assert (host.file(service), host.process(service), host.reloads(service)) == before


@BOTH
def test_a_tool_that_cannot_be_run_is_a_refusal(host: Host, service: Service) -> None:
    before = host.file(service), host.process(service), host.reloads(service)
    refused = host.apply(service, validate=["/usr/sbin/no-such-tool", "-t"])
    assert refused.failed
    assert "/usr/sbin/no-such-tool" in refused.data["msg"]
    assert (host.file(service), host.process(service), host.reloads(service)) == before


@BOTH
def test_check_mode_writes_nothing_and_tells_what_a_run_does(host: Host, service: Service) -> None:
    before = host.file(service), host.process(service), host.reloads(service)

    told = host.apply(service, "--check", "--diff")

    assert told.data["changed"] is True
    assert service.text.splitlines()[0] in told.output
    assert (host.file(service), host.process(service), host.reloads(service)) == before
    assert host.apply(service).data["changed"] is True
    assert host.apply(service, "--check").data["changed"] is False


@BOTH
def test_a_stopped_service_is_given_the_text_and_not_started(host: Host, service: Service) -> None:
    host.sh(f"systemctl stop {service.unit}")

    stopped = host.apply(service)

    assert not stopped.failed, stopped.output
    assert (stopped.data["changed"], stopped.data["running"]) == (True, False)
    assert f"{service.options['title']} ({service.unit}) does not run." in stopped.output
    assert host.sh(f"systemctl is-active {service.unit} || true") == "inactive"
    assert host.apply(service, "--check").data["changed"] is False
    required = host.apply(service, require=True)
    assert (required.failed, required.data["running"]) == (True, False)
    assert host.sh(f"systemctl is-active {service.unit} || true") == "inactive"
    host.sh(f"systemctl start {service.unit}")
    assert host.apply(service).data == {"changed": False, "running": True, "answers": True}


@EVERYWHERE
@BOTH
def test_what_is_taken_away_leaves_no_trace_and_is_loaded_by_a_reload(host: Host, service: Service) -> None:
    """Check mode tells of it; the second time there is nothing to do."""
    untouched = host.file(service)
    assert not host.apply(service).failed
    ours, process, reloads = host.file(service), host.process(service), host.reloads(service)
    away = {"state": "absent", "content": None, "url": None}

    told = host.apply(service, "--check", "--diff", **away)
    assert (told.data["changed"], host.file(service)) == (True, ours)
    assert service.text.splitlines()[0] in told.output

    done = host.apply(service, **away)
    assert not done.failed, done.output
    assert (done.data["changed"], host.file(service)) == (True, untouched)
    assert (host.process(service), host.reloads(service)) == (process, reloads + 1)
    assert host.apply(service, **away).data == {"changed": False, "running": True}
    assert host.reloads(service) == reloads + 1
    assert host.leftovers() == ""
    assert host.apply(service).data["answers"] is True


@BOTH
def test_it_stays_where_the_rest_does_not_do_without_it(host: Host, service: Service) -> None:
    assert not host.apply(service).failed
    before = host.file(service), host.process(service), host.reloads(service)
    refused = host.apply(service, state="absent", validate=["sh", "-c", "echo it needs the rest; false"])
    assert refused.failed
    assert "it needs the rest" in refused.data["msg"]
    assert (host.file(service), host.process(service), host.reloads(service)) == before


@BOTH
def test_nothing_is_taken_from_a_service_that_is_not_there(host: Host, service: Service) -> None:
    gone = host.apply(
        service, state="absent", path="/etc/no/such/file", unit="none.service", validate=["/no/such/tool"]
    )
    assert gone.data == {"changed": False, "running": False}


@BOTH
def test_a_reload_that_a_run_did_not_come_to_is_made_up_for(host: Host, service: Service) -> None:
    """The text is in its place, but the process has not loaded it."""
    assert not host.apply(service).failed
    host.sh(f"mv {service.path} /tmp/ours")
    if service.options.get("block"):
        host.sh(f"cp -a /root/haproxy.cfg {service.path}")
    host.sh(f"systemctl restart {service.unit} && mv /tmp/ours {service.path}")
    process = host.process(service)

    assert host.apply(service, "--check").data["changed"] is True
    late = host.apply(service)

    assert (late.data["changed"], late.data["answers"]) == (True, True)
    assert host.process(service) == process


@pytest.mark.parametrize("lost", [BEGIN, END], ids=["begin", "end"])
def test_a_block_that_lost_a_marker_is_refused_and_what_follows_it_stays(host: Host, lost: str) -> None:
    assert not host.apply(HAPROXY).failed
    host.sh(f"grep -vxF '{lost.strip()}' {HAPROXY_FILE} >/tmp/torn; cat /tmp/torn >{HAPROXY_FILE}")
    host.sh(f"printf 'backend theirs\\n' >>{HAPROXY_FILE}")
    before = host.file(HAPROXY), host.process(HAPROXY), host.reloads(HAPROXY)

    for arguments in ([], ["--check"]):
        refused = host.apply(HAPROXY, *arguments, content="frontend other\n")
        assert refused.failed
        left = END if lost == BEGIN else BEGIN
        line = host.sh(f"grep -nF '{left.strip()}' {HAPROXY_FILE} | cut -d: -f1")
        assert f"{HAPROXY_FILE} is left as it is: line {line} is '{left.strip()}'" in refused.data["msg"]
        assert "Put it back, or remove what is left of the block." in refused.data["msg"]

    assert (host.file(HAPROXY), host.process(HAPROXY), host.reloads(HAPROXY)) == before


def test_owner_mode_and_link_of_a_foreign_file_stay(host: Host) -> None:
    host.sh(f"mv {HAPROXY_FILE} /root/elsewhere.cfg && ln -s /root/elsewhere.cfg {HAPROXY_FILE}")
    host.sh("chown haproxy:adm /root/elsewhere.cfg && chmod 0640 /root/elsewhere.cfg")

    assert not host.apply(HAPROXY).failed
    assert host.apply(HAPROXY, content="no_such_word\n").failed

    assert host.sh(f"readlink {HAPROXY_FILE}") == "/root/elsewhere.cfg"
    assert host.sh("stat -c '%U %G %a' /root/elsewhere.cfg") == "haproxy adm 640"
    assert host.sh(f"grep -c '{BEGIN.strip()}' /root/elsewhere.cfg") == "1"


@EVERYWHERE
def test_a_tool_without_words_can_refuse_as_well(host: Host) -> None:
    before = host.file(HAPROXY)
    refused = host.apply(HAPROXY, content="no_such_word\n", validate=["haproxy", "-c", "-q", "-f", HAPROXY_FILE])
    assert refused.failed
    assert f"haproxy -c -q -f {HAPROXY_FILE} ends with exit code 1" in refused.data["msg"]
    assert host.file(HAPROXY) == before


@EVERYWHERE
@BOTH
def test_a_text_that_the_service_cannot_serve_is_taken_back(host: Host, service: Service) -> None:
    """The port is somebody else's. No tool notices, but the service would not start with it the next time."""
    before = host.file(service), host.process(service)

    taken = host.apply(service.with_port(FOREIGN_PORT), timeout=2)

    assert taken.failed
    assert f"{service.path} is as it was" in taken.data["msg"]
    assert (host.file(service), host.process(service)) == before
    assert host.apply(service).data["answers"] is True
    assert host.process(service) == before[1]


def test_an_endpoint_with_a_login_counts_as_loaded(host: Host) -> None:
    login = HAPROXY._replace(text=HAPROXY.text.replace("status 200", "status 401"))
    assert host.apply(login).data["answers"] is True
    assert host.apply(login).data["changed"] is False

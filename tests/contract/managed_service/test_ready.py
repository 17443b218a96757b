# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract line 5: ready is when the unit's own, lasting process answers."""

from __future__ import annotations

import contextlib
import time
import typing as t

import pytest
from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.controller import (
    Controller,
    step,
)
from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.machine import Machine
from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.services import (
    BY_METRICS,
    ETC,
    OWNERS,
    Service,
    prometheus,
    rule,
    small,
    unit,
)

SQUATTER = r"""
import http.server, sys
class Yes(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"ready")
    do_POST = do_GET
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Yes).serve_forever()
"""
BUSY_PORT = 9099
HASH = "$2b$04$abcdefghijklmnopqrstuuzQDw2v3CQSMowG.sq3X.nH1lfmlmQMW"
"""Bcrypt of s3cret-word."""


@contextlib.contextmanager
def squatter(machine: Machine, user: str, address: str) -> t.Iterator[None]:
    """Another program holds BUSY_PORT and answers 200 to everything."""
    machine.write("/etc/contract-squatter.py", SQUATTER)
    command = f"python3 /etc/contract-squatter.py {address} {BUSY_PORT}"
    machine.sh(f"systemd-run --quiet --unit contract-squatter --uid {user} {command}")
    machine.wait_for(lambda: "ready" in machine.get(f"http://127.0.0.1:{BUSY_PORT}/", check=False), "the squatter")
    try:
        yield
    finally:
        machine.sh("systemctl stop contract-squatter.service; systemctl reset-failed")


@pytest.mark.parametrize("user", ["root", "prometheus"])
def test_a_port_taken_by_a_server_that_answers_200_is_not_ready(
    deployed: Machine, controller: Controller, user: str
) -> None:
    """The squatter is somebody else's, or runs as the very user of the service."""
    service = prometheus(
        unit_file=unit(port=BUSY_PORT), ready={"url": f"http://127.0.0.1:{BUSY_PORT}/-/ready", "timeout": 20}
    )

    with squatter(deployed, user, "0.0.0.0"):
        result = controller.refused(service)

    assert "did not come back after its restart" in result.msg
    assert "address already in use" in result.words
    assert deployed.loaded_rules() == {"a": "up == 1"}, "the previous version runs again on its own port"
    assert f":{BUSY_PORT}" not in deployed.read("/etc/systemd/system/prometheus.service")


@pytest.mark.parametrize("user", ["root", "nobody"])
def test_a_living_process_that_does_not_hold_the_port_itself_is_not_ready(
    clean: Machine, controller: Controller, user: str
) -> None:
    """The unit's process lives and lasts, but another program answers on its port."""
    service = small(ready={"url": f"http://127.0.0.1:{BUSY_PORT}/", "timeout": 3})
    sleeper = "[Unit]\nDescription=x\n[Service]\nUser=nobody\nExecStart=/bin/sleep 1000\n"
    service["files"] = [{**service["files"][0], "content": sleeper}]

    with squatter(clean, user, "127.0.0.1"):
        result = controller.refused({**service, "enabled": False})

    assert "python3" in result.msg
    assert "which is not of contract-small.service" in result.msg


def test_a_process_that_exits_at_once_fails_at_once(deployed: Machine, controller: Controller) -> None:
    start = time.monotonic()
    result = controller.refused(
        prometheus(
            unit_file=unit(flags=["--no-such-flag"]), ready={"url": "http://127.0.0.1:9090/-/ready", "timeout": 600}
        )
    )

    assert time.monotonic() - start < 60, "does not wait for the 600 s"
    assert "no-such-flag" in result.words, "the service's own words"
    assert deployed.loaded_rules() == {"a": "up == 1"}


@pytest.mark.parametrize(
    "lines", [["Restart=always", "RestartSec=100ms"], ["Restart=always", "RestartSec=5s"]], ids=" ".join
)
def test_a_crash_loop_fails_at_once(clean: Machine, controller: Controller, lines: list[str]) -> None:
    """It answers, then dies, and systemd starts it again: no moment of it counts as ready."""
    command = "/usr/bin/timeout --signal=KILL 0.7 /usr/bin/python3 -m http.server 9191 --directory /etc/contract"
    content = "\n".join(
        ["[Unit]", "Description=x", "StartLimitIntervalSec=0", "[Service]", *lines, f"ExecStart={command}", ""]
    )
    service = small(ready={"url": "http://127.0.0.1:9191/", "timeout": 600}, enabled=False)
    service["files"] = [{**service["files"][0], "content": content}]
    start = time.monotonic()

    result = controller.refused(service)

    assert time.monotonic() - start < 60
    assert "ended" in result.msg
    assert clean.unit("contract-small.service")["ActiveState"] == "inactive"


def test_a_slow_start_is_waited_for(deployed: Machine, controller: Controller) -> None:
    """As with the replay of a long write-ahead log: the process lives and does not answer yet."""
    slow = unit().replace("ExecStart=", "ExecStart=/bin/sh -c 'sleep 4; exec \"$@\"' slow ")

    result = controller.deploy(prometheus(unit_file=slow))

    assert result.reaction == "restart"
    assert deployed.loaded_rules() == {"a": "up == 1"}
    assert deployed.unit()["ActiveState"] == "active"


def test_the_wait_ends_with_its_time(deployed: Machine, controller: Controller) -> None:
    slow = unit().replace("ExecStart=", "ExecStart=/bin/sh -c 'sleep 100; exec \"$@\"' slow ")

    result = controller.refused(
        prometheus(unit_file=slow, ready={"url": "http://127.0.0.1:9090/-/ready", "timeout": 2})
    )

    assert "not ready after 2 s" in result.msg
    assert deployed.loaded_rules() == {"a": "up == 1"}


def test_a_service_may_have_to_say_that_it_is_ready(deployed: Machine, controller: Controller) -> None:
    """The answer has a good status all the time; what counts is what it says."""
    url = "http://127.0.0.1:9090/api/v1/status/buildinfo"
    slower = unit().replace("[Service]", "[Service]\nTimeoutStopSec=50")

    refused = controller.refused(
        prometheus(unit_file=slower, ready={"url": url, "timeout": 2, "expect": {"data.version": "none"}})
    )

    assert "not ready after 2 s" in refused.msg
    assert "data.version is 2." in refused.msg
    assert "TimeoutStopSec" not in deployed.read("/etc/systemd/system/prometheus.service")
    result = controller.deploy(prometheus(unit_file=slower, ready={"url": url, "expect": {"status": "success"}}))
    assert result.reaction == "restart"


def test_the_probe_speaks_tls_and_basic_auth_and_the_path_prefix_and_ignores_proxies(
    clean: Machine, controller: Controller
) -> None:
    clean.sh(
        "mkdir -p /etc/contract && cd /etc/contract && openssl req -x509 -newkey rsa:2048 -nodes -days 2"
        " -keyout tls.key -out tls.crt -subj /CN=prometheus.test -addext subjectAltName=IP:127.0.0.1,DNS:localhost"
        " 2>/dev/null && chgrp prometheus tls.key && chmod 640 tls.key"
    )
    web = {
        "tls_server_config": {"cert_file": "/etc/contract/tls.crt", "key_file": "/etc/contract/tls.key"},
        "basic_auth_users": {"probe": HASH},
    }
    flags = [
        f"--web.config.file={ETC}/web.yml",
        "--web.external-url=https://localhost:9090/deep/",
        "--web.enable-lifecycle",
    ]
    access = {"username": "probe", "password": "s3cret-word", "ca_file": "/etc/contract/tls.crt", "timeout": 20}

    def service(expr: str, **other: t.Any) -> Service:
        return prometheus(
            {"a.yml": rule("a", expr)},
            unit_file=unit(flags=flags),
            files=[{"dest": f"{ETC}/web.yml", "content": web, "secret": True, **OWNERS}],
            **{
                "ready": {"url": "https://127.0.0.1:9090/deep/-/ready", **access},
                "loaded": {**BY_METRICS, "metrics_url": "https://127.0.0.1:9090/deep/metrics"},
                "watch": ["/etc/contract/tls.crt"],
                "validate": [["promtool", "check", "web-config", f"{ETC}/web.yml"]],
                **other,
            },
        )

    nowhere = dict.fromkeys(
        ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy"), "http://127.0.0.1:1"
    )
    by_url = service("up == 3", loaded={"reload_url": "https://127.0.0.1:9090/deep/-/reload"})
    first, second, third, again = controller.playbook(
        [
            {
                "environment": nowhere,
                "tasks": [step(service("up == 1")), step(service("up == 2")), step(by_url), step(by_url)],
            }
        ]
    )

    assert not any(result.failed for result in (first, second, third, again)), again.output
    assert (first.reaction, second.reaction, third.reaction, again.changed) == ("start", "reload", "reload", False)
    assert "s3cret-word" not in again.output
    rules = clean.get(
        "https://127.0.0.1:9090/deep/api/v1/rules", "--cacert", "/etc/contract/tls.crt", "-u", "probe:s3cret-word"
    )
    assert "up == 3" in rules
    for ready, word in (({"password": "wrong"}, "401"), ({"ca_file": ""}, "certificate verify failed")):
        ready = {"url": "https://127.0.0.1:9090/deep/-/ready", **access, "timeout": 1, **ready}
        assert word in controller.refused({**by_url, "ready": ready}).msg


def test_a_no_op_run_notices_that_the_service_does_not_answer(deployed: Machine, controller: Controller) -> None:
    deployed.sh("kill -STOP $(systemctl show -P MainPID prometheus)")
    try:
        result = controller.refused(prometheus(ready={"url": "http://127.0.0.1:9090/-/ready", "timeout": 2}))
    finally:
        deployed.sh("kill -CONT $(systemctl show -P MainPID prometheus)")

    assert "is not ready, though nothing had to be changed" in result.msg

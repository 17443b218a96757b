# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real Alertmanagers on loopback that send to the stubs of tests/fixtures/sinks."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
import typing as t
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml
from ansible_collections.enterprise_tickets.observability.plugins.filter.alertmanager import alertmanager

from tests.fixtures.sinks import sinks
from tests.fixtures.sinks.sinks import Login, Message
from tools.testrunner.environment import ROOT
from tools.testrunner.ports import free_port

EXTERNAL_URL: t.Final = "https://alerts.example.com/am"
MAILBOXES: t.Final = ("critical", "level2", "level3", "warning", "info", "other")
# Far more than is ever needed; whoever waits goes on as soon as it is so.
PATIENCE: t.Final = 90.0
# Debian's programs read the default templates from /usr/share, where this machine has none. These are stubs of the
# few that Slack's settings name when the role leaves them alone.
DEFAULT_TEMPLATES: t.Final = "".join(
    f'{{{{ define "slack.default.{name}" }}}}{{{{ end }}}}\n'
    for name in ("username", "pretext", "callbackid", "iconemoji", "iconurl", "footer")
)


def eventually(condition: Callable[[], t.Any], what: str) -> t.Any:
    """Wait until it is so, and return what the condition returned."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what}: not within {PATIENCE:.0f} s")


class Sinks(sinks.Sinks):
    """Everything that was sent, in order."""

    def wait(self, receiver: str, words: str = "", count: int = 1) -> Message:
        """The `count`-th such message, once it is there."""
        what = f"message {count} to {receiver} with {words!r}"
        return t.cast(Message, eventually(lambda: self.to(receiver, words)[count - 1 :], what)[0])


def scaled(route: dict[str, t.Any]) -> dict[str, t.Any]:
    """Routes with times divided by 60: a minute becomes a second.

    Repetitions stay hours away, or a slow machine would see them where nothing is expected. The watchdog lives of them.
    """
    times = ["group_wait", "group_interval", *(["repeat_interval"] if route["receiver"] == "deadman" else [])]
    divided = {key: _divided(route[key]) for key in times if key in route}
    return {**route, **divided, "routes": [scaled(child) for child in route.get("routes", [])]}


def _divided(duration: str) -> str:
    units = {"s": 1000, "m": 60_000, "h": 3_600_000}
    milliseconds = sum(int(number) * units[unit] for number, unit in re.findall(r"([0-9]+)([smh])", duration))
    return f"{milliseconds // 60}ms"


def certificate(directory: Path) -> Login:
    """A mail server's certificate for localhost, which is its own authority, and its only user."""
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", "mail.key", "-out", "mail.crt"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *names, *files]
    subprocess.run(command, cwd=directory, check=True, capture_output=True)
    return Login(str(directory / "mail.crt"), str(directory / "mail.key"), "alertmanager", "lab-not-a-real-password")


class Alertmanager:
    """A process of Alertmanager with the collection's configuration, sending to the sinks."""

    def __init__(self, program: Path, version: str, directory: Path, sinks: Sinks) -> None:
        self.program, self.version, self.directory, self.sinks = program, version, directory, sinks
        self.teams = not version.startswith("0.25.")
        self.port, self.gossip = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None
        self._configure()

    def _configure(self) -> None:
        login = certificate(self.directory)
        smtp, hooks = sinks.serve(self.sinks, login=login)
        at = f"http://127.0.0.1:{hooks}"
        settings: dict[str, t.Any] = {
            "config_dir": str(self.directory),
            "smtp": {
                "smarthost": f"localhost:{smtp}",
                "from": "am@example.com",
                "username": login.username,
                "tls_config": {"ca_file": login.certificate},
            },
            "smtp_password": login.password,
            "email_recipients": {name: [f"{name}@example.com"] for name in MAILBOXES},
            "slack_webhook_urls": {name: f"{at}/slack-{name}" for name in ("alerts", "monitoring", "ops")},
            "deadman_url": f"{at}/deadman",
            "contacts": {"operations": {"name": "Operations", "phone": "+49 30 5550100", "chat": "#ops"}},
        }
        if self.teams:
            teams = ("operations", "development", "management")
            settings["teams_webhook_urls"] = {name: f"{at}/teams-{name}" for name in teams}
        told = alertmanager(settings, self.version)
        config = {**told["config"], "route": scaled(told["config"]["route"])}
        for name in ("templates", "secrets", "share/prometheus/alertmanager"):
            (self.directory / name).mkdir(parents=True)
        for source in (ROOT / "roles/alertmanager/files/templates").glob("*.tmpl"):
            shutil.copy(source, self.directory / "templates")
        (self.directory / "templates/contacts.tmpl").write_text(told["contacts"])
        for name, secret in told["secrets"].items():
            (self.directory / "secrets" / name).write_text(secret)
        (self.directory / "share/prometheus/alertmanager/default.tmpl").write_text(DEFAULT_TEMPLATES)
        (self.directory / "share/prometheus/alertmanager/email.tmpl").write_text("")
        (self.directory / "alertmanager.yml").write_text(yaml.safe_dump(config))

    def start(self, peer: Alertmanager | None = None, clustered: bool = False) -> None:
        """Start it, with a /usr/share of its own, and wait until it is ready."""
        flags = [
            f"--config.file={self.directory}/alertmanager.yml",
            f"--storage.path={self.directory}/data",
            f"--web.listen-address=127.0.0.1:{self.port}",
            f"--web.external-url={EXTERNAL_URL}",
            "--web.route-prefix=/",
            f"--cluster.listen-address={f'127.0.0.1:{self.gossip}' if clustered else ''}",
            # The time that the second waits for the first, scaled like the rest.
            *(["--cluster.peer-timeout=3s"] if clustered else []),
            *([f"--cluster.peer=127.0.0.1:{peer.gossip}"] if peer else []),
        ]
        own = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
        script = 'mount --bind "$0" /usr/share && exec "$@"'
        command = [*own, "sh", "-c", script, str(self.directory / "share"), str(self.program), *flags]
        with (self.directory / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        eventually(self._ready, f"Alertmanager {self.version} is ready, see {self.directory}/log")

    def _ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.directory / "log").read_text()
        try:
            with urllib.request.urlopen(f"{self.url}/-/ready", timeout=5) as answer:
                return bool(answer.status == 200)
        except urllib.error.URLError:
            return False

    def stop(self) -> None:
        """End it in good order, so that it writes down what it has sent."""
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(PATIENCE)
            self.process = None

    def post(self, *alerts: dict[str, t.Any]) -> float:
        """Tell it of alerts, as Prometheus does; returns when that was."""
        at = time.monotonic()
        body = json.dumps(alerts).encode()
        request = urllib.request.Request(
            f"{self.url}/api/v2/alerts", data=body, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            assert answer.status == 200
        return at

    def get(self, path: str) -> t.Any:
        """Ask its API."""
        with urllib.request.urlopen(self.url + path, timeout=PATIENCE) as answer:
            return json.load(answer)


@contextmanager
def running(*managers: Alertmanager) -> Iterator[None]:
    """Stop them at the end."""
    try:
        yield
    finally:
        for manager in managers:
            manager.stop()

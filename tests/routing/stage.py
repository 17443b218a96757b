# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real Alertmanagers on loopback, with stubs of a mail server and of Slack and Teams that keep what they are sent."""

from __future__ import annotations

import email
import email.policy
import http.server
import json
import os
import re
import shutil
import signal
import socket
import socketserver
import subprocess
import threading
import time
import typing as t
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

import yaml
from ansible_collections.enterprise_tickets.observability.plugins.filter.alertmanager import alertmanager

from tools.testrunner.environment import ROOT

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


@dataclass(frozen=True)
class Message:
    """What somebody was sent: `to` is the receiver's name, such as email-critical or slack-alerts."""

    to: str
    at: float
    subject: str
    text: str
    html: str = ""
    body: bytes = b""


@dataclass
class Sinks:
    """Everything that was sent, in order."""

    messages: list[Message] = field(default_factory=list)

    def to(self, receiver: str, words: str = "") -> list[Message]:
        """What a receiver got with these words in it."""
        sent = list(self.messages)
        return [item for item in sent if item.to == receiver and words in f"{item.subject}\n{item.text}"]

    def wait(self, receiver: str, words: str = "", count: int = 1) -> Message:
        """The `count`-th such message, once it is there."""
        what = f"message {count} to {receiver} with {words!r}"
        return t.cast(Message, eventually(lambda: self.to(receiver, words)[count - 1 :], what)[0])


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, handler: type[socketserver.BaseRequestHandler], sinks: Sinks) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.sinks = sinks
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Smtp(socketserver.StreamRequestHandler):
    """A stub of a mail server: takes everything, knows neither TLS nor users."""

    def handle(self) -> None:
        recipient = ""
        self._say("220 stub")
        while line := self.rfile.readline().decode().strip():
            command = line.upper()
            if command.startswith("RCPT TO:"):
                recipient = re.findall(r"<([^@>]+)@", line)[0]
            if command == "DATA":
                self._say("354 go on")
                self._keep(recipient)
            self._say("221 bye" if command == "QUIT" else "250 ok")
            if command == "QUIT":
                return

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())

    def _keep(self, recipient: str) -> None:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        body = b"".join(lines)
        mail = t.cast(EmailMessage, email.message_from_bytes(body, policy=email.policy.default))
        text, html = (mail.get_body((kind,)) for kind in ("plain", "html"))
        assert text is not None
        assert html is not None
        sinks = t.cast(_Server, self.server).sinks
        contents = (text.get_content().replace("\r\n", "\n"), html.get_content().replace("\r\n", "\n"))
        sinks.messages.append(Message(f"email-{recipient}", time.monotonic(), mail["Subject"], *contents, body))


class _Webhook(http.server.BaseHTTPRequestHandler):
    """A stub of Slack, of Teams and of a watcher of the watchdog: the path is the receiver's name."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        content = json.loads(body)
        receiver = self.path.strip("/")
        if receiver.startswith("slack"):
            (attachment,) = content["attachments"]
            subject, text = attachment["title"], attachment["text"]
        elif receiver.startswith("teams"):
            subject, text = (block["text"] for block in content["attachments"][0]["content"]["body"])
        else:
            subject, text = content["status"], json.dumps(content)
        sinks = t.cast(_Server, self.server).sinks
        sinks.messages.append(Message(receiver, time.monotonic(), subject, text, body=body))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        """Say nothing."""


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


def free_port() -> int:
    """A port of loopback that nobody uses for TCP."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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
        smtp, hooks = (_Server(handler, self.sinks) for handler in (_Smtp, _Webhook))
        at = f"http://127.0.0.1:{hooks.port}"
        settings: dict[str, t.Any] = {
            "config_dir": str(self.directory),
            "smtp": {"smarthost": f"127.0.0.1:{smtp.port}", "from": "am@example.com", "require_tls": False},
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

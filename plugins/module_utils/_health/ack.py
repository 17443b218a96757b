# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. The program alert-ack."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import sys
import time
import typing as t

from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.command import (
    DIRECTORY,
    load_credentials,
    read_json,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.model import (
    Access,
    CannotTell,
    ConfigError,
    Unreachable,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.silences import (
    create,
    firing,
    seconds_of,
)

LOG = "/var/log/enterprise_tickets_observability/actions.log"


def alert_ack_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="alert-ack",
        description="Acknowledge an alert: silence it for a while, which also stops its escalation, and write down who "
        "did it and why. Without arguments, show what fires.",
        epilog="Exit status: 0 done, 1 no such alert fires, 3 it could not be done.",
    )
    parser.add_argument("alert", nargs="?", help="name of the alert")
    parser.add_argument("labels", nargs="*", metavar="LABEL=VALUE", help="only with these labels, such as node=web1")
    parser.add_argument("--comment", help="what you see and do; required to acknowledge")
    parser.add_argument("--for", dest="span", default="1h", metavar="TIME", help="such as 30m, 2h or 1d (%(default)s)")
    parser.add_argument("--note", metavar="TEXT", help="only write TEXT into the action log")
    parser.add_argument("--log", action="store_true", help="show the action log")
    parser.add_argument("--action-log", default=LOG, metavar="FILE", help="(%(default)s)")
    parser.add_argument("--config", default=DIRECTORY + "/alertmanagers.json", help="addresses (%(default)s)")
    parser.add_argument("--credentials", default=DIRECTORY + "/credentials.json", help="(%(default)s)")
    return parser


def alert_ack(arguments: t.Sequence[str]) -> int:
    """Run the program and return its exit status."""
    parser = alert_ack_parser()
    options = parser.parse_args(list(arguments))
    if options.alert and not (options.comment or "").strip():
        parser.error("--comment is missing: say what you see and do")
    try:
        if options.log:
            sys.stdout.write(_shown_log(options.action_log))
            return 0
        if options.note:
            append(options.action_log, {"action": "note", "comment": options.note})
            return 0
        access = load_credentials(options.credentials).get("alertmanager", Access())
        url, alerts = _ask(read_json(options.config), access, _labels(options.alert, options.labels))
        if not options.alert:
            sys.stdout.write(_listed(alerts))
            return 0
        return _acknowledge(options, url, access, alerts)
    except (ConfigError, CannotTell, Unreachable) as error:
        sys.stderr.write("alert-ack: %s\n" % error)
        return 3


def _acknowledge(options: argparse.Namespace, url: str, access: Access, alerts: list[dict[str, t.Any]]) -> int:
    labels = _labels(options.alert, options.labels)
    if not alerts:
        sys.stderr.write("alert-ack: no such alert fires that is not silenced already; alert-ack lists all\n")
        return 1
    span, author = seconds_of(options.span), _author()
    entry = {"action": "acknowledge", "labels": labels, "for": options.span, "comment": options.comment}
    # First the log: what cannot be written down must not be done in silence.
    append(options.action_log, {**entry, "alerts": len(alerts)})
    name = create(url, access, labels, span, author, options.comment)
    sys.stdout.write(
        "acknowledged %d alerts for %s, silence %s:\n%s" % (len(alerts), options.span, name, _listed(alerts))
    )
    return 0


def _labels(alert: str | None, pairs: t.Sequence[str]) -> dict[str, str]:
    labels = {"alertname": alert} if alert else {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not name or not equals or not value:
            raise ConfigError("%r is no label; expected LABEL=VALUE" % pair)
        labels[name] = value
    return labels


def _ask(urls: t.Any, access: Access, labels: dict[str, str]) -> tuple[str, list[dict[str, t.Any]]]:
    """The first Alertmanager that answers, with the alerts that fire: its peers hear of a silence from it."""
    reasons = []
    for url in urls:
        try:
            return url, firing(url, access, labels)
        except (CannotTell, Unreachable) as error:
            reasons.append("%s %s" % (url, error))
    raise Unreachable("; ".join(reasons) or "the inventory has no host in the group alertmanager")


def _listed(alerts: list[dict[str, t.Any]]) -> str:
    lines = []
    for alert in sorted(alerts, key=lambda item: str(item["startsAt"])):
        labels = alert["labels"]
        where = labels.get("node") or labels.get("instance") or "-"
        words = (alert["startsAt"][:19], labels.get("severity", "-"), labels["alertname"], where)
        lines.append("%-20s %-9s %-32s %-20s %s\n" % (*words, alert["annotations"].get("summary", "")))
    return "".join(lines) or "nothing fires that is not silenced\n"


def _author() -> str:
    return os.environ.get("SUDO_USER") or getpass.getuser()


def append(path: str, entry: dict[str, t.Any]) -> None:
    """Add a line to the action log: JSON, with the time and the person.

    Raises:
        ConfigError: It cannot be written.
    """
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    line = json.dumps({"time": moment, "by": _author(), **entry}, ensure_ascii=False) + "\n"
    try:
        with open(path, "a", encoding="utf-8") as file:
            file.write(line)
    except OSError as error:
        raise ConfigError("the action log %s cannot be written: %s (use sudo)" % (path, error.strerror)) from None


def _shown_log(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            entries = [json.loads(line) for line in file if line.strip()]
    except FileNotFoundError:
        return "nothing so far\n"
    except (OSError, ValueError) as error:
        raise ConfigError("%s cannot be read: %s" % (path, error)) from None
    lines = []
    for entry in entries:
        what = " ".join("%s=%s" % item for item in sorted((entry.get("labels") or {}).items()))
        lines.append("%s %s %s %s\n    %s\n" % (entry["time"], entry["by"], entry["action"], what, entry["comment"]))
    return "".join(lines)

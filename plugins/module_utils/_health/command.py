# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. The program enterprise-tickets-health-check."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import socket
import sys
import tempfile
import time
import typing as t

from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.formats import (
    as_json,
    as_metrics,
    as_nagios,
    as_text,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.model import (
    EXIT_CODES,
    UNKNOWN,
    Access,
    ConfigError,
    worst,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.running import (
    read_checks,
    read_credentials,
    run_checks,
    select,
)

DIRECTORY = "/etc/enterprise_tickets_observability"


def read_json(path: str) -> t.Any:
    """Read a file with JSON.

    Raises:
        ConfigError: It cannot be read, or is not JSON.
    """
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except OSError as error:
        raise ConfigError("%s: %s" % (path, error.strerror)) from None
    except ValueError as error:
        raise ConfigError("%s is not JSON: %s" % (path, error)) from None


def load_credentials(path: str) -> dict[str, Access]:
    """Read the credentials; nobody but root may, and without them the checks that need some say so.

    Raises:
        ConfigError: The file is there and readable, but wrong.
    """
    if not os.access(path, os.R_OK):
        return {}
    try:
        return read_credentials(read_json(path))
    except ConfigError as error:
        raise ConfigError("%s: %s" % (path, error)) from None


def write_whole(path: str, text: str) -> None:
    """Write a file that readers see whole or not at all.

    Raises:
        ConfigError: It cannot be written.
    """
    name = ""
    try:
        handle, name = tempfile.mkstemp(dir=os.path.dirname(path) or ".", prefix=".ets-")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except OSError as error:
        if name:
            with contextlib.suppress(OSError):
                os.unlink(name)
        raise ConfigError("%s cannot be written: %s" % (path, error.strerror)) from None


def health_check_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="enterprise-tickets-health-check",
        description="Check this host and the services of the ticket system's monitoring that run here, all at once.",
        epilog="Exit status: 0 all is well, 1 degraded, 2 critical, 3 something could not be checked (and nothing is "
        "known to be critical). As root it also checks what needs a password.",
    )
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="only checks whose id, group or "
                        "kind is NAME, a shell pattern such as 'prometheus*'; may be repeated")  # fmt: skip
    parser.add_argument("--own", action="store_true", help="leave out what other hosts or alerts have found")
    parser.add_argument("--json", action="store_const", const="json", dest="format", help="the same as --format json")
    parser.add_argument("--format", choices=("text", "json", "nagios"), default="text", help="how to tell (text)")
    parser.add_argument("--textfile", metavar="FILE", help="write metrics to FILE for node_exporter; implies --own")
    parser.add_argument("--list", action="store_true", help="list the checks and run none")
    parser.add_argument("--config", default=DIRECTORY + "/health_checks.json", help="the list of checks (%(default)s)")
    parser.add_argument("--credentials", default=DIRECTORY + "/credentials.json", help="(%(default)s)")
    return parser


def health_check(arguments: t.Sequence[str]) -> int:
    """Run the program and return its exit status."""
    options = health_check_parser().parse_args(list(arguments))
    try:
        checks = read_checks(read_json(options.config))
        chosen = select(checks, options.only, own=options.own or bool(options.textfile))
        if options.list:
            sys.stdout.write("".join("%-40s %-20s %s\n" % (item.id, item.kind, item.title) for item in chosen))
            return 0
        credentials = load_credentials(options.credentials)
        start = time.monotonic()
        findings = run_checks(chosen, credentials)
        seconds = time.monotonic() - start
        state = worst(finding.state for finding in findings)
        if options.textfile:
            write_whole(options.textfile, as_metrics(findings, time.time()))
            return EXIT_CODES[state]
    except ConfigError as error:
        return _could_not_check(str(error), options.format)
    host = socket.gethostname()
    if options.format == "json":
        sys.stdout.write(as_json(findings, host, seconds))
    elif options.format == "nagios":
        sys.stdout.write(as_nagios(findings, seconds))
    else:
        colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        sys.stdout.write(as_text(findings, host, seconds, colour))
    return EXIT_CODES[state]


def _could_not_check(reason: str, wanted: str) -> int:
    """Tell in the wanted format that nothing could be checked."""
    if wanted == "nagios":
        sys.stdout.write("TICKETS UNKNOWN - %s\n" % reason.replace("|", "/"))
    elif wanted == "json":
        sys.stdout.write(json.dumps({"state": UNKNOWN, "message": reason, "checks": []}) + "\n")
    else:
        sys.stderr.write("enterprise-tickets-health-check: could not check anything: %s\n" % reason)
    return EXIT_CODES[UNKNOWN]

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. The program monitoring-urls."""

from __future__ import annotations

import argparse
import json
import sys
import typing as t

from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.command import (
    DIRECTORY,
    read_json,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.model import (
    OK,
    Access,
    Check,
    ConfigError,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.running import run_checks

ANSWERS = [200, 204, 301, 302, 303, 307, 308, 401, 403]
"""Whoever asks for a login or leads to another page is up."""

UNTRUSTED = Access(verify=False)
"""Without a password there is nothing to lose: whether certificates are right is the business of the health check."""


def read_urls(data: t.Any) -> list[dict[str, str]]:
    """Check the list of addresses.

    Raises:
        ConfigError: It is no list of dictionaries with title, url and host.
    """
    keys = ("title", "url", "host")
    if not isinstance(data, list) or not all(
        isinstance(item, dict) and all(item.get(k) for k in keys) for item in data
    ):
        raise ConfigError("expected a list of %s" % ", ".join(keys))
    return data


def look(urls: t.Sequence[dict[str, str]], timeout: float) -> list[dict[str, t.Any]]:
    """The addresses with `up`, `seconds` and `message`, all asked at once."""
    checks = [
        Check(str(number), "", item["title"], "http", {"url": item["url"], "status": ANSWERS}, timeout, access="any")
        for number, item in enumerate(urls)
    ]
    return [
        {
            **item,
            "up": finding.state == OK,
            "seconds": round(finding.seconds, 3),
            "message": finding.verdict.message,
        }
        for item, finding in zip(urls, run_checks(checks, {"any": UNTRUSTED}))
    ]


def table(rows: t.Sequence[t.Mapping[str, t.Any]], checked: bool, colour: bool) -> str:
    """The addresses as a table for people."""
    headings = ["TITLE", "HOST", "URL"] + (["STATE", "TIME"] if checked else [])
    cells = [headings]
    for row in rows:
        line = [row["title"], row["host"], row["url"]]
        if checked:
            line += ["up" if row["up"] else "DOWN: " + row["message"], "%.0f ms" % (row["seconds"] * 1000)]
        cells.append(line)
    widths = [max(len(line[column]) for line in cells) for column in range(len(headings))]
    lines = []
    for number, line in enumerate(cells):
        text = "  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip()
        down = number > 0 and checked and not rows[number - 1]["up"]
        lines.append("\033[31m%s\033[0m" % text if down and colour else text)
    return "\n".join(lines) + "\n"


def monitoring_urls(arguments: t.Sequence[str]) -> int:
    """Run the program and return its exit status: 0, 2 when something is down, 3 when the list cannot be read."""
    parser = argparse.ArgumentParser(
        prog="monitoring-urls",
        description="Show every dashboard and API of this environment.",
        epilog="Exit status: 0 all is well, 2 with --check something is down, 3 the list cannot be read.",
    )
    parser.add_argument("--check", action="store_true", help="ask each whether it is up, and tell how long it took")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument(
        "--timeout", type=float, default=5.0, metavar="SECONDS", help="wait for an answer (%(default)s)"
    )
    parser.add_argument("--config", default=DIRECTORY + "/monitoring_urls.json", help="the list (%(default)s)")
    options = parser.parse_args(list(arguments))
    try:
        rows: list[dict[str, t.Any]] = list(read_urls(read_json(options.config)))
    except ConfigError as error:
        sys.stderr.write("monitoring-urls: %s\n" % error)
        return 3
    if options.check:
        rows = look(rows, options.timeout)
    if options.json:
        sys.stdout.write(json.dumps(rows, indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(table(rows, options.check, sys.stdout.isatty()))
    return 2 if options.check and not all(row["up"] for row in rows) else 0

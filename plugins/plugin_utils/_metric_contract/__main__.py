# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command ``metric_contract_check``."""

from __future__ import annotations

import argparse
import base64
import http.client
import json
import ssl
import sys
import textwrap
import typing as t
import urllib.error
import urllib.request
from pathlib import Path

from ._check import check
from ._contract import CONTRACT
from ._document import as_data, markdown
from ._exposition import parse
from ._findings import Check, Options
from ._model import Group

_KEPT, _BROKEN, _NOTHING_CHECKED = 0, 1, 2
_LARGEST_PAGE: t.Final = 64 * 1024 * 1024


class CannotRead(Exception):
    """There is no page to check. The message says why."""


def main(arguments: t.Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.print:
        sys.stdout.write(markdown(CONTRACT) if options.print == "markdown" else _json(as_data(CONTRACT)))
        return _KEPT
    if options.source is None:
        parser.error("a URL, a file or - is needed")
    try:
        text = _read(options)
        exposition = parse(text)
        if not exposition.samples:
            raise CannotRead(f"{options.source} holds no metrics: is this a /metrics page?")
    except CannotRead as error:
        print(f"metric_contract_check: {error}", file=sys.stderr)
        return _NOTHING_CHECKED
    groups = frozenset(Group(name) for name in options.group or ())
    result = check(exposition, CONTRACT, Options(groups, frozenset(options.allow_label or ())))
    sys.stdout.write(_json(_result_data(result)) if options.format == "json" else _result_text(options.source, result))
    broken = bool(result.errors) or (options.strict and bool(result.warnings))
    return _BROKEN if broken else _KEPT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="metric_contract_check",
        description="Check that the ticket system exposes the metrics which the alerts and dashboards read.",
        epilog="Exit status: 0 the contract is kept, 1 it is broken, 2 there was nothing to check.",
    )
    parser.add_argument("source", nargs="?", metavar="URL|FILE|-", help="the /metrics page; - is standard input")
    parser.add_argument("--group", action="append", choices=[group.value for group in Group], help="only this group")
    parser.add_argument("--allow-label", action="append", metavar="NAME", help="a label that any metric may have too")
    parser.add_argument("--strict", action="store_true", help="let remarks break the contract as well")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print the result")
    parser.add_argument("--print", choices=("markdown", "json"), help="print the contract itself, and check nothing")
    web = parser.add_argument_group("of a URL")
    web.add_argument("--timeout", type=float, default=10, metavar="SECONDS", help="how long to wait (10)")
    web.add_argument("--username", help="the user of HTTP basic authentication")
    web.add_argument("--password-file", type=Path, metavar="FILE", help="a file with that user's password")
    web.add_argument("--bearer-token-file", type=Path, metavar="FILE", help="a file with a bearer token")
    web.add_argument("--ca-file", type=Path, metavar="FILE", help="the CA of the server's certificate")
    return parser


def _read(options: argparse.Namespace) -> str:
    """Return the page. Raises CannotRead."""
    source: str = options.source
    try:
        if source == "-":
            return sys.stdin.read()
        if source.startswith(("http://", "https://")):
            return _fetch(source, options)
        return Path(source).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise CannotRead(f"{source} is not text: {error}") from error
    except urllib.error.HTTPError as error:
        raise CannotRead(f"{source} answers {error.code} {error.reason}") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise CannotRead(f"{source} cannot be read: {error}") from error


def _fetch(url: str, options: argparse.Namespace) -> str:
    request = urllib.request.Request(url, headers={"Accept": "text/plain;version=0.0.4", **_credentials(options)})
    context = ssl.create_default_context(cafile=options.ca_file)
    # A proxy of the environment knows nothing of the application's own port.
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context), _NoRedirect()
    )
    with opener.open(request, timeout=options.timeout) as response:
        body: bytes = response.read(_LARGEST_PAGE + 1)
    if len(body) > _LARGEST_PAGE:
        raise CannotRead(f"{url} answers with more than {_LARGEST_PAGE >> 20} MiB")
    return body.decode("utf-8")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Refuses to carry credentials to another place; Prometheus would have to be told that place as well."""

    def redirect_request(self, *args: t.Any, **kwargs: t.Any) -> None:
        """Return no request: the redirect becomes an HTTPError."""


def _credentials(options: argparse.Namespace) -> dict[str, str]:
    if options.bearer_token_file:
        return {"Authorization": f"Bearer {_secret(options.bearer_token_file)}"}
    if options.username:
        if not options.password_file:
            raise CannotRead("--username needs --password-file")
        pair = f"{options.username}:{_secret(options.password_file)}".encode()
        return {"Authorization": f"Basic {base64.b64encode(pair).decode('ascii')}"}
    return {}


def _secret(path: Path) -> str:
    return path.read_text(encoding="utf-8").rstrip("\r\n")


def _result_text(source: str, result: Check) -> str:
    lines = []
    for heading, findings in (("error", result.errors), ("remark", result.warnings)):
        for finding in findings:
            text = f"{heading}: {finding.metric} {finding.message}".replace(":  ", ": ")
            lines.append(textwrap.fill(f"{text} [{finding.problem.value}]", 120, subsequent_indent="    "))
    bad = {finding.metric for finding in result.errors}
    good = sum(name not in bad for name in result.metrics)
    lines.append(
        f"{source}: {good} of {len(result.metrics)} metrics are as they should be,"
        f" {len(result.errors)} errors, {len(result.warnings)} remarks"
    )
    return "\n".join(lines) + "\n"


def _result_data(result: Check) -> dict[str, object]:
    return {
        "kept": not result.errors,
        "metrics": list(result.metrics),
        "findings": [
            {
                "level": "error" if finding.error else "remark",
                "problem": finding.problem.value,
                "metric": finding.metric,
                "message": finding.message,
            }
            for finding in result.findings
        ],
    }


def _json(data: object) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(main())

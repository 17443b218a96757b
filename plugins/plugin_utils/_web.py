# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The web configuration of Prometheus and its exporters (exporter-toolkit). PRIVATE to the collection.

See https://prometheus.io/docs/prometheus/latest/configuration/https/ for the format.
"""

from __future__ import annotations

import re
import typing as t
from collections.abc import Iterator, Mapping

_BCRYPT = re.compile(r"\$2[abxy]\$\d\d\$[./A-Za-z0-9]{53}\Z")


class WebSettings(t.NamedTuple):
    """What a role's variables say about its web server.

    :param role: the role; prefix of its variables in messages.
    :param cert_file: path of the certificate on the host; empty for plain HTTP.
    :param key_file: path of its key.
    :param users: user names with bcrypt hashes.
    :param extra: native web configuration that is laid over the rest.
    """

    role: str
    cert_file: str
    key_file: str
    users: t.Any
    extra: Mapping[str, t.Any]

    @classmethod
    def of(cls, role: str, settings: Mapping[str, t.Any]) -> WebSettings:
        """Pick them from a mapping with the names of the variables without prefix."""
        return cls(
            role=role,
            cert_file=str(settings.get("tls_cert_file") or ""),
            key_file=str(settings.get("tls_key_file") or ""),
            users=settings.get("basic_auth_users") or {},
            extra=settings.get("web_extra_config") or {},
        )


def web_config(web: WebSettings) -> dict[str, t.Any]:
    """The content of the web configuration file.

    :returns: empty when there is neither TLS, nor users, nor anything else: the file is not needed then.
    """
    config: dict[str, t.Any] = {}
    if web.cert_file:
        config["tls_server_config"] = {"cert_file": web.cert_file, "key_file": web.key_file}
    if web.users:
        config["basic_auth_users"] = dict(web.users)
    for key, value in web.extra.items():
        if isinstance(value, Mapping) and isinstance(config.get(key), dict):
            config[key].update(value)
        else:
            config[key] = value
    return config


def needs_restart(config: Mapping[str, t.Any]) -> str:
    """What of a web configuration counts only from the start of the process; the rest is read at each request.

    :returns: a short text that changes exactly when a restart is needed.
    """
    http2 = (config.get("http_server_config") or {}).get("http2", True)
    return f"{'tls' if config.get('tls_server_config') else 'plain'} {'http2' if http2 else 'http1'}"


def web_problems(web: WebSettings) -> Iterator[str]:
    """Sentences about settings that contradict each other. No value of a user is shown."""
    if bool(web.cert_file) != bool(web.key_file):
        found, missing = ("cert", "key") if web.cert_file else ("key", "cert")
        yield (
            f"{web.role}_tls_{found}_file is set and {web.role}_tls_{missing}_file is not: "
            "TLS needs the paths of both on the host."
        )
    if not isinstance(web.users, Mapping):
        yield f"{web.role}_basic_auth_users has to be a mapping of user names to bcrypt hashes."
        return
    for name, value in sorted(web.users.items()):
        if not isinstance(value, str) or not _BCRYPT.match(value):
            yield (
                f"{web.role}_basic_auth_users: the value of {name!r} is not a bcrypt hash ($2y$10$...). "
                "Make one with `htpasswd -nBC 10 NAME` and store the part behind the colon; never the password itself."
            )
    if web.extra.get("basic_auth_users"):
        yield f"{web.role}_web_extra_config: users belong into {web.role}_basic_auth_users."
    if web.extra.get("tls_server_config") and not web.cert_file:
        yield (
            f"{web.role}_web_extra_config sets tls_server_config without {web.role}_tls_cert_file: "
            "whoever scrapes this host would not know that it serves TLS."
        )

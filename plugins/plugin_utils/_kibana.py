# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kibana's settings and files of saved objects, as data. PRIVATE to the collection."""

from __future__ import annotations

import posixpath
import re
import typing as t
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from ansible_collections.enterprise_tickets.observability.plugins.module_utils._kibana import TYPES
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._kibana_objects import (
    ObjectsError,
    key_of,
    named,
    parse,
    problems,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._flags import version_key

LEVELS: t.Final = ("off", "fatal", "error", "warn", "info", "debug", "trace", "all")
#: The shortest key that Kibana takes.
KEY_LENGTH: t.Final = 32
#: Parts of keys and passwords in examples of Kibana's manual and of this collection.
_SAMPLES: t.Final = (
    "changeme",
    "something_at_least_32",
    "min-32-byte-long",
    "secure_",
    "fhjskloppd678ehkdfdlliverpoolfcr",
)

#: Settings that a variable of the role gives.
_OWN: t.Final[Mapping[str, str]] = {
    "path.data": "kibana_data_dir",
    "server.host": "kibana_listen_address",
    "server.port": "kibana_port",
    "server.publicBaseUrl": "kibana_external_url",
    "server.basePath": "kibana_route_prefix",
    "server.rewriteBasePath": "kibana_route_prefix",
    "server.ssl.certificate": "kibana_tls_cert_file",
    "server.ssl.key": "kibana_tls_key_file",
    "elasticsearch.hosts": "kibana_elasticsearch_hosts",
    "elasticsearch.username": "kibana_elasticsearch_user",
    "elasticsearch.password": "kibana_elasticsearch_password",
    "elasticsearch.ssl.certificateAuthorities": "kibana_ca_certificate",
    "logging.root.level": "kibana_log_level",
    "xpack.security.encryptionKey": "kibana_security_key",
    "xpack.encryptedSavedObjects.encryptionKey": "kibana_saved_objects_key",
    "xpack.reporting.encryptionKey": "kibana_reporting_key",
}
_SECRET: t.Final = re.compile(r"(password|passphrase|secret|secrets\..*|token|apiKey|encryptionKey)\Z", re.IGNORECASE)


def flat(settings: Mapping[str, t.Any], prefix: str = "") -> dict[str, t.Any]:
    """Settings by their full names: Kibana reads `server: {port: 1}` as `server.port: 1`."""
    found: dict[str, t.Any] = {}
    for key, value in settings.items():
        if isinstance(value, Mapping) and value:
            found.update(flat(value, f"{prefix}{key}."))
        else:
            found[f"{prefix}{key}"] = value
    return found


def config(base: Mapping[str, t.Any], more: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Settings of the user over ours, without those that are None."""
    return {key: value for key, value in {**base, **flat(more)}.items() if value is not None}


def secret_problems(settings: Mapping[str, t.Any]) -> Iterator[str]:
    """What is wrong with passwords and keys. None is shown."""
    shortest = {"elasticsearch_password": 12}
    for topic in ("elasticsearch_password", "security_key", "saved_objects_key", "reporting_key"):
        value, least = settings.get(topic), shortest.get(topic, KEY_LENGTH)
        name = f"kibana_{topic}"
        if not value:
            yield (
                f"{name}: found nothing, expected a text of {least} characters or more; there is no default. Keep it "
                "in Ansible Vault."
            )
        elif not isinstance(value, str):
            yield f"{name}: found no text, expected one in quotes."
        elif len(value) < least:
            yield f"{name}: found {len(value)} characters, expected {least} or more."
        elif any(sample in value.lower() for sample in _SAMPLES) or len(set(value)) < 6:
            yield f"{name}: found a value that stands in examples, or of few characters; expected your own."
    if settings.get("object_files") and not settings.get("content_password"):
        yield (
            "kibana_content_password: found nothing, expected the password of kibana_content_user, who imports the "
            "dashboards. Keep it in Ansible Vault, or set kibana_dashboards_enabled to false."
        )


def address_problems(settings: Mapping[str, t.Any]) -> Iterator[str]:
    """What is wrong with addresses, the path below which Kibana is served, and certificates."""
    url, prefix = str(settings.get("external_url") or ""), str(settings.get("route_prefix") or "")
    parts = urlsplit(url)
    if url and (parts.scheme not in ("http", "https") or not parts.netloc or parts.query or "@" in parts.netloc):
        yield f"kibana_external_url: found {url!r}, expected an address with http:// or https:// and at most a path."
    if url and prefix and parts.path.strip("/") != prefix.strip("/"):
        yield (
            f"kibana_route_prefix: found {prefix!r}, expected the path of kibana_external_url ({parts.path or '/'}): "
            "Kibana knows only one path."
        )
    if not settings.get("tls_cert_file") and not settings.get("ca_certificate"):
        yield (
            "observability_ca_certificate: found nothing, expected the certificate of the authority that issues "
            "Kibana's certificate (the playbook create_ca makes one), or kibana_tls_cert_file and kibana_tls_key_file."
        )
    hosts = settings.get("elasticsearch_hosts") or []
    if not hosts:
        yield (
            "kibana_elasticsearch_hosts: found nothing, expected the addresses of Elasticsearch: hosts in the group "
            "elasticsearch, or a list such as [https://es1.example.com:9200]."
        )
    for host in hosts:
        if urlsplit(str(host)).scheme != "https":
            yield f"kibana_elasticsearch_hosts: found {host!r}, expected https://: passwords go there."
    if settings.get("elasticsearch_user") == "elastic":
        yield "kibana_elasticsearch_user: found 'elastic', which Kibana refuses; expected kibana_system."


def setting_problems(settings: Mapping[str, t.Any]) -> Iterator[str]:
    """What is wrong with further settings and the log level."""
    if settings.get("log_level") not in LEVELS:
        yield f"kibana_log_level: found {settings.get('log_level')!r}, expected one of {', '.join(LEVELS)}."
    for topic in ("settings", "secret_settings"):
        for key in flat(settings.get(topic) or {}):
            if variable := _OWN.get(key):
                yield f"kibana_{topic}: {key} is what {variable} is for."
            elif topic == "settings" and _SECRET.search(key):
                yield f"kibana_settings: {key} is a secret; expected it in kibana_secret_settings, never shown."


def version_problems(settings: Mapping[str, t.Any]) -> Iterator[str]:
    """A step that Kibana cannot take."""
    version, before = str(settings.get("version") or ""), str(settings.get("previous_version") or "")
    if before and version_key(before) < version_key("8.19") and version_key(version) >= version_key("9"):
        yield (
            f"kibana_version: {version} would follow {before}; expected 8.19 in between, from which alone Kibana moves "
            "its saved objects to 9."
        )


def object_problems(files: Mapping[str, str | None]) -> Iterator[str]:
    """What is wrong with files of saved objects.

    Args:
        files: Their content by their paths; None where one cannot be read.
    """
    names = Counter(posixpath.basename(path) for path in files)
    for name in sorted(name for name, count in names.items() if count > 1):
        yield f"kibana_saved_object_files: {names[name]} files are called {name!r}; expected different names."
    objects = []
    for path, content in files.items():
        if content is None:
            yield f"kibana_saved_object_files: {path} cannot be read."
            continue
        try:
            found = parse(content, path)
        except ObjectsError as error:
            yield f"kibana_saved_object_files: {error}."
            continue
        for item in found:
            if item["type"] not in TYPES:
                listed = ", ".join(TYPES)
                yield f"kibana_saved_object_files: {path}: {named(key_of(item))}; expected a type of {listed}."
        objects += found
    yield from (f"kibana_saved_object_files: {problem}." for problem in problems(objects))


def read_files(paths: Sequence[str]) -> dict[str, str | None]:
    """Files of the controller with their content, None where one cannot be read."""
    found: dict[str, str | None] = {}
    for path in paths:
        try:
            with open(path, encoding="utf-8") as file:
                found[path] = file.read()
        except (OSError, UnicodeDecodeError):
            found[path] = None
    return found

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Grafana's configuration and what is provisioned, as data. PRIVATE to the collection."""

from __future__ import annotations

import hashlib
import re
import typing as t
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils import _secrets
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._catalogue import BY_NAME
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._endpoints import Endpoint
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._scrape import target_address
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._topology import Environment
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import InputError, shown

_UID = re.compile(r"[A-Za-z0-9_-]{1,40}\Z")
_SECTION = re.compile(r"[a-z][a-z0-9_.]*\Z")
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*\Z")

#: Sections of conf/defaults.ini of Grafana 11 to 13. Grafana itself says nothing of one that it does not know.
SECTIONS: t.Final = frozenset(
    (
        *("alerting", "analytics", "annotations", "annotations.api", "annotations.dashboard", "auth"),
        *("auth.anonymous", "auth.azuread", "auth.basic", "auth.generic_oauth", "auth.github", "auth.gitlab"),
        *("auth.google", "auth.grafana_com", "auth.jwt", "auth.ldap", "auth.okta", "auth.proxy", "auth.sso_settings"),
        *("aws", "azure", "cloud_migration", "dashboards", "database", "dataproxy", "datasources", "date_formats"),
        *("emails", "enterprise", "explore", "expressions", "external_image_storage", "feature_toggles", "geomap"),
        *("grafana_com", "grafana_net", "grpc_server", "help", "live", "log", "log.console", "log.file"),
        *("log.frontend", "log.syslog", "metrics", "metrics.environment_info", "metrics.graphite", "navigation"),
        *("navigation.app_sections", "navigation.app_standalone_pages", "news", "panels", "paths", "plugins"),
        *("profile", "public_dashboards", "query", "query_history", "quota", "recording_rules", "remote_cache"),
        *("rendering", "secretscan", "secrets_manager", "security", "security.encryption", "server"),
        *("service_accounts", "short_links", "smtp", "smtp.static_headers", "snapshots", "sql_datasources"),
        *("sso_settings", "support_bundles", "tracing.jaeger", "tracing.opentelemetry"),
        *("tracing.opentelemetry.jaeger", "tracing.opentelemetry.otlp", "unified_alerting"),
        *(
            "unified_alerting.screenshots",
            "unified_alerting.state_history",
            "unified_alerting.state_history.annotations",
        ),
        *("unified_storage", "user", "users"),
    )
)
#: Settings that a variable of the role gives: section, key -> variable.
_OWN: t.Final[Mapping[tuple[str, str], str]] = {
    ("security", "admin_user"): "grafana_admin_user",
    ("security", "admin_password"): "grafana_admin_password",
    ("security", "secret_key"): "grafana_secret_key",
    ("server", "http_port"): "grafana_port",
    ("server", "http_addr"): "grafana_listen_address",
    ("server", "root_url"): "grafana_external_url",
    ("server", "cert_file"): "grafana_tls_cert_file",
    ("server", "cert_key"): "grafana_tls_key_file",
    ("database", "password"): "grafana_database",
}
# Grafana's own default; whoever has the database can read every secret in it with that key.
_DEFAULT_SECRET_KEY: t.Final = "SW2YcwTIb9zpOOhoPsMm"

#: Kinds of datasources by the service they ask: Grafana's type, and what people call it.
KINDS: t.Final = (
    ("prometheus", "prometheus", "Prometheus"),
    ("alertmanager", "alertmanager", "Alertmanager"),
    ("elasticsearch", "elasticsearch", "Elasticsearch"),
)


def ini_text(sections: Mapping[str, Mapping[str, object]]) -> str:
    """Write grafana.ini.

    Args:
        sections: Section -> key -> text, number or boolean; None leaves a key out.

    Raises:
        InputError: Something cannot be written.
    """
    parts = []
    for section, keys in sections.items():
        if not _SECTION.match(section):
            raise InputError(f"grafana_ini: {section!r} is no section; expected a name such as auth.ldap.")
        lines = [f"{key} = {_ini_value(section, key, value)}" for key, value in keys.items() if value is not None]
        if lines:
            parts.append("\n".join([f"[{section}]", *lines]))
    return "\n\n".join(parts) + "\n"


def _ini_value(section: str, key: str, value: object) -> str:
    where = f"grafana_ini.{section}.{key}"
    if not _KEY.match(key):
        raise InputError(f"{where} is no name of a setting.")
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float):
        raise InputError(f"{where} is {shown(value)}; expected a text, a number, true or false.")
    text = str(value)
    if re.search(r"[\r\n`]", text):
        raise InputError(f"{where} holds a line break or a backtick, which grafana.ini cannot hold in a value.")
    # What follows either sign is a comment otherwise.
    return f"`{text}`" if re.search(r"[;#\"]|^\s|\s$", text) else text


def merge_ini(base: Mapping[str, Mapping[str, object]], more: Mapping[str, Mapping[str, object]]) -> dict[str, t.Any]:
    """Settings of the user over ours, section by section."""
    return {
        section: {**(base.get(section) or {}), **(more.get(section) or {})} for section in dict.fromkeys((*base, *more))
    }


def elasticsearch_login(password: str, ca_certificate: str) -> dict[str, t.Any]:
    """Fields of a datasource of Elasticsearch by which Grafana logs in as the user whom the role elasticsearch makes.

    Args:
        password: Of that user; empty for nobody.
        ca_certificate: The authority that Grafana trusts, PEM; empty for those of the host.
    """
    if not password:
        return {}
    trust = {"tlsAuthWithCACert": True} if ca_certificate else {}
    return {
        "basicAuth": True,
        "basicAuthUser": "ets_grafana",
        "jsonData": trust,
        "secureJsonData": {"basicAuthPassword": password, **({"tlsCACert": ca_certificate} if trust else {})},
    }


def datasources(
    environment: Environment,
    scrape_interval: str,
    settings: Mapping[str, Mapping[str, t.Any]],
    logins: Mapping[str, Mapping[str, t.Any]],
) -> list[dict[str, t.Any]]:
    """A datasource for each Prometheus, Alertmanager and Elasticsearch of an environment.

    Args:
        environment: The environment.
        scrape_interval: Of Prometheus: no panel asks for finer steps.
        settings: Further fields by type; `jsonData` and `secureJsonData` are merged.
        logins: How Grafana logs in, by type, in the same form; the settings win.
    """
    found: list[dict[str, t.Any]] = []
    for service_name, kind, title in KINDS:
        service = BY_NAME.get(service_name)
        if service is None:
            continue
        for number, endpoint in enumerate(environment.endpoints(service)):
            source: dict[str, t.Any] = {
                "name": f"{title} ({endpoint.node})",
                "uid": datasource_uid(service_name, endpoint.node),
                "type": kind,
                "access": "proxy",
                "url": _address(endpoint),
                "isDefault": kind == "prometheus" and number == 0,
                "editable": False,
                "jsonData": _json_data(kind, scrape_interval),
            }
            found.append(_merged(_merged(source, logins.get(kind) or {}), settings.get(kind) or {}))
    return found


def datasource_uid(service: str, node: str) -> str:
    """A uid that stays when other hosts come and go; at most 40 characters."""
    plain = f"{service}-{re.sub('[^A-Za-z0-9_-]', '-', node)}"
    if plain == f"{service}-{node}" and _UID.match(plain):
        return plain
    digest = hashlib.sha256(node.encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return f"{plain[:31]}-{digest}"


def _address(endpoint: Endpoint) -> str:
    return f"{endpoint.scheme}://{target_address(endpoint)}{endpoint.path_prefix}"


def _json_data(kind: str, scrape_interval: str) -> dict[str, t.Any]:
    if kind == "prometheus":
        return {"httpMethod": "POST", "timeInterval": scrape_interval}
    if kind == "alertmanager":
        return {"implementation": "prometheus", "handleGrafanaManagedAlerts": False}
    return {
        "index": "logs-ets.*-*",
        "timeField": "@timestamp",
        "logMessageField": "message",
        "logLevelField": "log.level",
    }


def _merged(source: dict[str, t.Any], more: Mapping[str, t.Any]) -> dict[str, t.Any]:
    merged = {**source, **more}
    for key in ("jsonData", "secureJsonData"):
        if key in source or key in more:
            merged[key] = {**(source.get(key) or {}), **(more.get(key) or {})}
    return merged


def datasources_file(sources: Sequence[Mapping[str, t.Any]]) -> dict[str, t.Any]:
    """The content of the provisioning file; dollars are doubled, or Grafana would take them for variables."""
    return {"apiVersion": 1, "prune": True, "datasources": [_literal(source) for source in sources]}


def contact_points_file(points: Sequence[Mapping[str, t.Any]]) -> dict[str, t.Any]:
    """The content of the provisioning file of contact points, of the main organization."""
    return {"apiVersion": 1, "contactPoints": [_literal({"orgId": 1, **point}) for point in points]}


def _literal(value: t.Any) -> t.Any:
    if isinstance(value, Mapping):
        return {key: _literal(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_literal(item) for item in value]
    return value.replace("$", "$$") if isinstance(value, str) else value


def providers_file(folders: Sequence[Mapping[str, str]], directory: str) -> dict[str, t.Any]:
    """The content of the provisioning file of the dashboards: a provider for each folder."""
    return {
        "apiVersion": 1,
        "providers": [
            {
                "name": folder["uid"],
                "orgId": 1,
                "folder": folder["title"],
                "folderUid": folder["uid"],
                "type": "file",
                "disableDeletion": False,
                "updateIntervalSeconds": 30,
                "allowUiUpdates": False,
                "options": {"path": f"{directory}/{folder['uid']}"},
            }
            for folder in folders
        ],
    }


def dashboard_problems(dashboards: Sequence[tuple[str, t.Any]]) -> Iterator[str]:
    """What Grafana would not load, or not load twice alike.

    Args:
        dashboards: File and its content, None where it is no JSON.
    """
    seen: dict[str, str] = {}
    for path, content in dashboards:
        if not isinstance(content, Mapping):
            yield f"{path}: no JSON object; expected a dashboard as Grafana exports it."
            continue
        if "elements" in content or "apiVersion" in content or "spec" in content:
            yield f"{path}: a dashboard in the v2 form; expected the classic form (Export > Classic)."
            continue
        if "__inputs" in content:
            yield (
                f"{path}: an export for sharing with others (__inputs), whose datasources nobody would fill in; export "
                "it without that option."
            )
        uid, title = content.get("uid"), content.get("title")
        if not isinstance(uid, str) or not _UID.match(uid):
            yield f"{path}: uid is {uid!r}; expected 1 to 40 letters, digits, hyphens and underscores."
        elif uid in seen:
            yield f"{path}: the uid {uid!r} is that of {seen[uid]}, too; expected different ones."
        else:
            seen[uid] = path
        if not isinstance(title, str) or not title:
            yield f"{path}: title is {title!r}; expected a text."


def folder_problems(folders: Sequence[Mapping[str, t.Any]]) -> Iterator[str]:
    """What is wrong with folders of dashboards."""
    for topic in ("uid", "title"):
        values = [folder.get(topic) for folder in folders]
        for value in sorted({str(value) for value in values if values.count(value) > 1}):
            yield f"grafana_dashboard_folders: two folders have the {topic} {value!r}; expected different ones."
    for folder in folders:
        uid = folder.get("uid")
        if not isinstance(uid, str) or not _UID.match(uid):
            yield f"grafana_dashboard_folders: uid is {uid!r}; expected 1 to 40 letters, digits, hyphens, underscores."


def secret_problems(settings: Mapping[str, t.Any]) -> Iterator[str]:
    """What is wrong with the administrator's password and the key. Neither is shown."""
    for topic in ("admin_password", "secret_key"):
        yield from _secrets.secret_problems(f"grafana_{topic}", settings.get(topic), samples=(_DEFAULT_SECRET_KEY,))


def ini_problems(sections: object) -> Iterator[str]:
    """What is wrong with `grafana_ini`."""
    if not isinstance(sections, Mapping):
        yield "grafana_ini: expected a dictionary of sections."
        return
    for section, keys in sections.items():
        if section not in SECTIONS and not str(section).startswith(("plugin.", "auth.", "feature_toggles.")):
            yield f"grafana_ini: {section!r} is no section of grafana.ini; Grafana would ignore it."
        if not isinstance(keys, Mapping):
            yield f"grafana_ini.{section}: expected a dictionary of settings."
            continue
        for key in keys:
            if variable := _OWN.get((str(section), str(key))):
                yield f"grafana_ini.{section}.{key}: this is what {variable} is for."


def address_problems(settings: Mapping[str, t.Any]) -> Iterator[str]:
    """What is wrong with the address and the path below which Grafana is served."""
    url, prefix = str(settings.get("external_url") or ""), str(settings.get("route_prefix") or "")
    if url and (urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc):
        yield f"grafana_external_url: found {url!r}, expected an address with http:// or https://."
    if url and prefix and urlsplit(url).path.strip("/") != prefix.strip("/"):
        yield (
            f"grafana_route_prefix: found {prefix!r}, expected the path of grafana_external_url "
            f"({urlsplit(url).path or '/'}): Grafana knows only one path."
        )


def datasource_problems(sources: Sequence[Mapping[str, t.Any]]) -> Iterator[str]:
    """What Grafana does not start with."""
    for topic in ("uid", "name"):
        values = [source.get(topic) for source in sources]
        for value in sorted({str(value) for value in values if values.count(value) > 1}):
            yield f"grafana_extra_datasources: two datasources have the {topic} {value!r}; expected different ones."
    for source in sources:
        uid, name = source.get("uid"), source.get("name")
        if not isinstance(uid, str) or not _UID.match(uid):
            yield f"grafana_extra_datasources: uid is {uid!r}; expected 1 to 40 letters, digits, hyphens, underscores."
        if not name or not source.get("type"):
            yield f"grafana_extra_datasources: {name!r} has no name or no type; expected both."
    if sum(bool(source.get("isDefault")) for source in sources) > 1:
        yield "grafana_extra_datasources: more than one datasource has isDefault (see grafana_datasource_settings)."

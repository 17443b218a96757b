# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Alertmanager's configuration as data. PRIVATE to the collection.

Who is told what is the table `_routes`. A channel without an address or a recipient has no receiver and no route.
"""

from __future__ import annotations

import dataclasses
import json
import typing as t
from collections.abc import Iterator, Mapping

from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._alertmanager_settings import (
    MAILBOXES,
    SLACK_CHANNELS,
    TEAMS,
    Settings,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._catalogue import BY_NAME
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._flags import version_key
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._topology import Environment
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import bracketed, is_secret_key

#: The receiver that tells nobody.
NOBODY: t.Final = "nobody"

# The first version that reads the address of a webhook from a file.
_URL_FILE_SINCE: t.Final = "0.26"
# Keys of receivers whose value is a secret: whoever knows the address may send to it.
_SECRET_KEYS: t.Final = frozenset(
    ("url", "api_url", "webhook_url", "routing_key", "service_key", "user_key", "slack_api_url")
)
_ESCALATED: t.Final = ('severity="critical"', 'escalate!="no"')
# Each alert is a group of its own, so that its time counts from its own start. Grouped by name, a second alert would
# join a group that has waited already and be escalated at once.
_EACH_ALERT: t.Final = ["..."]


@dataclasses.dataclass(frozen=True, slots=True)
class Route:
    """A route of ours; its receiver has the same name.

    Args:
        name: Also the key in `alertmanager_route_settings`.
        matchers: Which alerts take it.
        settings: Native settings: grouping and times.
        last: Whether no later route is looked at.
    """

    name: str
    matchers: tuple[str, ...]
    settings: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    last: bool = False


def _routes(settings: Settings) -> Iterator[Route]:
    """Who is told what, in the order in which Alertmanager looks at it."""
    yield Route(
        "deadman",
        ('alertname="Watchdog"',),
        {"group_wait": "0s", "group_interval": "1m", "repeat_interval": "50s"},
        last=True,
    )
    # Made by rules, which remember what fired in between. They fire for minutes and are sent once.
    digest = {"group_by": ["digest"], "group_wait": "2m", "group_interval": "1h", "repeat_interval": "24h"}
    yield Route("email-warning", ('severity="digest"', 'digest="hourly"'), digest, last=True)
    yield Route("email-info", ('severity="digest"', 'digest="daily"'), digest, last=True)
    yield Route("email-critical", ('severity="critical"',), {"group_wait": "10s", "repeat_interval": "1h"})
    for name, wait in (("email-level2", settings.level2_after), ("email-level3", settings.level3_after)):
        times = {"group_wait": wait, "group_interval": "1m", "repeat_interval": "4h"}
        yield Route(name, _ESCALATED, {"group_by": _EACH_ALERT, **times})
    yield Route("slack-alerts", ('severity=~"critical|warning"',))
    yield Route("slack-monitoring", ('category=~"system|monitoring|logging|containers"', 'severity!="digest"'))
    yield Route("slack-ops", ('team="operations"', 'severity!="digest"'))
    yield Route("teams-operations", ('team="operations"', 'severity!="digest"'))
    yield Route("teams-development", ('team="development"', 'severity!="digest"'))
    yield Route("teams-management", ('category=~"business|slo"',))


_INHIBIT_RULES: t.Final[list[dict[str, t.Any]]] = [
    {
        "source_matchers": ['alertname="NodeDown"', 'node=~".+"'],
        "target_matchers": ['alertname!="NodeDown"', 'scope="node"'],
        "equal": ["environment", "node"],
    },
    # A label that both lack counts as equal, hence the matchers for `family`. `mountpoint` keeps one full disk from
    # hiding another.
    {
        "source_matchers": ['severity="critical"', 'family=~".+"'],
        "target_matchers": ['severity=~"warning|info"', 'family=~".+"'],
        "equal": ["environment", "family", "node", "instance", "mountpoint"],
    },
]


def configuration(settings: Settings, version: str) -> dict[str, t.Any]:
    """The content of alertmanager.yml.

    Args:
        settings: The role's settings, free of problems.
        version: Alertmanager's; empty where nobody knows it yet, which counts as the newest.
    """
    receivers = {receiver["name"]: receiver for receiver in _receivers(settings, version)}
    routes = [_native(route, settings) for route in _routes(settings) if route.name in receivers]
    other = "email-other" if "email-other" in receivers else NOBODY
    extra = dict(settings.extra_config)
    config: dict[str, t.Any] = {
        "global": {**_smtp(settings), **(extra.pop("global", None) or {})},
        "templates": [f"{settings.config_dir}/templates/*.tmpl"],
        "route": {
            "receiver": other,
            "group_by": ["alertname", "environment", "job"],
            "group_wait": settings.group_wait,
            "group_interval": settings.group_interval,
            "repeat_interval": settings.repeat_interval,
            "routes": [
                *settings.extra_routes,
                *routes,
                # What else there is goes to the mailbox `other`. These do not: the digests tell of them, and the
                # watchdog is no news.
                {"receiver": NOBODY, "matchers": ['severity=~"warning|info|digest|none"']},
            ],
        },
        "inhibit_rules": [*_INHIBIT_RULES, *settings.extra_inhibit_rules],
        "receivers": [{"name": NOBODY}, *receivers.values(), *settings.extra_receivers],
        **extra,
    }
    if settings.time_intervals:
        config["time_intervals"] = settings.time_intervals
    if not config["global"]:
        del config["global"]
    return config


def secrets(settings: Settings, version: str) -> dict[str, str]:
    """The secrets that the configuration refers to, by the name of their file."""
    files = {f"slack_{name}": url for name, url in settings.slack_webhook_urls.items()}
    files |= {f"teams_{name}": url for name, url in settings.teams_webhook_urls.items()}
    if settings.smtp_password:
        files["smtp_password"] = settings.smtp_password
    if settings.deadman_url and _reads_url_file(version):
        files["deadman_url"] = settings.deadman_url
    return files


def has_inline_secret(settings: Settings, version: str) -> bool:
    """Whether a secret stands in alertmanager.yml: an own one, or one that this version reads from no file."""
    own = [settings.extra_receivers, settings.extra_config]
    return (bool(settings.deadman_url) and not _reads_url_file(version)) or _holds_secret(own)


def _holds_secret(value: object) -> bool:
    if isinstance(value, Mapping):
        return any(
            (isinstance(item, str) and (is_secret_key(key) or key in _SECRET_KEYS)) or _holds_secret(item)
            for key, item in value.items()
        )
    return any(map(_holds_secret, value)) if isinstance(value, list) else False


def channels_off(settings: Settings) -> list[str]:
    """A sentence for each channel that nobody can be told by, with what to set."""
    sentences = []
    mail = [name for name in MAILBOXES if not settings.email_recipients.get(name)]
    if not settings.has_mail:
        sentences.append("E-mail is off: alertmanager_smtp has no smarthost and from.")
    elif mail:
        sentences.append(f"E-mail is off for {', '.join(mail)}: alertmanager_email_recipients has no address for it.")
    slack = [f"#{name}" for name in SLACK_CHANNELS if name not in settings.slack_webhook_urls]
    if slack:
        sentences.append(
            f"Slack is off for {', '.join(slack)}: neither alertmanager_slack_webhook_url nor "
            "alertmanager_slack_webhook_urls has an address for it."
        )
    if settings.teams_retired:
        sentences.append(
            f"Teams is off for {', '.join(settings.teams_retired)}: the address is one of the Office 365 connectors "
            "that Microsoft has retired. Make a workflow in Teams ('Post to a channel when a webhook request is "
            "received') and set its address in alertmanager_teams_webhook_url or alertmanager_teams_webhook_urls."
        )
    teams = [name for name in TEAMS if name not in settings.teams_webhook_urls and name not in settings.teams_retired]
    if teams:
        sentences.append(
            f"Teams is off for {', '.join(teams)}: neither alertmanager_teams_webhook_url nor "
            "alertmanager_teams_webhook_urls has an address for it."
        )
    if not settings.deadman_url:
        sentences.append("The dead man's switch is off: alertmanager_deadman_url is empty.")
    return sentences


def contacts_template(settings: Settings) -> str:
    """The template `ets.contact`: what follows the name of a team, given that name."""
    cases = "".join(
        f"{{{{ if eq . {_go(team)} }}}} ({{{{ {_go(text)} }}}}){{{{ end }}}}"
        for team, text in sorted(settings.contacts.items())
        if text
    )
    return f'{{{{ define "ets.contact" }}}}{cases}{{{{ end }}}}\n'


def peers(environment: Environment, host: str, port: int) -> list[str]:
    """Where the other Alertmanagers of the environment gossip.

    Args:
        environment: The environment of the host.
        host: Inventory name of the Alertmanager that asks.
        port: The port that all of them gossip on.
    """
    endpoints = environment.endpoints(BY_NAME["alertmanager"])
    return [f"{bracketed(endpoint.address)}:{port}" for endpoint in endpoints if endpoint.node != host]


def _go(text: str) -> str:
    """A text as a literal of Go, on one line."""
    return json.dumps(" ".join(text.split()), ensure_ascii=False)


def _reads_url_file(version: str) -> bool:
    return not version or version_key(version) >= version_key(_URL_FILE_SINCE)


def _native(route: Route, settings: Settings) -> dict[str, t.Any]:
    more = {} if route.last else {"continue": True}
    own = settings.route_settings.get(route.name, {})
    return {"receiver": route.name, "matchers": list(route.matchers), **route.settings, **more, **own}


def _secret_path(settings: Settings, name: str) -> str:
    return f"{settings.config_dir}/secrets/{name}"


def _smtp(settings: Settings) -> dict[str, t.Any]:
    if not settings.has_mail:
        return {}
    smtp = settings.smtp
    config = {"smtp_smarthost": smtp["smarthost"], "smtp_from": smtp["from"]}
    if smtp.get("hello"):
        config["smtp_hello"] = smtp["hello"]
    if "require_tls" in smtp:
        config["smtp_require_tls"] = smtp["require_tls"]
    if smtp.get("username"):
        config["smtp_auth_username"] = smtp["username"]
        config["smtp_auth_password_file"] = _secret_path(settings, "smtp_password")
    return config


def _receivers(settings: Settings, version: str) -> Iterator[dict[str, t.Any]]:
    for name in MAILBOXES:
        addresses = settings.email_recipients.get(name)
        if settings.has_mail and addresses:
            # Here and not in `global`, where only newer versions have it.
            tls = {"tls_config": settings.smtp["tls_config"]} if settings.smtp.get("tls_config") else {}
            yield {"name": f"email-{name}", "email_configs": [{**_email(name, addresses), **tls}]}
    for name in settings.slack_webhook_urls:
        yield {"name": f"slack-{name}", "slack_configs": [_slack(_secret_path(settings, f"slack_{name}"))]}
    for name in settings.teams_webhook_urls:
        yield {"name": f"teams-{name}", "msteamsv2_configs": [_teams(_secret_path(settings, f"teams_{name}"))]}
    if settings.deadman_url:
        file = _reads_url_file(version)
        url = {"url_file": _secret_path(settings, "deadman_url")} if file else {"url": settings.deadman_url}
        yield {"name": "deadman", "webhook_configs": [{**url, "send_resolved": False}]}


def _email(name: str, addresses: list[str]) -> dict[str, t.Any]:
    kind = "digest" if name in ("warning", "info") else "alert"
    headers = {"Subject": f'{{{{ template "ets.{kind}.subject" . }}}}'}
    if name.startswith("level"):
        headers["Subject"] = f"Level {name.removeprefix('level')}: {headers['Subject']}"
    return {
        "to": ", ".join(addresses),
        "send_resolved": kind == "alert",
        "headers": headers,
        "html": f'{{{{ template "ets.{kind}.html" . }}}}',
        "text": f'{{{{ template "ets.{kind}.text" . }}}}',
    }


def _slack(file: str) -> dict[str, t.Any]:
    return {
        "api_url_file": file,
        "send_resolved": True,
        "title": '{{ template "ets.alert.subject" . }}',
        "title_link": '{{ template "ets.alert.link" . }}',
        "text": '{{ template "ets.slack.text" . }}',
        "fallback": '{{ template "ets.alert.subject" . }}',
        "color": '{{ if eq .Status "firing" }}{{ if eq .CommonLabels.severity "critical" }}danger{{ else }}warning'
        "{{ end }}{{ else }}good{{ end }}",
    }


def _teams(file: str) -> dict[str, t.Any]:
    return {
        "webhook_url_file": file,
        "send_resolved": True,
        "title": '{{ template "ets.alert.subject" . }}',
        "text": '{{ template "ets.teams.text" . }}',
    }

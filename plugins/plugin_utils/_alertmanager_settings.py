# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables that say who is told what by Alertmanager, checked. PRIVATE to the collection.

Addresses of webhooks are secrets: no message shows one.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlsplit

from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._flags import version_key
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import (
    InputError,
    as_list,
    as_mapping,
    as_text,
    check_keys,
    kind,
    plain,
    shown,
)

#: Who gets e-mail, with what it is about.
MAILBOXES: t.Final = ("critical", "level2", "level3", "warning", "info", "other")
SLACK_CHANNELS: t.Final = ("alerts", "monitoring", "ops")
TEAMS: t.Final = ("operations", "development", "management")
#: Our own routes, which `alertmanager_route_settings` may change.
ROUTES: t.Final = (
    "deadman",
    *(f"email-{name}" for name in ("critical", "level2", "level3", "warning", "info")),
    *(f"slack-{name}" for name in SLACK_CHANNELS),
    *(f"teams-{name}" for name in TEAMS),
)
#: The first version that can send to a Teams workflow.
TEAMS_SINCE: t.Final = "0.28"

_DURATION: t.Final = re.compile(r"(?:[0-9]+(?:ms|[smhdwy]))+\Z")
# Connectors of Office 365, which Microsoft has retired.
_RETIRED: t.Final = re.compile(r"(?:\A|\.)(?:outlook\.office(?:365)?|webhook\.office)\.com\Z", re.IGNORECASE)
_SMTP_KEYS: t.Final = ("smarthost", "from", "username", "require_tls", "hello", "tls_config")
_CONTACT_KEYS: t.Final = ("name", "email", "phone", "chat")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the role's variables say. The variable of each is `alertmanager_<name>`, but for `contacts`.

    Args:
        config_dir: Directory of alertmanager.yml.
        smtp: smarthost, from, username, require_tls, hello, tls_config.
        smtp_password: The password for `smtp`.
        email_recipients: Addresses by mailbox; a mailbox without addresses gets nothing.
        slack_webhook_urls: Addresses by channel, without empty ones.
        teams_webhook_urls: Addresses by team, without empty and retired ones.
        teams_retired: Teams whose address is a retired connector.
        deadman_url: Where the watchdog's alert goes all the time.
        group_wait: How long a group waits for further alerts before its first message.
        group_interval: How long until a message about alerts that have joined or left the group.
        repeat_interval: How long until a message that has nothing new.
        level2_after: How long an alert lasts before managers hear of it.
        level3_after: Likewise for executives.
        route_settings: Native settings laid over our routes, by name.
        extra_routes: Native routes before ours.
        extra_receivers: Native receivers.
        extra_inhibit_rules: Native inhibition rules.
        time_intervals: Native time intervals.
        extra_config: Native sections that no variable covers.
        contacts: A line of text about each team.
    """

    config_dir: str
    smtp: dict[str, t.Any]
    smtp_password: str
    email_recipients: dict[str, list[str]]
    slack_webhook_urls: dict[str, str]
    teams_webhook_urls: dict[str, str]
    teams_retired: list[str]
    deadman_url: str
    group_wait: str
    group_interval: str
    repeat_interval: str
    level2_after: str
    level3_after: str
    route_settings: dict[str, dict[str, t.Any]]
    extra_routes: list[t.Any]
    extra_receivers: list[t.Any]
    extra_inhibit_rules: list[t.Any]
    time_intervals: list[t.Any]
    extra_config: dict[str, t.Any]
    contacts: dict[str, str]

    @property
    def has_mail(self) -> bool:
        """Whether e-mail can be sent at all."""
        return bool(self.smtp.get("smarthost") and self.smtp.get("from"))


def variable(name: str) -> str:
    """The variable behind a setting."""
    return "observability_contacts" if name == "contacts" else f"alertmanager_{name}"


def read_settings(given: Mapping[str, t.Any], report: Callable[[str], object]) -> Settings:
    """Read all settings; one that is wrong is reported and then counts as not set.

    Args:
        given: The values by setting.
        report: Takes a sentence about a mistake.

    Raises:
        InputError: A setting is unknown.
    """
    check_keys(given, "alertmanager", _READERS, "setting")
    read: dict[str, t.Any] = {}
    for name, reader in _READERS.items():
        where = variable(name)
        try:
            read[name] = reader(plain(given.get(name), where), where)
        except InputError as error:
            report(str(error))
            read[name] = reader(None, where)
    slack = _each(SLACK_CHANNELS, read["slack_webhook_urls"], read.pop("slack_webhook_url"))
    teams = _each(TEAMS, read["teams_webhook_urls"], read.pop("teams_webhook_url"))
    retired = [name for name, url in teams.items() if _RETIRED.search(urlsplit(url).hostname or "")]
    return Settings(
        **read
        | {
            "slack_webhook_urls": slack,
            "teams_webhook_urls": {name: url for name, url in teams.items() if name not in retired},
            "teams_retired": retired,
        }
    )


def problems(settings: Settings, version: str) -> Iterator[str]:
    """What contradicts itself or the version.

    Args:
        settings: All settings.
        version: Alertmanager's; empty where nobody knows it yet.
    """
    known = version_key(version) if version else ()
    if settings.teams_webhook_urls and known and known < version_key(TEAMS_SINCE):
        yield (
            f"alertmanager_teams_webhook_url or alertmanager_teams_webhook_urls is set, but Alertmanager {version} "
            f"cannot send to Teams; expected {TEAMS_SINCE} or newer, such as from "
            "alertmanager_install_method: archive, or no address for Teams."
        )
    if settings.smtp.get("username") and not settings.smtp_password:
        yield "alertmanager_smtp.username is set and alertmanager_smtp_password is empty; expected both or none."
    if bool(settings.smtp.get("smarthost")) != bool(settings.smtp.get("from")):
        yield "alertmanager_smtp has only one of smarthost and from; expected both or none."
    if _seconds(settings.level3_after) <= _seconds(settings.level2_after):
        yield (
            f"alertmanager_level3_after is {settings.level3_after}; expected more than alertmanager_level2_after, "
            f"which is {settings.level2_after}."
        )


def _each(names: tuple[str, ...], urls: Mapping[str, str], shared: str) -> dict[str, str]:
    """The address of each; one that is set to an empty text is off, one that is not set uses the shared one."""
    given = {name: urls.get(name, shared) for name in names}
    return {name: url for name, url in given.items() if url}


def _seconds(duration: str) -> float:
    units = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}
    parts = re.findall(r"([0-9]+)(ms|[smhdwy])", duration)
    return sum(int(number) * units[unit] for number, unit in parts)


def _duration(default: str) -> Callable[[object, str], str]:
    def read(value: object, where: str) -> str:
        if value is None or value == "":
            return default
        if not isinstance(value, str) or not _DURATION.match(value):
            raise InputError(f"{where} is {shown(value)}; expected a duration such as 15m or 1h30m.")
        return value

    return read


def _url(value: object, where: str) -> str:
    text = as_text(value, where) if value is None or isinstance(value, str) else None
    if text is None or (text and not re.match(r"https?://[^\s/]+\S*\Z", text)):
        raise InputError(f"{where} is not an address (not shown, for it is a secret); expected https://...")
    return text


def _urls(names: tuple[str, ...], what: str) -> Callable[[object, str], dict[str, str]]:
    def read(value: object, where: str) -> dict[str, str]:
        given = as_mapping(value, where)
        check_keys(given, where, names, what)
        return {name: _url(url, f"{where}.{name}") for name, url in given.items()}

    return read


def _smtp(value: object, where: str) -> dict[str, t.Any]:
    given = as_mapping(value, where)
    check_keys(given, where, _SMTP_KEYS, "key")
    for key, item in given.items():
        if key == "require_tls":
            if not isinstance(item, bool):
                raise InputError(f"{where}.{key} is {shown(item)}; expected true or false.")
        elif key == "tls_config":
            as_mapping(item, f"{where}.{key}")
        else:
            as_text(item, f"{where}.{key}")
    smarthost = given.get("smarthost") or ""
    if smarthost and not re.search(r":[0-9]{1,5}\Z", smarthost):
        raise InputError(
            f"{where}.smarthost is {shown(smarthost)}; expected a host with a port, such as {smarthost}:587."
        )
    return given


def _recipients(value: object, where: str) -> dict[str, list[str]]:
    given = as_mapping(value, where)
    check_keys(given, where, MAILBOXES, "mailbox")
    read = {}
    for name, addresses in given.items():
        items = as_list(addresses, f"{where}.{name}")
        for index, item in enumerate(items):
            if not isinstance(item, str) or not re.fullmatch(r"[^\s,@]+@[^\s,@]+", item):
                raise InputError(f"{where}.{name}[{index}] is no e-mail address; expected one such as ops@example.com.")
        read[name] = items
    return read


def _route_settings(value: object, where: str) -> dict[str, dict[str, t.Any]]:
    given = as_mapping(value, where)
    check_keys(given, where, ROUTES, "route")
    return {name: as_mapping(item, f"{where}.{name}") for name, item in given.items()}


def _extra_config(value: object, where: str) -> dict[str, t.Any]:
    given = as_mapping(value, where)
    own = {
        "route": "alertmanager_extra_routes and alertmanager_route_settings",
        "receivers": "alertmanager_extra_receivers",
        "inhibit_rules": "alertmanager_extra_inhibit_rules",
        "time_intervals": "alertmanager_time_intervals",
        "templates": "alertmanager_extra_template_files",
    }
    for key in given:
        if key in own:
            raise InputError(f"{where} sets {key}; expected this in {own[key]}.")
    return given


def _contacts(value: object, where: str) -> dict[str, str]:
    read = {}
    for team, contact in as_mapping(value, where).items():
        at = f"{where}.{team}"
        if isinstance(contact, str):
            read[team] = contact
            continue
        if not isinstance(contact, dict):
            raise InputError(
                f"{at} is {kind(contact)}; expected a text or a dictionary with {', '.join(_CONTACT_KEYS)}."
            )
        check_keys(contact, at, _CONTACT_KEYS, "key")
        parts = [as_text(contact.get(key), f"{at}.{key}") for key in _CONTACT_KEYS]
        read[team] = ", ".join(part for part in parts if part)
    return read


def _config_dir(value: object, where: str) -> str:
    text = as_text(value, where) or "/etc/alertmanager"
    if not text.startswith("/"):
        raise InputError(f"{where} is {shown(text)}; expected an absolute path.")
    return text.rstrip("/")


_READERS: t.Final[Mapping[str, Callable[[object, str], t.Any]]] = {
    "config_dir": _config_dir,
    "smtp": _smtp,
    "smtp_password": as_text,
    "email_recipients": _recipients,
    "slack_webhook_url": _url,
    "slack_webhook_urls": _urls(SLACK_CHANNELS, "channel"),
    "teams_webhook_url": _url,
    "teams_webhook_urls": _urls(TEAMS, "team"),
    "deadman_url": _url,
    "group_wait": _duration("30s"),
    "group_interval": _duration("5m"),
    "repeat_interval": _duration("4h"),
    "level2_after": _duration("15m"),
    "level3_after": _duration("30m"),
    "route_settings": _route_settings,
    "extra_routes": as_list,
    "extra_receivers": as_list,
    "extra_inhibit_rules": as_list,
    "time_intervals": as_list,
    "extra_config": _extra_config,
    "contacts": _contacts,
}

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.enterprise_tickets.observability.plugins.filter.alertmanager import (
    alertmanager,
    alertmanager_channels_off,
    alertmanager_peers,
    alertmanager_problems,
)

MAIL: t.Final = {
    "smtp": {"smarthost": "mail.example.com:587", "from": "am@example.com"},
    "email_recipients": {"critical": ["leads@example.com"], "level2": ["managers@example.com"]},
}
SLACK: t.Final = {"slack_webhook_url": "https://hooks.example.com/shared"}
TEAMS: t.Final = {"teams_webhook_url": "https://flow.example.com/shared"}


def receivers(settings: dict[str, t.Any], version: str = "") -> dict[str, t.Any]:
    return {item["name"]: item for item in alertmanager(settings, version)["config"]["receivers"]}


def routes(settings: dict[str, t.Any], version: str = "") -> dict[str, t.Any]:
    found = alertmanager(settings, version)["config"]["route"]["routes"]
    return {item["receiver"]: item for item in found}


def test_nothing_set_tells_nobody() -> None:
    assert list(receivers({})) == ["nobody"]
    assert list(routes({})) == ["nobody"]
    assert alertmanager({})["config"]["route"]["receiver"] == "nobody"
    assert "global" not in alertmanager({})["config"]


def test_a_mailbox_without_addresses_has_no_receiver() -> None:
    assert set(receivers(MAIL)) == {"nobody", "email-critical", "email-level2"}


def test_every_route_has_a_receiver_and_the_other_way_round() -> None:
    settings = {**MAIL, **SLACK, **TEAMS, "deadman_url": "https://dead.example.com/x"}
    assert set(routes(settings)) == set(receivers(settings))


def test_times_of_routes_without_their_own() -> None:
    route = alertmanager({**MAIL, "group_wait": "1s", "group_interval": "2s", "repeat_interval": "3h"})["config"][
        "route"
    ]
    assert (route["group_wait"], route["group_interval"], route["repeat_interval"]) == ("1s", "2s", "3h")
    assert routes({**MAIL, "repeat_interval": "3h"})["email-critical"]["repeat_interval"] == "1h"


def test_the_mail_servers_certificate_is_checked_as_asked_for() -> None:
    smtp = {**MAIL["smtp"], "require_tls": True, "tls_config": {"ca_file": "/etc/ca.pem"}}
    (critical,) = receivers({**MAIL, "smtp": smtp})["email-critical"]["email_configs"]
    assert critical["tls_config"] == {"ca_file": "/etc/ca.pem"}
    assert alertmanager({**MAIL, "smtp": smtp})["config"]["global"]["smtp_require_tls"] is True


def test_one_address_feeds_all_channels() -> None:
    assert alertmanager(SLACK)["secrets"] == {
        f"slack_{name}": "https://hooks.example.com/shared" for name in ("alerts", "monitoring", "ops")
    }


def test_an_address_of_its_own_wins_and_an_empty_one_switches_off() -> None:
    own = {"alerts": "https://hooks.example.com/own", "ops": ""}
    assert alertmanager({**SLACK, "slack_webhook_urls": own})["secrets"] == {
        "slack_alerts": "https://hooks.example.com/own",
        "slack_monitoring": "https://hooks.example.com/shared",
    }


def test_secrets_stand_in_files_only() -> None:
    settings = {**MAIL, **SLACK, **TEAMS, "deadman_url": "https://dead.example.com/x", "smtp_password": "hush"}
    settings["smtp"] = {**MAIL["smtp"], "username": "am"}
    result = alertmanager(settings)
    assert not [secret for secret in result["secrets"].values() if secret in str(result["config"])]
    assert result["secret_config"] is False


def test_an_old_version_takes_the_watchdog_address_from_the_configuration() -> None:
    result = alertmanager({"deadman_url": "https://dead.example.com/x"}, "0.25.0")
    assert result["secret_config"] is True
    assert result["secrets"] == {}
    assert "https://dead.example.com/x" in str(result["config"])


@pytest.mark.parametrize("key", ["url", "api_url", "routing_key", "password"])
def test_secrets_of_own_receivers_are_hidden(key: str) -> None:
    own = [{"name": "mine", "webhook_configs": [{key: "https://hooks.example.com/x"}]}]
    assert alertmanager({"extra_receivers": own})["secret_config"] is True


def test_escalation_counts_for_each_alert() -> None:
    route = routes({**MAIL, "level2_after": "20m"})["email-level2"]
    assert route["group_by"] == ["..."]
    assert route["group_wait"] == "20m"
    assert route["matchers"] == ['severity="critical"', 'escalate!="no"']
    assert route["continue"] is True


def test_digests_are_not_sent_when_they_end() -> None:
    recipients = {"warning": ["ops@example.com"]}
    mail = receivers({**MAIL, "email_recipients": recipients})["email-warning"]["email_configs"][0]
    assert mail["send_resolved"] is False


def test_route_settings_are_laid_over_ours() -> None:
    settings = {**SLACK, "route_settings": {"slack-ops": {"mute_time_intervals": ["night"]}}}
    assert routes(settings)["slack-ops"]["mute_time_intervals"] == ["night"]


@pytest.mark.parametrize("url", ["https://outlook.office.com/webhook/x", "https://acme.webhook.office.com/webhookb2/x"])
def test_a_retired_connector_switches_teams_off(url: str) -> None:
    settings = {"teams_webhook_url": url}
    assert list(receivers(settings, "0.25.0")) == ["nobody"]
    assert alertmanager_problems(settings, "0.25.0") == []
    (sentence,) = [item for item in alertmanager_channels_off(settings) if item.startswith("Teams")]
    assert "workflow" in sentence
    assert url not in sentence


def test_teams_needs_a_version_that_knows_it() -> None:
    (sentence,) = alertmanager_problems(TEAMS, "0.25.0")
    assert "expected 0.28 or newer" in sentence
    assert alertmanager_problems(TEAMS, "0.28.1") == []
    assert alertmanager_problems(TEAMS, "") == []
    with pytest.raises(AnsibleFilterError, match=r"0\.28 or newer"):
        alertmanager(TEAMS, "0.27.0")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"repeat_interval": "often"}, "alertmanager_repeat_interval is 'often'; expected a duration"),
        ({"smtp": {"tls_config": "/etc/ca.pem"}}, "alertmanager_smtp.tls_config is a text; expected a dictionary"),
        ({"level2_after": "soon"}, "alertmanager_level2_after is 'soon'; expected a duration"),
        ({"level2_after": "30m", "level3_after": "30m"}, "expected more than alertmanager_level2_after"),
        ({"slack_webhook_urls": {"alert": ""}}, "did you mean 'alerts'?"),
        ({"email_recipients": {"critical": ["nobody"]}}, "alertmanager_email_recipients.critical[0] is no e-mail"),
        ({"smtp": {"smarthost": "mail"}}, "expected a host with a port, such as mail:587"),
        ({"smtp": {"smarthost": "mail:25"}}, "only one of smarthost and from"),
        ({"smtp": {**MAIL["smtp"], "username": "am"}}, "alertmanager_smtp_password is empty"),
        ({"route_settings": {"slack-op": {}}}, "did you mean 'slack-ops'?"),
        ({"extra_config": {"receivers": []}}, "expected this in alertmanager_extra_receivers"),
        ({"contacts": {"operations": 5}}, "observability_contacts.operations is a number"),
        ({"config_dir": "etc"}, "expected an absolute path"),
        ({"slack": ""}, "unknown setting 'slack'"),
    ],
)
def test_problems_name_the_variable(settings: dict[str, t.Any], words: str) -> None:
    assert words in "\n".join(alertmanager_problems(settings))


def test_no_problem_shows_a_secret() -> None:
    (sentence,) = alertmanager_problems({"slack_webhook_url": "hunter2"})
    assert "alertmanager_slack_webhook_url" in sentence
    assert "hunter2" not in sentence


def test_contacts_are_literals_of_the_template() -> None:
    contacts = {"operations": {"name": "Ops", "phone": "555"}, "development": 'say "hi" {{ x }}'}
    text = alertmanager({"contacts": contacts})["contacts"]
    assert '{{ if eq . "operations" }} ({{ "Ops, 555" }}){{ end }}' in text
    assert r'{{ "say \"hi\" {{ x }}" }}' in text


def test_channels_off_name_the_variables() -> None:
    text = "\n".join(alertmanager_channels_off({}))
    for name in ("smtp", "slack_webhook_url", "teams_webhook_url", "deadman_url"):
        assert f"alertmanager_{name}" in text
    assert "level3" in "\n".join(alertmanager_channels_off(MAIL))


def test_peers_are_the_others_of_the_environment() -> None:
    hosts = ("am1", "am2", "other")
    hostvars = {host: {"inventory_hostname": host} for host in hosts}
    hostvars["am2"]["ansible_host"] = "2001:db8::2"
    hostvars["other"]["observability_environment"] = "staging"
    groups = {"alertmanager": list(hosts), "observability_hosts": list(hosts), "prometheus": ["am1", "other"]}
    assert alertmanager_peers(9094, groups, hostvars, "am1") == ["[2001:db8::2]:9094"]
    assert alertmanager_peers(9094, groups, hostvars, "other") == []
    with pytest.raises(AnsibleFilterError, match="alertmanager_cluster_port"):
        alertmanager_peers(0, groups, hostvars, "am1")

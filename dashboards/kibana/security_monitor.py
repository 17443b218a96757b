# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Security Monitor: who comes in, who is refused, and who changes things. Names and addresses are pseudonyms."""

from __future__ import annotations

import typing as t

from dashboards.kibana.dashboard import Choice, Dashboard
from dashboards.kibana.lens import Charts, Group, ListPanel, count, latest, unique
from dashboards.kibana.shared import ALL, AUDIT, BY_ACTION, BY_COUNTRY, BY_HOST, BY_OUTCOME, BY_PATH, LOGS, SECURITY

_LOGINS: t.Final = "event.action: authentication.login"
_FAILED: t.Final = "event.action: authentication.login and event.outcome: failure"
_SSH: t.Final = "event.action: ssh_login"
_DENIED: t.Final = "http.response.status_code: (401 or 403)"
_RECORDED: t.Final = Charts(AUDIT.id)

DASHBOARD: t.Final = Dashboard(
    id="ets-security-monitor",
    title="Security Monitor",
    description="Who comes in, who is refused, and who changes things. Users and addresses are pseudonyms.",
    view=LOGS.id,
    choices=(Choice("Host", "host.name"), Choice("User", "user.hash"), Choice("Country", "source.geo.country_name")),
    rows=[
        [
            ALL.number("Failed logins", "Of the ticket system.", count("Logins"), where=_FAILED, width=10),
            ALL.number(
                "Locked accounts", "After too many failures.", count("Locks", "event.action: account.locked"), width=10
            ),
            ALL.number("Denied requests", "Answers with 401 or 403.", count("Requests"), where=_DENIED, width=10),
            ALL.number(
                "Failed SSH logins",
                "On all hosts.",
                count("Logins"),
                where=f"{_SSH} and event.outcome: failure",
                width=9,
            ),
            ALL.number(
                "Users who failed",
                "Different users with a refused login.",
                unique("Users", "user.hash"),
                where=_FAILED,
                width=9,
            ),
        ],
        [
            ALL.over_time(
                "Logins by outcome", "A wave of failures is an attack.", count("Logins"), where=_LOGINS, by=BY_OUTCOME
            ),
            ALL.over_time("SSH logins by outcome", "Of all hosts.", count("Logins"), where=_SSH, by=BY_OUTCOME),
        ],
        [
            ALL.table(
                "Failed logins by user",
                "One user, many networks: a stolen name.",
                [Group("User", "user.hash", size=20)],
                count("Failures"),
                unique("Networks", "source.ip"),
                latest(),
                where=_FAILED,
                width=16,
            ),
            ALL.table(
                "Failed logins by network",
                "One network, many users: somebody tries a list. Addresses are cut to their network.",
                [Group("Network", "source.ip", size=20, kind="ip")],
                count("Failures"),
                unique("Users", "user.hash"),
                latest(),
                where=_FAILED,
                width=16,
            ),
            ALL.shares(
                "Failed logins by country",
                "By the bundled GeoIP database.",
                BY_COUNTRY,
                count("Failures"),
                where=_FAILED,
                width=16,
            ),
        ],
        [
            ALL.table(
                "Denied requests by path",
                "Answers with 401 or 403.",
                [BY_PATH, Group("Status", "http.response.status_code", size=2, kind="number")],
                count("Requests"),
                unique("Networks", "source.ip"),
                where=_DENIED,
            ),
            ALL.table(
                "SSH failures by host",
                "Which hosts are tried.",
                [BY_HOST],
                count("Failures"),
                unique("Networks", "source.ip"),
                latest(),
                where=f"{_SSH} and event.outcome: failure",
            ),
        ],
        [
            _RECORDED.table(
                "Administrative actions",
                "What the application has written to its audit log.",
                [BY_ACTION],
                count("Actions"),
                unique("Users", "user.hash"),
                latest(),
                where="event.category: configuration",
            ),
            _RECORDED.table(
                "Who became whom",
                "Programs that give rights: sudo, su, logins, changes of accounts.",
                [Group("Program", "log.syslog.appname"), Group("Host", "host.name", size=5)],
                count("Events"),
                latest(),
                where="event.dataset: ets.audit and log.syslog.appname: *",
            ),
        ],
        [ListPanel("Security events", 48, 18, SECURITY)],
    ],
)

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Links from a panel to another dashboard. The uids never change: alerts and bookmarks point to them."""

from __future__ import annotations

import typing as t

from dashboards.model import Link, dashboard

OVERVIEW: t.Final[Link] = dashboard("ets-overview", "Enterprise Overview")
APPLICATION: t.Final[Link] = dashboard("ets-application", "Application Performance")
DATABASE: t.Final[Link] = dashboard("ets-database", "Database Performance")
INFRASTRUCTURE: t.Final[Link] = dashboard("ets-infrastructure", "Infrastructure")
BUSINESS: t.Final[Link] = dashboard("ets-business", "Business Intelligence")
LOGGING: t.Final[Link] = dashboard("ets-logs", "Log Stack")
MONITORING: t.Final[Link] = dashboard("ets-monitoring", "Monitoring")

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backup and restore of the monitoring on this host: what /usr/local/bin/enterprise-tickets-backup runs.

Python 3.9 and the standard library only. The settings come from the role `backup`.
"""

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts of queries and descriptions that several dashboards use."""

from __future__ import annotations

import typing as t

#: The window of every rate: Grafana makes it at least four scrapes wide.
RATE: t.Final = "[$__rate_interval]"
#: What panels about the ticket system's own metrics need.
CONTRACT: t.Final = "the application's own metrics (docs/metric_contract.md)"
#: The file systems that the alerts about disk space look at.
DISKS_OF_ALERTS: t.Final = (
    'fstype!~"tmpfs|ramfs|squashfs|iso9660|overlay|fuse.*|nfs.*|cifs|autofs",'
    'mountpoint!~"/(run|snap|etc|var/lib/docker|var/lib/containers)(/.*)?|/boot/efi"'
)
#: Share of each of these file systems that is available.
DISK_AVAILABLE: t.Final = f"node_filesystem_avail_bytes{{@,{DISKS_OF_ALERTS}}} / node_filesystem_size_bytes{{@}}"

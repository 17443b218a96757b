# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings that the role writes to /etc/enterprise_tickets_observability/.

Users and passwords are in a file of their own, so that a change of the others can be shown.
"""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

from .errors import BackupError

CREDENTIALS = "backup_credentials.json"
SETTINGS = Path("/etc/enterprise_tickets_observability/backup.json")


@dataclass(frozen=True)
class Component:
    """Something that is backed up as one archive, or as one snapshot.

    Attributes:
        name: What it is called in commands, file names and metrics.
        method: How a consistent copy is made; a key of `sources.METHODS`, or `elasticsearch` for a snapshot.
        unit: The systemd unit that is stopped while its data is replaced; empty for none.
        paths: Absolute paths of what is archived: the data directory for `prometheus`, databases for `sqlite`.
        http: How to ask the service: url, and optionally username, password, ca_file, client_cert, client_key, verify.
        ready_path: Answers 200 when the service is ready, below the url.
        timeout: Seconds to wait until it is.
        repository: For `elasticsearch`, the name of the repository of snapshots.
        data_streams: For `elasticsearch`, the pattern of what is backed up.
    """

    name: str
    method: str
    unit: str = ""
    paths: tuple[str, ...] = ()
    http: dict[str, t.Any] = field(default_factory=dict)
    ready_path: str = "/-/ready"
    timeout: float = 600
    repository: str = ""
    data_streams: str = ""


@dataclass(frozen=True)
class Settings:
    """All settings.

    Attributes:
        directory: Where archives are kept, a directory per component.
        components: By name.
        keep_count: So many of the newest archives of a component always stay.
        keep_days: Older ones go after so many days.
        encryption: method (`age` or `gpg`) and recipients (`age`: public keys, `gpg`: files with public keys); empty
            for none.
        copy_to: `rsync` destination of a copy, with the `ssh` options it needs; empty for none.
        textfile: node_exporter's textfile for the metrics; empty for none.
    """

    directory: Path
    components: dict[str, Component]
    keep_count: int = 7
    keep_days: float = 30
    encryption: dict[str, t.Any] = field(default_factory=dict)
    copy_to: dict[str, t.Any] = field(default_factory=dict)
    textfile: str = ""

    def component(self, name: str) -> Component:
        """The component of a name.

        Raises:
            BackupError: there is none.
        """
        if name not in self.components:
            raise BackupError("no component is called %r; there are: %s" % (name, ", ".join(self.components) or "none"))
        return self.components[name]

    def archives(self, component: str) -> Path:
        """The directory with the archives of a component."""
        return self.directory / component


def read_settings(path: Path = SETTINGS) -> Settings:
    """Read the settings and the credentials beside them.

    Raises:
        BackupError: they are missing or damaged.
    """
    data = _read(path)
    credentials = _read(path.with_name(CREDENTIALS))
    components = {}
    for entry in data.pop("components"):
        entry["paths"] = tuple(entry.get("paths", ()))
        entry["http"] = {**entry.get("http", {}), **credentials.get(entry["name"], {})}
        components[entry["name"]] = Component(**entry)
    return Settings(directory=Path(data.pop("directory")), components=components, **data)


def _read(path: Path) -> dict[str, t.Any]:
    try:
        return t.cast("dict[str, t.Any]", json.loads(path.read_text()))
    except FileNotFoundError:
        raise BackupError("%s is missing: the role `backup` writes it" % path) from None
    except ValueError as error:
        raise BackupError("%s is damaged (%s): run the role `backup` again" % (path, error)) from None

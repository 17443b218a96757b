# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What managed_service remembers on the host: paths and reactions, never content or hashes.

Everything is root's alone, below /var/lib/enterprise_tickets_observability/<service>/:
manifest.json (what we wrote), proof.json (what the running process has loaded), journal.json (only during a change),
made.json (what we had a service make within itself, where its role does so).
"""

from __future__ import annotations

import json
import os
import typing as t
from dataclasses import asdict, dataclass, field

from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service import files
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.errors import (
    ManagedServiceError,
)

STATE_ROOT = "/var/lib/enterprise_tickets_observability"
RUNTIME_ROOT = "/run/enterprise_tickets_observability"


@dataclass(frozen=True)
class Manifest:
    """What an earlier run wrote: path to reaction for files and links, paths for directories it created.

    secrets names those of the files whose content is never shown.
    """

    files: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    directories: list[str] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)

    def union(self, other: Manifest) -> Manifest:
        """What either names: true at every moment of a change, also of one that is cut off."""
        return Manifest(
            {**self.files, **other.files},
            {**self.links, **other.links},
            sorted({*self.directories, *other.directories}),
            sorted({*self.secrets, *other.secrets}),
        )


@dataclass(frozen=True)
class Proof:
    """What the running process was seen to have loaded.

    Attributes:
        invocation_id: systemd's id of the process's run.
        loaded: Reaction class to path to identity() of the file when the service confirmed it.
        executable: Path of the running program, for people who read the file.
        ready: How it was asked whether it is ready, without the password.
        confirmed_by: How it confirmed a reload.
    """

    invocation_id: str
    loaded: dict[str, dict[str, list[int] | None]]
    executable: str = ""
    ready: dict[str, t.Any] | None = None
    confirmed_by: dict[str, t.Any] | None = None


class StateDirectory:
    """The state of one service on this host.

    Args:
        service: Name of the service.
        root: Where the state of all services is kept; tests give another place.
    """

    def __init__(self, service: str, root: str = STATE_ROOT) -> None:
        self.path = os.path.join(root, service)
        self.journal_path = os.path.join(self.path, "journal.json")

    def create(self) -> None:
        """Make the directory, readable by root only."""
        os.makedirs(self.path, mode=0o700, exist_ok=True)
        os.chmod(os.path.dirname(self.path), 0o700)
        os.chmod(self.path, 0o700)

    def read_manifest(self) -> Manifest:
        """What an earlier run wrote, empty where none ran."""
        data = self._read("manifest.json")
        return Manifest(**data) if data else Manifest()

    def write_manifest(self, manifest: Manifest) -> None:
        """Remember what this run wrote."""
        self._write("manifest.json", asdict(manifest))

    def read_proof(self) -> Proof | None:
        """What the process was last seen to have loaded, None where that is not known."""
        data = self._read("proof.json")
        return Proof(**data) if data else None

    def write_proof(self, proof: Proof) -> None:
        """Remember what the process has loaded."""
        self._write("proof.json", asdict(proof))

    def forget_proof(self) -> None:
        """Nothing is known of what the process has loaded from now on."""
        files.remove(os.path.join(self.path, "proof.json"))

    def read_made(self) -> dict[str, list[str]]:
        """Names of what we had the service make within itself, by kind."""
        return self._read("made.json")

    def write_made(self, made: dict[str, list[str]]) -> None:
        """Remember names of what the service makes for us, before it is asked to."""
        self.create()
        self._write("made.json", made)

    def _read(self, name: str) -> dict[str, t.Any]:
        path = os.path.join(self.path, name)
        try:
            with open(path, "rb") as handle:
                data = json.loads(handle.read())
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise ManagedServiceError(
                "%s is damaged (%s). It is this collection's own record of the service; move it away to start afresh: "
                "files that are no longer shipped are then not removed, and the service is reloaded once."
                % (path, error)
            ) from error
        return t.cast("dict[str, t.Any]", data)

    def _write(self, name: str, data: dict[str, t.Any]) -> None:
        text = json.dumps(data, indent=1, sort_keys=True) + "\n"
        files.replace_file(os.path.join(self.path, name), text.encode())

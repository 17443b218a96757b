# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Take away what managed_service and service_software have put on a host, and no more."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import typing as t
from dataclasses import dataclass, field

from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service import (
    plan as planning,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service import staging
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.bundle import Bundle
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.errors import (
    ManagedServiceError,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.journal import (
    Transaction,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.lock import service_lock
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.state import (
    STATE_ROOT,
    Manifest,
    StateDirectory,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.systemd import Unit
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._store import (
    ROOT,
    Place,
    locked_home,
    scan_releases,
)

ALL = "all"
# What stands directly in these belongs to the system.
_SYSTEM = {"/", "/boot", "/dev", "/etc", "/home", "/lib", "/proc", "/root", "/run", "/sys", "/usr", "/var"}
_UNIT_FILE = re.compile(r"/etc/systemd/system/([^/]+\.(?:service|timer|socket|path))")


@dataclass
class Removal:
    """What a run removed, or would remove in check mode."""

    services: list[str] = field(default_factory=list)
    units: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    diff: list[dict[str, str]] = field(default_factory=list)


def deployed_services(root: str = STATE_ROOT) -> list[str]:
    """The services that an earlier run has deployed on this host."""
    try:
        names = os.listdir(root)
    except FileNotFoundError:
        return []
    return sorted(name for name in names if os.path.isfile(os.path.join(root, name, "manifest.json")))


def owned_units(manifest: Manifest) -> list[str]:
    """The units whose files are ours; what would start a service again (a timer) comes before the service."""
    found = [match.group(1) for match in map(_UNIT_FILE.fullmatch, manifest.files) if match]
    return sorted(found, key=lambda name: (name.endswith(".service"), name))


def data_problems(data: t.Mapping[str, t.Sequence[str]]) -> list[str]:
    """Name the directories that nobody can mean to delete."""
    return [
        "data of %s names %r; the absolute path of a directory of its own is expected, such as /var/lib/grafana"
        % (service, path)
        for service, paths in data.items()
        for path in paths
        if path != os.path.normpath(path)
        or not path.startswith("/")
        or not _SYSTEM.isdisjoint((path, os.path.dirname(path), os.path.dirname(os.path.realpath(path))))
    ]


def remove(
    names: t.Sequence[str],
    data: t.Mapping[str, t.Sequence[str]],
    delete_data: bool,
    requested_by: str,
    check_mode: bool,
) -> Removal:
    """Remove services from this host, one after the other.

    Args:
        names: Their names, or only "all". One that is not there needs nothing.
        data: Directories with what each service has gathered.
        delete_data: Whether these go as well.
        requested_by: Who runs this.
        check_mode: Tell, change nothing.

    Raises:
        ManagedServiceError: A unit did not stop, or something could not be removed.
    """
    wrong = data_problems(data)
    if wrong:
        raise ManagedServiceError("; ".join(wrong))
    there = deployed_services()
    report = Removal()
    for name in there if list(names) == [ALL] else [name for name in names if name in there]:
        with service_lock(name, requested_by, check_mode):
            _One(name, data.get(name, ()), delete_data, check_mode, report).remove()
        report.services.append(name)
    if list(names) == [ALL] and not check_mode:
        # Where nothing else of ours is remembered, nothing is left.
        for path in (os.path.join(STATE_ROOT, "service_software"), STATE_ROOT):
            with contextlib.suppress(OSError):
                os.rmdir(path)
    return report


class _One:
    """The removal of one service."""

    def __init__(self, name: str, data: t.Sequence[str], delete_data: bool, check_mode: bool, report: Removal) -> None:
        self.name = name
        self.data = [path for path in data if os.path.isdir(path)]
        self.delete_data = delete_data
        self.check_mode = check_mode
        self.report = report
        self.state = StateDirectory(name)

    def remove(self) -> None:
        disk = self._recover()
        manifest = self.state.read_manifest()
        units = owned_units(manifest)
        plan = planning.make_plan(Bundle(self.name, "none.service"), manifest, disk, self.check_mode)
        self.report.units += units
        self.report.removed += plan.removed
        self.report.diff += planning.render_diff(plan)
        if not self.check_mode:
            for unit in units:
                self._stop(unit)
            self._remove_files(plan, units)
        self._remove_releases()
        self._remove_data(manifest)
        if not self.check_mode:
            # Last: as long as it is there, a run that was cut off is finished by the next.
            shutil.rmtree(self.state.path)

    def _recover(self) -> planning.Disk:
        """What an interrupted deployment left is undone first, as the next deployment would."""
        pending = Transaction.pending(self.state)
        if pending is not None and self.check_mode:
            return planning.Disk() if pending.finished else pending.disk_as_undone()
        if pending is not None:
            staging.remove_leftovers(self.name)
            if pending.finished:
                pending.done()
            else:
                pending.undo()
        return planning.Disk()

    def _stop(self, name: str) -> None:
        unit = Unit(name)
        for verb in ("stop", "disable"):
            if unit.show().load == "not-found":
                continue
            outcome = unit.tell(verb)
            if not outcome.ok:
                raise ManagedServiceError(
                    "systemctl %s %s: %s. No file of %s was removed."
                    % (verb, name, outcome.output.strip() or "status %d" % outcome.status, self.name)
                )

    def _remove_files(self, plan: planning.Plan, units: t.Sequence[str]) -> None:
        transaction = Transaction.begin(self.state, plan, {"enabled": False})
        transaction.commit()
        transaction.done()
        for name in units:
            unit = Unit(name)
            unit.daemon_reload()
            unit.tell("reset-failed")  # of a unit that had failed, systemd would go on telling

    def _remove_releases(self) -> None:
        """Releases of upstream that we have unpacked; those that somebody else put there have no receipt."""
        place = Place(self.name, "")
        ours = [version for version, release in scan_releases(self.name).items() if release["sha256"]]
        if not ours:
            return
        self.report.removed += [os.path.join(ROOT, self.name, version) for version in ours]
        if self.check_mode:
            return
        with locked_home(place):
            for version in ours:
                shutil.rmtree(os.path.join(place.home, version))
        with contextlib.suppress(OSError):  # what others put there stays
            os.rmdir(place.home)

    def _remove_data(self, manifest: Manifest) -> None:
        if not self.delete_data:
            self.report.kept += self.data
            return
        self.report.removed += self.data
        if self.check_mode:
            return
        for path in self.data:
            _delete_tree(path)
        # What we had made around the data, where nothing else is left in it.
        for path in sorted(manifest.directories, reverse=True):
            with contextlib.suppress(OSError):
                os.rmdir(path)


def _delete_tree(path: str) -> None:
    """Delete a directory, or what a link to one leads to. Of a file system of its own its mount point stays."""
    with os.scandir(path) as entries:
        for entry in list(entries):
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path)
            else:
                os.unlink(entry.path)
    if os.path.islink(path):
        os.unlink(path)
    elif not os.path.ismount(path):
        os.rmdir(path)

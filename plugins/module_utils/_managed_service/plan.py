# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What has to change on the host so that it matches a bundle; reads, never writes."""

from __future__ import annotations

import os
import typing as t
from dataclasses import dataclass, field

from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service import files
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.bundle import (
    Bundle,
    DirectorySpec,
    FileSpec,
    LinkSpec,
    strongest,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.errors import (
    ManagedServiceError,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.files import Entry
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.state import Manifest

DIFF_LIMIT = 128 * 1024
"""Bytes of a file that a diff still shows; a longer one is only named."""


class Disk:
    """What is on the host, as a plan sees it."""

    def read(self, path: str) -> Entry | None:
        """What stands at a path, None for nothing."""
        return files.read_entry(path)

    def names_in(self, directory: str) -> set[str]:
        """Paths of everything in a directory; our own temporary files do not count."""
        return {path for path in self._listed(directory) if not files.is_own_name(path)}

    def _listed(self, directory: str) -> set[str]:
        return {os.path.join(directory, name) for name in os.listdir(directory)}

    def files_below(self, top: str) -> set[str]:
        """Files and links in a directory and those below it; our own temporary files do not count."""
        found = set()
        for directory, directories, names in os.walk(top):
            links = [name for name in directories if os.path.islink(os.path.join(directory, name))]
            found |= {os.path.join(directory, name) for name in names + links}
        return {path for path in found if not files.is_own_name(path)}


@dataclass(frozen=True)
class Change:
    """One path that has to change.

    Attributes:
        before: What stands there now, None for nothing.
        after: What should stand there, None for nothing.
        uid, gid: Owner of a new file.
        reaction: What the change asks of the service.
        hidden: What stands there now may be secret.
    """

    path: str
    before: Entry | None
    after: FileSpec | LinkSpec | None
    reaction: str
    uid: int = 0
    gid: int = 0
    hidden: bool = False


@dataclass(frozen=True)
class DirectoryChange:
    """A directory to create, to give other rights, or (after is None) to remove where it is empty by then."""

    path: str
    before: Entry | None
    after: DirectorySpec | None
    uid: int = 0
    gid: int = 0


@dataclass
class Plan:
    """All changes, in an order in which they can be made.

    Attributes:
        notes: What could not be determined, for check mode.
    """

    directories: list[DirectoryChange] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.directories or self.changes)

    @property
    def removed(self) -> list[str]:
        """Paths that go away."""
        gone = [change.path for change in self.changes if change.after is None]
        return gone + [change.path for change in self.directories if change.after is None]

    @property
    def reaction(self) -> str:
        """The strongest reaction that the changes ask for."""
        return strongest(change.reaction for change in self.changes)


def make_plan(bundle: Bundle, manifest: Manifest, disk: Disk, check_mode: bool) -> Plan:
    """Compare a bundle with the host.

    Args:
        bundle: What should be.
        manifest: What an earlier run wrote; what of it is no longer in the bundle goes.
        disk: Tells what is there.
        check_mode: Owners and directories that a package or user creation will bring may be missing.

    Raises:
        ManagedServiceError: Something stands in the way: an unknown owner, a missing parent, a directory where a file
            belongs. Nothing has changed.
    """
    plan = Plan()
    unknown: set[str] = set()

    def owners(owner: str, group: str) -> tuple[int, int]:
        uid, gid = files.user_id(owner), files.group_id(group)
        unknown.update(["user " + owner] * (uid is None) + ["group " + group] * (gid is None))
        return uid or 0, gid or 0

    for directory in _with_missing_parents(bundle.directories, disk):
        uid, gid = owners(directory.owner, directory.group)
        entry = disk.read(directory.path)
        if entry is not None and entry.kind == "link" and os.path.isdir(directory.path):
            info = os.stat(directory.path)
            entry = Entry("directory", info.st_uid, info.st_gid, info.st_mode & 0o7777)
        _refuse(directory.path, entry, "directory", ("directory",))
        if entry is None or (entry.uid, entry.gid, entry.mode) != (uid, gid, directory.mode):
            plan.directories.append(DirectoryChange(directory.path, entry, directory, uid, gid))

    for item in bundle.files:
        uid, gid = owners(item.owner, item.group)
        entry = disk.read(item.dest)
        _refuse(item.dest, entry, "file", ("file", "link"))
        same = entry is not None and entry.kind == "file" and entry.data == item.data
        if not (same and entry and (entry.uid, entry.gid, entry.mode) == (uid, gid, item.mode)):
            hidden = item.secret or _may_be_secret(item.dest, entry, manifest)
            plan.changes.append(Change(item.dest, entry, item, item.on_change, uid, gid, hidden))

    for link in bundle.links:
        entry = disk.read(link.dest)
        _refuse(link.dest, entry, "link", ("file", "link"))
        if entry is None or entry.kind != "link" or entry.target != link.src:
            hidden = _may_be_secret(link.dest, entry, manifest)
            plan.changes.append(Change(link.dest, entry, link, link.on_change, hidden=hidden))

    _plan_removals(plan, bundle, manifest, disk)
    _check_parents(plan, check_mode)
    if unknown:
        text = "%s of %s: not known on this host" % (" and ".join(sorted(unknown)), bundle.name)
        if not check_mode:
            raise ManagedServiceError(
                text + ". Install the package or let user.create make the system user; nothing was changed."
            )
        plan.notes.append(text + " yet; compared as root")
    return plan


def _may_be_secret(path: str, entry: Entry | None, manifest: Manifest) -> bool:
    """Whether what stands at a path was declared secret, or is somebody else's and not for everybody to read."""
    foreign = path not in manifest.files
    return path in manifest.secrets or (foreign and entry is not None and entry.mode & 0o004 == 0)


def _with_missing_parents(directories: t.Sequence[DirectorySpec], disk: Disk) -> list[DirectorySpec]:
    """The directories, parents first; parents that neither exist nor are listed come as root's, as with install -d."""
    wanted = {directory.path: directory for directory in directories}
    for directory in directories:
        parent = os.path.dirname(directory.path)
        while parent not in wanted and disk.read(parent) is None:
            wanted[parent] = DirectorySpec(parent)
            parent = os.path.dirname(parent)
    return [wanted[path] for path in sorted(wanted)]


def _refuse(path: str, entry: Entry | None, wanted: str, accepted: t.Sequence[str]) -> None:
    if entry is not None and entry.kind not in accepted:
        raise ManagedServiceError(
            "%s should be a %s and is a %s; move it away. Nothing was changed." % (path, wanted, entry.kind)
        )


def _plan_removals(plan: Plan, bundle: Bundle, manifest: Manifest, disk: Disk) -> None:
    wanted = {item.dest for item in bundle.files} | {link.dest for link in bundle.links}
    known = {**manifest.files, **manifest.links}
    doomed = {path: reaction for path, reaction in known.items() if path not in wanted}
    for top in bundle.exclusive:
        asked = strongest(item.on_change for item in bundle.files if item.dest.startswith(top + "/"))
        for path in disk.files_below(top) - wanted:
            doomed.setdefault(path, asked if asked != "none" else "reload")
    for path in sorted(doomed):
        entry = disk.read(path)
        if entry is not None and entry.kind in ("file", "link"):
            hidden = _may_be_secret(path, entry, manifest)
            plan.changes.append(Change(path, entry, None, doomed[path], hidden=hidden))
    kept = {directory.path for directory in bundle.directories}
    going = {change.path for change in plan.changes if change.after is None}
    for path in sorted(manifest.directories, reverse=True):  # the deepest first
        entry = disk.read(path)
        if path not in kept and entry is not None and entry.kind == "directory" and disk.names_in(path) <= going:
            plan.directories.append(DirectoryChange(path, entry, None))
            going.add(path)


def _check_parents(plan: Plan, check_mode: bool) -> None:
    coming = {change.path for change in plan.directories if change.after}
    paths = [change.path for change in plan.changes if change.after is not None] + sorted(coming)
    for path in paths:
        parent = os.path.dirname(path)
        if parent in coming or os.path.isdir(parent):
            continue
        text = "%s, the directory of %s, does not exist and is not listed in directories" % (parent, path)
        if not check_mode:
            raise ManagedServiceError(text + ". Nothing was changed.")
        plan.notes.append(text + " (yet)")


def manifest_of(bundle: Bundle, before: Manifest, plan: Plan) -> Manifest:
    """What the host will hold of ours once the plan is carried out."""
    created = {change.path for change in plan.directories if change.after and change.before is None}
    wanted = {directory.path for directory in bundle.directories}
    gone = {change.path for change in plan.directories if change.after is None}
    # One that is no longer wanted and holds what others put there stays, and stays ours.
    kept = {path for path in before.directories if path in wanted or os.path.isdir(path)}
    return Manifest(
        files={item.dest: item.on_change for item in bundle.files},
        secrets=sorted(item.dest for item in bundle.files if item.secret),
        links={link.dest: link.on_change for link in bundle.links},
        directories=sorted((kept | (created & wanted)) - gone),
    )


def render_diff(plan: Plan) -> list[dict[str, str]]:
    """The plan as Ansible's list of diffs; secret content is replaced by a remark, binary and long content too."""
    return [_directory_diff(change) for change in plan.directories] + [_change_diff(change) for change in plan.changes]


def _directory_diff(change: DirectoryChange) -> dict[str, str]:
    before = "" if change.before is None else _rights_now(change.before)
    after = "" if change.after is None else _rights_wanted(change.after)
    return _diff(change.path + "/", before, after)


def _change_diff(change: Change) -> dict[str, str]:
    before, after = _shown_before(change), _shown_after(change)
    # The same text on both sides: both are hidden, or only the rights differ.
    if before == after and isinstance(change.after, FileSpec) and change.before is not None:
        if change.after.secret and change.before.data != change.after.data:
            return _diff(change.path, "(secret content)\n", "(other secret content)\n")
        before, after = _rights_now(change.before), _rights_wanted(change.after)
    return _diff(change.path, before, after)


def _diff(header: str, before: str, after: str) -> dict[str, str]:
    return {"before_header": header, "after_header": header, "before": before, "after": after}


def _rights_now(entry: Entry) -> str:
    return _rights(files.user_name(entry.uid), files.group_name(entry.gid), entry.mode)


def _rights_wanted(item: FileSpec | DirectorySpec) -> str:
    """By name: check mode shows the same as the run that makes the user."""
    owner = files.user_name(int(item.owner)) if item.owner.isdigit() else item.owner
    group = files.group_name(int(item.group)) if item.group.isdigit() else item.group
    return _rights(owner, group, item.mode)


def _rights(owner: str, group: str, mode: int) -> str:
    return "owner %s, group %s, mode %04o\n" % (owner, group, mode)


def _shown_before(change: Change) -> str:
    if change.before is None:
        return ""
    if change.before.kind == "link":
        return "-> %s\n" % change.before.target
    return "(secret content)\n" if change.hidden else _shown(change.before.data)


def _shown_after(change: Change) -> str:
    if isinstance(change.after, LinkSpec):
        return "-> %s\n" % change.after.src
    if change.after is None:
        return ""
    return "(secret content)\n" if change.after.secret else _shown(change.after.data)


def _shown(data: bytes) -> str:
    if len(data) > DIFF_LIMIT:
        return "(%d bytes, too long to show)\n" % len(data)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return "(binary, %d bytes)\n" % len(data)
    return "(binary, %d bytes)\n" % len(data) if "\0" in text else text

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Validators see the proposed files at their real paths; nobody else does.

The proposed tree is built in a private directory below /run. A validator runs in a mount namespace of its own in which
that tree is bound over the real directories; whatever else is in these directories is bound into it, so nothing is
copied. It runs as the service's user: what that user cannot read, the service cannot read either.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import stat
import tempfile
import typing as t
from dataclasses import dataclass

from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service import commands, files
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.bundle import (
    Bundle,
    FileSpec,
    LinkSpec,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.errors import (
    ManagedServiceError,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.plan import Plan
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.state import (
    RUNTIME_ROOT,
)

NO_TOOL = 127
NOT_STAGED = 125
"""Exit status that says that the namespace, not the validator, is at fault."""
TIMEOUT = 600.0
"""Seconds that one validator may take; logstash -t starts a Java machine."""


# /run is mounted noexec, and what is bound from there inherits it; a program among the proposed files must run.
_SHELL = """
bind() { mount --rbind "$1" "$2" || exit %d; }
propose() { bind "$1" "$2"; mount -o remount,bind,exec "$2" || exit %d; }
""" % (NOT_STAGED, NOT_STAGED)
_ENTER = 'command -v "$1" >/dev/null || exit %d; shift; cd /; exec "$@"' % NO_TOOL


@dataclass(frozen=True)
class _Mount:
    verb: str
    source: str
    target: str


class Stage:
    """The proposed files of a plan, as a context manager that leaves nothing behind."""

    def __init__(self, bundle: Bundle, plan: Plan) -> None:
        self._bundle = bundle
        self._mounts: list[_Mount] = []
        self._directory = ""
        self._root = "/"
        self._after = {change.path: change for change in plan.changes}
        self._new_directories = {item.path: item for item in plan.directories if item.after is not None}

    def __enter__(self) -> Stage:
        os.makedirs(RUNTIME_ROOT, mode=0o700, exist_ok=True)
        self._directory = tempfile.mkdtemp(prefix=_prefix(self._bundle.name), dir=RUNTIME_ROOT)
        try:
            for number, root in enumerate(self._roots()):
                shadow = os.path.join(self._directory, str(number))
                original = os.path.join(self._directory, "original-%d" % number)
                os.mkdir(original)
                self._mounts.append(_Mount("bind", root, original))
                self._build(root, shadow, original)
                if root == "/":  # nothing can be mounted over it; the validator changes its root instead
                    self._root = root = os.path.join(self._directory, "root")
                    os.mkdir(root)
                self._mounts.append(_Mount("propose", shadow, root))
        except OSError as error:
            self.__exit__()
            raise ManagedServiceError(
                "The proposed files could not be staged below %s: %s. Nothing was changed."
                % (RUNTIME_ROOT, error.strerror)
            ) from error
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_exception: object) -> None:
        shutil.rmtree(self._directory)
        with contextlib.suppress(OSError):  # the locks of services that were deployed are in it, too
            os.rmdir(RUNTIME_ROOT)

    def _roots(self) -> list[str]:
        """The topmost existing directories in which something changes."""
        touched = {os.path.dirname(path) for path in list(self._after) + list(self._new_directories)}
        roots: set[str] = set()
        for path in touched:
            while not os.path.isdir(path):
                path = os.path.dirname(path)
            roots.add(path)
        return sorted(root for root in roots if not any(_below(root, other) for other in roots))

    def _build(self, real: str, shadow: str, original: str) -> None:
        """Make the shadow of one directory: proposed files are written, all else is bound from the original."""
        os.mkdir(shadow)
        names = set(os.listdir(real)) if os.path.isdir(real) else set()
        proposed = {path for path in list(self._after) + list(self._new_directories) if _below(path, real)}
        names |= {os.path.relpath(path, real).split("/", 1)[0] for path in proposed}
        for name in sorted(names):
            path, twin = os.path.join(real, name), os.path.join(shadow, name)
            if files.is_own_name(path):
                continue
            if path in self._after:
                self._propose(path, twin)
            elif path in proposed or any(_below(other, path) for other in proposed):
                self._build(path, twin, os.path.join(original, name))
            else:
                self._neighbour(path, twin, os.path.join(original, name))
        self._set_rights(real, shadow)

    def _propose(self, path: str, twin: str) -> None:
        change = self._after[path]
        if isinstance(change.after, FileSpec):
            files.write_file(twin, change.after.data, change.uid, change.gid, change.after.mode)
        elif isinstance(change.after, LinkSpec):
            os.symlink(change.after.src, twin)

    def _neighbour(self, path: str, twin: str, original: str) -> None:
        try:
            info = os.lstat(path)
        except FileNotFoundError:  # gone since the directory was read
            return
        if stat.S_ISLNK(info.st_mode):
            os.symlink(os.readlink(path), twin)
            return
        if stat.S_ISDIR(info.st_mode):
            os.mkdir(twin)
        else:
            os.close(os.open(twin, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        self._mounts.append(_Mount("bind", original, twin))

    def _set_rights(self, real: str, shadow: str) -> None:
        item = self._new_directories.get(real)
        if item is not None and item.after is not None:
            os.chown(shadow, item.uid, item.gid)
            os.chmod(shadow, item.after.mode)
        elif os.path.isdir(real):
            info = os.stat(real)
            os.chown(shadow, info.st_uid, info.st_gid)
            os.chmod(shadow, stat.S_IMODE(info.st_mode))
        else:
            os.chmod(shadow, 0o755)

    def run(self, argv: t.Sequence[str]) -> commands.Outcome:
        """Run a program on the proposed files, as the service's user where it has one."""
        wrapped = list(argv)
        user = self._bundle.user
        if user is not None and files.user_id(user.name) is not None and files.group_id(user.group) is not None:
            wrapped = [
                "setpriv",
                "--reuid",
                user.name,
                "--regid",
                user.group,
                "--init-groups",
                "--no-new-privs",
                *wrapped,
            ]
        script = "".join(
            "%s %s %s\n" % (mount.verb, shlex.quote(mount.source), shlex.quote(mount.target)) for mount in self._mounts
        )
        enter = ["chroot", self._root] if self._root != "/" else []
        command = [*enter, "sh", "-euc", _ENTER, "sh", argv[0], *wrapped]
        outcome = commands.run(
            [
                "unshare",
                "--mount",
                "--propagation",
                "private",
                "sh",
                "-euc",
                _SHELL + script + 'exec "$@"',
                "sh",
                *command,
            ],
            timeout=TIMEOUT,
        )
        if outcome.status == NOT_STAGED:
            raise ManagedServiceError(
                "The proposed files of %s could not be shown to a validator: %s. Nothing was changed."
                % (self._bundle.name, outcome.output.strip())
            )
        return outcome


def _prefix(service: str) -> str:
    return "stage-%s-" % service


def remove_leftovers(service: str) -> None:
    """Remove the stages of runs that were killed; the caller holds the service's lock, so nobody uses them."""
    if os.path.isdir(RUNTIME_ROOT):
        for name in os.listdir(RUNTIME_ROOT):
            if name.startswith(_prefix(service)):
                shutil.rmtree(os.path.join(RUNTIME_ROOT, name))


def _below(path: str, top: str) -> bool:
    return path != top and path.startswith(top.rstrip("/") + "/")


def validate(bundle: Bundle, plan: Plan, check_mode: bool) -> tuple[list[str], list[str]]:
    """Run all validators of a bundle on the proposed files and test that the service may read what it refers to.

    Returns:
        What was checked, and what could not be (check mode only), both for people.

    Raises:
        ManagedServiceError: A validator refused; the message holds its own words. Nothing was changed.
    """
    checked: list[str] = []
    notes: list[str] = []
    if not bundle.validate and not bundle.readable:
        return checked, notes
    user = bundle.user
    if user is not None and files.user_id(user.name) is None:
        notes.append("user %s does not exist yet: validated as root" % user.name)
    with Stage(bundle, plan) as stage:
        unreadable = [path for path in bundle.readable if not stage.run(["test", "-r", path]).ok]
        if unreadable:
            raise ManagedServiceError(
                "%s cannot read %s, which the configuration of %s names: missing, or its owner, group or mode (or "
                "those of a directory above it) keep the service out. Nothing was changed."
                % (user.name if user else "root", ", ".join(unreadable), bundle.name)
            )
        for argv in bundle.validate:
            shown = " ".join(argv)
            outcome = stage.run(argv)
            if outcome.status == NO_TOOL and check_mode:
                notes.append("not validated, %s is not installed yet: %s" % (argv[0], shown))
            elif outcome.status == NO_TOOL:
                raise ManagedServiceError(
                    "%s, which validates the files of %s, is not installed. Nothing was changed."
                    % (argv[0], bundle.name)
                )
            elif not outcome.ok:
                raise ManagedServiceError(
                    "The new files of %s were refused by: %s (exit status %d). Nothing was changed."
                    % (bundle.name, shown, outcome.status),
                    validator_output=outcome.output.strip().splitlines()[-40:],
                )
            else:
                checked.append(shown)
    return checked, notes

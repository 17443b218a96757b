# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. One run at a time per service and host."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
import typing as t

from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.errors import (
    ManagedServiceError,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.state import (
    RUNTIME_ROOT,
)


@contextlib.contextmanager
def service_lock(
    service: str, requested_by: str, check_mode: bool, root: str = RUNTIME_ROOT
) -> t.Generator[None, None, None]:
    """Hold the lock of a service; the kernel lets go of it when the process ends, however it ends.

    Args:
        service: Name of the service.
        requested_by: Who runs this, for the one who comes second.
        check_mode: Look only: fail where another run holds the lock, write nothing.
        root: Directory of the lock files.

    Raises:
        ManagedServiceError: Another run holds it; the message says who.
    """
    path = os.path.join(root, service + ".lock")
    try:
        if not check_mode:
            os.makedirs(root, mode=0o700, exist_ok=True)
        descriptor = os.open(path, os.O_RDONLY if check_mode else os.O_RDWR | os.O_CREAT, 0o600)
    except FileNotFoundError:
        yield
        return
    except OSError as error:
        raise _unusable(path, error) from error
    try:
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if check_mode else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 1000, 0).decode("utf-8", "replace").strip() or "a run in check mode"
            raise ManagedServiceError(
                "Another run is changing %s on this host right now: %s. Nothing was changed; run again when it is done."
                % (service, holder)
            ) from None
        if not check_mode:
            note = "%s, pid %d on this host, since %s\n" % (
                requested_by or "unknown",
                os.getpid(),
                time.strftime("%Y-%m-%d %H:%M:%S %Z"),
            )
            try:
                os.ftruncate(descriptor, 0)
                os.pwrite(descriptor, note.encode(), 0)
            except OSError as error:
                raise _unusable(path, error) from error
        try:
            yield
        finally:
            if not check_mode:
                os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def _unusable(path: str, error: OSError) -> ManagedServiceError:
    return ManagedServiceError("The lock %s could not be taken: %s. Nothing was changed." % (path, error.strerror))

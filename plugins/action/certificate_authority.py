# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make an internal certificate authority. Documented in plugins/modules/certificate_authority.py."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.enterprise_tickets.observability.plugins.modules.certificate_authority import DOCUMENTATION
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._certificates import make_authority
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._documentation import argument_spec

ARGUMENT_SPEC: t.Final = argument_spec(DOCUMENTATION)


class ActionModule(ActionBase):
    """Writes certificate and key of an authority to files on the controller."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Make the authority unless it is there; see ActionBase.run()."""
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        _validation, arguments = self.validate_argument_spec(ARGUMENT_SPEC)  # type: ignore[no-untyped-call]
        directory = Path(arguments["directory"])
        certificate, key = directory / "ca.crt", directory / "ca.key"
        there = [path for path in (certificate, key) if path.exists()]
        if len(there) == 1:
            raise AnsibleActionFail(f"found {there[0]} without the other half; expected both files or neither.")
        result.update(changed=not there, certificate_file=str(certificate), private_key_file=str(key))
        if there or self._task.check_mode:
            return result
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            certificate_text, key_text = make_authority(arguments["name"], arguments["days"])
            # The key first: a certificate without one would be taken for an authority.
            for path, text, mode in ((key, key_text, 0o600), (certificate, certificate_text, 0o644)):
                with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="ascii") as file:
                    file.write(text)
        except OSError as error:
            raise AnsibleActionFail(f"{error.filename}: {error.strerror}") from error
        return result

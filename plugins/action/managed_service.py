# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Controller part of managed_service: render, pack, send. Documented in plugins/modules/managed_service.py."""

from __future__ import annotations

import getpass
import os
import platform
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service import bundle
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._managed_service import (
    ARGUMENT_SPEC,
    Renderer,
    mode_problems,
    secret_values,
    specification,
)

WORKER = "enterprise_tickets.observability.managed_service_apply"


class ActionModule(ActionBase):
    """Deploys the files of a systemd service as one transaction."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_diff = True

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Render everything and hand it to the worker on the host; see ActionBase.run()."""
        task_vars = task_vars or {}
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        wrong = mode_problems(self._task.args)
        if wrong:
            raise AnsibleActionFail(f"managed_service of {self._task.args.get('name')}: " + "; ".join(wrong))
        _validation, arguments = self.validate_argument_spec(ARGUMENT_SPEC)  # type: ignore[no-untyped-call]
        contents = Renderer(self, task_vars).contents(arguments["files"])
        spec = specification(arguments)
        spec["secrets"] = sorted(secret_values(arguments, contents))
        spec["requested_by"] = f"{_user_name()}@{platform.node()} (pid {os.getpid()} there)"
        problems = bundle.problems(bundle.bundle_from_spec(spec, contents))
        if problems:
            raise AnsibleActionFail(f"managed_service of {spec['name']}: " + "; ".join(problems))
        result.update(
            self._execute_module(
                module_name=WORKER, module_args={"payload": bundle.pack(spec, contents)}, task_vars=task_vars
            )
        )
        result.pop("invocation", None)
        if self._task.diff and result.get("reaction", "none") != "none":
            verb = "would be made to" if self._task.check_mode else "was made to"
            summary = f"{spec['unit']} {verb} {result['reaction']}: {', '.join(result.get('reasons', []))}\n"
            result.setdefault("diff", []).append({"prepared": summary})
        return result


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's uid without a name
        return f"uid {os.getuid()}"

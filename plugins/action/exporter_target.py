# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tell whether what an exporter watches is up. Documented in plugins/modules/exporter_target.py."""

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase
from ansible_collections.enterprise_tickets.observability.plugins.modules.exporter_target import DOCUMENTATION
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._documentation import argument_spec
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._exporter_target import (
    UP,
    Condition,
    Rules,
    judge,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._managed_service import plain

ARGUMENT_SPEC: t.Final = argument_spec(DOCUMENTATION)


class ActionModule(ActionBase):
    """Judges what an exporter says about the service it watches."""

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Judge what was observed; see ActionBase.run()."""
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        _validation, arguments = self.validate_argument_spec(ARGUMENT_SPEC)  # type: ignore[no-untyped-call]
        observed = plain(arguments["observed"])
        verdicts = judge(observed, _rules(arguments))
        result["changed"] = False
        result["observed"] = observed
        result["well"] = all(verdict.state == UP for verdict in verdicts)
        result["targets"] = {
            verdict.name: {"state": verdict.state, "message": verdict.message, "words": list(verdict.words)}
            for verdict in verdicts
        }
        messages = [f"{verdict.message}." for verdict in verdicts if verdict.state != UP]
        if messages and arguments["require"] and not arguments["quiet"]:
            result["failed"] = True
            result["msg"] = "\n".join(messages)
        elif messages and not arguments["quiet"]:
            result.setdefault("warnings", []).extend(messages)
        return result


def _rules(arguments: dict[str, t.Any]) -> Rules:
    return Rules(
        exporter=str(arguments["name"]),
        title=str(arguments["title"]),
        up=str(arguments["up"]),
        error_metric=str(arguments["error_metric"]),
        refused=tuple(str(pattern) for pattern in arguments["refused"]),
        conditions=tuple(
            Condition(str(item["metric"]), None if item["present"] else float(item["value"]), str(item["problem"]))
            for item in arguments["conditions"]
        ),
    )

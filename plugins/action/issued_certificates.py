# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Give a host certificates of an internal authority. Documented in plugins/modules/issued_certificates.py."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._certificates import CERTIFICATE
from ansible_collections.enterprise_tickets.observability.plugins.modules.issued_certificates import DOCUMENTATION
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._certificates import (
    Authority,
    CertificateError,
    Judgement,
    Wish,
    end_of,
    names_problem,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._documentation import argument_spec
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._managed_service import plain

ARGUMENT_SPEC: t.Final = argument_spec(DOCUMENTATION)
WORKER: t.Final = "enterprise_tickets.observability.issued_certificates_host"
_OWN_NAMES: t.Final = ("inventory_hostname", "observability_address", "ansible_host")
_LOOPBACK: t.Final = ("localhost", "127.0.0.1", "::1")

Data = dict[str, t.Any]


class ActionModule(ActionBase):
    """Sees to keys and certificates of a host."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_diff = True

    def run(self, tmp: str | None = None, task_vars: Data | None = None) -> Data:
        """Look at the host, and issue what is needed; see ActionBase.run()."""
        result: Data = super().run(tmp, task_vars)
        self._task_vars: Data = task_vars or {}
        _validation, arguments = self.validate_argument_spec(ARGUMENT_SPEC)  # type: ignore[no-untyped-call]
        arguments = plain(arguments)
        try:
            authority = Authority(arguments["ca_certificate"], arguments["ca_private_key"])
            wishes = [self._wish(item) for item in arguments["certificates"]]
            result.update(self._see_to(authority, arguments["certificates"], wishes))
        except CertificateError as error:
            raise AnsibleActionFail(str(error)) from None
        return result

    def _wish(self, item: Data) -> Wish:
        own = [plain(self._templar.template(self._task_vars.get(name, ""))) for name in _OWN_NAMES]
        names = tuple(dict.fromkeys(name for name in (*own, *_LOOPBACK, *item["names"]) if name))
        if problem := names_problem(names):
            raise CertificateError(f"certificates: the names of {item['directory']}: {problem}.")
        if not 0 < item["renew_days"] < item["days"]:
            raise CertificateError(
                f"certificates: renew_days of {item['directory']} is {item['renew_days']}; expected a number from 1 to "
                f"days, which is {item['days']}."
            )
        return Wish(names[0], names, item["days"], item["renew_days"])

    def _see_to(self, authority: Authority, items: list[Data], wishes: list[Wish]) -> Data:
        places = [{key: item[key] for key in ("directory", "owner", "group")} for item in items]
        found = self._on_host("look", places)
        judged = [
            authority.judge(there["certificate"], there["public_key"], wish)
            for there, wish in zip(found, wishes, strict=True)
        ]
        for item, judgement in zip(items, judged, strict=True):
            if judgement.foreign:
                raise CertificateError(_foreign(item["directory"]))
        issue = [bool(judgement.reason) for judgement in judged]
        warnings = []
        if not authority.can_sign:
            for index, judgement in enumerate(judged):
                if judgement.reason:
                    warnings.append(_without_key(items[index]["directory"], judgement))
                    issue[index] = False
        stale = [there["authority"] != authority.pem or not there["protected"] for there in found]
        todo = [index for index in range(len(items)) if issue[index] or stale[index]]
        certificates = [there["certificate"] for there in found]
        if todo and not self._task.check_mode:
            self._carry_out(authority, places, wishes, issue, todo, certificates)
        result: Data = {
            "changed": bool(todo),
            "certificates": [
                {
                    "directory": item["directory"],
                    "issued": issue[index],
                    "reason": judged[index].reason,
                    "expires": end_of(certificates[index]) if certificates[index] and _readable(judged[index]) else "",
                }
                for index, item in enumerate(items)
            ],
        }
        if warnings:
            result["warnings"] = warnings
        if self._task.diff:
            result["diff"] = [
                _difference(items[index]["directory"], wishes[index], judged[index] if issue[index] else Judgement())
                for index in todo
            ]
        return result

    def _carry_out(
        self,
        authority: Authority,
        places: list[Data],
        wishes: list[Wish],
        issue: list[bool],
        todo: list[int],
        certificates: list[str],
    ) -> None:
        """Have the host ask for what is missing, sign it, and have it put in its place."""
        asking = [index for index in todo if issue[index]]
        if asking:
            asked = [{**places[index], "common_name": wishes[index].common_name} for index in asking]
            for index, request in zip(asking, self._on_host("request", asked), strict=True):
                certificates[index] = authority.sign(request, wishes[index])
        self._on_host(
            "store",
            [
                {
                    **places[index],
                    "authority": authority.pem,
                    "certificate": certificates[index] if issue[index] else "",
                }
                for index in todo
            ],
        )

    def _on_host(self, step: str, places: list[Data]) -> list[t.Any]:
        answer = self._execute_module(
            module_name=WORKER, module_args={"step": step, "places": places}, task_vars=self._task_vars
        )
        if answer.get("failed"):
            raise CertificateError(str(answer.get("msg")))
        return t.cast("list[t.Any]", answer["answers"])


def _readable(judgement: Judgement) -> bool:
    return "damaged" not in judgement.reason


def _foreign(directory: str) -> str:
    return (
        f"observability_ca_certificate: found an authority that has not issued {directory}/{CERTIFICATE}, expected "
        "that one, too: others still trust it alone, and would refuse a certificate of another one. To replace an "
        "authority put the new certificate before the old one, run for all hosts, and take the old one out afterwards. "
        f"To begin anew remove {directory}."
    )


def _without_key(directory: str, judgement: Judgement) -> str:
    """What to say where nobody can sign a certificate that is needed; an error where the old one is of no use."""
    text = (
        f"{directory}: another certificate is needed ({judgement.reason}), but observability_ca_private_key is empty; "
        "expected the key of the authority, from Ansible Vault."
    )
    if not judgement.usable:
        raise CertificateError(text)
    return text


def _difference(directory: str, wish: Wish, judgement: Judgement) -> dict[str, str]:
    after = f"authority, owners and modes of {directory} are set right\n"
    if judgement.reason:
        after = f"a certificate for {', '.join(wish.names)}, because {judgement.reason}\n"
    return {"before": "", "after": after, "before_header": directory, "after_header": directory}

#!/usr/bin/python
# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: managed_service_apply
short_description: The part of managed_service that runs on the host
version_added: 1.0.0
author:
  - Enterprise Tickets contributors (@enterprise-tickets)
description:
  - Worker of M(enterprise_tickets.observability.managed_service), which sends it everything in one piece. Not
    for use in
    playbooks.
attributes:
  check_mode:
    support: full
    description: Can run in check_mode and return changed status prediction without modifying target.
  diff_mode:
    support: full
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff mode.
options:
  payload:
    description: The packed specification and files.
    type: str
    required: true
seealso:
  - module: enterprise_tickets.observability.managed_service
"""

EXAMPLES = r"""
# Use enterprise_tickets.observability.managed_service.
"""

RETURN = r"""
reaction:
  description: See M(enterprise_tickets.observability.managed_service).
  returned: always
  type: str
"""

import signal
from dataclasses import asdict

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.bundle import unpack
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.engine import apply
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.errors import (
    ManagedServiceError,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.masking import (
    for_bundle,
)


def main() -> None:
    """Unpack, apply, and tell; secret values are masked in whatever is told."""
    # The payload is opaque; its secrets are masked by value below.
    module = AnsibleModule(
        argument_spec={"payload": {"type": "str", "required": True, "no_log": True}}, supports_check_mode=True
    )
    # A controller that goes away must not cut a change in half.
    for number in (signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    bundle = unpack(module.params["payload"])
    masker = for_bundle(bundle)
    try:
        report = asdict(apply(bundle, module.check_mode, module._diff))
    except ManagedServiceError as error:
        module.fail_json(msg=masker.text(error.msg), **masker.tree(error.details))
    if not module._diff:
        del report["diff"]
    module.exit_json(**masker.tree(report))


if __name__ == "__main__":
    main()

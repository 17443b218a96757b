#!/usr/bin/python
# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: service_software_dpkg
short_description: Mend an interrupted package installation (used by service_software)
version_added: 1.0.0
author:
  - Enterprise Tickets contributors (@enterprise-tickets)
description:
  - Runs before and after M(ansible.builtin.apt), so that an installation which is killed can be finished by the
    next run, and does not leave behind the file that forbids services to start.
  - A part of M(enterprise_tickets.observability.service_software) that runs on the host; of no use in playbooks.
attributes:
  check_mode:
    support: none
    description: Not run in check mode.
  diff_mode:
    support: none
    description: Shows nothing.
  platform:
    support: full
    platforms: debian
    description: Debian and Ubuntu.
options:
  step:
    description: V(prepare) before the installation, V(finish) after it, whatever came of it.
    type: str
    choices: [prepare, finish]
    required: true
  owner:
    description: Name of the run.
    type: str
    required: true
  configure:
    description: Whether packages are unpacked and not configured.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Mend what an interrupted installation left
  enterprise_tickets.observability.service_software_dpkg:
    step: prepare
    owner: run-1
"""

RETURN = r"""
notes:
  description: What was mended.
  returned: success
  type: list
  elements: str
"""

import os

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._dpkg import finish, prepare
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._errors import SoftwareError


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "step": {"type": "str", "choices": ["prepare", "finish"], "required": True},
            "owner": {"type": "str", "required": True},
            "configure": {"type": "bool", "default": False},
        },
    )
    parameters = module.params
    if os.geteuid() != 0:
        module.fail_json(msg="needs root: add 'become: true'")
    os.umask(0o022)
    notes: list[str] = []
    try:
        if parameters["step"] == "prepare":
            notes = prepare(parameters["owner"], parameters["configure"])["notes"]
        else:
            finish(parameters["owner"])
    except (SoftwareError, OSError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=bool(notes), notes=notes)


if __name__ == "__main__":
    main()

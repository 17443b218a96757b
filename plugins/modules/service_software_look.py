#!/usr/bin/python
# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: service_software_look
short_description: Look at what is installed (used by service_software)
version_added: 1.0.0
author:
  - Enterprise Tickets contributors (@enterprise-tickets)
description:
  - Tells distribution, architecture, versions of packages, releases below C(/opt), and what apt offers for packages
    that are missing.
  - The part of M(enterprise_tickets.observability.service_software) that runs on the host; of no use in playbooks.
attributes:
  check_mode:
    support: full
    description: Changes nothing.
  diff_mode:
    support: none
    description: Changes nothing.
  platform:
    support: full
    platforms: debian
    description: Tells of other distributions that they are others.
options:
  wishes:
    description: Packages that somebody wants.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the package.
        type: str
        required: true
      version:
        description: Pattern for its version.
        type: str
        default: ""
      optional:
        description: Whether a program of its name is as good.
        type: bool
        default: false
  known:
    description: Further packages whose version is told.
    type: list
    elements: str
    default: []
  services:
    description: Services whose releases below C(/opt) are told.
    type: list
    elements: str
    default: []
  users:
    description: Users whose uid is told.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Look at the host
  enterprise_tickets.observability.service_software_look:
    wishes:
      - name: prometheus
        version: "2.53.*"
    services: [prometheus]
"""

RETURN = r"""
look:
  description: What was found; see the class Look in C(plugins/module_utils/_software/_look.py).
  returned: success
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._errors import SoftwareError
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._look import look


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "wishes": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "name": {"type": "str", "required": True},
                    "version": {"type": "str", "default": ""},
                    "optional": {"type": "bool", "default": False},
                },
            },
            "known": {"type": "list", "elements": "str", "default": []},
            "services": {"type": "list", "elements": "str", "default": []},
            "users": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    parameters = module.params
    try:
        found = look(parameters["wishes"], parameters["known"], parameters["services"], parameters["users"])
    except SoftwareError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, look=found)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: managed_service_removal
short_description: Remove services that this collection has deployed on a host
version_added: 1.0.0
author:
  - Enterprise Tickets contributors (@enterprise-tickets)
description:
  - Stops and disables the units, and removes the files, links and empty directories that
    M(enterprise_tickets.observability.managed_service) has written on the host, by its own record, and the releases of
    upstream that M(enterprise_tickets.observability.service_software) has unpacked below C(/opt).
  - Never removes a package, a user, or a file that somebody else has put there. With its package still installed, the
    unit that the package brings is there again, disabled and stopped.
  - Keeps what the service has gathered, unless O(delete_data) says otherwise.
  - All files of a service go, or none; a run that was cut off is finished by the next.
attributes:
  check_mode:
    support: full
    description: Can run in check_mode and return changed status prediction without modifying target.
  diff_mode:
    support: full
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff mode.
  platform:
    support: full
    platforms: debian
    description: Debian and Ubuntu with systemd.
options:
  services:
    description: Names of the services, the names of their roles. V(all) alone stands for all that are there. One that
      is not there changes nothing.
    type: list
    elements: str
    required: true
  data:
    description: Directories with what a service has gathered, by its name.
    type: dict
    default: {}
  delete_data:
    description: Delete O(data) of the services that are removed.
    type: bool
    default: false
seealso:
  - module: enterprise_tickets.observability.managed_service
"""

EXAMPLES = r"""
- name: Remove Grafana and keep its database
  enterprise_tickets.observability.managed_service_removal:
    services: [grafana]

- name: Remove all that the collection has deployed on the host, and what it has gathered
  enterprise_tickets.observability.managed_service_removal:
    services: [all]
    data: "{{ groups | enterprise_tickets.observability.data_directories(hostvars, inventory_hostname) }}"
    delete_data: true
"""

RETURN = r"""
services:
  description: The services that were there.
  returned: success
  type: list
  elements: str
units:
  description: The units that were stopped and disabled.
  returned: success
  type: list
  elements: str
removed:
  description: The paths that are gone.
  returned: success
  type: list
  elements: str
kept:
  description: The directories with data that are still there.
  returned: success
  type: list
  elements: str
"""

import os
from dataclasses import asdict

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.errors import (
    ManagedServiceError,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.removal import remove
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._errors import SoftwareError


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "services": {"type": "list", "elements": "str", "required": True},
            "data": {"type": "dict", "default": {}},
            "delete_data": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    if os.geteuid() != 0:
        module.fail_json(msg="Root is needed on the host, this runs as uid %d; set become: true." % os.geteuid())
    parameters = module.params
    try:
        report = remove(
            parameters["services"],
            parameters["data"],
            parameters["delete_data"],
            "managed_service_removal",
            module.check_mode,
        )
    except ManagedServiceError as error:
        module.fail_json(msg=error.msg)
    except (SoftwareError, OSError) as error:
        module.fail_json(msg="Only a part is removed: %s. Run it again when that is mended." % error)
    result = asdict(report)
    if not module._diff:
        del result["diff"]
    module.exit_json(changed=bool(report.services), **result)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: service_software_repository
short_description: Set up a vendor's apt repository (used by service_software)
version_added: 1.0.0
author:
  - Enterprise Tickets contributors (@enterprise-tickets)
description:
  - Asks the repository for its release file, fetches its key, and writes the files of apt.
  - A part of M(enterprise_tickets.observability.service_software) that runs on the host; of no use in playbooks.
attributes:
  check_mode:
    support: full
    description: Asks the repository, and writes nothing.
  diff_mode:
    support: none
    description: Shows nothing.
  platform:
    support: full
    platforms: debian
    description: Debian and Ubuntu.
options:
  files:
    description: Content by path below C(/etc/apt); without content the file is removed, or is the key.
    type: dict
    required: true
  release_url:
    description: The signed release file. Without it the repository is not asked.
    type: str
    default: ""
  key_url:
    description: Where to fetch the key.
    type: str
    default: ""
  key_path:
    description: The file of the key that is fetched.
    type: str
    default: ""
  ca_file:
    description: Certificate authorities for C(https).
    type: path
  timeout:
    description: Seconds to wait for an answer.
    type: int
    default: 30
  service:
    description: The service, whose variables messages name.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Remove a source
  enterprise_tickets.observability.service_software_repository:
    service: grafana
    files:
      /etc/apt/sources.list.d/ets-grafana.sources:
"""

RETURN = r"""
before:
  description: What the files held before; null for those that were not there.
  returned: success, unless in check mode
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software import _repository
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._errors import SoftwareError
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._fetch import Access


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "files": {"type": "dict", "required": True},
            "release_url": {"type": "str", "default": ""},
            "key_url": {"type": "str", "default": "", "no_log": False},
            "key_path": {"type": "str", "default": "", "no_log": False},
            "ca_file": {"type": "path"},
            "timeout": {"type": "int", "default": 30},
            "service": {"type": "str", "required": True},
        },
        supports_check_mode=True,
    )
    parameters = module.params
    access = Access(ca_file=parameters["ca_file"] or "", timeout=parameters["timeout"])
    files = dict(parameters["files"])
    prefix = f"{parameters['service']}_repository"
    try:
        if parameters["release_url"]:
            _repository.probe(parameters["release_url"], access, f"{prefix}_url")
        if parameters["key_url"]:
            files[parameters["key_path"]] = _repository.fetch_key(parameters["key_url"], access, f"{prefix}_key_url")
        before = {} if module.check_mode else _repository.write(files)
    except SoftwareError as error:
        module.fail_json(msg=str(error), source=error.source)
    except OSError as error:
        module.fail_json(msg=str(error), source=False)
    module.exit_json(changed=bool(files), before=before)


if __name__ == "__main__":
    main()

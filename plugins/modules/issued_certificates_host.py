#!/usr/bin/python
# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: issued_certificates_host
short_description: The part of issued_certificates that runs on the host
version_added: 1.0.0
author:
  - Enterprise Tickets contributors (@enterprise-tickets)
description:
  - Worker of M(enterprise_tickets.observability.issued_certificates). Not for use in playbooks.
attributes:
  check_mode:
    support: partial
    description: Reads the files.
    details: Only the step C(look) is taken then.
  diff_mode:
    support: none
    description: Shows nothing.
  platform:
    support: full
    platforms: posix
    description: Hosts with openssl.
options:
  step:
    description: Look, ask for certificates, or put them in their places.
    type: str
    choices: [look, request, store]
    required: true
  places:
    description: Directories with what the step needs.
    type: list
    elements: dict
    required: true
    suboptions:
      directory:
        description: The directory.
        type: str
        required: true
      owner:
        description: Owner of the key.
        type: str
        required: true
      group:
        description: Group of the key.
        type: str
        required: true
      common_name:
        description: The name to ask for.
        type: str
        default: ""
      authority:
        description: The authority's certificate.
        type: str
        default: ""
      certificate:
        description: The certificate to put beside the key that was asked for; empty where both stay.
        type: str
        default: ""
seealso:
  - module: enterprise_tickets.observability.issued_certificates
"""

EXAMPLES = r"""
# Use enterprise_tickets.observability.issued_certificates.
"""

RETURN = r"""
answers:
  description: For each place what is there, or the request for its certificate.
  returned: success
  type: list
  elements: raw
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._certificates import (
    PairError,
    Place,
    look,
    request,
    store,
)

PLACE: dict[str, t.Any] = {
    "directory": {"type": "str", "required": True},
    "owner": {"type": "str", "required": True},
    "group": {"type": "str", "required": True},
    "common_name": {"type": "str", "default": ""},
    "authority": {"type": "str", "default": ""},
    "certificate": {"type": "str", "default": ""},
}


def answer(step: str, item: dict[str, t.Any]) -> t.Any:
    """Take a step for one place."""
    place = Place(item["directory"], item["owner"], item["group"])
    if step == "look":
        return look(place)
    if step == "request":
        return request(place, item["common_name"])
    return store(place, item["authority"], item["certificate"])


def main() -> None:
    """Take a step for each place."""
    module = AnsibleModule(
        argument_spec={
            "step": {"type": "str", "choices": ["look", "request", "store"], "required": True},
            "places": {"type": "list", "elements": "dict", "required": True, "options": PLACE},
        },
        # The action plugin takes no other step than the first one then.
        supports_check_mode=True,
    )
    step = module.params["step"]
    if module.check_mode and step != "look":
        module.fail_json(msg="only to look is possible in check mode")
    directory = ""
    try:
        answers = []
        for item in module.params["places"]:
            directory = item["directory"]
            answers.append(answer(step, item))
    except (PairError, OSError) as error:
        module.fail_json(msg="%s: %s" % (directory, error))
    module.exit_json(changed=step == "store", answers=answers)


if __name__ == "__main__":
    main()

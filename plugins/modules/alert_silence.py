#!/usr/bin/python
# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: alert_silence
short_description: Make, list and end silences of Alertmanager
version_added: 1.0.0
author:
  - Enterprise Tickets contributors (@enterprise-tickets)
description:
  - Makes a silence for alerts with given labels, ends those with exactly these labels, or lists all.
  - The peers of the Alertmanager hear of it.
extends_documentation_fragment:
  - enterprise_tickets.observability._alertmanager
attributes:
  check_mode:
    support: full
    description: Asks which silences there are, and tells what would be made or ended.
  diff_mode:
    support: none
    description: The result names the silences that changed.
  platform:
    support: full
    platforms: posix
    description: Hosts that reach Alertmanager.
options:
  state:
    description: V(present) makes a silence, V(absent) ends it, V(listed) changes nothing.
    type: str
    choices: [present, absent, listed]
    default: present
  labels:
    description: Labels of the alerts. A value that begins with C(~) is a regular expression, which must fit as a whole.
    type: dict
    default: {}
  duration:
    description: How long from now, such as V(30m), V(2h) or V(1d). One that lasts as long already is left alone.
    type: str
    default: 1h
  comment:
    description: Why. Needed for O(state=present).
    type: str
    default: ""
  author:
    description: Who.
    type: str
    default: Ansible
"""

EXAMPLES = r"""
- name: Keep quiet about a host while it is rebuilt
  enterprise_tickets.observability.alert_silence:
    url: http://127.0.0.1:9093
    labels:
      node: web1
    duration: 2h
    comment: New disks
"""

RETURN = r"""
silences:
  description: The silences that are active or will be, and with O(state=present) or O(state=absent) have these labels.
  returned: success
  type: list
  elements: dict
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.alertmanager import (
    SPEC,
    access_of,
    lasts,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.model import (
    CannotTell,
    ConfigError,
    Unreachable,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.silences import (
    create,
    end,
    matchers_of,
    same_matchers,
    seconds_of,
    silences,
)


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            **SPEC,
            "state": {"type": "str", "choices": ["present", "absent", "listed"], "default": "present"},
            "labels": {"type": "dict", "default": {}},
            "duration": {"type": "str", "default": "1h"},
            "comment": {"type": "str", "default": ""},
            "author": {"type": "str", "default": "Ansible"},
        },
        supports_check_mode=True,
    )
    try:
        changed, found = carry_out(module.params, module.check_mode)
    except (ConfigError, CannotTell, Unreachable) as error:
        module.fail_json(msg="%s: %s" % (module.params["url"], error))
    module.exit_json(changed=changed, silences=found)


def carry_out(given: dict[str, t.Any], check_mode: bool) -> tuple[bool, list[dict[str, t.Any]]]:
    """Do what is asked for; returns whether that changed something, and the silences.

    Raises:
        ConfigError, CannotTell, Unreachable: It cannot be done.
    """
    url, state = given["url"], given["state"]
    access = access_of(given)
    labels = {str(name): str(value) for name, value in given["labels"].items()}
    if state != "listed" and not labels:
        raise ConfigError("labels is empty; expected at least one, such as node")
    if state == "present" and not given["comment"].strip():
        raise ConfigError("comment is empty; expected the reason")
    span = seconds_of(given["duration"])
    found = silences(url, access)
    if state == "listed":
        return False, found
    same = [item for item in found if same_matchers(item, matchers_of(labels))]
    if state == "absent":
        for item in same if not check_mode else ():
            end(url, access, item["id"])
        return bool(same), same
    if any(lasts(item["endsAt"], span) for item in same):
        return False, same
    if not check_mode:
        create(url, access, labels, span, given["author"], given["comment"])
        same = [item for item in silences(url, access) if same_matchers(item, matchers_of(labels))]
    return True, same


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: alert_announcement
short_description: Tell through Alertmanager what people do
version_added: 1.0.0
author:
  - Enterprise Tickets contributors (@enterprise-tickets)
description:
  - Makes an alert of severity C(info) and team C(operations), such as a deployment, or ends it. With the routes of the
    role P(enterprise_tickets.observability.alertmanager#role), Slack's C(#ops) and the operations team's Teams channel
    hear of its begin and of its end, and nobody is woken up.
  - The Alertmanager that is told of it keeps it. One that is restarted in between does not tell of the end.
extends_documentation_fragment:
  - enterprise_tickets.observability._alertmanager
attributes:
  check_mode:
    support: full
    description: Asks what is announced, and tells what would be announced or ended.
  diff_mode:
    support: none
    description: There is nothing to compare.
  platform:
    support: full
    platforms: posix
    description: Hosts that reach Alertmanager.
options:
  state:
    description: V(present) tells of it, V(absent) of its end. One that lasts as long already is not announced again.
    type: str
    choices: [present, absent]
    default: present
  kind:
    description: What is done; the name of the alert.
    type: str
    default: Deployment
  subject:
    description: What it is about. With O(kind), it tells one announcement from another.
    type: str
    required: true
  description:
    description: Further words.
    type: str
    default: ""
  author:
    description: Who.
    type: str
    default: Ansible
  duration:
    description: How long it takes at most, such as V(30m), V(2h) or V(1d); then its end is told by itself.
    type: str
    default: 30m
"""

EXAMPLES = r"""
- name: Tell of a deployment
  enterprise_tickets.observability.alert_announcement:
    url: http://127.0.0.1:9093
    subject: Release 4.2 of the back end

- name: Tell of its end
  enterprise_tickets.observability.alert_announcement:
    url: http://127.0.0.1:9093
    subject: Release 4.2 of the back end
    state: absent
"""

RETURN = r"""
labels:
  description: The labels of the alert.
  returned: success
  type: dict
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.alertmanager import (
    SPEC,
    access_of,
    lasts,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.announcements import (
    announce,
    announced,
    labels_of,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.model import (
    CannotTell,
    ConfigError,
    Unreachable,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.silences import (
    seconds_of,
)


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            **SPEC,
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "kind": {"type": "str", "default": "Deployment"},
            "subject": {"type": "str", "required": True},
            "description": {"type": "str", "default": ""},
            "author": {"type": "str", "default": "Ansible"},
            "duration": {"type": "str", "default": "30m"},
        },
        supports_check_mode=True,
    )
    try:
        changed, labels = carry_out(module.params, module.check_mode)
    except (ConfigError, CannotTell, Unreachable) as error:
        module.fail_json(msg="%s: %s" % (module.params["url"], error))
    module.exit_json(changed=changed, labels=labels)


def carry_out(given: dict[str, t.Any], check_mode: bool) -> tuple[bool, dict[str, str]]:
    """Do what is asked for; returns whether that changed something, and the labels.

    Raises:
        ConfigError, CannotTell, Unreachable: It cannot be done.
    """
    for name in ("kind", "subject"):
        if not given[name].strip():
            raise ConfigError("%s is empty; expected what is done" % name)
    url, access, span = given["url"], access_of(given), seconds_of(given["duration"])
    labels = labels_of(given["kind"], given["subject"])
    found = announced(url, access, labels)
    present = given["state"] == "present"
    if any(lasts(item["endsAt"], span) for item in found) if present else not found:
        return False, labels
    if not check_mode:
        words = {"summary": given["subject"], "description": "%s (by %s)" % (given["description"], given["author"])}
        words["description"] = words["description"].strip()
        # The end repeats the words of the begin, which people read again in the message.
        announce(url, access, labels, words if present else found[0]["annotations"], span if present else 0)
    return True, labels


if __name__ == "__main__":
    main()

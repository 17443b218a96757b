#!/usr/bin/python
# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: health_check
short_description: Check the health of a host and of the services that run there
version_added: 1.0.0
author:
  - Enterprise Tickets contributors (@enterprise-tickets)
description:
  - Runs all checks at once, each with its own timeout, and tells what each found. Changes nothing.
  - The same engine as C(enterprise-tickets-health-check), which the role C(operator_tools) puts on the hosts.
notes:
  - Checks of kind C(http) with C(expect) need the Debian package C(python3-jmespath) on the host.
  - A hanging probe is left alone once its time is over; the module takes as long as the slowest.
attributes:
  check_mode:
    support: full
    description: Does the same.
  diff_mode:
    support: none
    description: Nothing is changed.
  platform:
    support: full
    platforms: debian
    description: Debian and Ubuntu with systemd.
options:
  checks:
    description:
      - What to check. P(enterprise_tickets.observability.health_checks#filter) computes it from the inventory.
      - Each has C(id), C(group), C(title) and C(kind), may have C(timeout) (seconds), C(next_step) and C(access), and
        the parameters of its kind.
    type: list
    elements: dict
    required: true
  credentials:
    description: How to be let in, for the checks whose C(access) is the name.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The name.
        type: str
        required: true
      username:
        description: User for HTTP basic authentication.
        type: str
        default: ""
      password:
        description: Its password.
        type: str
        default: ""
      ca_file:
        description: Certificate authority on the host; the system's where empty.
        type: str
        default: ""
      client_cert:
        description: Certificate on the host that the server asks of its clients.
        type: str
        default: ""
      client_key:
        description: Its key, a path on the host.
        type: str
        default: ""
      verify:
        description: Check the server's certificate and name.
        type: bool
        default: true
  only:
    description: Shell patterns; only checks whose id, group or kind fits one are run.
    type: list
    elements: str
    default: []
  own:
    description: Leave out what other hosts, or alerts, have found.
    type: bool
    default: false
  wait:
    description:
      - Seconds to check again what would fail the task (O(fail_on)), until it would not.
      - What is only a warning is not waited for; it would cost the time in every run.
    type: float
    default: 0
  fail_on:
    description:
      - From which state on the task fails. V(critical) includes what could not be checked; that may be critical, too.
      - What is not well and does not fail the task is a warning.
    type: str
    choices: [degraded, critical, never]
    default: critical
seealso:
  - plugin: enterprise_tickets.observability.health_checks
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Check a web server
  enterprise_tickets.observability.health_check:
    checks:
      - id: nginx.unit
        group: NGINX
        title: Unit
        kind: unit
        unit: nginx.service
      - id: nginx.answer
        group: NGINX
        title: Answer
        kind: http
        url: http://127.0.0.1/health
        expect: status == 'ok'
        timeout: 3
    wait: 30
"""

RETURN = r"""
state:
  description: The worst state.
  returned: always
  type: str
  choices: [ok, degraded, critical, unknown]
  sample: ok
summary:
  description: How many are in which state.
  returned: always
  type: str
  sample: 1 critical, 12 ok
checks:
  description: What each found, in the order of O(checks).
  returned: always
  type: list
  elements: dict
  contains:
    id:
      description: Which check.
      type: str
    group:
      description: What it belongs to.
      type: str
    title:
      description: What is looked at.
      type: str
    kind:
      description: The kind of probe.
      type: str
    state:
      description: V(ok), V(degraded), V(critical), or V(unknown) where it could not be found out.
      type: str
    message:
      description: What was found.
      type: str
    details:
      description: The parts of it, where there are several.
      type: list
      elements: str
    seconds:
      description: How long it took.
      type: float
    next_step:
      description: What to do, empty where all is well.
      type: str
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.model import (
    CRITICAL,
    DEGRADED,
    OK,
    UNKNOWN,
    ConfigError,
    Finding,
    counted,
    worst,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.running import (
    read_checks,
    read_credentials,
    run_until_well,
    select,
)

FAILING = {"degraded": (DEGRADED, CRITICAL, UNKNOWN), "critical": (CRITICAL, UNKNOWN), "never": ()}


def main() -> None:
    """Run the module."""
    credential = {
        "name": {"type": "str", "required": True},
        "username": {"type": "str", "default": ""},
        "password": {"type": "str", "default": "", "no_log": True},
        "ca_file": {"type": "str", "default": ""},
        "client_cert": {"type": "str", "default": ""},
        "client_key": {"type": "str", "default": "", "no_log": False},
        "verify": {"type": "bool", "default": True},
    }
    module = AnsibleModule(
        argument_spec={
            "checks": {"type": "list", "elements": "dict", "required": True},
            "credentials": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": credential,
                "no_log": False,
            },
            "only": {"type": "list", "elements": "str", "default": []},
            "own": {"type": "bool", "default": False},
            "wait": {"type": "float", "default": 0},
            "fail_on": {"type": "str", "choices": ["degraded", "critical", "never"], "default": "critical"},
        },
        supports_check_mode=True,
    )
    given = module.params
    try:
        credentials = read_credentials(given["credentials"])
        checks = select(read_checks(given["checks"]), given["only"], own=given["own"])
    except ConfigError as error:
        module.fail_json(msg="checks: %s" % error)
    findings = run_until_well(checks, credentials, given["wait"], FAILING[given["fail_on"]])
    result: dict[str, t.Any] = {
        "changed": False,
        "state": worst(finding.state for finding in findings),
        "summary": counted(findings),
        "checks": [finding.as_data() for finding in findings],
    }
    failing = [finding for finding in findings if finding.state in FAILING[given["fail_on"]]]
    for finding in findings:
        if finding.state != OK and finding not in failing:
            module.warn(sentence(finding))
    if failing:
        module.fail_json(msg="\n".join(sentence(finding) for finding in failing), **result)
    module.exit_json(**result)


def sentence(finding: Finding) -> str:
    """What is wrong and what to do, in one line."""
    return "%s, %s (%s, %s): %s. Next: %s" % (
        finding.check.group,
        finding.check.title,
        finding.check.id,
        finding.state,
        finding.verdict.message,
        finding.next_step,
    )


if __name__ == "__main__":
    main()

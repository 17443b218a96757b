#!/usr/bin/python
# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: redis_acl_user
short_description: Make a user of Redis with a given set of rights
version_added: 1.0.0
author:
  - Enterprise Tickets contributors (@enterprise-tickets)
description:
  - Makes a user of Redis's access control lists with one password and exactly the given rights, by one atomic command.
    Connections of others, other users and the configuration of Redis are left alone.
  - Where Redis keeps its users in a file (C(aclfile)), the change is saved there.
  - Otherwise users live until Redis restarts, unless they are lines of C(redis.conf). O(servers[].rewrite) has Redis
    write them there.
notes:
  - Needs Redis 6 or newer, or Valkey.
attributes:
  check_mode:
    support: full
    description: Looks at the servers and tells what would change.
  diff_mode:
    support: full
    description: Shows the rights, without passwords and their hashes.
  platform:
    support: full
    platforms: posix
    description: Hosts that reach the servers.
options:
  servers:
    description: The servers.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: What it is called in messages.
        type: str
        required: true
      address:
        description: Where it listens, as C(redis://host:port), C(rediss://host:port) or C(unix:///path).
        type: str
        required: true
      user:
        description: The user to make.
        type: str
        required: true
      password:
        description: The password of the user.
        type: str
        required: true
      rules:
        description: What the user may, in Redis's words, such as C(+info), C(+config|get), C(+@read) and C(~key*).
        type: list
        elements: str
        required: true
      admin_user:
        description: The user who may administer users.
        type: str
        default: default
      admin_password:
        description: Its password. Without it, nobody logs in.
        type: str
        default: ""
      rewrite:
        description:
          - Without an C(aclfile), have Redis rewrite its C(redis.conf), so that the user outlives a restart.
          - Redis writes all of its present settings there, also those that somebody changed at run time.
        type: bool
        default: false
  tls:
    description: How to speak TLS to servers whose address begins with C(rediss://).
    type: dict
    default: {}
    suboptions:
      ca_file:
        description: Certificate authority of the servers; the system's where empty.
        type: str
        default: ""
      cert_file:
        description: Client certificate.
        type: str
        default: ""
      key_file:
        description: Its key.
        type: str
        default: ""
  unreachable:
    description: What to make of a server that cannot be reached. V(report) returns its words in RV(not_reached).
    type: str
    choices: [fail, report]
    default: fail
"""

EXAMPLES = r"""
- name: Make the user of the exporter
  enterprise_tickets.observability.redis_acl_user:
    servers:
      - name: main
        address: redis://127.0.0.1:6379
        user: redis_exporter
        password: "{{ vault_redis_exporter_password }}"
        rules:
          - +ping
          - +info
"""

RETURN = r"""
not_reached:
  description: Why a server could not be reached, by its name.
  returned: success
  type: dict
  sample: {}
lost_on_restart:
  description: Servers that forget the user when they restart.
  returned: success
  type: list
  elements: str
  sample: []
"""

import typing as t
from dataclasses import dataclass

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._redis_acl import (
    Address,
    Redis,
    RedisError,
    RedisRefusal,
    RedisUnreachable,
    Tls,
    Wish,
    acl_line,
    is_as_wished,
    shown,
)

SPEC: dict[str, t.Any] = {
    "servers": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str", "required": True},
            "address": {"type": "str", "required": True},
            "user": {"type": "str", "required": True},
            "password": {"type": "str", "required": True, "no_log": True},
            "rules": {"type": "list", "elements": "str", "required": True},
            "admin_user": {"type": "str", "default": "default"},
            "admin_password": {"type": "str", "default": "", "no_log": True},
            "rewrite": {"type": "bool", "default": False},
        },
    },
    "tls": {
        "type": "dict",
        "default": {},
        "options": {
            "ca_file": {"type": "str", "default": ""},
            "cert_file": {"type": "str", "default": ""},
            "key_file": {"type": "str", "default": "", "no_log": False},
        },
    },
    "unreachable": {"type": "str", "choices": ["fail", "report"], "default": "fail"},
}


@dataclass(frozen=True)
class Outcome:
    """What became of one server.

    Attributes:
        before: The rights of the user before, None where there was no such user.
        changed: Whether something was changed, or would be.
        after: The rights it has now, or would have.
        saved: Whether the user outlives a restart of the server.
    """

    before: str | None
    changed: bool
    after: str
    saved: bool


def bring(item: dict[str, t.Any], tls: Tls, check_mode: bool) -> Outcome:
    """Bring about the user on one server.

    Args:
        item: One of the option servers.
        tls: How to speak TLS.
        check_mode: Change nothing.

    Raises:
        RedisError: It did not work.
    """
    wish = Wish(item["user"], item["password"], tuple(item["rules"]))
    problem = wish.problem()
    if problem:
        raise RedisError(problem)
    with Redis(Address.parse(item["address"]), tls) as redis:
        if item["admin_password"]:
            redis.do("AUTH", item["admin_user"], item["admin_password"])
        lines = t.cast("list[str]", redis.do("ACL", "LIST"))
        before = acl_line(lines, wish.name)
        has_file = _has_acl_file(redis)
        saved = has_file or item["rewrite"]
        if is_as_wished(before, wish):
            return Outcome(shown(before), False, shown(before), saved)
        after = " ".join(["on", "#********", *wish.rules])
        if not check_mode:
            redis.do("ACL", "SETUSER", wish.name, *wish.all_rules())
            if has_file:
                redis.do("ACL", "SAVE")
            elif item["rewrite"]:
                redis.do("CONFIG", "REWRITE")
        return Outcome(None if before is None else shown(before), True, after, saved)


def _has_acl_file(redis: Redis) -> bool:
    answer = redis.do("CONFIG", "GET", "aclfile")
    return isinstance(answer, list) and len(answer) == 2 and bool(answer[1])


def main() -> None:
    """Bring about the user on all servers."""
    module = AnsibleModule(argument_spec=SPEC, supports_check_mode=True)
    tls = Tls(**(module.params["tls"] or {}))
    not_reached: dict[str, str] = {}
    outcomes: dict[str, Outcome] = {}
    for item in module.params["servers"]:
        try:
            outcomes[item["name"]] = outcome = bring(item, tls, module.check_mode)
            if not outcome.saved:
                module.warn(
                    "Redis (%s) forgets the user %s when it restarts, for it has no aclfile and does not rewrite its "
                    "redis.conf" % (item["name"], item["user"])
                )
        except RedisUnreachable as error:
            if module.params["unreachable"] == "fail":
                module.fail_json(msg="Redis (%s) cannot be reached: %s" % (item["name"], error))
            not_reached[item["name"]] = str(error)
        except RedisRefusal as error:
            module.fail_json(msg="Redis (%s) refuses the administrator: %s" % (item["name"], error))
        except RedisError as error:
            module.fail_json(msg="Redis (%s): %s" % (item["name"], error))
    diff = [
        {
            "before_header": "Redis (%s), user" % name,
            "after_header": "Redis (%s), user" % name,
            "before": "" if outcome.before is None else outcome.before + "\n",
            "after": outcome.after + "\n",
        }
        for name, outcome in outcomes.items()
        if outcome.changed
    ]
    module.exit_json(
        changed=bool(diff),
        not_reached=not_reached,
        lost_on_restart=[name for name, outcome in outcomes.items() if not outcome.saved],
        diff=diff,
    )


if __name__ == "__main__":
    main()

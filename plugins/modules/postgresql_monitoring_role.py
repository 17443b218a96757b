#!/usr/bin/python
# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: postgresql_monitoring_role
short_description: Make a PostgreSQL role that may watch and nothing else
version_added: 1.0.0
author:
  - Enterprise Tickets contributors (@enterprise-tickets)
description:
  - Makes a role that can log in, is a member of C(pg_monitor) and nothing else, on servers of this host, as the
    administrator over the local socket (peer authentication).
  - A role that it has made is brought back to this when it has gained or lost something. It knows such a role by its
    comment. A role that somebody else has made is left alone, and that is an error unless it is as it should be.
  - Uses C(psql), which gets all SQL over its standard input. The server stores and sees only the SCRAM verifier of the
    password, and is asked not to log it.
  - On a replica nothing is done, for roles come from the primary.
notes:
  - Needs root on the host (C(become)) and the client program C(psql).
attributes:
  check_mode:
    support: full
    description: Looks at the servers and tells what it would execute.
  diff_mode:
    support: full
    description: Shows the statements, without the password.
  platform:
    support: full
    platforms: posix
    description: Hosts with PostgreSQL 10 or newer.
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
      role:
        description: Name of the role.
        type: str
        required: true
      password:
        description: Password of the role, ASCII. Without it none is set; peer authentication needs none.
        type: str
        default: ""
      socket:
        description: Directory of the server's socket.
        type: str
        default: /run/postgresql
      port:
        description: Port of the server.
        type: int
        default: 5432
      admin:
        description: User of the operating system who is superuser there under the same name.
        type: str
        default: postgres
      database:
        description: Database to connect to.
        type: str
        default: postgres
      statements:
        description:
          - Whether O(servers[].database) should have the extension C(pg_stat_statements). That the library is in
            C(shared_preload_libraries), for which the server has to restart, is not done but told.
        type: bool
        default: false
  unreachable:
    description: What to make of a server that cannot be reached. V(report) returns its words in RV(not_reached).
    type: str
    choices: [fail, report]
    default: fail
"""

EXAMPLES = r"""
- name: Make the role of the exporter
  enterprise_tickets.observability.postgresql_monitoring_role:
    servers:
      - name: main
        role: postgres_exporter

- name: Make a role with a password on the second server of the host
  enterprise_tickets.observability.postgresql_monitoring_role:
    servers:
      - name: audit
        role: postgres_exporter
        password: "{{ vault_postgres_exporter_password }}"
        port: 5433
"""

RETURN = r"""
statements:
  description: What was executed, or would be, by the name of the server; passwords are masked.
  returned: success
  type: dict
  sample:
    main: ['CREATE ROLE "postgres_exporter" LOGIN', 'GRANT pg_monitor TO "postgres_exporter"']
not_reached:
  description: Why a server could not be reached, by its name.
  returned: success
  type: dict
  sample: {}
"""

import os
import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._postgresql_role import (
    STATEMENTS_EXTENSION,
    PostgresqlError,
    Psql,
    Server,
    ServerUnreachable,
    State,
    Statement,
    Wish,
    statements,
)

SPEC: dict[str, t.Any] = {
    "servers": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str", "required": True},
            "role": {"type": "str", "required": True},
            "password": {"type": "str", "default": "", "no_log": True},
            "socket": {"type": "str", "default": "/run/postgresql"},
            "port": {"type": "int", "default": 5432},
            "admin": {"type": "str", "default": "postgres"},
            "database": {"type": "str", "default": "postgres"},
            "statements": {"type": "bool", "default": False},
        },
    },
    "unreachable": {"type": "str", "choices": ["fail", "report"], "default": "fail"},
}


def bring(item: dict[str, t.Any], check_mode: bool, warn: t.Callable[[str], None]) -> list[Statement]:
    """Bring about the role on one server.

    Args:
        item: One of the option servers.
        check_mode: Execute nothing.
        warn: Takes what a person should know.

    Returns:
        The statements that were executed, or would be.

    Raises:
        PostgresqlError: It did not work.
    """
    keys = ("name", "socket", "port", "admin", "database")
    server = Server(**{key: item[key] for key in keys})
    wish = Wish(item["role"], item["password"] or "", item["statements"])
    problem = wish.problem()
    if problem:
        raise PostgresqlError(problem)
    psql = Psql(server)
    state = psql.state(wish.role)
    _warn_of_library(state, wish, server, warn)
    if state.recovery:
        if state.role is None:
            warn("PostgreSQL (%s) is a replica and its primary has no role %s yet" % (server.name, wish.role))
        return []
    found = statements(state, wish, os.urandom(16))
    if found and not check_mode:
        psql.execute(found)
    return found


def _warn_of_library(state: State, wish: Wish, server: Server, warn: t.Callable[[str], None]) -> None:
    libraries = [name.strip() for name in state.libraries.split(",")]
    if wish.statements and STATEMENTS_EXTENSION not in libraries:
        warn(
            "PostgreSQL (%s) does not load %s: put it into shared_preload_libraries and restart the server. Until then "
            "there are no metrics of statements." % (server.name, STATEMENTS_EXTENSION)
        )


def main() -> None:
    """Bring about the role on all servers."""
    module = AnsibleModule(argument_spec=SPEC, supports_check_mode=True)
    executed: dict[str, list[str]] = {}
    not_reached: dict[str, str] = {}
    for item in module.params["servers"]:
        try:
            found = bring(item, module.check_mode, module.warn)
        except ServerUnreachable as error:
            if module.params["unreachable"] == "fail":
                module.fail_json(msg="PostgreSQL (%s) cannot be reached: %s" % (item["name"], error))
            not_reached[item["name"]] = str(error)
        except PostgresqlError as error:
            module.fail_json(msg="PostgreSQL (%s): %s" % (item["name"], error))
        else:
            executed[item["name"]] = [statement.shown for statement in found]
    diff = [
        {
            "before_header": "PostgreSQL (%s)" % name,
            "after_header": "PostgreSQL (%s)" % name,
            "before": "",
            "after": "".join(text + ";\n" for text in texts),
        }
        for name, texts in executed.items()
        if texts
    ]
    module.exit_json(changed=bool(diff), statements=executed, not_reached=not_reached, diff=diff)


if __name__ == "__main__":
    main()

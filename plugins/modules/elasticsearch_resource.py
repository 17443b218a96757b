#!/usr/bin/python
# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: elasticsearch_resource
short_description: Make templates, policies, pipelines, roles, users and settings of Elasticsearch
version_added: 1.0.0
author:
  - Enterprise Tickets contributors (@enterprise-tickets)
description:
  - Brings about a list of resources in one call. Each is compared with what is there, and only what differs is written.
  - Defaults that Elasticsearch adds to an answer are no difference.
  - The certificate of the server is always verified.
notes:
  - The password of a user is compared by logging in with it. Where audit logging is on, a password that is to be
    changed is seen there as a failed login.
  - Index and component templates apply to indices that are made from then on. An index that exists keeps its mappings.
attributes:
  check_mode:
    support: full
    description: Looks at the resources and tells what would change.
  diff_mode:
    support: full
    description: Shows the resources, without passwords.
  platform:
    support: full
    platforms: posix
    description: Hosts that reach Elasticsearch.
options:
  url:
    description: Where Elasticsearch listens. With a user, C(http) is refused for other hosts than the own one.
    type: str
    required: true
  ca_file:
    description: Certificate authority of the server; the system's where empty.
    type: path
    default: ""
  user:
    description: Who asks; nobody where empty.
    type: str
    default: ""
  password:
    description: The password of O(user).
    type: str
    default: ""
  password_file:
    description: A file on the host with the password of O(user).
    type: path
    default: ""
  timeout:
    description: Seconds that connecting and each answer may take.
    type: int
    default: 30
  resources:
    description: The resources, each behind those that it names.
    type: list
    elements: dict
    required: true
    suboptions:
      kind:
        description: What it is.
        type: str
        required: true
        choices: [cluster_settings, component_template, ilm_policy, index_template, ingest_pipeline, role, user]
      name:
        description: Its name. C(cluster_settings) have none.
        type: str
        default: ""
      body:
        description:
          - What the API of Elasticsearch takes, such as C({"policy":{"phases":{...}}}).
          - Of C(cluster_settings), the persistent settings. Others are left alone; one that is null is removed.
        type: dict
        default: {}
      password:
        description: The password of a user. Left alone where empty; a new user needs one.
        type: str
        default: ""
      state:
        description: Whether there is such a resource.
        type: str
        choices: [present, absent]
        default: present
"""

EXAMPLES = r"""
- name: Keep logs of the application for 30 days
  enterprise_tickets.observability.elasticsearch_resource:
    url: https://es1.example.com:9200
    ca_file: /etc/elasticsearch/certs/ca.crt
    user: elastic
    password_file: /root/.elastic
    resources:
      - kind: ilm_policy
        name: ets-logs-application
        body:
          policy:
            phases:
              hot:
                actions:
                  rollover:
                    max_age: 1d
              delete:
                min_age: 29d
                actions:
                  delete: {}
      - kind: user
        name: logstash_writer
        password: "{{ vault_logstash_writer_password }}"
        body:
          roles:
            - logstash_writer
"""

RETURN = r"""
changes:
  description: The resources that were changed, or would be.
  returned: success
  type: list
  elements: str
  sample: ["ilm_policy ets-logs-application"]
"""

import json
import typing as t
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._elasticsearch import (
    CLUSTER_SETTINGS,
    KINDS,
    Elasticsearch,
    ElasticsearchError,
    Login,
    Outcome,
    Wish,
    bring,
)

SPEC: dict[str, t.Any] = {
    "url": {"type": "str", "required": True},
    "ca_file": {"type": "path", "default": ""},
    "user": {"type": "str", "default": ""},
    "password": {"type": "str", "default": "", "no_log": True},
    "password_file": {"type": "path", "default": "", "no_log": False},
    "timeout": {"type": "int", "default": 30},
    "resources": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "kind": {"type": "str", "required": True, "choices": sorted([*KINDS, CLUSTER_SETTINGS])},
            "name": {"type": "str", "default": ""},
            "body": {"type": "dict", "default": {}},
            "password": {"type": "str", "default": "", "no_log": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
    },
}


def login_of(params: dict[str, t.Any]) -> Login:
    """Who asks.

    Raises:
        ElasticsearchError: The password is given twice, or its file cannot be read.
    """
    if params["password"] and params["password_file"]:
        raise ElasticsearchError("password and password_file are both given; expected one of them")
    if not params["password_file"]:
        return Login(params["user"], params["password"])
    try:
        return Login(params["user"], Path(params["password_file"]).read_text(encoding="utf-8").rstrip("\r\n"))
    except (OSError, UnicodeDecodeError) as error:
        raise ElasticsearchError("password_file cannot be read: %s" % error) from error


def wish_of(item: dict[str, t.Any]) -> Wish:
    """One item of the option resources."""
    return Wish(item["kind"], item["name"], item["body"] if item["state"] == "present" else None, item["password"])


def diff_of(title: str, outcome: Outcome) -> dict[str, str]:
    """The difference as Ansible shows it."""

    def text(body: dict[str, t.Any] | None) -> str:
        return "" if body is None else json.dumps(body, indent=2, sort_keys=True, ensure_ascii=False) + "\n"

    after = text(outcome.after) + ("the password is set anew\n" if outcome.password_changed else "")
    return {"before_header": title, "after_header": title, "before": text(outcome.before), "after": after}


def main() -> None:
    """Bring about all resources."""
    module = AnsibleModule(argument_spec=SPEC, supports_check_mode=True)
    wishes = [wish_of(item) for item in module.params["resources"]]
    title = ""
    changes: list[str] = []
    diff: list[dict[str, str]] = []
    try:
        # Nothing is written while one of them is wrong.
        for wish in wishes:
            title = ("%s %s" % (wish.kind, wish.name)).strip() + ": "
            if wish.problem():
                raise ElasticsearchError(wish.problem())
        title = ""
        login = login_of(module.params)
        # A password out of a file is unknown to Ansible's own masking.
        module.no_log_values.update({login.password} - {""})
        server = Elasticsearch(module.params["url"], login, module.params["ca_file"], module.params["timeout"])
        for wish in wishes:
            title = ("%s %s" % (wish.kind, wish.name)).strip() + ": "
            outcome = bring(server, wish, module.check_mode)
            if outcome.changed:
                changes.append(title[:-2])
                diff.append(diff_of(title[:-2], outcome))
    except ElasticsearchError as error:
        module.fail_json(msg="%s%s" % (title, error), changed=bool(changes) and not module.check_mode, changes=changes)
    module.exit_json(changed=bool(changes), changes=changes, diff=diff)


if __name__ == "__main__":
    main()

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
extends_documentation_fragment: [enterprise_tickets.observability._rest_server]
options:
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
        choices:
          - cluster_settings
          - component_template
          - ilm_policy
          - index_template
          - ingest_pipeline
          - role
          - snapshot_repository
          - user
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

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._elasticsearch import (
    CLUSTER_SETTINGS,
    KINDS,
    Elasticsearch,
    ElasticsearchError,
    Outcome,
    Wish,
    bring,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._rest import SPEC as REST_SPEC
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._rest import Login

SPEC: dict[str, t.Any] = {
    **REST_SPEC,
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
        login = Login.of(module.params)
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

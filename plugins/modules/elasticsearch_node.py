#!/usr/bin/python
# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: elasticsearch_node
short_description: See a node of Elasticsearch through its start
version_added: 1.0.0
author:
  - Enterprise Tickets contributors (@enterprise-tickets)
description:
  - Looks at a node before anything changes, prepares its first start, and waits after a start until the cluster is
    whole.
  - Made for the role C(elasticsearch), whose unit reads C(/run/ets-elasticsearch/bootstrap.env).
notes:
  - Needs root on the host (C(become)).
attributes:
  check_mode:
    support: full
    description: Looks, and tells what would be done.
  diff_mode:
    support: none
    description: Shows nothing; RV(done) says what was done.
  platform:
    support: full
    platforms: debian
    description: Hosts with the vendor's package of Elasticsearch.
options:
  step:
    description:
      - V(look) tells whether the node is a whole part of its cluster, and what is wrong with the host. Fails where
        O(heap_bytes) is more than half of the memory, and warns of a full disk.
      - V(prepare) puts the first password of the superuser into the keystore of a node that has never run, has the node
        begin the cluster where O(seed) and there is none yet, takes out of the keystore what the package has configured
        by itself, and sets the superuser's password where a running node does not take it.
      - V(settle) lifts the restriction of C(cluster.routing.allocation.enable) to C(primaries), and waits until the
        node has joined and the cluster is green, or yellow with nothing more to do.
    type: str
    choices: [look, prepare, settle]
    required: true
  name:
    description: The name of the node in the cluster.
    type: str
    required: true
  url:
    description: Where it listens.
    type: str
    required: true
  ca_file:
    description: The authority of the certificates, a file on the host.
    type: path
    required: true
  password:
    description: The password of the superuser C(elastic).
    type: str
    required: true
  other_urls:
    description: Where the other nodes of the cluster listen, or will.
    type: list
    elements: str
    default: []
  seed:
    description: Whether this node begins the cluster where there is none.
    type: bool
    default: false
  heap_bytes:
    description: The heap that it is to have; 0 leaves it to Elasticsearch.
    type: int
    default: 0
  home:
    description: Where the package's programs are.
    type: path
    default: /usr/share/elasticsearch
  config_dir:
    description: Its configuration.
    type: path
    default: /etc/elasticsearch
  data_dir:
    description: Its data.
    type: path
    default: /var/lib/elasticsearch
  timeout:
    description: Seconds to wait in V(settle).
    type: int
    default: 600
"""

EXAMPLES = r"""
- name: Wait until the cluster is whole
  enterprise_tickets.observability.elasticsearch_node:
    step: settle
    name: es1
    url: https://127.0.0.1:9200
    ca_file: /etc/elasticsearch/tls/ca.crt
    password: "{{ elasticsearch_elastic_password }}"
"""

RETURN = r"""
done:
  description: What was done, or would be, in words.
  returned: success
  type: list
  elements: str
bootstrapped:
  description: Whether the node has been part of a cluster before.
  returned: success
  type: bool
unsettled:
  description: In V(look), why the node is not a whole part of its cluster; empty where it is.
  returned: success
  type: str
cluster:
  description: In V(settle), its status and the number of its nodes.
  returned: success
  type: dict
  sample:
    status: green
    nodes: 3
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._elasticsearch import (
    Elasticsearch,
    ElasticsearchError,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._elasticsearch_node import (
    Node,
    NodeError,
    disk_warning,
    memory_problem,
    prepare,
    settle,
    unsettled,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._rest import Login

SUPERUSER = "elastic"
#: Seconds for an answer of another node, which may well not be there.
OTHERS_TIMEOUT = 5
SPEC: dict[str, t.Any] = {
    "step": {"type": "str", "choices": ["look", "prepare", "settle"], "required": True},
    "name": {"type": "str", "required": True},
    "url": {"type": "str", "required": True},
    "ca_file": {"type": "path", "required": True},
    "password": {"type": "str", "required": True, "no_log": True},
    "other_urls": {"type": "list", "elements": "str", "default": []},
    "seed": {"type": "bool", "default": False},
    "heap_bytes": {"type": "int", "default": 0},
    "home": {"type": "path", "default": "/usr/share/elasticsearch"},
    "config_dir": {"type": "path", "default": "/etc/elasticsearch"},
    "data_dir": {"type": "path", "default": "/var/lib/elasticsearch"},
    "timeout": {"type": "int", "default": 600},
}


def node_of(params: dict[str, t.Any]) -> Node:
    """The node that the options describe."""
    login = Login(SUPERUSER, params["password"])

    def server(url: str, timeout: int) -> Elasticsearch:
        return Elasticsearch(url, login, params["ca_file"], timeout)

    return Node(
        name=params["name"],
        home=params["home"],
        config_dir=params["config_dir"],
        data_dir=params["data_dir"],
        server=server(params["url"], 30),
        login=login,
        others=tuple(server(url, OTHERS_TIMEOUT) for url in params["other_urls"]),
    )


def take(step: str, node: Node, module: AnsibleModule) -> dict[str, t.Any]:
    """Take one step."""
    if step == "look":
        problem = memory_problem(module.params["heap_bytes"])
        if problem:
            raise NodeError(problem)
        warning = disk_warning(module.params["data_dir"])
        if warning:
            module.warn(warning)
        return {"unsettled": unsettled(node)}
    if step == "prepare":
        done = prepare(node, module.params["seed"], module.check_mode)
        return {"changed": bool(done), "done": done}
    return {} if module.check_mode else {"cluster": settle(node, module.params["timeout"])}


def main() -> None:
    """Take the step that is asked for."""
    module = AnsibleModule(argument_spec=SPEC, supports_check_mode=True)
    result: dict[str, t.Any] = {"changed": False, "done": [], "unsettled": "", "cluster": {}}
    try:
        node = node_of(module.params)
        result["bootstrapped"] = node.bootstrapped
        result.update(take(module.params["step"], node, module))
    except (NodeError, ElasticsearchError, OSError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()

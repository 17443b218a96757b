#!/usr/bin/python
# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kibana_saved_objects
short_description: Keep dashboards, data views, searches and saved queries in Kibana
version_added: 1.0.0
author:
  - Enterprise Tickets contributors (@enterprise-tickets)
description:
  - Imports saved objects where Kibana does not have them as they are given, and removes what an earlier run has
    imported and is no longer given.
  - What somebody has changed in Kibana is changed back. What counts is how Kibana had stored an object when it was
    imported, so that a migration to a new version of Kibana is found once and never again.
  - All objects get a tag (O(tag_id)). What does not have it is left alone.
  - Objects that refer to something that is not among them are refused before anything is imported. Kibana's own import
    does not look at most references.
  - A run that finds nothing to do asks two questions.
notes:
  - The digests by which changes are found are kept in the description of the tag.
  - How often fields of a data view were used (C(fieldAttrs)) is no change.
  - The objects are marked as managed, so that Kibana offers to duplicate them and not to change them.
  - The user needs the privilege C(feature_savedObjectsManagement.all) of the application C(kibana-.kibana) in the
    space.
attributes:
  check_mode:
    support: full
    description: Compares and tells what would change. Whether Kibana takes the objects is not known before.
  diff_mode:
    support: full
    description: Lists the objects that come, change and go, and why.
  platform:
    support: full
    platforms: posix
    description: Hosts that reach Kibana.
extends_documentation_fragment: [enterprise_tickets.observability._rest_server]
options:
  files:
    description:
      - All objects, as the text of files that Kibana exports (NDJSON), by the names of the files.
      - Allowed are dashboards, data views (C(index-pattern)), C(lens), C(map), C(query), C(search), C(tag) and
        C(visualization).
    type: dict
    required: true
  space:
    description: Id of the space.
    type: str
    default: default
  tag_id:
    description: Id of the tag. Objects of different tags do not disturb each other.
    type: str
    default: ets
  tag_name:
    description: What the tag is called in Kibana.
    type: str
    default: Enterprise Tickets
  wait:
    description: Seconds to wait until Kibana says that it is available.
    type: int
    default: 60
"""

EXAMPLES = r"""
- name: Keep the dashboards
  enterprise_tickets.observability.kibana_saved_objects:
    url: https://kibana.example.com:5601
    ca_file: /etc/kibana/tls/ca.crt
    user: ets_kibana
    password: "{{ vault_kibana_content_password }}"
    files:
      lab.ndjson: "{{ lookup('ansible.builtin.file', 'lab.ndjson') }}"
"""

RETURN = r"""
changes:
  description: The objects that were changed, or would be, and why.
  returned: success
  type: list
  elements: str
  sample: ["dashboard ets-log-overview: was changed in Kibana"]
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._kibana import (
    GONE,
    NEW,
    Change,
    Kibana,
    KibanaError,
    Tag,
    bring,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._kibana_objects import (
    ObjectsError,
    named,
    parse,
    problems,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._rest import SPEC as REST_SPEC
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._rest import Login, RestError

SPEC: dict[str, t.Any] = {
    **REST_SPEC,
    "files": {"type": "dict", "required": True},
    "space": {"type": "str", "default": "default"},
    "tag_id": {"type": "str", "default": "ets"},
    "tag_name": {"type": "str", "default": "Enterprise Tickets"},
    "wait": {"type": "int", "default": 60},
}


def diff_of(changes: list[Change]) -> dict[str, str]:
    """The objects before and after, a line each."""

    def line(change: Change) -> str:
        return "%s (%s) %s\n" % (named(change.key), change.title, change.why)

    before = [line(change) for change in changes if change.why == GONE]
    after = [line(change) for change in changes if change.why != GONE]
    there = ["%s (%s)\n" % (named(change.key), change.title) for change in changes if change.why not in (GONE, NEW)]
    return {
        "before_header": "saved objects",
        "after_header": "saved objects",
        "before": "".join(there + before),
        "after": "".join(after),
    }


def main() -> None:
    """Bring about all objects."""
    module = AnsibleModule(argument_spec=SPEC, supports_check_mode=True)
    params = module.params
    try:
        objects = [item for name, content in sorted(params["files"].items()) for item in parse(str(content), name)]
        found = problems(objects)
        if found:
            raise KibanaError("the saved objects do not hold together:\n" + "\n".join(found))
        login = Login.of(params)
        # A password out of a file is unknown to Ansible's own masking.
        module.no_log_values.update({login.password} - {""})
        kibana = Kibana(params["url"], login, params["ca_file"], params["timeout"], params["space"])
        kibana.wait_available(params["wait"])
        changes = bring(kibana, objects, Tag(params["tag_id"], params["tag_name"]), module.check_mode)
    except (KibanaError, ObjectsError, RestError) as error:
        module.fail_json(msg=str(error))
    result: dict[str, t.Any] = {"changed": bool(changes), "changes": [str(change) for change in changes]}
    if changes:
        result["diff"] = diff_of(changes)
    module.exit_json(**result)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: grafana_server
short_description: See to Grafana's administrator, and that Grafana has loaded what is provisioned
version_added: 1.0.0
author:
  - Enterprise Tickets contributors (@enterprise-tickets)
description:
  - Logs in as the administrator. If Grafana refuses that, the password is reset by Grafana's own command, which reads
    it from its standard input, and the name is changed over the API. Grafana itself reads both from its configuration
    only when it makes its database.
  - Has Grafana load its provisioning files anew where O(reload) says so or what it has is something else.
  - Waits until each datasource, dashboard and contact point is there, and nothing that was provisioned earlier and is
    no longer.
  - Makes users and teams, which Grafana does not read from files. What it made itself and is no longer wanted goes,
    also when a run failed in between; its names are kept on the host, in
    C(/var/lib/enterprise_tickets_observability/grafana/made.json).
attributes:
  check_mode:
    support: full
    description: Logs in and compares; changes nothing.
  diff_mode:
    support: none
    description: Shows nothing, for there is nothing to show but secrets.
  platform:
    support: full
    platforms: debian
    description: The host on which Grafana runs.
options:
  url:
    description: Address with the path below which it is served.
    type: str
    required: true
  username:
    description: Name of the administrator, the user with the id 1.
    type: str
    required: true
  password:
    description: The password.
    type: str
    required: true
  previous_usernames:
    description: Names that the administrator may have had; V(admin) is always tried.
    type: list
    elements: str
    default: []
  config:
    description: Grafana's configuration file.
    type: path
    default: /etc/grafana/grafana.ini
  homepath:
    description: Grafana's home.
    type: path
    default: /usr/share/grafana
  datasources:
    description: The datasources that have to be there; C(uid), C(name), C(type) and C(url) are compared.
    type: list
    elements: dict
    default: []
  dashboards:
    description: Uid and folder of the dashboards that have to be there.
    type: dict
    default: {}
  folders:
    description: Uids of the folders in which no other dashboard may be.
    type: list
    elements: str
    default: []
  removed_folders:
    description: Uids of folders that were provisioned and are no longer, beside those that an earlier run of this
      module knows. Grafana leaves them where they are; each is deleted unless people have put something of their own
      into it, which is a warning, and makes it theirs.
    type: list
    elements: str
    default: []
  contact_points:
    description: The receivers of contact points that have to be there. Those of an earlier run that are no longer
      listed are deleted, unless Grafana needs them, which is a warning.
    type: list
    elements: dict
    default: []
    suboptions:
      uid:
        description: Identifier of the receiver.
        type: str
        required: true
      name:
        description: Name of the contact point.
        type: str
        required: true
      type:
        description: How it notifies.
        type: str
        required: true
  users:
    description: Users that have to be there. Those that an earlier run made and that are no longer listed are deleted.
    type: list
    elements: dict
    default: []
    suboptions:
      login:
        description: The name to log in with, in lower case.
        type: str
        required: true
      name:
        description: The name for people.
        type: str
      email:
        description: Address.
        type: str
      password:
        description: The password.
        type: str
        required: true
      role:
        description: What the user may do in the main organization.
        type: str
        choices: ['None', Viewer, Editor, Admin]
        default: Viewer
      update_password:
        description: Whether the password is set again when it is another one, or only given to a new user.
        type: str
        choices: [always, on_create]
        default: always
  teams:
    description: Teams that have to be there. Those that an earlier run made and that are no longer listed are deleted.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name.
        type: str
        required: true
      email:
        description: Address.
        type: str
      members:
        description: Logins of all its members. Without it, those of a team that is there are left alone.
        type: list
        elements: str
  plugins:
    description: Datasource plugins that have to be there.
    type: list
    elements: str
    default: []
  reload:
    description: Whether files have changed.
    type: bool
    default: false
  timeout:
    description: Seconds to wait until everything is loaded.
    type: int
    default: 60
"""

EXAMPLES = r"""
- name: See to the administrator
  enterprise_tickets.observability.grafana_server:
    url: http://127.0.0.1:3000
    username: admin
    password: "{{ vault_grafana_admin_password }}"
    plugins: [prometheus]
"""

RETURN = r"""
actions:
  description: What was done, or would be.
  returned: success
  type: list
  elements: str
  sample: [set the password of the administrator]
"""

import os
import subprocess
import time
import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._grafana_api import (
    Grafana,
    GrafanaError,
    Refusal,
    Session,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._grafana_made import Made
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._grafana_people import People
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.errors import (
    ManagedServiceError,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.state import (
    StateDirectory,
)

# Seconds that Grafana may take to forget the dashboards of a provider that is gone.
_FORGETTING = 10
_COMPARED = ("uid", "name", "type", "url")


def reset_password(config: str, homepath: str, password: str) -> None:
    """Set the password of the user with the id 1 by Grafana's own command, as Grafana's user.

    Raises:
        GrafanaError: the command fails.
    """
    command = [
        *("runuser", "-u", "grafana", "--", os.path.join(homepath, "bin", "grafana"), "cli"),
        *("--homepath", homepath, "--config", config, "admin", "reset-admin-password", "--password-from-stdin"),
    ]
    done = subprocess.run(
        command, input=password + "\n", capture_output=True, text=True, check=False, cwd="/", timeout=120
    )
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip())[-500:].replace(password, "********")
        raise GrafanaError(f"grafana cli could not set the password of the administrator: {said}")


class Server:
    """Grafana with its administrator.

    Args:
        session: the server.
        made: what earlier runs had it make.
        parameters: of the module.
    """

    def __init__(self, session: Session, made: Made, parameters: dict[str, t.Any]) -> None:
        self._session = session
        self._made = made
        self._parameters = parameters
        self._reloaded = False

    def log_in(self) -> bool:
        """Bring about the name and the password; tells whether the login works (in check mode it may not).

        Raises:
            GrafanaError: it does not work.
        """
        session, login = self._session, self._session.login
        answer = session.ask("GET", "/api/user")
        if answer.status == 200:
            return True
        if answer.status != 401:
            raise GrafanaError(f"cannot log in: {answer.message}")
        session.actions.append("set name and password of the administrator")
        if session.check_mode:
            return False
        password = login[1]
        reset_password(self._parameters["config"], self._parameters["homepath"], password)
        for name in dict.fromkeys((login[0], "admin", *self._parameters["previous_usernames"])):
            found = session.grafana.ask("GET", "/api/user", (name, password))
            if found.status == 200:
                self._rename(name)
                return True
        raise GrafanaError(
            "the password of the administrator was set, but nobody of that name can log in; expected the name it had "
            "before in grafana_previous_admin_users (after several refused logins Grafana refuses all for 5 minutes)"
        )

    def _rename(self, name: str) -> None:
        wanted, password = self._session.login
        if name == wanted:
            return
        answer = self._session.grafana.ask("PUT", "/api/users/1", (name, password), {"login": wanted})
        if answer.status != 200:
            raise GrafanaError(f"cannot change the name of the administrator: {answer.message}")

    def provision(self) -> None:
        """Have Grafana load what is provisioned.

        Raises:
            GrafanaError: it does not load all of it in time.
        """
        self._made.add("folders", [*self._parameters["folders"], *self._parameters["removed_folders"]])
        self._made.add("contact_points", self._receivers())
        problems = self._differences()
        if not self._parameters["reload"] and not problems:
            return
        if problems:
            self._session.actions.append("load the provisioning files")
        if self._session.check_mode:
            return
        for topic in ("datasources", "dashboards", *(["alerting"] if self._parameters["contact_points"] else [])):
            answer = self._session.ask("POST", f"/api/admin/provisioning/{topic}/reload", {})
            if not answer.done:
                raise GrafanaError(f"Grafana refuses the {topic} that are provisioned: {answer.message}")
        self._reloaded = True
        deadline = time.monotonic() + self._parameters["timeout"]
        while True:
            problems = self._differences()
            if not problems:
                return
            if time.monotonic() > deadline:
                listed = "; ".join(problems[:10])
                raise GrafanaError(
                    f"not loaded after {self._parameters['timeout']} s: {listed}; Grafana's log tells why"
                )
            time.sleep(0.5)

    def _receivers(self) -> dict[str, dict[str, t.Any]]:
        return {receiver["uid"]: receiver for receiver in self._parameters["contact_points"]}

    def _differences(self) -> list[str]:
        """What Grafana has not, and what it has still."""
        problems = []
        sources = {source["uid"]: source for source in self._session.get("/api/datasources")}
        wanted = {source["uid"]: source for source in self._parameters["datasources"]}
        for uid, source in wanted.items():
            if uid not in sources:
                problems.append(f"datasource {uid} is missing")
            elif any(sources[uid].get(key) != source.get(key) for key in _COMPARED if key in source):
                problems.append(f"datasource {uid} is another one")
        problems += [
            f"datasource {uid} is still there"
            for uid, source in sources.items()
            if source.get("readOnly") and uid not in wanted
        ]
        found = self._dashboards()
        expected = self._parameters["dashboards"]
        for uid, folder in expected.items():
            if uid not in found:
                problems.append(f"dashboard {uid} is missing")
            elif found[uid] != folder:
                problems.append(f"dashboard {uid} is not in the folder {folder}")
        problems += [
            f"dashboard {uid} is still there"
            for uid, folder in found.items()
            if folder in self._parameters["folders"] and uid not in expected
        ]
        return problems + self._receiver_differences()

    def _receiver_differences(self) -> list[str]:
        wanted = self._receivers()
        found = self._found_receivers() if wanted else {}
        return [
            f"contact point {receiver['name']} has no receiver {uid} of the type {receiver['type']}"
            for uid, receiver in wanted.items()
            if any(found.get(uid, {}).get(key) != receiver[key] for key in ("name", "type"))
        ]

    def _found_receivers(self) -> dict[str, dict[str, t.Any]]:
        return {receiver["uid"]: receiver for receiver in self._session.get("/api/v1/provisioning/contact-points")}

    def _dashboards(self) -> dict[str, str]:
        """Uid -> uid of its folder."""
        items = self._session.pages("/api/search?type=dash-db", size="limit")
        return {item["uid"]: item.get("folderUid") or "" for item in items}

    def remove(self) -> None:
        """Delete what was provisioned, is no longer, and stays in Grafana's database all the same.

        Raises:
            GrafanaError: Grafana does not answer.
        """
        self._remove_folders([uid for uid in self._made["folders"] if uid not in self._parameters["folders"]])
        wanted = self._receivers()
        self._remove_receivers([uid for uid in self._made["contact_points"] if uid not in wanted])

    def _remove_folders(self, gone: list[str]) -> None:
        there = {folder["uid"] for folder in self._session.get("/api/folders?limit=1000")} if gone else set()
        for uid in gone:
            if uid in there and not self._session.check_mode and not self._is_empty(uid):
                self._session.warnings.append(
                    f"the folder {uid} is no longer provisioned and stays: people's dashboards are in it"
                )
            elif uid in there and not self._delete(f"the folder {uid}", f"/api/folders/{uid}"):
                continue
            self._made.drop("folders", uid)

    def _remove_receivers(self, gone: list[str]) -> None:
        there = self._found_receivers() if gone else {}
        for uid in gone:
            path = f"/api/v1/provisioning/contact-points/{uid}"
            if uid in there and not self._delete(f"the receiver {uid} of the contact point {there[uid]['name']}", path):
                continue
            self._made.drop("contact_points", uid)

    def _delete(self, what: str, path: str) -> bool:
        """Whether it is gone; the next run tries again what Grafana refuses."""
        try:
            self._session.change(f"delete {what}", "DELETE", path)
        except Refusal as error:
            self._session.warnings.append(f"{what} is no longer provisioned and stays: {error}")
            return False
        return True

    def _is_empty(self, folder: str) -> bool:
        deadline = time.monotonic() + (_FORGETTING if self._reloaded else 0)
        while self._session.get(f"/api/search?folderUIDs={folder}&limit=1"):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.5)
        return True

    def require_plugins(self) -> None:
        """Check that the plugins of the datasources are there, which Grafana 13 has as files.

        Raises:
            GrafanaError: one is not.
        """
        if not self._parameters["plugins"]:
            return
        there = {plugin["id"] for plugin in self._session.get("/api/plugins?type=datasource")}
        missing = [name for name in self._parameters["plugins"] if name not in there]
        if missing:
            raise GrafanaError(
                f"the plugins {', '.join(missing)} are missing, so their datasources cannot work; see "
                f"{self._parameters['homepath']}/data/plugins-bundled, and [paths] bundled_plugins"
            )


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "url": {"type": "str", "required": True},
            "username": {"type": "str", "required": True},
            "password": {"type": "str", "required": True, "no_log": True},
            "previous_usernames": {"type": "list", "elements": "str", "default": []},
            "config": {"type": "path", "default": "/etc/grafana/grafana.ini"},
            "homepath": {"type": "path", "default": "/usr/share/grafana"},
            "datasources": {"type": "list", "elements": "dict", "default": []},
            "dashboards": {"type": "dict", "default": {}},
            "folders": {"type": "list", "elements": "str", "default": []},
            "removed_folders": {"type": "list", "elements": "str", "default": []},
            "contact_points": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "uid": {"type": "str", "required": True},
                    "name": {"type": "str", "required": True},
                    "type": {"type": "str", "required": True},
                },
            },
            "users": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "login": {"type": "str", "required": True},
                    "name": {"type": "str"},
                    "email": {"type": "str"},
                    "password": {"type": "str", "required": True, "no_log": True},
                    "role": {"type": "str", "choices": ["None", "Viewer", "Editor", "Admin"], "default": "Viewer"},
                    "update_password": {
                        "type": "str",
                        "choices": ["always", "on_create"],
                        "default": "always",
                        "no_log": False,
                    },
                },
            },
            "teams": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "name": {"type": "str", "required": True},
                    "email": {"type": "str"},
                    "members": {"type": "list", "elements": "str"},
                },
            },
            "plugins": {"type": "list", "elements": "str", "default": []},
            "reload": {"type": "bool", "default": False},
            "timeout": {"type": "int", "default": 60},
        },
        supports_check_mode=True,
    )
    parameters = module.params
    login = (parameters["username"], parameters["password"])
    session = Session(Grafana(parameters["url"]), login, module.check_mode)
    try:
        made = Made(StateDirectory("grafana"), module.check_mode)
        server = Server(session, made, parameters)
        if server.log_in():
            server.provision()
            server.remove()
            People(session, made, parameters["users"], parameters["teams"]).bring_about()
            server.require_plugins()
    except (GrafanaError, ManagedServiceError, subprocess.TimeoutExpired, OSError) as error:
        module.fail_json(msg=str(error))
    for warning in session.warnings:
        module.warn(warning)
    module.exit_json(changed=bool(session.actions), actions=session.actions)


if __name__ == "__main__":
    main()

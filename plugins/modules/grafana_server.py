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
  - Waits until each datasource and dashboard is there, and nothing that was provisioned earlier and is no longer.
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
)

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
        grafana: the server.
        parameters: of the module.
        check_mode: change nothing.
    """

    def __init__(self, grafana: Grafana, parameters: dict[str, t.Any], check_mode: bool) -> None:
        self._grafana = grafana
        self._parameters = parameters
        self._check_mode = check_mode
        self._login = (parameters["username"], parameters["password"])
        self.actions: list[str] = []

    def log_in(self) -> bool:
        """Bring about the name and the password; tells whether the login works (in check mode it may not).

        Raises:
            GrafanaError: it does not work.
        """
        answer = self._grafana.ask("GET", "/api/user", self._login)
        if answer.status == 200:
            return True
        if answer.status != 401:
            raise GrafanaError(f"cannot log in: {answer.message}")
        self.actions.append("set name and password of the administrator")
        if self._check_mode:
            return False
        password = self._parameters["password"]
        reset_password(self._parameters["config"], self._parameters["homepath"], password)
        for name in dict.fromkeys((self._login[0], "admin", *self._parameters["previous_usernames"])):
            found = self._grafana.ask("GET", "/api/user", (name, password))
            if found.status == 200:
                self._rename(name)
                return True
        raise GrafanaError(
            "the password of the administrator was set, but nobody of that name can log in; expected the name it had "
            "before in grafana_previous_admin_users (after several refused logins Grafana refuses all for 5 minutes)"
        )

    def _rename(self, name: str) -> None:
        if name == self._login[0]:
            return
        answer = self._grafana.ask("PUT", "/api/users/1", (name, self._login[1]), {"login": self._login[0]})
        if answer.status != 200:
            raise GrafanaError(f"cannot change the name of the administrator: {answer.message}")

    def provision(self) -> None:
        """Have Grafana load what is provisioned.

        Raises:
            GrafanaError: it does not load all of it in time.
        """
        problems = self._differences()
        if not self._parameters["reload"] and not problems:
            return
        if problems:
            self.actions.append("load the provisioning files")
        if self._check_mode:
            return
        for topic in ("datasources", "dashboards"):
            answer = self._grafana.ask("POST", f"/api/admin/provisioning/{topic}/reload", self._login, {})
            if answer.status != 200:
                raise GrafanaError(f"Grafana refuses the {topic} that are provisioned: {answer.message}")
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

    def _get(self, path: str) -> t.Any:
        answer = self._grafana.ask("GET", path, self._login)
        if answer.status != 200:
            raise GrafanaError(f"{path}: {answer.message}")
        return answer.content

    def _differences(self) -> list[str]:
        """What Grafana has not, and what it has still."""
        problems = []
        sources = {source["uid"]: source for source in self._get("/api/datasources")}
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
        return problems

    def _dashboards(self) -> dict[str, str]:
        """Uid -> uid of its folder."""
        found: dict[str, str] = {}
        page = 1
        while True:
            items = self._get(f"/api/search?type=dash-db&limit=1000&page={page}")
            found.update({item["uid"]: item.get("folderUid") or "" for item in items})
            if len(items) < 1000:
                return found
            page += 1

    def require_plugins(self) -> None:
        """Check that the plugins of the datasources are there, which Grafana 13 has as files.

        Raises:
            GrafanaError: one is not.
        """
        if not self._parameters["plugins"]:
            return
        there = {plugin["id"] for plugin in self._get("/api/plugins?type=datasource")}
        missing = [name for name in self._parameters["plugins"] if name not in there]
        if missing:
            raise GrafanaError(
                f"the plugins {', '.join(missing)} are missing, so their datasources cannot work; see "
                "/usr/share/grafana/data/plugins-bundled, and [paths] bundled_plugins"
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
            "plugins": {"type": "list", "elements": "str", "default": []},
            "reload": {"type": "bool", "default": False},
            "timeout": {"type": "int", "default": 60},
        },
        supports_check_mode=True,
    )
    server = Server(Grafana(module.params["url"]), module.params, module.check_mode)
    try:
        if server.log_in():
            server.provision()
            server.require_plugins()
    except (GrafanaError, subprocess.TimeoutExpired, OSError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=bool(server.actions), actions=server.actions)


if __name__ == "__main__":
    main()

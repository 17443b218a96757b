#!/usr/bin/python
# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: config_snippet
short_description: Add to the configuration of a service that somebody else deploys
version_added: 1.0.0
author:
  - Enterprise Tickets contributors (@enterprise-tickets)
description:
  - Writes a file, or a marked block at the end of a file, has the service's own tool check the whole configuration, and
    reloads the service if it runs. Never starts, stops or restarts it.
  - What the tool refuses is taken back at once; the running process has not seen it.
  - Taken back as well is new text that a running service does not serve after the reload, for instance because its port
    is taken. The tools do not notice that, but the service would not start with it the next time.
  - Reloads as well when nothing is to be written, but O(url) does not answer, for an earlier run may have been cut off.
  - Takes the text away again in the same manner with O(state=absent).
attributes:
  check_mode:
    support: full
    description: Shows what would change. The tool is not asked, for it reads the files that are in place.
  diff_mode:
    support: full
    description: Shows the file.
  platform:
    support: full
    platforms: debian
    description: Debian and Ubuntu with systemd.
options:
  title:
    description: What people call the service.
    type: str
    required: true
  state:
    description: V(present) for the text to be there, V(absent) for it to be gone - the file, or with O(block) the
      marked block. Where there is none nothing changes.
    type: str
    choices: [present, absent]
    default: present
  path:
    description: The file, an absolute path. Its directory has to be there, and with O(block) the file as well.
    type: str
    required: true
  content:
    description: The text. Required with O(state=present).
    type: str
  block:
    description: Write a marked block at the end of a file of somebody else. A block that has lost one of its markers is
      refused, for its lines cannot be told from others. Otherwise the file is ours.
    type: bool
    default: false
  validate:
    description: The command that checks the whole configuration, a list of words.
    type: list
    elements: str
    required: true
  unit:
    description: The systemd unit, with its suffix.
    type: str
    required: true
  url:
    description: An address that the service answers with 200 once it has loaded the text, or with 401 or 403 where it
      lets only others in. Proxies are not used, and a certificate is not checked. Required with O(state=present).
    type: str
  timeout:
    description: Seconds to wait for the answer after a reload.
    type: float
    default: 30
  require:
    description: Fail when the service does not run, or does not answer although the text was there before. Otherwise
      that is a warning.
    type: bool
    default: false
  quiet:
    description: Do not warn of a service that does not run, because somebody else does.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Serve NGINX's status
  enterprise_tickets.observability.config_snippet:
    title: NGINX
    path: /etc/nginx/conf.d/status.conf
    content: "server { listen 127.0.0.1:8082; location = /stub_status { stub_status; } }\n"
    validate: [nginx, -t]
    unit: nginx.service
    url: http://127.0.0.1:8082/stub_status

- name: Take HAProxy's endpoint away
  enterprise_tickets.observability.config_snippet:
    title: HAProxy
    path: /etc/haproxy/haproxy.cfg
    block: true
    state: absent
    validate: [haproxy, -c, -f, /etc/haproxy/haproxy.cfg]
    unit: haproxy.service
"""

RETURN = r"""
running:
  description: Whether the service runs.
  returned: success
  type: bool
answers:
  description: Whether O(url) answers.
  returned: when the text is to be there
  type: bool
"""

import http.client
import os
import ssl
import time
import typing as t
import urllib.error
import urllib.request

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._config_snippet import (
    TornBlock,
    with_block,
    without_block,
)


def answers(url: str) -> bool:
    """Whether an address answers, if only that it lets somebody else in."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    try:
        with opener.open(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError as error:
        return error.code in (401, 403)
    except (OSError, ValueError, http.client.HTTPException):
        return False


def wait_for(url: str, seconds: float) -> bool:
    """Whether an address answers within some seconds."""
    end = time.monotonic() + seconds
    while not answers(url):
        if time.monotonic() > end:
            return False
        time.sleep(0.2)
    return True


class Snippet:
    """The text in its place.

    Args:
        module: The running module.
    """

    def __init__(self, module: AnsibleModule) -> None:
        self._module = module
        self._options = module.params
        # Of a link, what it leads to.
        self._path = os.path.realpath(module.params["path"])
        self.before = self._read()
        self.after = self._wanted()

    @property
    def differs(self) -> bool:
        """Whether something is to be written."""
        return self.before != self.after

    @property
    def diff(self) -> dict[str, str]:
        """What Ansible shows of it."""
        return {
            "before": self.before or "",
            "after": self.after or "",
            "before_header": self._options["path"],
            "after_header": self._options["path"],
        }

    def write(self) -> None:
        """Write the text and have the tool check it. Ends the module where the tool refuses it."""
        self._replace(self.after)
        problem = self._check()
        if problem is not None:
            self.take_back()
            self._module.fail_json(
                msg=f"{self._options['title']} refuses what {self._options['path']} would be, and it is as it was: "
                f"{problem}"
            )

    def take_back(self) -> None:
        """Write what was there before."""
        self._replace(self.before)

    def _wanted(self) -> str | None:
        """What the file is to be; None for no file."""
        absent = self._options["state"] == "absent"
        if not self._options["block"]:
            return None if absent else self._options["content"]
        if self.before is None and absent:
            return None
        text = self.before or ""
        try:
            return without_block(text) if absent else with_block(text, self._options["content"])
        except TornBlock as error:
            self._module.fail_json(msg=f"{self._options['path']} is left as it is: {error}")

    def _check(self) -> str | None:
        """The tool's words when it refuses the configuration; it may have none."""
        command = self._options["validate"]
        try:
            code, out, err = self._module.run_command(command, environ_update={"LC_ALL": "C"}, handle_exceptions=False)
        except OSError as error:
            return f"{command[0]} cannot be run: {error}"
        return None if code == 0 else (err or out).strip() or f"{' '.join(command)} ends with exit code {code}."

    def _read(self) -> str | None:
        try:
            with open(self._path, encoding="utf-8", errors="surrogateescape", newline="") as file:
                return file.read()
        except FileNotFoundError:
            return None

    def _replace(self, text: str | None) -> None:
        if text is None:
            os.unlink(self._path)
            return
        new = os.path.join(os.path.dirname(self._path), f".{os.path.basename(self._path)}.ets")
        # A foreign file may have passwords in it.
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            file.write(text)
        if os.path.exists(self._path):
            found = os.stat(self._path)
            os.chown(new, found.st_uid, found.st_gid)
            os.chmod(new, found.st_mode & 0o7777)
        else:
            os.chmod(new, 0o644)
        os.replace(new, self._path)


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "title": {"type": "str", "required": True},
            "path": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "content": {"type": "str"},
            "block": {"type": "bool", "default": False},
            "validate": {"type": "list", "elements": "str", "required": True},
            "unit": {"type": "str", "required": True},
            "url": {"type": "str"},
            "timeout": {"type": "float", "default": 30},
            "require": {"type": "bool", "default": False},
            "quiet": {"type": "bool", "default": False},
        },
        required_if=[("state", "present", ("content", "url"))],
        supports_check_mode=True,
    )
    if module.params["state"] == "absent":
        take_away(module)
    deploy(module)


def take_away(module: AnsibleModule) -> None:
    """Have the text gone; ends the module."""
    options = module.params
    snippet = Snippet(module)
    running = module.run_command(["systemctl", "is-active", "--quiet", options["unit"]])[0] == 0
    result: dict[str, t.Any] = {"changed": snippet.differs, "running": running}
    if snippet.differs:
        result["diff"] = snippet.diff
    if snippet.differs and not module.check_mode:
        snippet.write()
        if running:
            code, out, err = module.run_command(["systemctl", "reload", options["unit"]])
            if code:
                snippet.take_back()
                result["changed"] = False
                module.fail_json(
                    msg=f"{options['title']} does not reload: {(err or out).strip()}. {options['path']} is as it was.",
                    **result,
                )
    module.exit_json(**result)


def deploy(module: AnsibleModule) -> None:
    """Have the text in its place and served; ends the module."""
    options = module.params
    missing = options["path"] if options["block"] else os.path.dirname(options["path"])
    if not os.path.exists(missing) and not module.check_mode:
        module.fail_json(msg=f"{missing} does not exist; expected {options['title']} to be installed on this host.")
    snippet = Snippet(module)
    result: dict[str, t.Any] = {"changed": snippet.differs}
    if snippet.differs:
        result["diff"] = snippet.diff
        if not module.check_mode:
            snippet.write()
    running = module.run_command(["systemctl", "is-active", "--quiet", options["unit"]])[0] == 0
    told = running and not snippet.differs and answers(options["url"])
    if running and not told:
        result["changed"] = True
        if not module.check_mode:
            reload = ["systemctl", "reload", options["unit"]]
            code, out, err = module.run_command(reload)
            told = code == 0 and wait_for(options["url"], options["timeout"])
            problem = (
                f"does not reload: {(err or out).strip()}"
                if code
                else f"does not answer at {options['url']} after a reload"
            )
            if not told and snippet.differs:
                snippet.take_back()
                module.run_command(reload)
                result["changed"] = False
                module.fail_json(
                    msg=f"{options['title']} {problem}. {options['path']} is as it was; the journal of "
                    f"{options['unit']} tells more.",
                    **result,
                )
            if code:
                module.fail_json(msg=f"{options['title']} {problem}.", **result)
    result.update(running=running, answers=told)
    if not told and not module.check_mode:
        state = "runs, but does not answer at " + options["url"] if running else f"({options['unit']}) does not run"
        if options["require"]:
            module.fail_json(msg=f"{options['title']} {state}.", **result)
        if running or not options["quiet"]:
            module.warn(f"{options['title']} {state}.")
    module.exit_json(**result)


if __name__ == "__main__":
    main()

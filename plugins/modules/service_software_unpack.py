#!/usr/bin/python
# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: service_software_unpack
short_description: Install a release archive (used by service_software)
version_added: 1.0.0
author:
  - Enterprise Tickets contributors (@enterprise-tickets)
description:
  - Fetches an archive, compares it with its SHA-256, unpacks it, tries its programs, and renames it to
    C(/opt/<service>/<version>).
  - The part of M(enterprise_tickets.observability.service_software) that runs on the host; of no use in playbooks.
attributes:
  check_mode:
    support: full
    description: Asks the sources and writes nothing.
  diff_mode:
    support: none
    description: The action plugin shows the difference.
  platform:
    support: full
    platforms: debian
    description: Debian and Ubuntu.
options:
  service:
    description: Name of the directory below C(/opt).
    type: str
    required: true
  version:
    description: Name of the directory below that.
    type: str
    required: true
  url:
    description: Address of the archive, without query string and password.
    type: str
    required: true
  query:
    description: Query string of the address. Not logged, as it may hold a signature.
    type: str
  credentials:
    description: Base64 of C(user:password) for the host of the archive. Not logged.
    type: str
  sha256:
    description: Sum of the archive, 64 hexadecimal digits.
    type: str
    default: ""
  checksums_url:
    description: Address of the file of sums, without query string and password.
    type: str
  checksums_query:
    description: Query string of it. Not logged.
    type: str
  checksums_credentials:
    description: Base64 of C(user:password) for the host of the file of sums. Not logged.
    type: str
  binaries:
    description: Programs the archive must hold.
    type: list
    elements: str
    required: true
  architecture:
    description: Architecture of the host, for messages.
    type: str
    default: ""
  ca_file:
    description: File with certificate authorities.
    type: path
  timeout:
    description: Seconds without an answer.
    type: int
    default: 30
"""

EXAMPLES = r"""
- name: Install a release
  enterprise_tickets.observability.service_software_unpack:
    service: prometheus
    version: 3.5.0
    url: https://mirror.example.com/prometheus-3.5.0.linux-amd64.tar.gz
    checksums_url: https://mirror.example.com/sha256sums.txt
    binaries: [prometheus, promtool]
"""

RETURN = r"""
sha256:
  description: Sum of the archive.
  returned: success
  type: str
source:
  description: Whether the failure is one of the source.
  returned: failure
  type: bool
"""

import os
import signal
import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._errors import SoftwareError
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._fetch import Access
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._install import (
    Archive,
    install_archive,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._store import Place
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._urls import Source


def _interrupted(number: int, _frame: t.Any) -> t.NoReturn:
    raise SystemExit(128 + number)  # so that what is half done is cleared away


def _source(parameters: dict[str, t.Any], prefix: str = "") -> Source | None:
    url = parameters[f"{prefix}url"]
    if not url:
        return None
    return Source(url, parameters[f"{prefix}query"] or "", parameters[f"{prefix}credentials"] or "")


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "service": {"type": "str", "required": True},
            "version": {"type": "str", "required": True},
            "url": {"type": "str", "required": True},
            "query": {"type": "str", "no_log": True},
            "credentials": {"type": "str", "no_log": True},
            "sha256": {"type": "str", "default": ""},
            "checksums_url": {"type": "str"},
            "checksums_query": {"type": "str", "no_log": True},
            "checksums_credentials": {"type": "str", "no_log": True},
            "binaries": {"type": "list", "elements": "str", "required": True},
            "architecture": {"type": "str", "default": ""},
            "ca_file": {"type": "path"},
            "timeout": {"type": "int", "default": 30},
        },
        supports_check_mode=True,
    )
    parameters = module.params
    source = _source(parameters)
    if source is None:
        module.fail_json(msg="url is empty")
    if os.geteuid() != 0 and not module.check_mode:
        module.fail_json(msg="needs root: add 'become: true'", source=False)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, _interrupted)
    os.umask(0o022)
    place = Place(parameters["service"], parameters["version"])
    archive = Archive(
        source=source,
        sha256=parameters["sha256"],
        checksums=_source(parameters, "checksums_"),
        binaries=tuple(parameters["binaries"]),
        architecture=parameters["architecture"],
    )
    access = Access(ca_file=parameters["ca_file"] or "", timeout=float(parameters["timeout"]))
    try:
        result = install_archive(place, archive, access, check=module.check_mode)
    except SoftwareError as error:
        module.fail_json(msg=str(error), source=error.source)
    except OSError as error:
        module.fail_json(msg=f"{place.home}: {error}", source=False)
    module.exit_json(**result)


if __name__ == "__main__":
    main()

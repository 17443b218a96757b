# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation shared by the modules that ask Elasticsearch or Kibana. PRIVATE to the collection."""

from __future__ import annotations


class ModuleDocFragment:
    """How they reach the server."""

    DOCUMENTATION = r"""
options:
  url:
    description:
      - Where the server listens, with the path below which it is served.
      - With a user, C(http) is refused for other hosts than the own one.
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
"""

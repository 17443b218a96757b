# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation shared by the modules that talk to Alertmanager. PRIVATE to the collection."""

from __future__ import annotations


class ModuleDocFragment:
    """How they reach it."""

    DOCUMENTATION = r"""
options:
  url:
    description: Address of Alertmanager, with its path prefix.
    type: str
    required: true
  username:
    description: User for HTTP basic authentication.
    type: str
    default: ""
  password:
    description: Its password.
    type: str
    default: ""
  ca_file:
    description: Certificate authority on the host; the system's where empty.
    type: str
    default: ""
  verify:
    description: Check the server's certificate and name.
    type: bool
    default: true
"""

#!/usr/bin/python
# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate_authority
short_description: Make an internal certificate authority on the controller
version_added: 1.0.0
author:
  - Enterprise Tickets contributors (@enterprise-tickets)
description:
  - Writes the certificate and the key of an authority to files on the controller, from where they go into the
    inventory. What is there is never overwritten.
  - The key is written in clear text, readable by its owner only. Encrypt it with C(ansible-vault encrypt) before it
    goes anywhere.
  - Runs on the controller, whatever the host of the task is.
attributes:
  check_mode:
    support: full
    description: Tells whether an authority would be made.
  diff_mode:
    support: none
    description: Shows nothing.
  platform:
    support: full
    platforms: posix
    description: The controller.
options:
  directory:
    description: A directory on the controller for C(ca.crt) and C(ca.key). It is made where it is missing.
    type: path
    required: true
  name:
    description: Name of the authority.
    type: str
    default: Observability CA
  days:
    description: How long it is valid.
    type: int
    default: 3650
seealso:
  - module: enterprise_tickets.observability.issued_certificates
"""

EXAMPLES = r"""
- name: Make an authority
  enterprise_tickets.observability.certificate_authority:
    directory: ~/observability_ca
"""

RETURN = r"""
certificate_file:
  description: The file with the certificate.
  returned: success
  type: str
private_key_file:
  description: The file with the key.
  returned: success
  type: str
"""

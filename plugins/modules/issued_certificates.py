#!/usr/bin/python
# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: issued_certificates
short_description: Give a host certificates of an internal authority
version_added: 1.0.0
author:
  - Enterprise Tickets contributors (@enterprise-tickets)
description:
  - Sees to it that a directory of the host holds a key (C(host.key)), its certificate (C(host.crt)) and the certificate
    of the authority (C(ca.crt)).
  - The key is made on the host and never leaves it. Its certificate is signed on the controller, with the authority's
    key out of the inventory, which never reaches a host.
  - Another key and certificate are made when there are none, when the names or the authority have changed, when they do
    not belong together, and some time before the certificate expires. Otherwise nothing is changed, and it costs one
    execution on the host for all certificates together.
notes:
  - Needs root on the host (C(become)) and C(openssl) there. The controller uses the Python library C(cryptography), 42
    or newer; ansible-core brings it.
  - To replace an authority, put the new certificate before the old one in O(ca_certificate), run, and take the old one
    out afterwards. Everybody trusts both in between.
  - Refuses an authority where the host has a valid certificate of another one that is not in O(ca_certificate), for
    those who trust only that one would refuse the host, such as the other nodes of a cluster. Nothing is changed then.
attributes:
  check_mode:
    support: full
    description: Looks at the certificates and tells which would be issued.
  diff_mode:
    support: full
    description: Shows names and dates, no keys.
  platform:
    support: full
    platforms: posix
    description: Hosts with openssl.
options:
  ca_certificate:
    description: The certificate of the authority in PEM format. Others after the first one are trusted as well.
    type: str
    required: true
  ca_private_key:
    description:
      - Its private key in PEM format, from Ansible Vault.
      - Needed only while certificates are issued. Without it a certificate that expires soon gives a warning.
    type: str
    default: ""
  certificates:
    description: The certificates of the host.
    type: list
    elements: dict
    required: true
    suboptions:
      directory:
        description: Where key and certificates are. It is made, for O(certificates[].group), with mode C(0750).
        type: str
        required: true
      names:
        description:
          - Further names and addresses, besides the host's name in the inventory, C(observability_address),
            C(ansible_host), C(localhost) and the loopback addresses.
        type: list
        elements: str
        default: []
      owner:
        description: Owner of the key. The key's mode is C(0640) where that is V(root), otherwise C(0400).
        type: str
        default: root
      group:
        description: Group of the key and of the directory.
        type: str
        default: root
      days:
        description: How long a certificate is valid, but never longer than the authority.
        type: int
        default: 397
      renew_days:
        description: How many days before its end another one is made.
        type: int
        default: 45
"""

EXAMPLES = r"""
- name: Give Elasticsearch its certificate
  enterprise_tickets.observability.issued_certificates:
    ca_certificate: "{{ observability_ca_certificate }}"
    ca_private_key: "{{ observability_ca_private_key }}"
    certificates:
      - directory: /etc/elasticsearch/tls
        group: elasticsearch
"""

RETURN = r"""
certificates:
  description: What became of each, in the order of the option.
  returned: success
  type: list
  elements: dict
  contains:
    directory:
      description: Its directory.
      type: str
    issued:
      description: Whether another certificate was issued, or would be.
      type: bool
    reason:
      description: Why; empty where the present one is well.
      type: str
      sample: it has other names
    expires:
      description: Its last day; in check mode that of the present one, empty where there is none.
      type: str
      sample: "2027-01-31"
"""

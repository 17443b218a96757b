# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lookup: a program of the operator's tools."""

from __future__ import annotations

DOCUMENTATION = r"""
name: operator_program
short_description: The text of a program of the role operator_tools
version_added: "1.0.0"
author:
  - Enterprise Tickets contributors (@enterprise-tickets)
description:
  - Puts a Python program of one file together out of the modules of this collection that it is written in.
options:
  _terms:
    description: Names of programs.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Put the health check on a host without the role
  ansible.builtin.copy:
    content: "{{ lookup('enterprise_tickets.observability.operator_program', 'enterprise-tickets-health-check') }}"
    dest: /usr/local/bin/enterprise-tickets-health-check
    mode: "0755"
"""

RETURN = r"""
_raw:
  description: The texts.
  type: list
  elements: str
"""

import typing as t
from pathlib import Path

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase
from ansible_collections.enterprise_tickets.observability.plugins.module_utils import _health
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._program import PROGRAMS, assemble

_DIRECTORY: t.Final = Path(_health.__file__).parent


class LookupModule(LookupBase):
    """Gives programs."""

    def run(self, terms: list[str], variables: t.Any = None, **_kwargs: t.Any) -> list[str]:  # noqa: ARG002
        """Return the texts of programs; see DOCUMENTATION.

        :raises AnsibleError: there is no such program.
        """
        for term in terms:
            if term not in PROGRAMS:
                raise AnsibleError(f"operator_program: there is no program {term!r}; known: {', '.join(PROGRAMS)}.")
        return [assemble(str(term), lambda name: (_DIRECTORY / f"{name}.py").read_text("utf-8")) for term in terms]

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lookup: variables of a .env file."""

from __future__ import annotations

DOCUMENTATION = r"""
name: dotenv
short_description: Read variables from a .env file
version_added: "1.0.0"
author:
  - Enterprise Tickets contributors (@enterprise-tickets)
description:
  - Reads values from a file with lines C(NAME=value) on the controller, as docker compose has it.
  - For secrets, Ansible Vault is better; a C(.env) file must not be in version control.
  - Sample values of the documentation are refused.
  - Messages never hold a value.
options:
  _terms:
    description: Names of variables.
    type: list
    elements: str
    required: true
  file:
    description: The file; a relative path is looked for as C(files) are, beginning with the playbook's directory.
    type: str
    default: .env
    vars:
      - name: observability_dotenv_file
    env:
      - name: OBSERVABILITY_DOTENV_FILE
  default:
    description:
      - What to return where a variable is not set or empty, also where there is no file.
      - Without it that is an error.
    type: str
"""

EXAMPLES = r"""
- name: Show the log level
  ansible.builtin.debug:
    msg: "{{ lookup('enterprise_tickets.observability.dotenv', 'LOG_LEVEL', default='INFO') }}"
"""

RETURN = r"""
_raw:
  description: The values.
  type: list
  elements: str
"""

import os
import typing as t
from pathlib import Path

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._dotenv import (
    DotenvError,
    parse,
    value_of,
)


class LookupModule(LookupBase):
    """Reads variables from a .env file."""

    def run(self, terms: list[str], variables: t.Any = None, **kwargs: t.Any) -> list[str]:
        """Return the values of variables; see DOCUMENTATION.

        :raises AnsibleError: the file or a variable is missing or cannot be used.
        """
        self.set_options(var_options=variables, direct=kwargs)  # type: ignore[no-untyped-call]
        file, default = str(self.get_option("file")), self.get_option("default")  # type: ignore[no-untyped-call]
        try:
            values = self._read(variables, file, default)
            found = [value_of(values, str(term), file) for term in terms]
        except DotenvError as error:
            raise AnsibleError(f"dotenv: {error}") from None
        missing = [str(term) for term, value in zip(terms, found, strict=True) if value is None]
        if missing and default is None:
            raise AnsibleError(f"dotenv: {missing[0]} is not set in {file}; set it, or give a default.")
        return [str(default) if value is None else value for value in found]

    def _find(self, variables: t.Any, file: str) -> str | None:
        return self.find_file_in_search_path(variables, "files", file, True)  # type: ignore[no-any-return, no-untyped-call]

    def _read(self, variables: t.Any, file: str, default: object) -> dict[str, str]:
        path = file if os.path.isabs(file) else self._find(variables, file)
        if not path or not Path(path).is_file():
            if default is not None:
                return {}
            raise DotenvError(f"there is no file {file}; give its path in observability_dotenv_file.")
        try:
            return parse(Path(path).read_text("utf-8"), file)
        except (OSError, UnicodeDecodeError) as error:
            raise DotenvError(f"{file} cannot be read: {type(error).__name__}.") from None

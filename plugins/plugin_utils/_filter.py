# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the filters share. PRIVATE to the collection."""

from __future__ import annotations

import functools
import typing as t
from collections.abc import Callable

from ansible.errors import AnsibleFilterError
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import InputError

_Arguments = t.ParamSpec("_Arguments")
_Value = t.TypeVar("_Value")


def input_errors(function: Callable[_Arguments, _Value]) -> Callable[_Arguments, _Value]:
    """Have a filter tell of a wrong value of the inventory as Ansible expects it.

    :param function: the filter; raises `InputError`.
    :returns: the same, which raises AnsibleFilterError with its message.
    """

    @functools.wraps(function)
    def filter_function(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Value:
        try:
            return function(*args, **kwargs)
        except InputError as error:
            raise AnsibleFilterError(str(error)) from None

    return filter_function

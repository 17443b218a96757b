# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets of the inventory: what makes one useless. PRIVATE to the collection. No value is ever shown."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Collection, Iterator

#: Passwords that stand in examples and in vendors' documentation.
SAMPLES: t.Final = frozenset(
    (
        *("admin", "changeme", "elastic", "elasticsearch", "grafana", "kibana", "logstash", "password"),
        *("please_change_me", "pleasechangeme", "secret", "secure_grafana_password"),
    )
)
#: Characters that the shortest one has.
MINIMUM: t.Final = 12


def secret_problems(
    variable: str, value: object, *, minimum: int = MINIMUM, samples: Collection[str] = (), ascii_only: bool = False
) -> Iterator[str]:
    """What is wrong with a secret, in sentences.

    :param variable: its name.
    :param value: its value.
    :param minimum: characters it has at least.
    :param samples: values that everybody knows, beside :data:`SAMPLES`.
    :param ascii_only: whether the program that reads it takes nothing else.
    """
    if not value:
        yield (
            f"{variable}: found nothing, expected a text of {minimum} characters or more; there is no default. "
            "Keep it in Ansible Vault."
        )
    elif not isinstance(value, str):
        yield f"{variable}: found no text, expected one in quotes."
    elif value.lower() in SAMPLES or value in samples:
        yield f"{variable}: found a value that stands in examples or in defaults; expected your own."
    elif len(value) < minimum:
        yield f"{variable}: found {len(value)} characters, expected {minimum} or more."
    elif re.search(r"[\r\n]", value) or value != value.strip():
        yield f"{variable}: found a line break, or a blank at an end; expected none."
    elif ascii_only and not value.isascii():
        yield f"{variable}: found a character that is not ASCII, expected none."

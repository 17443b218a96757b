# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values out of an inventory: made plain, checked, named in messages. PRIVATE to the collection.

Filters see lazy containers and tagged scalars. YAML dumpers choke on them, and a template inside is only evaluated, and
only fails, when it is accessed. `plain` does all of that in one place, so that the rest of the code sees builtins.
"""

from __future__ import annotations

import datetime
import functools
import ipaddress
import re
import typing as t
from collections.abc import Collection, Mapping

from ansible.errors import AnsibleError, AnsibleTemplateSyntaxError
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._catalogue import expected_names
from jinja2 import UndefinedError


class InputError(ValueError):
    """A value of the inventory is wrong. The message names the variable, what was found and what is expected."""


_SECRET_KEY: t.Final = re.compile(
    r"(passw(or)?d|passphrase|secrets?|secret_key|secret_access_key|access_key|token|bearer_token|credentials?"
    r"|api_?key|private_key|authorization|cookie)\Z",
    re.IGNORECASE,
)
_INDEX: t.Final = re.compile(r"(\[[0-9]+\])+\Z")
_URL_PASSWORD: t.Final = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#\s:@]*:([^/?#\s@]+)@", re.IGNORECASE)
_SHOWN: t.Final = 60


def is_secret_key(key: str) -> bool:
    """Whether the value of this key is a secret itself; keys that name a file are not. The key may be a whole path."""
    return _SECRET_KEY.search(_INDEX.sub("", key).replace("-", "_")) is not None


def url_password(text: str) -> str:
    """The password inside a URL (`https://user:password@host/`), or an empty text."""
    found = _URL_PASSWORD.search(text)
    return found.group(1) if found else ""


def shown(value: object) -> str:
    """A scalar as a message quotes it: short, and without what may be a password. Containers only by their kind."""
    if isinstance(value, str):
        if "@" in value:
            return "a text with an @, not shown"
        return repr(value if len(value) <= _SHOWN else value[:_SHOWN] + "…")
    if value is None or isinstance(value, bool | int | float):
        return "nothing" if value is None else repr(value).lower() if isinstance(value, bool) else repr(value)
    return kind(value)


def kind(value: object) -> str:
    """What a value is, in the words of YAML."""
    if value is None:
        return "nothing"
    for types, name in (
        (bool, "a boolean"),
        (int | float, "a number"),
        (str, "a text"),
        (Mapping, "a dictionary"),
        (list | tuple, "a list"),
    ):
        if isinstance(value, types):
            return name
    return type(value).__name__


def plain(value: object, where: str) -> t.Any:
    """Copy a value from Ansible into builtins, with every template inside evaluated.

    Args:
        value: What a filter was given, or a part of it.
        where: The variable, with the path inside it, for messages.

    Raises:
        InputError: A template inside cannot be evaluated, or the value is of a type that no configuration has.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, Mapping):
        return {str(key): plain_item(value, key, f"{where}.{key}") for key in list(value)}
    if isinstance(value, list | tuple):
        return [plain_item(value, index, f"{where}[{index}]") for index in range(len(value))]
    if isinstance(value, datetime.date):  # an unquoted date of YAML; datetime is a date as well
        return value.isoformat()
    raise InputError(f"{where} is {kind(value)}; expected a text, a number, a boolean, a list or a dictionary.")


def plain_item(container: t.Any, key: object, where: str) -> t.Any:
    """Copy what a container holds under a key or index into builtins.

    Args:
        container: A dictionary or list that a filter was given.
        key: The key or index.
        where: The variable that the item comes from, with the path inside it, for messages.

    Raises:
        InputError: A template inside cannot be evaluated, or a value is of a type that no configuration has.
    """
    try:
        item = container[key]
    except (UndefinedError, AnsibleError) as error:
        # Nothing of the text: the value of a password-like key may be what failed.
        raise InputError(template_problem(where, error)) from None
    return plain(item, where)


def template_problem(where: str, error: Exception) -> str:
    """The message for a value whose template failed; the one for native text of other programs above all.

    Args:
        where: The variable, with the path inside it.
        error: What templating raised.
    """
    detail = "" if is_secret_key(where) else f" ({_detail(error)})"
    if _is_syntax_error(error):
        return (
            f"{where} holds text that is not a Jinja template{detail}. Text of another program that contains "
            "{{ or {% needs the tag !unsafe before the value in the inventory, or a place in a file."
        )
    return (
        f"{where} cannot be evaluated{detail}. If this is text of another program, it needs the tag !unsafe before the "
        "value in the inventory. If it is a template, it may use variables of the inventory only, no facts and no "
        "variables of roles and plays."
    )


def _is_syntax_error(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, AnsibleTemplateSyntaxError):
            return True
        error = error.__cause__
    return False


def _detail(error: Exception) -> str:
    message = str(error).removeprefix("A captured exception marker was tripped: ")
    return message.removeprefix("Syntax error in template: ").rstrip(".")


def as_mapping(value: object, where: str) -> dict[str, t.Any]:
    """A dictionary; nothing counts as an empty one.

    Raises:
        InputError: It is something else.
    """
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InputError(f"{where} is {kind(value)}; expected a dictionary.")
    return value


def as_list(value: object, where: str) -> list[t.Any]:
    """A list; nothing counts as an empty one.

    Raises:
        InputError: It is something else.
    """
    if value is None:
        return []
    if not isinstance(value, list):
        raise InputError(f"{where} is {kind(value)}; expected a list.")
    return value


def as_text(value: object, where: str, *, empty: bool = True) -> str:
    """A text; nothing counts as an empty one.

    Raises:
        InputError: It is something else, or empty although `empty` is false.
    """
    if value is None:
        value = ""
    if not isinstance(value, str):
        raise InputError(f"{where} is {shown(value)}; expected a text.")
    if not value and not empty:
        raise InputError(f"{where} is empty; expected a text.")
    return value


def as_port(value: object, where: str) -> int:
    """A TCP port, given as a number or as its digits.

    Raises:
        InputError: It is not a whole number from 1 to 65535.
    """
    number = value
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value):
        number = int(value)
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= 65535:
        raise InputError(f"{where} is {shown(value)}; expected a port, a whole number from 1 to 65535.")
    return number


def as_choice(value: object, where: str, choices: Collection[str]) -> str:
    """One of a few texts.

    Raises:
        InputError: It is none of them.
    """
    if not isinstance(value, str) or value not in choices:
        raise InputError(f"{where} is {shown(value)}; expected {' or '.join(choices)}.")
    return value


def check_keys(value: Mapping[str, object], where: str, known: Collection[str], what: str) -> None:
    """Refuse keys that nobody would ever read.

    Args:
        value: The dictionary.
        where: Its variable.
        known: All keys it may have.
        what: What a key stands for, such as `service`.

    Raises:
        InputError: A key is unknown; suggests the nearest known one.
    """
    for key in value:
        if key not in known:
            raise InputError(f"{where} names the unknown {what} {key!r}; {expected_names(key, known)}")


@functools.lru_cache(maxsize=65536)
def ip_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The IP address that a text is, brackets allowed; nothing for a name."""
    try:
        return ipaddress.ip_address(text.removeprefix("[").removesuffix("]"))
    except ValueError:
        return None


def bracketed(host: str) -> str:
    """A host as it stands before a port: IPv6 addresses in brackets."""
    address = ip_address(host)
    return f"[{address}]" if address is not None and address.version == 6 else host


def is_loopback(host: str) -> bool:
    """Whether a host name or address means the machine itself."""
    address = ip_address(host)
    return host.lower() in ("localhost", "localhost.localdomain") if address is None else address.is_loopback

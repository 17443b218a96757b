# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Command-line flags of Go programs (kingpin), as data and by version. PRIVATE to the collection."""

from __future__ import annotations

import dataclasses
import re
import typing as t
from collections.abc import Iterable, Mapping, Sequence


class FlagError(ValueError):
    """The flags contradict each other or the version. The message names the variable to change."""


_FLAG_NAME = re.compile(r"[a-z][a-z0-9._-]*\Z")
_VERSION = re.compile(r"\d+(?:\.\d+)*")
_UNSET: t.Final = object()
_KEYS: t.Final = frozenset(("flag", "value", "since", "before", "variable", "instead"))


def version_key(version: str) -> tuple[int, ...]:
    """The numbers at the start of a version, to compare by.

    :param version: such as ``2.53.3`` or ``2.53.3+ds1``.
    :returns: such as ``(2, 53, 3)``.
    :raises FlagError: the text does not start with a number.
    """
    found = _VERSION.match(version)
    if not found:
        raise FlagError(f"{version!r} is not a version")
    return tuple(int(part) for part in found.group().split("."))


@dataclasses.dataclass(frozen=True)
class Flag:
    """One flag that a role knows.

    :param name: without dashes.
    :param value: what the role passes: ``True`` for a switch, a list to repeat the flag; ``None``, ``False``, ``""``
        and ``[]`` leave it out. An entry without value says only which versions know the flag, for the user's flags.
    :param since: the first version that knows the flag; empty for all.
    :param before: the first version that does not know it any more; empty for none.
    :param variable: the public variable behind the value. With it a value for a version that does not know the flag is
        an error; without it the flag is left out (the role has another one for those versions).
    :param instead: what to do where the flag does not exist.
    """

    name: str
    value: object = _UNSET
    since: str = ""
    before: str = ""
    variable: str = ""
    instead: str = ""

    @property
    def passed(self) -> bool:
        """Whether the role passes it, versions aside."""
        absent = self.value is _UNSET or self.value is None or self.value is False
        return not absent and self.value != "" and self.value != []

    @property
    def owned(self) -> bool:
        """Whether the role and not the user decides about it."""
        return self.value is not _UNSET

    def known_to(self, version: str) -> bool:
        """Whether a version has this flag; an unknown version (empty) counts as the newest."""
        if not version:
            return not self.before
        key = version_key(version)
        if self.since and key < version_key(self.since):
            return False
        return not (self.before and key >= version_key(self.before))

    def versions(self) -> str:
        """The versions that have it, in words."""
        parts = [f"from {self.since}" if self.since else "", f"before {self.before}" if self.before else ""]
        return " and ".join(part for part in parts if part)


def parse_flags(table: Sequence[Mapping[str, object]]) -> list[Flag]:
    """Read a role's table of flags.

    :param table: mappings with the keys ``flag``, ``value``, ``since``, ``before``, ``variable``, ``instead``.
    :raises FlagError: an entry has no ``flag`` or an unknown key.
    """
    flags = []
    for entry in table:
        if unknown := sorted(set(entry) - _KEYS):
            raise FlagError(f"unknown key {unknown[0]!r} in the entry {dict(entry)!r}")
        if not isinstance(entry.get("flag"), str) or not _FLAG_NAME.match(str(entry["flag"])):
            raise FlagError(f"an entry needs the name of a flag without dashes, found {dict(entry)!r}")
        texts = {key: str(entry.get(key) or "") for key in ("since", "before", "variable", "instead")}
        flags.append(Flag(name=str(entry["flag"]), value=entry.get("value", _UNSET), **texts))
    return flags


def _arguments(name: str, value: object) -> list[str]:
    if value is None:
        return []
    if isinstance(value, bool):
        return [f"--{name}" if value else f"--no-{name}"]
    if isinstance(value, (str, int, float)):
        return [f"--{name}={value}"]
    if isinstance(value, Sequence):
        return [argument for item in value for argument in _arguments(name, item)]
    raise FlagError(f"the flag {name} takes a text, a number, a boolean or a list, found {value!r}")


def _check_extra(extra: Mapping[t.Any, object], flags: Sequence[Flag], version: str, variable: str) -> None:
    for name in extra:
        if not isinstance(name, str) or not _FLAG_NAME.match(name):
            raise FlagError(f"{variable}: {name!r} is not the name of a flag (write it without dashes)")
        entries = [flag for flag in flags if flag.name == name]
        for flag in entries:
            if flag.owned:
                how = f"; set {flag.variable} instead" if flag.variable else ""
                raise FlagError(f"{variable}: this role passes --{name} itself{how}")
        if entries and not any(flag.known_to(version) for flag in entries):
            how = f"; {entries[0].instead}" if entries[0].instead else ""
            raise FlagError(
                f"{variable}: version {version or '(the newest)'} does not know --{name}, "
                f"which exists {entries[0].versions()}{how}"
            )


def command_flags(
    table: Sequence[Mapping[str, object]],
    version: str,
    extra: Mapping[t.Any, object] | None = None,
    extra_variable: str = "extra_flags",
    switch_on: Iterable[str] = (),
    switch_off: Iterable[str] = (),
) -> list[str]:
    """The arguments of a program, sorted by flag.

    :param table: what the role knows about flags; see :func:`parse_flags`.
    :param version: the program's version, such as ``2.53.3``; empty when it is not known, which counts as the newest.
    :param extra: the user's own flags, by name without dashes; ``False`` becomes ``--no-<name>``.
    :param extra_variable: the variable they come from, for messages.
    :param switch_on: names of switches to turn on, such as ``collector.systemd``.
    :param switch_off: names of switches to turn off.
    :returns: such as ``["--config.file=/etc/x.yml", "--web.enable-lifecycle"]``.
    :raises FlagError: a contradiction, or a value for a flag that this version does not know.
    """
    flags = parse_flags(table)
    extra = extra or {}
    _check_extra(extra, flags, version, extra_variable)
    on, off = set(switch_on), set(switch_off)
    if both := sorted((on & off) | (set(extra) & (on | off))):
        raise FlagError(f"{both[0]} is asked for in more than one way (on, off, {extra_variable})")
    chosen: dict[str, list[str]] = {}
    for flag in flags:
        if not flag.passed:
            continue
        if flag.known_to(version):
            chosen[flag.name] = _arguments(flag.name, flag.value)
        elif flag.variable:
            how = f"; {flag.instead}" if flag.instead else ""
            raise FlagError(
                f"{flag.variable} needs --{flag.name}, which exists {flag.versions()}; "
                f"the version here is {version or 'not known yet'}{how}"
            )
    chosen.update({name: _arguments(name, value) for name, value in extra.items()})
    chosen.update({name: [f"--{name}"] for name in on})
    chosen.update({name: [f"--no-{name}"] for name in off})
    return [argument for _name, arguments in sorted(chosen.items()) for argument in arguments]

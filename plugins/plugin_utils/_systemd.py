# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build systemd unit files from data. PRIVATE to the collection.

A unit is a mapping of section names to mappings of settings. :func:`render_unit` turns it into text, escapes what has a
meaning to systemd, and puts the sandbox that all services of the collection share (:data:`SANDBOX`) into ``[Service]``.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t
from collections.abc import Iterator, Mapping, Sequence


class UnitError(ValueError):
    """The data cannot be written as a unit file. The message names the section and the setting."""


@dataclasses.dataclass(frozen=True)
class Directive:
    """One setting of the shared sandbox.

    :param key: the setting of ``[Service]``.
    :param value: its value, in the same form as in the data of a unit.
    :param reason: what it does for us, or why it is weaker than it could be.
    """

    key: str
    value: str | bool | tuple[str, ...]
    reason: str


#: The sandbox of every service of the collection. A service that needs more says so in its own settings, which win.
SANDBOX: t.Final = (
    Directive("NoNewPrivileges", True, "no setuid program gives the service more than it has"),
    Directive("CapabilityBoundingSet", "", "no capability at all"),
    Directive("AmbientCapabilities", "", "none inherited either"),
    Directive("UMask", "0077", "files it makes are its own"),
    Directive("ProtectSystem", "strict", "everything is read-only but /dev, /proc, /sys and ReadWritePaths="),
    Directive("ProtectHome", True, "no home directory"),
    Directive("PrivateTmp", True, "its own /tmp"),
    Directive("PrivateDevices", True, "only pseudo devices"),
    Directive("DevicePolicy", "closed", "the same on the level of the control group"),
    Directive("PrivateMounts", True, "mounts it makes are seen by nobody else"),
    Directive("ProtectProc", "invisible", "other users' processes do not exist for it"),
    Directive("PrivateUsers", False, "fails beside ProtectProc=invisible in containers without CAP_SYS_PTRACE"),
    Directive("ProcSubset", "all", "`pid` hides /proc/sys and /proc/stat: Go falls back to a listen backlog of 128"),
    Directive("ProtectKernelTunables", True, "/proc/sys and /sys are read-only"),
    Directive("ProtectKernelModules", True, "no module loading"),
    Directive("ProtectKernelLogs", True, "no kernel log"),
    Directive("ProtectControlGroups", True, "control groups are read-only"),
    Directive("ProtectClock", True, "the clock cannot be set (and adjtimex cannot be called: the timex collector)"),
    Directive("ProtectHostname", True, "the host name cannot be set"),
    Directive("RestrictAddressFamilies", "AF_UNIX AF_INET AF_INET6", "IP, and AF_UNIX for D-Bus and resolvers"),
    Directive("RestrictNamespaces", True, "no new namespaces"),
    Directive("RestrictRealtime", True, "no realtime scheduling"),
    Directive("RestrictSUIDSGID", True, "no setuid files"),
    Directive("RemoveIPC", True, "no shared memory is left behind"),
    Directive("LockPersonality", True, "no other execution domain"),
    Directive("MemoryDenyWriteExecute", True, "no memory that is writable and executable"),
    Directive("KeyringMode", "private", "no shared kernel keyring"),
    Directive("SystemCallArchitectures", "native", "no foreign system call tables"),
    Directive("SystemCallFilter", ("@system-service", "~@privileged @resources"), "what a network service needs"),
    Directive("SystemCallErrorNumber", "EPERM", "refused calls fail and do not kill: Go asks for more file handles"),
)

#: Commands with their arguments. A list is one command, its words are taken literally; a string is systemd syntax.
COMMANDS: t.Final = frozenset(
    ("ExecCondition", "ExecReload", "ExecStart", "ExecStartPost", "ExecStartPre", "ExecStop", "ExecStopPost"),
)

#: Settings that take a list of words: each item is quoted, so that a path with a space stays one path.
WORD_LISTS: t.Final = frozenset(
    (
        "BindPaths",
        "BindReadOnlyPaths",
        "ExecPaths",
        "InaccessiblePaths",
        "NoExecPaths",
        "PassEnvironment",
        "ReadOnlyPaths",
        "ReadWritePaths",
        "UnsetEnvironment",
    ),
)

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*\Z")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_PLAIN_WORD = re.compile(r"[A-Za-z0-9_@%$+=:,./~^-]+\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_C_ESCAPES: t.Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"}


def quote_word(text: str) -> str:
    """Write a literal text as one word of a setting that systemd splits at white space.

    :param text: any text without control characters other than newline and tab.
    :returns: the word, quoted when it has to be; ``%`` is doubled, or systemd would expand it.
    :raises UnitError: a character cannot be written.
    """
    escaped = "".join(_C_ESCAPES.get(char, char) for char in text)
    if found := _CONTROL.search(escaped):
        raise UnitError(f"contains the control character {found.group()!r}")
    escaped = escaped.replace("%", "%%")
    if _PLAIN_WORD.match(escaped):
        return escaped
    return f'"{escaped}"'


def command_lines(words: Sequence[str]) -> list[str]:
    """Write a command, one argument per line.

    :param words: the program, as an absolute path, and its arguments, all literal.
    :returns: lines that follow ``ExecStart=``; all but the last end in a backslash.
    :raises UnitError: no program, or one that systemd would not take literally.
    """
    if not words or not words[0].startswith("/"):
        raise UnitError(f"the program has to be an absolute path, found {words[0] if words else 'nothing'!r}")
    # `$` is expanded in arguments, and never in the name of the program.
    quoted = [quote_word(words[0])] + [quote_word(word.replace("$", "$$")) for word in words[1:]]
    return [line + " \\" for line in quoted[:-1]] + quoted[-1:]


def _scalar(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (str, int, float)):
        return str(value)
    raise UnitError(f"a text, a number or a boolean is expected, found {value!r}")


def _literal(value: object) -> str:
    """A whole value: specifiers are escaped, nothing else has a meaning."""
    text = _scalar(value)
    if found := _CONTROL.search(text):
        raise UnitError(f"contains the control character {found.group()!r}")
    if text.endswith("\\"):
        raise UnitError("ends in a backslash: systemd would join the next line to it")
    return text.replace("%", "%%")


def _command_values(value: object) -> Iterator[str]:
    if isinstance(value, str):
        if found := _CONTROL.search(value):
            raise UnitError(f"contains the control character {found.group()!r}")
        yield value
    elif isinstance(value, Sequence) and all(isinstance(word, (str, int, float)) for word in value):
        yield "\n    ".join(command_lines([_scalar(word) for word in value]))
    elif isinstance(value, Sequence):
        for command in value:
            yield from _command_values(command)
    else:
        raise UnitError(f"a command or a list of commands is expected, found {value!r}")


def _values(key: str, value: object) -> Iterator[str]:
    """The right-hand sides of a setting, one for each line."""
    if key in COMMANDS:
        yield from _command_values(value)
    elif isinstance(value, Mapping):
        if key != "Environment":
            raise UnitError("only Environment takes a mapping")
        for name, content in sorted(value.items()):
            if content is not None:
                yield quote_word(f"{name}={_scalar(content)}")
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for item in value:
            yield from _values(key, item)
    elif key in WORD_LISTS:
        yield quote_word(_scalar(value)) if value != "" else ""
    else:
        yield _literal(value)


def _section(name: str, settings: Mapping[t.Any, object]) -> Iterator[str]:
    yield f"[{name}]"
    for key, value in settings.items():
        if value is None:
            continue
        if not isinstance(key, str) or not _NAME.match(key):
            raise UnitError(f"[{name}] {key!r} is not the name of a setting")
        try:
            yield from (f"{key}={text}".rstrip(" ") for text in _values(key, value))
        except UnitError as error:
            raise UnitError(f"[{name}] {key}: {error}") from error


def render_environment_file(variables: Mapping[str, str]) -> str:
    """Write a file for ``EnvironmentFile=``.

    :param variables: names with their values. A value goes between double quotes, where a backslash takes the meaning
        from four characters and nothing is expanded (systemd.exec(5)).
    :returns: the text, one line for each variable.
    :raises UnitError: a name or a value cannot be written. The value, which may be a secret, is not in the message.
    """
    lines = []
    for name, value in variables.items():
        if not _VARIABLE.match(name):
            raise UnitError(f"{name!r} is not the name of a variable")
        if _CONTROL.search(value):
            raise UnitError(f"{name} contains a control character, such as a line end")
        escaped = re.sub(r'([\\"`$])', r"\\\1", value)
        lines.append(f'{name}="{escaped}"\n')
    return "".join(lines)


def merge_sections(
    base: Mapping[str, Mapping[str, object]], *layers: Mapping[str, Mapping[str, object]]
) -> dict[str, dict[str, object]]:
    """Lay settings over each other.

    :param base: sections with their settings.
    :param layers: the same; a later setting replaces an earlier one in its place, ``None`` takes it away.
    :returns: new sections, in the order in which each name appeared first.
    :raises UnitError: a section is no mapping.
    """
    merged: dict[str, dict[str, object]] = {}
    for layer in (base, *layers):
        for name, settings in layer.items():
            if not isinstance(settings, Mapping):
                raise UnitError(f"[{name}] has to be a mapping of settings, found {settings!r}")
            merged.setdefault(name, {}).update(settings)
    return merged


def render_unit(
    sections: Mapping[str, Mapping[str, object]],
    overrides: Mapping[str, Mapping[str, object]] | None = None,
    *,
    sandbox: bool = True,
) -> str:
    """Write a unit file.

    :param sections: section name to settings. A setting is a text, a number, a boolean (``yes`` or ``no``), a list
        (the setting is repeated), ``None`` (left out) or ``""`` (written empty: systemd then forgets earlier values).
        Texts are literal, so ``%`` is escaped. ``Environment`` also takes a mapping. The commands (``ExecStart`` and
        its like) take a list of literal words, a list of such lists, or a text in systemd's own syntax.
    :param overrides: settings in the same form that win over ``sections`` and over the sandbox.
    :param sandbox: put :data:`SANDBOX` into ``[Service]``.
    :returns: the text, ending in a newline.
    :raises UnitError: something cannot be written; the message names section and setting.
    """
    merged = merge_sections(sections, overrides or {})
    if sandbox:
        own = merged.get("Service", {})
        shared = {item.key: item.value for item in SANDBOX if item.key not in own}
        merged.setdefault("Service", {}).update(shared)
    blocks = []
    for name, settings in merged.items():
        if not _NAME.match(name):
            raise UnitError(f"{name!r} is not the name of a section")
        blocks.append("\n".join(_section(name, settings)))
    return "# Managed by Ansible (enterprise_tickets.observability). Changes made here are overwritten.\n\n" + (
        "\n\n".join(blocks) + "\n"
    )

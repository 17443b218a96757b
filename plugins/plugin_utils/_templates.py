# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Templates in the variables of very many hosts. PRIVATE to the collection.

Ansible compiles a template anew each time it is evaluated, which takes about half a millisecond: with 10,000 hosts and
two templated variables that alone is ten seconds. Three shortcuts leave the result as it is:

* a value without template markers is itself;
* an expression of scalars that uses only what means the same in Jinja itself (`{{ ansible_host }}`,
  `{{ inventory_hostname }}.example.com`, `{{ address | default(ansible_host) }}`) is compiled once for all hosts;
* any other template is evaluated once for equal variables, since its result depends on nothing else.

What no shortcut covers, and what fails in one, goes through Ansible's own templating.
"""

from __future__ import annotations

import dataclasses
import functools
import operator
import typing as t
from collections.abc import Callable, Iterator, Mapping

from ansible.errors import AnsibleError, AnsibleValueOmittedError
from ansible.template import Templar, is_trusted_as_template
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import (
    InputError,
    plain,
    template_problem,
)
from jinja2 import Environment, StrictUndefined, TemplateSyntaxError, UndefinedError, meta, nodes

RawVariables = Mapping[str, t.Any]

_OVERRIDES: t.Final = "#jinja2:"
_DEPTH: t.Final = 20


class _NotQuick(Exception):
    """A shortcut does not cover this template or these variables."""


class Templates:
    """Evaluates values from the variables of hosts; made for one evaluation of a filter.

    Args:
        loader: Ansible's data loader, for templates that look for files.
    """

    def __init__(self, loader: t.Any = None) -> None:
        self._templar = Templar(loader=loader, variables={})
        self._results: dict[tuple[object, ...], t.Any] = {}
        self._kept: list[object] = []

    def evaluate(self, raw: RawVariables, value: object, where: str) -> t.Any:
        """Evaluate every template in a value.

        Args:
            raw: All variables of the host, not templated.
            value: The value of one of them.
            where: Host and variable, for messages.

        Returns:
            Builtins only.

        Raises:
            InputError: A template fails.
        """
        if isinstance(value, str):
            return self._text(raw, value, where) if is_template(value) else str.__str__(value)
        if value is None or isinstance(value, (bool, int, float)):
            return plain(value, where)
        if isinstance(value, dict):
            return {str(key): self.evaluate(raw, item, f"{where}.{key}") for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.evaluate(raw, item, f"{where}[{index}]") for index, item in enumerate(value)]
        return self._ansible(raw, value, where)  # for one, a vaulted text, which Ansible decrypts

    def _text(self, raw: RawVariables, text: str, where: str) -> t.Any:
        try:
            return _quick(raw, text, _DEPTH)
        except _NotQuick:
            pass
        inputs = self._inputs(raw, text)
        if inputs is None:
            return self._ansible(raw, text, where)
        if inputs not in self._results:
            self._results[inputs] = self._ansible(raw, text, where)
        return self._results[inputs]

    def _ansible(self, raw: RawVariables, value: object, where: str) -> t.Any:
        self._templar.available_variables = t.cast("dict[str, t.Any]", raw)
        try:
            result = self._templar.template(value)
        except AnsibleValueOmittedError:
            return None  # {{ omit }}: as if the variable were not set
        except (UndefinedError, AnsibleError) as error:
            raise InputError(template_problem(where, error)) from None
        return plain(result, where)

    def _inputs(self, raw: RawVariables, text: str) -> tuple[object, ...] | None:
        """All that the result of a template depends on; nothing where that cannot be told."""
        parts: list[object] = [str.__str__(text)]
        todo = [text]
        seen: set[str] = set()
        while todo:
            names = _names(str.__str__(todo.pop()))
            if names is None:
                return None
            for name in names - seen:
                seen.add(name)
                if name not in raw:
                    parts.append((name, None))
                    continue
                value = raw[name]
                if isinstance(value, str):
                    parts.append((name, str.__str__(value), is_trusted_as_template(value)))
                    todo += [value] if is_template(value) else []
                elif value is None or isinstance(value, bool | int | float):
                    parts.append((name, type(value), value))
                else:
                    parts.append((name, id(value)))
                    self._kept.append(value)  # else its id could come to mean another object
                    todo += _templates_in(value)
        return tuple(parts)


def is_template(value: str) -> bool:
    """Whether Ansible would evaluate this text: it has a marker and is neither `!unsafe` nor made by a program."""
    marked = "{" in value and ("{{" in value or "{%" in value or "{#" in value)
    return (marked or value.startswith(_OVERRIDES)) and is_trusted_as_template(value)


def _strict(value: object) -> object:
    """What stands between other text: Ansible and Jinja print only these types alike."""
    if value.__class__ not in (str, int):
        raise _NotQuick
    return value


# What may occur in a template that Jinja itself evaluates. All of it means the same to Ansible.
_QUICK_NODES: t.Final = (
    nodes.Add,
    nodes.And,
    nodes.Call,
    nodes.Compare,
    nodes.Concat,
    nodes.CondExpr,
    nodes.Const,
    nodes.Filter,
    nodes.Getattr,
    nodes.Getitem,
    nodes.Name,
    nodes.Not,
    nodes.Operand,
    nodes.Or,
    nodes.Output,
    nodes.Sub,
    nodes.TemplateData,
    nodes.Test,
)
_QUICK_FILTERS: t.Final = frozenset(
    (
        "capitalize",
        "d",
        "default",
        "first",
        "int",
        "last",
        "length",
        "lower",
        "replace",
        "string",
        "title",
        "trim",
        "upper",
    )
)
_QUICK_TESTS: t.Final = frozenset(("defined", "none", "string", "undefined"))
_QUICK_METHODS: t.Final = frozenset(
    (
        "endswith",
        "lower",
        "lstrip",
        "removeprefix",
        "removesuffix",
        "replace",
        "rstrip",
        "split",
        "startswith",
        "strip",
        "upper",
    )
)
_QUICK: t.Final = Environment(undefined=StrictUndefined, finalize=_strict, keep_trailing_newline=True)
_QUICK.globals.clear()  # else a variable called `dict` would not be taken for one


@dataclasses.dataclass(frozen=True, slots=True)
class _Compiled:
    """A template, with the names of its variables and the results for values that were seen."""

    names: tuple[str, ...]
    run: Callable[[dict[str, t.Any]], t.Any]
    results: dict[tuple[object, ...], t.Any] = dataclasses.field(default_factory=dict)


def _quick(raw: RawVariables, text: str, depth: int) -> t.Any:
    """Evaluate a template of scalars without Ansible.

    Raises:
        _NotQuick: It takes Ansible, be it for the right message.
    """
    compiled = _compile(str.__str__(text))
    if compiled is None or depth == 0:
        raise _NotQuick
    variables: dict[str, t.Any] = {}
    for name in compiled.names:
        if name in raw:
            value = raw[name]
            if isinstance(value, str):
                variables[name] = _quick(raw, value, depth - 1) if is_template(value) else str.__str__(value)
            elif value is None or isinstance(value, (bool, int)):
                variables[name] = plain(value, name)
            else:
                raise _NotQuick
    # With the types, because 1 and True are the same key.
    key = (*variables, *variables.values(), *map(type, variables.values()))
    if key not in compiled.results:
        try:
            result = compiled.run(variables)
        except Exception as error:  # whatever an expression raises, Ansible says it better
            raise _NotQuick from error
        if result is not None and type(result) not in (str, int, bool):
            raise _NotQuick
        compiled.results[key] = result
    return compiled.results[key]


@functools.lru_cache(maxsize=1024)
def _compile(text: str) -> _Compiled | None:
    """A template compiled by Jinja itself; nothing where it is not one of the covered kind."""
    if "\\" in text or "\r" in text or text.startswith(_OVERRIDES):
        return None
    try:
        tree = _QUICK.parse(text)
    except TemplateSyntaxError:
        return None
    if [type(node) for node in tree.body] != [nodes.Output] or not all(
        _is_quick(node) for node in tree.find_all(nodes.Node)
    ):
        return None
    names = tuple(sorted(meta.find_undeclared_variables(tree)))
    parts = t.cast(nodes.Output, tree.body[0]).nodes
    if len(parts) > 1:
        return _Compiled(names, _QUICK.from_string(text).render)
    if not text.startswith("{{") or not text.endswith("}}") or text[2] in "-+" or text[-3] in "-+":
        return None
    if isinstance(parts[0], nodes.Name):
        return _Compiled(names, operator.itemgetter(parts[0].name))
    # A lone expression keeps its type.
    expression = _QUICK.compile_expression(text[2:-2], undefined_to_none=False)
    return _Compiled(names, expression)


def _is_quick(node: nodes.Node) -> bool:
    if isinstance(node, nodes.Filter):
        return node.name in _QUICK_FILTERS
    if isinstance(node, nodes.Test):
        return node.name in _QUICK_TESTS
    if isinstance(node, nodes.Call):
        return isinstance(node.node, nodes.Getattr)
    if isinstance(node, nodes.Getattr):
        return node.attr in _QUICK_METHODS
    return isinstance(node, _QUICK_NODES)


# Functions whose result depends on more than the variables that the template names.
_IMPURE: t.Final = frozenset(("lookup", "query", "q", "now", "lipsum"))
_PARSER: t.Final = Environment(extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"])  # only parses
_PARSER.globals.clear()
_PARSER.filters.update(
    dict.fromkeys(("bool", "combine", "hash", "regex_replace", "regex_search", "split", "ternary", "to_json"), str)
)
_PURE_FILTERS: t.Final = frozenset(_PARSER.filters) - {"random"}
_PURE_TESTS: t.Final = frozenset(_PARSER.tests)


@functools.lru_cache(maxsize=1024)
def _names(text: str) -> frozenset[str] | None:
    """The variables that a template uses; nothing where its result may depend on more than these."""
    try:
        tree = _PARSER.parse(text)
    except TemplateSyntaxError:
        return None
    filters = {node.name for node in tree.find_all(nodes.Filter)}
    tests = {node.name for node in tree.find_all(nodes.Test)}
    includes = any(tree.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)))
    if not filters <= _PURE_FILTERS or not tests <= _PURE_TESTS or includes or text.startswith(_OVERRIDES):
        return None
    names = frozenset(meta.find_undeclared_variables(tree))
    return None if names & _IMPURE else names


def _templates_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        if is_template(value):
            yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _templates_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _templates_in(item)

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleError
from ansible.template import Templar, trust_as_template
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils import _templates
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._templates import Templates
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import InputError
from jinja2 import UndefinedError


def trusted(value: t.Any) -> t.Any:
    """Variables as an inventory holds them: every text may be a template."""
    if isinstance(value, str):
        return trust_as_template(value)
    if isinstance(value, dict):
        return {key: trusted(item) for key, item in value.items()}
    return [trusted(item) for item in value] if isinstance(value, list) else value


RAW = trusted(
    {
        "inventory_hostname": "web-1.example.com",
        "ansible_host": "10.0.0.1",
        "port": 9100,
        "ratio": 1.5,
        "on": True,
        "nothing": None,
        "empty": "",
        "address": "{{ ansible_host }}",
        "chain": "{{ address }}",
        "loop": "{{ loop_back }}",
        "loop_back": "{{ loop }}",
        "broken": "{{ $labels }}",
        "undefined": "{{ no_such }}",
        "dict": {"a": "{{ port }}", "b": ["{{ address }}", 2]},
        "list": ["x", "{{ address }}"],
        "groups": {"all": ["web-1.example.com"]},
        "quote": "it's {% raw %}{{ x }}{% endraw %}",
        "lines": "a\nb\n",
    }
)

TEMPLATES = [
    "{{ ansible_host }}",
    "{{ansible_host}}",
    "{{ chain }}",
    "{{ port }}",
    "{{ port }} ",
    "{{ ratio }}",
    "a{{ ratio }}",
    "{{ on }}",
    "a{{ on }}",
    "{{ nothing }}",
    "a{{ nothing }}b",
    "{{ empty }}",
    "{{ inventory_hostname }}.mgmt",
    "{{ inventory_hostname }}:{{ port }}",
    "{{ inventory_hostname }}{{ port }}",
    "{{ port }}{{ port }}",
    "{{ no_such | default(ansible_host) }}",
    "{{ no_such | default('x.example.com') }}",
    '{{ no_such | d("x") }}',
    "{{ empty | default(ansible_host, true) }}",
    "{{ nothing | default('x') }}",
    "{{ undefined | default('x') }}",
    "{{ no_such | default(no_such_either) }}",
    "{{ no_such | default(omit) }}",
    "{{ port | default(1) }}",
    "{{ port + 1 }}",
    "{{ 9000 + port }}",
    "{{ port | string }}",
    "{{ '9100' | int }}",
    "{{ inventory_hostname | upper }}",
    "{{ inventory_hostname | replace('.example.com', '') }}",
    "{{ inventory_hostname | regex_replace('^web', 'db') }}",
    "{{ inventory_hostname.split('.')[0] }}",
    "{{ inventory_hostname.split('.') }}",
    "{{ inventory_hostname.split('.') | first }}",
    "{{ inventory_hostname[0:3] }}",
    "{{ ansible_host if ansible_host is defined else inventory_hostname }}",
    "{{ no_such if no_such is defined else inventory_hostname }}",
    "{{ 'a' if port > 9000 else 'b' }}",
    "{{ 'a' if on and not nothing else 'b' }}",
    "{{ 'x' ~ port ~ ansible_host }}",
    "{{ 'x' ~ nothing }}",
    "{{ dict.a }}",
    "{{ dict }}",
    "{{ dict['b'][0] }}",
    "{{ list }}",
    "{{ list | join(',') }}",
    "{{ list | length }}",
    "{{ groups['all'][0] }}",
    "{{ quote }}",
    "{{ lines }}",
    "{{ lines }}x",
    "{{ address }}\n",
    "\n{{ address }}",
    "{{- address -}}",
    " {{- address }}",
    "{{ address }}{# why #}",
    "{# why #}{{ address }}",
    "{% if on %}a{% else %}b{% endif %}",
    "{% set x = port %}{{ x }}",
    "#jinja2: variable_start_string:'[%', variable_end_string:'%]'\n[% port %] {{ port }}",
    "{{ '{{ port }}' }}",
    "{{ 'a\\b' }}",
    "{{ 'a\\\\b' }}",
    "a\\b{{ port }}",
    "{{ true }}",
    "{{ none }}",
    "{{ 5 }}",
    "{{ 'text' }}",
    "{{ [1, port] }}",
    "{{ {'a': port} }}",
    "{{ port == 9100 }}",
    "{{ inventory_hostname is string }}",
    "{{ lookup('env', 'NO_SUCH_VARIABLE') | default('x', true) }}",
    "{{ range(3) | list }}",
    "{{ omit }}",
    "{{ no_such }}",
    "{{ broken }}",
    "{{ $labels.instance }}",
    "{{ .Labels }}",
    "{{ address",
    "{{ undefined }}",
    "{{ loop }}",
    "{{ port / 0 }}",
    "{{ port.__class__ }}",
    "{{ inventory_hostname.format }}",
    "{{ address | no_such_filter }}",
    "{{ address is no_such_test }}",
    "{{ ''.join([address]) }}",
    "{{ dict() }}",
    "no template",
    "{ not } a template",
    "}} {",
    "",
]


def by_ansible(text: str, raw: dict[str, t.Any]) -> t.Any:
    """What Ansible makes of it."""
    return Templar(variables=raw).template(trusted(text))


def by_us(text: str, raw: dict[str, t.Any]) -> t.Any:
    return Templates().evaluate(raw, trusted(text), "x")


@pytest.mark.parametrize("text", TEMPLATES)
def test_same_as_ansible(text: str) -> None:
    try:
        expected = by_ansible(text, RAW)
    except (AnsibleError, UndefinedError) as error:
        if type(error).__name__ == "AnsibleValueOmittedError":
            assert by_us(text, RAW) is None
            return
        with pytest.raises(InputError, match=r"^x (cannot be evaluated|holds text)"):
            by_us(text, RAW)
        return
    result = by_us(text, RAW)
    assert result == expected
    assert type(result) in (str, int, float, bool, list, dict, type(None))
    assert isinstance(expected, type(result))


QUICK = [
    "{{ ansible_host }}",
    "{{ chain }}",
    "{{ port }}",
    "{{ inventory_hostname }}.mgmt",
    "{{ inventory_hostname }}:{{ port }}",
    "{{ no_such | default(ansible_host) }}",
    "{{ ansible_host | default(inventory_hostname) }}",
    "{{ inventory_hostname | replace('.example.com', '') }}",
    "{{ inventory_hostname.split('.')[0] }}",
    "{{ ansible_host if ansible_host is defined else inventory_hostname }}",
    "{{ port + 1 }}",
    "{{ 'x' ~ port }}",
]


@pytest.mark.parametrize("text", QUICK)
def test_common_templates_do_not_need_ansible(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = by_ansible(text, RAW)

    def fail(*_arguments: object) -> t.NoReturn:
        pytest.fail("went through Ansible")

    monkeypatch.setattr(Templates, "_ansible", fail)
    assert by_us(text, RAW) == expected


SLOW = "{{ list | map('upper') | join(',') }}"


def count_evaluations(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    seen: list[str] = []
    original = Templates._ansible

    def counting(self: Templates, raw: t.Any, value: object, where: str) -> t.Any:
        seen.append(str(value))
        return original(self, raw, value, where)

    monkeypatch.setattr(_templates.Templates, "_ansible", counting)
    return seen


def test_equal_variables_are_evaluated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = count_evaluations(monkeypatch)
    templates = Templates()
    results = [templates.evaluate({**RAW, "other": number}, trusted(SLOW), "x") for number in range(5)]
    assert results == ["X,10.0.0.1"] * 5
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"list": ["y"]}, "Y"),
        ({"address": "{{ port }}"}, "X,9100"),
        ({"ansible_host": "10.0.0.2"}, "X,10.0.0.2"),
    ],
)
def test_different_variables_are_not(changed: dict[str, t.Any], expected: str) -> None:
    """Also where the difference is two references away."""
    templates = Templates()
    assert templates.evaluate(RAW, trusted(SLOW), "x") == "X,10.0.0.1"
    assert templates.evaluate({**RAW, **trusted(changed)}, trusted(SLOW), "x") == expected
    assert templates.evaluate(RAW, trusted(SLOW), "x") == "X,10.0.0.1"


def test_values_that_are_equal_but_not_the_same() -> None:
    templates = Templates()
    for value, expected in ((1, "1"), (True, "True"), (0, "0"), (False, "False"), ("1", "1")):
        assert templates.evaluate({"value": value}, trusted("{{ value ~ '' }}"), "x") == expected
    assert templates.evaluate({}, trusted("{{ value | default('none') }}"), "x") == "none"
    assert templates.evaluate({"value": None}, trusted("{{ value | default('none') }}"), "x") is None


def test_an_id_that_is_used_again_does_not_mislead() -> None:
    """With hash_behaviour=merge each host has dictionaries of its own, which are gone as soon as it was read."""
    templates = Templates()
    for number in range(200):
        raw = {**RAW, "dict": {"number": number}}
        assert templates.evaluate(raw, trusted("{{ dict.number }}"), "x") == number


@pytest.mark.parametrize(
    "text", ["{{ lookup('pipe', 'date +%N') }}", "{{ now().microsecond }}", "{{ [1, 2] | random }}"]
)
def test_what_varies_is_evaluated_each_time(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = count_evaluations(monkeypatch)
    templates = Templates()
    for _attempt in range(3):
        templates.evaluate(RAW, trusted(text), "x")
    assert len(seen) == 3


def test_unsafe_text_stays_as_it_is() -> None:
    raw = {"inner": "{{ $value }}", **RAW}
    assert Templates().evaluate(raw, "{{ $labels.instance }}", "x") == "{{ $labels.instance }}"
    assert Templates().evaluate(raw, trusted("{{ inner }}"), "x") == "{{ $value }}"
    assert Templates().evaluate(raw, {"a": ["{{ $x }}"]}, "x") == {"a": ["{{ $x }}"]}
    assert Templates().evaluate(raw, "{{ port }}", "x") == "{{ port }}"
    assert Templates().evaluate({"inner": "{{ port }}", **RAW}, trusted("a{{ inner }}"), "x") == "a{{ port }}"


@pytest.mark.parametrize(
    ("value", "where"),
    [
        ({"a": {"b": ["{{ port }}", "{{ $x }}"]}}, r"^host\.x\.a\.b\[1\] holds text that is not a Jinja template"),
        ("{{ $x }}", r"^host\.x holds text that is not a Jinja template \(unexpected char '\$' at 3\)\. .* !unsafe"),
        (["{{ no_such }}"], r"^host\.x\[0\] cannot be evaluated \('no_such' is undefined\)"),
        ({"password": "{{ no_such }}"}, r"^host\.x\.password cannot be evaluated\. If"),
    ],
)
def test_messages_name_the_place(value: object, where: str) -> None:
    with pytest.raises(InputError, match=where):
        Templates().evaluate(RAW, trusted(value), "host.x")


def test_templates_inside_of_structures() -> None:
    assert by_us_structure({"a": "{{ dict }}", "b": ["{{ chain }}", 1, None]}) == {
        "a": {"a": 9100, "b": ["10.0.0.1", 2]},
        "b": ["10.0.0.1", 1, None],
    }


def by_us_structure(value: object) -> t.Any:
    return Templates().evaluate(RAW, trusted(value), "x")

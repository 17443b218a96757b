# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The user's own rule files: native text, of which only named thresholds are replaced. PRIVATE to the collection."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Container, Iterable, Iterator, Mapping

import yaml
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._catalogue import expected_names
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._rule_thresholds import names_in_text
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import kind

#: An alert as Prometheus tells them apart: its name and its labels.
_Identity = tuple[str, tuple[tuple[str, str], ...]]


def extra_problems(
    extra: Mapping[str, t.Any], shipped: Container[str], alerts: Container[str], thresholds: Iterable[str]
) -> Iterator[str]:
    """What is wrong with the user's rule files, each a sentence that names the file.

    Args:
        extra: Texts by the name of the file.
        shipped: Names of the shipped files, without their ending.
        alerts: Names of the shipped alerts that are deployed.
        thresholds: Names of the thresholds that there are.
    """
    seen: dict[_Identity, str] = {}
    known = list(thresholds)
    for name, text in extra.items():
        where = f"prometheus_extra_rule_files: {name}"
        if not re.fullmatch(r"[^/]+\.ya?ml", name):
            yield f"{where} is no name of a rule file; expected one that ends in .yml or .yaml."
        elif name.rpartition(".")[0] in shipped:
            yield f"{where} has the name of a shipped file; expected another name."
        else:
            for problem in (*_text_problems(name, text, alerts, seen), *_threshold_problems(text, known)):
                yield f"{where} {problem}"


def _text_problems(name: str, text: object, alerts: Container[str], seen: dict[_Identity, str]) -> Iterator[str]:
    try:
        data = yaml.safe_load(text) if isinstance(text, str) else text
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        yield f"is not YAML (line {mark.line + 1 if mark else '?'}: {getattr(error, 'problem', 'unreadable')})."
        return
    groups = data.get("groups") if isinstance(data, dict) else None
    if not isinstance(groups, list):
        yield f"is {kind(data)} without a list `groups`; expected a native rule file of Prometheus."
        return
    for rule in _alerts(groups):
        alert = str(rule["alert"])
        labels = rule.get("labels")
        pairs = sorted((str(key), str(value)) for key, value in labels.items()) if isinstance(labels, dict) else []
        identity = (alert, tuple(pairs))
        if alert in alerts:
            yield (
                f"defines the alert {alert!r}, which is shipped; expected another name, or the shipped one in "
                "prometheus_alerts_disabled."
            )
        elif identity in seen:
            yield (
                f"defines the alert {alert!r} with the same labels as in {seen[identity]}; "
                "expected another name, or another label."
            )
        seen.setdefault(identity, name)


def _alerts(groups: list[t.Any]) -> Iterator[dict[str, t.Any]]:
    for group in groups:
        for rule in (group.get("rules") or []) if isinstance(group, dict) else []:
            if isinstance(rule, dict) and "alert" in rule:
                yield rule


def _threshold_problems(text: object, known: list[str]) -> Iterator[str]:
    for name in names_in_text(text) if isinstance(text, str) else ():
        if name not in known:
            yield f"has the unknown threshold {name!r}; {expected_names(name, known)}"

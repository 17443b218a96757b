# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prometheus's rule files: the shipped ones as the inventory wants them, and the user's. PRIVATE to the collection.

The shipped files are native: any Prometheus loads them as they are. A group is called `ets.<file>.<source>`; it is only
deployed where a job of that name is scraped (`any` always is).
"""

from __future__ import annotations

import dataclasses
import re
import typing as t
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._catalogue import expected_names
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._managed_service import HEADER
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._rule_thresholds import (
    EVALUATION_INTERVAL,
    as_number,
    names_in,
    read_thresholds,
    substitute,
    substitute_text,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._rules_extra import extra_problems
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import (
    InputError,
    as_list,
    as_mapping,
    as_text,
    check_keys,
    shown,
)

Rule = dict[str, t.Any]
Group = dict[str, t.Any]

#: Where the shipped rule files are.
SOURCE: t.Final = Path(__file__).parents[2] / "roles" / "prometheus" / "files" / "rules"
#: What the shipped files have for the addresses that the settings replace.
RUNBOOKS: t.Final = "https://github.com/enterprise-tickets/ansible-observability/blob/main/docs/runbooks/"
GRAFANA: t.Final = "https://grafana.example.com/"
#: With more targets than this a job gets one guard that counts, and not one for each.
GUARDS: t.Final = 100

_SEVERITIES: t.Final = ("critical", "warning", "info", "none", "digest")
_CHANGES: t.Final = ("for", "labels", "annotations", "threshold")
# The value as an alert's own words show it, such as {{ $value | humanizePercentage }}.
_VALUE: t.Final = re.compile(r"\{\{[^{}]*\$value\b[^{}]*\}\}")
_DURATION: t.Final = re.compile(r"(?:[0-9]+(?:ms|[smhdwy]))+\Z")
_SECONDS: t.Final = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}
_GUARD: t.Final = re.compile(r'absent\(up\{job(?P<not>!?)="(?P<job>[^"]+)"\}\)\Z')


@dataclasses.dataclass(frozen=True, slots=True)
class Settings:
    """What the role's variables say. The variable of each is `prometheus_<name>`.

    Args:
        evaluation_interval: A duration in Prometheus's notation.
        alert_thresholds: Numbers by name.
        alerts_disabled: Names of alerts.
        alert_overrides: Changes by the name of the alert.
        alert_sources: Groups to deploy although no job of that name is scraped.
        extra_rule_files: Texts of native files by the name of the file.
        runbook_url: Address of the directory of the runbooks, with a slash at its end.
        grafana_url: Address of Grafana with a slash at its end; without it alerts have no link to a dashboard.
    """

    evaluation_interval: str = "15s"
    alert_thresholds: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    alerts_disabled: list[str] = dataclasses.field(default_factory=list)
    alert_overrides: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    alert_sources: list[str] = dataclasses.field(default_factory=list)
    extra_rule_files: dict[str, str] = dataclasses.field(default_factory=dict)
    runbook_url: str = RUNBOOKS
    grafana_url: str = ""


#: The targets of each job: their labels.
Jobs = Mapping[str, Sequence[Mapping[str, str]]]


def read_settings(values: Mapping[str, t.Any]) -> Settings:
    """Check the settings.

    Args:
        values: Builtins, by the name of the setting.

    Raises:
        InputError: A setting is unknown or not what it should be.
    """
    known = [field.name for field in dataclasses.fields(Settings)]
    check_keys(values, "The settings of the rules", known, "setting")
    read: dict[str, t.Any] = {}
    for name, value in values.items():
        where = f"prometheus_{name}"
        if name in ("alert_thresholds", "alert_overrides", "extra_rule_files"):
            read[name] = as_mapping(value, where)
        elif name in ("alerts_disabled", "alert_sources"):
            read[name] = [as_text(item, f"{where}[{i}]", empty=False) for i, item in enumerate(as_list(value, where))]
        elif text := as_text(value, where):
            read[name] = text
    return Settings(**read)


def load(source: Path = SOURCE) -> dict[str, list[Group]]:
    """Read the shipped rule files: groups by the name of the file, without its ending."""
    # In C: without it these files take a tenth of a second.
    return {
        path.stem: yaml.load(path.read_text(), Loader=yaml.CSafeLoader)["groups"]
        for path in sorted(source.glob("*.yml"))
    }


def rule_files(jobs: Jobs, settings: Settings, source: Path = SOURCE) -> dict[str, str]:
    """Make the rule files.

    Args:
        jobs: What is scraped.
        settings: What the user wants.
        source: Directory of the shipped files.

    Returns:
        The texts of the files by their names.

    Raises:
        InputError: A setting names something that is not there, or has an impossible value; lists all such problems.
    """
    files = load(source)
    problems: list[str] = []
    defaults = read_thresholds(rule for groups in files.values() for group in groups for rule in group["rules"])
    values = {**defaults, EVALUATION_INTERVAL: _seconds(settings.evaluation_interval)}
    for name, value in settings.alert_thresholds.items():
        _collect(problems, lambda n=name, v=value: values.update({n: _threshold(n, v, defaults)}))  # type: ignore[misc]
    alerts = {
        rule["alert"]: rule
        for groups in files.values()
        for group in groups
        for rule in group["rules"]
        if "alert" in rule
    }
    for where, names in (("alerts_disabled", settings.alerts_disabled), ("alert_overrides", settings.alert_overrides)):
        problems += [
            f"prometheus_{where} names the unknown alert {name!r}; {expected_names(name, alerts)}"
            for name in names
            if name not in alerts
        ]
    sources = {_source(group): None for groups in files.values() for group in groups}
    problems += [
        f"prometheus_alert_sources names the unknown source {name!r}; {expected_names(name, sources)}"
        for name in settings.alert_sources
        if name not in sources
    ]
    for name, change in settings.alert_overrides.items():
        if name in alerts:
            _collect(problems, lambda n=name, c=change: _override(alerts[n], c, f"prometheus_alert_overrides.{n}"))  # type: ignore[misc]
    kept = set(alerts) - set(settings.alerts_disabled)
    problems += extra_problems(settings.extra_rule_files, files, kept, set(values) - {EVALUATION_INTERVAL})
    if problems:
        raise InputError("\n".join(problems))
    made = {}
    for name, groups in files.items():
        shipped = [
            _group(group, jobs, settings, values, kept) for group in groups if _wanted(_source(group), jobs, settings)
        ]
        if shipped := [group for group in shipped if group["rules"]]:
            made[f"{name}.yml"] = _dump({"groups": shipped})
    extra = {name: substitute_text(text, values) for name, text in settings.extra_rule_files.items()}
    return {**made, **extra}


def _collect(problems: list[str], do: t.Callable[[], object]) -> None:
    try:
        do()
    except InputError as error:
        problems.append(str(error))


def _seconds(duration: str) -> float:
    if not _DURATION.match(duration):
        raise InputError(
            f"prometheus_evaluation_interval is {shown(duration)}; expected a duration such as 15s or 1m30s."
        )
    parts = re.findall(r"([0-9]+)(ms|[smhdwy])", duration)
    return sum(int(number) * _SECONDS[unit] for number, unit in parts)


def _threshold(name: str, value: object, defaults: Mapping[str, float]) -> float:
    where = f"prometheus_alert_thresholds.{name}"
    if name == EVALUATION_INTERVAL:
        raise InputError(f"{where} comes from prometheus_evaluation_interval; set that instead.")
    if name not in defaults:
        raise InputError(
            f"prometheus_alert_thresholds names the unknown threshold {name!r}; "
            f"{expected_names(name, set(defaults) - {EVALUATION_INTERVAL})}"
        )
    return as_number(value, where, name)


def _source(group: Group) -> str:
    return str(group["name"]).rpartition(".")[2]


def _wanted(source: str, jobs: Jobs, settings: Settings) -> bool:
    """Whether something is scraped that the group of this source is about; `blackbox_http` is a job of `blackbox`."""
    return (
        source == "any"
        or source in settings.alert_sources
        or any(job == source or job.startswith((f"{source}_", f"{source}-")) for job in jobs)
    )


def _group(group: Group, jobs: Jobs, settings: Settings, values: Mapping[str, float], kept: set[str]) -> Group:
    rules: list[Rule] = []
    for rule in group["rules"]:
        if "alert" not in rule or rule["alert"] in kept:
            for one in _guards(rule, jobs):
                rules.append(_finished(one, settings, values))
    return {**group, "rules": rules}


def _finished(rule: Rule, settings: Settings, values: Mapping[str, float]) -> Rule:
    own = dict(values)
    change = settings.alert_overrides.get(rule.get("alert", "")) or {}
    if "threshold" in change:
        own.update(dict.fromkeys(names_in(rule["expr"]), float(change["threshold"])))
    made = substitute(rule, own)
    if "alert" not in made:
        return made
    made["annotations"] = _addresses(made["annotations"], settings)
    # In messages it has its own line. Where the words have no value, such as `is down`, it says nothing.
    words = " ".join(made["annotations"].get(name, "") for name in ("summary", "description"))
    if said := _VALUE.search(words):
        made["annotations"].setdefault("value", said[0])
    if "for" in change:
        made["for"] = change["for"]
    for key in ("labels", "annotations"):
        changed = {**made[key], **(change.get(key) or {})}
        made[key] = {name: value for name, value in changed.items() if value not in (None, "")}
    return {key: made[key] for key in ("alert", "expr", "for", "labels", "annotations") if key in made}


def _addresses(annotations: Mapping[str, str], settings: Settings) -> dict[str, str]:
    """Put the real addresses of runbooks and dashboards in; without Grafana there is no dashboard to link to."""
    made = {}
    for name, value in annotations.items():
        if value.startswith(GRAFANA) and not settings.grafana_url:
            continue
        for shipped, real in ((RUNBOOKS, settings.runbook_url), (GRAFANA, settings.grafana_url)):
            if value.startswith(shipped):
                value = f"{real.rstrip('/')}/{value.removeprefix(shipped)}"
        made[name] = value
    return made


def _guards(rule: Rule, jobs: Jobs) -> list[Rule]:
    """A guard for every target that there should be: `absent(up{job="x"})` alone would only see the last one's loss.

    `absent(up{job!="x"})` stands for the targets of all jobs but one.
    """
    match = _GUARD.match(rule["expr"])
    if not match:
        return [rule]
    names = [name for name in jobs if (name == match["job"]) != bool(match["not"])]
    return [guard for name in names for guard in _job_guards(rule, name, jobs[name])] or [rule]


def _job_guards(rule: Rule, job: str, targets: Sequence[Mapping[str, str]]) -> list[Rule]:
    if len(targets) > GUARDS:
        expression = f'count by (environment, job) (up{{job="{job}"}}) < {len(targets)}\nor absent(up{{job="{job}"}})'
        return [{**rule, "expr": expression}]
    made = []
    for target in targets:
        labels = {
            "job": job,
            **{name: target[name] for name in ("environment", "instance", "node") if name in target},
        }
        matchers = ",".join(f"{name}={_quoted(value)}" for name, value in sorted(labels.items()))
        made.append({**rule, "expr": f"absent(up{{{matchers}}})"})
    return made


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _override(rule: Rule, change: object, where: str) -> None:
    """Check one entry of prometheus_alert_overrides."""
    changes = as_mapping(change, where)
    check_keys(changes, where, _CHANGES, "setting")
    if "for" in changes and not (isinstance(changes["for"], str) and _DURATION.match(changes["for"])):
        raise InputError(f"{where}.for is {shown(changes['for'])}; expected a duration such as 10m.")
    for key in ("labels", "annotations"):
        for name, value in as_mapping(changes.get(key), f"{where}.{key}").items():
            if value is not None and not isinstance(value, str):
                raise InputError(
                    f"{where}.{key}.{name} is {shown(value)}; expected a text, or nothing to take it away."
                )
    severity = as_mapping(changes.get("labels"), where).get("severity", "info")
    if severity not in _SEVERITIES:
        raise InputError(
            f"{where}.labels.severity is {shown(severity)}; {expected_names(str(severity), _SEVERITIES)} "
            "Alertmanager's routes know only these."
        )
    if "threshold" in changes:
        names = names_in(rule["expr"])
        if len(names) != 1:
            raise InputError(
                f"{where}.threshold: the alert has {len(names)} thresholds ({', '.join(names) or 'none'}); "
                "expected an alert with one. Set prometheus_alert_thresholds instead."
            )
        as_number(changes["threshold"], f"{where}.threshold", names[0])


class _Dumper(yaml.CSafeDumper):
    """Writes expressions of several lines as people do."""


def _represent(dumper: yaml.CSafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _represent)


def _dump(data: object) -> str:
    return HEADER + str(yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=118))

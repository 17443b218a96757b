# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters of the topology as plain functions: what they pass on and how they fail."""

from __future__ import annotations

import importlib
import inspect
import re
import typing as t
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from ansible.errors import AnsibleFilterError, AnsibleTemplateSyntaxError

GROUPS = {"all": ["web1", "mon1"], "observability_hosts": ["web1", "mon1"], "prometheus": ["mon1"]}
HOSTVARS: dict[str, dict[str, t.Any]] = {"web1": {}, "mon1": {}}
PLUGINS = "ansible_collections.enterprise_tickets.observability.plugins.filter"
NAMES = [
    "scrape_jobs",
    "prometheus_files",
    "prometheus_readable_files",
    "prometheus_inline_secrets",
    "topology_problems",
]


def function(name: str) -> Callable[..., t.Any]:
    filters = importlib.import_module(f"{PLUGINS}.{name}").FilterModule().filters()
    assert list(filters) == [name]
    return t.cast("Callable[..., t.Any]", filters[name])


def test_scrape_jobs() -> None:
    jobs = function("scrape_jobs")(GROUPS, HOSTVARS, "mon1")
    assert [(job["name"], len(job["targets"])) for job in jobs] == [("node", 2), ("prometheus", 1)]


def test_prometheus_files() -> None:
    files = function("prometheus_files")({"config_dir": "/x"}, GROUPS, HOSTVARS, "mon1")
    assert [entry["dest"] for entry in files] == [
        "/x/prometheus.yml",
        "/x/file_sd/node.yml",
        "/x/file_sd/prometheus.yml",
    ]


def test_topology_problems() -> None:
    broken = {**HOSTVARS, "web1": {"node_exporter_port": 0}}
    assert function("topology_problems")(GROUPS, HOSTVARS) == []
    assert function("topology_problems")(GROUPS, broken, ["mon1"]) == [
        "Host web1: node_exporter_port is 0; expected a port, a whole number from 1 to 65535."
    ]


def test_readable_files_start_from_the_directory_of_the_configuration() -> None:
    readable = function("prometheus_readable_files")
    write = [{"url": "https://w", "basic_auth": {"password_file": "secret"}}]
    assert readable({"remote_write": write}) == ["/etc/prometheus/secret"]
    assert readable({"remote_write": write, "config_dir": "/srv/p"}) == ["/srv/p/secret"]


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        (
            "scrape_jobs",
            ({"all": ["mon1"]}, HOSTVARS, "mon1"),
            "The inventory has no group observability_hosts; expected",
        ),
        (
            "scrape_jobs",
            (GROUPS, HOSTVARS, "nobody"),
            "The inventory has no host 'nobody'; expected inventory_hostname.",
        ),
        (
            "prometheus_files",
            ({"remote_wirte": []}, GROUPS, HOSTVARS, "mon1"),
            "The settings of Prometheus have the unknown",
        ),
        (
            "prometheus_files",
            ([], GROUPS, HOSTVARS, "mon1"),
            "The settings of Prometheus are a list; expected a dictionary.",
        ),
        ("prometheus_readable_files", ([],), "The settings of Prometheus are a list; expected a dictionary."),
        (
            "prometheus_inline_secrets",
            ({"x": 1},),
            "The settings of Prometheus have the unknown key 'x'; Known: alert_",
        ),
        (
            "topology_problems",
            (GROUPS, HOSTVARS, "web1"),
            "The hosts are a text; expected a list such as ansible_play_hosts",
        ),
    ],
)
def test_errors(name: str, arguments: tuple[t.Any, ...], message: str) -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        function(name)(*arguments)
    assert str(caught.value).startswith(message)


class Failing(dict[str, t.Any]):
    """Settings as a role gives them: a template is only evaluated, and only fails, on access."""

    def __getitem__(self, name: str) -> t.Any:
        if name == "remote_write":
            raise AnsibleTemplateSyntaxError("Syntax error in template: unexpected '.'")
        return super().__getitem__(name)


def test_one_broken_template_does_not_hide_other_mistakes() -> None:
    settings = Failing(remote_write=[], scrape_interval="15")
    with pytest.raises(AnsibleFilterError) as caught:
        function("prometheus_files")(settings, GROUPS, HOSTVARS, "mon1")
    assert [line.partition(";")[0].partition(". ")[0] for line in str(caught.value).splitlines()] == [
        "prometheus_scrape_interval is '15'",
        "prometheus_remote_write holds text that is not a Jinja template (unexpected '.')",
    ]
    with pytest.raises(AnsibleFilterError, match=r"^prometheus_remote_write holds text"):
        function("prometheus_readable_files")(settings)


def test_mistakes_in_settings_and_jobs_come_together() -> None:
    settings = {
        "scrape_interval": 15,
        "extra_scrape_jobs": [{"job_name": "node", "static_configs": [{"targets": ["db1"]}]}],
        "scrape_job_settings": {"nod_exporter": {}},
    }
    with pytest.raises(AnsibleFilterError) as caught:
        function("prometheus_files")(settings, GROUPS, HOSTVARS, "mon1")
    assert [line.partition(";")[0] for line in str(caught.value).splitlines()] == [
        "prometheus_scrape_interval is 15",
        "prometheus_scrape_job_settings names the unknown service 'nod_exporter'",
        "prometheus_extra_scrape_jobs[0].job_name is 'node', the collection's own job for Node Exporter",
        "prometheus_extra_scrape_jobs[0].static_configs[0].targets[0] (job 'node') is 'db1'",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_documentation_names_what_there_is(name: str) -> None:
    """antsibull-docs checks the form; this checks that names and defaults are those of the code."""
    module = importlib.import_module(f"{PLUGINS}.{name}")
    documentation = yaml.safe_load(module.DOCUMENTATION)
    assert documentation["name"] == name
    assert f"enterprise_tickets.observability.{name}" in module.EXAMPLES
    assert yaml.safe_load(module.EXAMPLES)
    arguments = tuple(inspect.signature(function(name)).parameters)
    assert arguments[1:] == tuple(documentation.get("positional", "").replace(",", " ").split())


def test_documented_settings() -> None:
    prometheus = importlib.import_module(f"{PLUGINS}.prometheus_files")
    documented = yaml.safe_load(prometheus.DOCUMENTATION)["options"]["_input"]["suboptions"]
    known = prometheus.prometheus.Settings.__dataclass_fields__
    assert list(documented) == list(known)
    defaults = prometheus.prometheus.read_settings({}.get, pytest.fail)
    assert {name: entry["default"] for name, entry in documented.items()} == {
        name: getattr(defaults, name) for name in known
    }


def test_the_example_of_scrape_jobs_is_true() -> None:
    module = importlib.import_module(f"{PLUGINS}.scrape_jobs")
    shown = "\n".join(line.removeprefix("  # ") for line in module.EXAMPLES.splitlines() if line.startswith("  # "))
    variables = {"ansible_host": "10.0.0.11", "observability_environment": "production"}
    groups = {"observability_hosts": ["web1"], "prometheus": ["web1"]}
    assert function("scrape_jobs")(groups, {"web1": variables}, "web1")[:1] == yaml.safe_load(shown)
    sample = yaml.safe_load(module.RETURN)["_value"]["contains"]["targets"]["sample"]
    assert sample == yaml.safe_load(shown)[0]["targets"]


@pytest.mark.parametrize("name", ["prometheus_readable_files", "prometheus_inline_secrets"])
def test_the_examples_of_the_small_ones_are_true(name: str) -> None:
    module = importlib.import_module(f"{PLUGINS}.{name}")
    (task,) = yaml.safe_load(module.EXAMPLES)
    (result,) = [line.removeprefix("  # ") for line in module.EXAMPLES.splitlines() if line.startswith("  # ")]
    assert function(name)(task["vars"]) == yaml.safe_load(result)


def test_the_example_of_prometheus_files_works() -> None:
    module = importlib.import_module(f"{PLUGINS}.prometheus_files")
    (task,) = yaml.safe_load(module.EXAMPLES)
    files = function("prometheus_files")(task["vars"]["settings"], GROUPS, HOSTVARS, "mon1")
    assert [job["job_name"] for job in files[0]["content"]["scrape_configs"]] == ["node", "prometheus", "switches"]


def test_the_role_evaluates_the_topology_once() -> None:
    """Ansible evaluates a variable again for each reference, and this one takes seconds in a large inventory."""
    role = Path(__file__).parents[4] / "roles" / "prometheus"
    variables = (role / "vars" / "main.yml").read_text()
    tasks = "".join(path.read_text() for path in sorted(role.glob("tasks/*.yml")))
    assert len(re.findall(r"\bobservability\.prometheus_files\b", variables)) == 1
    assert len(re.findall(r"\b__prometheus_files\b", variables)) == 1  # where it is set
    assert len(re.findall(r"\b__prometheus_files\b", tasks)) == 1
    assert not re.findall(r"\bobservability\.(prometheus_files|scrape_jobs)\b", tasks)

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters of the topology inside of a real ansible-playbook, with variables as inventories have them."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible.constants import DEFAULT_VAULT_ID_MATCH
from ansible.parsing.vault import VaultLib, VaultSecret

Play = t.Callable[..., t.Any]
FILTERS = "enterprise_tickets.observability"
FILES = f"{{{{ settings | {FILTERS}.prometheus_files(groups, hostvars, inventory_hostname) | to_json }}}}"
JOBS = f"{{{{ groups | {FILTERS}.scrape_jobs(hostvars, inventory_hostname) | to_json }}}}"
PROBLEMS = f"{{{{ groups | {FILTERS}.topology_problems(hostvars, ansible_play_hosts_all) | to_json }}}}"

HOSTS = """
all:
  children:
    observability_hosts:
      children:
        web:
          hosts:
            web1: {ansible_host: 10.0.0.11}
            web2: {ansible_host: 10.0.0.12}
        mon:
          hosts:
            mon1: {ansible_host: 10.0.0.21}
            mon2: {ansible_host: 10.0.0.22}
    prometheus:
      hosts: {mon1: , mon2: }
  vars: {ansible_connection: local}
"""


def play(expression: str, hosts: str = "prometheus", **keys: t.Any) -> list[dict[str, t.Any]]:
    """A play that prints the value of an expression for each host."""
    return [
        {
            "name": "Print what the filter gives",
            "hosts": hosts,
            "gather_facts": False,
            "vars": {"settings": {}},
            "tasks": [{"name": "Print", "ansible.builtin.debug": {"msg": expression}}],
            **keys,
        }
    ]


def printed(run: t.Any, host: str) -> t.Any:
    assert run.status == 0, run.output
    (message,) = run.messages()[host]
    return json.loads(message)


def test_limit_and_serial_change_nothing(playbook: Play) -> None:
    inventory = {"hosts.yml": HOSTS, "group_vars/all.yml": {"observability_address": "{{ ansible_host }}"}}
    seen: dict[str, list[str]] = {}
    for serial, arguments in ((2, []), (1, []), (2, ["--limit", "mon2"]), (2, ["--limit", "web1,mon1"])):
        run = playbook(play(FILES, serial=serial), inventory, *arguments)
        assert run.status == 0, run.output
        for host, messages in run.messages().items():
            seen.setdefault(host, []).extend(messages)
    assert {host: len(contents) for host, contents in seen.items()} == {"mon1": 3, "mon2": 3}
    assert {host: len(set(contents)) for host, contents in seen.items()} == {"mon1": 1, "mon2": 1}
    one, two = (json.loads(seen[host][0]) for host in ("mon1", "mon2"))
    assert one[1:] == two[1:]
    assert [line.split('"')[3] for line in one[1]["content"].splitlines()[1:]] == [
        "10.0.0.21:9100",
        "10.0.0.22:9100",
        "10.0.0.11:9100",
        "10.0.0.12:9100",
    ]


def test_variables_and_their_precedence(playbook: Play, tmp_path: Path) -> None:
    secret = VaultSecret(b"vault password")
    vault = VaultLib([(DEFAULT_VAULT_ID_MATCH, secret)]).encrypt("r7", secret).decode()
    (tmp_path / "password").write_text("vault password")
    tagged = "!vault |\n" + "".join(f"    {line}\n" for line in vault.splitlines())
    files = {
        "hosts.yml": HOSTS,
        "group_vars/all/main.yml": {
            "domain": "example.com",
            "observability_environment": "{{ stage }}",
            "stage": "production",
            "observability_address": "{{ inventory_hostname }}.{{ domain }}",
            "observability_labels": {"domain": "{{ domain }}", "all": True},
            "node_exporter_port": "{{ base + 100 }}",
            "base": 9000,
        },
        "group_vars/web.yml": {"observability_labels": {"role": "{{ group_names | join('+') }}"}},
        "group_vars/mon.yml": f"observability_labels: {{kind: mon}}\nnode_exporter_labels:\n  rack: {tagged}",
        "host_vars/web2.yml": {"node_exporter_port": 9200, "observability_address": "{{ ansible_host }}"},
    }
    run = playbook(
        play(JOBS, "mon1"), files, "-e", "base=9001", "-e", '{"base": 9001}', "--vault-password-file", "password"
    )
    job = printed(run, "mon1")[0]
    assert [(group["targets"][0], group["labels"]) for group in job["targets"]] == [
        (
            "mon1.example.com:9101",
            {"node": "mon1", "instance": "mon1:9101", "environment": "production", "kind": "mon", "rack": "r7"},
        ),
        (
            "mon2.example.com:9101",
            {"node": "mon2", "instance": "mon2:9101", "environment": "production", "kind": "mon", "rack": "r7"},
        ),
        (
            "web1.example.com:9101",
            {
                "node": "web1",
                "instance": "web1:9101",
                "environment": "production",
                "role": "observability_hosts+web",
            },
        ),
        (
            "10.0.0.12:9200",
            {
                "node": "web2",
                "instance": "web2:9200",
                "environment": "production",
                "role": "observability_hosts+web",
            },
        ),
    ]


def test_own_names_of_groups_and_two_environments(playbook: Play) -> None:
    hosts = {
        "all": {
            "vars": {
                "ansible_connection": "local",
                "observability_groups": {"observability_hosts": "linux", "prometheus": "prom"},
            },
            "children": {
                "linux": {"children": {"production": None, "staging": None}},
                "production": {
                    "hosts": {"p1": {}, "p2": {}},
                    "vars": {"observability_environment": "production"},
                },
                "staging": {"hosts": {"s1": {}, "s2": {}}, "vars": {"observability_environment": "staging"}},
                "prom": {"hosts": {"p1": None, "s1": None}},
                "prometheus": {"hosts": {"stranger": None}},
            },
        }
    }
    run = playbook(play(JOBS, "prom"), {"hosts.yml": hosts})
    nodes = {
        host: [[group["labels"]["node"] for group in job["targets"]] for job in printed(run, host)]
        for host in ("p1", "s1")
    }
    assert nodes == {"p1": [["p1", "p2"], ["p1"]], "s1": [["s1", "s2"], ["s1"]]}
    assert printed(playbook(play(PROBLEMS, "prom"), {"hosts.yml": hosts}), "p1") == []


NATIVE = """
native:
  - job_name: app
    static_configs: [{targets: ["app:1"]}]
    relabel_configs: [{replacement: %s}]
"""
SETTINGS = {"vars": {"settings": {"extra_scrape_jobs": "{{ native }}"}}}


def test_unsafe_text_is_passed_on(playbook: Play) -> None:
    files = {"hosts.yml": HOSTS, "group_vars/all.yml": NATIVE % '!unsafe "{{ $labels.instance }}"'}
    run = playbook(play(FILES, "mon1", **SETTINGS), files)
    config = printed(run, "mon1")[0]["content"]
    assert config["scrape_configs"][-1]["relabel_configs"] == [{"replacement": "{{ $labels.instance }}"}]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "{{ $labels.instance }}",
            (
                "holds text that is not a Jinja template (unexpected char '$' at 3). Text of another program that "
                "contains {{ or {% needs the tag !unsafe before the value in the inventory, or a place in a file."
            ),
        ),
        ("{{ .Labels.instance }}", "holds text that is not a Jinja template (unexpected '.')."),
        (
            "{{ value }}",
            "cannot be evaluated ('value' is undefined). If this is text of another program, it needs the tag !unsafe",
        ),
        (
            "{{ ansible_facts.fqdn }}",
            "it may use variables of the inventory only, no facts and no variables of roles and",
        ),
    ],
)
def test_a_forgotten_unsafe(playbook: Play, text: str, message: str) -> None:
    files = {"hosts.yml": HOSTS, "group_vars/all.yml": NATIVE % f'"{text}"'}
    run = playbook(play(FILES, "mon1", **SETTINGS), files)
    assert run.status == 2
    output = " ".join(run.output.split())
    assert "prometheus_extra_scrape_jobs[0].relabel_configs[0].replacement " in output
    assert message in output


def test_mistakes_in_variables_of_hosts(playbook: Play) -> None:
    files = {
        "hosts.yml": HOSTS,
        "host_vars/web1.yml": 'observability_labels: {a: "{{ $labels.x }}"}\n',
        "host_vars/web2.yml": 'observability_address: "{{ ansible_facts.default_ipv4.address }}"\n',
        "host_vars/mon2.yml": "node_exporter_port: 99999\nprometheus_extra_scrape_jobs:\n"
        '  - {job_name: a, static_configs: [{targets: [db1]}], basic_auth: {password: "{{ hunter2"}}\n',
        "host_vars/mon1.yml": "prometheus_remote_write: [{url: x, basic_auth: {password: hunter2}}, hunter2]\n",
    }
    run = playbook(play(PROBLEMS, "all", tasks=play(PROBLEMS)[0]["tasks"]), files, "-vvvv", "--limit", "mon1")
    assert "hunter2" not in run.output
    found = printed(run, "mon1")
    assert [sentence.partition(";")[0].partition(" (")[0] for sentence in found] == [
        "Host mon2: node_exporter_port is 99999",
        "Host web1: observability_labels.a holds text that is not a Jinja template",
        "Host web2: observability_address cannot be evaluated",
        "Host mon1: prometheus_remote_write[1] is a text",
        (
            "Host mon2: prometheus_extra_scrape_jobs[0].basic_auth.password holds text that is not a Jinja template. "
            "Text of another program that contains {{ or {% needs the tag !unsafe before the value in the "
            "inventory, or a place in a file."
        ),
    ]


def test_the_filter_names_all_mistakes(playbook: Play) -> None:
    files = {"hosts.yml": HOSTS, "group_vars/web.yml": {"node_exporter_port": 0, "observability_labels": ["x"]}}
    run = playbook(play(JOBS, "mon1"), files)
    assert run.status == 2
    output = " ".join(run.output.split())
    assert "Hosts web1, web2: node_exporter_port is 0; expected a port, a whole number from 1 to 65535." in output


def test_dumpers_take_the_result(playbook: Play) -> None:
    dump = FILES.replace("| to_json", "| to_nice_yaml")
    files = {"hosts.yml": HOSTS, "group_vars/all.yml": NATIVE % '!unsafe "{{ $x }}"'}
    run = playbook(play(dump, "mon1", **SETTINGS), files)
    assert run.status == 0, run.output
    data = yaml.safe_load(run.messages()["mon1"][0])
    assert data[0]["content"]["scrape_configs"][-1]["relabel_configs"] == [{"replacement": "{{ $x }}"}]

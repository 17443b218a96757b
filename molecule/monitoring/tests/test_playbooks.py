# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks on hosts that are deployed already: tags, check mode, and bad input that changes nothing."""

from __future__ import annotations

import json
import subprocess

import pytest


@pytest.mark.parametrize(
    "arguments",
    [
        ("--tags", "prometheus_configure"),
        ("--tags", "prometheus_install"),
        ("--tags", "node_exporter_configure"),
        ("--skip-tags", "prometheus_install,node_exporter_install"),
        ("--skip-tags", "prometheus_configure"),
        ("--check", "--diff"),
        ("--limit", "monitoring-trixie"),
    ],
    ids=" ".join,
)
def test_a_part_alone_works_and_has_nothing_to_change(playbooks, sums, arguments):
    done = playbooks.run(*arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    assert sums(done).changed == 0, done.stdout
    assert sums(done).ok > 0


def test_a_setting_changes_and_comes_back_by_its_tag_alone(playbooks, sums):
    changed = playbooks.run("--tags", "prometheus_configure", "-e", json.dumps({"prometheus_retention_time": "30d"}))
    restored = playbooks.run("--tags", "prometheus_configure")
    assert (changed.returncode, sums(changed).changed) == (0, 2), changed.stdout
    assert (restored.returncode, sums(restored).changed) == (0, 2), restored.stdout


def test_the_first_replica_that_fails_ends_the_run(playbooks, sums, tmp_path):
    """What is refused on one server has not been tried on the other; both run on with the old rules."""
    rules = tmp_path / "broken.yml"
    rules.write_text("groups: [{name: broken, rules: [{alert: Broken, expr: 'sum((('}]}]\n")
    done = playbooks.run("--tags", "prometheus", "-e", json.dumps({"prometheus_extra_rule_files": [str(rules)]}))
    assert done.returncode != 0
    assert done.stdout.count("fatal: [") == 1
    assert (sums(done).changed, sums(done).failed) == (0, 1), done.stdout
    assert "broken.yml" in done.stdout
    assert "unclosed left parenthesis" in done.stdout


@pytest.fixture
def started():
    """Which run of Prometheus there is on each host, and since when."""

    def ask():
        command = [
            "systemctl",
            "show",
            "--property",
            "InvocationID,ActiveEnterTimestampMonotonic",
            "prometheus.service",
        ]
        return {
            host: dict(
                line.split("=")
                for line in subprocess.run(
                    ["docker", "exec", host, *command], capture_output=True, text=True, check=True
                ).stdout.split()
            )
            for host in ("monitoring-bookworm", "monitoring-trixie")
        }

    return ask


def test_a_rolling_restart_takes_one_replica_after_the_other(playbooks, started):
    before = started()
    done = playbooks.run("-e", "service=prometheus", playbook="rolling_restart")
    assert done.returncode == 0, done.stdout
    after = started()
    assert all(after[host]["InvocationID"] != before[host]["InvocationID"] for host in before)
    moments = [int(state["ActiveEnterTimestampMonotonic"]) for state in after.values()]
    # The second waited until the first was well again, which takes a scrape of it.
    assert abs(moments[0] - moments[1]) > 1_000_000


@pytest.mark.parametrize(
    ("playbook", "arguments", "words"),
    [
        ("rolling_restart", ("-e", "service=postgresql"), ("service is postgresql", "prometheus")),
        ("uninstall", ("-e", "uninstall=prometheus"), ("There is no --limit",)),
        ("uninstall", ("--limit", "monitoring-trixie"), ("uninstall is not set",)),
    ],
)
def test_a_playbook_that_is_asked_for_too_little_says_what_it_needs(playbooks, started, playbook, arguments, words):
    before = started()
    done = playbooks.run(*arguments, playbook=playbook)
    assert done.returncode != 0
    assert [word for word in words if word not in done.stdout] == [], done.stdout
    assert started() == before


BAD_INPUT = {
    "port out of range": ({"prometheus_port": 99999}, ("prometheus_port", "99999", "65535")),
    "two services on one port": ({"prometheus_port": 9100}, ("prometheus_port", "node_exporter_port", "9100")),
    "latest": ({"prometheus_version": "latest"}, ("prometheus_version", "latest")),
    "target without port": (
        {"prometheus_extra_scrape_jobs": [{"job_name": "a", "static_configs": [{"targets": ["app.example.com"]}]}]},
        ("prometheus_extra_scrape_jobs", "app.example.com", "port"),
    ),
    "unknown service": (
        {"prometheus_scrape_job_settings": {"node_exportr": {}}},
        ("prometheus_scrape_job_settings", "node_exportr", "node_exporter"),
    ),
    "empty group": ({"observability_groups": {"prometheus": "ungrouped"}}, ("prometheus", "ungrouped")),
    "unreachable source": (
        {
            "prometheus_install_method": "archive",
            "prometheus_version": "3.5.3",
            "prometheus_allow_storage_upgrade": True,
            "observability_mirror_url": "http://127.0.0.1:9",
        },
        ("prometheus_archive", "127.0.0.1:9"),
    ),
    "users without a probe": (
        {"prometheus_basic_auth_users": {"anna": "$2y$10$" + "a" * 53}},
        ("prometheus_basic_auth_users", "prometheus_probe"),
    ),
    "a password for a hash": ({"prometheus_basic_auth_users": {"anna": "hunter2"}}, ("bcrypt", "anna")),
    "a flag of ours": (
        {"prometheus_extra_flags": {"storage.tsdb.retention.time": "1d"}},
        ("prometheus_extra_flags", "prometheus_retention_time"),
    ),
}


@pytest.mark.parametrize(("variables", "words"), BAD_INPUT.values(), ids=BAD_INPUT.keys())
def test_bad_input_stops_before_anything_changes(playbooks, sums, variables, words):
    done = playbooks.run("-e", json.dumps(variables))
    assert done.returncode != 0
    assert sums(done).changed == 0, done.stdout
    missing = [word for word in words if word not in done.stdout + done.stderr]
    assert not missing, done.stdout
    assert "hunter2" not in done.stdout

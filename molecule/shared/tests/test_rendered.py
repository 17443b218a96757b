# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the scenario has deployed is rendered: no template of Ansible is left in a file on an instance."""

from __future__ import annotations

import fnmatch
import json
import pathlib
import re
import shlex

testinfra_hosts = ["ansible://observability_hosts"]

STATE = "/var/lib/enterprise_tickets_observability"
#: Files with templates that the service itself fills in.
NATIVE = (
    "/etc/prometheus/rules/*.yml",  # annotations of alerts
    "/etc/alertmanager/alertmanager.yml",
    "/etc/alertmanager/templates/*.tmpl",
    "/etc/grafana/dashboards/*.json",  # legends
)
ROLES = sorted(path.name for path in (pathlib.Path(__file__).parents[3] / "roles").iterdir())
# In those files too, none of our variables.
OURS = re.compile(rf"\{{\{{-?\s*(?:__|(?:observability|{'|'.join(ROLES)})_)|\{{%[-+ ]")


def leftovers(lines: list[str]) -> list[str]:
    """Those of grep's lines, which begin with the path, that hold what Ansible should have filled in."""
    return [
        line
        for line in lines
        if OURS.search(line) or not any(fnmatch.fnmatch(line.partition(":")[0], pattern) for pattern in NATIVE)
    ]


def test_only_templates_of_ansible_are_leftovers():
    alert = "/etc/prometheus/rules/a.yml:1: summary: {{ $labels.instance }}"
    ours = [
        "/etc/prometheus/rules/a.yml:2: {{ prometheus_port }}",
        "/etc/x.yml:1: {{ $labels }}",
        "/etc/x.yml:2: {% if %}",
    ]
    assert leftovers([alert, *ours]) == ours


def test_no_template_is_left_in_any_file(host):
    manifests = host.check_output(f"find {STATE} -name manifest.json").split()
    files = sorted({path for name in manifests for path in json.loads(host.file(name).content_string)["files"]})
    assert files
    # -I: a program may be an archive.
    found = host.run(f"grep -IHnE '\\{{\\{{|\\{{%[-+ ]' {shlex.join(files)}")
    assert found.stderr == ""
    assert leftovers(found.stdout.splitlines()) == []

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Templates of Alertmanager that change in a cluster that runs."""

from __future__ import annotations

import json
import time

testinfra_hosts = ["ansible://monitoring-trixie"]

UNIT = "prometheus-alertmanager.service"


def test_a_template_that_is_broken_is_refused_and_the_old_one_runs_on(host, playbooks, sums, tmp_path, alertmanager):
    started = host.check_output(f"systemctl show -P InvocationID {UNIT}")
    template = tmp_path / "broken.tmpl"
    template.write_text('{{ define "ets.alert.subject" }}{{ if }}{{ end }}\n')
    variables = json.dumps({"alertmanager_extra_template_files": [str(template)]})
    done = playbooks.run("--tags", "alertmanager", "-e", variables)
    assert done.returncode != 0
    assert done.stdout.count("fatal: [") == 1
    assert (sums(done).changed, sums(done).failed) == (0, 1), done.stdout
    assert "missing value for if" in done.stdout
    assert host.check_output(f"systemctl show -P InvocationID {UNIT}") == started
    assert not host.file("/etc/alertmanager/templates/broken.tmpl").exists
    assert alertmanager.metrics()["alertmanager_config_last_reload_successful"] == [({}, 1)]


def test_a_changed_template_is_loaded_without_a_restart(host, playbooks, sums, tmp_path, sent, tell, wait):
    started = host.check_output(f"systemctl show -P InvocationID {UNIT}")
    template = tmp_path / "own.tmpl"
    template.write_text('{{ define "ets.alert.subject" }}Our own words{{ end }}\n')
    variables = json.dumps({"alertmanager_extra_template_files": [str(template)]})
    done = playbooks.run("--tags", "alertmanager", "-e", variables)
    assert (done.returncode, sums(done).changed) == (0, 2), done.stdout
    name = f"Lab{time.monotonic_ns()}"
    tell(name, f"{name} in own words", escalate="no")
    (mail,) = wait(lambda: sent("email-critical", name), "the mail has been sent")
    assert mail["subject"] == "Our own words"
    done = playbooks.run("--tags", "alertmanager")
    assert (done.returncode, sums(done).changed) == (0, 2), done.stdout
    assert host.check_output(f"systemctl show -P InvocationID {UNIT}") == started

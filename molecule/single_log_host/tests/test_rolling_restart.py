# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook rolling_restart, with services that it has to wait for."""

from __future__ import annotations

import pytest

UNITS = ("elasticsearch", "logstash", "kibana", "filebeat")


@pytest.fixture
def started(host):
    return lambda: {unit: host.check_output(f"systemctl show -P InvocationID {unit}") for unit in UNITS}


def test_logstash_restarts_alone_and_its_pipelines_run_when_the_play_ends(host, playbooks, started):
    before = started()
    done = playbooks.run("-e", "service=logstash", playbook="rolling_restart")
    assert done.returncode == 0, done.stdout
    assert host.run("enterprise-tickets-health-check --only logstash.pipelines").rc == 0
    after = started()
    assert after.pop("logstash") != before.pop("logstash")
    assert after == before


def test_another_service_is_refused_by_name(playbooks, started):
    before = started()
    done = playbooks.run("-e", "service=filebeat", playbook="rolling_restart")
    assert done.returncode != 0
    assert "service is filebeat; expected one of alertmanager, elasticsearch," in " ".join(done.stdout.split())
    assert started() == before

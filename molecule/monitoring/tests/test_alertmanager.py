# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster of two Alertmanagers from the distribution's packages, told by two replicas of Prometheus."""

from __future__ import annotations

import json
import shlex
import time

UNIT = "prometheus-alertmanager.service"
HOSTS = ("monitoring-bookworm", "monitoring-trixie")


def test_it_runs_under_its_own_user_and_starts_at_boot(host):
    unit = host.service(UNIT)
    assert unit.is_running
    assert unit.is_enabled
    assert host.process.get(comm="prometheus-aler").user == "alertmanager"


def test_the_sandbox_is_tight(host, exposure):
    assert exposure(host, UNIT) <= 4


def test_the_members_know_each_other(alertmanager, wait):
    wait(lambda: alertmanager.metrics()["alertmanager_cluster_members"] == [({}, 2)], "the cluster has two members")
    (hashes,) = {value for _labels, value in alertmanager.metrics()["alertmanager_config_hash"]}
    assert hashes


def test_both_replicas_tell_both_members(alertmanager, service, wait):
    def told():
        return service("http://127.0.0.1:9090").api("alertmanagers")["activeAlertmanagers"]

    wait(lambda: {item["url"] for item in told()} == {f"http://{name}:9093/api/v2/alerts" for name in HOSTS}, "both")

    def watchdogs():
        return json.loads(alertmanager.get("/api/v2/alerts?filter=alertname=Watchdog"))

    # One alert and not two: the label that tells the replicas apart is gone.
    (found,) = wait(watchdogs, "the watchdog's alert is there")
    assert found["labels"]["environment"] == "test"
    assert "replica" not in found["labels"]


def test_the_watchdogs_watcher_hears_of_it(sent, wait):
    wait(lambda: sent("deadman", "Watchdog"), "the watchdog's alert has been sent")


def test_a_message_is_sent_once_and_a_silence_holds_everywhere(host, sent, tell, wait):
    """By the time of level 2 the second member would have told the first level by itself."""
    name = f"Lab{time.monotonic_ns()}"  # of its own each time, for another run may come
    tell(f"Silenced{name}", f"quiet on {name}")
    host.check_output("alert-ack Silenced%s --comment 'looking into it' --for 10m --action-log /tmp/log", name)
    for member in HOSTS:
        words = shlex.join(["curl", "-sSf", f"http://{member}:9093/api/v2/silences"])
        wait(lambda words=words: f"Silenced{name}" in host.check_output(words.replace("%", "%%")), f"on {member}", 30)
    tell(f"Loud{name}", f"loud on {name}")
    wait(lambda: sent("email-level2", f"loud on {name}"), "level 2 has been told")
    for receiver in ("email-critical", "slack-alerts"):
        assert len(sent(receiver, f"loud on {name}")) == 1
    (mail,) = sent("email-critical", f"loud on {name}")
    assert mail["subject"] == f"[CRITICAL] Loud{name} (test)"
    assert not sent("email-level2", f"quiet on {name}")

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""node_exporter from the distribution's package."""

from __future__ import annotations

import pytest

UNIT = "prometheus-node-exporter.service"
URL = "http://127.0.0.1:9100"


def test_it_runs_under_its_own_user_and_starts_at_boot(host):
    unit = host.service(UNIT)
    assert unit.is_running
    assert unit.is_enabled
    process = host.process.get(comm="prometheus-node")
    assert (process.user, process.group) == ("node_exporter", "node_exporter")


@pytest.mark.parametrize(
    ("metric", "labels"),
    [
        ("node_timex_sync_status", {}),
        ("node_pressure_cpu_waiting_seconds_total", {}),
        ("node_pressure_memory_waiting_seconds_total", {}),
        ("node_pressure_io_waiting_seconds_total", {}),
        ("node_systemd_unit_state", {"name": UNIT, "state": "active"}),
        ("node_cpu_seconds_total", {"mode": "idle"}),
        ("node_memory_MemAvailable_bytes", {}),
        ("node_uname_info", {}),
    ],
)
def test_what_alerts_need_is_there(service, metric, labels):
    samples = service(URL).metrics().get(metric, [])
    assert [value for found, value in samples if labels.items() <= found.items()], metric


def test_the_speed_of_a_link_is_what_the_inventory_says(service):
    assert service(URL).metrics()["ets_host_link_speed_bytes"] == [({"device": "eth0"}, 125_000_000)]


def test_the_systemd_collector_sees_what_systemd_sees(service):
    states = service(URL).metrics()["node_systemd_unit_state"]
    assert ({"name": UNIT, "state": "active"}, 1) in [
        ({key: found[key] for key in ("name", "state")}, value) for found, value in states
    ]


def test_a_collector_can_be_turned_off(service):
    collectors = {labels["collector"] for labels, _value in service(URL).metrics()["node_scrape_collector_success"]}
    assert "arp" not in collectors
    assert {"pressure", "systemd", "timex", "textfile"} <= collectors


def test_file_systems_are_seen_as_they_are_and_not_as_the_sandbox_has_them(service):
    """In the exporter's own namespace nearly everything is read-only."""
    samples = service(URL).metrics()["node_filesystem_readonly"]
    assert {labels["mountpoint"]: value for labels, value in samples}["/etc/hosts"] == 0


def test_the_group_may_write_metrics_and_they_are_served(host, service):
    host.check_output(
        "setpriv --reuid backup --regid backup --clear-groups sh -c "
        "'echo ets_test_metric 42 > /var/lib/prometheus/node-exporter/test.prom'"
    )
    try:
        assert service(URL).metrics()["ets_test_metric"] == [({}, 42.0)]
    finally:
        host.check_output("rm /var/lib/prometheus/node-exporter/test.prom")


def test_the_sandbox_is_tight(host, exposure):
    assert exposure(host, UNIT) <= 2.5


def test_the_sandbox_silences_no_collector(host, service):
    """The same program with the same flags, as the same user, without any sandbox, exposes the same metrics."""
    command = host.check_output(
        "tr '\\0' '\\n' < /proc/$(systemctl show -P MainPID %s)/cmdline | "
        "sed 's/^--web.listen-address=.*/--web.listen-address=127.0.0.1:19100/' | tr '\\n' ' '",
        UNIT,
    )
    who = "--uid=node_exporter --gid=node_exporter"
    host.check_output(f"systemd-run --quiet --unit=bare-exporter {who} --property=Type=exec {command}")
    try:
        host.check_output(
            "curl --silent --fail --retry 20 --retry-delay 1 --retry-connrefused 127.0.0.1:19100/ -o /dev/null"
        )
        bare = service("http://127.0.0.1:19100").metrics()
        ours = service(URL).metrics()
    finally:
        host.check_output("systemctl stop bare-exporter")
    assert set(bare) - set(ours) == set()
    failing = [
        {labels["collector"] for labels, value in found["node_scrape_collector_success"] if not value}
        for found in (bare, ours)
    ]
    assert failing[1] == failing[0]


def test_debians_configuration_files_are_untouched(host):
    """So upgrades of the package never stop to ask."""
    assert (
        host.check_output(
            "dpkg --verify prometheus-node-exporter prometheus | grep -v '^??5?????? c /etc/prometheus' || true"
        )
        == ""
    )

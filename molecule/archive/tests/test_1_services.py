# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services from upstream's archives, with TLS and passwords."""

from __future__ import annotations

import pytest

HOSTS = ("archive-bookworm", "archive-trixie")


@pytest.fixture
def prometheus(service):
    return service("https://127.0.0.1:9090/prom", "--insecure", "--user", "probe:lab-probe")


@pytest.fixture
def exporter(service):
    return service("https://127.0.0.1:9100", "--insecure", "--user", "prometheus:lab-scrape")


@pytest.mark.parametrize(
    ("unit", "process", "user"),
    [
        ("prometheus.service", "prometheus", "prometheus"),
        ("prometheus-node-exporter.service", "node_exporter", "node_exporter"),
    ],
)
def test_the_program_of_the_archive_runs(host, unit, process, user):
    assert host.service(unit).is_running
    assert host.service(unit).is_enabled
    pid = host.check_output("systemctl show -P MainPID %s", unit)
    assert host.check_output("tr '\\0' '\\n' < /proc/%s/cmdline | head -1", pid) == f"/usr/local/bin/{process}"
    assert host.check_output("readlink -f /usr/local/bin/%s", process).startswith(f"/opt/{process}/")
    assert host.check_output("ps -o user:32= -p %s", pid).strip() == user


def test_nobody_gets_in_without_a_password(prometheus, exporter):
    assert prometheus.status("/api/v1/query?query=up", "--insecure") == 401
    assert exporter.status("/metrics", "--insecure") == 401
    assert exporter.status("/metrics", "--insecure", "--user", "prometheus:wrong") == 401


def test_nothing_is_served_without_tls(service):
    assert service("http://127.0.0.1:9090/prom").status("/-/ready") == 400
    assert service("http://127.0.0.1:9100").status("/metrics") == 400


def test_every_target_is_up_with_its_certificate_checked(prometheus, wait):
    expected = {(job, f"{node}:{port}") for job, port in (("node", 9100), ("prometheus", 9090)) for node in HOSTS}
    expected |= {("by-address", "archive-bookworm:9100"), ("alertmanager", "archive-trixie:9093")}

    def seen():
        return {
            (sample["metric"]["job"], sample["metric"]["instance"]): sample["value"][1]
            for sample in prometheus.query("up")
        }

    wait(lambda: seen() == dict.fromkeys(expected, "1"), f"up == 1 for exactly {sorted(expected)}")


def test_native_rule_files_are_loaded_as_they_are(prometheus):
    rules = [rule for group in prometheus.api("rules")["groups"] if group["name"] == "lab" for rule in group["rules"]]
    assert [(rule["name"], rule["annotations"]["summary"], rule["health"]) for rule in rules] in (
        [("LabAlwaysFires", "Value {{ $value }} on {{ $labels.instance }}", "ok")],
        [("LabAlwaysFires", "Value {{ $value }} on {{ $labels.instance }}", "unknown")],  # not evaluated yet
    )


def test_the_collections_rules_are_loaded_and_none_is_refused(prometheus):
    rules = [rule for group in prometheus.api("rules")["groups"] for rule in group["rules"]]
    assert {"Watchdog", "NodeDown", "ets:kpi:target"} <= {rule["name"] for rule in rules}
    assert [rule["name"] for rule in rules if rule["health"] == "err"] == []


def test_the_name_of_the_site_is_the_prefix(prometheus):
    assert prometheus.api("status/flags")["web.external-url"] == "https://monitoring.example.com/prom/"


@pytest.mark.parametrize("collector", ["timex", "pressure", "systemd"])
def test_collectors_deliver(exporter, collector):
    assert [name for name in exporter.metrics() if name.startswith(f"node_{collector}_")]


def test_files_with_secrets_are_for_the_service_only(host):
    for path in ("/etc/prometheus/secrets/scrape_password", "/etc/prometheus/web.yml", "/etc/node_exporter/web.yml"):
        found = host.file(path)
        assert (found.user, oct(found.mode)) == ("root", "0o640")
        assert found.group in ("prometheus", "node_exporter")
    assert not [
        line for line in host.check_output("ps axwwe").splitlines() if "lab-scrape" in line and "ps" not in line
    ]


def test_the_sandbox_is_tight(host, exposure):
    assert exposure(host, "prometheus-node-exporter.service") <= 2.5
    assert exposure(host, "prometheus.service") <= 4


def test_moving_from_packages_keeps_the_data(host, prometheus):
    if not host.file("/root/data_since").exists:
        assert host.check_output("hostname") == "archive-bookworm"
        return
    since = int(host.check_output("cat /root/data_since"))
    samples = prometheus.query("min_over_time(timestamp(up)[1h:5s])")
    assert min(float(sample["value"][1]) for sample in samples) <= since

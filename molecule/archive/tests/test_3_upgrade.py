# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the generation of Debian 13 to today's: Prometheus 3."""

from __future__ import annotations

import json

import pytest

TEMPLATE = "{{{{ lab_versions.{}.sid }}}}"
NEW = {f"{name}_version": TEMPLATE.format(name) for name in ("prometheus", "alertmanager", "node_exporter")}


def extra(variables):
    return ["-e", json.dumps(variables)]


@pytest.fixture(scope="module")
def versions(releases):
    return json.loads(releases("versions"))


@pytest.fixture(scope="module")
def upgraded(playbooks, sums):
    """Ask for the new versions, first without saying that the way back may be lost."""
    refused = playbooks.run(*extra(NEW))
    assert refused.returncode != 0
    assert sums(refused).changed == 0
    assert "prometheus_allow_storage_upgrade" in refused.stdout
    allowed = {**NEW, "prometheus_allow_storage_upgrade": True}
    done = playbooks.run(*extra(allowed))
    assert done.returncode == 0, done.stdout
    again = playbooks.run(*extra(allowed))
    assert (again.returncode, sums(again).changed) == (0, 0), again.stdout
    return allowed


@pytest.fixture
def prometheus(service):
    return service("https://127.0.0.1:9090/prom", "--insecure", "--user", "probe:lab-probe")


@pytest.mark.usefixtures("upgraded")
def test_the_new_versions_run(prometheus, service, versions):
    assert prometheus.api("status/buildinfo")["version"].startswith(versions["prometheus"]["sid"])
    exporter = service("https://127.0.0.1:9100", "--insecure", "--user", "prometheus:lab-scrape")
    assert exporter.metrics()["node_exporter_build_info"][0][0]["version"] == versions["node_exporter"]["sid"]


@pytest.mark.usefixtures("upgraded")
def test_all_targets_are_up_again(prometheus, wait):
    wait(lambda: [s["value"][1] for s in prometheus.query("up")] == ["1"] * 6, "six targets are up")


@pytest.mark.usefixtures("upgraded")
def test_the_data_of_the_old_version_is_there(host, prometheus):
    started = float(host.check_output('date -d "$(systemctl show -P ActiveEnterTimestamp prometheus.service)" +%s'))
    samples = prometheus.query("min_over_time(timestamp(up)[1h:5s])")
    assert min(float(sample["value"][1]) for sample in samples) < started


@pytest.mark.usefixtures("upgraded")
def test_its_configuration_was_accepted(prometheus):
    assert prometheus.metrics("/metrics")["prometheus_config_last_reload_successful"] == [({}, 1)]
    rules = [rule for group in prometheus.api("rules")["groups"] for rule in group["rules"]]
    assert {"LabAlwaysFires", "Watchdog"} <= {rule["name"] for rule in rules}
    assert [rule["name"] for rule in rules if rule["health"] == "err"] == []


@pytest.mark.usefixtures("upgraded")
def test_the_new_exporter_delivers_in_its_sandbox(host, service, exposure):
    metrics = service("https://127.0.0.1:9100", "--insecure", "--user", "prometheus:lab-scrape").metrics()
    for collector in ("timex", "pressure", "systemd"):
        assert [name for name in metrics if name.startswith(f"node_{collector}_")]
    assert exposure(host, "prometheus-node-exporter.service") <= 2.5
    assert exposure(host, "prometheus.service") <= 4


def test_there_is_no_silent_way_back(playbooks, sums, upgraded):
    back = playbooks.run(*extra({key: value for key, value in upgraded.items() if not key.startswith("prometheus_")}))
    assert back.returncode != 0
    assert sums(back).changed == 0
    assert "prometheus_allow_storage_upgrade" in back.stdout


def test_a_flag_that_the_new_version_has_lost_is_refused_by_name(playbooks, sums, upgraded):
    done = playbooks.run(*extra({**upgraded, "prometheus_extra_flags": {"storage.tsdb.retention": "1d"}}))
    assert done.returncode != 0
    assert sums(done).changed == 0
    assert "prometheus_extra_flags" in done.stdout
    assert "prometheus_retention_time" in done.stdout

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The end of a deployment: what was deployed goes from both hosts, what was gathered stays where nothing is said."""

from __future__ import annotations

import pytest

STATE = "/var/lib/enterprise_tickets_observability"
DATA = "/var/lib/prometheus/metrics2"
HEALTH = "/var/lib/prometheus/node-exporter/ets_health_check.prom"
UNITS = ("prometheus.service", "prometheus-node-exporter.service", "enterprise-tickets-health-check.timer")


@pytest.fixture(scope="module")
def uninstalled(playbooks, sums, instances):
    """Asked in check mode, done, asked again; the second host says that its data are to go as well."""
    for host, data in (("archive-bookworm", "false"), ("archive-trixie", "true")):
        # What the health check found lies where node_exporter reads: a change of its own.
        instances[host].check_output(f"systemctl start enterprise-tickets-health-check.service && test -e {HEALTH}")
        words = ("--limit", host, "-e", "uninstall=all", "-e", f"uninstall_data={data}")
        told = playbooks.run(*words, "--check", "--diff", playbook="uninstall")
        assert (told.returncode, sums(told).changed) == (0, 2), told.stdout
        assert "lab-scrape" not in told.stdout, "a secret"
        done = playbooks.run(*words, playbook="uninstall")
        assert (done.returncode, sums(done).changed) == (0, 2), done.stdout
        again = playbooks.run(*words, playbook="uninstall")
        assert (again.returncode, sums(again).changed) == (0, 0), again.stdout


@pytest.mark.usefixtures("uninstalled")
def test_nothing_of_ours_is_left(host):
    for unit in UNITS:
        # A unit that is not there is neither; one that the package brings is there again.
        assert host.run(f"systemctl is-active {unit}").rc != 0
        assert host.run(f"systemctl is-enabled {unit}").rc != 0
    assert not host.file(STATE).exists
    assert not host.file(HEALTH).exists
    # Programs that were unpacked, links to them, units, settings.
    left = "find /opt /usr/local /etc/systemd/system -name '*prometheus*' -o -name '*enterprise-tickets*' -o -xtype l"
    assert host.check_output(left) == ""
    # Nothing is there, or what the package brought.
    assert host.run("find /etc/prometheus -newer /etc/hostname -type f -name '*.yml'").stdout == ""
    assert host.run("curl --silent --insecure https://127.0.0.1:9090/").rc != 0


@pytest.mark.usefixtures("uninstalled")
def test_data_and_packages_stay_unless_told_otherwise(host):
    bookworm = "bookworm" in host.check_output("hostname")
    assert host.file(DATA).exists is bookworm
    if not bookworm:
        # From the days before the move to upstream's releases.
        assert host.package("prometheus").is_installed

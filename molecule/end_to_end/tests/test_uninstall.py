# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""At the very end: what watches the ticket system goes from its host, and the ticket system does not notice."""

from __future__ import annotations

import pytest

NGINX = "/etc/nginx/conf.d/observability_stub_status.conf"
HAPROXY = "/etc/haproxy/haproxy.cfg"
TEXTFILES = "/var/lib/prometheus/node-exporter"
STATUS, METRICS = "http://127.0.0.1:8082/stub_status", "http://127.0.0.1:9101/metrics"


@pytest.fixture(scope="module")
def answers(host):
    """The status of an address; 0 where nobody answers."""
    return lambda url: int(host.run("curl --silent --output /dev/null --write-out '%%{http_code}' %s", url).stdout)


@pytest.fixture(scope="module")
def uninstalled(host, playbooks, sums, answers):
    """First one service, told in check mode, then all."""
    processes = "systemctl show --property MainPID nginx haproxy ticket-system"
    before = host.check_output(processes)
    assert (answers(STATUS), answers(METRICS)) == (200, 200)
    words = ("--limit", "end-to-end", "-e")
    told = playbooks.run(*words, "uninstall=haproxy", "--check", "--diff", playbook="uninstall")
    assert (told.returncode, sums(told).changed) == (0, 1), told.stdout
    assert "-frontend observability" in told.stdout
    assert answers(METRICS) == 200
    one = playbooks.run(*words, "uninstall=haproxy", playbook="uninstall")
    assert (one.returncode, sums(one).changed) == (0, 1), one.stdout
    assert (answers(STATUS), answers(METRICS)) == (200, 0)
    assert host.file(f"{TEXTFILES}/ets_backup.prom").exists
    done = playbooks.run(*words, "uninstall=all", playbook="uninstall")
    # What was deployed, NGINX's status, and two text files.
    assert (done.returncode, sums(done).changed) == (0, 4), done.stdout
    again = playbooks.run(*words, "uninstall=all", playbook="uninstall")
    assert (again.returncode, sums(again).changed) == (0, 0), again.stdout
    return before, host.check_output(processes)


def test_it_is_gone_from_other_programs(host, uninstalled, answers):
    assert uninstalled
    assert (answers(STATUS), answers(METRICS)) == (0, 0)
    assert not host.file(NGINX).exists
    assert "observability" not in host.file(HAPROXY).content_string
    assert host.check_output(f"find {TEXTFILES} -name 'ets_*'") == ""


def test_the_ticket_system_goes_on(uninstalled, answers):
    before, after = uninstalled
    assert after == before
    assert answers("http://127.0.0.1:8000/health") == 200
    # Through HAProxy and NGINX.
    assert answers("http://127.0.0.1/health") == 200

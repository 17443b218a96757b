# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The exporters of Debian 13 once more, from archives shaped as upstream's releases, with TLS and a login."""

from __future__ import annotations

import json

import pytest

# The releases are those of Debian 13.
testinfra_hosts = ["ansible://exporters-trixie"]
# Role -> its unit, its program, port, whether it knows logins, and a metric that shows that it reaches what it watches.
EXPORTERS = {
    "postgres_exporter": ("prometheus-postgres-exporter", "postgres_exporter", 9187, True, "pg_up 1"),
    "redis_exporter": ("prometheus-redis-exporter", "redis_exporter", 9121, False, "redis_up 1"),
    "nginx_exporter": ("prometheus-nginx-exporter", "nginx-prometheus-exporter", 9113, True, "nginx_up 1"),
    "blackbox_exporter": ("prometheus-blackbox-exporter", "blackbox_exporter", 9115, True, "blackbox_exporter_build"),
    "elasticsearch_exporter": (
        "prometheus-elasticsearch-exporter",
        "elasticsearch_exporter",
        9114,
        True,
        "elasticsearch_cluster_health_status",
    ),
}
BESIDE = "../molecule/exporters/elasticsearch"
LOGIN = "prometheus:lab-scrape"
HASH = "$2b$05$bbcdefghijklmnopqrstuuSZ2ceV/uGVQN5G1t8ABtrogjRzjTxvW"


@pytest.fixture(scope="module")
def variables(releases):
    versions = json.loads(releases("versions"))
    found = {"observability_mirror_url": releases("url"), "haproxy_tls_cert_file": "/srv/tls/haproxy.pem"}
    for role, (_unit, _program, _port, logins, _metric) in EXPORTERS.items():
        found |= {
            f"{role}_install_method": "archive",
            f"{role}_version": versions[role]["trixie"],
            f"{role}_tls_cert_file": "/srv/tls/server.crt",
            f"{role}_tls_key_file": f"/srv/tls/{role}.key",
        }
        if logins:
            user, password = LOGIN.split(":")
            found[f"{role}_basic_auth_users"] = {user: HASH}
            found[f"{role}_probe"] = {"username": user, "password": password}
    return found


@pytest.fixture(scope="module")
def deployed(host, playbooks, sums, variables):
    """The exporters of this instance, deployed over those from packages; a second run changes nothing."""
    host.check_output(
        "mkdir -p /srv/tls && cd /srv/tls && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc"
        " -days 2 -subj /CN=exporters -keyout key -out server.crt && cat server.crt key >haproxy.pem"
    )
    for role in EXPORTERS:
        host.check_output("install -m 0640 -g %s /srv/tls/key /srv/tls/%s.key", role, role)
    limit = ("--limit", "exporters-trixie")
    runs = (("site", ("--tags", ",".join([*EXPORTERS, "haproxy"]))), (BESIDE, ()))
    for playbook, tags in runs:
        done = playbooks.run(*limit, *tags, playbook=playbook, variables=variables)
        assert done.returncode == 0, done.stdout
        again = playbooks.run(*limit, *tags, playbook=playbook, variables=variables)
        assert (again.returncode, sums(again).changed) == (0, 0), again.stdout


@pytest.mark.usefixtures("deployed")
@pytest.mark.parametrize("role", EXPORTERS)
def test_the_release_runs_in_a_tight_sandbox(host, exposure, role):
    unit, program, _port, _logins, _metric = EXPORTERS[role]
    pid = host.check_output("systemctl show --property MainPID --value %s", unit)
    assert host.check_output("tr '\\0' '\\n' </proc/%s/cmdline | head -1", pid) == f"/usr/local/bin/{program}"
    assert host.check_output("readlink -f /usr/local/bin/%s", program).startswith(f"/opt/{role}/")
    assert host.check_output("stat --format %%U /proc/%s", pid) == role
    assert exposure(host, f"{unit}.service") <= 2.5


@pytest.mark.usefixtures("deployed")
@pytest.mark.parametrize("role", EXPORTERS)
def test_it_tells_the_same_behind_tls_and_a_login(host, role):
    _unit, _program, port, logins, metric = EXPORTERS[role]
    url = f"https://127.0.0.1:{port}/metrics"
    assert metric in host.check_output("curl -sSf --insecure --user %s %s", LOGIN, url)
    refused = host.check_output("curl -s --insecure -o /dev/null -w '%%{http_code}' %s", url)
    assert refused == ("401" if logins else "200")
    assert metric not in host.run("curl -s %s", url.replace("https", "http")).stdout


@pytest.mark.usefixtures("deployed")
def test_haproxy_tells_over_tls(host):
    assert "haproxy_process_uptime_seconds" in host.check_output("curl -sSf --insecure https://127.0.0.1:9101/metrics")

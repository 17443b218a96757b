# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exporters beside a real ticket system: what they tell, what they may, and what happens when a part of it is away."""

from __future__ import annotations

import contextlib
import itertools
import re

import pytest

UNITS = {
    "postgres_exporter": "prometheus-postgres-exporter.service",
    "redis_exporter": "prometheus-redis-exporter.service",
    "nginx_exporter": "prometheus-nginx-exporter.service",
    "blackbox_exporter": "prometheus-blackbox-exporter.service",
}
POSTGRESQL = "http://127.0.0.1:9187"
REDIS = "http://127.0.0.1:9121"
NGINX = "http://127.0.0.1:9113"
HAPROXY = "http://127.0.0.1:9101"
BACKEND = "http://127.0.0.1:8000"
NODES = {"exporters-bookworm", "exporters-trixie"}
JOBS = {"node", "fastapi", "postgresql", "redis", "nginx", "haproxy", "blackbox_exporter"}
CADVISOR = "http://127.0.0.1:8080"
REDIS_CLI = "env REDISCLI_AUTH=fixture-redis redis-cli --no-auth-warning"
PASSWORD = "correct-horse-battery"
# A run for the exporters of what the tests break.
WATCHING = ("--tags", "postgres_exporter,redis_exporter,nginx_exporter,haproxy")
# What each of them says when its target is required and not there.
OUTAGES = {
    "postgres_exporter": "PostgreSQL .main. is down.*connect: no such file or directory",
    "redis_exporter": "Redis .main. is down.*connection refused",
    "nginx_exporter": "nginx_exporter runs, but (NGINX .main. is down|does not tell about NGINX .main.).*refused",
}
HAPROXY_DOWN = "HAProxy .haproxy.service. does not run"

# What each exporter must tell, whatever its version: the rules and dashboards live on it.
METRICS = {
    "node_exporter": (
        "http://127.0.0.1:9100",
        [
            ("node_cpu_seconds_total", {"cpu": "0", "mode": "idle"}),
            ("node_memory_MemAvailable_bytes", {}),
            ("node_filesystem_avail_bytes", {"mountpoint": "/etc/hosts"}),
            ("node_systemd_unit_state", {"name": "nginx.service", "state": "active"}),
            ("node_os_info", {"id": "debian"}),
        ],
    ),
    "postgres_exporter": (
        POSTGRESQL,
        [
            ("pg_up", {}),
            ("pg_settings_max_connections", {}),
            ("pg_stat_activity_count", {"datname": "tickets", "state": "idle"}),
            ("pg_stat_activity_max_tx_duration", {"datname": "tickets", "state": "active"}),
            ("pg_stat_database_blks_hit", {"datname": "tickets"}),
            ("pg_stat_database_deadlocks", {"datname": "tickets"}),
            ("pg_locks_count", {"datname": "tickets", "mode": "accesssharelock"}),
            ("pg_database_size_bytes", {"datname": "tickets"}),
            ("pg_replication_lag_seconds", {}),
            ("pg_replication_is_replica", {}),
            ("pg_postmaster_start_time_seconds", {}),
            ("pg_database_wraparound_age_datfrozenxid_seconds", {"datname": "tickets"}),
            ("pg_stat_user_tables_n_dead_tup", {"datname": "tickets", "schemaname": "public", "relname": "tickets"}),
            ("ets_pg_longest_query_seconds", {"datname": "tickets"}),
            ("ets_pg_lock_wait_seconds", {"datname": "tickets", "quantile": "0.95"}),
            ("ets_pg_lock_waiting_sessions", {"datname": "tickets"}),
            ("ets_pg_role_pg_monitor", {}),
            ("ets_pg_schemas_count", {}),
            ("pg_stat_statements_calls_total", {"datname": "tickets"}),
            ("pg_stat_statements_seconds_total", {"datname": "tickets"}),
        ],
    ),
    "redis_exporter": (
        REDIS,
        [
            ("redis_up", {}),
            ("redis_memory_used_bytes", {}),
            ("redis_memory_max_bytes", {}),
            ("redis_connected_clients", {}),
            ("redis_evicted_keys_total", {}),
            ("redis_rejected_connections_total", {}),
            ("redis_keyspace_hits_total", {}),
            ("redis_rdb_last_bgsave_status", {}),
            ("redis_slowlog_length", {}),
            ("redis_instance_info", {"role": "master"}),
        ],
    ),
    "nginx_exporter": (
        NGINX,
        [
            ("nginx_up", {}),
            ("nginx_connections_active", {}),
            ("nginx_connections_accepted", {}),
            ("nginx_connections_handled", {}),
            ("nginx_http_requests_total", {}),
        ],
    ),
    "haproxy": (
        HAPROXY,
        [
            ("haproxy_process_max_connections", {}),
            ("haproxy_backend_active_servers", {"proxy": "tickets"}),
            ("haproxy_backend_backup_servers", {"proxy": "tickets"}),
            ("haproxy_backend_current_queue", {"proxy": "tickets"}),
            ("haproxy_backend_http_responses_total", {"proxy": "tickets", "code": "5xx"}),
            ("haproxy_server_status", {"proxy": "tickets", "server": "nginx1", "state": "DOWN"}),
            ("haproxy_frontend_current_sessions", {"proxy": "tickets"}),
            ("haproxy_frontend_limit_sessions", {"proxy": "tickets"}),
            ("haproxy_frontend_requests_denied_total", {"proxy": "tickets"}),
        ],
    ),
    "blackbox_exporter": (
        "http://127.0.0.1:9115",
        [
            ("probe_success", {}),
            ("probe_duration_seconds", {}),
            ("probe_http_status_code", {}),
            ("probe_http_duration_seconds", {"phase": "processing"}),
        ],
    ),
    "blackbox_exporter_tls": (
        "http://127.0.0.1:9115",
        [
            ("probe_success", {}),
            ("probe_ssl_earliest_cert_expiry", {}),
            ("probe_ssl_last_chain_expiry_timestamp_seconds", {}),
        ],
    ),
    "back_end": (
        BACKEND,
        [
            ("http_requests_total", {"handler": "/health", "method": "GET", "status": "2xx"}),
            ("http_request_duration_seconds_bucket", {"handler": "/health", "le": "+Inf"}),
            ("ets_tickets_open", {"status": "open", "priority": "critical"}),
            ("ets_approvals_pending", {"type": "access"}),
            ("ets_auth_login_attempts_total", {"result": "failure"}),
            ("ets_db_query_duration_seconds_bucket", {"operation": "select"}),
            ("process_resident_memory_bytes", {}),
        ],
    ),
}
PATHS = {
    "blackbox_exporter": "/probe?module=http&target=http://127.0.0.1/health",
    "blackbox_exporter_tls": "/probe?module=tls&target=127.0.0.1:9200",
}


def sql(host, statements):
    """Run SQL as the administrator."""
    return host.check_output(
        "setpriv --reuid postgres --regid postgres --init-groups psql -XAtq -d postgres -c %s", statements
    )


@contextlib.contextmanager
def stopped(host, unit):
    if unit == "postgresql":  # stands for all clusters, and nobody waits for them
        unit = f"postgresql@{host.check_output('ls /etc/postgresql')}-main"
    host.check_output("systemctl stop %s", unit)
    try:
        yield
    finally:
        host.check_output("systemctl reset-failed %s; systemctl start %s", unit, unit)


@pytest.mark.parametrize(("user", "unit"), UNITS.items())
def test_it_runs_under_its_own_user_in_a_tight_sandbox(host, exposure, user, unit):
    service = host.service(unit)
    assert service.is_running
    assert service.is_enabled
    pid = host.check_output("systemctl show --property MainPID --value %s", unit)
    assert host.check_output("stat --format %%U /proc/%s", pid) == user
    assert exposure(host, unit) <= 2.5


@pytest.mark.parametrize("name", METRICS)
def test_its_metrics_are_there_in_every_version(service, name):
    url, wanted = METRICS[name]
    found = service(url).metrics(PATHS.get(name, "/metrics"))
    missing = [
        (metric, labels)
        for metric, labels in wanted
        if not any(labels.items() <= sample.items() for sample, _value in found.get(metric, []))
    ]
    assert missing == []


@pytest.fixture
def container_host(host):
    """The instance with cAdvisor, of which there is a stub: what it tells is made up, what it is told is not."""
    if "bookworm" not in host.check_output("hostname"):
        pytest.skip("cAdvisor runs on the other instance")
    return host


def test_cadvisor_is_given_flags_that_it_has_and_a_sandbox(container_host, exposure, service):
    unit = "cadvisor.service"
    assert container_host.service(unit).is_running
    assert container_host.service(unit).is_enabled
    assert container_host.check_output(f"systemd-analyze verify {unit} 2>&1") == ""
    # It is root and reads everything: see the role for what that is good for.
    assert exposure(container_host, unit) <= 3.6
    assert service(CADVISOR).metrics()["container_last_seen"]
    refused = container_host.run("/usr/local/bin/cadvisor --no-such-flag")
    assert (refused.rc, refused.stderr.strip()) == (2, "flag provided but not defined: -no-such-flag")


def test_checkpoints_are_counted_wherever_the_server_keeps_them(service):
    metrics = service(POSTGRESQL).metrics()
    assert metrics.keys() & {"pg_stat_checkpointer_num_timed_total", "pg_stat_bgwriter_checkpoints_timed_total"}


def test_nothing_fails_within_a_scrape(service):
    postgresql = service(POSTGRESQL).metrics()
    assert postgresql["pg_exporter_last_scrape_error"] == [({}, 0)]
    failed = {labels["collector"] for labels, value in postgresql["pg_scrape_collector_success"] if not value}
    assert failed == set()
    assert [value for _labels, value in service(REDIS).metrics()["redis_exporter_last_scrape_error"]] == [0]


def test_the_exporter_asks_redis_for_nothing_that_it_may_not(host, service):
    host.check_output(f"{REDIS_CLI} ACL LOG RESET")
    service(REDIS).metrics()
    assert host.check_output(f"{REDIS_CLI} --raw ACL LOG") == ""


def test_the_exporter_logs_in_as_its_own_user(host):
    """Version 1.45 connects without a login when it finds no password, and nobody would notice."""
    host.check_output(f"{REDIS_CLI} CONFIG RESETSTAT")
    host.check_output("curl --silent --fail 127.0.0.1:9121/metrics --output /dev/null")
    # Once by the exporter, once by the command that asks.
    calls = re.search(r"cmdstat_auth:calls=(\d+)", host.check_output(f"{REDIS_CLI} INFO commandstats"))
    assert int(calls.group(1)) >= 2


def test_the_role_may_watch_and_nothing_else(host):
    assert (
        sql(
            host,
            "SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls FROM pg_roles "
            "WHERE rolname = 'postgres_exporter'",
        )
        == "f"
    )
    assert (
        sql(
            host,
            "SELECT string_agg(g.rolname, ',') FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid "
            "WHERE m.member = 'postgres_exporter'::regrole",
        )
        == "pg_monitor"
    )


def test_a_long_query_and_a_lock_wait_are_seen(host, service, wait):
    def background(sql):
        host.check_output(
            "systemd-run --quiet --collect setpriv --reuid postgres --regid postgres --init-groups "
            "psql -X -d tickets -c %s",
            sql,
        )

    def value(metric, **labels):
        samples = service(POSTGRESQL).metrics()[metric]
        return max(value for found, value in samples if {**labels, "datname": "tickets"}.items() <= found.items())

    background("BEGIN; UPDATE lock_target SET id = 2; SELECT pg_sleep(12); ROLLBACK")
    background("SELECT pg_sleep(1); UPDATE lock_target SET id = id")
    wait(lambda: value("ets_pg_lock_waiting_sessions") == 1, "a session waits for a lock", 15)
    wait(lambda: value("ets_pg_lock_wait_seconds", quantile="1") > 1, "for more than a second", 15)
    assert value("ets_pg_longest_query_seconds") > 1
    wait(lambda: value("ets_pg_lock_waiting_sessions") == 0, "the wait ends", 40)


def places_of(host, password):
    """Where a password is seen: in processes, units, what systemd tells, and files, with those who may read them."""
    commands = ["ps axeww", *(f"systemctl {word} {unit}" for unit in UNITS.values() for word in ("cat", "show"))]
    seen = [command for command in commands if password in host.check_output(command)]
    found = host.run(
        "printf %%s %s | grep -rlF -f - /etc /run /usr/local /opt /tmp /root /var/lib/enterprise_tickets_observability"
        " | xargs -r stat --format '%%n %%U:%%G %%a'",
        password,
    )
    return seen + sorted(found.stdout.splitlines())


def test_no_credential_is_seen(host):
    assert places_of(host, PASSWORD) == ["/etc/redis_exporter/passwords.json root:redis_exporter 640"]


def process_of(host, unit):
    return host.check_output("systemctl show --property MainPID --value %s", unit)


@pytest.mark.parametrize(
    ("watched", "exporter", "url", "metric"),
    [
        ("postgresql", "postgres_exporter", POSTGRESQL, "pg_up"),
        ("redis-server", "redis_exporter", REDIS, "redis_up"),
        ("nginx", "nginx_exporter", NGINX, "nginx_up"),
    ],
)
def test_a_stopped_service_flips_its_metric_and_not_the_exporter(host, service, wait, watched, exporter, url, metric):
    before = process_of(host, UNITS[exporter])
    with stopped(host, watched):
        assert service(url).metrics()[metric] == [({}, 0)]
        if watched == "nginx":
            down = {"proxy": "tickets", "server": "nginx1", "state": "DOWN"}

            def is_down():
                samples = service(HAPROXY).metrics()["haproxy_server_status"]
                return [value for labels, value in samples if down.items() <= labels.items()] == [1]

            wait(is_down, "HAProxy sees it as well")
            probed = service("http://127.0.0.1:9115").metrics(PATHS["blackbox_exporter"])
            assert probed["probe_success"] == [({}, 0)]
    wait(lambda: service(url).metrics()[metric] == [({}, 1)], f"{metric} is 1 again")
    assert process_of(host, UNITS[exporter]) == before


def test_proxies_are_mended_by_a_reload_and_not_restarted(instances, playbooks, sums):
    def processes():
        return [process_of(host, unit) for host in instances.values() for unit in ("nginx", "haproxy")]

    before = processes()
    for host in instances.values():
        host.check_output("echo '}' >/etc/nginx/conf.d/observability_stub_status.conf")
        host.check_output("sed -i '/^# BEGIN/,/^# END/d' /etc/haproxy/haproxy.cfg && systemctl reload haproxy")
    done = playbooks.run(*WATCHING)
    assert done.returncode == 0, done.stdout
    assert sums(done).changed == 2 * len(instances)
    assert processes() == before
    assert sums(playbooks.run(*WATCHING)).changed == 0


def test_what_haproxy_refuses_changes_nothing(instances, playbooks, service_of):
    def files():
        return [host.file("/etc/haproxy/haproxy.cfg").content_string for host in instances.values()]

    before = files()
    done = playbooks.run("--tags", "haproxy", variables={"haproxy_endpoint_lines": ["no such keyword"]})
    assert done.returncode != 0
    assert (done.stdout + done.stderr).count("HAProxy refuses what /etc/haproxy/haproxy.cfg would be") >= len(instances)
    assert files() == before
    assert all(service_of(host, HAPROXY).metrics() for host in instances.values())


def test_an_outage_is_a_warning_and_a_failure_only_where_asked_for(instances, playbooks, sums, wait, told_about):
    """nginx_exporter is deployed anew meanwhile: version 0.11 does not listen before it has seen NGINX."""
    hosts = instances.values()
    limit = {"nginx_exporter_unit_settings": {"Service": {"MemoryMax": "256M"}}}
    with contextlib.ExitStack() as outage:
        for host in hosts:
            for unit in ("postgresql", "redis-server", "nginx", "haproxy"):
                outage.enter_context(stopped(host, unit))
        done = playbooks.run("-v", *WATCHING, variables=limit)
        assert done.returncode == 0, done.stdout
        assert sums(done).changed == len(instances)
        assert re.search(HAPROXY_DOWN, done.stdout + done.stderr)
        for name, role in itertools.product(instances, OUTAGES):
            assert re.search(OUTAGES[role], told_about(done, name)), (name, role, done.stdout)
        for role, words in {**OUTAGES, "haproxy": HAPROXY_DOWN}.items():
            required = playbooks.run("--tags", role, variables={**limit, f"{role}_require_target": True})
            assert required.returncode != 0
            for name in instances:
                assert re.search(words, told_about(required, name)), required.stdout
    for host in hosts:
        wait(lambda host=host: host.run("curl -s 127.0.0.1:9113/metrics | grep -x 'nginx_up 1'").rc == 0, "it recovers")
    back = playbooks.run(*WATCHING)
    assert back.returncode == 0, back.stdout
    assert "exporter runs, but" not in back.stdout + back.stderr


def test_a_role_that_gained_or_lost_rights_is_told_and_brought_back(instances, playbooks, sums, service_of, told_about):
    for host in instances.values():
        sql(host, "REVOKE pg_monitor FROM postgres_exporter; ALTER ROLE postgres_exporter CREATEDB")
    only = ("--tags", "postgres_exporter")
    # With statements newer versions would tell nothing at all: what is hidden from them has no number.
    variables = {"postgres_exporter_manage_role": False, "postgres_exporter_statements": False}
    unmanaged = playbooks.run("-v", *only, variables=variables)
    for name in instances:
        assert "PostgreSQL (main) is up, but the exporter's role is no member of pg_monitor" in told_about(
            unmanaged, name
        )
    done = playbooks.run(*only)
    assert done.returncode == 0, done.stdout
    # The exporter watches statements again, and has its rights back.
    assert sums(done).changed == 2 * len(instances), done.stdout
    for host in instances.values():
        found = service_of(host, POSTGRESQL).metrics()
        assert (found["ets_pg_role_pg_monitor"][0][1], found["ets_pg_role_excess"][0][1]) == (1, 0)


def test_wrong_passwords_are_told_apart_from_an_outage_and_in_no_output(instances, playbooks, service_of, told_about):
    """PostgreSQL is asked over TCP for once, where it wants a password."""
    wrong = "another-horse-battery"
    for host in instances.values():
        host.check_output(f"{REDIS_CLI} ACL SETUSER redis_exporter resetpass '>something-else'")
    variables = {
        "postgres_exporter_servers": [{"name": "main", "host": "127.0.0.1"}],
        "postgres_exporter_passwords": {"main": wrong},
        "postgres_exporter_manage_role": False,
        "redis_exporter_passwords": {"main": wrong},
        "redis_exporter_manage_user": False,
    }
    only = ("--tags", "postgres_exporter,redis_exporter", "--diff", "-vvv")
    refused = playbooks.run(*only, variables=variables)
    assert refused.returncode == 0, refused.stdout[-3000:]
    for name, host in instances.items():
        said = told_about(refused, name)
        assert "PostgreSQL (main) is up, but does not let postgres_exporter in" in said
        assert "Redis (main) is up, but does not let redis_exporter in" in said
        assert places_of(host, wrong) == [
            "/etc/postgres_exporter/password root:postgres_exporter 640",
            "/etc/redis_exporter/passwords.json root:redis_exporter 640",
        ]
    mended = playbooks.run(*only)
    assert mended.returncode == 0, mended.stdout[-3000:]
    for host in instances.values():
        assert service_of(host, POSTGRESQL).metrics()["pg_up"] == [({}, 1)]
        assert service_of(host, REDIS).metrics()["redis_exporter_last_scrape_error"] == [({"err": ""}, 0)]
    lines = (refused.stdout + refused.stderr + mended.stdout + mended.stderr).splitlines()
    assert [line for line in lines if "horse-battery" in line] == []


@pytest.fixture
def prometheus(host, service):
    """The Prometheus of both instances."""
    if "trixie" not in host.check_output("hostname"):
        pytest.skip("Prometheus runs on the other instance")
    return service("http://127.0.0.1:9090")


def test_prometheus_finds_everything_by_its_groups(prometheus, wait):
    def seen():
        samples = prometheus.query('up{job!~"prometheus|blackbox"} == 1')
        return {(sample["metric"]["job"], sample["metric"]["node"]) for sample in samples}

    wanted = {(job, node) for job in JOBS for node in NODES} | {("cadvisor", "exporters-bookworm")}
    wait(lambda: seen() == wanted, "all are up", 90)


def test_the_ticket_system_is_probed_from_outside(prometheus, wait):
    def seen():
        samples = prometheus.query('probe_success{job="blackbox"} == 1')
        return {(sample["metric"]["instance"], sample["metric"]["node"]) for sample in samples}

    wanted = {(f"http://{node}/health", node) for node in NODES}
    wanted |= {(target, "exporters-trixie") for target in ("exporters-trixie:80", "127.0.0.1:9200")}
    wait(lambda: seen() == wanted, "all probes succeed", 90)


def test_a_second_redis_and_a_second_postgresql_are_targets_of_their_own(host, playbooks, prometheus, wait):
    host.check_output("pg_createcluster %s audit --port 5433 --start", host.check_output("ls /etc/postgresql"))
    host.check_output(
        "systemd-run --unit queue redis-server --port 6380 --requirepass fixture-redis --save '' --dir /tmp"
    )
    second = {
        "postgres_exporter_servers": [
            {"name": "main", "host": "/run/postgresql"},
            {"name": "audit", "host": "127.0.0.1", "port": 5433},
        ],
        "postgres_exporter_passwords": {"audit": PASSWORD},
        "redis_exporter_instances": [
            {"name": "main", "address": "redis://127.0.0.1:6379"},
            {"name": "queue", "address": "redis://127.0.0.1:6380"},
        ],
        "redis_exporter_admin_passwords": {"main": "fixture-redis", "queue": "fixture-redis"},
        "redis_exporter_passwords": {"main": PASSWORD, "queue": PASSWORD},
    }
    name = host.check_output("hostname")
    limits = ("--limit", name, "--tags", "postgres_exporter,redis_exporter,prometheus")
    done = playbooks.run(*limits, variables=second)
    assert done.returncode == 0, done.stdout

    def seen():
        samples = prometheus.query(f'redis_up{{node="{name}"}} == 1 or pg_up{{node="{name}"}} == 1')
        return {sample["metric"]["instance"] for sample in samples}

    wanted = {f"{name}:9121", f"{name}:9121/queue", f"{name}:9187", f"{name}:9187/audit"}
    wait(lambda: seen() == wanted, "all four are up", 90)
    (ports,) = prometheus.query(f'redis_instance_info{{instance="{name}:9121/queue"}}')
    assert ports["metric"]["tcp_port"] == "6380"

    back = playbooks.run(*limits)
    assert back.returncode == 0, back.stdout
    wait(lambda: seen() == {f"{name}:9121", f"{name}:9187"}, "the others are gone", 90)

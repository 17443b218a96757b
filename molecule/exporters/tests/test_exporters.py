# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exporters beside real databases: what they tell, what they may, and what happens when the databases are away."""

from __future__ import annotations

import contextlib
import json

import pytest

UNITS = {
    "postgres_exporter": "prometheus-postgres-exporter.service",
    "redis_exporter": "prometheus-redis-exporter.service",
}
POSTGRESQL = "http://127.0.0.1:9187"
REDIS = "http://127.0.0.1:9121"
PASSWORD = "correct-horse-battery"


@pytest.fixture
def psql(host):
    """Run SQL as the administrator."""

    def run(sql: str, database: str = "postgres") -> str:
        command = "setpriv --reuid postgres --regid postgres --init-groups psql -XAtq -d %s -c %s"
        return str(host.check_output(command, database, sql))

    return run


@pytest.fixture
def cluster(host):
    """The unit of the PostgreSQL server."""
    return f"postgresql@{host.check_output('ls /etc/postgresql')}-main"


@contextlib.contextmanager
def stopped(host, unit):
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


@pytest.mark.parametrize(
    ("metric", "labels"),
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
        ("pg_stat_user_tables_n_dead_tup", {"datname": "tickets", "schemaname": "public", "relname": "ticket"}),
        ("ets_pg_longest_query_seconds", {"datname": "tickets"}),
        ("ets_pg_lock_wait_seconds", {"datname": "tickets", "quantile": "0.95"}),
        ("ets_pg_lock_waiting_sessions", {"datname": "tickets"}),
        ("ets_pg_role_pg_monitor", {}),
    ],
)
def test_postgresql_metrics_are_there_in_every_version(service, metric, labels):
    samples = service(POSTGRESQL).metrics().get(metric, [])
    assert [value for found, value in samples if labels.items() <= found.items()], metric


def test_checkpoints_are_counted_wherever_the_server_keeps_them(service):
    metrics = service(POSTGRESQL).metrics()
    assert metrics.keys() & {"pg_stat_checkpointer_num_timed_total", "pg_stat_bgwriter_checkpoints_timed_total"}


@pytest.mark.parametrize(
    "metric",
    [
        "redis_up",
        "redis_memory_used_bytes",
        "redis_memory_max_bytes",
        "redis_connected_clients",
        "redis_evicted_keys_total",
        "redis_rejected_connections_total",
        "redis_keyspace_hits_total",
        "redis_rdb_last_bgsave_status",
        "redis_slowlog_length",
    ],
)
def test_redis_metrics_are_there_in_every_version(service, metric):
    assert service(REDIS).metrics().get(metric)


def test_nothing_fails_within_a_scrape(service):
    postgresql = service(POSTGRESQL).metrics()
    assert postgresql["pg_exporter_last_scrape_error"] == [({}, 0)]
    failed = {labels["collector"] for labels, value in postgresql["pg_scrape_collector_success"] if not value}
    assert failed == set()
    assert [value for _labels, value in service(REDIS).metrics()["redis_exporter_last_scrape_error"]] == [0]


def test_the_exporter_asks_redis_for_nothing_that_it_may_not(host, service):
    host.check_output("redis-cli ACL LOG RESET")
    service(REDIS).metrics()
    assert host.check_output("redis-cli --raw ACL LOG") == ""


def test_the_exporter_logs_in_as_its_own_user(host):
    """Version 1.45 connects without a login when it finds no password, and nobody would notice."""
    host.check_output("redis-cli CONFIG RESETSTAT")
    host.check_output("curl --silent --fail 127.0.0.1:9121/metrics --output /dev/null")
    assert "cmdstat_auth:calls=1" in host.check_output("redis-cli INFO commandstats")


def test_the_role_may_watch_and_nothing_else(psql):
    assert (
        psql(
            "SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls FROM pg_roles "
            "WHERE rolname = 'postgres_exporter'"
        )
        == "f"
    )
    assert (
        psql(
            "SELECT string_agg(g.rolname, ',') FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid "
            "WHERE m.member = 'postgres_exporter'::regrole"
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

    background("BEGIN; UPDATE ticket SET title = 'held'; SELECT pg_sleep(20); ROLLBACK")
    background("SELECT pg_sleep(1); UPDATE ticket SET title = 'waiting'")
    wait(lambda: value("ets_pg_lock_waiting_sessions") == 1, "a session waits for a lock", 15)
    wait(lambda: value("ets_pg_lock_wait_seconds", quantile="1") > 1, "for more than a second", 15)
    assert value("ets_pg_longest_query_seconds") > 1
    wait(lambda: value("ets_pg_lock_waiting_sessions") == 0, "the wait ends", 40)


def test_no_credential_is_seen(host):
    for command in (
        "ps axeww",
        "systemctl cat prometheus-redis-exporter.service",
        "systemctl show prometheus-redis-exporter",
    ):
        assert PASSWORD not in host.check_output(command.replace("%", "%%")).replace("grep", ""), command
    passwords = host.file("/etc/redis_exporter/passwords.json")
    assert passwords.mode == 0o640
    assert (passwords.user, passwords.group) == ("root", "redis_exporter")
    assert (
        host.run(
            "grep -rlF %s /etc /var/lib/enterprise_tickets_observability /run --exclude-dir=redis_exporter", PASSWORD
        ).stdout
        == ""
    )


def test_a_stopped_database_flips_its_metric_and_not_the_exporter(host, service, wait, cluster):
    for url, metric, unit in ((POSTGRESQL, "pg_up", cluster), (REDIS, "redis_up", "redis-server")):
        before = host.check_output("systemctl show --property MainPID --value %s", UNITS["postgres_exporter"])
        with stopped(host, unit):
            assert service(url).metrics()[metric] == [({}, 0)], unit
        wait(lambda url=url, metric=metric: service(url).metrics()[metric] == [({}, 1)], f"{metric} is 1 again")
        assert host.check_output("systemctl show --property MainPID --value %s", UNITS["postgres_exporter"]) == before


@pytest.fixture
def here(host):
    """Limits a run of the playbook to this instance and to the two exporters."""
    name = host.check_output("hostname")
    return ("--limit", name, "--tags", "postgres_exporter,redis_exporter")


def test_an_outage_is_a_warning_and_a_failure_only_where_asked_for(host, playbooks, sums, cluster, here):
    with stopped(host, cluster), stopped(host, "redis-server"):
        done = playbooks.run(*here)
        assert done.returncode == 0, done.stdout
        assert sums(done).changed == 0
        said = done.stdout + done.stderr
        assert "PostgreSQL (main) is down" in said
        assert "Redis (main) is down" in said
        required = playbooks.run(*here, "-e", '{"postgres_exporter_require_target": true}')
        assert required.returncode != 0
        assert "connect: no such file or directory" in required.stdout + required.stderr


def test_a_role_that_gained_or_lost_rights_is_brought_back(playbooks, sums, psql, service, here):
    psql("REVOKE pg_monitor FROM postgres_exporter; ALTER ROLE postgres_exporter SUPERUSER")
    done = playbooks.run(*here)
    assert done.returncode == 0, done.stdout
    assert sums(done).changed == 1, done.stdout
    assert service(POSTGRESQL).metrics()["ets_pg_role_pg_monitor"][0][1] == 1
    assert service(POSTGRESQL).metrics()["ets_pg_role_excess"][0][1] == 0


def test_a_login_that_redis_refuses_is_told_and_mended(host, playbooks, here):
    """The exporter has the same words for it as for a Redis that is down."""
    host.check_output("redis-cli ACL SETUSER redis_exporter resetpass '>something-else'")
    unmanaged = playbooks.run(*here, "-e", '{"redis_exporter_manage_user": false}')
    assert "Redis (main) is down" in unmanaged.stdout + unmanaged.stderr
    assert playbooks.run(*here).returncode == 0
    assert 'last_scrape_error{err=""} 0' in host.check_output("curl -s 127.0.0.1:9121/metrics")


def test_a_login_that_postgresql_refuses_is_told_apart_from_an_outage(playbooks, psql, here):
    psql("ALTER ROLE postgres_exporter NOLOGIN")
    psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres_exporter'")
    unmanaged = playbooks.run(*here, "-e", '{"postgres_exporter_manage_role": false}')
    assert "does not let postgres_exporter in" in unmanaged.stdout + unmanaged.stderr
    assert playbooks.run(*here).returncode == 0
    assert psql("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'postgres_exporter'") == "t"


def test_the_password_is_in_no_output(playbooks, here):
    variables = {"redis_exporter_passwords": {"main": "another-horse-battery"}, "redis_exporter_ready_timeout": 61}
    changed = playbooks.run(*here, "--diff", "-vvv", "-e", json.dumps(variables))
    assert changed.returncode == 0, changed.stdout[-3000:]
    back = playbooks.run(*here, "--diff", "-vvv")
    assert back.returncode == 0
    said = [line for line in (changed.stdout + back.stdout + back.stderr).splitlines() if "horse-battery" in line]
    assert said == []


def test_prometheus_finds_the_exporters_by_their_groups(host, service, wait):
    if "trixie" not in host.check_output("hostname"):
        pytest.skip("Prometheus runs on the other instance")
    prometheus = service("http://127.0.0.1:9090")

    def seen():
        samples = prometheus.query('up{job=~"postgresql|redis"} == 1')
        return {(sample["metric"]["job"], sample["metric"]["node"]) for sample in samples}

    nodes = ("exporters-bookworm", "exporters-trixie")
    wait(lambda: seen() == {(job, node) for job in ("postgresql", "redis") for node in nodes}, "all are up", 60)

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Database Performance: PostgreSQL and Redis."""

from __future__ import annotations

from dashboards.links import APPLICATION, INFRASTRUCTURE
from dashboards.model import Dashboard, Row
from dashboards.panels import UP_OR_DOWN, bars, graph, stat, table
from dashboards.queries import RATE
from dashboards.thresholds import above, below

OWN = 'datname!~"template.*|postgres|"'
CONNECTIONS = above(warning="postgresql_connections_ratio", critical="postgresql_connections_critical_ratio")
CONNECTION_ALERTS = ("PostgreSQLConnectionsHigh", "PostgreSQLConnectionsExhausted")
QUERIES = "the custom queries of the role postgres_exporter (ets_pg)"

NOW = Row(
    "",
    [
        stat(
            "PostgreSQL",
            "A tile for each server. Good: all up.",
            "pg_up{@}",
            "short",
            legend="{{node}}",
            tiles=True,
            mappings=UP_OR_DOWN,
            thresholds=below(critical=1),
            alerts=["PostgreSQLDown"],
            links=[INFRASTRUCTURE],
        ),
        stat(
            "Up for",
            "Time since each server was started. Good: since the last maintenance; a short one that nobody knows of is "
            "a crash, or somebody's restart.",
            "time() - max by (node) (pg_postmaster_start_time_seconds{@})",
            "s",
            legend="{{node}}",
            tiles=True,
            needs="postgres_exporter 0.13 or newer with its collector `postmaster`",
            links=[INFRASTRUCTURE],
        ),
        stat(
            "Connections",
            "Share of the connections open to ordinary users that is taken; the fullest server. Good: green.",
            "max(instance:pg_connections:ratio{@})",
            "percentunit",
            thresholds=CONNECTIONS,
            alerts=CONNECTION_ALERTS,
        ),
        stat(
            "Cache hits",
            "Share of blocks found in shared_buffers; the worst database. Good: green. A database "
            "that reads hardly any block is left out.",
            "min(instance_datname:pg_cache_hit:ratio_rate5m{@})",
            "percentunit",
            decimals=1,
            thresholds=below(warning="cache_hit_ratio"),
            alerts=["PostgreSQLLowCacheHitRatio"],
        ),
        stat(
            "Longest transaction",
            "Age of the oldest transaction of a session that is executing a statement. Good: green; backups are left "
            "out where the exporter tells applications apart.",
            'max(pg_stat_activity_max_tx_duration{@,state="active",backend_type=~"client backend|",'
            'application_name!~"pg_dump.*|pg_basebackup.*"})',
            "s",
            thresholds=above(warning="slow_query_seconds"),
            alerts=["PostgreSQLSlowQueries"],
        ),
        stat(
            "Waiting for locks",
            "Mean time for which the sessions that wait for a lock have been waiting. Good: green, mostly 0.",
            "max(ets_pg_lock_wait_seconds{@})",
            "s",
            thresholds=above(warning="kpi_lock_wait_mean_acceptable"),
            needs=QUERIES,
            alerts=["PostgreSQLDeadlocks"],
        ),
        stat(
            "Replication lag",
            "How far the slowest replica is behind. Good: green; 0 where there is no replica.",
            "max(pg_replication_lag_seconds{@})",
            "s",
            thresholds=above(warning="replication_lag_seconds"),
            needs="postgres_exporter 0.13 or newer",
            alerts=["PostgreSQLReplicationLag"],
        ),
        stat(
            "Version",
            "PostgreSQL's version on each server. Good: the same everywhere.",
            "count by (short_version) (pg_static{@})",
            "short",
            legend="{{short_version}}",
            tiles=True,
            links=[INFRASTRUCTURE],
        ),
    ],
)

SESSIONS = Row(
    "Sessions",
    [
        graph(
            "Connections in use",
            "Share of the connections open to ordinary users that is taken. Good: below the lower line.",
            {"{{node}}": "instance:pg_connections:ratio{@}"},
            "percentunit",
            maximum=1,
            thresholds=CONNECTIONS,
            alerts=CONNECTION_ALERTS,
            links=[APPLICATION],
        ),
        graph(
            "Sessions by state",
            "Sessions by what they do. Good: mostly idle; `idle in transaction` holds locks.",
            {"{{state}}": "sum by (state) (pg_stat_activity_count{@})"},
            "short",
            stacked=True,
            alerts=["PostgreSQLIdleInTransaction"],
        ),
        graph(
            "Sessions by application",
            "Sessions by the name that the client gave itself. Good: as many as its pools are large.",
            {"{{application_name}}": "sum by (application_name) (pg_stat_activity_count{@})"},
            "short",
            stacked=True,
            alerts=CONNECTION_ALERTS,
        ),
        graph(
            "What sessions wait for",
            "Active sessions by the kind of what they wait for. Good: those for `Lock` below the line; `IO` means slow "
            "disks.",
            {
                "{{wait_event_type}}": "sum by (wait_event_type) "
                '(pg_stat_activity_count{@,state="active",wait_event_type!=""})'
            },
            "short",
            stacked=True,
            needs="postgres_exporter 0.13 or newer",
            thresholds=above(warning="lock_waiters"),
            alerts=["PostgreSQLSessionsWaitingForLocks", "PostgreSQLSlowQueries"],
        ),
        graph(
            "Oldest transactions",
            "Age of the oldest transaction by database and state. Good: seconds. Vacuum cannot clean up behind an old "
            "one.",
            {"{{datname}} {{state}}": "max by (datname, state) (pg_stat_activity_max_tx_duration{@}) > 0"},
            "s",
            thresholds=above(warning="slow_query_seconds", critical="idle_in_transaction_seconds"),
            alerts=["PostgreSQLSlowQueries", "PostgreSQLIdleInTransaction"],
        ),
        graph(
            "Locks",
            "Locks held or waited for, by mode. Good: hardly any exclusive ones.",
            {"{{mode}}": f"sum by (mode) (pg_locks_count{{@,{OWN}}})"},
            "short",
            stacked=True,
            alerts=["PostgreSQLDeadlocks"],
        ),
    ],
)

WORK = Row(
    "Work",
    [
        graph(
            "Transactions",
            "Transactions per second by database. Good: follows the application's requests.",
            {
                "{{datname}}": f"sum by (datname) (rate(pg_stat_database_xact_commit{{@,{OWN}}}{RATE})"
                f" + rate(pg_stat_database_xact_rollback{{@,{OWN}}}{RATE}))"
            },
            "ops",
            alerts=["FastAPITrafficDrop"],
            links=[APPLICATION],
        ),
        graph(
            "Rolled back",
            "Share of transactions that were rolled back. Good: below the line; a rise means errors in the "
            "application.",
            {
                "{{datname}}": f"sum by (datname) (rate(pg_stat_database_xact_rollback{{@,{OWN}}}{RATE}))"
                f" / (sum by (datname) (rate(pg_stat_database_xact_commit{{@,{OWN}}}{RATE})"
                f" + rate(pg_stat_database_xact_rollback{{@,{OWN}}}{RATE})) > 0)"
            },
            "percentunit",
            thresholds=above(warning="rollback_ratio"),
            alerts=["PostgreSQLHighRollbackRatio", "FastAPIHighErrorRate"],
            links=[APPLICATION],
        ),
        graph(
            "Mean statement time",
            "Mean time of all statements. Good: below the line.",
            {"{{node}}": "instance:pg_statement_mean_seconds:ratio_rate5m{@}"},
            "s",
            thresholds=above(warning="kpi_query_time_mean_acceptable"),
            needs=QUERIES,
            alerts=["PostgreSQLSlowQueries"],
        ),
        graph(
            "Cache hit ratio",
            "Share of blocks found in shared_buffers. Good: above the line.",
            {
                "{{node}} {{datname}}": f"sum by (node, datname) (rate(pg_stat_database_blks_hit{{@,{OWN}}}{RATE}))"
                f" / (sum by (node, datname) (rate(pg_stat_database_blks_hit{{@,{OWN}}}{RATE})"
                f" + rate(pg_stat_database_blks_read{{@,{OWN}}}{RATE})) > 0)"
            },
            "percentunit",
            maximum=1,
            thresholds=below(warning="cache_hit_ratio"),
            alerts=["PostgreSQLLowCacheHitRatio"],
        ),
        graph(
            "Rows",
            "Rows per second by what happened to them. Good: the usual mix; many returned for few fetched are table "
            "scans.",
            {
                what: f"sum(rate(pg_stat_database_tup_{what}{{@,{OWN}}}{RATE}))"
                for what in ("returned", "fetched", "inserted", "updated", "deleted")
            },
            "ops",
            alerts=["PostgreSQLSlowQueries"],
        ),
        graph(
            "Temporary files",
            "Bytes per second written to temporary files. Good: 0; work_mem is too small for a query otherwise.",
            {"{{datname}}": f"sum by (datname) (rate(pg_stat_database_temp_bytes{{@,{OWN}}}{RATE}))"},
            "Bps",
            alerts=["PostgreSQLSlowQueries"],
        ),
        graph(
            "Deadlocks",
            "Transactions per ten minutes that PostgreSQL ended because they waited for each other. Good: 0.",
            {"{{datname}}": f"sum by (datname) (rate(pg_stat_database_deadlocks{{@,{OWN}}}{RATE})) * 600"},
            "short",
            thresholds=above(warning="deadlocks_per_10m"),
            alerts=["PostgreSQLDeadlocks"],
        ),
        graph(
            "Checkpoints",
            "Checkpoints per hour: by the clock, and on demand because max_wal_size was reached. Good: mostly by the "
            "clock; those on demand below the line.",
            {
                "{{node}} by the clock": f"(rate(pg_stat_bgwriter_checkpoints_timed_total{{@}}{RATE})"
                f" or rate(pg_stat_checkpointer_num_timed_total{{@}}{RATE})) * 3600",
                "{{node}} on demand": f"(rate(pg_stat_bgwriter_checkpoints_req_total{{@}}{RATE})"
                f" or rate(pg_stat_checkpointer_num_requested_total{{@}}{RATE})) * 3600",
            },
            "short",
            thresholds=above(warning="requested_checkpoints_per_hour"),
            alerts=["PostgreSQLTooManyCheckpoints", "HighDiskIO"],
            links=[INFRASTRUCTURE],
        ),
        graph(
            "Write-ahead log",
            "Bytes of it on disk. Good: between min_wal_size and max_wal_size; more is kept for a replica, a slot or "
            "an archive that does not fetch it.",
            {"{{node}}": "pg_wal_size_bytes{@}"},
            "bytes",
            needs="postgres_exporter 0.14 or newer",
            alerts=["PostgreSQLReplicationSlotInactive", "PostgreSQLWALArchiveFailing", "DiskSpaceLow"],
            links=[INFRASTRUCTURE],
        ),
        graph(
            "Replicas behind",
            "How far each replica is behind. Good: below the line.",
            {"{{node}}": "pg_replication_lag_seconds{@} and pg_replication_is_replica{@} == 1"},
            "s",
            thresholds=above(warning="replication_lag_seconds"),
            needs="postgres_exporter 0.13 or newer",
            empty_when="no server is a replica",
            alerts=["PostgreSQLReplicationLag"],
        ),
    ],
)

TABLES = Row(
    "Size and tables",
    [
        graph(
            "Size of databases",
            "Bytes on disk. Good: steady growth that the disk can take for weeks.",
            {"{{node}} {{datname}}": f"pg_database_size_bytes{{@,{OWN}}}"},
            "bytes",
            alerts=["DiskWillFillIn24h"],
            links=[INFRASTRUCTURE],
        ),
        bars(
            "Largest tables",
            "The ten largest tables. Good: those that you expect.",
            "topk(10, pg_stat_user_tables_table_size_bytes{@} or pg_stat_user_tables_size_bytes{@})",
            "bytes",
            legend="{{datname}} {{relname}}",
            needs="postgres_exporter 0.13 or newer",
            alerts=["DiskSpaceLow"],
        ),
        bars(
            "Largest indexes",
            "The ten tables with the most bytes in indexes. Good: fewer than in the table itself.",
            "topk(10, pg_stat_user_tables_index_size_bytes{@})",
            "bytes",
            legend="{{datname}} {{relname}}",
            needs="postgres_exporter 0.18 or newer",
            alerts=["DiskSpaceLow"],
        ),
        bars(
            "Dead rows",
            "The ten tables with the most dead rows. Good: far fewer than live ones: autovacuum keeps up.",
            "topk(10, pg_stat_user_tables_n_dead_tup{@})",
            "short",
            legend="{{datname}} {{relname}}",
            needs="postgres_exporter 0.13 or newer",
            thresholds=above(warning="dead_tuples"),
            alerts=["PostgreSQLDeadTuples", "PostgreSQLIdleInTransaction"],
        ),
        table(
            "Forgotten replication slots",
            "Slots that nobody reads: they keep WAL until the disk is full. Good: no rows.",
            {"node": "Node", "slot_name": "Slot"},
            {"Active": "pg_replication_slots_active{@} == 0"},
            empty_when="every replication slot is read",
            alerts=["PostgreSQLReplicationSlotInactive", "DiskWillFillIn24h"],
        ),
        table(
            "Statements that take the most time",
            "Seconds per second that PostgreSQL spends on each of the ten most expensive statements. Good: no "
            "statement takes a lot more than before.",
            {"datname": "Database", "queryid": "Query id"},
            {"Load": f"topk(10, sum by (datname, queryid) (rate(pg_stat_statements_seconds_total{{@}}{RATE})))"},
            "short",
            sort="Load",
            needs="postgres_exporter 0.13 or newer with its collector `stat_statements`",
            alerts=["PostgreSQLSlowQueries"],
        ),
    ],
)

REDIS = Row(
    "Redis",
    [
        stat(
            "Redis",
            "A tile for each server. Good: all up.",
            "redis_up{@}",
            "short",
            legend="{{node}}",
            tiles=True,
            mappings=UP_OR_DOWN,
            thresholds=below(critical=1),
            width=6,
            height=8,
            alerts=["RedisDown"],
            links=[INFRASTRUCTURE],
        ),
        graph(
            "Memory",
            "Share of maxmemory that is used. Good: below the line, or level with few evictions.",
            {"{{node}}": "redis_memory_used_bytes{@} / (redis_memory_max_bytes{@} > 0)"},
            "percentunit",
            width=6,
            thresholds=above(warning="redis_memory_ratio"),
            alerts=["RedisMemoryHigh"],
        ),
        graph(
            "Cache hits of Redis",
            "Share of look-ups that found their key. Good: above the line and level; a drop means an emptied cache.",
            {
                "{{node}}": f"rate(redis_keyspace_hits_total{{@}}{RATE})"
                f" / (rate(redis_keyspace_hits_total{{@}}{RATE}) + rate(redis_keyspace_misses_total{{@}}{RATE}) > 0)"
            },
            "percentunit",
            width=6,
            maximum=1,
            thresholds=below(warning="redis_hit_ratio"),
            alerts=["RedisLowHitRatio"],
            links=[APPLICATION],
        ),
        graph(
            "Commands",
            "Commands per second. Good: follows the application's requests.",
            {"{{node}}": f"rate(redis_commands_processed_total{{@}}{RATE})"},
            "ops",
            width=6,
            alerts=["RedisDown"],
            links=[APPLICATION],
        ),
        graph(
            "Clients",
            "Connected clients, and those that wait in a blocking command. Good: level, far below maxclients.",
            {"{{node}} connected": "redis_connected_clients{@}", "{{node}} blocked": "redis_blocked_clients{@}"},
            "short",
            width=6,
            alerts=["RedisConnectionsHigh", "RedisRejectedConnections"],
        ),
        graph(
            "Evicted and expired keys",
            "Keys per second that Redis threw away for lack of memory, and that reached their end. Good: none evicted.",
            {
                "{{node}} evicted": f"rate(redis_evicted_keys_total{{@}}{RATE})",
                "{{node}} expired": f"rate(redis_expired_keys_total{{@}}{RATE})",
            },
            "ops",
            width=6,
            alerts=["RedisMemoryHigh"],
        ),
        graph(
            "Keys",
            "Keys by database. Good: level.",
            {"{{node}} {{db}}": "redis_db_keys{@} > 0"},
            "short",
            width=6,
            alerts=["RedisMemoryHigh"],
        ),
        graph(
            "Time per command",
            "Mean time of the ten slowest commands. Good: well below a millisecond.",
            {
                "{{cmd}}": f"topk(10, sum by (cmd) (rate(redis_commands_duration_seconds_total{{@}}{RATE}))"
                f" / (sum by (cmd) (rate(redis_commands_total{{@}}{RATE})) > 0))"
            },
            "s",
            width=6,
            alerts=["RedisDown"],
            links=[APPLICATION],
        ),
    ],
)

DASHBOARD = Dashboard(
    uid="ets-database",
    title="Database Performance",
    description="PostgreSQL and Redis: sessions, locks, work, sizes.",
    rows=[NOW, SESSIONS, WORK, TABLES, REDIS],
    jobs="postgresql|redis",
)

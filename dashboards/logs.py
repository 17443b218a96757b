# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Log Stack: Elasticsearch, by elasticsearch_exporter."""

from __future__ import annotations

from dashboards.links import INFRASTRUCTURE, MONITORING
from dashboards.model import Dashboard, Json, Row
from dashboards.panels import NONE_IS_GOOD, graph, stat
from dashboards.queries import RATE
from dashboards.thresholds import RED, Step, above, below

NEEDS = "elasticsearch_exporter"
COLORS: Json = {
    "type": "value",
    "options": {
        "0": {"text": "green", "color": "green", "index": 0},
        "1": {"text": "yellow", "color": "orange", "index": 1},
        "2": {"text": "red", "color": "red", "index": 2},
    },
}

DASHBOARD = Dashboard(
    uid="ets-logs",
    title="Log Stack",
    description="Whether logs arrive, and whether Elasticsearch has room for them.",
    jobs="elasticsearch",
    rows=[
        Row(
            "",
            [
                stat(
                    "Cluster",
                    "Health of each cluster. Good: green; yellow lacks replicas, red lacks data.",
                    'max by (cluster) (elasticsearch_cluster_health_status{@,color="yellow"}'
                    ' or 2 * elasticsearch_cluster_health_status{@,color="red"})',
                    "short",
                    legend="{{cluster}}",
                    tiles=True,
                    mappings=[COLORS],
                    thresholds=(Step("green"), Step("orange", 1), Step(RED, 2)),
                    width=6,
                    needs=NEEDS,
                    alerts=["ElasticsearchClusterRed"],
                ),
                stat(
                    "Log lines stored",
                    "Documents stored per second. Good: never below the threshold.",
                    "sum(rate(elasticsearch_indices_indexing_index_total{@}[$__rate_interval]))",
                    "cps",
                    thresholds=below(critical="log_events_per_second"),
                    width=4,
                    needs=NEEDS,
                    alerts=["NoLogsIngested"],
                ),
                stat(
                    "Disk left",
                    "The fullest node. Good: green; below it the cluster places no shards there.",
                    "min(elasticsearch_filesystem_data_available_bytes{@}"
                    " / elasticsearch_filesystem_data_size_bytes{@})",
                    "percentunit",
                    thresholds=below(critical="elasticsearch_disk_ratio"),
                    width=4,
                    needs=NEEDS,
                    alerts=["ElasticsearchDiskLow"],
                ),
                stat(
                    "Shards without a node",
                    "Shards that are assigned to no node. Good: 0.",
                    "sum(elasticsearch_cluster_health_unassigned_shards{@})",
                    "short",
                    thresholds=above(warning=1),
                    width=4,
                    needs=NEEDS,
                    alerts=["ElasticsearchClusterYellow", "ElasticsearchClusterRed"],
                ),
                stat(
                    "Nodes",
                    "Nodes in the cluster. Good: all that you have.",
                    "max(elasticsearch_cluster_health_number_of_nodes{@})",
                    "short",
                    width=3,
                    needs=NEEDS,
                    links=[MONITORING],
                ),
                stat(
                    "Rejected writes",
                    "Writes per five minutes that a node was too busy to take. Good: 0; log shippers try again.",
                    f'sum(rate(elasticsearch_thread_pool_rejected_count{{@,type="write"}}{RATE})) * 300',
                    "short",
                    thresholds=NONE_IS_GOOD,
                    width=3,
                    needs=NEEDS,
                    alerts=["ElasticsearchWritesRejected"],
                ),
            ],
        ),
        Row(
            "Logs",
            [
                graph(
                    "Stored by node",
                    "Documents stored per second. Good: steady; 0 means that logs get lost or wait.",
                    {"{{name}}": f"sum by (name) (rate(elasticsearch_indices_indexing_index_total{{@}}{RATE}))"},
                    "cps",
                    needs=NEEDS,
                    alerts=["NoLogsIngested"],
                ),
                graph(
                    "Time to store a document",
                    "Mean time. Good: a few milliseconds, level.",
                    {
                        "{{name}}": f"rate(elasticsearch_indices_indexing_index_time_seconds_total{{@}}{RATE})"
                        f" / (rate(elasticsearch_indices_indexing_index_total{{@}}{RATE}) > 0)"
                    },
                    "s",
                    needs=NEEDS,
                    alerts=["NoLogsIngested"],
                ),
                graph(
                    "Time of a search",
                    "Mean time of the query phase. Good: well below a second.",
                    {
                        "{{name}}": f"rate(elasticsearch_indices_search_query_time_seconds{{@}}{RATE})"
                        f" / (rate(elasticsearch_indices_search_query_total{{@}}{RATE}) > 0)"
                    },
                    "s",
                    needs=NEEDS,
                    links=[INFRASTRUCTURE],
                ),
            ],
        ),
        Row(
            "Room",
            [
                graph(
                    "Disk left by node",
                    "Share of the data disk that is available. Good: above the line.",
                    {
                        "{{name}}": "elasticsearch_filesystem_data_available_bytes{@}"
                        " / elasticsearch_filesystem_data_size_bytes{@}"
                    },
                    "percentunit",
                    maximum=1,
                    thresholds=below(critical="elasticsearch_disk_ratio"),
                    needs=NEEDS,
                    alerts=["ElasticsearchDiskLow"],
                ),
                graph(
                    "Size of the logs",
                    "Bytes on disk. Good: level once the retention time has passed.",
                    {"{{name}}": "elasticsearch_indices_store_size_bytes{@}"},
                    "bytes",
                    needs=NEEDS,
                    alerts=["ElasticsearchDiskLow"],
                ),
                graph(
                    "Heap used",
                    "Share of the Java heap in use. Good: a saw-tooth that falls well below its peaks.",
                    {
                        "{{name}}": 'elasticsearch_jvm_memory_used_bytes{@,area="heap"}'
                        ' / elasticsearch_jvm_memory_max_bytes{@,area="heap"}'
                    },
                    "percentunit",
                    maximum=1,
                    thresholds=above(warning="elasticsearch_heap_ratio"),
                    needs=NEEDS,
                    alerts=["ElasticsearchHeapHigh"],
                    links=[INFRASTRUCTURE],
                ),
            ],
        ),
    ],
)

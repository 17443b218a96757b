# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the collection knows about each service it runs. PRIVATE to the collection.

A new service is one more entry of `SERVICES`. A unit test holds every entry against the defaults of the role of the
same name.
"""

from __future__ import annotations

import dataclasses
import difflib
import typing as t
from collections.abc import Iterable, Mapping
from types import MappingProxyType

#: The environment of hosts that have no `observability_environment`.
DEFAULT_ENVIRONMENT: t.Final = "default"

#: The host groups that the playbooks know, with what their hosts are. `observability_groups` gives them other names.
GROUPS: t.Final[Mapping[str, str]] = MappingProxyType(
    {
        "observability_hosts": "every host that is watched",
        "tickets_backend": "the FastAPI back end of the ticket system",
        "tickets_postgresql": "its PostgreSQL servers",
        "tickets_redis": "its Redis servers",
        "tickets_nginx": "its NGINX servers",
        "tickets_haproxy": "its HAProxy servers",
        "container_hosts": "hosts with Docker",
        "monitoring": "the parent of the three monitoring groups",
        "prometheus": "the Prometheus servers",
        "blackbox_exporter": "hosts that probe the public addresses, usually the Prometheus servers",
        "alertmanager": "the Alertmanager servers",
        "grafana": "the Grafana servers",
        "logging": "the parent of the three logging groups",
        "elasticsearch": "the Elasticsearch nodes",
        "logstash": "the Logstash servers",
        "kibana": "the Kibana servers",
        "backup_hosts": "hosts whose monitoring is backed up",
    }
)

#: Groups without which nothing is watched: each environment needs a host in each of them.
REQUIRED_GROUPS: t.Final = ("observability_hosts", "prometheus")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service, with the defaults that hold where the inventory sets no variable.

    Args:
        name: Name of the role; also the prefix of its variables.
        title: What people call it.
        group: The group of `GROUPS` whose hosts run it.
        port: TCP port it listens on.
        unit: Its systemd unit, the same for each way of installing; empty where nobody but its owner knows it.
        packages: The distribution's packages that may belong to it, on any supported release.
        job: The Prometheus job that scrapes it, the value of the label `job`; empty where it has no metrics of its own.
        needs_group: The group without whose hosts nobody runs it, because it serves them; empty for none.
        scheme: What it speaks where `<role>_tls_cert_file` is empty.
        renamed: Topics whose variable is called otherwise than `<role>_<topic>`, with their name.
        listen_address: Address it binds to.
        metrics_path: Where it serves its metrics, below its path prefix.
        ready_path: Answers 200 once it is ready, below its path prefix.
        path_prefix: Whether it can serve below a path prefix (`<role>_route_prefix`, `<role>_external_url`).
        backup: Directories whose loss would hurt.
        user: The user whom its packages create.
    """

    name: str
    title: str
    group: str
    port: int
    unit: str
    packages: tuple[str, ...]
    job: str = ""
    needs_group: str = ""
    scheme: str = "http"
    renamed: Mapping[str, str] = dataclasses.field(default_factory=lambda: MappingProxyType({}), hash=False)
    listen_address: str = "0.0.0.0"
    metrics_path: str = "/metrics"
    ready_path: str = "/-/ready"
    path_prefix: bool = False
    backup: tuple[str, ...] = ()
    user: str = "prometheus"

    def variable(self, topic: str) -> str:
        """The role's variable for a topic: `port` gives `node_exporter_port`."""
        return f"{self.name}_{self.renamed.get(topic, topic)}"


SERVICES: t.Final = (
    Service(
        name="node_exporter",
        title="Node Exporter",
        job="node",
        group="observability_hosts",
        port=9100,
        ready_path="/",
        unit="prometheus-node-exporter.service",
        packages=("prometheus-node-exporter",),
    ),
    Service(
        name="prometheus",
        title="Prometheus",
        job="prometheus",
        group="prometheus",
        port=9090,
        path_prefix=True,
        unit="prometheus.service",
        packages=("prometheus", "promtool"),
        backup=("/var/lib/prometheus/metrics2",),
    ),
    Service(
        name="alertmanager",
        title="Alertmanager",
        job="alertmanager",
        group="alertmanager",
        port=9093,
        path_prefix=True,
        unit="prometheus-alertmanager.service",
        packages=("prometheus-alertmanager",),
        backup=("/var/lib/alertmanager",),
    ),
    Service(
        name="grafana",
        title="Grafana",
        job="grafana",
        group="grafana",
        port=3000,
        ready_path="/api/health",
        path_prefix=True,
        unit="grafana-server.service",
        packages=("grafana",),
        backup=("/var/lib/grafana",),
        user="grafana",
    ),
    Service(
        name="postgres_exporter",
        title="PostgreSQL Exporter",
        job="postgresql",
        group="tickets_postgresql",
        port=9187,
        ready_path="/",
        unit="prometheus-postgres-exporter.service",
        packages=("prometheus-postgres-exporter",),
    ),
    Service(
        name="redis_exporter",
        title="Redis Exporter",
        job="redis",
        group="tickets_redis",
        port=9121,
        ready_path="/",
        unit="prometheus-redis-exporter.service",
        packages=("prometheus-redis-exporter",),
    ),
    Service(
        name="nginx_exporter",
        title="NGINX Exporter",
        job="nginx",
        group="tickets_nginx",
        port=9113,
        ready_path="/",
        unit="prometheus-nginx-exporter.service",
        packages=("prometheus-nginx-exporter",),
    ),
    Service(
        name="haproxy",
        title="HAProxy",
        job="haproxy",
        group="tickets_haproxy",
        port=9101,
        ready_path="/metrics",
        unit="haproxy.service",
        packages=("haproxy",),
    ),
    Service(
        name="cadvisor",
        title="cAdvisor",
        job="cadvisor",
        group="container_hosts",
        port=8080,
        ready_path="/healthz",
        unit="cadvisor.service",
        packages=(),
    ),
    Service(
        name="elasticsearch_exporter",
        title="Elasticsearch Exporter",
        job="elasticsearch",
        group="elasticsearch",
        port=9114,
        ready_path="/",
        unit="prometheus-elasticsearch-exporter.service",
        packages=("prometheus-elasticsearch-exporter",),
    ),
    Service(
        name="blackbox_exporter",
        title="Blackbox Exporter",
        job="blackbox_exporter",
        group="blackbox_exporter",
        port=9115,
        ready_path="/-/healthy",
        unit="prometheus-blackbox-exporter.service",
        packages=("prometheus-blackbox-exporter",),
    ),
    Service(
        name="elasticsearch",
        title="Elasticsearch",
        group="elasticsearch",
        port=9200,
        scheme="https",
        ready_path="/",
        unit="elasticsearch.service",
        packages=("elasticsearch",),
        user="elasticsearch",
        backup=("/var/lib/elasticsearch",),
    ),
    Service(
        name="logstash",
        title="Logstash",
        group="logstash",
        port=9600,
        # That of its API; events come in on logstash_beats_port, which is what logstash_tls_cert_file is for.
        renamed=MappingProxyType(
            {
                "port": "api_port",
                "listen_address": "api_listen_address",
                "tls_cert_file": "api_tls_cert_file",
                "tls_key_file": "api_tls_key_file",
            }
        ),
        listen_address="127.0.0.1",
        ready_path="/",
        unit="logstash.service",
        packages=("logstash",),
        user="logstash",
    ),
    Service(
        name="kibana",
        title="Kibana",
        group="kibana",
        port=5601,
        scheme="https",
        path_prefix=True,
        ready_path="/api/status",
        unit="kibana.service",
        packages=("kibana",),
        user="kibana",
    ),
    Service(
        name="filebeat",
        title="Filebeat",
        group="observability_hosts",
        needs_group="logstash",
        port=5066,
        listen_address="127.0.0.1",
        ready_path="/",
        unit="filebeat.service",
        packages=("filebeat",),
    ),
    Service(
        name="tickets_backend",
        title="Ticket System",
        job="fastapi",
        group="tickets_backend",
        port=8000,
        ready_path="/metrics",
        unit="",
        packages=(),
    ),
)


@dataclasses.dataclass(frozen=True)
class Tools:
    """A role that installs programs which are no service.

    Args:
        name: Name of the role.
        packages: The distribution's packages that it may install.
    """

    name: str
    packages: tuple[str, ...]


TOOLS: t.Final = (
    Tools(name="operator_tools", packages=("python3-jmespath",)),
    Tools(name="backup", packages=("age", "gpg", "rsync")),
)

# Names that a message lists.
_LISTED: t.Final = 20

BY_NAME: t.Final[Mapping[str, Service]] = MappingProxyType({service.name: service for service in SERVICES})


def expected_names(found: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown name: the nearest known name, if one is near, and all if they are few."""
    names = sorted(known)
    near = difflib.get_close_matches(found, names, n=1, cutoff=0.6)
    parts = [f"did you mean {near[0]!r}?"] if near else []
    if len(names) <= _LISTED or not near:
        more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
        parts.append(f"Known: {', '.join(names[:_LISTED])}{more}.")
    return " ".join(parts)

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What operators look at: the probes of the health check and the pages for people. PRIVATE to the collection.

The other half of the catalogue, by name of the service. A service that has no entry here is still checked: its unit,
its readiness and its certificate. An entry works as soon as the catalogue has the service.
"""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Mapping
from types import MappingProxyType

from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._access import read_access
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._catalogue import Service
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._inventory import HostVariables
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import as_mapping

# What says whom to trust; without it the authority is known where the collection has issued the certificate.
_TRUST: t.Final = {"ca_file", "verify"}
DASHBOARD: t.Final = "dashboard"
API: t.Final = "api"


@dataclasses.dataclass(frozen=True, slots=True)
class Probe:
    """Something that the health check looks at.

    Args:
        name: Last part of the check's id.
        title: What is looked at.
        kind: Key of `PROBES` of the health check.
        path: Follows the address of the service in the parameter `url`.
        parameters: Further parameters of the kind. `node` (the host) and `expected` (how many hosts run the service)
            are filled in where the kind knows them.
    """

    name: str
    title: str
    kind: str
    path: str = ""
    parameters: Mapping[str, t.Any] = dataclasses.field(default_factory=lambda: MappingProxyType({}))


@dataclasses.dataclass(frozen=True, slots=True)
class Page:
    """Something that people open.

    Args:
        title: What it is called.
        path: Where it is, below the address of the service.
        kind: `DASHBOARD` or `API`.
    """

    title: str
    path: str
    kind: str = DASHBOARD


@dataclasses.dataclass(frozen=True, slots=True)
class Login:
    """Who asks a service where `<role>_probe` names nobody.

    Args:
        username_variable: The variable of the role that holds the name of the user.
        username: Its default.
        password_variable: The variable that holds the password.
    """

    username_variable: str
    username: str
    password_variable: str


@dataclasses.dataclass(frozen=True, slots=True)
class Operations:
    """The probes and pages of a service, and who may ask it where it lets nobody else."""

    probes: tuple[Probe, ...] = ()
    pages: tuple[Page, ...] = ()
    login: Login | None = None
    #: Where the role puts the authority's certificate, where it has issued the service's own.
    ca_file: str = ""


OPERATIONS: t.Final[Mapping[str, Operations]] = MappingProxyType(
    {
        "prometheus": Operations(
            probes=(
                Probe("targets", "Targets", "prometheus_targets"),
                Probe("rules", "Rules", "prometheus_rules"),
                Probe("tsdb", "Configuration and data", "prometheus_tsdb"),
                Probe("alerts", "Alerts", "prometheus_alerts"),
                Probe("others", "Other hosts", "prometheus_health_checks"),
            ),
            pages=(
                Page("Prometheus", "/"),
                # Not the pages of targets and alerts: their paths differ, Debian 12 has the classic ones only.
                Page("Prometheus targets", "/api/v1/targets", API),
                Page("Prometheus alerts", "/api/v1/alerts", API),
            ),
        ),
        "alertmanager": Operations(
            probes=(
                Probe("cluster", "Cluster", "alertmanager_cluster"),
                Probe("silences", "Silences", "alertmanager_silences"),
            ),
            pages=(
                Page("Alertmanager", "/"),
                Page("Alertmanager API", "/api/v2/status", API),
            ),
        ),
        "grafana": Operations(
            probes=(
                Probe("database", "Database", "http", "/api/health", MappingProxyType({"expect": "database == 'ok'"})),
                Probe("datasources", "Data sources", "grafana_datasources"),
            ),
            pages=(
                Page("Grafana", "/"),
                Page("Grafana dashboards", "/dashboards"),
                Page("Grafana API", "/api/health", API),
            ),
            login=Login("grafana_admin_user", "admin", "grafana_admin_password"),
        ),
        "elasticsearch": Operations(
            probes=(
                Probe("cluster", "Cluster", "elasticsearch_cluster"),
                Probe("disk", "Disk watermarks", "elasticsearch_disk"),
            ),
            pages=(Page("Elasticsearch API", "/", API),),
            login=Login("operator_tools_elasticsearch_user", "ets_health", "operator_tools_elasticsearch_password"),
            ca_file="/etc/elasticsearch/tls/ca.crt",
        ),
        "logstash": Operations(
            probes=(
                Probe("pipelines", "Pipelines and queues", "logstash_pipelines"),
                Probe("dead_letters", "Dead letters", "logstash_dead_letters"),
            ),
        ),
        "kibana": Operations(
            probes=(Probe("status", "Status", "kibana_status"),),
            pages=(Page("Kibana", "/"), Page("Kibana API", "/api/status", API)),
        ),
        "filebeat": Operations(probes=(Probe("delivery", "Delivery", "filebeat_delivery"),)),
    }
)


def own_access(service: Service, variables: HostVariables) -> dict[str, t.Any]:
    """How the host itself asks a service of its own: `<role>_probe`, which trusts the authority that has issued the
    service's certificate.

    Raises:
        InputError: `<role>_probe` is no dictionary, or has a key that nobody knows.
    """
    where = service.variable("probe")
    access = read_access(variables.get(where), where)
    ca_file = OPERATIONS.get(service.name, Operations()).ca_file
    given = as_mapping(variables.get(where), where)
    if ca_file and not variables.get(service.variable("tls_cert_file")) and not given.keys() & _TRUST:
        access |= {"ca_file": ca_file, "verify": True}
    return access

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a Prometheus has probed from outside, by the blackbox exporter beside it. PRIVATE to the collection."""

from __future__ import annotations

import dataclasses
import json
import re
import typing as t
from urllib.parse import urlsplit

from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._catalogue import BY_NAME
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._endpoints import Endpoint, read_labels
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._listening import local_url
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._scrape import target_address
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._topology import Environment
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._values import (
    InputError,
    as_list,
    as_mapping,
    as_text,
    check_keys,
    shown,
)

#: The Prometheus job of all probes.
JOB: t.Final = "blackbox"
#: The module for services whose certificate the collection's authority issues; the role makes it.
_INTERNAL: t.Final = "http_internal"
#: Services that people use with a browser: probed wherever the inventory has them.
PROBED: t.Final = ("grafana", "kibana")

_KEYS: t.Final = ("target", "module", "node", "labels")
_OWN_LABELS: t.Final = ("job", "node", "instance", "environment")
_SOCKET: t.Final = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[^\s:/@\[\]]+):[0-9]{1,5}\Z")


@dataclasses.dataclass(frozen=True, slots=True)
class Probe:
    """Something that is probed.

    Args:
        target: A URL, or host and port.
        module: How, a module of the blackbox exporter.
        node: Inventory name of the host that serves it; empty where nobody says so.
        labels: Further labels.
    """

    target: str
    module: str
    node: str
    labels: dict[str, str]


def read_probes(value: object, where: str) -> list[Probe]:
    """The probes that a variable names: a text is a URL, a dictionary says more.

    Raises:
        InputError: It is not what it should be; names the entry.
    """
    found: list[Probe] = []
    for index, raw in enumerate(as_list(value, where)):
        at = f"{where}[{index}]"
        item = {"target": raw} if isinstance(raw, str) else as_mapping(raw, at)
        check_keys(item, at, _KEYS, "setting")
        probe = Probe(
            target=_target(item.get("target"), f"{at}.target"),
            module=as_text(item.get("module", "http"), f"{at}.module", empty=False),
            node=as_text(item.get("node"), f"{at}.node"),
            labels=read_labels(item.get("labels"), f"{at}.labels", own=_OWN_LABELS),
        )
        if any((probe.target, probe.module) == (other.target, other.module) for other in found):
            raise InputError(f"{at} probes {probe.target} with the module {probe.module}, as an entry before it does.")
        found.append(probe)
    return found


def probes(environment: Environment, given: list[Probe]) -> list[Probe]:
    """What is probed in an environment: what the inventory knows to be used with a browser, and what is given."""
    known = [
        Probe(
            _url(endpoint),
            _INTERNAL if endpoint.service.scheme == "https" else "http",
            endpoint.node,
            endpoint.labels,
        )
        for name in PROBED
        if name in BY_NAME
        for endpoint in environment.endpoints(BY_NAME[name])
    ]
    taken = {(probe.target, probe.module) for probe in given}
    return [*(probe for probe in known if (probe.target, probe.module) not in taken), *given]


def exporter_of(environment: Environment, host: str) -> Endpoint | None:
    """The blackbox exporter that a host's Prometheus asks: that of the host itself, else the first there is."""
    endpoints = environment.endpoints(BY_NAME["blackbox_exporter"])
    return next((endpoint for endpoint in endpoints if endpoint.node == host), next(iter(endpoints), None))


def scrape_config(exporter: Endpoint, host: str, path: str, settings: dict[str, t.Any]) -> dict[str, t.Any]:
    """The job that asks the exporter for each probe.

    Args:
        exporter: The exporter.
        host: Inventory name of Prometheus's own host.
        path: The file of the targets.
        settings: Native settings of the exporter's jobs.
    """
    listening = {"listen_address": exporter.listen_address, "port": exporter.listen_port}
    address = urlsplit(local_url(listening)).netloc if exporter.node == host else target_address(exporter)
    relabelling = [
        {"source_labels": ["__address__"], "target_label": "__param_target"},
        {"target_label": "__address__", "replacement": address},
        *settings.get("relabel_configs", []),
    ]
    return {
        "job_name": JOB,
        **({"scheme": exporter.scheme} if exporter.scheme != "http" else {}),
        "metrics_path": "/probe",
        **settings,
        "relabel_configs": relabelling,
        "file_sd_configs": [{"files": [path]}],
    }


def targets_file(found: list[Probe], environment: str, header: str) -> str:
    """The text of the file of the targets, one line for each.

    Args:
        found: The probes.
        environment: The label `environment`.
        header: Comment lines to begin with.
    """
    return header + "".join(f"- {json.dumps(_group(probe, environment))}\n" for probe in found)


def _group(probe: Probe, environment: str) -> dict[str, t.Any]:
    labels = {
        **({"node": probe.node} if probe.node else {}),
        "instance": probe.target,
        "environment": environment,
        **probe.labels,
        "__param_module": probe.module,
    }
    return {"targets": [probe.target], "labels": labels}


def _url(endpoint: Endpoint) -> str:
    return f"{endpoint.scheme}://{target_address(endpoint)}{endpoint.path_prefix}{endpoint.service.ready_path}"


def _target(value: object, where: str) -> str:
    text = as_text(value, where, empty=False)
    try:
        parts = urlsplit(text)
        url = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        url = False
    if not (url or _SOCKET.match(text)):
        raise InputError(f"{where} is {shown(text)}; expected a URL without user and password, or host:port.")
    return text

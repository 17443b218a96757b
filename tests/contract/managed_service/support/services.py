# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests deploy: arguments of managed_service."""

from __future__ import annotations

import copy
import typing as t

Service = dict[str, t.Any]
ETC = "/etc/prometheus"
UNIT = "/etc/systemd/system/prometheus.service"
OWNERS = {"owner": "root", "group": "prometheus", "mode": "0640"}
BY_METRICS = {
    "metrics_url": "http://127.0.0.1:9090/metrics",
    "success_metric": "prometheus_config_last_reload_successful",
    "timestamp_metric": "prometheus_config_last_reload_success_timestamp_seconds",
}


def rule(name: str = "a", expr: str = "up == 1") -> dict[str, t.Any]:
    """A rule file with one recording rule."""
    return {"groups": [{"name": f"group-{name}", "rules": [{"record": name, "expr": expr}]}]}


BAD_RULE = rule("a", "sum(((")
GOOD_RULES = {"a.yml": rule("a", "up == 1")}


def config(**extra: t.Any) -> dict[str, t.Any]:
    """A configuration of Prometheus that scrapes itself."""
    return {
        "global": {"scrape_interval": "15s"},
        "rule_files": [f"{ETC}/rules/*.yml"],
        "scrape_configs": [{"job_name": "self", "static_configs": [{"targets": ["127.0.0.1:9090"]}]}],
        **extra,
    }


def unit(
    binary: str = "/usr/bin/prometheus",
    flags: t.Sequence[str] = (),
    service: t.Sequence[str] = (),
    port: int = 9090,
    user: str = "prometheus",
) -> str:
    """Our unit file of Prometheus. service holds further lines of its section [Service]."""
    words = [
        binary,
        f"--config.file={ETC}/prometheus.yml",
        "--storage.tsdb.path=/var/lib/prometheus/metrics2",
        f"--web.listen-address=0.0.0.0:{port}",
        *flags,
    ]
    lines = [
        "[Unit]",
        "Description=Prometheus",
        "[Service]",
        f"User={user}",
        f"ExecStart={' '.join(words)}",
        "ExecReload=/bin/kill -HUP $MAINPID",
        "Restart=on-failure",
        *service,
        "[Install]",
        "WantedBy=multi-user.target",
    ]
    return "\n".join(lines) + "\n"


def prometheus(
    rules: t.Mapping[str, t.Any] | None = None,
    configuration: t.Any = None,
    unit_file: str | None = None,
    files: t.Sequence[dict[str, t.Any]] = (),
    **arguments: t.Any,
) -> Service:
    """Prometheus as a role deploys it.

    Args:
        rules: Name of a rule file → its content.
        configuration: Content of prometheus.yml.
        unit_file: Content of the unit.
        files: Further files.
        arguments: Replace arguments of the task; None takes one away.
    """
    shipped: list[dict[str, t.Any]] = [
        {"dest": f"{ETC}/prometheus.yml", "content": configuration or config(), "on_change": "reload", **OWNERS}
    ]
    for name, content in (GOOD_RULES if rules is None else rules).items():
        shipped.append({"dest": f"{ETC}/rules/{name}", "content": content, "on_change": "reload", **OWNERS})
    shipped.append({"dest": UNIT, "content": unit_file or unit()})
    task: Service = {
        "name": "prometheus",
        "unit": "prometheus.service",
        "user": {"name": "prometheus"},
        "directories": [
            {"path": ETC, "group": "prometheus", "mode": "0750"},
            {"path": f"{ETC}/rules", "group": "prometheus", "mode": "0750"},
        ],
        "files": [*shipped, *files],
        "exclusive": [f"{ETC}/rules"],
        "validate": [["promtool", "check", "config", f"{ETC}/prometheus.yml"]],
        "ready": {"url": "http://127.0.0.1:9090/-/ready", "timeout": 30},
        "loaded": BY_METRICS,
    }
    task.update(copy.deepcopy(arguments))
    return {key: value for key, value in task.items() if value is not None}


def small(name: str = "contract-small", port: int = 9191, **arguments: t.Any) -> Service:
    """A second, quick service without any package: Python's web server."""
    task: Service = {
        "name": name,
        "unit": f"{name}.service",
        "files": [
            {
                "dest": f"/etc/systemd/system/{name}.service",
                "content": f"[Unit]\nDescription={name}\n[Service]\n"
                f"ExecStart=/usr/bin/python3 -m http.server {port} --directory /etc/contract\n"
                "[Install]\nWantedBy=multi-user.target\n",
            }
        ],
        "directories": [{"path": "/etc/contract"}],
        "ready": {"url": f"http://127.0.0.1:{port}/", "timeout": 20},
    }
    task.update(copy.deepcopy(arguments))
    return {key: value for key, value in task.items() if value is not None}

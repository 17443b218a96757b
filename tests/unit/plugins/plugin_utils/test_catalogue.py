# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
import yaml
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._catalogue import (
    BY_NAME,
    GROUPS,
    REQUIRED_GROUPS,
    SERVICES,
    TOOLS,
    Service,
    Tools,
    expected_names,
)

ROOT = Path(__file__).parents[4]


def role_file(service: Service, name: str) -> dict[str, object]:
    content = yaml.safe_load((ROOT / "roles" / service.name / name).read_text())
    assert isinstance(content, dict)
    return content


def texts(value: object) -> set[str]:
    """Every text anywhere in a structure."""
    if isinstance(value, dict):
        return {text for item in value.values() for text in texts(item)}
    if isinstance(value, list):
        return {text for item in value for text in texts(item)}
    return {value} if isinstance(value, str) else set()


# Alertmanager is scraped where a group of this name exists, also before the collection has a role for it.
WITH_ROLE = [service for service in SERVICES if (ROOT / "roles" / service.name).is_dir()]


def test_roles() -> None:
    assert {"node_exporter", "prometheus"} <= {service.name for service in WITH_ROLE}


@pytest.mark.parametrize("service", WITH_ROLE, ids=lambda service: service.name)
class TestRole:
    """What the catalogue says is what the role does when the inventory says nothing."""

    def test_port(self, service: Service) -> None:
        assert role_file(service, "defaults/main.yml")[service.variable("port")] == service.port

    def test_listen_address(self, service: Service) -> None:
        assert role_file(service, "defaults/main.yml")[service.variable("listen_address")] == service.listen_address

    def test_tls_is_off(self, service: Service) -> None:
        # What only its own host asks needs no certificate, and cAdvisor cannot have one.
        default = role_file(service, "defaults/main.yml").get(service.variable("tls_cert_file"))
        without = service.listen_address == "127.0.0.1" or service.name == "cadvisor"
        assert default == (None if without else "")

    def test_labels(self, service: Service) -> None:
        # Labels are of metrics.
        labels = role_file(service, "defaults/main.yml").get(service.variable("labels"))
        assert labels == ({} if service.job else None)

    def test_path_prefix(self, service: Service) -> None:
        defaults = role_file(service, "defaults/main.yml")
        names = {service.variable("route_prefix"), service.variable("external_url")}
        assert names & defaults.keys() == (names if service.path_prefix else set())
        assert [defaults[name] for name in names & defaults.keys()] == ["", ""] * service.path_prefix

    def test_packages(self, service: Service) -> None:
        # What no distribution has has none.
        packages = role_file(service, "defaults/main.yml").get(service.variable("packages"), [])
        optional = role_file(service, "vars/main.yml").get(f"__{service.name}_optional_packages", [])
        assert isinstance(packages, list)
        assert isinstance(optional, list)
        assert {*packages, *optional} == set(service.packages)

    def test_user(self, service: Service) -> None:
        """One look at a host asks for the users of all services, so that none of them needs another look."""
        tasks = yaml.safe_load((ROOT / "roles" / service.name / "tasks" / "software.yml").read_text())
        variable = f"__{service.name}_user"
        if f"{{{{ {variable} }}}}" in texts(tasks):
            assert role_file(service, "vars/main.yml")[variable] == service.user

    def test_unit(self, service: Service) -> None:
        tasks = yaml.safe_load((ROOT / "roles" / service.name / "tasks" / "configure.yml").read_text())
        named = {text for text in texts(tasks) | texts(role_file(service, "vars/main.yml")) if service.unit in text}
        assert named, f"nothing in the role mentions {service.unit}"

    def test_ready_path(self, service: Service) -> None:
        ready = texts({"ready": role_file(service, "vars/main.yml")[f"__{service.name}_ready"]})
        assert [text for text in ready if text.endswith(service.ready_path) or f"'{service.ready_path}'" in text]

    def test_backup(self, service: Service) -> None:
        known = texts(role_file(service, "defaults/main.yml"))
        assert set(service.backup) <= known


@pytest.mark.parametrize("field", ["name", "title", "job", "port", "unit"])
def test_no_two_services_share(field: str) -> None:
    values = [value for service in SERVICES if (value := getattr(service, field))]
    assert len(set(values)) == len(values)


def test_groups_exist() -> None:
    assert {service.group for service in SERVICES} | set(REQUIRED_GROUPS) <= GROUPS.keys()


def test_nobody_changes_it() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        SERVICES[0].port = 1  # type: ignore[misc]
    with pytest.raises(TypeError):
        BY_NAME["x"] = SERVICES[0]  # type: ignore[index]


@pytest.mark.parametrize(
    ("found", "known", "text"),
    [
        (
            "node_exportr",
            ("node_exporter", "prometheus"),
            "did you mean 'node_exporter'? Known: node_exporter, prometheus.",
        ),
        ("zzz", ("b", "a"), "Known: a, b."),
        (
            "zzz",
            [f"n{number:02}" for number in range(22)],
            f"Known: {', '.join(f'n{n:02}' for n in range(20))} and 2 more.",
        ),
        ("prometeus", ["prometheus", *(f"n{number}" for number in range(30))], "did you mean 'prometheus'?"),
    ],
)
def test_expected_names(found: str, known: list[str], text: str) -> None:
    assert expected_names(found, known) == text


@pytest.mark.parametrize("tools", TOOLS, ids=lambda tools: tools.name)
def test_packages_of_tools(tools: Tools) -> None:
    """One look at the host is enough only where it asks for what the role then installs."""
    role = ROOT / "roles" / tools.name
    files = (role / "tasks" / "software.yml", role / "vars" / "main.yml")
    text = "".join(path.read_text() for path in files)
    assert [package for package in tools.packages if package not in text] == []
    named = re.search(r"packages: (\[.*\])", text)
    assert named is None or set(yaml.safe_load(named[1])) == set(tools.packages)

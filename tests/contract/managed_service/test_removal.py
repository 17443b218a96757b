# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract line 7: what is no longer shipped goes, what is not ours stays."""

from __future__ import annotations

from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.controller import (
    Controller,
)
from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.machine import Machine
from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.services import (
    ETC,
    prometheus,
    rule,
    small,
)


def test_a_stale_rule_goes_and_is_unloaded_while_a_foreign_file_beside_it_stays(
    clean: Machine, controller: Controller
) -> None:
    controller.deploy(prometheus({"a.yml": rule("a"), "stale.yml": rule("stale")}, exclusive=None))
    clean.write(f"{ETC}/rules/foreign.yml", "groups: [{name: f, rules: [{record: foreign, expr: up}]}]\n")
    clean.write(f"{ETC}/notes.txt", "a person's\n")

    result = controller.deploy(prometheus({"a.yml": rule("a")}, exclusive=None))

    assert result.reaction == "reload"
    assert result.data["removed"] == [f"{ETC}/rules/stale.yml"]
    assert clean.loaded_rules() == {"a": "up == 1", "foreign": "up"}
    assert clean.exists(f"{ETC}/notes.txt")
    assert not controller.deploy(prometheus({"a.yml": rule("a")}, exclusive=None)).changed


def test_an_exclusive_directory_holds_nothing_but_ours(deployed: Machine, controller: Controller) -> None:
    deployed.write(f"{ETC}/rules/foreign.yml", "groups: [{name: f, rules: [{record: foreign, expr: up}]}]\n")
    deployed.write(f"{ETC}/rules/.hidden", "x")
    deployed.write(f"{ETC}/rules/deeper/more.yml", "x")
    deployed.sh(f"ln -s /etc/passwd {ETC}/rules/link.yml; ln -s /usr {ETC}/rules/directory-link")
    deployed.write(f"{ETC}/beside.txt", "stays")

    check = controller.deploy(prometheus(), check=True)
    result = controller.deploy(prometheus())

    gone = [
        f"{ETC}/rules/{name}" for name in (".hidden", "deeper/more.yml", "directory-link", "foreign.yml", "link.yml")
    ]
    assert sorted(result.data["removed"]) == gone
    assert check.data["removed"] == result.data["removed"]
    assert check.diff == result.diff
    assert deployed.sh(f"find {ETC}/rules -type f") == f"{ETC}/rules/a.yml"
    assert deployed.loaded_rules() == {"a": "up == 1"}
    assert deployed.exists("/usr/bin/env")
    assert deployed.exists(f"{ETC}/beside.txt")


def test_all_rules_dropped_means_no_rules(deployed: Machine, controller: Controller) -> None:
    assert controller.deploy(prometheus({})).reaction == "reload"
    assert deployed.loaded_rules() == {}


def test_a_dropped_link_goes_and_a_dropped_directory_of_ours_goes_when_it_is_empty(
    clean: Machine, controller: Controller
) -> None:
    plain = small()
    extra = small(links=[{"dest": "/usr/local/bin/contract-link", "src": "/usr/bin/python3", "on_change": "none"}])
    extra["directories"] = [{"path": path} for path in ("/etc/contract", "/etc/contract/empty", "/etc/contract/used")]
    controller.deploy(extra)
    clean.write("/etc/contract/used/foreign", "x")

    result = controller.deploy(plain)

    assert not clean.exists("/usr/local/bin/contract-link")
    assert not clean.exists("/etc/contract/empty")
    assert clean.exists("/etc/contract/used/foreign")
    assert sorted(result.data["removed"]) == ["/etc/contract/empty", "/usr/local/bin/contract-link"], "and only these"
    assert not controller.deploy(plain).changed


def test_a_directory_that_was_there_before_us_is_never_removed(clean: Machine, controller: Controller) -> None:
    clean.sh("mkdir /etc/contract-theirs")
    service = small()
    controller.deploy({**service, "directories": [*service["directories"], {"path": "/etc/contract-theirs"}]})

    controller.deploy(service)

    assert clean.exists("/etc/contract-theirs")


def test_a_dropped_drop_in_restarts_without_it(clean: Machine, controller: Controller) -> None:
    drop_in = {"dest": "/etc/systemd/system/prometheus.service.d/x.conf", "content": "[Service]\nEnvironment=X=1\n"}
    directory = {"path": "/etc/systemd/system/prometheus.service.d"}
    more = prometheus(files=[drop_in])
    more["directories"] = [*more["directories"], directory]
    controller.deploy(more)
    assert "X=1" in clean.systemctl("show", "-P", "Environment", "prometheus.service")

    result = controller.deploy(prometheus())

    assert result.reaction == "restart"
    assert not clean.systemctl("show", "-P", "Environment", "prometheus.service")
    assert not clean.exists("/etc/systemd/system/prometheus.service.d")
    assert not controller.deploy(prometheus()).changed


def test_a_file_that_becomes_a_link_and_back(clean: Machine, controller: Controller) -> None:
    path = "/etc/contract/thing"
    as_file = small()
    as_file["files"] = [*as_file["files"], {"dest": path, "content": "text\n", "on_change": "none"}]
    as_link = small(links=[{"dest": path, "src": "/etc/hostname", "on_change": "none"}])

    controller.deploy(as_file)
    assert controller.deploy(as_link).data["removed"] == []
    assert clean.sh(f"readlink {path}") == "/etc/hostname"
    controller.deploy(as_file)
    assert clean.read(path) == "text\n"
    assert clean.sh(f"test -L {path} || echo file") == "file"

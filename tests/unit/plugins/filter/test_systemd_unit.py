# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters systemd_unit and command_flags: errors reach Ansible."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.enterprise_tickets.observability.plugins.filter import command_flags, systemd_unit


def test_the_unit_filter_renders() -> None:
    unit = systemd_unit.FilterModule().filters()["systemd_unit"]
    assert "[Service]\nExecStart=/bin/true\n" in unit({"Service": {"ExecStart": ["/bin/true"]}}, sandbox=False)
    assert "ProtectSystem=strict\n" in unit({"Service": {"ExecStart": ["/bin/true"]}})
    assert "Nice=5\n" in unit({"Service": {"Nice": 1}}, overrides={"Service": {"Nice": 5}})


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"Service": {"ExecStart": ["true"]}}, r"systemd_unit: \[Service\] ExecStart: .* absolute path"),
        ("text", "systemd_unit: a mapping of sections is expected"),
    ],
)
def test_the_unit_filter_says_what_is_wrong(sections: object, message: str) -> None:
    with pytest.raises(AnsibleFilterError, match=message):
        systemd_unit.systemd_unit(sections)  # type: ignore[arg-type]


def test_the_flags_filter() -> None:
    flags = command_flags.FilterModule().filters()["command_flags"]
    assert flags([{"flag": "a", "value": 1}], version="1.0", switch_on=["b"]) == ["--a=1", "--b"]
    with pytest.raises(AnsibleFilterError, match="x_flags: this role passes --a itself"):
        flags([{"flag": "a", "value": 1}], version="1.0", extra={"a": 2}, extra_variable="x_flags")

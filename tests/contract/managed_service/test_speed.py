# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract line 11: how fast, how much."""

from __future__ import annotations

import hashlib
import random
import re
import time

import pytest
from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.controller import (
    Controller,
    Result,
)
from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.machine import Machine
from ansible_collections.enterprise_tickets.observability.tests.contract.managed_service.support.services import (
    ETC,
    prometheus,
    rule,
    small,
)


def timed(controller: Controller, what: str, **options: object) -> tuple[Result, float]:
    start = time.monotonic()
    result = controller.attempt(**options)  # type: ignore[arg-type]
    seconds = time.monotonic() - start
    print(f"{what}: {seconds:.1f} s")
    assert not result.failed, result.output
    return result, seconds


@pytest.mark.usefixtures("deployed")
def test_a_no_op_is_exactly_one_execution_on_the_host_and_quick(controller: Controller) -> None:
    result, _seconds = timed(controller, "no-op, first", service=prometheus(), verbosity=3)
    executions = re.findall(r"<\S+> EXEC ", result.output)
    transfers = re.findall(r"<\S+> (?:PUT|FETCH) ", result.output)
    assert (len(executions), len(transfers)) == (1, 0), result.output
    assert not result.changed

    pings = []
    no_ops = []
    for _turn in range(3):
        start = time.monotonic()
        controller.play([{"name": "Ping", "ansible.builtin.ping": {}}])
        pings.append(time.monotonic() - start)
        no_ops.append(timed(controller, "no-op", service=prometheus())[1])
    print(f"ping: {min(pings):.1f} s, no-op: {min(no_ops):.1f} s")
    # By itself it takes 0.3 s more; a busy machine stretches both.
    assert min(no_ops) < 2.5 * min(pings)


def test_200_files(deployed: Machine, controller: Controller) -> None:
    def rules(changed: str) -> dict[str, object]:
        return {f"r{i:03}.yml": rule(f"r{i:03}", changed if i == 7 else "up == 1") for i in range(200)}

    first, _seconds = timed(controller, "200 new rule files", service=prometheus(rules("up == 1")))
    second, seconds = timed(controller, "one of 200 changed", service=prometheus(rules("up == 2")))
    third, _seconds = timed(controller, "no-op with 200", service=prometheus(rules("up == 2")))

    loaded = deployed.loaded_rules()
    assert len(loaded) == 200
    assert loaded["r007"] == "up == 2"
    assert len(second.diff) == 1
    assert (first.reaction, second.reaction, third.changed) == ("reload", "reload", False)
    assert seconds < 30
    # What is no longer shipped goes, all of it.
    assert len(controller.deploy(prometheus()).data["removed"]) == 200
    assert deployed.loaded_rules() == {"a": "up == 1"}


def test_a_16_mib_binary_file_arrives_as_it_is(clean: Machine, controller: Controller) -> None:
    data = random.Random(1).randbytes(16 * 1024 * 1024)
    (controller.directory / "blob").write_bytes(data)
    service = small()
    blob = {"dest": "/etc/contract/blob", "src": "blob", "mode": "0600", "on_change": "none"}
    service["files"] = [*service["files"], blob]

    first, seconds = timed(controller, "16 MiB of random bytes", service=service)
    second, _seconds = timed(controller, "no-op with 16 MiB", service=service)

    assert clean.sh("sha256sum < /etc/contract/blob").split()[0] == hashlib.sha256(data).hexdigest()
    assert (first.changed, second.changed) == (True, False)
    assert "(16777216 bytes, too long to show)" in str(first.diff)
    assert seconds < 120


def test_bytes_are_bytes(clean: Machine, controller: Controller) -> None:
    """Neither line ends, nor a missing last one, nor text in another encoding, nor Jinja's marks are touched."""
    data = b"\x00\xff\r\nline\r\n{{ not.a.variable }}\n{% nor this %}\xe4 no newline at the end"
    (controller.directory / "blob").write_bytes(data)
    service = small()
    service["files"] = [
        *service["files"],
        {"dest": "/etc/contract/blob", "src": "blob", "on_change": "none"},
        {"dest": "/etc/contract/empty", "content": "", "on_change": "none"},
        {"dest": "/etc/contract/text", "content": "größer\r\nno newline at the end", "on_change": "none"},
    ]

    first = controller.deploy(service)
    second = controller.deploy(service)

    assert (
        clean.sh("xxd -p /etc/contract/blob 2>/dev/null || od -An -v -tx1 /etc/contract/blob")
        .replace(" ", "")
        .replace("\n", "")
        == data.hex()
    )
    assert clean.sh("stat -c %s /etc/contract/empty /etc/contract/text").split() == [
        "0",
        str(len("größer\r\nno newline at the end".encode())),
    ]
    assert f"(binary, {len(data)} bytes)" in str(first.diff)
    assert not second.changed
    assert ETC not in str(first.diff)

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.bundle import (
    Bundle,
    bundle_from_spec,
    pack,
    problems,
    strongest,
    unpack,
)

SPEC = {
    "name": "prometheus",
    "unit": "prometheus.service",
    "user": {"name": "prometheus", "group": "prometheus"},
    "directories": [{"path": "/etc/prometheus", "mode": "0750"}],
    "files": [
        {"dest": "/etc/prometheus/a.bin", "mode": "0640", "on_change": "reload"},
        {"dest": "/etc/prometheus/b.yml", "secret": True},
    ],
    "validate": [["promtool", "check", "config", "/etc/prometheus/b.yml"]],
    "ready": {"url": "http://127.0.0.1:9090/-/ready", "status": [200, 204]},
    "secrets": ["hunter2222"],
}


def test_a_bundle_survives_the_journey_byte_by_byte() -> None:
    binary = bytes(range(256)) + b"\0" + "ü€".encode()
    bundle = unpack(pack(SPEC, [binary, b""]))
    assert [item.data for item in bundle.files] == [binary, b""]
    assert [item.mode for item in bundle.files] == [0o640, 0o644]
    assert bundle.directories[0].mode == 0o750
    assert bundle.user is not None
    assert bundle.user.group == "prometheus"
    assert bundle.ready is not None
    assert bundle.ready.status == (200, 204)
    assert bundle.validate == (("promtool", "check", "config", "/etc/prometheus/b.yml"),)


def test_16_mib_of_random_bytes_travel_at_the_cost_of_one_base64() -> None:
    data = os.urandom(16 * 1024 * 1024)
    payload = pack(dict(SPEC, files=[{"dest": "/etc/prometheus/big"}]), [data])
    assert len(payload) < len(data) * 1.4
    assert unpack(payload).files[0].data == data


def test_secrets_are_not_part_of_a_bundles_repr() -> None:
    assert "hunter2222" not in repr(bundle_from_spec(SPEC, [b"", b""]))


def test_a_sensible_bundle_has_no_problems() -> None:
    assert problems(bundle_from_spec(SPEC, [b"", b""])) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"name": "../prometheus"}, "name is '../prometheus'"),
        ({"name": ""}, "name is ''"),
        ({"unit": "prometheus"}, "unit is 'prometheus'"),
        ({"unit": "../x.service"}, "unit is '../x.service'"),
        ({"ready": {"url": "http://127.0.0.1:99999/"}}, "ready.url is 'http://127.0.0.1:99999/'"),
        ({"ready": {"url": "127.0.0.1:9090/-/ready"}}, "ready.url is"),
        ({"ready": {"url": "ftp://127.0.0.1/"}}, "ready.url is"),
        ({"loaded": {"reload_url": "127.0.0.1:9090"}}, "loaded.reload_url is"),
        ({"files": [{"dest": "etc/x"}]}, "an absolute path"),
        ({"files": [{"dest": "/etc/../x"}]}, "an absolute path"),
        ({"files": [{"dest": "/etc/x/"}]}, "an absolute path"),
        ({"files": [{"dest": "//etc/x"}]}, "an absolute path"),
        ({"files": [{"dest": "/"}]}, "an absolute path"),
        ({"files": [{"dest": "/etc/a/x"}, {"dest": "/etc/a/x"}]}, "a path has one owner"),
        ({"files": [{"dest": "/etc/a/x"}], "links": [{"dest": "/etc/a/x", "src": "/y"}]}, "a path has one owner"),
        ({"exclusive": ["/etc/prometheus"]}, "three levels deep"),
        ({"watch": ["tls.crt"]}, "watch names 'tls.crt'"),
        ({"programs": ["bin/kibana"]}, "programs names 'bin/kibana'"),
        ({"validate": [[]]}, "empty command"),
        ({"rollback": "none"}, "rollback_reason"),
        ({"loaded": {"metrics_url": "http://h/metrics"}}, "missing: success_metric, timestamp_metric"),
    ],
)
def test_what_cannot_be_meant_is_named(changes: dict[str, object], expected: str) -> None:
    spec: dict[str, object] = {"name": "x", "unit": "x.service", **changes}
    files = spec.get("files", [])
    assert isinstance(files, list)
    found = problems(bundle_from_spec(spec, [b""] * len(files)))
    assert len(found) == 1
    assert expected in found[0]


@pytest.mark.parametrize(
    ("reactions", "expected"),
    [([], "none"), (["none"], "none"), (["none", "reload"], "reload"), (["restart", "reload"], "restart")],
)
def test_the_strongest_reaction_wins(reactions: list[str], expected: str) -> None:
    assert strongest(reactions) == expected


def test_the_unit_path_is_the_administrators() -> None:
    assert Bundle("x", "x.service").unit_path == "/etc/systemd/system/x.service"

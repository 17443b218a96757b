# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import threading
import time
import typing as t
from types import SimpleNamespace

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health import probes_host
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.model import (
    CRITICAL,
    DEGRADED,
    OK,
    Access,
    CannotTell,
    Unreachable,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._health.probes_host import (
    judge_unit,
    mount_points,
    not_after,
    probe_clock,
    probe_disk,
    probe_http,
    probe_metric_age,
    probe_tcp,
    probe_ticket_system,
    probe_tls,
)

NOBODY = Access()


class TestHttp:
    def test_a_status_that_is_expected(self, server) -> None:
        server.answer("/x", {}, 401)
        assert probe_http({"url": server.url + "/x", "status": [200, 401]}, NOBODY, 5).state == OK

    def test_one_that_is_not(self, server) -> None:
        server.answer("/x", b"out of order\n", 503)
        verdict = probe_http({"url": server.url + "/x"}, NOBODY, 5)
        assert (verdict.state, verdict.message, verdict.details) == (
            CRITICAL,
            "answers with HTTP 503",
            ("out of order",),
        )

    def test_not_let_in(self, server) -> None:
        server.answer("/x", {}, 403)
        with pytest.raises(CannotTell, match="credentials"):
            probe_http({"url": server.url + "/x"}, NOBODY, 5)

    @pytest.mark.parametrize(
        ("body", "expression", "state", "text"),
        [
            ({"database": "ok"}, "database == 'ok'", OK, "as expected"),
            ({"database": "failing"}, "database == 'ok'", CRITICAL, "database == 'ok' is false"),
            ({}, "database", CRITICAL, "database is nothing"),
            ({"nodes": []}, "nodes[?up]", CRITICAL, "is empty"),
            ({"nodes": [{"up": True}]}, "nodes[?up]", OK, "as expected"),
        ],
    )
    def test_an_expression(self, server, body, expression, state, text) -> None:
        server.answer("/x", body)
        verdict = probe_http({"url": server.url + "/x", "expect": expression}, NOBODY, 5)
        assert (verdict.state, text in verdict.message) == (state, True), verdict

    def test_an_expression_that_does_not_fit_the_answer(self, server) -> None:
        server.answer("/x", {"count": "many"})
        with pytest.raises(CannotTell, match=r"cannot evaluate abs\(count\)"):
            probe_http({"url": server.url + "/x", "expect": "abs(count)"}, NOBODY, 5)

    def test_an_expression_on_what_is_no_json(self, server) -> None:
        server.answer("/x", b"<html>")
        with pytest.raises(Unreachable, match="not with JSON"):
            probe_http({"url": server.url + "/x", "expect": "a"}, NOBODY, 5)

    def test_without_jmespath(self, server, monkeypatch) -> None:
        monkeypatch.setattr(probes_host, "jmespath", None)
        server.answer("/x", {})
        with pytest.raises(CannotTell, match="python3-jmespath"):
            probe_http({"url": server.url + "/x", "expect": "a"}, NOBODY, 5)


@pytest.mark.parametrize(
    ("found", "enabled", "state", "text"),
    [
        ({"ActiveState": "active", "UnitFileState": "enabled"}, True, OK, "runs"),
        ({"ActiveState": "active", "UnitFileState": "disabled"}, True, DEGRADED, "does not start at boot"),
        ({"ActiveState": "active", "UnitFileState": "disabled"}, False, OK, "runs"),
        ({"ActiveState": "failed", "Result": "exit-code"}, True, CRITICAL, "failed, result exit-code"),
        ({"ActiveState": "inactive", "Result": "success"}, True, CRITICAL, "is inactive"),
        ({"ActiveState": "activating", "SubState": "auto-restart"}, True, DEGRADED, "auto-restart"),
        ({"ActiveState": "inactive", "LoadState": "not-found"}, True, CRITICAL, "not there"),
        ({"ActiveState": "inactive", "LoadState": "masked"}, True, CRITICAL, "masked"),
    ],
)
def test_units(found, enabled, state, text) -> None:
    verdict = judge_unit(found, enabled)
    assert (verdict.state, text in verdict.message) == (state, True), verdict


MOUNTS = """\
overlay / overlay rw,relatime 0 0
proc /proc proc rw 0 0
/dev/sda1 /var ext4 rw,relatime 0 0
/dev/sda1 /etc/hosts ext4 rw 0 0
/dev/sdb1 /srv/my\\040data xfs rw 0 0
/dev/sr0 /media vfat ro 0 0
tmpfs /tmp tmpfs rw 0 0
"""


def test_each_local_file_system_is_looked_at_once() -> None:
    assert mount_points(MOUNTS) == ["/", "/srv/my data", "/var"]


class TestDisk:
    @staticmethod
    def verdict(monkeypatch, space: float, inodes: float, **limits: float) -> t.Any:
        status = SimpleNamespace(f_blocks=1000, f_bavail=1000 * space, f_files=1000, f_favail=1000 * inodes)
        monkeypatch.setattr(os, "statvfs", lambda _path: status)
        return probe_disk({"paths": ["/var"], **limits}, NOBODY, 5)

    @pytest.mark.parametrize(
        ("space", "inodes", "state", "text"),
        [
            (0.5, 0.5, OK, "at least 50 % free"),
            (0.19, 0.5, DEGRADED, "/var: 19 % of its space left"),
            (0.05, 0.5, CRITICAL, "/var: 5 % of its space left"),
            (0.5, 0.01, CRITICAL, "/var: 1 % of its inodes left"),
        ],
    )
    def test_what_is_left(self, monkeypatch, space, inodes, state, text) -> None:
        verdict = self.verdict(monkeypatch, space, inodes)
        assert (verdict.state, verdict.message) == (state, text)

    def test_other_limits(self, monkeypatch) -> None:
        assert self.verdict(monkeypatch, 0.15, 0.5, degraded=0.1, critical=0.05).state == OK

    def test_the_real_ones(self) -> None:
        assert probe_disk({"paths": ["/"]}, NOBODY, 5).state in (OK, DEGRADED, CRITICAL)

    def test_nothing_to_look_at(self) -> None:
        with pytest.raises(CannotTell):
            probe_disk({"paths": ["/no/such/path"]}, NOBODY, 5)


class TestClock:
    @pytest.mark.parametrize(("returned", "state"), [(0, OK), (1, OK), (5, DEGRADED)])
    def test_what_the_kernel_says(self, monkeypatch, returned, state) -> None:
        library = SimpleNamespace(adjtimex=lambda _buffer: returned)
        monkeypatch.setattr(probes_host.ctypes, "CDLL", lambda *_a, **_k: library)
        assert probe_clock({}, NOBODY, 5).state == state

    def test_it_may_not_be_asked(self, monkeypatch) -> None:
        monkeypatch.setattr(probes_host.ctypes, "CDLL", lambda *_a, **_k: SimpleNamespace(adjtimex=lambda _b: -1))
        with pytest.raises(CannotTell):
            probe_clock({}, NOBODY, 5)


class TestMetricAge:
    @pytest.mark.parametrize(
        ("hours", "state"), [((1,), OK), ((30,), DEGRADED), ((1, 30), DEGRADED), ((60, 1), CRITICAL)]
    )
    def test_the_oldest_counts(self, tmp_path, hours, state) -> None:
        file = tmp_path / "backup.prom"
        lines = [f'ets_b{{component="{n}"}} {time.time() - 3600 * hour}' for n, hour in enumerate(hours)]
        file.write_text("# HELP ets_b x\nets_b_other 0\n" + "\n".join(lines) + "\n")
        assert probe_metric_age({"file": str(file), "metric": "ets_b"}, NOBODY, 5).state == state

    def test_never(self, tmp_path) -> None:
        verdict = probe_metric_age({"file": str(tmp_path / "none"), "metric": "ets_b"}, NOBODY, 5)
        assert (verdict.state, "never" in verdict.message) == (CRITICAL, True)

    def test_not_yet(self, tmp_path) -> None:
        parameters = {"file": str(tmp_path / "none"), "metric": "ets_b", "may_be_new": True}
        assert probe_metric_age(parameters, NOBODY, 5).state == DEGRADED


class TestTicketSystem:
    @pytest.mark.parametrize(
        ("status", "body", "state", "text"),
        [
            (200, {"checks": {"database": "ok"}, "queues": {"mail": 3}}, OK, "3 waiting"),
            (503, {"checks": {"database": "unavailable", "cache": "ok"}}, CRITICAL, "database: unavailable"),
            (200, {"checks": {"database": "ok"}, "queues": {"mail": 5000}}, DEGRADED, "mail: 5000 waiting"),
        ],
    )
    def test_what_it_says(self, server, status, body, state, text) -> None:
        server.answer("/health", body, status)
        verdict = probe_ticket_system({"url": server.url + "/health"}, NOBODY, 5)
        assert (verdict.state, text in verdict.message) == (state, True), verdict


class TestTls:
    @pytest.fixture
    def listening(self, tmp_path) -> t.Iterator[t.Callable[[str], int]]:
        """Serves a certificate that is valid for some days."""
        sockets = []

        def start(days: str) -> int:
            key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
            subprocess.run(
                [
                    *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
                    *("-nodes", "-subj", "/CN=x", "-days", days, "-keyout", str(key), "-out", str(certificate)),
                ],
                check=True,
                capture_output=True,
            )
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
            server = socket.create_server(("127.0.0.1", 0))
            sockets.append(server)

            def serve() -> None:
                try:
                    connection, _address = server.accept()
                    with context.wrap_socket(connection, server_side=True):
                        pass
                except OSError:
                    pass

            threading.Thread(target=serve, daemon=True).start()
            return int(server.getsockname()[1])

        yield start
        for server in sockets:
            server.close()

    @pytest.mark.parametrize(("days", "state"), [("90", OK), ("14", DEGRADED), ("3", CRITICAL)])
    def test_how_long_it_is_valid(self, listening, days, state) -> None:
        verdict = probe_tls({"host": "127.0.0.1", "port": listening(days)}, NOBODY, 10)
        assert verdict.state == state, verdict
        assert int(days) - 1 <= int(verdict.message.split()[5]) <= int(days)

    def test_no_tls(self, server) -> None:
        with pytest.raises(Unreachable, match="TLS"):
            probe_tls({"host": "127.0.0.1", "port": server.url.rpartition(":")[2]}, NOBODY, 5)

    @pytest.mark.parametrize("data", [b"", b"\x30", b"\x30\x03\x02\x01\x00", b"\x30\x82\x01\x00" + bytes(64)])
    def test_no_certificate(self, data) -> None:
        with pytest.raises(Unreachable):
            not_after(data)


class TestTcp:
    def test_somebody_listens(self, server) -> None:
        assert probe_tcp({"host": "127.0.0.1", "port": server.url.rpartition(":")[2]}, NOBODY, 5).state == OK

    def test_nobody_does(self) -> None:
        with pytest.raises(Unreachable):
            probe_tcp({"host": "127.0.0.1", "port": 1}, NOBODY, 5)

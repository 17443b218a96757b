# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ports for the programs that a test starts."""

from __future__ import annotations

import random
import socket
import typing as t

# Below those that the kernel hands out (32768 and above, Documentation/networking/ip-sysctl.rst): between the choice
# here and the start of the program, no connection and no server that takes any port can get it.
PORTS: t.Final = range(20_000, 32_000)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses, neither for TCP nor for UDP.

    :raises RuntimeError: a hundred ports are in use.
    """
    for port in random.sample(PORTS, 100):
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            try:
                tcp.bind(("127.0.0.1", port))
                udp.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError(f"no free port from {PORTS.start} to {PORTS.stop}")

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure site.yml: two services and the promises about them, five services, and growth from one host to ten."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tools.benchmark import growth, peer, promises
from tools.benchmark.tables import Table


def _tables(hosts: Sequence[str], workspace: Path, variables: Path | None, other: peer.Peer | None) -> Iterator[Table]:
    """Measure one after the other; the hosts are used again at the end."""
    yield promises.measure(hosts[0], workspace)
    yield peer.measure(hosts[1], workspace, variables, other)
    yield growth.measure(hosts, workspace)


def main() -> int:
    """Measure, print tables, and fail where a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workspace", type=Path, required=True, help="directory with the private key; for inventories")
    parser.add_argument("--hosts", nargs="+", required=True, help="addresses; the first two hosts are fresh")
    parser.add_argument("--variables", type=Path, help="file of variables for the five services")
    parser.add_argument("--peer-host", help="address of a fresh host for the other collection")
    parser.add_argument("--peer-collections", type=Path, help="directory that holds its ansible_collections")
    parser.add_argument("--peer-variables", type=Path, help="file of variables for its roles")
    options = parser.parse_args()
    other = None
    if options.peer_collections:
        other = peer.Peer(options.peer_host, options.peer_collections, options.peer_variables)

    kept = True
    for table in _tables(options.hosts, options.workspace, options.variables, other):
        table.print()
        kept = kept and table.kept
    print("All promises kept." if kept else "A promise is not kept.")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())

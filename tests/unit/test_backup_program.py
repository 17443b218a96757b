# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parts of enterprise-tickets-backup that need no service; the rest is in tests/contract/backup."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from ansible_collections.enterprise_tickets.observability.roles.backup.files.ets_backup import (
    archives,
    metrics,
    restore,
    retention,
)
from ansible_collections.enterprise_tickets.observability.roles.backup.files.ets_backup.errors import BackupError

DAY = 86400.0
NOW = 1000 * DAY


def manifest(age: float) -> archives.Manifest:
    return archives.Manifest(1, "x", NOW - age * DAY, f"x-{age}.tar.gz", "", 0, 0, "", {}, {})


@pytest.mark.parametrize(
    ("ages", "keep_count", "keep_days", "gone"),
    [
        ([1, 2, 3], 1, 30, []),
        ([1, 2, 31], 1, 30, [31]),
        ([31, 32, 33], 2, 30, [33]),
        ([31, 32], 0, 30, [32]),
        ([1, 2], 0, 0, [2]),
        ([], 7, 30, []),
    ],
)
def test_old_archives_go_and_the_newest_always_stays(
    ages: list[float], keep_count: int, keep_days: float, gone: list[float]
) -> None:
    found = retention.outdated([manifest(age) for age in ages], NOW, keep_count, keep_days)
    assert [entry.created for entry in found] == [NOW - age * DAY for age in gone]


def test_what_an_interrupted_backup_has_left_goes_and_whole_archives_stay(tmp_path: Path) -> None:
    for name in ("a.tar.gz", "a.tar.gz.manifest.json", "b.tar.gz", "c.tar.gz.partial", ".d.new"):
        (tmp_path / name).touch()
    assert retention.remove_unfinished(tmp_path) == [".d.new", "b.tar.gz", "c.tar.gz.partial"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tar.gz", "a.tar.gz.manifest.json"]


def test_a_component_that_never_succeeded_has_a_time_stamp_long_ago() -> None:
    text = metrics.exposition({"a": metrics.Outcome(12.5, True, 3, 0.5), "b": metrics.Outcome()})
    assert 'ets_backup_last_success_timestamp_seconds{component="a"} 12.5' in text.splitlines()
    assert 'ets_backup_last_success_timestamp_seconds{component="b"} 0.0' in text.splitlines()


def test_an_archive_without_manifest_is_told_from_one_of_a_newer_program(tmp_path: Path) -> None:
    path = tmp_path / "x.tar.gz.manifest.json"
    with pytest.raises(BackupError, match=r"has no manifest .*: its making was cut off"):
        archives.read_manifest(path)
    path.write_text('{"format": 2}')
    with pytest.raises(BackupError, match="is of format 2; this program knows format 1"):
        archives.read_manifest(path)
    path.write_text("{")
    with pytest.raises(BackupError, match="is damaged"):
        archives.read_manifest(path)


# Each state in which a restore, or its undoing, can be cut off: whether the place, what was unpacked and what was
# replaced are there, and with which content.
STATES = [
    {"place": "old", "unpacked": "new"},
    {"unpacked": "new", "replaced": "old"},
    {"place": "new", "replaced": "old"},
    {"place": "old"},
]


@pytest.mark.parametrize("state", STATES)
def test_from_every_state_the_old_data_comes_back(tmp_path: Path, state: dict[str, str]) -> None:
    move = restore.Move(*(str(tmp_path / name) for name in ("place", "unpacked", "replaced")), existed=True)
    for name, content in state.items():
        (tmp_path / name).write_text(content)
    restore._undo_move(move)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"place": "old"}


@pytest.mark.parametrize("state", [{"unpacked": "new"}, {"place": "new"}, {}])
def test_where_nothing_was_nothing_is_again(tmp_path: Path, state: dict[str, str]) -> None:
    move = restore.Move(*(str(tmp_path / name) for name in ("place", "unpacked", "replaced")), existed=False)
    for name, content in state.items():
        (tmp_path / name).write_text(content)
    restore._undo_move(move)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_found_before_anything_is_unpacked(tmp_path: Path) -> None:
    entry = dataclasses.replace(manifest(1), content_size=1 << 60, roots={"0": str(tmp_path / "data")})
    with pytest.raises(BackupError, match=r"MiB free; what is to be unpacked there needs"):
        restore._check_places(entry)

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software import (
    _repository as on_target,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._errors import SoftwareError
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._repository import (
    Repository,
    pending_files,
    read_repository,
    repository_files,
)

KEY = "-----BEGIN PGP PUBLIC KEY BLOCK-----\nabc\n-----END PGP PUBLIC KEY BLOCK-----"
SOURCE = "/etc/apt/sources.list.d/ets-grafana.sources"
KEYRING = "/etc/apt/keyrings/ets-grafana.asc"
PIN = "/etc/apt/preferences.d/ets-grafana.pref"


def repository(version: str = "13.1.4", **changes: t.Any) -> Repository:
    value = {
        "name": "grafana",
        "url": "https://apt.grafana.com/",
        "suite": "stable",
        "components": ["main"],
        "key": "",
        "key_url": "https://apt.grafana.com/gpg-full.key",
        "ca_file": None,
        "timeout": 30,
        **changes,
    }
    return read_repository(value, lambda topic: f"grafana_{topic}", version)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": ""}, "grafana_version: found '', expected an exact version"),
        ({"version": "13.*"}, "grafana_version: found '13.*', expected an exact version"),
        ({"version": "latest"}, "grafana_version: found 'latest'"),
        ({"name": "../x"}, "repository.name: found '../x'"),
        ({"url": "apt.grafana.com"}, "grafana_repository_url: found 'apt.grafana.com'"),
        ({"url": "https://user:hidden@apt.example"}, "grafana_repository_url: found 'https://apt.example' with"),
        ({"key_url": ""}, "grafana_repository_key_url: found none, expected one"),
        ({"key": KEY}, "grafana_repository_key_url: found more than one"),
        ({"key": "abc", "key_url": ""}, "grafana_repository_key: found 'abc', expected an OpenPGP key"),
        ({"components": []}, "grafana_repository_components: found ''"),
        ({"suite": "a b"}, "grafana_repository_suite: found 'a b'"),
    ],
)
def test_refuses_bad_input(changes: dict[str, t.Any], message: str) -> None:
    with pytest.raises(SoftwareError, match=re.escape(message)) as refusal:
        repository(**changes)
    assert "hidden" not in str(refusal.value)


def test_files() -> None:
    files = repository_files(repository(), "grafana", ["grafana"], "13.1.4")
    assert list(files) == [KEYRING, SOURCE, PIN]
    assert files[KEYRING] is None
    assert files[SOURCE] == (
        "# Managed by Ansible (enterprise_tickets.observability); changes are overwritten.\n"
        "# Key from https://apt.grafana.com/gpg-full.key\n"
        "Types: deb\nURIs: https://apt.grafana.com\nSuites: stable\nComponents: main\n"
        f"Signed-By: {KEYRING}\n"
    )
    assert repository_files(repository(key=KEY, key_url=""), "grafana", ["grafana"], "1")[KEYRING] == f"{KEY}\n"
    flat = repository_files(repository(suite="flat/"), "grafana", ["grafana"], "1")[SOURCE]
    assert flat is not None
    assert "Components" not in flat


@pytest.mark.parametrize(
    ("offered", "pinned"),
    [("13.1.4", True), ("1:13.1.4-1", True), ("13.1.40", False), ("13.1.41-1", False), ("13x1.4", False)],
)
def test_pins_a_version_with_any_epoch_and_revision(offered: str, pinned: bool) -> None:
    text = repository_files(repository(), "grafana", ["grafana", "other"], "13.1.4")[PIN]
    assert text is not None
    assert "Package: grafana other\n" in text
    pattern = re.search(r"Pin: version /(.*)/\n", text)
    assert pattern is not None
    assert bool(re.search(pattern[1], offered)) is pinned


def test_what_is_pending() -> None:
    wanted = repository_files(repository(), "grafana", ["grafana"], "13.1.4")
    there = {path: content or KEY for path, content in wanted.items()}
    assert pending_files(wanted, {}) == wanted
    assert pending_files(wanted, there) == {}
    assert list(pending_files(wanted, {**there, PIN: "old"})) == [PIN]
    # Another source may have another key.
    assert set(pending_files(wanted, {**there, SOURCE: "old"})) == {SOURCE, KEYRING}


def test_writing_can_be_undone(tmp_path: Path) -> None:
    old, new = tmp_path / "ets-old", tmp_path / "sub" / "ets-new"
    old.write_text("before")
    (tmp_path / "foreign").write_text("x")
    undo = on_target.write({str(old): "after", str(new): "text"})
    assert (old.read_text(), new.read_text(), new.stat().st_mode & 0o777) == ("after", "text", 0o644)
    assert on_target.scan([str(tmp_path), str(tmp_path / "sub"), "/nonexistent"]) == {
        str(old): "after",
        str(new): "text",
    }
    on_target.write(undo)
    assert on_target.scan([str(tmp_path), str(tmp_path / "sub")]) == {str(old): "before"}


def test_a_private_key_is_refused() -> None:
    with pytest.raises(SoftwareError, match="found a private key"):
        on_target.require_key(f"{KEY}\n-----BEGIN PGP PRIVATE KEY BLOCK-----", "grafana_repository_key")


@pytest.mark.parametrize(("allow_downgrade", "priority"), [(False, 990), (True, 1001)])
def test_a_package_is_moved_back_only_where_that_is_asked_for(allow_downgrade: bool, priority: int) -> None:
    text = repository_files(repository(), "grafana", ["grafana"], "13.1.4", allow_downgrade=allow_downgrade)[PIN]
    assert text is not None
    assert f"Pin-Priority: {priority}\n" in text

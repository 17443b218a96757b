# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import typing as t
from pathlib import Path

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.bundle import (
    Bundle,
    DirectorySpec,
    FileSpec,
    LinkSpec,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.errors import (
    ManagedServiceError,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.files import (
    own_name,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.plan import (
    DIFF_LIMIT,
    Disk,
    Plan,
    make_plan,
    manifest_of,
    render_diff,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.state import Manifest

ME, MY_GROUP = str(os.getuid()), str(os.getgid())


def spec(path: Path, data: bytes = b"x", **more: t.Any) -> FileSpec:
    return FileSpec(str(path), data, ME, MY_GROUP, **more)


def plan(bundle: Bundle, manifest: Manifest | None = None, check_mode: bool = False) -> Plan:
    return make_plan(bundle, manifest or Manifest(), Disk(), check_mode)


def test_nothing_to_do_is_an_empty_plan(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    (tmp_path / "a").chmod(0o644)
    (tmp_path / "l").symlink_to("/target")
    bundle = Bundle("x", "x", files=(spec(tmp_path / "a"),), links=(LinkSpec(str(tmp_path / "l"), "/target"),))
    assert not plan(bundle)


@pytest.mark.parametrize(
    ("data", "mode", "reaction"), [(b"y", 0o644, "reload"), (b"x", 0o600, "reload"), (b"y", 0o600, "reload")]
)
def test_other_content_or_other_rights_are_a_change(tmp_path: Path, data: bytes, mode: int, reaction: str) -> None:
    (tmp_path / "a").write_bytes(data)
    (tmp_path / "a").chmod(mode)
    found = plan(Bundle("x", "x", files=(spec(tmp_path / "a", on_change="reload"),)))
    assert [(change.path, change.reaction) for change in found.changes] == [(str(tmp_path / "a"), reaction)]


def test_a_link_in_place_of_a_file_is_replaced_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"x")
    (tmp_path / "a").symlink_to(tmp_path / "elsewhere")
    found = plan(Bundle("x", "x", files=(spec(tmp_path / "a"),)))
    assert found.changes[0].before is not None
    assert found.changes[0].before.kind == "link"


@pytest.mark.parametrize("kind", ["file", "link"])
def test_a_directory_in_the_way_is_refused(tmp_path: Path, kind: str) -> None:
    (tmp_path / "a").mkdir()
    path = str(tmp_path / "a")
    bundle = (
        Bundle("x", "x", files=(FileSpec(path, b""),))
        if kind == "file"
        else Bundle("x", "x", links=(LinkSpec(path, "/t"),))
    )
    with pytest.raises(ManagedServiceError, match=f"should be a {kind} and is a directory"):
        plan(bundle)


def test_what_is_no_longer_shipped_goes_and_what_is_foreign_stays(tmp_path: Path) -> None:
    for name in ("ours", "foreign"):
        (tmp_path / name).write_text("")
    found = plan(Bundle("x", "x"), Manifest(files={str(tmp_path / "ours"): "reload", str(tmp_path / "gone"): "reload"}))
    assert found.removed == [str(tmp_path / "ours")]
    assert found.reaction == "reload"


def test_in_an_exclusive_directory_everything_foreign_goes_but_not_our_own_temporary_files(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    (rules / "below").mkdir(parents=True)
    for path in (rules / "a.yml", rules / "foreign.yml", rules / "below" / "foreign.yml"):
        path.write_bytes(b"x")
        path.chmod(0o644)
    Path(own_name(str(rules / "a.yml"), "old", "1234")).write_text("")
    bundle = Bundle("x", "x", files=(spec(rules / "a.yml", on_change="reload"),), exclusive=(str(rules),))
    found = plan(bundle)
    assert sorted(found.removed) == [str(rules / "below" / "foreign.yml"), str(rules / "foreign.yml")]
    assert found.reaction == "reload"


def test_the_manifest_names_what_we_wrote_and_only_directories_that_we_created(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    directories = tuple(DirectorySpec(str(tmp_path / name), ME, MY_GROUP, 0o700) for name in ("there", "new"))
    bundle = Bundle("x", "x", directories=directories, files=(spec(tmp_path / "a", on_change="none"),))
    before = Manifest(directories=[str(tmp_path / "no longer listed")])
    found = manifest_of(bundle, before, plan(bundle))
    assert found == Manifest(files={str(tmp_path / "a"): "none"}, links={}, directories=[str(tmp_path / "new")])


def test_a_directory_that_is_no_longer_listed_goes_unless_something_foreign_is_in_it(tmp_path: Path) -> None:
    for name in ("ours/below", "mixed/below"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "a").write_text("")
    (tmp_path / "mixed" / "foreign").write_text("")
    names = ("ours", "ours/below", "mixed", "mixed/below")
    manifest = Manifest(
        files={str(tmp_path / name / "a"): "none" for name in ("ours/below", "mixed/below")},
        directories=[str(tmp_path / name) for name in names],
    )
    found = plan(Bundle("x", "x"), manifest)
    gone = [str(tmp_path / name) for name in ("ours/below", "ours", "mixed/below")]
    assert sorted(change.path for change in found.directories) == sorted(gone)
    assert manifest_of(Bundle("x", "x"), manifest, found).directories == [str(tmp_path / "mixed")]


def test_missing_parents_of_directories_are_made_but_not_those_of_files(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b" / "c"
    found = plan(Bundle("x", "x", directories=(DirectorySpec(str(deep), ME, MY_GROUP),)), check_mode=True)
    assert [change.path for change in found.directories] == [str(tmp_path / "a"), str(tmp_path / "a" / "b"), str(deep)]
    with pytest.raises(ManagedServiceError, match="does not exist and is not listed in directories"):
        plan(Bundle("x", "x", files=(spec(tmp_path / "none" / "x"),)))


def test_an_unknown_owner_stops_the_run_and_is_a_note_in_check_mode(tmp_path: Path) -> None:
    bundle = Bundle("x", "x", files=(FileSpec(str(tmp_path / "a"), b"x", "no-such-user", "no-such-group"),))
    with pytest.raises(ManagedServiceError, match="group no-such-group and user no-such-user of x: not known"):
        plan(bundle)
    assert plan(bundle, check_mode=True).notes == [
        "group no-such-group and user no-such-user of x: not known on this host yet; compared as root"
    ]


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        (None, {"data": b"new\n"}, ("", "new\n")),
        (b"old\n", {"data": b"new\n"}, ("old\n", "new\n")),
        (b"old\n", {"data": b"old\n", "mode": 0o600}, ("rights", "rights")),
        (b"s3cret\n", {"data": b"t0psecret\n", "secret": True}, ("(secret content)\n", "(other secret content)\n")),
        (None, {"data": b"t0psecret\n", "secret": True}, ("", "(secret content)\n")),
        (b"\x00\x01", {"data": b"text\n"}, ("(binary, 2 bytes)\n", "text\n")),
        (b"old\n", {"data": b"\xff\xfe"}, ("old\n", "(binary, 2 bytes)\n")),
        (b"old\n", {"data": b"x" * (DIFF_LIMIT + 1)}, ("old\n", "(131073 bytes, too long to show)\n")),
        (b"old\n", None, ("old\n", "")),
    ],
)
def test_diffs(tmp_path: Path, before: bytes | None, after: dict[str, t.Any] | None, shown: tuple[str, str]) -> None:
    path = tmp_path / "a"
    if before is not None:
        path.write_bytes(before)
        path.chmod(0o644)
    files = (spec(path, **after),) if after is not None else ()
    manifest = Manifest(files={str(path): "none"})
    (diff,) = render_diff(plan(Bundle("x", "x", files=files), manifest))
    if shown == ("rights", "rights"):
        assert (diff["before"][-10:], diff["after"][-10:]) == ("mode 0644\n", "mode 0600\n")
    else:
        assert (diff["before"], diff["after"]) == shown


@pytest.mark.parametrize(
    ("mode", "ours", "secret", "shown"),
    [
        (0o640, True, True, False),
        (0o640, True, False, True),
        (0o640, False, False, False),
        (0o644, False, False, True),
    ],
)
@pytest.mark.parametrize("after", ["file", "link", "nothing"])
def test_what_was_secret_or_is_somebody_elses_and_private_is_not_shown(
    tmp_path: Path, mode: int, ours: bool, secret: bool, shown: bool, after: str
) -> None:
    path = tmp_path / "rules" / "password"
    path.parent.mkdir()
    path.write_text("s3cret")
    path.chmod(mode)
    bundle = Bundle(
        "x",
        "x",
        files=(spec(path, b"new"),) if after == "file" else (),
        links=(LinkSpec(str(path), "/t"),) if after == "link" else (),
        exclusive=(str(path.parent),),
    )
    manifest = Manifest(files={str(path): "none"} if ours else {}, secrets=[str(path)] if secret else [])
    (diff,) = render_diff(plan(bundle, manifest))
    assert ("s3cret" in diff["before"]) is shown

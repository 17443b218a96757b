# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._errors import SoftwareError
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._look import Look, Offer
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._store import Release
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils import _software

SUM = "a" * 64
ARCHIVE: dict[str, t.Any] = {
    "url": "https://user:secret@mirror.example/v{version}/prometheus-{version}.linux-{arch}.tar.gz",
    "checksum": "",
    "checksums_url": "https://mirror.example/v{version}/sha256sums.txt",
    "binaries": ["prometheus", "promtool"],
    "ca_file": None,
    "username": None,
    "password": None,
    "timeout": 30,
}


def request(
    *, archive: dict[str, t.Any] | None = None, no_archive: bool = False, **changes: t.Any
) -> _software.Request:
    """A checked task; `archive` are changes of the archive that is described above."""
    arguments: dict[str, t.Any] = {
        "name": "prometheus",
        "state": "present",
        "method": "package",
        "version": "",
        "packages": ["prometheus"],
        "optional_packages": [],
        "users": None,
        "allow_downgrade": False,
        "archive": None if no_archive else {**ARCHIVE, **(archive or {})},
        "repository": None,
        "hint": "",
        "refresh": False,
        **changes,
    }
    return _software.read_request({**arguments, "version": str(arguments["version"])}, arguments["version"])


def look(
    installed: t.Mapping[str, str] | None = None,
    *,
    offers: t.Mapping[str, t.Sequence[str]] | None = None,
    **changes: t.Any,
) -> Look:
    found: dict[str, t.Any] = {
        "system": {"id": "debian", "version_id": "13", "codename": "trixie", "name": "Debian GNU/Linux 13 (trixie)"},
        "machine": "x86_64",
        "debian_architecture": "amd64",
        "packages": {
            name: {"version": version, "installed": True, "broken": False}
            for name, version in (installed or {}).items()
        },
        # The candidate is the first one.
        "offers": None
        if offers is None
        else {
            name: Offer(candidate=versions[0] if versions else "", versions=list(versions))
            for name, versions in offers.items()
        },
        "lists": None if offers is None else True,
        "programs": [],
        "releases": {},
        "links": {},
        "users": {},
        "apt_files": {},
        "interrupted": False,
        "seconds": 0.0,
        **changes,
    }
    return t.cast("Look", found)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": "latest"}, r"prometheus_version: found 'latest', expected a pattern such as \"2\.53\.\*\""),
        ({"version": "LATEST", "method": "archive"}, "found 'LATEST', expected an exact version"),
        ({"version": 3.1, "method": "archive"}, r"found 3\.1, which is not text, .*quotes"),
        ({"version": 3}, "found 3, which is not text"),
        ({"version": "v3.5.0", "method": "archive"}, "found 'v3.5.0', expected an exact version without a v"),
        ({"version": "", "method": "archive"}, "prometheus_version: found '', expected an exact version"),
        ({"version": "3.*", "method": "archive"}, "expected an exact version"),
        ({"version": "3.5.0/../../etc", "method": "archive"}, "expected an exact version"),
        ({"version": "..", "method": "archive"}, "expected an exact version"),
        ({"version": ">=2.0"}, "expected a pattern"),
        ({"version": "2.0 -t evil"}, "expected a pattern"),
        ({"packages": []}, "prometheus_packages: found an empty list"),
        ({"packages": ["prometheus=2.0"]}, "prometheus_packages: found 'prometheus=2.0', expected a name"),
        ({"packages": ["-o", "prometheus"]}, "found '-o'"),
        ({"optional_packages": ["Promtool"]}, "found 'Promtool'"),
        ({"users": ["a:b"]}, "prometheus_users: found 'a:b'"),
        ({"name": "../etc"}, r"name: found '\.\./etc'"),
        ({"name": "node-exporter"}, "expected lower case letters, digits and underscores"),
        ({"method": "archive", "version": "3.5.0", "no_archive": True}, "archive: found nothing"),
    ],
)
def test_refuses_bad_input_by_the_name_of_the_variable(changes: dict[str, t.Any], message: str) -> None:
    with pytest.raises(SoftwareError, match=message):
        request(**changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"checksums_url": ""}, "prometheus_archive_checksum and prometheus_archive_checksums_url: found both empty"),
        ({"checksum": "md5:1"}, "prometheus_archive_checksum: found 'md5:1', expected sha256:"),
        ({"binaries": []}, r"archive\.binaries: found an empty list"),
        ({"binaries": ["/bin/sh"]}, "expected a path relative"),
        ({"binaries": ["../sh"]}, "expected a path relative"),
        ({"binaries": ["a/../../sh"]}, "expected a path relative"),
        ({"binaries": ["./prometheus"]}, "expected a path relative"),
    ],
)
def test_refuses_a_bad_archive_by_the_name_of_the_variable(changes: dict[str, t.Any], message: str) -> None:
    with pytest.raises(SoftwareError, match=message):
        request(method="archive", version="3.5.0", archive=changes)


@pytest.mark.parametrize("version", ["3.5.0", "3.5.0-rc.1", "3.5.0+build.1", "12", "2.53.3"])
def test_takes_exact_versions_of_archives(version: str) -> None:
    assert request(method="archive", version=version).place.final == f"/opt/prometheus/{version}"


@pytest.mark.parametrize("version", ["", "2.53.*", "2.53.3", "2.53.3+ds1-2", "1:2.53.*", "2.5[34].*", "*", "8.15.0"])
def test_takes_patterns_for_packages(version: str) -> None:
    assert request(version=version).wishes == [{"name": "prometheus", "version": version, "optional": False}]


def test_the_version_is_that_of_the_first_package() -> None:
    wanted = request(version="2.*", packages=["prometheus", "other"], optional_packages=["promtool"])
    assert [(wish["name"], wish["version"], wish["optional"]) for wish in wanted.wishes] == [
        ("prometheus", "2.*", False),
        ("other", "", False),
        ("promtool", "", True),
    ]
    assert request(method="archive", version="3.5.0").wishes == []


@pytest.mark.parametrize(
    ("changes", "users"),
    [
        ({}, ("prometheus",)),
        ({"packages": ["grafana"]}, ()),
        ({"packages": ["grafana"], "users": ["grafana"]}, ("grafana",)),
        ({"users": []}, ()),
    ],
)
def test_users_that_packages_create(changes: dict[str, t.Any], users: tuple[str, ...]) -> None:
    assert request(**changes).users == users


@pytest.mark.parametrize(
    ("changes", "at_hand", "expected"),
    [
        # everything is there
        ({}, look({"prometheus": "2.53.3+ds1-2"}), ("2.53.3", "2.53.3+ds1-2", True, True)),
        ({"version": "2.*"}, look({"prometheus": "2.53.3-1"}), ("2.53.3", "2.53.3-1", True, True)),
        # there, in another version
        (
            {"version": "3.*"},
            look({"prometheus": "2.53.3-1"}, offers={"prometheus": ["2.53.3-1", "3.5.0-1"]}),
            ("3.5.0", "3.5.0-1", True, False),
        ),
        ({"version": "3.*"}, look({"prometheus": "2.53.3-1"}, offers={}), ("2.53.3", "2.53.3-1", True, False)),
        # not there
        ({}, look(offers={"prometheus": ["2.53.3-1"]}), ("2.53.3", "2.53.3-1", False, False)),
        ({}, look(offers={}, lists=False), ("", "", False, False)),
        # one of two
        (
            {"packages": ["prometheus", "other"]},
            look({"prometheus": "2.53.3-1"}, offers={"other": ["1-1"]}),
            ("2.53.3", "2.53.3-1", False, False),
        ),
        # an optional one: offered, not offered, a program already
        (
            {"optional_packages": ["promtool"]},
            look({"prometheus": "2.53.3-1"}, offers={"promtool": ["2.53.3-1"]}),
            ("2.53.3", "2.53.3-1", True, False),
        ),
        (
            {"optional_packages": ["promtool"]},
            look({"prometheus": "2.53.3-1"}, offers={"promtool": []}),
            ("2.53.3", "2.53.3-1", True, True),
        ),
        (
            {"optional_packages": ["promtool"]},
            look({"prometheus": "2.42.0-1"}, programs=["promtool"]),
            ("2.42.0", "2.42.0-1", True, True),
        ),
    ],
)
def test_status_of_packages(changes: dict[str, t.Any], at_hand: Look, expected: tuple[str, str, bool, bool]) -> None:
    found = _software.status(request(**changes), at_hand)
    assert (found.version, found.package_version, found.installed, found.satisfied) == expected
    assert (found.path, found.bin_dir) == ("", "/usr/bin")
    assert bool(found.notes) is (expected[0] == "")


def test_a_package_that_is_half_installed_is_not_installed() -> None:
    broken = look(offers={"prometheus": ["2.53.3-1"]})
    broken["packages"]["prometheus"] = {"version": "2.53.3-1", "installed": False, "broken": True}
    found = _software.status(request(), broken)
    assert not found.installed
    assert [wish["name"] for wish in found.missing] == ["prometheus"]


@pytest.mark.parametrize(
    ("lists", "note"), [(False, "no package lists on this host"), (True, "do not offer prometheus 9.*; an apt update")]
)
def test_an_unknown_version_is_said(lists: bool, note: str) -> None:
    found = _software.status(request(version="9.*"), look(offers={}, lists=lists))
    assert found.version == ""
    assert note in found.notes[0]


@pytest.mark.parametrize(
    ("release", "checksum", "expected"),
    [
        (None, "", (False, False)),
        (Release(programs=["prometheus", "promtool"], sha256=SUM), "", (True, True)),
        (Release(programs=["prometheus"], sha256=SUM), "", (False, False)),
        (Release(programs=["prometheus", "promtool"], sha256=SUM), f"sha256:{SUM}", (True, True)),
        (Release(programs=["prometheus", "promtool"], sha256=SUM), "sha256:" + "b" * 64, (True, False)),
    ],
)
def test_status_of_an_archive(release: Release | None, checksum: str, expected: tuple[bool, bool]) -> None:
    releases = {"prometheus": {"3.5.0": release} if release else {}}
    wanted = request(method="archive", version="3.5.0", archive={"checksum": checksum})
    found = _software.status(wanted, look(releases=releases))
    assert (found.installed, found.satisfied) == expected
    assert (found.version, found.package_version) == ("3.5.0", "")
    assert found.path == found.bin_dir == "/opt/prometheus/3.5.0"


@pytest.mark.parametrize(
    ("at_hand", "expected"),
    [
        (look(), ""),
        (look({"prometheus": "2.42.0+ds-5"}), "2.42.0"),
        (look({"prometheus": "2.42.0-1"}, links={"/usr/local/bin/p": "/opt/prometheus/3.5.0/prometheus"}), "3.5.0"),
        (look({"prometheus": "2.42.0-1"}, links={"/usr/local/bin/x": "/opt/prometheus_x/9/x"}), "2.42.0"),
    ],
)
def test_version_in_use(at_hand: Look, expected: str) -> None:
    assert _software.version_in_use(request(), at_hand) == expected


def test_tells_apt_names_or_the_version_that_matches() -> None:
    offers = {"prometheus": ["2.53.3-1", "3.5.0-1"], "promtool": ["2.53.3-1"]}
    plain = request(optional_packages=["promtool"])
    at_hand = look(offers=offers)
    missing = _software.status(plain, at_hand).missing
    assert _software.package_arguments(plain, at_hand, missing) == ["prometheus", "promtool"]
    pattern = request(version="3.*")
    missing = _software.status(pattern, at_hand).missing
    assert _software.package_arguments(pattern, at_hand, missing) == ["prometheus=3.5.0-1"]


@pytest.mark.parametrize(
    ("version", "offers", "message"),
    [
        (
            "9.*",
            {"prometheus": ["2.53.3-1", "3.5.0-1"]},
            r"prometheus_version: found '9\.\*', .*: 2\.53\.3-1, 3\.5\.0-1",
        ),
        ("", {}, r"prometheus_packages: found 'prometheus', which no package source of this host \(Debian .*\) offers"),
        ("9.*", {"prometheus": []}, "prometheus_packages: found 'prometheus'"),
    ],
)
def test_a_package_that_is_not_offered(version: str, offers: dict[str, list[str]], message: str) -> None:
    wanted, at_hand = request(version=version), look(offers=offers)
    with pytest.raises(SoftwareError, match=message):
        _software.package_arguments(wanted, at_hand, _software.status(wanted, at_hand).missing)


LINKED = {"/usr/local/bin/prometheus": "/opt/prometheus/3.5.0/prometheus"}


@pytest.mark.parametrize(
    ("changes", "at_hand", "refused"),
    [
        ({}, look(offers={"prometheus": ["2.53.3-1"]}), False),
        ({}, look({"prometheus": "2.53.3-1"}), False),
        (
            {"version": "2.42.*"},
            look({"prometheus": "2.53.3-1"}, offers={"prometheus": ["2.53.3-1", "2.42.0-1"]}),
            True,
        ),
        ({"version": "2.53.*"}, look({"prometheus": "2.42.0-1"}, offers={"prometheus": ["2.53.3-1"]}), False),
        # from an archive to an older package, without having asked for a version
        ({}, look(offers={"prometheus": ["2.53.3-1"]}, links=LINKED), True),
        ({}, look({"prometheus": "2.53.3-1"}, links=LINKED), True),
        ({}, look(offers={"prometheus": ["3.5.0+ds-1"]}, links=LINKED), False),
        ({}, look(offers={"prometheus": ["3.5.0~rc.1-1"]}, links=LINKED), True),
        ({"allow_downgrade": True}, look(offers={"prometheus": ["2.53.3-1"]}, links=LINKED), False),
        ({"method": "archive", "version": "2.53.3"}, look(links=LINKED), False),
        ({}, look(offers={}, links=LINKED), False),
    ],
)
def test_refuses_an_older_version_unasked(changes: dict[str, t.Any], at_hand: Look, refused: bool) -> None:
    wanted = request(**changes)
    current = _software.status(wanted, at_hand)
    if not refused:
        _software.refuse_downgrade(wanted, at_hand, current)
        return
    with pytest.raises(
        SoftwareError, match=r"is in use; expected no older version, or prometheus_allow_downgrade: true"
    ):
        _software.refuse_downgrade(wanted, at_hand, current)


@pytest.mark.parametrize(
    ("users", "installed", "refused"),
    [
        ({}, {}, False),
        ({"prometheus": 105}, {}, False),
        ({"prometheus": 999}, {}, False),
        ({"prometheus": 1000}, {}, True),
        # adduser does not take these for system users of its own
        ({"prometheus": 50}, {}, True),
        ({"prometheus": 60000}, {}, True),
        ({"other": 1001}, {}, False),
        # installed already: nothing is created any more
        ({"prometheus": 1001}, {"prometheus": "2.42.0-1"}, False),
    ],
)
def test_refuses_a_user_that_is_in_the_way(users: dict[str, int], installed: dict[str, str], refused: bool) -> None:
    wanted = request(version="2.53.*")
    at_hand = look(installed, offers={"prometheus": ["2.53.3-1"]}, users=users)
    missing = _software.status(wanted, at_hand).missing
    assert missing
    if not refused:
        _software.refuse_strangers(wanted, at_hand, missing)
        return
    with pytest.raises(
        SoftwareError, match=r"found a user 'prometheus' with uid \d+, expected .*uid 100 to 999.*install_method"
    ):
        _software.refuse_strangers(wanted, at_hand, missing)


def test_sources_of_an_archive() -> None:
    wanted = request(method="archive", version="3.5.0")
    sources = _software.archive_sources(wanted, look())
    assert sources.archive.url == "https://mirror.example/v3.5.0/prometheus-3.5.0.linux-amd64.tar.gz"
    assert sources.checksums is not None
    assert sources.checksums.url == "https://mirror.example/v3.5.0/sha256sums.txt"
    assert sources.sha256 == ""
    given = request(method="archive", version="3.5.0", archive={"checksum": f"sha256:{SUM}"})
    sources = _software.archive_sources(given, look(debian_architecture="arm64"))
    assert sources.archive.url.endswith("linux-arm64.tar.gz")
    assert (sources.sha256, sources.checksums) == (SUM, None)


@pytest.mark.parametrize(
    ("archive", "at_hand", "message"),
    [
        ({"url": "mirror/a.tar.gz"}, look(), "prometheus_archive_url: found 'mirror/a.tar.gz', expected an address"),
        ({"url": "https://h/{file}"}, look(), r"prometheus_archive_url: found the placeholder \{file\}"),
        (
            {"url": "https://h/d/"},
            look(),
            "prometheus_archive_url: found 'https://h/d/', expected the address of a file",
        ),
        ({"checksums_url": "x"}, look(), "prometheus_archive_checksums_url: found 'x'"),
        ({}, look(debian_architecture="loong64"), r"prometheus_archive_url: .*\{arch\}, whose value is not known"),
    ],
)
def test_refuses_a_bad_source_by_the_name_of_the_variable(archive: dict[str, str], at_hand: Look, message: str) -> None:
    with pytest.raises(SoftwareError, match=message):
        _software.archive_sources(request(method="archive", version="3.5.0", archive=archive), at_hand)


def test_help_names_the_variables() -> None:
    text = _software.source_help(request(method="archive", version="3.5.0"))
    for variable in ("version", "archive_url", "archive_checksums_url", "archive_checksum"):
        assert f"prometheus_{variable}" in text
    assert "observability_mirror_url" in text
    assert "prometheus_install_method" in _software.source_help(request())
    assert _software.source_help(request(hint="Ask Ann.")) == "Ask Ann."


def test_the_system_of_the_result() -> None:
    assert _software.system_facts(look()) == {
        "id": "debian",
        "version_id": "13",
        "codename": "trixie",
        "name": "Debian GNU/Linux 13 (trixie)",
        "tested": True,
    }
    rocky = look(system={"id": "rocky", "version_id": "9.4", "codename": "", "name": "Rocky Linux 9.4"})
    with pytest.raises(SoftwareError, match=r"unsupported distribution: found Rocky Linux 9.4"):
        _software.system_facts(rocky)

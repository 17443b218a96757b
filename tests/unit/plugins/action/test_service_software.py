# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order of things: what runs on the host, when, how often, and what the task says in the end."""

from __future__ import annotations

import copy
import threading
import typing as t
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest
from ansible import constants
from ansible.errors import AnsibleActionFail
from ansible.modules import apt
from ansible.plugins.action import ActionBase
from ansible_collections.enterprise_tickets.observability.plugins.action import service_software
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software import _dpkg

if t.TYPE_CHECKING:
    from ansible.playbook.task import Task

OFFERED = {"prometheus": "2.53.3+ds1-2", "promtool": "2.53.3+ds1-2", "prometheus-node-exporter": "1.9.0-1+b4"}


class Host:
    """A host in memory: answers the workers as the real one would."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, t.Any]]] = []
        self.installed: dict[str, str] = {}
        self.broken: set[str] = set()
        self.listed: dict[str, str] = {}
        self.releases: dict[str, dict[str, t.Any]] = {}
        self.links: dict[str, str] = {}
        self.users: dict[str, int] = {}
        self.interrupted = False
        self.system = {"id": "debian", "version_id": "13", "codename": "trixie", "name": "Debian GNU/Linux 13 (trixie)"}
        self.failures: dict[str, dict[str, t.Any]] = {}
        self.mended: list[str] = []

    @property
    def names(self) -> list[str]:
        return [name for name, _arguments in self.calls]

    def execute(self, module_name: str, module_args: dict[str, t.Any], task_vars: dict[str, t.Any]) -> dict[str, t.Any]:
        assert task_vars["inventory_hostname"]
        name = module_name.rpartition(".")[2].removeprefix("service_software_")
        if name == "dpkg":
            name = module_args["step"]
        elif name == "command":
            assert module_args == {"argv": ["apt-get", "-q", "update"]}
        elif name == "apt":
            name = "update" if module_args.get("update_cache") else "install"
        self.calls.append((name, copy.deepcopy(module_args)))
        if name in self.failures:
            return {"failed": True, **self.failures[name]}
        return t.cast("dict[str, t.Any]", getattr(self, f"_{name}")(module_args))

    def _look(self, question: dict[str, t.Any]) -> dict[str, t.Any]:
        asked = {wish["name"] for wish in question["wishes"]} | set(question["known"])
        packages = {
            name: {"version": version, "installed": True, "broken": False}
            for name, version in self.installed.items()
            if name in asked
        }
        for name in self.broken:
            packages[name] = {"version": "1-1", "installed": False, "broken": True}
        missing = [wish for wish in question["wishes"] if wish["name"] not in self.installed or wish["version"]]
        offers = {
            name: {"candidate": version, "versions": [version]}
            for name, version in self.listed.items()
            if name in asked
        }
        found: dict[str, t.Any] = {
            "system": self.system,
            "machine": "x86_64",
            "debian_architecture": "amd64",
            "packages": packages,
            "offers": offers if missing else None,
            "lists": bool(self.listed) if missing else None,
            "programs": [],
            "releases": copy.deepcopy(self.releases),
            "links": dict(self.links),
            "users": {name: uid for name, uid in self.users.items() if name in question["users"]},
            "interrupted": self.interrupted,
            "seconds": 0.01,
        }
        return {"changed": False, "look": found, "ansible_facts": {"discovered_interpreter_python": "/usr/bin/python3"}}

    def _update(self, _arguments: dict[str, t.Any]) -> dict[str, t.Any]:
        self.listed = dict(OFFERED)
        return {"changed": True}

    def _command(self, _arguments: dict[str, t.Any]) -> dict[str, t.Any]:
        return {"changed": True, "stdout": "Ign:1", "stderr": "W: Failed to fetch http://dead.example\nnoise"}

    def _prepare(self, _arguments: dict[str, t.Any]) -> dict[str, t.Any]:
        self.interrupted = True
        return {"changed": bool(self.mended), "notes": self.mended}

    def _finish(self, _arguments: dict[str, t.Any]) -> dict[str, t.Any]:
        self.interrupted = False
        return {"changed": False, "notes": []}

    def _install(self, arguments: dict[str, t.Any]) -> dict[str, t.Any]:
        for item in arguments["name"]:
            name, _equals, version = item.partition("=")
            self.installed[name] = version or OFFERED[name]
            self.broken.discard(name)
        return {"changed": True, "warnings": ["something apt warns of"]}

    def _unpack(self, arguments: dict[str, t.Any]) -> dict[str, t.Any]:
        release = {"programs": arguments["binaries"], "sha256": arguments["sha256"] or "a" * 64}
        self.releases.setdefault(arguments["service"], {})[arguments["version"]] = release
        return {"changed": True, "sha256": release["sha256"]}


class Run:
    """One run of ansible-playbook."""

    def __init__(self, host: Host, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.host, self._directory, self._monkeypatch = host, directory, monkeypatch
        directory.mkdir()

    def task(
        self,
        *,
        check: bool = False,
        diff: bool = False,
        delegate_to: str | None = None,
        on: str = "web-1",
        **arguments: t.Any,
    ) -> dict[str, t.Any]:
        self._monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(self._directory))
        task = SimpleNamespace(
            args=arguments, async_val=0, check_mode=check, diff=diff, delegate_to=delegate_to, action="service_software"
        )
        connection = MagicMock()
        connection._shell.tmpdir = None
        action = service_software.ActionModule(
            t.cast("Task", task), connection, MagicMock(), MagicMock(), MagicMock(), MagicMock()
        )
        self._monkeypatch.setattr(action, "_execute_module", self.host.execute)
        self.action = action
        return action.run(task_vars={"inventory_hostname": on})

    def package(self, **arguments: t.Any) -> dict[str, t.Any]:
        return self.task(**{"name": "prometheus", "method": "package", "packages": ["prometheus"], **arguments})

    def archive(self, **arguments: t.Any) -> dict[str, t.Any]:
        source = {
            "url": "https://user:secret@mirror.example/prometheus-{version}.linux-{arch}.tar.gz?token=secret",
            "checksums_url": "https://mirror.example/sha256sums.txt",
            "binaries": ["prometheus", "promtool"],
        }
        usual = {"name": "prometheus", "method": "archive", "version": "3.5.0", "packages": ["prometheus"]}
        return self.task(**{**usual, "archive": source, **arguments})


@pytest.fixture
def host() -> Host:
    return Host()


@pytest.fixture
def run(host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    return Run(host, tmp_path / "ansible-local-1", monkeypatch)


def test_installs_a_package(run: Run, host: Host) -> None:
    result = run.package(diff=True)
    assert host.names == ["look", "update", "look", "prepare", "install", "finish", "look"]
    assert dict(host.calls)["install"] == {
        "name": ["prometheus"],
        "state": "present",
        "install_recommends": False,
        "policy_rc_d": 101,
        "lock_timeout": 300,
        "dpkg_options": "force-confold,force-confdef",
        "allow_downgrade": False,
    }
    assert dict(host.calls)["prepare"] == {"step": "prepare", "owner": "ansible-local-1", "configure": False}
    assert result == {
        "changed": True,
        "name": "prometheus",
        "method": "package",
        "version": "2.53.3",
        "package_version": "2.53.3+ds1-2",
        "previous_version": "",
        "installed": True,
        "satisfied": True,
        "path": "",
        "bin_dir": "/usr/bin",
        "notes": [],
        "architecture": "amd64",
        "os": {**host.system, "tested": True},
        "diff": {
            "before_header": "prometheus in use",
            "after_header": "prometheus installed",
            "before": "",
            "after": "prometheus 2.53.3 (package: prometheus)\n",
        },
        "warnings": ["something apt warns of"],
        "ansible_facts": {"discovered_interpreter_python": "/usr/bin/python3"},
    }


@pytest.mark.parametrize("broken", [False, True])
def test_what_the_role_sends_next_is_built_while_the_host_looks(
    run: Run, host: Host, monkeypatch: pytest.MonkeyPatch, broken: bool
) -> None:
    built, waited = threading.Event(), []
    execute = host.execute

    def build(_action: object, module: str, arguments: dict[str, str], _task_vars: object) -> None:
        assert (module, arguments) == ("enterprise_tickets.observability.managed_service_apply", {"payload": ""})
        built.set()
        if broken:
            raise RuntimeError("the next task says so")

    def command(_action: object, _command: str) -> dict[str, t.Any]:
        waited.append(built.wait(60))
        return {}

    def through_a_command(*, module_name: str, **arguments: t.Any) -> dict[str, t.Any]:
        run.action._low_level_execute_command("sh")
        return execute(module_name=module_name, **arguments)

    monkeypatch.setattr(ActionBase, "_configure_module", build)
    monkeypatch.setattr(ActionBase, "_low_level_execute_command", command)
    monkeypatch.setattr(host, "execute", through_a_command)
    host.installed = dict(OFFERED)
    assert run.package()["satisfied"] is True
    assert (waited, host.names) == ([True], ["look"])


def test_a_task_that_finds_everything_costs_one_look_and_the_next_ones_nothing(run: Run, host: Host) -> None:
    host.installed = dict(OFFERED)
    assert run.package()["changed"] is False
    assert host.names == ["look"]
    node: dict[str, t.Any] = {"name": "node_exporter", "method": "package", "packages": ["prometheus-node-exporter"]}
    for result in (
        run.package(state="query"),
        run.package(optional_packages=["promtool"]),
        run.task(**node),
        run.task(**node, state="query"),
    ):
        assert result["changed"] is False
        assert result["satisfied"] is True
    assert host.names == ["look"]


def test_a_new_run_looks_again(run: Run, host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host.installed = dict(OFFERED)
    run.package()
    del host.installed["prometheus"]
    another = Run(host, tmp_path / "ansible-local-2", monkeypatch)
    assert another.package(check=True)["changed"] is True
    assert host.names == ["look", "look"]


def test_every_host_is_looked_at(run: Run, host: Host) -> None:
    host.installed = dict(OFFERED)
    run.package(on="web-1")
    run.package(on="web-2")
    run.package(on="web-1", delegate_to="web-3")
    run.package(on="web-2", delegate_to="web-1")
    assert host.names == ["look"] * 3


def test_refresh_looks_again(run: Run, host: Host) -> None:
    host.installed = dict(OFFERED)
    run.package()
    run.package(refresh=True)
    assert host.names == ["look", "look"]


def test_the_package_lists_are_updated_once_in_a_run(run: Run, host: Host) -> None:
    run.package()
    run.task(name="node_exporter", method="package", packages=["prometheus-node-exporter"])
    assert host.names.count("update") == 1
    assert host.names.count("install") == 2


def test_lists_without_the_package_are_updated_again(run: Run, host: Host) -> None:
    run.package()
    del host.listed["prometheus-node-exporter"]
    run.task(name="node_exporter", method="package", packages=["prometheus-node-exporter"], refresh=True)
    assert host.names.count("update") == 2
    assert "prometheus-node-exporter" in host.installed


def test_the_version_before_is_kept_for_the_rest_of_the_run(
    run: Run, host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.installed = {"prometheus": "2.42.0+ds-5"}
    assert run.package(version="2.53.*")["previous_version"] == "2.42.0"
    after = run.package(version="2.53.*", state="query")
    assert (after["previous_version"], after["version"]) == ("2.42.0", "2.53.3")
    another = Run(host, tmp_path / "ansible-local-2", monkeypatch)
    assert another.package()["previous_version"] == "2.53.3"


def test_a_pattern_installs_the_version_that_matches(run: Run, host: Host) -> None:
    host.installed = {"prometheus": "2.42.0+ds-5"}
    result = run.package(version="2.53.*", diff=True)
    assert dict(host.calls)["install"]["name"] == ["prometheus=2.53.3+ds1-2"]
    assert result["diff"]["before"] == "prometheus 2.42.0\n"
    host.calls.clear()
    assert run.package(version="2.53.*")["changed"] is False
    assert host.names == []


def test_check_mode_only_looks(run: Run, host: Host) -> None:
    result = run.package(check=True, diff=True)
    assert host.names == ["look"]
    assert (result["changed"], result["installed"], result["version"]) == (True, False, "")
    assert "no package lists on this host" in result["notes"][0]
    assert "version not known yet" in result["diff"]["after"]


def test_check_mode_knows_the_version_where_there_are_lists(run: Run, host: Host) -> None:
    host.listed = dict(OFFERED)
    result = run.package(check=True)
    assert (result["version"], result["package_version"], result["notes"]) == ("2.53.3", "2.53.3+ds1-2", [])


@pytest.mark.parametrize(("state", "check"), [("present", True), ("query", True), ("query", False)])
def test_query_never_changes_anything(run: Run, host: Host, state: str, check: bool) -> None:
    host.interrupted = True
    run.package(state=state, check=check)
    run.archive(state="query", check=check)
    assert set(host.names) == {"look"}


def test_query_returns_the_same_fields(run: Run, host: Host) -> None:
    host.installed = dict(OFFERED)
    run.package()  # the first one tells the interpreter as well
    assert set(run.package(state="query")) == set(run.package())
    host.releases = {"prometheus": {"3.5.0": {"programs": ["prometheus", "promtool"], "sha256": ""}}}
    run.archive(refresh=True)
    assert set(run.archive(state="query")) == set(run.archive())


def test_an_unsupported_distribution_is_refused_by_both_states(run: Run, host: Host) -> None:
    host.system = {"id": "rocky", "version_id": "9.4", "codename": "", "name": "Rocky Linux 9.4"}
    for state in ("present", "query"):
        with pytest.raises(AnsibleActionFail, match=r"prometheus: unsupported distribution: found Rocky Linux 9\.4"):
            run.package(state=state)
    assert set(host.names) == {"look"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"version": "latest"}, "prometheus_version: found 'latest'"),
        ({"version": 2.53}, "prometheus_version: found 2.53, which is not text"),
        ({"method": "snap"}, "value of method must be one of: package, archive"),
        ({"state": "absent"}, "value of state must be one of: present, query"),
        ({"package": "x"}, "Unsupported parameters"),
        ({"archive": {"url": "https://h/a"}}, "missing required arguments: binaries"),
    ],
)
def test_bad_arguments_are_refused_before_the_host_is_asked(
    run: Run, host: Host, arguments: dict[str, t.Any], message: str
) -> None:
    with pytest.raises(AnsibleActionFail, match=message):
        run.package(**arguments)
    assert host.names == []


def test_a_user_in_the_way_is_found_before_anything_happens(run: Run, host: Host) -> None:
    host.users = {"prometheus": 1001}
    for check in (True, False):
        with pytest.raises(AnsibleActionFail, match="found a user 'prometheus' with uid 1001"):
            run.package(check=check)
    assert set(host.names) == {"look"}


def test_a_package_that_is_not_offered_is_found_before_anything_happens(run: Run, host: Host) -> None:
    with pytest.raises(AnsibleActionFail, match=r"prometheus_packages: found 'nonesuch'.*prometheus_install_method"):
        run.package(packages=["nonesuch"])
    assert host.names == ["look", "update", "look"]


def test_a_failed_update_is_told_when_nothing_is_offered(run: Run, host: Host) -> None:
    host.failures["update"] = {"msg": "Failed to update apt cache: "}
    expected = r"apt update failed: Failed to update apt cache W: Failed to fetch http://dead\.example\)"
    with pytest.raises(AnsibleActionFail, match=expected):
        run.package()
    assert "prepare" not in host.names


def test_a_failed_update_is_a_warning_when_the_package_is_offered_all_the_same(run: Run, host: Host) -> None:
    host.failures["update"] = {"msg": "Failed to update apt cache"}
    host.listed = dict(OFFERED)
    result = run.package()
    assert result["changed"] is True
    assert (
        result["warnings"][0] == "apt update failed: Failed to update apt cache W: Failed to fetch http://dead.example"
    )


def test_an_older_version_is_refused_before_anything_happens(run: Run, host: Host) -> None:
    host.installed = {"prometheus": "3.5.3+ds1-6"}
    host.listed = dict(OFFERED)
    for check in (True, False):
        with pytest.raises(AnsibleActionFail, match="prometheus_allow_downgrade"):
            run.package(version="2.53.*", check=check)
    assert set(host.names) == {"look"}
    assert run.package(version="2.53.*", allow_downgrade=True)["changed"]
    assert dict(host.calls)["install"]["allow_downgrade"] is True


def test_an_older_version_that_only_the_update_brings_is_refused(run: Run, host: Host) -> None:
    host.installed = {"prometheus": "3.5.3+ds1-6"}
    with pytest.raises(AnsibleActionFail, match="prometheus_allow_downgrade"):
        run.package(version="2.53.*")
    assert host.names == ["look", "update", "look"]


def test_what_apt_says_is_told_and_its_policy_file_is_seen_to(run: Run, host: Host) -> None:
    host.failures["install"] = {"msg": "E: Unable to fetch some archives"}
    with pytest.raises(AnsibleActionFail, match="could not install prometheus: E: Unable to fetch some archives"):
        run.package()
    assert host.names[-2:] == ["install", "finish"]
    # The next task does not believe what was seen before.
    del host.failures["install"]
    host.calls.clear()
    assert run.package()["changed"]
    assert host.names == ["look", "prepare", "install", "finish", "look"]


def test_apt_that_lies_is_found_out(run: Run, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "_install", lambda _arguments: {"changed": True})
    with pytest.raises(AnsibleActionFail, match="apt reported success, but prometheus is not installed"):
        run.package()


def test_a_half_configured_package_is_finished(run: Run, host: Host) -> None:
    host.broken = {"prometheus"}
    assert run.package()["changed"]
    assert dict(host.calls)["prepare"]["configure"] is True


def test_what_an_interrupted_run_left_is_mended_though_nothing_is_missing(run: Run, host: Host) -> None:
    host.installed = dict(OFFERED)
    host.interrupted = True
    host.mended = ["put /usr/sbin/policy-rc.d back"]
    result = run.package()
    assert host.names == ["look", "prepare", "finish", "look"]
    assert (result["changed"], result["notes"]) == (True, ["put /usr/sbin/policy-rc.d back"])
    host.calls.clear()
    assert run.package()["changed"] is False
    assert host.names == []


def test_installs_an_archive(run: Run, host: Host) -> None:
    host.installed = {"prometheus": "2.42.0+ds-5"}
    result = run.archive(diff=True)
    assert host.names == ["look", "unpack", "look"]
    sent = dict(host.calls)["unpack"]
    assert sent == {
        "service": "prometheus",
        "version": "3.5.0",
        "url": "https://mirror.example/prometheus-3.5.0.linux-amd64.tar.gz",
        "query": "token=secret",
        "credentials": "dXNlcjpzZWNyZXQ=",
        "sha256": "",
        "checksums_url": "https://mirror.example/sha256sums.txt",
        "checksums_query": None,
        "checksums_credentials": None,
        "binaries": ["prometheus", "promtool"],
        "architecture": "amd64",
        "ca_file": None,
        "timeout": 30,
    }
    assert (result["changed"], result["installed"], result["satisfied"]) == (True, True, True)
    assert (result["version"], result["previous_version"]) == ("3.5.0", "2.42.0")
    assert result["path"] == result["bin_dir"] == "/opt/prometheus/3.5.0"
    assert result["diff"]["before"] == "prometheus 2.42.0\n"
    assert "secret" not in str(result)
    host.calls.clear()
    assert run.archive()["changed"] is False
    assert host.names == []


def test_check_mode_of_an_archive_asks_the_sources(run: Run, host: Host) -> None:
    result = run.archive(check=True)
    assert host.names == ["look", "unpack"]
    assert (result["changed"], result["installed"], result["path"]) == (True, False, "/opt/prometheus/3.5.0")


@pytest.mark.parametrize(("source", "helps"), [(True, True), (False, False)])
def test_a_source_that_fails_names_the_variable_that_helps(run: Run, host: Host, source: bool, helps: bool) -> None:
    host.failures["unpack"] = {"msg": "it did not work", "source": source}
    with pytest.raises(AnsibleActionFail, match="prometheus: it did not work") as caught:
        run.archive()
    assert ("observability_mirror_url" in str(caught.value)) is helps
    host.failures.clear()
    host.calls.clear()
    run.archive()
    assert host.names == ["look", "unpack", "look"]


def test_a_hint_replaces_the_usual_help(run: Run, host: Host) -> None:
    host.failures["unpack"] = {"msg": "it did not work", "source": True}
    with pytest.raises(AnsibleActionFail, match=r"it did not work\. Ask Ann\."):
        run.archive(hint="Ask Ann.")


def test_an_archive_that_is_not_whole_afterwards_is_found_out(
    run: Run, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, "_unpack", lambda _arguments: {"changed": True, "sha256": "a" * 64})
    with pytest.raises(AnsibleActionFail, match="is not complete"):
        run.archive()


def test_a_look_that_fails_is_told(run: Run, host: Host) -> None:
    host.failures["look"] = {"msg": "dpkg-query failed with exit code 2"}
    with pytest.raises(AnsibleActionFail, match="cannot look at the host: dpkg-query failed with exit code 2"):
        run.package()


def test_the_documentation_names_what_is_returned(run: Run) -> None:
    import yaml
    from ansible_collections.enterprise_tickets.observability.plugins.modules import service_software as documentation

    returned = set(run.package(diff=False)) - {"changed", "warnings", "ansible_facts"}
    assert returned == set(yaml.safe_load(documentation.RETURN))


def test_what_ansible_writes_is_what_we_expect_it_to_write() -> None:
    assert _dpkg.FORBID == b"#!/bin/sh\nexit 101\n"
    assert "policy_rc_d.write('#!/bin/sh\\nexit %d\\n'" in Path(apt.__file__).read_text()

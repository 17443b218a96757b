# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Install the programs of a service. See plugins/modules/service_software.py for its documentation."""

from __future__ import annotations

import contextlib
import contextvars
import os
import threading
import typing as t
from collections.abc import Iterator, Sequence

from ansible import constants as C  # noqa: N812
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._errors import SoftwareError
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._software._look import Look, Wish
from ansible_collections.enterprise_tickets.observability.plugins.modules.service_software import DOCUMENTATION
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._catalogue import SERVICES, TOOLS
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._documentation import argument_spec
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._software import (
    ARCHIVE,
    Request,
    Status,
    architecture,
    archive_of,
    archive_sources,
    package_arguments,
    pending_repository_files,
    read_request,
    refuse_downgrade,
    refuse_strangers,
    source_help,
    status,
    system_facts,
    version_in_use,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._software_memo import (
    Memo,
    Memory,
    Question,
    answers,
    merge,
)

ARGUMENT_SPEC: t.Final = argument_spec(DOCUMENTATION)
COLLECTION: t.Final = "enterprise_tickets.observability"
# What a role sends to the host after this.
_NEXT_MODULE: t.Final = f"{COLLECTION}.managed_service_apply"


class ActionModule(ActionBase):
    """Installs the programs of a service, or tells what is installed."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_diff = True

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Run the task: check its arguments, look at the host, and install what is missing."""
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        raw_version = self._task.args.get("version")
        _validation, arguments = self.validate_argument_spec(ARGUMENT_SPEC)  # type: ignore[no-untyped-call]
        self._task_vars: dict[str, t.Any] = task_vars or {}
        # What is to be passed on from the executions on the host: the interpreter that was found, and warnings.
        self._passed_on: dict[str, t.Any] = {}
        self._read_key_file(arguments["repository"])
        self._waits_at_length = False
        try:
            result.update(self._service(read_request(arguments, raw_version)))
        except SoftwareError as error:
            raise AnsibleActionFail(f"{arguments['name']}: {error}") from error
        result.update(self._passed_on)
        return result

    def _read_key_file(self, repository: dict[str, t.Any] | None) -> None:
        """Put the content of a key file of the controller into `key`."""
        if repository is None or not repository["key_file"]:
            return
        if repository["key"] or repository["key_url"]:
            raise AnsibleActionFail("repository: found key_file and another key, expected one of them")
        try:
            path = self._find_needle("files", repository["key_file"])  # type: ignore[no-untyped-call]
            with open(path, encoding="utf-8", errors="replace") as file:
                repository["key"] = file.read()
        except (AnsibleError, OSError) as error:
            name = self._task.args.get("name")
            raise AnsibleActionFail(
                f"{name}_repository_key_file: found '{repository['key_file']}', expected a file on the controller: "
                f"{error}"
            ) from error

    def _service(self, request: Request) -> dict[str, t.Any]:
        self._memo = Memo(_run_directory(), self._host())
        self._memory: Memory = self._memo.load()
        look = self._look(request, fresh=request.refresh)
        facts = {"os": system_facts(look), "architecture": architecture(look)}
        previous = self._previous(request, look)
        before = status(request, look)
        after, notes = before, list(before.notes)
        changed = False
        if request.state == "present":
            if request.method == ARCHIVE:
                changed, after = self._install_archive(request, look, before)
            else:
                refuse_downgrade(request, look, before)
                changed, after, more = self._install_packages(request, look, before)
                notes = [*after.notes, *more]
        result: dict[str, t.Any] = {
            "changed": changed,
            "name": request.name,
            "method": request.method,
            "version": after.version,
            "package_version": after.package_version,
            "previous_version": previous,
            "installed": after.installed,
            "satisfied": after.satisfied,
            "path": after.path,
            "bin_dir": after.bin_dir,
            "notes": notes,
            **facts,
        }
        if changed and self._task.diff:
            result["diff"] = _difference(request, previous, after)
        return result

    # What the host has

    def _host(self) -> str:
        return str(self._task.delegate_to or self._task_vars.get("inventory_hostname") or "localhost")

    def _look(self, request: Request, *, fresh: bool = False) -> Look:
        """Look at the host, unless the run has done so and the answer holds what this task needs."""
        question = Question(
            wishes=request.wishes,
            # Of everything that the run may yet ask for, so that it looks once.
            known=sorted({*request.packages, *(name for owner in (*SERVICES, *TOOLS) for name in owner.packages)}),
            services=sorted({request.name, *(owner.name for owner in (*SERVICES, *TOOLS))}),
            users=sorted({*request.users, *(service.user for service in SERVICES)}),
        )
        look = self._memory["look"]
        if not fresh and look is not None and answers(self._memory, question):
            return look
        question = merge(self._memory["question"], question)
        self._waits_at_length = True
        answer = self._on_host(f"{COLLECTION}.service_software_look", dict(question))
        if answer.get("failed"):
            raise SoftwareError(f"cannot look at the host: {answer.get('msg')}")
        found: Look = answer["look"]
        self._memory["question"], self._memory["look"] = question, found
        self._memo.store(self._memory)
        return found

    def _previous(self, request: Request, look: Look) -> str:
        """The version in use when this run first asked, which an installation in the meantime has not changed."""
        if request.name not in self._memory["previous"]:
            self._memory["previous"][request.name] = version_in_use(request, look)
            self._memo.store(self._memory)
        return self._memory["previous"][request.name]

    def _forget(self) -> None:
        """Whatever comes of the installation, the next task of the run must look again."""
        self._memory["look"] = None
        self._memo.store(self._memory)

    def _on_host(self, module: str, arguments: dict[str, t.Any]) -> dict[str, t.Any]:
        answer: dict[str, t.Any] = self._execute_module(
            module_name=module, module_args=arguments, task_vars=self._task_vars
        )
        for key in ("warnings", "deprecations"):
            if answer.get(key):
                self._passed_on.setdefault(key, []).extend(answer[key])
        if answer.get("ansible_facts"):
            self._passed_on.setdefault("ansible_facts", {}).update(answer["ansible_facts"])
        return answer

    def _low_level_execute_command(self, *arguments: t.Any, **options: t.Any) -> dict[str, t.Any]:
        """Send a command to the host; see ActionBase."""
        with self._building_the_next_module():
            answer: dict[str, t.Any] = super()._low_level_execute_command(  # type: ignore[no-untyped-call]
                *arguments, **options
            )
        return answer

    @contextlib.contextmanager
    def _building_the_next_module(self) -> Iterator[None]:
        """Build the payload of managed_service while the host looks: 0.15 s in which there is nothing else to do.

        Ansible keeps it for the rest of the run.
        """
        if not self._waits_at_length:
            yield
            return
        self._waits_at_length = False
        thread = threading.Thread(target=contextvars.copy_context().run, args=(self._build_next_module,))
        thread.start()
        try:
            yield
        finally:
            thread.join()

    def _build_next_module(self) -> None:
        # What is wrong with it is the next task's to say, which then builds it.
        with contextlib.suppress(Exception):
            self._configure_module(_NEXT_MODULE, {"payload": ""}, self._task_vars)

    # Packages

    def _install_packages(self, request: Request, look: Look, before: Status) -> tuple[bool, Status, list[str]]:
        """Returns whether anything changed, the status after it, and notes."""
        files = pending_repository_files(request, look)
        if before.satisfied and not files and not look["interrupted"]:
            return False, before, []
        refuse_strangers(request, look, before.missing)
        if request.repository is not None and (files or before.missing):
            undo = self._write_repository(request, files)
        else:
            undo = {}
        if self._task.check_mode:
            return True, before, []
        try:
            wanted, before = self._plan_packages(request, look, before, fresh_source=bool(files))
        except SoftwareError:
            # A source that apt cannot use would be in the way of every other installation.
            self._write_files(request, undo)
            raise
        self._forget()
        owner = os.path.basename(_run_directory())
        broken = any(state["broken"] for state in look["packages"].values())
        prepared = self._dpkg("prepare", owner, configure=broken)
        try:
            if wanted:
                self._apt_install(request, wanted)
        finally:
            self._dpkg("finish", owner)
        after = status(request, self._look(request, fresh=True))
        if not after.satisfied:
            names = ", ".join(wish["name"] for wish in after.missing)
            raise SoftwareError(f"apt reported success, but {names} is not installed as asked for")
        notes = [str(note) for note in prepared.get("notes", [])]
        return bool(wanted or notes or files), after, notes

    def _plan_packages(
        self, request: Request, look: Look, before: Status, *, fresh_source: bool
    ) -> tuple[list[str], Status]:
        """Returns what to tell apt, and the status once the package lists are new."""
        if not before.missing and not fresh_source:
            return [], before
        failure = ""
        if fresh_source or not (self._memory["updated"] and _all_offered(request, look, before.missing)):
            failure = self._update_lists()
            look = self._look(request, fresh=True)
            before = status(request, look)
            refuse_downgrade(request, look, before)
        try:
            return package_arguments(request, look, before.missing), before
        except SoftwareError as error:
            said = f" (apt update failed: {failure})" if failure else ""
            raise SoftwareError(f"{error}{said}. {source_help(request)}") from error

    # A vendor's repository

    def _write_repository(self, request: Request, files: dict[str, str | None]) -> dict[str, str | None]:
        """Ask the repository, and write its files unless in check mode; returns what would undo that."""
        repository = request.repository
        if repository is None:
            return {}
        if not self._task.check_mode:
            self._forget()
        fetch = bool(repository.key_url) and repository.key_path in files
        return self._write_files(
            request,
            files,
            release_url=repository.release_url,
            key_url=repository.key_url if fetch else "",
            key_path=repository.key_path,
            ca_file=repository.ca_file or None,
            timeout=repository.timeout,
        )

    def _write_files(self, request: Request, files: dict[str, str | None], **source: t.Any) -> dict[str, str | None]:
        if not files and not source:
            return {}
        answer = self._on_host(
            f"{COLLECTION}.service_software_repository", {"service": request.name, "files": files, **source}
        )
        if answer.get("failed"):
            help_text = f". {source_help(request)}" if answer.get("source") else ""
            raise SoftwareError(f"{str(answer.get('msg')).rstrip('.')}{help_text}")
        before: dict[str, str | None] = answer.get("before") or {}
        return before

    def _update_lists(self) -> str:
        """Update the package lists; returns why that failed, for what follows may work all the same."""
        answer = self._on_host(
            "ansible.builtin.apt",
            {"update_cache": True, "lock_timeout": 300, "update_cache_retries": 2, "update_cache_retry_max_delay": 4},
        )
        if not answer.get("failed"):
            self._memory["updated"] = True
            return ""
        # python-apt does not pass on what went wrong, apt-get says it.
        said = self._on_host("ansible.builtin.command", {"argv": ["apt-get", "-q", "update"]})
        reasons = [line for line in str(said.get("stderr", "")).splitlines() if line.startswith(("E: ", "W: "))]
        message = " ".join([str(answer.get("msg")).strip().rstrip(":"), *reasons])
        # One dead source among several is the administrator's business; what is needed may come from another one.
        self._passed_on.setdefault("warnings", []).append(f"apt update failed: {message}")
        return message

    def _apt_install(self, request: Request, wanted: Sequence[str]) -> None:
        answer = self._on_host(
            "ansible.builtin.apt",
            {
                "name": list(wanted),
                "state": "present",
                "install_recommends": False,
                "policy_rc_d": 101,
                "lock_timeout": 300,
                "dpkg_options": "force-confold,force-confdef",
                "allow_downgrade": request.allow_downgrade,
            },
        )
        if answer.get("failed"):
            raise SoftwareError(
                f"apt could not install {', '.join(wanted)}: {str(answer.get('msg')).strip()}\n{source_help(request)}"
            )

    def _dpkg(self, step: str, owner: str, *, configure: bool = False) -> dict[str, t.Any]:
        answer = self._on_host(
            f"{COLLECTION}.service_software_dpkg", {"step": step, "owner": owner, "configure": configure}
        )
        if answer.get("failed"):
            raise SoftwareError(str(answer.get("msg")))
        return answer

    # Archives

    def _install_archive(self, request: Request, look: Look, before: Status) -> tuple[bool, Status]:
        if before.satisfied:
            return False, before
        archive = archive_of(request)
        sources = archive_sources(request, look)
        if not self._task.check_mode:
            self._forget()
        checksums = sources.checksums
        answer = self._on_host(
            f"{COLLECTION}.service_software_unpack",
            {
                "service": request.name,
                "version": request.version,
                "url": sources.archive.url,
                "query": sources.archive.query or None,
                "credentials": sources.archive.credentials or None,
                "sha256": sources.sha256,
                "checksums_url": checksums.url if checksums else None,
                "checksums_query": (checksums.query or None) if checksums else None,
                "checksums_credentials": (checksums.credentials or None) if checksums else None,
                "binaries": list(archive.binaries),
                "architecture": architecture(look),
                "ca_file": archive.ca_file or None,
                "timeout": archive.timeout,
            },
        )
        if answer.get("failed"):
            help_text = f". {source_help(request)}" if answer.get("source") else ""
            raise SoftwareError(f"{str(answer.get('msg')).rstrip('.')}{help_text}")
        if self._task.check_mode:
            return True, before
        after = status(request, self._look(request, fresh=True))
        if not after.satisfied:
            raise SoftwareError(f"{after.path} was installed, but is not complete")
        return bool(answer.get("changed")), after


def _run_directory() -> str:
    """Temporary directory of this ansible-playbook process; its name is different in every run."""
    return str(C.DEFAULT_LOCAL_TMP)  # type: ignore[attr-defined]  # constants are made at run time


def _all_offered(request: Request, look: Look, missing: Sequence[Wish]) -> bool:
    try:
        package_arguments(request, look, missing)
    except SoftwareError:
        return False
    return True


def _difference(request: Request, previous: str, after: Status) -> dict[str, str]:
    version = after.version or "(version not known yet)"
    place = after.path or ", ".join(request.packages)
    return {
        "before_header": f"{request.name} in use",
        "after_header": f"{request.name} installed",
        "before": f"{request.name} {previous}\n" if previous else "",
        "after": f"{request.name} {version} ({request.method}: {place})\n",
    }

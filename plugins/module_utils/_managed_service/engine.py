# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Bring one service to what a bundle says, as one transaction."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import time
import typing as t
from dataclasses import dataclass, field

from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service import (
    observing,
    probing,
    reaction,
    staging,
    users,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service import (
    plan as planning,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.bundle import (
    Bundle,
    LoadedSpec,
    ObserveSpec,
    ProbeSpec,
    problems,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.errors import (
    ManagedServiceError,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.files import read_entry
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.journal import (
    Transaction,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.lock import service_lock
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.plan import Plan
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.reaction import Decision
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.readiness import (
    Verdict,
    confirm_reload,
    wait_ready,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.state import (
    Manifest,
    Proof,
    StateDirectory,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._managed_service.systemd import (
    Unit,
    UnitState,
    executable,
    is_unit_file,
    replaced_executable,
)


@dataclass
class Report:
    """What a run did, or would do in check mode; the result of the task."""

    changed: bool = False
    reaction: str = "none"
    reasons: list[str] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    diff: list[dict[str, str]] = field(default_factory=list)
    observed: dict[str, dict[str, t.Any]] = field(default_factory=dict)


def apply(bundle: Bundle, check_mode: bool, with_diff: bool) -> Report:
    """Bring a service to what a bundle says, or tell what that would change.

    Args:
        bundle: What should be.
        check_mode: Validate and tell, change nothing.
        with_diff: Also tell how files differ.

    Raises:
        ManagedServiceError: It did not work; the message says what state the service is in now.
    """
    if os.geteuid() != 0:
        raise ManagedServiceError(
            "managed_service needs root on the host and runs as uid %d; set become: true." % os.geteuid()
        )
    if not os.path.isdir("/run/systemd/system"):
        raise ManagedServiceError("managed_service needs systemd as the init system, which does not run on this host.")
    wrong = problems(bundle)
    if wrong:
        raise ManagedServiceError("The specification of %s makes no sense: %s" % (bundle.name, "; ".join(wrong)))
    with service_lock(bundle.name, bundle.requested_by, check_mode):
        return _Run(bundle, check_mode, with_diff).apply()


class _Run:
    def __init__(self, bundle: Bundle, check_mode: bool, with_diff: bool) -> None:
        self.bundle = bundle
        self.check_mode = check_mode
        self.with_diff = with_diff
        self.unit = Unit(bundle.unit)
        self.state = StateDirectory(bundle.name)
        self.report = Report()
        self._identities: reaction.Loaded = {}

    def apply(self) -> Report:
        pending = Transaction.pending(self.state)
        disk = planning.Disk()
        enabled: bool | None = None
        if pending is not None and pending.finished:
            if not self.check_mode:
                pending.done()
        elif pending is not None and self.check_mode:
            disk, enabled = pending.disk_as_undone(), pending.unit_before["enabled"]
            self.report.notes.append("an earlier run was interrupted; its half-done change would be undone first")
        elif pending is not None:
            self._recover(pending)
        before = self.unit.show()
        self._refuse_masked(before)
        created = self._create_user()
        try:
            plan = planning.make_plan(self.bundle, self.state.read_manifest(), disk, self.check_mode)
            decision = self._decide(plan, before)
            enable = self._enable_verb(before, before.enabled if enabled is None else enabled)
            self.report.changed = bool(plan or enable or created) or decision.reaction != "none"
            self.report.reaction, self.report.reasons = decision.reaction, list(decision.reasons)
            self.report.removed = plan.removed
            if self.with_diff:
                self.report.diff = planning.render_diff(plan)
            if plan or decision.reaction not in ("none", "stop"):
                self.report.checked, notes = staging.validate(self.bundle, plan, self.check_mode)
                self.report.notes += plan.notes + notes
        except ManagedServiceError:
            if not self.check_mode:
                users.remove(created)
            raise
        if not self.check_mode:
            self._carry_out(plan, decision, enable, before)
        # In check mode the process that runs is the old one: what it says is true only if nothing would change.
        if self.bundle.observe is not None and not (self.check_mode and self.report.changed):
            self.report.observed = self._observe(self.bundle.observe)
        return self.report

    def _observe(self, question: ObserveSpec) -> dict[str, dict[str, t.Any]]:
        if self.bundle.state != "started":
            return {}
        probe = self.bundle.ready or ProbeSpec("")
        return observing.observe(
            question, lambda url, timeout: probing.request(probe, url, timeout=timeout), self.unit.log_since
        )

    # -- before anything changes ---------------------------------------------------------------------------------

    def _recover(self, pending: Transaction) -> None:
        staging.remove_leftovers(self.bundle.name)
        pending.undo()
        self.state.forget_proof()
        self.unit.daemon_reload()
        if not pending.unit_before["enabled"] and self.unit.show().enabled and self.bundle.state == "started":
            self.unit.tell("disable")
        self.report.notes.append("an earlier run was interrupted; its half-done change was undone first")

    def _refuse_masked(self, unit: UnitState) -> None:
        mask = read_entry(self.bundle.unit_path)
        masked = unit.masked or (mask is not None and mask.kind == "link" and mask.target == "/dev/null")
        if masked and self.bundle.state == "started":
            raise ManagedServiceError(
                "%s is masked: somebody has decided that it must not run on this host. Nothing was changed. Either end "
                "that with 'systemctl unmask %s', or take the host out of the service's group."
                % ((self.unit.name,) * 2)
            )
        if masked:
            raise ManagedServiceError(
                "%s is masked, so its unit file cannot be deployed; it does not run, as wanted. Nothing was changed. "
                "End the mask with 'systemctl unmask %s' first." % ((self.unit.name,) * 2)
            )

    def _create_user(self) -> list[str]:
        user = self.bundle.user
        missing = users.missing(user) if user is not None else []
        if user is None or not missing:
            return []
        if not user.create and self.check_mode:
            self.report.notes.append("%s: not there yet" % " and ".join(missing))
            return []
        if not user.create:
            raise ManagedServiceError(
                "%s, as whom %s runs, is not known on this host. The package that brings it is not installed; "
                "without one, set user.create. Nothing was changed." % (" and ".join(missing), self.bundle.name)
            )
        if self.check_mode:
            self.report.notes.append("would create %s" % " and ".join(missing))
        else:
            users.create(user)
        return missing

    def _decide(self, plan: Plan, unit: UnitState) -> Decision:
        proof = self.state.read_proof()
        self._identities = reaction.current_identities(self.bundle)
        drifted = reaction.drift(self._identities, proof, unit)
        changing = {change.path for change in plan.changes}
        drifted = [item for item in drifted if item[1] not in changing]
        replaced = replaced_executable(unit.pid) if unit.pid else None
        return reaction.decide(self.bundle, unit, plan.reaction, drifted, replaced)

    def _enable_verb(self, unit: UnitState, enabled: bool) -> str:
        if unit.unit_file in ("static", "indirect", "generated", "alias"):
            return ""
        if enabled == self.bundle.enabled:
            return ""
        return "enable" if self.bundle.enabled else "disable"

    # -- the transaction -----------------------------------------------------------------------------------------

    def _carry_out(self, plan: Plan, decision: Decision, enable: str, before: UnitState) -> None:
        recorded = self.state.read_manifest()
        manifest = planning.manifest_of(self.bundle, recorded, plan)
        if not plan and not enable and decision.reaction == "none":
            self._settle(before)
            if manifest != recorded:
                self.state.write_manifest(manifest)
            return
        staging.remove_leftovers(self.bundle.name)
        if decision.reaction == "restart" and before.running:
            self._prepare_restart()
        loaded_before = self.state.read_proof()
        transaction = self._switch(plan, before, recorded.union(manifest))
        # What changes while the service starts, which may take minutes, was perhaps not there when it read it.
        loaded = reaction.current_identities(self.bundle)
        moment = time.time()
        try:
            verdict = self._react(plan, decision, enable)
        except Exception as error:  # noqa: BLE001 -- whatever it is, it must not leave the change half done
            verdict = Verdict(False, "unexpected %s: %s" % (type(error).__name__, error))
        if not verdict.ok and self.bundle.rollback == "none":
            log = self.unit.log_since(moment)
            self.state.forget_proof()
            self._record(transaction.done)
            self._record(lambda: self.state.write_manifest(manifest))
            self._fail(
                "%s with the new files: %s. The new files stay, and the previous version is not started again: %s"
                % (self._failed(decision), verdict.reason, self.bundle.rollback_reason),
                log,
            )
        if not verdict.ok:
            log = self.unit.log_since(moment)
            transaction.undo()
            outcome = self._roll_back(decision, enable, before, loaded_before)
            self._fail("%s with the new files: %s. %s" % (self._failed(decision), verdict.reason, outcome), log)
        self._record(lambda: self._prove(loaded))
        self._record(transaction.done)
        self._record(lambda: self.state.write_manifest(manifest))

    def _prepare_restart(self) -> None:
        """Have the running service get ready for its end, while everything is as it was."""
        for item in self.bundle.before_restart:
            probe = self.bundle.ready or ProbeSpec("")
            answer = probing.request(probe, item.url, item.method, item.timeout, item.body)
            if answer.status not in item.status:
                raise ManagedServiceError(
                    "%s is not restarted, because it does not get ready for that: %s %s: %s. No file was changed."
                    % (self.unit.name, item.method, item.url, answer.reason or "HTTP status %d" % answer.status)
                )

    def _switch(self, plan: Plan, before: UnitState, manifest: Manifest) -> Transaction:
        """Switch the files to the new ones, all or none, with a manifest that holds in the meantime."""
        proof = self.state.read_proof()
        now = self._identities_in(proof) if proof is not None else {}
        try:
            transaction = Transaction.begin(self.state, plan, {"enabled": before.enabled})
            try:
                self.state.write_manifest(manifest)
            except OSError as error:
                transaction.undo()
                raise ManagedServiceError(
                    "%s: %s. Everything is as it was." % (error.filename, error.strerror)
                ) from error
            transaction.commit()
        except ManagedServiceError:
            if proof is not None:
                self._renew_proof(proof, now)
            raise
        return transaction

    def _renew_proof(self, proof: Proof, before: reaction.Loaded) -> None:
        """What was loaded before a change that was undone still is, though undoing it changed the times of files."""
        now = self._identities_in(proof)
        loaded = {
            name: {
                path: now[name][path] if before[name][path] == identity else identity
                for path, identity in paths.items()
            }
            for name, paths in proof.loaded.items()
        }
        # The disk may be full, which is being reported: without this the next run reacts once more than it needs to.
        with contextlib.suppress(OSError):
            self.state.write_proof(dataclasses.replace(proof, loaded=loaded))

    def _record(self, write: t.Callable[[], None]) -> None:
        """Write what has to be remembered; a disk that is full by now is reported for what it means."""
        try:
            write()
        except OSError as error:
            raise ManagedServiceError(
                "%s: %s. %s runs with its new files; the next run makes the same change again."
                % (error.filename, error.strerror, self.unit.name)
            ) from error

    def _failed(self, decision: Decision) -> str:
        verbs = {"reload": "reload", "restart": "come back after its restart", "start": "start", "stop": "stop"}
        return "%s did not %s" % (self.unit.name, verbs.get(decision.reaction, "become ready"))

    def _settle(self, unit: UnitState) -> None:
        """Nothing to do: the service must still answer, and a proof that names an earlier process is renewed."""
        if self.bundle.state != "started":
            return
        probe = self.bundle.ready
        if probe is not None and probing.request(probe).status not in probe.status:
            verdict = wait_ready(self.unit, self.bundle, unit)
            if not verdict.ok:
                raise ManagedServiceError(
                    "%s is not ready, though nothing had to be changed: %s" % (self.unit.name, verdict.reason),
                    log=self.unit.log_since(unit.started),
                )
        proof = self.state.read_proof()
        if proof is None or proof.invocation_id != unit.invocation_id:
            self.state.create()
            self._prove(self._identities)

    def _react(self, plan: Plan, decision: Decision, enable: str) -> Verdict:
        touched = any(is_unit_file(change.path) for change in plan.changes)
        if touched or decision.reaction in ("restart", "start"):
            outcome = self.unit.daemon_reload()
            if not outcome.ok:
                return Verdict(False, "systemctl daemon-reload: %s" % outcome.output.strip())
        if enable:
            outcome = self.unit.tell(enable)
            if not outcome.ok:
                return Verdict(False, "systemctl %s: %s" % (enable, outcome.output.strip()))
        return self._bring(decision.reaction)

    def _bring(self, verb: str) -> Verdict:
        if verb == "none":
            return Verdict(True)
        if verb == "reload":
            verdict = confirm_reload(self.unit, self.bundle)
            if verdict.ok or not self.unit.show().died:
                return verdict
            # It was on its way out already (a crash loop seen between two crashes): these files may be what mends it.
            self.report.reaction = verb = "restart"
            self.report.reasons.append(verdict.reason)
        if verb != "stop":
            self.unit.tell("reset-failed")  # a unit that hit its start limit could not start otherwise
        outcome = self.unit.tell(verb)
        if not outcome.ok:
            return Verdict(False, "systemctl %s: %s" % (verb, outcome.output.strip().partition("\n")[0].rstrip(".")))
        return Verdict(True) if verb == "stop" else wait_ready(self.unit, self.bundle, self.unit.show())

    def _roll_back(self, decision: Decision, enable: str, before: UnitState, proof: Proof | None) -> str:
        """Bring the unit back after its files are; tells in words what state it is in now."""
        if enable:
            self.unit.tell("enable" if before.enabled else "disable")
        self.unit.daemon_reload()
        if not before.running:
            self.unit.tell("stop")
            self.unit.tell("reset-failed")
            self.state.forget_proof()
            return "The previous files are back and it is stopped, as before."
        self.bundle = self._as_proven(proof)
        verdict = Verdict(False)
        if decision.reaction == "reload":
            verdict = confirm_reload(self.unit, self.bundle)
        if not verdict.ok:
            verdict = self._bring("restart")
        if not verdict.ok:
            self.state.forget_proof()
            return "The previous files are back, but it does not run with them either: %s." % verdict.reason
        if proof is not None:
            self._prove_known(proof)
        return "The previous files are back and it runs with them again."

    def _as_proven(self, proof: Proof | None) -> Bundle:
        """The bundle with the questions that the previous version answers: the new ones may go to another address.

        Of a version that was never proven only a process that lives and stays can be asked.
        """
        ready, loaded = None, None
        if proof is not None and proof.ready is not None:
            known = ProbeSpec(**dict(proof.ready, status=tuple(proof.ready["status"])))
            password = self.bundle.ready.password if self.bundle.ready else ""
            # The password may be the change that went wrong: being refused is an answer of a living service, too.
            status = (*known.status, 401) if known.username else known.status
            ready = dataclasses.replace(known, password=password, status=status)
        if proof is not None and proof.confirmed_by is not None:
            loaded = LoadedSpec(**proof.confirmed_by)
        return dataclasses.replace(self.bundle, ready=ready, loaded=loaded)

    def _prove(self, loaded: reaction.Loaded) -> None:
        unit = self.unit.show()
        if not unit.running:
            self.state.forget_proof()
            return
        ready, confirmed_by = self.bundle.ready, self.bundle.loaded
        self.state.write_proof(
            Proof(
                unit.invocation_id,
                loaded,
                executable(unit.pid),
                dataclasses.asdict(dataclasses.replace(ready, password="")) if ready else None,
                dataclasses.asdict(confirmed_by) if confirmed_by else None,
            )
        )

    def _prove_known(self, proof: Proof) -> None:
        """After a rollback the proof holds again for the files it named, under their present identities."""
        unit = self.unit.show()
        self.state.write_proof(
            dataclasses.replace(
                proof,
                invocation_id=unit.invocation_id,
                loaded=self._identities_in(proof),
                executable=executable(unit.pid),
            )
        )

    def _identities_in(self, proof: Proof) -> reaction.Loaded:
        """Present identities of the files that a proof names."""
        return reaction.identities_of({name: list(paths) for name, paths in proof.loaded.items()}, self.bundle.watch)

    def _fail(self, msg: str, log: list[str]) -> t.NoReturn:
        details: dict[str, t.Any] = {"log": log, "reaction": self.report.reaction, "notes": self.report.notes}
        if self.with_diff:
            details["diff"] = self.report.diff
        raise ManagedServiceError(msg, **details)

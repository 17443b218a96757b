# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The monitored ticket system works, keeps the metric contract, and its faults move the metrics they are made for.

Two systems: on Debian 12 all on one host with the instrumentator's default metrics, on Debian 13 spread over two hosts
with the recommended ones.
"""

from __future__ import annotations

import json
import re
import runpy
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._metric_contract import (
    CONTRACT,
    Kind,
    Metric,
    Problem,
    check,
    parse,
)

ROOT = Path(__file__).resolve().parents[2]
FIXTURE = ROOT / "tests" / "fixtures" / "ticket_system"
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
Page = dict[tuple[str, frozenset[tuple[str, str]]], float]


def run(*command: str) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


@dataclass
class System:
    """A deployed ticket system; ``front`` and ``data`` are containers, and may be the same one."""

    front: str
    data: str
    flavour: str
    address: str
    tokens: dict[str, str] = field(default_factory=dict)

    def inside(self, *command: str) -> str:
        return run("docker", "exec", self.front, *command)

    def sql(self, statement: str) -> str:
        command = ("runuser", "-u", "postgres", "--", "psql", "-qtAX", "-d", "tickets", "-c", statement)
        return run("docker", "exec", "-w", "/", self.data, *command).strip()

    def request(
        self, method: str, path: str, body: object = None, *, by: str = "", port: int = 80, **headers: str
    ) -> tuple[int, Any]:
        if by:
            headers["Authorization"] = f"Bearer {self.tokens.get(by) or self.log_in(by)}"
        request = urllib.request.Request(
            f"http://{self.address}:{port}{path}",
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={"Content-Type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}},
        )
        try:
            with OPENER.open(request, timeout=40) as response:
                status, content = response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            status, content = error.code, error.read().decode()
        return status, json.loads(content) if content.startswith(("{", "[")) else content

    def log_in(self, name: str) -> str:
        code = "000000" if name == "admin" else ""
        body = {"username": name, "password": "fixture-user", "code": code}
        status, answer = self.request("POST", "/auth/login", body)
        assert status == 200, answer
        self.tokens[name] = answer["token"]
        return self.tokens[name]

    def page(self) -> str:
        status, text = self.request("GET", "/metrics", port=8000)
        assert status == 200
        assert isinstance(text, str)
        return text

    def metrics(self) -> Page:
        return {(sample.name, frozenset(sample.labels.items())): sample.value for sample in parse(self.page()).samples}

    def fault(self, method: str, path: str = "", body: object = None, **headers: str) -> tuple[int, Any]:
        headers = headers or {"X_Admin_Token": "fixture-admin"}
        return self.request(method, f"/admin/faults{path}", body, port=8000, **headers)

    def switch_on(self, name: str, value: float, seconds: float) -> None:
        status, answer = self.fault("PUT", f"/{name}", {"value": value, "seconds": seconds})
        assert (status, answer.get("on")) == (200, True), answer

    def log(self) -> list[dict[str, Any]]:
        lines = self.inside("cat", "/var/log/ticket_system/app.json").splitlines()
        return [json.loads(line) for line in lines]


def value(page: Page, name: str, **labels: str) -> float:
    return page[name, frozenset(labels.items())]


def total(page: Page, name: str, **labels: str) -> float:
    wanted = labels.items()
    return sum(number for (found, own), number in page.items() if found == name and wanted <= dict(own).items())


def eventually(probe: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not probe():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.2)


SYSTEMS = {"bookworm": ("default", "", ""), "trixie": ("recommended", "-front", "-data")}
HOSTS = {
    "ets-tickets-bookworm": "bookworm",
    "ets-tickets-trixie-front": "trixie",
    "ets-tickets-trixie-data": "trixie",
}
FRONT = ["ets-tickets-bookworm", "ets-tickets-trixie-front"]
DATA = ["ets-tickets-bookworm", "ets-tickets-trixie-data"]
GROUPS = {"backend": FRONT, "nginx": FRONT, "haproxy": FRONT, "postgresql": DATA, "redis": DATA}


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Deploy both systems, a second time as well, and return what the second run said."""
    inventory = tmp_path_factory.mktemp("inventory") / "hosts.json"
    variables = {
        host: {
            "ansible_connection": "docker",
            "ansible_python_interpreter": "/usr/bin/python3",
            "ticket_system_instance": suite,
            "ticket_system_http_metrics": SYSTEMS[suite][0],
            "ticket_system_locked_seconds": 5,
        }
        for host, suite in HOSTS.items()
    }
    groups = {f"tickets_{name}": {"hosts": {host: {} for host in hosts}} for name, hosts in GROUPS.items()}
    inventory.write_text(json.dumps({"all": {"hosts": variables, "children": groups}}))
    command = ["ansible-playbook", "--inventory", str(inventory), str(FIXTURE / "deploy.yml")]
    run("tools/container", "stop", *HOSTS)
    try:
        for host, suite in HOSTS.items():
            run("tools/container", "start", host, suite)
        run(*command)
        yield run(*command)
    finally:
        run("tools/container", "stop", *HOSTS)


@pytest.fixture(scope="module", params=SYSTEMS)
def system(request: pytest.FixtureRequest, deployed: str) -> System:
    del deployed
    flavour, front, data = SYSTEMS[request.param]
    name = f"ets-tickets-{request.param}"
    form = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
    address = run("docker", "inspect", "--format", form, f"{name}{front}").strip()
    found = System(f"{name}{front}", f"{name}{data}", flavour, address)
    eventually(lambda: value(found.metrics(), "ets_background_jobs_total", task="provision", result="success") == 1)
    return found


def test_a_second_deployment_changes_nothing(deployed: str) -> None:
    recap = re.findall(r"^(ets-tickets\S+) +: ok=\d+ +changed=(\d+)", deployed, re.MULTILINE)
    assert recap == [(host, "0") for host in sorted(HOSTS)]


def test_what_the_instrumentator_counts_is_counted_the_same(system: System) -> None:
    recorded = parse((FIXTURE / f"instrumentator_{system.flavour}.prom").read_text())
    requests = runpy.run_path(str(FIXTURE / "record_instrumentator.py"))["REQUESTS"]

    class Quiet(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *arguments: object) -> None:
            del arguments

    before = system.metrics()
    for method, path, status in requests:
        asked = urllib.request.Request(f"http://{system.address}:8000{path}", method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), Quiet())
        try:
            with opener.open(asked, timeout=10) as answer:
                found = answer.status
        except urllib.error.HTTPError as error:
            found = error.code
        assert (method, path, found) == (method, path, status)
    text = system.page()
    after = system.metrics()
    # The first look at the metrics is counted as well.
    extra = 1 if system.flavour == "default" else 0
    for sample in recorded.samples:
        key = (sample.name, frozenset(sample.labels.items()))
        assert key in after, key
        if sample.name == "http_requests_total":
            own = extra * 2 if sample.labels["handler"] == "/metrics" else 0
            assert after[key] - before.get(key, 0) == sample.value + own, key
    heads = re.compile(r"^# (?:HELP|TYPE) http_.*$", re.MULTILINE)
    original = (FIXTURE / f"instrumentator_{system.flavour}.prom").read_text()
    assert {head for head in heads.findall(original) if "_created" not in head} <= set(heads.findall(text))


def test_the_contract_is_kept(system: System) -> None:
    result = check(parse(system.page()), CONTRACT)
    expected = set() if system.flavour == "recommended" else {Problem.GROUPED_STATUS, Problem.MISSING}
    assert result.errors == []
    assert {finding.problem for finding in result.warnings} == expected
    url = f"http://{system.address}:8000/metrics"
    assert "0 errors" in run("scripts/metric_contract_check", url)


def lines_of(metric: Metric, text: str) -> list[str]:
    names = {*metric.sample_names, metric.name}
    return [line for line in text.splitlines() if re.split(r"[ {]", line.removeprefix("# TYPE "))[0] in names]


@pytest.mark.parametrize(
    "metric", [metric for metric in CONTRACT if metric.required], ids=lambda metric: str(metric.name)
)
def test_each_metric_that_is_taken_away_or_mislabelled_is_named(system: System, metric: Metric) -> None:
    text = PAGES.setdefault(system.front, system.page())
    own = lines_of(metric, text)
    others = [line for line in text.splitlines() if line not in own]
    found = check(parse("\n".join(others)), CONTRACT).errors
    assert [(finding.problem, finding.metric) for finding in found] == [(Problem.MISSING, metric.name)]

    wrong = "gauge" if metric.kind is Kind.COUNTER else "counter"
    typed = [re.sub(r"^(# TYPE \S+) .*", rf"\1 {wrong}", line) for line in own]
    found = check(parse("\n".join([*others, *typed])), CONTRACT).errors
    assert [(finding.problem, finding.metric) for finding in found] == [(Problem.WRONG_TYPE, metric.name)]

    for label in metric.label_names:
        renamed = [re.sub(rf'([{{,]){label}="', r'\1user_id="', line) for line in own]
        found = check(parse("\n".join([*others, *renamed])), CONTRACT).errors
        problems = {finding.problem for finding in found}
        assert {Problem.MISSING_LABEL, Problem.UNEXPECTED_LABEL} <= problems
        assert {finding.metric for finding in found} == {metric.name}


PAGES: dict[str, str] = {}


def test_logins_are_counted_by_why_they_fail(system: System) -> None:
    before = system.metrics()
    for name, password, status in [
        ("user30", "wrong", 401),
        ("nobody", "wrong", 401),
        ("admin", "fixture-user", 401),
        ("user30", "fixture-user", 200),
        *[("user29", "wrong", 401)] * 5,
        ("user29", "fixture-user", 423),
    ]:
        found, _answer = system.request("POST", "/auth/login", {"username": name, "password": password})
        assert (name, found) == (name, status)
    after = system.metrics()
    grown = {
        reason: total(after, "ets_auth_login_attempts_total", reason=reason)
        - total(before, "ets_auth_login_attempts_total", reason=reason)
        for reason in ("none", "bad_password", "unknown_user", "locked", "mfa")
    }
    assert grown == {"none": 1, "bad_password": 6, "unknown_user": 1, "locked": 1, "mfa": 1}
    lockouts = "ets_auth_account_lockouts_total"
    assert value(after, lockouts) - value(before, lockouts) == 1
    assert value(after, "ets_sessions_active") == value(before, "ets_sessions_active") + 1


def test_a_ticket_lives(system: System) -> None:
    for name in ("user01", "agent1", "admin"):
        system.log_in(name)
    before = system.metrics()
    new = {"title": "No network", "priority": "high", "category": "network", "channel": "web"}
    status, ticket = system.request("POST", "/tickets", new, by="user01")
    assert (status, ticket["status"]) == (201, "open")
    path = f"/tickets/{ticket['id']}"
    assert system.request("GET", path, by="user01")[1]["title"] == "No network"
    assert system.request("PATCH", path, {"status": "in_progress"}, by="agent1")[0] == 200
    assert value(system.metrics(), "ets_tickets_open", status="in_progress", priority="high") == 1 + value(
        before, "ets_tickets_open", status="in_progress", priority="high"
    )
    assert system.request("PATCH", path, {"status": "resolved"}, by="agent1")[1]["status"] == "resolved"
    assert system.request("GET", path, by="user01")[1]["status"] == "resolved"
    assert system.request("PATCH", path, {"status": "open"}, by="user01")[1]["status"] == "open"
    assert system.request("GET", "/tickets?status=open", by="user01")[1][0]["id"] == ticket["id"]
    assert system.request("DELETE", path, by="user01")[0] == 403
    assert system.request("DELETE", path, by="admin")[0] == 204
    assert system.request("GET", path, by="user01")[0] == 404
    after = system.metrics()
    for name, labels in {
        "ets_tickets_created_total": {"priority": "high", "category": "network", "channel": "web"},
        "ets_tickets_resolved_total": {"priority": "high"},
        "ets_tickets_reopened_total": {"priority": "high"},
        "ets_ticket_first_response_duration_seconds_count": {"priority": "high"},
        "ets_ticket_resolution_duration_seconds_count": {"priority": "high"},
        "ets_authz_denied_total": {"resource": "ticket"},
    }.items():
        assert (name, value(after, name, **labels) - value(before, name, **labels)) == (name, 1)
    sent = "ets_notifications_sent_total"
    eventually(lambda: total(system.metrics(), sent, result="success") >= total(before, sent, result="success") + 3)


def test_a_ticket_that_waits_too_long_breaks_its_service_levels(system: System) -> None:
    before = system.metrics()
    reported = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 5 * 3600))
    new = {"title": "Printer on fire", "priority": "critical", "channel": "email", "reported_at": reported}
    _status, ticket = system.request("POST", "/tickets", new, by="user01")
    breaches = "ets_ticket_sla_breaches_total"
    eventually(lambda: total(system.metrics(), breaches) == total(before, breaches) + 2)
    assert system.request("PATCH", f"/tickets/{ticket['id']}", {"status": "resolved"}, by="agent1")[0] == 200
    after = system.metrics()
    assert total(after, breaches) == total(before, breaches) + 2
    bucket = "ets_ticket_resolution_duration_seconds_bucket"
    assert value(after, bucket, priority="critical", le="14400.0") == value(
        before, bucket, priority="critical", le="14400.0"
    )


def test_an_approval_is_asked_for_and_decided(system: System) -> None:
    before = system.metrics()
    status, approval = system.request("POST", "/approvals", {"type": "purchase"}, by="user01")
    assert status == 201
    now = system.metrics()
    assert value(now, "ets_approvals_pending", type="purchase") == 1 + value(
        before, "ets_approvals_pending", type="purchase"
    )
    assert time.time() - value(now, "ets_approval_oldest_pending_timestamp_seconds", type="purchase") < 600
    path = f"/approvals/{approval['id']}/decision"
    assert system.request("POST", path, {"decision": "approved"}, by="user01")[0] == 403
    assert system.request("POST", path, {"decision": "approved"}, by="approver1")[0] == 200
    assert system.request("POST", path, {"decision": "approved"}, by="approver1")[0] == 409
    after = system.metrics()
    decided = "ets_approvals_decided_total"
    assert total(after, decided) == total(before, decided) + 1
    assert value(after, "ets_approval_oldest_pending_timestamp_seconds", type="purchase") == 0


def test_logs_are_json_and_lead_from_the_proxy_to_the_application(system: System) -> None:
    body = {"username": "nobody", "password": "wrong"}
    system.request("POST", "/auth/login?from=test", body, X_Forwarded_For="203.0.113.9", User_Agent="log-test")
    lines = [line for line in system.log() if line.get("user_agent") == "log-test"]
    (line,) = lines
    wanted = {"path": "/auth/login", "status": 401, "method": "POST", "query": "from=test", "level": "INFO"}
    assert wanted.items() <= line.items()
    assert line["response_time"] > 0
    access = system.inside("cat", "/var/log/nginx/ticket_system_access.json").splitlines()
    (proxied,) = [entry for entry in map(json.loads, access) if entry["user_agent"] == "log-test"]
    assert (proxied["request_id"], proxied["status"]) == (line["request_id"], "401")
    assert proxied["client"] == line["client"]
    assert proxied["forwarded_for"].startswith("203.0.113.9, ")
    assert '"POST /auth/login?from=test HTTP/1.1" 401' in system.inside("cat", "/var/log/nginx/access.log")
    (login,) = [entry for entry in system.log() if entry.get("user") == "nobody"][-1:]
    assert (login["event"], login["outcome"], login["tags"]) == ("authentication.login", "failure", ["authentication"])


def test_latency_is_seen_in_the_durations_and_ends_by_itself(system: System) -> None:
    before = system.metrics()
    system.switch_on("latency", 2.1, 3)
    begin = time.monotonic()
    assert system.request("GET", "/tickets", by="user01")[0] == 200
    assert time.monotonic() - begin > 2.1
    after = system.metrics()
    highr = "http_request_duration_highr_seconds"
    slow = total(after, f"{highr}_count") - value(after, f"{highr}_bucket", le="2.0")
    assert slow == 1 + total(before, f"{highr}_count") - value(before, f"{highr}_bucket", le="2.0")
    assert [line["category"] for line in system.log() if line.get("response_time", 0) > 2000][-1:] == ["performance"]
    eventually(lambda: not any(fault["on"] for fault in system.fault("GET")[1]), 5)
    begin = time.monotonic()
    system.request("GET", "/tickets", by="user01")
    assert time.monotonic() - begin < 2


def test_errors_are_counted_with_their_route_and_logged_with_their_stack(system: System) -> None:
    code = "500" if system.flavour == "recommended" else "5xx"
    before = system.metrics()
    system.switch_on("errors", 1, 30)
    assert system.request("GET", "/tickets", by="user01")[0] == 500
    assert system.request("GET", "/health")[0] == 200
    assert system.fault("DELETE", "/errors")[0] == 204
    assert system.request("GET", "/tickets", by="user01")[0] == 200
    labels = {"handler": "/tickets", "method": "GET", "status": code}
    after = system.metrics()
    assert total(after, "http_requests_total", **labels) == total(before, "http_requests_total", **labels) + 1
    error = [line for line in system.log() if line["level"] == "ERROR" and line.get("status") == 500][-1]
    assert error["exception"]["type"] == "InjectedError"
    assert "disturb" in error["exception"]["stack_trace"]


def test_failed_logins_come_through_the_front_door(system: System) -> None:
    before = system.metrics()
    system.switch_on("failed_logins", 20, 2)
    failed = "ets_auth_login_attempts_total"
    eventually(
        lambda: total(system.metrics(), failed, result="failure") >= total(before, failed, result="failure") + 10
    )
    eventually(lambda: total(system.metrics(), "ets_auth_account_lockouts_total") > 0)


def test_slow_sql_is_seen_by_the_application_and_by_postgresql(system: System) -> None:
    before = system.metrics()
    system.switch_on("slow_sql", 0.6, 2)
    activity = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
    eventually(lambda: system.sql(activity) == "1")
    bucket = "ets_db_query_duration_seconds_bucket"
    count = "ets_db_query_duration_seconds_count"

    def slow(page: Page) -> float:
        return value(page, count, operation="report") - value(page, bucket, operation="report", le="0.5")

    eventually(lambda: slow(system.metrics()) >= slow(before) + 2)
    eventually(lambda: system.sql(activity) == "0")
    lines = run("docker", "exec", system.data, "cat", "/var/log/postgresql/postgresql-tickets.json").splitlines()
    assert any("pg_sleep" in entry.get("statement", entry["message"]) for entry in map(json.loads, lines))


def test_lock_waits_are_seen_by_postgresql_at_once_and_by_the_application_in_the_end(system: System) -> None:
    before = system.metrics()
    system.switch_on("lock_waits", 3, 3)
    eventually(lambda: system.sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") == "3")
    waited = "ets_db_query_duration_seconds_sum"
    eventually(lambda: value(system.metrics(), waited, operation="lock") > value(before, waited, operation="lock") + 3)
    assert system.sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") == "0"


def test_an_approval_backlog_is_old_and_goes_away(system: System) -> None:
    system.switch_on("approval_backlog", 60, 3)
    pending, oldest = "ets_approvals_pending", "ets_approval_oldest_pending_timestamp_seconds"
    eventually(lambda: total(system.metrics(), pending) >= 60)
    assert 0 < value(system.metrics(), oldest, type="change") < time.time() - 86400
    eventually(lambda: total(system.metrics(), pending) == 0)
    assert total(system.metrics(), oldest) == 0


def test_a_restart_ends_all_faults_and_clears_what_they_left(system: System) -> None:
    system.switch_on("approval_backlog", 40, 600)
    eventually(lambda: total(system.metrics(), "ets_approvals_pending") >= 40)
    system.inside("systemctl", "kill", "--signal=KILL", "ticket-system.service")

    def recovered() -> bool:
        try:
            return total(system.metrics(), "ets_approvals_pending") == 0 and system.fault("GET")[0] == 200
        except OSError:
            return False

    eventually(recovered)
    assert not any(fault["on"] for fault in system.fault("GET")[1])


def test_faults_have_limits_and_a_guard(system: System) -> None:
    assert system.fault("PUT", "/latency", {"value": 31})[0] == 422
    assert system.fault("PUT", "/latency", {"seconds": 3601})[0] == 422
    assert system.fault("PUT", "/nothing", {})[0] == 404
    assert system.fault("GET", X_Admin_Token="wrong")[0] == 403
    assert system.request("GET", "/admin/faults", X_Admin_Token="fixture-admin")[0] == 404
    assert system.request("GET", "/metrics")[0] == 404
    assert "latency            on" in system.inside("ticket-system-fault", "on", "latency", "--value", "0.1")
    system.inside("ticket-system-fault", "off")
    assert " on," not in system.inside("ticket-system-fault", "list")


def test_the_load_generator_keeps_to_its_rate_and_to_private_addresses(system: System) -> None:
    before = system.metrics()
    said = json.loads(system.inside("ticket-system-load", "--rate", "40", "--seconds", "3"))
    assert 20 <= sum(said.values()) <= 125
    assert said["2xx"] > said.get("4xx", 0)
    after = system.metrics()
    assert total(after, "ets_tickets_created_total") > total(before, "ets_tickets_created_total")
    for wrong in (["--url", "http://8.8.8.8"], ["--rate", "201"], ["--seconds", "86401"]):
        done = subprocess.run(["docker", "exec", system.front, "ticket-system-load", *wrong], capture_output=True)
        assert (wrong, done.returncode) == (wrong, 2)


@pytest.mark.parametrize(
    ("unit", "what", "gone"),
    [("redis-server", "cache", "ets_sessions_active"), ("postgresql", "database", "ets_tickets_open")],
)
def test_metrics_outlive_an_outage_without_making_up_numbers(system: System, unit: str, what: str, gone: str) -> None:
    run("docker", "exec", system.data, "systemctl", "stop", unit)
    try:
        # PostgreSQL's unit only passes the stop on.
        eventually(lambda: not any(name == gone for name, _labels in system.metrics()))
        begin = time.monotonic()
        assert ("ets_auth_account_lockouts_total", frozenset()) in system.metrics()
        assert time.monotonic() - begin < 9
        status, health = system.request("GET", "/health")
        assert (status, health["checks"][what]) == (503, "unavailable")
        assert system.request("POST", "/auth/login", {"username": "user02", "password": "fixture-user"})[0] == 503
    finally:
        run("docker", "exec", system.data, "systemctl", "start", unit)
    eventually(lambda: system.request("GET", "/health")[0] == 200)
    assert any(name == gone for name, _labels in system.metrics())


def test_no_secret_is_in_a_unit_the_process_list_or_a_file_for_everybody(system: System) -> None:
    secrets = ["fixture-database", "fixture-redis", "fixture-admin", "fixture-user"]
    seen = system.inside("systemctl", "cat", "ticket-system", "ticket-system-load") + system.inside("ps", "axeww")
    readable = system.inside("find", "/etc/ticket_system", "/etc/haproxy", "/usr/local", "-type", "f", "-perm", "-o=r")
    for path in readable.split():
        if not path.endswith(".pyz"):
            seen += system.inside("cat", path)
    assert [secret for secret in secrets if secret in seen] == []

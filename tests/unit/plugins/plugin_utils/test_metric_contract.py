# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check finds, by name, each way in which an exposition can break the metric contract."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._metric_contract import (
    CONTRACT,
    Check,
    Group,
    Kind,
    Metric,
    Options,
    Problem,
    check,
    parse,
)
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._metric_contract.__main__ import main
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._metric_contract._document import (
    markdown,
)

ROOT = Path(__file__).resolve().parents[4]


def written(metric: Metric) -> str:
    """Return the lines that a well-behaved application has for a metric."""
    return "".join(f"{line}\n" for line in lines_of(metric))


def lines_of(metric: Metric) -> Iterator[str]:
    yield f"# HELP {metric.name} {metric.help}"
    yield f"# TYPE {metric.name} {metric.kind.value}"
    value = "1.0" if metric.name.endswith("_info") else "0.0"
    for labels in metric.preset_series() or metric.product([label.values or label.examples for label in metric.labels]):
        shown = ",".join(f'{name}="{value}"' for name, value in labels.items())
        if metric.kind is Kind.HISTOGRAM:
            for bound in (*(f"{bound:.4g}" for bound in metric.bounds if bound < 1e4), "86400.0", "604800.0", "+Inf"):
                yield f'{metric.name}_bucket{{{shown}{"," if shown else ""}le="{bound}"}} 0.0'
        if metric.kind in {Kind.HISTOGRAM, Kind.SUMMARY}:
            yield f"{metric.name}_count{{{shown}}} 0.0"
            yield f"{metric.name}_sum{{{shown}}} 0.0"
        else:
            yield f"{metric.name}{{{shown}}} {value}"


GOOD = "".join(written(metric) for metric in CONTRACT).replace('status="4xx"', 'status="403"')


def checked(text: str, options: Options | None = None) -> Check:
    return check(parse(text), CONTRACT, options)


def problems(text: str) -> set[tuple[Problem, str]]:
    return {(finding.problem, finding.metric) for finding in checked(text).findings}


def without(name: str) -> str:
    """Return the good page without a metric of the contract."""
    metric = CONTRACT[name]
    assert written(metric) in GOOD
    return GOOD.replace(written(metric), "")


def with_instead(name: str, text: str) -> str:
    return without(name) + text


def test_a_page_that_keeps_the_contract_has_no_finding() -> None:
    assert checked(GOOD).findings == ()


@pytest.mark.parametrize("metric", list(CONTRACT), ids=lambda metric: str(metric.name))
def test_each_missing_metric_is_named(metric: Metric) -> None:
    (finding,) = checked(GOOD.replace(written(metric).replace('status="4xx"', 'status="403"'), "")).findings
    assert (finding.problem, finding.metric) == (Problem.MISSING, metric.name)
    assert finding.error is metric.required


@pytest.mark.parametrize("metric", list(CONTRACT), ids=lambda metric: str(metric.name))
def test_each_wrong_type_is_named(metric: Metric) -> None:
    other = "gauge" if metric.kind is Kind.COUNTER else "counter"
    text = re.sub(rf"# TYPE {metric.name} \w+", f"# TYPE {metric.name} {other}", GOOD)
    assert problems(text) == {(Problem.WRONG_TYPE, metric.name)}


@pytest.mark.parametrize("metric", [m for m in CONTRACT if m.labels], ids=lambda metric: str(metric.name))
def test_each_missing_label_is_named(metric: Metric) -> None:
    first = metric.labels[0].name
    kept = [line for line in GOOD.splitlines() if not line.startswith((f"{metric.name}{{", f"{metric.name}_"))]
    own = [line for line in GOOD.splitlines() if line.startswith((f"{metric.name}{{", f"{metric.name}_"))]
    broken = {re.sub(rf'([{{,]){first}="[^"]*",?', r"\1", line) for line in own}
    findings = checked("\n".join([*kept, *sorted(broken)])).findings
    assert (Problem.MISSING_LABEL, metric.name) in {(finding.problem, finding.metric) for finding in findings}
    assert {finding.metric for finding in findings} == {metric.name}
    assert any(f"no label {first}" in finding.message for finding in findings)


@pytest.mark.parametrize(
    ("name", "other", "problem"),
    [
        ("ets_tickets_created_total", "ets_tickets_created", Problem.WRONG_NAME),
        ("ets_tickets_created_total", "ets_ticket_created_total", Problem.WRONG_NAME),
        ("ets_db_query_duration_seconds", "ets_db_query_duration_milliseconds", Problem.WRONG_UNIT),
        ("ets_db_query_duration_seconds", "ets_db_query_duration_ms", Problem.WRONG_UNIT),
        ("ets_db_query_duration_seconds", "ets_db_query_duration", Problem.WRONG_UNIT),
        ("ets_ticket_resolution_duration_seconds", "ets_ticket_resolution_duration_hours", Problem.WRONG_UNIT),
        ("ets_approval_oldest_pending_timestamp_seconds", "ets_approval_oldest_pending_age_seconds", None),
        ("ets_sessions_active", "ets_sessions_active_total", Problem.WRONG_NAME),
        ("http_request_size_bytes", "http_request_size_kb", Problem.WRONG_UNIT),
    ],
)
def test_a_nearly_right_name_is_recognised(name: str, other: str, problem: Problem | None) -> None:
    renamed = re.sub(rf"\b{name}(?=(_bucket|_sum|_count)?\b)", other, written(CONTRACT[name]))
    findings = checked(with_instead(name, renamed)).findings
    if problem is None:  # an age is another thing than a point in time: what is there is not explained away
        assert {finding.problem for finding in findings} <= {Problem.MISSING, Problem.WRONG_NAME, Problem.UNKNOWN}
        assert findings[0].metric == name
        return
    assert [(finding.problem, finding.metric) for finding in findings] == [(problem, name)]
    assert other in findings[0].message


def test_a_wrong_unit_in_the_values_is_recognised_by_the_buckets() -> None:
    name = "ets_db_query_duration_seconds"
    text = re.sub(
        rf'({name}_bucket{{.*le=")([0-9.]+)', lambda m: f"{m[1]}{float(m[2]) * 1000:g}", written(CONTRACT[name])
    )
    (finding,) = checked(with_instead(name, text)).findings
    assert (finding.problem, "milliseconds" in finding.message) == (Problem.BUCKETS, True)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: re.sub(r".*_bucket.*\+Inf.*\n", "", text), "+Inf"),
        (lambda text: text.replace('le="+Inf"} 0.0', 'le="+Inf"} 3.0'), "in _count"),
        (lambda text: re.sub(r'(le="0\.5"}) 0\.0', r"\1 2.0", text), "not cumulative"),
        (lambda text: re.sub(r'.*le="2".*\n', "", text), "bound 2"),
        (lambda text: text.replace('le="1"', 'le="one"'), "no readable label le"),
        (lambda text: re.sub(r".*_count.*\n", "", text), "has no http_request_duration_highr_seconds_count"),
        (lambda text: re.sub(r".*_sum.*\n", "", text), "has no http_request_duration_highr_seconds_sum"),
    ],
)
def test_broken_histograms_are_named(change: Callable[[str], str], said: str) -> None:
    name = "http_request_duration_highr_seconds"
    broken = change(written(CONTRACT[name]))
    assert broken != written(CONTRACT[name])
    (finding,) = checked(with_instead(name, broken)).findings
    assert finding.metric == name
    assert said in finding.message


def test_a_histogram_that_is_a_bare_gauge_is_a_wrong_type() -> None:
    name = "ets_db_query_duration_seconds"
    assert problems(with_instead(name, f"# TYPE {name} gauge\n{name} 3\n")) == {(Problem.WRONG_TYPE, name)}
    assert problems(with_instead(name, f"{name} 3\n")) == {(Problem.WRONG_TYPE, name)}


@pytest.mark.parametrize("label", ["user_id", "username", "ticket_id", "client_ip", "email", "pid", "job", "colour"])
def test_a_label_too_many_is_named_with_the_reason(label: str) -> None:
    text = GOOD.replace("ets_sessions_active{}", f'ets_sessions_active{{{label}="x"}}')
    (finding,) = checked(text).findings
    assert (finding.problem, finding.metric) == (Problem.UNEXPECTED_LABEL, "ets_sessions_active")
    assert f"label {label}:" in finding.message


def test_a_label_that_the_user_allows_is_no_finding() -> None:
    text = GOOD.replace("ets_sessions_active{}", 'ets_sessions_active{app_name="ets"}')
    assert checked(text, Options(extra_labels=frozenset({"app_name"}))).findings == ()


@pytest.mark.parametrize(
    "handler",
    [
        "/tickets/4711",
        "/tickets/7",
        "/users/anna@example.org",
        "/files/0f8fad5b-d9cb-469f-a165-70867728950e",
        "/clients/192.0.2.7",
        "/blobs/9f86d081884c7d659a2feaa0c55ad015",
    ],
)
def test_paths_that_are_no_templates_are_a_cardinality_problem(handler: str) -> None:
    text = f'{GOOD}http_requests_total{{handler="{handler}",method="GET",status="200"}} 1\n'
    assert problems(text) == {(Problem.CARDINALITY, "http_requests_total")}


def test_too_many_values_are_a_cardinality_problem() -> None:
    lines = [f'ets_authz_denied_total{{resource="kind_{number}"}} 0\n' for number in range(30)]
    (finding,) = checked(GOOD + "".join(lines)).findings
    assert (finding.problem, finding.metric) == (Problem.CARDINALITY, "ets_authz_denied_total")
    assert "33 values" in finding.message


def test_too_many_series_are_a_cardinality_problem() -> None:
    routes = [(f"/r{n}", status) for n in range(150) for status in range(400, 420)]
    lines = [f'http_requests_total{{handler="{path}",method="GET",status="{status}"}} 0\n' for path, status in routes]
    assert problems(GOOD + "".join(lines)) == {(Problem.CARDINALITY, "http_requests_total")}


@pytest.mark.parametrize(
    ("old", "new", "metric"),
    [
        ('reason="mfa"', 'reason="otp"', "ets_auth_login_attempts_total"),
        ('sla="resolution"', 'sla="solve"', "ets_ticket_sla_breaches_total"),
        ('decision="approved"', 'decision="yes"', "ets_approvals_decided_total"),
    ],
)
def test_a_value_that_the_contract_does_not_know_is_named(old: str, new: str, metric: str) -> None:
    assert problems(GOOD.replace(old, new)) == {(Problem.LABEL_VALUE, metric), (Problem.NOT_PRESET, metric)}


def test_an_odd_value_of_an_open_label_is_named() -> None:
    text = f'{GOOD}http_requests_total{{handler="tickets",method="GET",status="OK"}} 1\n'
    messages = [finding.message for finding in checked(text).findings if finding.problem is Problem.LABEL_VALUE]
    assert [message.split()[0] for message in messages] == ["handler", "status"]


def test_series_that_do_not_exist_from_the_start_are_counted_and_shown() -> None:
    text = GOOD.replace('ets_auth_login_attempts_total{result="failure",reason="locked"} 0.0\n', "")
    (finding,) = checked(text).findings
    assert (finding.problem, finding.error) == (Problem.NOT_PRESET, True)
    assert '1 of 5 series do not exist from the start ({reason="locked", result="failure"})' in finding.message


def test_combinations_of_values_that_the_application_chose_are_looked_for_too() -> None:
    text = f'{GOOD}ets_tickets_created_total{{priority="low",category="network",channel="web"}} 1\n'
    (finding,) = checked(text).findings
    assert (finding.problem, finding.metric) == (Problem.NOT_PRESET, "ets_tickets_created_total")


def test_a_metric_without_series_is_an_error_only_where_series_are_created_at_start() -> None:
    declared = "# TYPE ets_tickets_created_total counter\n"
    (finding,) = checked(with_instead("ets_tickets_created_total", declared)).findings
    assert (finding.problem, finding.error) == (Problem.NO_SERIES, True)
    declared = "# TYPE http_request_size_bytes summary\n"
    (finding,) = checked(with_instead("http_request_size_bytes", declared)).findings
    assert (finding.problem, finding.error) == (Problem.NO_SERIES, False)


@pytest.mark.parametrize(
    ("metric", "value", "said"),
    [
        ("ets_sessions_active", "-1", "negative"),
        ("ets_sessions_active", "NaN", "negative or NaN"),
        ("process_start_time_seconds", "1795428400123", "milliseconds"),
        ("process_start_time_seconds", "3600", "age"),
        ("ets_build_info", "2", "always 1"),
    ],
)
def test_values_that_cannot_be_true_are_named(metric: str, value: str, said: str) -> None:
    text = re.sub(rf"^({metric}{{.*}}) \S+$", rf"\1 {value}", GOOD, flags=re.MULTILINE)
    (finding,) = checked(text).findings
    assert (finding.problem, finding.metric) == (Problem.VALUE, metric)
    assert said in finding.message


def test_grouped_status_codes_are_remarked_but_allowed() -> None:
    text = GOOD.replace('status="403"', 'status="4xx"')
    (finding,) = checked(text).findings
    assert (finding.problem, finding.error) == (Problem.GROUPED_STATUS, False)


def test_unknown_metrics_of_the_application_are_remarked_with_their_endless_labels() -> None:
    result = checked(f'{GOOD}# TYPE ets_mood gauge\nets_mood{{user_id="u1"}} 1\n# TYPE other gauge\nother 1\n')
    assert [(finding.problem, finding.metric) for finding in result.findings] == [
        (Problem.UNKNOWN, "ets_mood"),
        (Problem.CARDINALITY, "ets_mood"),
    ]
    assert not result.errors


def test_the_python_clients_created_series_are_no_strangers() -> None:
    text = f"{GOOD}# TYPE ets_auth_account_lockouts_created gauge\nets_auth_account_lockouts_created 1.7e9\n"
    assert checked(text).findings == ()


def test_openmetrics_leaves_the_total_out_of_the_type_line() -> None:
    text = re.sub(r"# TYPE (\w+)_total counter", r"# TYPE \1 counter", GOOD)
    assert checked(f"{text}# EOF\n").findings == ()


def test_a_counter_without_total_is_named_although_its_type_line_is_right_for_openmetrics() -> None:
    text = GOOD.replace("ets_auth_account_lockouts_total", "ets_auth_account_lockouts")
    assert problems(text) == {(Problem.WRONG_NAME, "ets_auth_account_lockouts_total")}


def test_a_duplicate_series_and_unreadable_lines_are_named_by_their_line() -> None:
    result = checked(f'{GOOD}ets_sessions_active 1\nets_sessions_active{{a="b" 2\n!\nets_x\nets_y one\n')
    messages = [finding.message for finding in result.errors]
    assert [finding.problem for finding in result.errors] == [Problem.UNREADABLE] * 4 + [Problem.DUPLICATE]
    last = len(GOOD.splitlines())
    assert [f"line {last + offset}" in message for offset, message in enumerate(messages[:4], start=2)] == [True] * 4


def test_an_empty_label_is_a_missing_one() -> None:
    text = GOOD.replace('ets_authz_denied_total{resource="admin"}', 'ets_authz_denied_total{resource=""}')
    assert (Problem.MISSING_LABEL, "ets_authz_denied_total") in problems(text)


def test_a_label_that_stands_twice_in_a_line_is_unreadable() -> None:
    (finding,) = checked(f'{GOOD}other{{a="1",a="2"}} 1\n').findings
    assert finding.problem is Problem.UNREADABLE
    assert "label a stands twice" in finding.message


def test_escapes_timestamps_and_exemplars_are_read() -> None:
    (first, second) = parse(
        'a_total{x="q\\"\\\\\\n,}",} 1e3 1700000000000\nb_bucket{le="1"} 2 # {trace_id="x"} 0.5 1.7e9\n'
    ).samples
    assert (first.labels, first.value) == ({"x": 'q"\\\n,}'}, 1000.0)
    assert (second.labels, second.value) == ({"le": "1"}, 2.0)


def test_groups_narrow_the_check() -> None:
    result = checked(
        "".join(written(m) for m in CONTRACT if m.group is Group.SECURITY), Options(frozenset({Group.SECURITY}))
    )
    assert result.findings == ()
    assert all(name.startswith(("ets_auth", "ets_sessions")) for name in result.metrics)


def test_no_label_of_the_contract_collides_with_those_that_prometheus_sets() -> None:
    assert not {label.name for metric in CONTRACT for label in metric.labels} & {
        "job",
        "instance",
        "node",
        "environment",
    }


def test_series_labels_serve_tests_of_queries() -> None:
    labels = CONTRACT.series_labels()
    assert labels["ets_db_query_duration_seconds_bucket"] == {"operation", "le"}
    assert labels["http_requests_total"] == {"handler", "method", "status"}
    assert "http_request_duration_highr_seconds" not in labels


def test_the_page_in_docs_is_fresh() -> None:
    page = (ROOT / "docs" / "metric_contract.md").read_text()
    assert page == markdown(CONTRACT), "run: scripts/metric_contract_check --print markdown > docs/metric_contract.md"


# The command


class Server(BaseHTTPRequestHandler):
    seen: list[str | None]
    page = GOOD

    def do_GET(self) -> None:
        self.seen.append(self.headers["Authorization"])
        status = {"/metrics": 200, "/moved": 302}.get(self.path, 404)
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/metrics")
        self.end_headers()
        self.wfile.write(self.page.encode() if status == 200 else b"")

    def log_message(self, *arguments: object) -> None:
        del arguments


@pytest.fixture
def server() -> Iterator[str]:
    Server.seen = []
    with HTTPServer(("127.0.0.1", 0), Server) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


def test_the_command_checks_a_url(server: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([f"{server}/metrics"]) == 0
    assert f"{len(list(CONTRACT))} of {len(list(CONTRACT))} metrics are as they should be" in capsys.readouterr().out


def test_the_command_ignores_proxies(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert main([f"{server}/metrics"]) == 0


def test_the_command_logs_in_from_files(server: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n")
    assert main([f"{server}/metrics", "--username", "prom", "--password-file", str(secret)]) == 0
    assert main([f"{server}/metrics", "--bearer-token-file", str(secret)]) == 0
    assert Server.seen == ["Basic cHJvbTpzM2NyZXQ=", "Bearer s3cret"]


@pytest.mark.parametrize("path", ["/missing", "/moved"])
def test_the_command_says_that_there_was_nothing_to_check(
    server: str, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([f"{server}{path}"]) == 2
    assert "answers" in capsys.readouterr().err


def test_the_command_does_not_take_a_page_without_metrics_for_a_good_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page"
    page.write_text("<html>Sign in</html>\n")
    assert main([str(page)]) == 2
    assert main([str(tmp_path / "absent")]) == 2
    assert "holds no metrics" in capsys.readouterr().err


def test_the_command_names_what_is_broken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page"
    page.write_text(without("ets_sessions_active"))
    assert main([str(page)]) == 1
    assert "error: ets_sessions_active is missing; needed for concurrent users [missing]" in capsys.readouterr().out
    assert main([str(page), "--format", "json"]) == 1
    data = json.loads(capsys.readouterr().out)
    assert [finding["metric"] for finding in data["findings"]] == ["ets_sessions_active"]
    assert main([str(page), "--group", "business"]) == 0


def test_remarks_break_the_contract_only_when_asked(tmp_path: Path) -> None:
    page = tmp_path / "page"
    page.write_text(GOOD.replace('status="403"', 'status="4xx"'))
    assert main([str(page)]) == 0
    assert main([str(page), "--strict"]) == 1


def test_the_command_prints_the_contract_for_other_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--print", "json"]) == 0
    assert [metric["name"] for metric in json.loads(capsys.readouterr().out)] == [metric.name for metric in CONTRACT]

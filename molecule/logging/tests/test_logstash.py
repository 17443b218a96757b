# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logstash, or its stub, after a converge; what later runs change. The tests go on from each other in their order."""

from __future__ import annotations

import json

import pytest

testinfra_hosts = ["log2"]

URL = "http://127.0.0.1:9600"
UNIT = "logstash.service"
SECRETS = ("lab-not-a-real-logstash-password", "lab-not-a-real-hmac-key-0123456789")
OWN = [{"id": "tickets"}]


@pytest.fixture
def states(service):
    def ask():
        report = json.loads(service(URL).get("/_health_report"))["indicators"]["pipelines"]["indicators"]
        return {name: item["details"]["status"]["state"] for name, item in report.items()}

    return ask


@pytest.fixture
def started(host):
    return lambda: host.check_output(f"systemctl show -p InvocationID,NRestarts {UNIT}")


@pytest.fixture
def pipeline(tmp_path):
    """Variables with a second pipeline of this text."""

    def write(text):
        directory = tmp_path / "more"
        directory.mkdir(exist_ok=True)
        (directory / "main.conf").write_text(text)
        return {"logstash_pipelines": [*OWN, {"id": "more", "path": str(directory)}]}

    return write


def only_logstash(playbooks, *arguments, **variables):
    return playbooks.run("--tags", "logstash", *arguments, variables=variables, playbook="logging")


HEARTBEAT = "input { heartbeat { interval => 60 } }\n"


def test_every_pipeline_runs(host, service, states):
    assert host.service(UNIT).is_running
    assert host.service(UNIT).is_enabled
    assert json.loads(service(URL).get("/"))["status"] == "green"
    assert states() == {"tickets": "RUNNING"}


def test_its_queue_and_dead_letters_are_on_the_disk(host):
    settings = host.file("/etc/logstash/logstash.yml").content_string
    assert "queue.type: persisted" in settings
    assert "dead_letter_queue.enable: true" in settings


def test_the_sandbox_is_tight(host, exposure):
    assert exposure(host, UNIT) <= 4


def test_it_is_pinned(host):
    assert " 990\n" in host.check_output("apt-cache policy logstash")


def test_no_secret_is_where_others_see_it(host):
    for name in ("ETS_HMAC_KEY", "ETS_ELASTICSEARCH_PASSWORD"):
        file = host.file(f"/etc/logstash/secrets/{name}")
        assert (file.mode, file.user, file.group) == (0o640, "root", "logstash")
    keystore = host.file("/run/logstash/settings/logstash.keystore")
    assert (keystore.mode, keystore.user) == (0o600, "logstash")
    pid = host.check_output(f"systemctl show -p MainPID --value {UNIT}")
    seen = host.check_output(
        f"cat /proc/{pid}/cmdline /proc/{pid}/environ | tr '\\0' '\\n'; journalctl -u {UNIT} -o cat"
    )
    seen += host.check_output("cat /etc/logstash/*.yml /etc/logstash/*.json /etc/logstash/pipelines/tickets/*.conf")
    assert [secret for secret in SECRETS if secret in seen] == []
    assert "logstash" in seen


def test_only_tls_gets_in(host):
    ask = (
        "openssl s_client -connect 127.0.0.1:5044 -CAfile /etc/logstash/ca.crt -verify_hostname log2 -brief </dev/null"
    )
    assert "Verification: OK" in host.run(ask).stderr
    assert (
        "Verification: OK"
        not in host.run(ask.replace("/etc/logstash/ca.crt", "/etc/ssl/certs/ca-certificates.crt")).stderr
    )


def test_bad_settings_are_refused_by_name_before_anything_changes(playbooks, started):
    before = started()
    done = only_logstash(
        playbooks,
        logstash_pipelines=[{"id": "tickets"}, {"id": "tickets"}],
        logstash_heap_size="40g",
        logstash_hmac_key="changeme",
        logstash_elasticsearch_password="",
        logstash_settings={"queue.max_bytes": "1gb"},
    )
    assert done.returncode != 0
    words = " ".join(done.stdout.split())
    assert "logstash_pipelines[1].id is 'tickets', as that of another pipeline" in words
    assert "logstash_heap_size: found 40g" in words
    assert "logstash_hmac_key: found a value that stands in examples" in words
    assert "logstash_elasticsearch_password: found nothing" in words
    assert "this is what logstash_queue_max_bytes is for" in words
    assert started() == before


def test_an_authority_that_has_not_issued_the_certificate_is_refused(playbooks, tmp_path, started):
    before = started()
    make = tmp_path / "ca"
    done = playbooks.run("-e", json.dumps({"ca_directory": str(make), "ca_name": "Other"}), playbook="create_ca")
    assert done.returncode == 0, done.stdout
    done = only_logstash(playbooks, logstash_ca_certificate=(make / "ca.crt").read_text())
    assert done.returncode != 0
    assert "observability_ca_private_key: found the key of another certificate" in " ".join(done.stdout.split())
    assert started() == before


def test_a_broken_pipeline_is_refused_and_the_old_ones_run_on(playbooks, started, states, pipeline):
    before = started()
    done = only_logstash(playbooks, **pipeline(HEARTBEAT + "output { nil { } }\n"))
    assert done.returncode != 0
    assert "find any output plugin named" in " ".join(done.stdout.split())
    assert (started(), states()) == (before, {"tickets": "RUNNING"})


def test_a_pipeline_that_does_not_start_is_taken_back(playbooks, host, states, pipeline, wait):
    """What its own test does not see: the files of a ruby filter are looked for when a pipeline starts."""
    text = HEARTBEAT + 'filter { ruby { path => "/nowhere.rb" } }\noutput { stdout { } }\n'
    done = only_logstash(playbooks, **pipeline(text))
    assert done.returncode != 0
    assert "The previous files are back" in " ".join(done.stdout.split())
    wait(lambda: states() == {"tickets": "RUNNING"}, "Logstash has taken the previous files")
    assert not host.file("/etc/logstash/pipelines/more/main.conf").exists


def test_a_pipeline_comes_and_goes_without_a_restart(playbooks, sums, host, started, states, pipeline):
    before = started()
    variables = pipeline(HEARTBEAT + "output { stdout { } }\n")
    done = only_logstash(playbooks, **variables)
    assert done.returncode == 0, done.stdout
    assert states() == {"tickets": "RUNNING", "more": "RUNNING"}
    done = only_logstash(playbooks, **variables)
    assert (done.returncode, sums(done).changed) == (0, 0), done.stdout
    done = only_logstash(playbooks)
    assert done.returncode == 0, done.stdout
    assert states() == {"tickets": "RUNNING"}
    assert not host.file("/etc/logstash/pipelines/more/main.conf").exists
    assert started() == before


def test_another_secret_is_in_the_keystore_after_the_run(playbooks, host, started):
    before = started()
    secret = "lab-another-hmac-key-0123456789abcdef"
    done = only_logstash(playbooks, logstash_hmac_key=secret)
    assert done.returncode == 0, done.stdout
    assert secret not in done.stdout
    assert started() != before
    assert host.file("/etc/logstash/secrets/ETS_HMAC_KEY").content_string == secret
    done = only_logstash(playbooks)
    assert done.returncode == 0, done.stdout

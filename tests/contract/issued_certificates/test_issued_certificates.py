# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""issued_certificates and create_ca against a Debian system, whose openssl has the last word."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import typing as t
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.enterprise_tickets.observability.plugins.plugin_utils._certificates import make_authority

ROOT = Path(__file__).resolve().parents[3]
DIRECTORY = "/etc/lab/tls"
KEY = f"{DIRECTORY}/host.key"


def ansible(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one of Ansible's programs."""
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections"), "ANSIBLE_NOCOLOR": "1"}
    environment["ANSIBLE_CALLBACK_RESULT_FORMAT"] = "json"
    command = [str(Path(sys.executable).with_name(program)), *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


class Result(t.NamedTuple):
    """What the module returned, and all that Ansible wrote."""

    failed: bool
    data: dict[str, t.Any]
    output: str

    @property
    def reason(self) -> str:
        return str(self.data["certificates"][0]["reason"])


class Host:
    """A Debian system."""

    def __init__(self, name: str, ca: tuple[str, str], scratch: Path) -> None:
        self.name = name
        self.certificate, self.key = ca
        self._scratch = scratch

    def sh(self, script: str) -> str:
        done = subprocess.run(["docker", "exec", self.name, "sh", "-c", script], capture_output=True, text=True)
        assert done.returncode == 0, f"{script}: exit code {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout.strip()

    def apply(self, *arguments: str, ca: tuple[str, str] | None = None, **item: t.Any) -> Result:
        """Run the module for one certificate."""
        certificate, key = ca or (self.certificate, self.key)
        options = {
            "ca_certificate": certificate,
            "ca_private_key": key,
            "certificates": [{"directory": DIRECTORY, "group": "daemon", **item}],
        }
        # In a file, as a vault would be: an argument of the program would be seen in the list of processes.
        extra = self._scratch / "extra.json"
        extra.write_text(json.dumps({"lab": options}))
        play = self._scratch / "play.yml"
        module = "enterprise_tickets.observability.issued_certificates"
        play.write_text(
            json.dumps([{"hosts": "all", "gather_facts": False, "tasks": [{module: "{{ lab }}", "register": "done"}]}])
        )
        words = ["--inventory", f"{self.name},", "--connection", "community.docker.docker", "-e", f"@{extra}"]
        words += ["-e", "ansible_python_interpreter=/usr/bin/python3", "-vvv", "--diff", str(play), *arguments]
        done = ansible("ansible-playbook", *words)
        output = done.stdout + done.stderr
        found = re.search(rf"^(?:ok|changed|fatal): \[{re.escape(self.name)}\].*?=> (?={{)", done.stdout, re.MULTILINE)
        assert found, output
        data, _end = json.JSONDecoder().raw_decode(done.stdout, found.end())
        return Result(done.returncode != 0, data, output)

    def state(self) -> str:
        """Owner, mode, size and time of everything in the directory."""
        return self.sh(f"find {DIRECTORY} -printf '%p %u %g %m %s %T@\n' | sort")

    def verify(self, name: str) -> str:
        """What openssl says about the certificate for a name."""
        return self.sh(f"openssl verify -CAfile {DIRECTORY}/ca.crt -verify_hostname {name} {DIRECTORY}/host.crt 2>&1")


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    host = Host(f"contract-certificates-{os.getpid()}", make_authority("Lab CA", 3650), tmp_path_factory.mktemp("lab"))
    tool = str(ROOT / "tools" / "container")
    try:
        subprocess.run([tool, "start", host.name, "bookworm"], check=True, cwd=ROOT)
        yield host
    finally:
        subprocess.run([tool, "stop", host.name], check=True, cwd=ROOT)


@pytest.fixture
def host(machine: Host) -> Host:
    """The host with no certificate."""
    machine.sh("rm -rf /etc/lab")
    return machine


def test_it_is_issued_once(host: Host) -> None:
    looked = host.apply("--check")
    assert looked.data["changed"] is True
    assert host.sh("ls /etc") == host.sh("ls /etc | grep -v '^lab$'")

    first = host.apply(names=["log1.example.com", "192.0.2.7"])
    assert (first.failed, first.data["changed"], first.reason) == (False, True, "there is none"), first.output
    assert host.verify(host.name) == host.verify("log1.example.com") == f"{DIRECTORY}/host.crt: OK"
    assert "192.0.2.7" in host.sh(f"openssl x509 -in {DIRECTORY}/host.crt -noout -ext subjectAltName")
    pair = f"(openssl pkey -in {KEY} -pubout; openssl x509 -in {DIRECTORY}/host.crt -noout -pubkey) | sort | uniq -u"
    assert host.sh(pair) == ""
    assert host.sh(f"head -1 {KEY}") == "-----BEGIN PRIVATE KEY-----"
    modes = host.sh(f"stat -c '%n %U %G %a' {DIRECTORY} {DIRECTORY}/*").splitlines()
    assert modes == [
        f"{DIRECTORY} root daemon 750",
        f"{DIRECTORY}/ca.crt root root 644",
        f"{DIRECTORY}/host.crt root root 644",
        f"{KEY} root daemon 640",
    ]

    before = host.state()
    second = host.apply(names=["log1.example.com", "192.0.2.7"])
    assert (second.data["changed"], second.reason) == (False, "")
    assert host.state() == before


def test_no_key_is_shown_or_leaves(host: Host) -> None:
    """Neither the authority's key nor the host's is in anything that Ansible says, and the former is not there."""
    done = host.apply()
    secret = "".join(host.key.splitlines()[1:2])
    assert secret not in done.output
    assert host.sh(f"sed -n 2p {KEY}") not in done.output
    assert host.sh(f"grep -rl '{secret}' /etc /root /tmp /var /run 2>/dev/null || true") == ""


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (f"rm {KEY}", "there is none"),
        (f"echo rubbish > {KEY}", "there is none"),
        (f"echo rubbish > {DIRECTORY}/host.crt", "it is damaged"),
        (f"openssl genpkey -algorithm ED25519 -out {KEY}", "it does not belong to the key beside it"),
        (f"chmod 0666 {KEY}; chgrp root {DIRECTORY}", ""),
        (f"rm {DIRECTORY}/ca.crt", ""),
    ],
)
def test_what_is_wrong_is_mended(host: Host, damage: str, reason: str) -> None:
    host.apply()
    host.sh(damage)
    mended = host.apply()
    assert (mended.failed, mended.data["changed"], mended.reason) == (False, True, reason), mended.output
    assert host.verify("localhost") == f"{DIRECTORY}/host.crt: OK"
    assert host.sh(f"stat -c '%G %a' {KEY} {DIRECTORY}") == "daemon 640\ndaemon 750"


def test_an_authority_is_replaced(host: Host) -> None:
    host.apply()
    certificate, key = make_authority("Other CA", 3650)
    done = host.apply(ca=(certificate + host.certificate, key))
    assert done.reason == "another authority has issued it"
    assert host.verify("localhost") == f"{DIRECTORY}/host.crt: OK"
    # Who still has a certificate of the old one is trusted as well.
    assert host.sh(f"grep -c BEGIN {DIRECTORY}/ca.crt") == "2"


@pytest.mark.parametrize("arguments", [(), ("--check",)])
def test_an_authority_that_others_do_not_know_is_refused(host: Host, arguments: tuple[str, ...]) -> None:
    """They would refuse the host from then on: a node would leave its cluster."""
    host.apply()
    before = host.state()
    done = host.apply(*arguments, ca=make_authority("Other CA", 3650))
    assert done.failed
    assert f"an authority that has not issued {DIRECTORY}/host.crt" in done.data["msg"]
    assert host.state() == before


def test_the_authoritys_key_is_needed_only_to_issue(host: Host) -> None:
    missing = host.apply(ca=(host.certificate, ""))
    assert missing.failed
    assert "observability_ca_private_key is empty" in missing.data["msg"]
    assert host.sh("ls /etc/lab 2>&1 || true").startswith("ls:")

    host.apply(days=30, renew_days=10)
    assert host.apply(ca=(host.certificate, ""), days=30, renew_days=10).data["changed"] is False
    soon = host.apply(ca=(host.certificate, ""), days=300, renew_days=40)
    assert (soon.failed, soon.data["changed"]) == (False, False)
    assert "observability_ca_private_key is empty" in soon.output


def test_a_group_that_is_not_there_is_named(host: Host) -> None:
    done = host.apply(group="elasticsearch")
    assert done.failed
    assert "elasticsearch" in done.data["msg"]
    assert host.sh("find /etc/lab -name '*.key*' 2>/dev/null || true") == ""


def test_create_ca(tmp_path: Path) -> None:
    """What the playbook makes is an authority that works, is made once, and is readable by its owner only."""
    directory = tmp_path / "ca"
    words = (str(ROOT / "playbooks" / "create_ca.yml"), "-e", f"ca_directory={directory}")
    done = ansible("ansible-playbook", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ansible-vault encrypt" in done.stdout
    key = directory / "ca.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert directory.stat().st_mode & 0o777 == 0o700
    before = key.read_text()
    assert "changed=0" in ansible("ansible-playbook", *words).stdout
    assert key.read_text() == before
    (directory / "ca.crt").unlink()
    done = ansible("ansible-playbook", *words)
    assert done.returncode != 0
    assert "without the other half" in done.stdout
    assert "ca_directory is not set" in ansible("ansible-playbook", words[0]).stdout

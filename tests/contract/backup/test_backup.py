# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""enterprise-tickets-backup with a real Prometheus under a real systemd: disasters, damage, kills at bad moments."""

from __future__ import annotations

import json
import os
import subprocess
import time
import typing as t
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
DATA = "/var/lib/prometheus/metrics2"
DIRECTORY = "/var/backups/ets"
DATABASE = "/var/lib/panel/panel.db"
PACKAGES = "age gnupg prometheus prometheus-alertmanager rsync strace"
ALERTMANAGER = "/var/lib/prometheus/alertmanager"


class Result(t.NamedTuple):
    """How a command ended and what it said."""

    status: int
    said: str


class Host:
    """A Debian system with Prometheus, and with the program as the role installs it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def run(self, script: str) -> Result:
        done = subprocess.run(["docker", "exec", self.name, "sh", "-c", script], capture_output=True, text=True)
        return Result(done.returncode, done.stdout + done.stderr)

    def sh(self, script: str) -> str:
        status, said = self.run(script)
        assert status == 0, f"{script}: exit code {status}\n{said}"
        return said.strip()

    def write(self, path: str, text: str) -> None:
        script = f"mkdir -p $(dirname {path}) && cat >{path}"
        subprocess.run(["docker", "exec", "-i", self.name, "sh", "-c", script], input=text, text=True, check=True)

    def backup(self, arguments: str, prefix: str = "") -> Result:
        return self.run(f"PYTHONPATH=/usr/local/lib/ets {prefix} python3 -B -m ets_backup {arguments}")

    def configure(self, **changes: t.Any) -> None:
        settings = {
            "directory": DIRECTORY,
            "textfile": "/var/lib/ets.prom",
            "components": [
                {
                    "name": "prometheus",
                    "method": "prometheus",
                    "unit": "prometheus.service",
                    "paths": [DATA],
                    "http": {"url": "http://127.0.0.1:9090"},
                },
                {
                    "name": "alertmanager",
                    "method": "alertmanager",
                    "unit": "prometheus-alertmanager.service",
                    "paths": [f"{ALERTMANAGER}/silences", f"{ALERTMANAGER}/nflog"],
                    "http": {"url": "http://127.0.0.1:9093"},
                },
                {"name": "panel", "method": "sqlite", "paths": [DATABASE]},
                {"name": "configuration", "method": "configuration"},
            ],
        }
        self.write("/etc/enterprise_tickets_observability/backup.json", json.dumps(settings | changes))
        self.write("/etc/enterprise_tickets_observability/backup_credentials.json", "{}")

    def samples(self, until: float | None = None) -> float:
        """How many samples Prometheus has, up to a moment; 0 also while it does not answer."""
        at = f"--data-urlencode time={until}" if until else ""
        _, said = self.run(
            "curl -sS --get http://127.0.0.1:9090/api/v1/query --data-urlencode 'query=count_over_time(up[1h])' " + at
        )
        if not said.startswith("{"):
            return 0
        answer = json.loads(said)
        return float(answer["data"]["result"][0]["value"][1]) if answer.get("data", {}).get("result") else 0

    def wait_for_samples(self, count: float = 3) -> None:
        wait(lambda: self.samples() >= count, f"{count} samples")

    def now(self) -> float:
        return float(self.sh("date +%s.%N"))

    def invocation(self) -> str:
        return self.sh("systemctl show -P InvocationID prometheus.service")

    def newest(self, component: str) -> str:
        return self.sh(f"ls {DIRECTORY}/{component}/*.tar.gz | tail -n 1")


def wait(condition: t.Callable[[], bool], what: str, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited {seconds} s for {what}"
        time.sleep(0.5)


@pytest.fixture(scope="module")
def machine() -> Iterator[Host]:
    host = Host(f"contract-backup-{os.getpid()}")
    tool = str(ROOT / "tools" / "container")
    try:
        subprocess.run([tool, "start", host.name, "trixie"], check=True, cwd=ROOT)
        host.sh(f"apt-get -qq update && apt-get -qq install --no-install-recommends {PACKAGES} >/dev/null 2>&1")
        host.write("/etc/default/prometheus", 'ARGS="--web.enable-admin-api"\n')
        # It writes its files every quarter of an hour otherwise.
        host.write("/etc/default/prometheus-alertmanager", 'ARGS="--data.maintenance-interval=1s"\n')
        job = {"job_name": "prometheus", "static_configs": [{"targets": ["127.0.0.1:9090"]}]}
        host.write(
            "/etc/prometheus/prometheus.yml",
            json.dumps({"global": {"scrape_interval": "1s"}, "scrape_configs": [job]}),
        )
        host.sh("systemctl restart prometheus.service prometheus-alertmanager.service && mkdir -p /usr/local/lib/ets")
        source = ROOT / "roles" / "backup" / "files" / "ets_backup"
        subprocess.run(["docker", "cp", str(source), f"{host.name}:/usr/local/lib/ets/"], check=True)
        yield host
    finally:
        subprocess.run([tool, "stop", host.name], check=True, cwd=ROOT)


@pytest.fixture
def host(machine: Host) -> Host:
    """The host with nothing backed up, its settings as in configure(), and both data sources filled."""
    machine.sh(f"rm -rf {DIRECTORY} {Path(DATABASE).parent} /var/lib/enterprise_tickets_observability")
    machine.sh("rm -rf /var/lib/prometheus/.metrics2* && systemctl reset-failed; systemctl start prometheus.service")
    machine.configure()
    database(machine, "create table panel (title text)", "insert into panel values ('Overview')")
    machine.write("/etc/example/ours.yml", "ours: true\n")
    manifest = {"files": {"/etc/example/ours.yml": "restart"}, "links": {}, "directories": [], "secrets": []}
    machine.write("/var/lib/enterprise_tickets_observability/example/manifest.json", json.dumps(manifest))
    machine.wait_for_samples()
    return machine


def database(host: Host, *statements: str) -> str:
    """Run SQL in the database; returns what the last statement gave."""
    code = f"import sqlite3; d = sqlite3.connect('{DATABASE}')\n"
    code += "".join(f"r = d.execute({statement!r}).fetchall()\n" for statement in statements) + "d.commit(); print(r)\n"
    host.write("/tmp/statements.py", code)
    host.sh(f"mkdir -p {Path(DATABASE).parent}")
    return host.sh("python3 /tmp/statements.py")


def made(host: Host, arguments: str = "run") -> None:
    status, said = host.backup(arguments)
    assert status == 0, said


def test_a_drill_destroyed_data_comes_back_and_answers_as_before(host: Host) -> None:
    # The proof is what was there 5 s before.
    host.wait_for_samples(10)
    moment = host.now()
    before = host.samples(moment)
    made(host)
    host.sh(f"systemctl stop prometheus.service && rm -rf {DATA}/* && systemctl start prometheus.service")
    host.wait_for_samples(1)
    assert host.samples(moment) == 0

    status, said = host.backup("restore prometheus newest")

    assert status == 0, said
    assert "gives the same 1 series as then" in said
    assert host.samples(moment) == before
    host.wait_for_samples(host.samples() + 1)
    assert "is kept in /var/lib/prometheus/.metrics2.replaced-" in said
    assert host.sh(f"stat -c '%U %G' {DATA}") == "prometheus prometheus"


def test_a_database_in_use_is_copied_and_comes_back(host: Host) -> None:
    made(host, "run panel")
    database(host, "delete from panel", "insert into panel values ('Wrong')")

    status, said = host.backup("restore panel newest")

    assert status == 0, said
    assert database(host, "select title from panel") == "[('Overview',)]"


def test_what_sqlite_left_beside_a_destroyed_database_does_not_get_into_the_restored_one(host: Host) -> None:
    """A database that is gone, with the log of its last writes still beside it, as after a crash and a careless rm."""
    database(host, "pragma journal_mode=wal", "insert into panel values ('Alerts')")
    made(host, "run panel")
    code = f"import os, sqlite3; d = sqlite3.connect('{DATABASE}'); d.execute(\"update panel set title = 'Wrong'\")"
    host.write("/tmp/crash.py", f"{code}; d.commit(); os.kill(os.getpid(), 9)\n")
    assert host.run("python3 /tmp/crash.py").status == 137
    host.sh(f"rm {DATABASE} && test -s {DATABASE}-wal")

    status, said = host.backup("restore panel newest")

    assert status == 0, said
    assert database(host, "select title from panel") == "[('Overview',), ('Alerts',)]"


def silences(host: Host) -> list[str]:
    """The comments of the silences that hold."""
    said = host.sh("curl -sSf http://127.0.0.1:9093/api/v2/silences")
    return sorted(item["comment"] for item in json.loads(said) if item["status"]["state"] == "active")


def silence(host: Host, comment: str, minutes: int) -> None:
    """Make one, and wait until it is in Alertmanager's file."""
    host.sh(
        "amtool --alertmanager.url http://127.0.0.1:9093 silence add alertname=Example --author drill "
        f"--duration {minutes}m --comment {comment}"
    )
    wait(lambda: host.run(f"grep -q {comment} {ALERTMANAGER}/silences").status == 0, "it is in the file", 20)


def test_silences_come_back_and_are_asked_for(host: Host) -> None:
    silence(host, "moving-house", 60)
    made(host, "run alertmanager")
    service = "prometheus-alertmanager.service"
    host.sh(f"systemctl stop {service} && rm -f {ALERTMANAGER}/* && systemctl start {service}")
    wait(lambda: host.run("curl -sSf http://127.0.0.1:9093/-/ready").status == 0, "Alertmanager is ready", 20)
    assert silences(host) == []

    status, said = host.backup("restore alertmanager newest")

    assert status == 0, said
    assert silences(host) == ["moving-house"]
    assert "Alertmanager knows the 1 silences again" in said


def test_files_that_are_not_there_yet_are_no_backup(host: Host) -> None:
    service = "prometheus-alertmanager.service"
    host.sh(f"systemctl stop {service} && rm -f {ALERTMANAGER}/*")
    status, said = host.backup("run alertmanager")
    host.sh(f"systemctl start {service}")
    assert (status, "Alertmanager writes them every 15 minutes" in said) == (1, True)


def test_silences_that_do_not_come_back_undo_the_restore(host: Host) -> None:
    silence(host, "painting", 60)
    made(host, "run alertmanager")
    before = silences(host)
    path = host.newest("alertmanager") + ".manifest.json"
    manifest = json.loads(host.sh(f"cat {path}"))
    manifest["proof"]["silences"] |= {"of-nobody": "2099-01-01T00:00:00.000Z", "over": "2020-01-01T00:00:00.000Z"}
    host.write(path, json.dumps(manifest))

    status, said = host.backup("restore alertmanager newest")

    assert status == 1
    assert "Alertmanager does not know the silences of-nobody again" in said
    assert silences(host) == before


def test_the_configuration_is_what_the_collection_has_written(host: Host) -> None:
    made(host, "run configuration")
    host.sh("rm /etc/example/ours.yml && echo foreign >/etc/example/foreign.yml")

    status, said = host.backup("restore configuration newest")

    assert status == 0, said
    assert host.sh("cat /etc/example/*") == "foreign\nours: true"


def test_no_snapshot_stays_behind(host: Host) -> None:
    made(host, "run prometheus")
    assert host.sh(f"ls -A {DATA}/snapshots") == ""


def test_metrics_tell_of_success_and_failure(host: Host) -> None:
    host.sh(f"rm {DATABASE}")

    status, said = host.backup("run")

    assert status == 1
    assert f"panel: FAILED: the database {DATABASE} is missing" in said
    metrics = dict(line.rsplit(" ", 1) for line in host.sh("grep -v ^# /var/lib/ets.prom").splitlines())
    name = "ets_backup_last_success_timestamp_seconds"
    assert float(metrics['ets_backup_last_run_success{component="panel"}']) == 0
    assert float(metrics[f'{name}{{component="panel"}}']) == 0
    assert abs(float(metrics[f'{name}{{component="prometheus"}}']) - time.time()) < 300
    assert float(metrics['ets_backup_last_run_success{component="prometheus"}']) == 1


def test_prometheus_without_its_admin_api_says_what_is_missing(host: Host) -> None:
    host.sh("sed -i s/ARGS=.*/ARGS=/ /etc/default/prometheus && systemctl restart prometheus.service")
    try:
        host.wait_for_samples(1)
        status, said = host.backup("run prometheus")
    finally:
        host.write("/etc/default/prometheus", 'ARGS="--web.enable-admin-api"\n')
        host.sh("systemctl restart prometheus.service")
    assert status == 1
    assert "admin APIs disabled" in said
    assert host.sh(f"ls {DIRECTORY}/prometheus") == ""


def refused(host: Host, words: str) -> None:
    """A restore of Prometheus is refused, and neither its process nor its data has noticed."""
    before = host.invocation(), host.sh(f"stat -c %i {DATA}")
    status, said = host.backup("restore prometheus newest")
    assert status == 1
    assert words in said
    assert (host.invocation(), host.sh(f"stat -c %i {DATA}")) == before
    assert host.sh("find /var/lib/prometheus -name '.metrics2*'") == ""


def test_a_tampered_archive_is_refused(host: Host) -> None:
    made(host, "run prometheus")
    host.sh(f"printf X | dd of={host.newest('prometheus')} bs=1 seek=500 conv=notrunc status=none")
    refused(host, "is damaged or was tampered with")
    status, said = host.backup("verify")
    assert (status, said.split()[0]) == (1, "FAILED")


def test_a_shortened_archive_is_refused(host: Host) -> None:
    made(host, "run prometheus")
    host.sh(f"truncate -s 1000 {host.newest('prometheus')}")
    refused(host, "has 1000 bytes; when it was made it had")


def test_an_archive_that_leads_out_of_its_place_is_refused(host: Host) -> None:
    made(host, "run prometheus")
    code = f"""
import hashlib, io, json, tarfile
path = "{host.newest("prometheus")}"
with tarfile.open(path, "w:gz") as tar:
    member = tarfile.TarInfo("0/../../evil"); member.size = 1
    tar.addfile(member, io.BytesIO(b"x"))
manifest = json.load(open(path + ".manifest.json"))
data = open(path, "rb").read()
manifest.update(size=len(data), sha256=hashlib.sha256(data).hexdigest())
json.dump(manifest, open(path + ".manifest.json", "w"))
"""
    host.write("/tmp/evil.py", code)
    host.sh("python3 /tmp/evil.py")
    refused(host, "leads out of its place")


def test_a_backup_that_is_killed_leaves_older_ones_and_is_tidied_up(host: Host) -> None:
    made(host, "run prometheus")
    whole = host.newest("prometheus")
    # The first rename gives the archive its name: just before it.
    host.backup("run prometheus", "strace -qq -o /dev/null -e trace=rename -e inject=rename:signal=KILL:when=1")
    assert ".partial" in host.sh(f"ls {DIRECTORY}/prometheus")
    status, said = host.backup("list")
    assert (status, said.count("prometheus-")) == (0, 1)

    made(host, "run prometheus")

    names = host.sh(f"ls {DIRECTORY}/prometheus").split()
    assert [name for name in names if name.endswith(".partial")] == []
    assert Path(whole).name in names
    assert len(names) == 4


@pytest.mark.parametrize("rename", [1, 2, 3])
def test_a_restore_that_is_killed_is_undone_by_the_next_call(host: Host, rename: int) -> None:
    made(host, "run prometheus")
    host.wait_for_samples(host.samples() + 2)
    moment = host.now()
    newer = host.samples(moment)
    inode = host.sh(f"stat -c %i {DATA}")

    host.backup(
        "restore prometheus newest",
        f"strace -qq -o /dev/null -e trace=rename -e inject=rename:signal=KILL:when={rename}",
    )
    status, said = host.backup("recover")

    assert status == 0, said
    assert host.sh(f"stat -c %i {DATA}") == inode
    assert host.samples(moment) == newer
    # Also what was unpacked goes, with the next restore at the latest.
    made(host, "restore prometheus newest")
    assert host.sh("find /var/lib/prometheus -maxdepth 1 -name '.metrics2.unpacked*'") == ""


def test_a_restore_that_does_not_prove_itself_is_undone(host: Host) -> None:
    made(host, "run prometheus")
    inode = host.sh(f"stat -c %i {DATA}")
    path = host.newest("prometheus") + ".manifest.json"
    manifest = json.loads(host.sh(f"cat {path}"))
    manifest["proof"]["result"] = {"{}": "77"}
    host.write(path, json.dumps(manifest))

    status, said = host.backup("restore prometheus newest")

    assert status == 1
    assert 'when the backup was made it gave {"{}": "77"}' in said
    assert host.sh(f"stat -c %i {DATA}") == inode
    assert host.sh("systemctl is-active prometheus.service") == "active"


def test_encrypted_with_age(host: Host) -> None:
    host.sh("rm -f /root/key && age-keygen -o /root/key 2>/root/public")
    recipient = host.sh("sed 's/Public key: //' /root/public")
    host.configure(encryption={"method": "age", "recipients": [recipient]})
    made(host, "run panel")
    database(host, "delete from panel")
    assert host.sh(f"head -c 21 {DIRECTORY}/panel/*.age") == "age-encryption.org/v1"

    status, said = host.backup("restore panel newest")
    assert (status, "give the file with the key as --identity" in said) == (1, True)
    status, said = host.backup("restore panel newest --identity /root/key")
    assert status == 0, said
    assert database(host, "select title from panel") == "[('Overview',)]"


def test_encrypted_with_gpg(host: Host) -> None:
    host.sh("rm -rf /root/ring && mkdir -m 0700 /root/ring")
    gpg = "gpg --homedir /root/ring --batch --quiet"
    host.sh(f"{gpg} --passphrase '' --quick-generate-key backup@example.com default default never")
    host.sh(f"{gpg} --export backup@example.com >/root/public.gpg")
    host.configure(encryption={"method": "gpg", "recipients": ["/root/public.gpg"]})
    made(host, "run panel")
    database(host, "delete from panel")

    status, said = host.backup("restore panel newest --identity /root/ring")

    assert status == 0, said
    assert database(host, "select title from panel") == "[('Overview',)]"


def test_a_copy_on_another_host_is_whole_and_can_be_restored(host: Host) -> None:
    """Over the real rsync and ssh; the other host is this one by another way in."""
    host.sh("rm -rf /srv/copies /root/.ssh && mkdir -m 0700 /root/.ssh && systemctl start ssh.service")
    host.sh(
        "ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/backup && cp /root/.ssh/backup.pub /root/.ssh/authorized_keys"
    )
    ssh = "ssh -o BatchMode=yes -o StrictHostKeyChecking=accept-new -i /root/.ssh/backup"
    host.configure(copy_to={"destination": "root@127.0.0.1:/srv/copies/mon1", "ssh": ssh})

    made(host, "run panel")

    copied = host.sh("cd /srv/copies/mon1/panel && sha256sum *")
    assert copied == host.sh(f"cd {DIRECTORY}/panel && sha256sum *")
    assert len(copied.splitlines()) == 2
    assert host.sh("find /srv/copies -type f -perm /077") == ""
    # The host has lost everything; what comes back from the copy is restored.
    database(host, "delete from panel")
    host.sh(f"rm -rf {DIRECTORY}/panel && cp -a /srv/copies/mon1/panel {DIRECTORY}/panel")
    status, said = host.backup("restore panel newest")
    assert status == 0, said
    assert database(host, "select title from panel") == "[('Overview',)]"


def test_a_copy_that_fails_is_told_and_the_archive_stays(host: Host) -> None:
    host.configure(copy_to={"destination": "root@127.0.0.1:/srv/copies", "ssh": "ssh -o BatchMode=yes -p 9"})
    status, said = host.backup("run panel")
    assert status == 1
    assert "the backup is made; copying it to root@127.0.0.1:/srv/copies/panel/ failed" in said
    status, said = host.backup("verify")
    assert status == 0, said
    assert 'ets_backup_last_run_success{component="panel"} 0' in host.sh("cat /var/lib/ets.prom")


def test_one_at_a_time(host: Host) -> None:
    host.sh(f"mkdir -p {DIRECTORY}")
    status, said = host.run(
        f"flock {DIRECTORY}/.lock sh -c 'PYTHONPATH=/usr/local/lib/ets python3 -B -m ets_backup run panel'"
    )
    assert (status, "another backup or restore runs" in said) == (3, True)


def test_nobody_else_can_read_archives(host: Host) -> None:
    made(host, "run")
    assert host.sh(f"find {DIRECTORY} -perm /077 ! -type d; stat -c %a {DIRECTORY}") == "700"

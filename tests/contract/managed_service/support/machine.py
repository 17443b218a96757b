# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host under test: a container with systemd and a real Prometheus, looked at from outside Ansible."""

from __future__ import annotations

import json
import shlex
import subprocess
import time
import typing as t
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[4]
PROMETHEUS = "http://127.0.0.1:9090"

# What `clean` returns to: the package is installed and enabled, nothing of ours is there, nothing runs.
_PREPARE = r"""
set -eu
test ! -e /var/lib/contract-prepared || exit 0
printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
export DEBIAN_FRONTEND=noninteractive
apt-get -q update
# Debian 12 has promtool inside the package prometheus.
promtool=$(apt-cache show promtool >/dev/null 2>&1 && echo promtool || true)
apt-get -qy --no-install-recommends install prometheus $promtool strace openssl
# As on a Debian host that is no container.
mount -o remount,nosuid,nodev,noexec /run
mkdir -p /usr/local/lib/contract
cp -a /etc/prometheus /usr/local/lib/contract/etc-prometheus
# Ansible runs this instead of python3 where a test injects a fault: no hook in the code under test is needed.
cat > /usr/local/lib/contract/faulty-python <<'EOF'
#!/bin/sh
exec strace -f -qq -o /var/tmp/contract.strace $(cat /usr/local/lib/contract/fault) /usr/bin/python3 "$@"
EOF
chmod 755 /usr/local/lib/contract/faulty-python
touch /var/lib/contract-prepared
"""

_CLEAN = r"""
set -u
lock=/run/enterprise_tickets_observability/prometheus.lock
if test -e $lock && ! flock -n $lock true; then  # a run that a failed test has left behind
  kill -9 $(sed -n 's/.*pid \([0-9]*\) on this host.*/\1/p' $lock)
fi
systemctl stop prometheus.service 'contract-*.service' 2>/dev/null
for place in /etc/prometheus /etc/prometheus/rules /var/lib/enterprise_tickets_observability; do
  while mountpoint -q "$place"; do umount "$place"; done
done
rm -f /run/fill /run/systemd/system/prometheus.service
rm -rf /etc/prometheus /var/lib/enterprise_tickets_observability /run/enterprise_tickets_observability \
  /etc/systemd/system/prometheus.service* /etc/systemd/system/contract-*  /run/systemd/system/contract-* \
  /etc/systemd/system/*.wants/contract-* /etc/contract* /srv/contract* /contract* /opt/contract* \
  /usr/local/bin/* /usr/local/sbin/* \
  /var/lib/prometheus/metrics2
cp -a /usr/local/lib/contract/etc-prometheus /etc/prometheus
install -d -o prometheus -g prometheus /var/lib/prometheus /var/lib/prometheus/metrics2
rm -f /var/lib/prometheus/*.json
getent passwd contract >/dev/null && userdel contract
getent group contract >/dev/null && groupdel contract
systemctl daemon-reload
systemctl --quiet enable prometheus.service 2>/dev/null
systemctl reset-failed
exit 0
"""

_SNAPSHOT = r"""
import hashlib, json, os, stat, sys
found = {}
def add(path):
    info = os.lstat(path)
    mark = [stat.filemode(info.st_mode), info.st_uid, info.st_gid, info.st_ino, info.st_ctime_ns]
    if stat.S_ISREG(info.st_mode):
        with open(path, "rb") as handle:
            mark.append(hashlib.sha256(handle.read()).hexdigest())
    elif stat.S_ISLNK(info.st_mode):
        mark.append(os.readlink(path))
    found[path] = mark
for top in sys.argv[1:]:
    if os.path.lexists(top):
        add(top)
    for directory, directories, names in os.walk(top):
        for name in directories + names:
            add(os.path.join(directory, name))
print(json.dumps(found))
"""

MANAGED = (
    "/etc/prometheus",
    "/etc/systemd/system",
    "/usr/local/bin",
    "/var/lib/enterprise_tickets_observability",
    "/etc/passwd",
    "/etc/group",
    "/opt",
    "/srv",
)


class Machine:
    """A container, by name."""

    def __init__(self, name: str) -> None:
        self.name = name

    # -- life ----------------------------------------------------------------------------------------------------

    def boot(self, suite: str) -> None:
        """Boot a Debian system. SYS_PTRACE is what root has on a host that is no container."""
        tool = str(CHECKOUT / "tools" / "container")
        subprocess.run([tool, "start", self.name, suite, "--cap-add", "SYS_PTRACE"], check=True)

    def start(self, suite: str) -> None:
        """Boot a Debian system and install Prometheus and what the tests need."""
        self.boot(suite)
        self.sh(_PREPARE)

    def remove(self) -> None:
        subprocess.run([str(CHECKOUT / "tools" / "container"), "stop", self.name], check=True)

    def clean(self) -> None:
        """As after the installation of the package: nothing of ours, nothing running."""
        self.sh(_CLEAN)

    # -- doing ---------------------------------------------------------------------------------------------------

    def run(
        self, argv: t.Sequence[str], data: bytes | None = None, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run a program as root. With check, fail with its words when it fails."""
        done = subprocess.run(
            ["docker", "exec", *(["-i"] if data is not None else []), self.name, *argv],
            input=data,
            stdin=subprocess.DEVNULL if data is None else None,
            capture_output=True,
            check=False,
        )
        out, err = done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
        assert done.returncode == 0 or not check, f"{' '.join(argv)[:300]} → {done.returncode}\n{out}\n{err}"
        return subprocess.CompletedProcess(done.args, done.returncode, out, err)

    def sh(self, script: str, check: bool = True) -> str:
        """The output of a shell script, stripped."""
        return self.run(["sh", "-c", script], check=check).stdout.strip()

    def background(self, script: str) -> subprocess.Popen[bytes]:
        """A script that runs beside the test; wait() for it."""
        return subprocess.Popen(
            ["docker", "exec", self.name, "sh", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    def write(self, path: str, text: str, mode: str = "0644", owner: str = "root:root") -> None:
        """Write a file in place: an existing one keeps its inode, as with an editor's `:w`."""
        quoted = shlex.quote(path)
        script = f"mkdir -p $(dirname {quoted}) && cat > {quoted} && chown {owner} {quoted} && chmod {mode} {quoted}"
        self.run(["sh", "-c", script], data=text.encode())

    def systemctl(self, *words: str) -> str:
        return self.run(["systemctl", *words]).stdout.strip()

    def fault(self, *expressions: str, trace: str = "") -> None:
        """Set what strace does to the next run that uses the faulty interpreter, in strace's own words."""
        words = ["-e", f"trace={trace}"] if trace else []
        for expression in expressions:
            words += ["-e", f"inject={expression}"]
        self.write("/usr/local/lib/contract/fault", " ".join(words))

    def kill_before(self, verb: str) -> None:
        """Have whoever asks systemctl for this verb killed instead, until spare() or clean().

        /usr/local/sbin comes first in the PATH of every root process, so the code under test needs no hook.
        """
        self._systemctl(f'case " $* " in *" {verb} "*) kill -9 $PPID; exit;; esac', 'exec /usr/bin/systemctl "$@"')

    def kill_after(self, verb: str) -> None:
        """The same, once systemctl has done it and the service has had half a second."""
        self._systemctl('/usr/bin/systemctl "$@"', f'case " $* " in *" {verb} "*) sleep 0.5; kill -9 $PPID;; esac')

    def _systemctl(self, *lines: str) -> None:
        self.write("/usr/local/sbin/systemctl", "\n".join(["#!/bin/sh", *lines, ""]), mode="0755")

    def spare(self) -> None:
        """End kill_before()."""
        self.sh("rm -f /usr/local/sbin/systemctl")

    def trace(self) -> list[str]:
        """What strace saw of the last run with the faulty interpreter."""
        return self.sh("cat /var/tmp/contract.strace").splitlines()

    # -- looking -------------------------------------------------------------------------------------------------

    def read(self, path: str) -> str:
        return self.run(["cat", path]).stdout

    def exists(self, path: str) -> bool:
        """Whether something stands at a path, be it a link to nothing."""
        quoted = shlex.quote(path)
        return self.run(["sh", "-c", f"test -e {quoted} || test -L {quoted}"], check=False).returncode == 0

    def snapshot(self, *paths: str) -> dict[str, list[t.Any]]:
        """Type, rights, inode, change time and content of everything below some paths (default: all managed ones)."""
        argv = ["python3", "-c", _SNAPSHOT, *(paths or MANAGED)]
        return t.cast("dict[str, list[t.Any]]", json.loads(self.run(argv).stdout))

    def unit(self, name: str = "prometheus.service") -> dict[str, str]:
        """Properties of a unit as systemd shows them."""
        names = "ActiveState,SubState,UnitFileState,MainPID,InvocationID,NRestarts,LoadState,FragmentPath,Result"
        text = self.systemctl("show", name, "--property", names)
        return dict(line.split("=", 1) for line in text.splitlines())

    def get(self, url: str, *curl: str, check: bool = True) -> str:
        return self.run(["curl", "-sS", "--noproxy", "*", "--max-time", "10", *curl, url], check=check).stdout

    def wait_for(self, question: t.Callable[[], bool], what: str, seconds: float = 20) -> None:
        deadline = time.monotonic() + seconds
        while not question():
            assert time.monotonic() < deadline, f"waited {seconds:.0f} s in vain for {what}"
            time.sleep(0.1)

    def metric(self, name: str) -> float:
        """One metric of Prometheus itself, without labels."""
        for line in self.get(f"{PROMETHEUS}/metrics").splitlines():
            if line.startswith(name + " "):
                return float(line.split()[1])
        raise AssertionError(f"Prometheus has no metric {name}")

    @property
    def last_reload_successful(self) -> bool:
        return self.metric("prometheus_config_last_reload_successful") == 1.0

    @property
    def last_reload(self) -> float:
        """When Prometheus last loaded its configuration, seconds since the epoch."""
        return self.metric("prometheus_config_last_reload_success_timestamp_seconds")

    def loaded_rules(self, url: str = PROMETHEUS) -> dict[str, str]:
        """The rules that Prometheus evaluates now: name → expression."""
        answer = json.loads(self.get(f"{url}/api/v1/rules"))
        return {rule["name"]: rule["query"] for group in answer["data"]["groups"] for rule in group["rules"]}

    def loaded_config(self) -> str:
        """The configuration that Prometheus runs with now, as YAML."""
        return str(json.loads(self.get(f"{PROMETHEUS}/api/v1/status/config"))["data"]["yaml"])

    def leftovers(self) -> list[str]:
        """Our temporary files, journals and stages that should be gone after every run."""
        return self.sh(
            "find /etc /usr/local /opt /srv /var/lib /run -xdev"
            " \\( -name '.*.ets-*' -o -name journal.json -o -name 'stage-*' \\)"
        ).split()

    def process(self) -> tuple[str, str, str]:
        """What tells one run of the service from another."""
        unit = self.unit()
        return unit["InvocationID"], unit["MainPID"], unit["NRestarts"]

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts, checks and reloads Logstash, as its own user.

Usage: ets-logstash COMMAND [SETTINGS [LIMITS]]

  check    refuse what Logstash would not run with: run by whoever deploys it, before anything changes
  start    make the keystore and become Logstash
  wait     until every pipeline runs
  reload   have Logstash load changed pipelines, and hear whether it has

SETTINGS is a JSON file, /etc/logstash/ets.json unless given. LIMITS, for `check`, is JSON: the bytes of the heap
("heap_bytes"), and those that the queues of each pipeline may take ("queue_bytes").

Values that may be secret are files in one directory, and
become the entries of a keystore that lives as long as the service: no argument, no environment has them.
"""

from __future__ import annotations

import glob
import hashlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import typing as t
from urllib.parse import urlsplit

SETTINGS = "/etc/logstash/ets.json"
LINKED = ("logstash.yml", "pipelines.yml", "log4j2.properties")
INTERVAL = 0.5
NO_TOOL = 127

Json = t.Dict[str, t.Any]  # noqa: UP006 -- evaluated on Python 3.9


class Refusal(Exception):
    """Why it cannot go on, for people."""


# -- what is configured ----------------------------------------------------------------------------------------------


def read_settings(path: str) -> Json:
    """The settings; all keys are there, the role writes them."""
    with open(path, encoding="utf-8") as handle:
        settings: Json = json.load(handle)
    return settings


def read_pipelines(settings: Json) -> dict[str, Json]:
    """The pipelines by id. Our pipelines.yml is JSON behind comments, which is YAML, too."""
    with open(os.path.join(settings["config_dir"], "pipelines.yml"), encoding="utf-8") as handle:
        text = "".join(line for line in handle if not line.startswith("#"))
    return {item["pipeline.id"]: item for item in json.loads(text)}


def digests(settings: Json) -> dict[str, str]:
    """What tells for each pipeline whether Logstash has to load it anew: its settings and its files."""
    found = {}
    for name, item in read_pipelines(settings).items():
        digest = hashlib.sha256(json.dumps(item, sort_keys=True).encode())
        for path in sorted(glob.glob(item["path.config"])):
            with open(path, "rb") as handle:
                digest.update(path.encode() + b"\0" + handle.read() + b"\0")
        found[name] = digest.hexdigest()
    return found


# -- the keystore ----------------------------------------------------------------------------------------------------


def make_settings_directory(settings: Json, directory: str) -> None:
    """A directory for --path.settings: links to the configuration, and a keystore with the secrets.

    Raises:
        Refusal: logstash-keystore did not take a secret; it ends with 0 in that case, too.
    """
    os.makedirs(directory, mode=0o700, exist_ok=True)
    for name in LINKED:
        target = os.path.join(settings["config_dir"], name)
        link = os.path.join(directory, name)
        if os.path.lexists(link):
            os.unlink(link)
        if os.path.exists(target):
            os.symlink(target, link)
    keystore = os.path.join(directory, "logstash.keystore")
    if os.path.exists(keystore):
        os.unlink(keystore)
    # "y": without a password, which would have to lie beside it. It is readable by nobody but Logstash.
    _keystore(settings, directory, ["create"], "y\n", "created logstash keystore")
    for name in sorted(os.listdir(settings["secrets_dir"])):
        if name.startswith("."):
            continue
        with open(os.path.join(settings["secrets_dir"], name), encoding="ascii") as handle:
            _keystore(
                settings, directory, ["add", name], handle.read().rstrip("\n") + "\n", "added '%s'" % name.lower()
            )


def _keystore(settings: Json, directory: str, words: list[str], stdin: str, confirmed_by: str) -> None:
    program = os.path.join(settings["home"], "bin", "logstash-keystore")
    done = subprocess.run(
        [program, "--path.settings", directory, *words],
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=_environment({}),
        encoding="utf-8",
        check=False,
    )
    if done.returncode or confirmed_by not in done.stdout.lower():
        raise Refusal("logstash-keystore %s: %s" % (" ".join(words), done.stdout.strip()))


def _environment(more: t.Mapping[str, str]) -> dict[str, str]:
    """What Logstash's programs are given: of our own environment only what they need."""
    kept = {
        name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "JAVA_HOME", "LS_JAVA_HOME") if name in os.environ
    }
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", **kept, **more}


# -- commands --------------------------------------------------------------------------------------------------------


def check(settings: Json, limits: Json) -> int:
    """Refuse what Logstash would not run with, or what would harm the host.

    Args:
        settings: The settings.
        limits: What it may take of the host; see above.

    Raises:
        Refusal: The host cannot carry it.
    """
    logstash = os.path.join(settings["home"], "bin", "logstash")
    if not os.path.exists(logstash):
        return NO_TOOL
    problems = [
        *_memory_problems(limits["heap_bytes"]),
        *_disk_problems(limits["queue_bytes"], settings["data_dir"]),
        *_key_problems(settings["tls_key_file"]),
    ]
    if problems:
        raise Refusal("\n".join(problems))
    directory = tempfile.mkdtemp(prefix="ets-logstash-")
    try:
        make_settings_directory(settings, directory)
        # Its data and logs are elsewhere, so that it neither waits for nor disturbs the one that runs.
        words = [logstash, "--path.settings", directory, "--path.data", os.path.join(directory, "data")]
        words += ["--path.logs", os.path.join(directory, "logs"), "--config.test_and_exit"]
        done = subprocess.run(words, env=_environment(settings["environment"]), check=False)
        return done.returncode
    finally:
        shutil.rmtree(directory)


def _memory() -> int:
    """The host's memory, in bytes."""
    with open("/proc/meminfo", encoding="ascii") as handle:
        return next(int(line.split()[1]) * 1024 for line in handle if line.startswith("MemTotal:"))


def _memory_problems(heap: int) -> t.Iterator[str]:
    total = _memory()
    if heap * 2 > total:
        yield "logstash_heap_size: found %d MiB, expected at most half of the host's memory of %d MiB." % (
            heap >> 20,
            total >> 20,
        )


def _disk_problems(queues: t.Mapping[str, int], data_dir: str) -> t.Iterator[str]:
    """Logstash itself only warns that its queues may fill the disk."""
    needed = sum(queues.values())
    path = data_dir
    while not os.path.isdir(path):
        path = os.path.dirname(path)
    used = sum(_size(os.path.join(data_dir, name)) for name in ("queue", "dead_letter_queue"))
    free = shutil.disk_usage(path).free + used
    if needed > free:
        yield (
            "logstash_queue_max_bytes and logstash_dead_letter_queue_max_bytes: the queues of %s may grow to %d MiB "
            "together, expected at most the %d MiB that are free in %s."
            % (", ".join(sorted(queues)), needed >> 20, free >> 20, path)
        )


def _size(directory: str) -> int:
    """Bytes in a directory; files that go meanwhile do not count."""
    total = 0
    for top, _directories, names in os.walk(directory):
        for name in names:
            try:
                total += os.lstat(os.path.join(top, name)).st_blocks * 512
            except FileNotFoundError:
                continue
    return total


def _key_problems(path: str) -> t.Iterator[str]:
    """The beats input reads PKCS#8 only, which shows at the start and not in a test of the configuration."""
    if path and os.path.exists(path):
        with open(path, encoding="ascii") as handle:
            if "-----BEGIN PRIVATE KEY-----" not in handle.read():
                yield (
                    "logstash_tls_key_file: %s is not in the form PKCS#8 (BEGIN PRIVATE KEY), the only one that the "
                    "beats input reads; `openssl pkcs8 -topk8 -nocrypt` converts it." % path
                )


def start(settings: Json) -> int:
    """Make the keystore and become Logstash."""
    directory = os.path.join(settings["run_dir"], "settings")
    make_settings_directory(settings, directory)
    _remember(settings, digests(settings))
    program = os.path.join(settings["home"], "bin", "logstash")
    os.execve(program, [program, "--path.settings", directory], _environment(settings["environment"]))


def wait(settings: Json, process: int) -> int:
    """Wait until every pipeline runs.

    Args:
        settings: The settings.
        process: Logstash's process; when it ends, so does the wait.

    Raises:
        Refusal: A pipeline does not run, or not in time.
    """
    deadline = time.monotonic() + settings["timeout"]
    wanted = set(read_pipelines(settings))
    while True:
        states = pipeline_states(settings)
        waiting = sorted(name for name in wanted if states.get(name) != "RUNNING")
        if not waiting:
            return 0
        errors = reload_counters(settings)
        for name in waiting:
            if states.get(name) in ("TERMINATED", "FINISHED"):
                raise Refusal("the pipeline %s is %s; its log says why" % (name, states[name].lower()))
            if errors.get(name, {}).get("failures"):
                raise Refusal("the pipeline %s did not start: %s" % (name, errors[name]["error"]))
        _go_on(process, deadline, "the pipelines do not run: %s" % ", ".join(waiting))


def reload(settings: Json, process: int) -> int:
    """Have Logstash load what has changed.

    Logstash does so on SIGHUP, and leaves alone what has not changed. It does not look by itself
    (config.reload.automatic): it would find files of which half are new.

    Raises:
        Refusal: It has not loaded a pipeline; the old one may still run.
    """
    (before, settled), after = _remembered(settings), digests(settings)
    changed = {name for name in after if name in before and before[name] != after[name]}
    if before == after and settled:
        return 0
    counted = reload_counters(settings)
    # Should it fail, Logstash may have stopped a pipeline: then the files of before have to be loaded as well.
    _remember(settings, before, settled=False)
    os.kill(process, signal.SIGHUP)
    deadline = time.monotonic() + settings["timeout"]
    while True:
        states, now = pipeline_states(settings), reload_counters(settings)
        waiting = {name for name in set(before) - set(after) if states.get(name) == "RUNNING"}
        for name in sorted(after):
            old, new = counted.get(name, {}), now.get(name, {})
            if new.get("failures", 0) > old.get("failures", 0):
                raise Refusal("the pipeline %s was not loaded: %s" % (name, new["error"]))
            loaded = name not in changed or new.get("successes", 0) > old.get("successes", 0)
            if not loaded or states.get(name) != "RUNNING":
                waiting.add(name)
        if not waiting:
            _remember(settings, after)
            return 0
        _go_on(process, deadline, "these pipelines were not loaded: %s" % ", ".join(sorted(waiting)))


def _go_on(process: int, deadline: float, why_not: str) -> None:
    if not os.path.exists("/proc/%d" % process):
        raise Refusal("Logstash has ended, and %s" % why_not)
    if time.monotonic() > deadline:
        raise Refusal("in time, %s" % why_not)
    time.sleep(INTERVAL)


def _loaded_file(settings: Json) -> str:
    return os.path.join(settings["run_dir"], "loaded.json")


def _remember(settings: Json, loaded: dict[str, str], settled: bool = True) -> None:
    """Note what Logstash has last confirmed to have loaded, and whether it was not told to load since."""
    with open(_loaded_file(settings), "w", encoding="utf-8") as handle:
        json.dump({"loaded": loaded, "settled": settled}, handle)


def _remembered(settings: Json) -> tuple[dict[str, str], bool]:
    with open(_loaded_file(settings), encoding="utf-8") as handle:
        noted = json.load(handle)
    return noted["loaded"], noted["settled"]


# -- Logstash's API --------------------------------------------------------------------------------------------------


def pipeline_states(settings: Json) -> dict[str, str]:
    """What each pipeline does (LOADING, RUNNING, FINISHED, TERMINATED), from the health report that 8.16 brought."""
    report = _get(settings, "/_health_report").get("indicators", {}).get("pipelines", {}).get("indicators", {})
    return {name: str(item["details"]["status"]["state"]).upper() for name, item in report.items()}


def reload_counters(settings: Json) -> dict[str, Json]:
    """For each pipeline how often it was loaded anew, how often that failed, and why the last time."""
    found = {}
    for name, item in _get(settings, "/_node/stats/pipelines").get("pipelines", {}).items():
        counts = item.get("reloads") or {}
        error = (counts.get("last_error") or {}).get("message", "")
        found[name] = {"successes": counts.get("successes", 0), "failures": counts.get("failures", 0), "error": error}
    return found


def _get(settings: Json, path: str) -> Json:
    """The answer of Logstash's API; empty while it has none."""
    where = urlsplit(settings["api"])
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        return t.cast(Json, json.loads(body)) if answer.status == 200 else {}
    except (OSError, http.client.HTTPException, ValueError):
        return {}
    finally:
        connection.close()


def main(arguments: list[str]) -> int:
    """Run a command; returns the exit status."""
    settings = read_settings(arguments[1] if len(arguments) > 1 else SETTINGS)
    command = arguments[0] if arguments else ""
    try:
        if command == "check":
            return check(settings, json.loads(arguments[2]))
        if command == "start":
            return start(settings)
        if command in ("wait", "reload"):
            return {"wait": wait, "reload": reload}[command](settings, int(os.environ["MAINPID"]))
    except Refusal as refusal:
        print("ets-logstash: %s" % refusal, file=sys.stderr)
        return 1
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

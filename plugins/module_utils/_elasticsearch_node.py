# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. A node of Elasticsearch around its start: what it needs before, and what must follow.

Facts of 8.19 and 9.x: elastic/elasticsearch, ReservedRealm.java (bootstrap.password counts until the password is
set for the first time), ResetPasswordTool.java, AutoConfigureNode.java, KeyStoreWrapper.java; docs-content,
"Bootstrapping a cluster", "Rolling restart".
"""

from __future__ import annotations

import grp
import os
import re
import subprocess
import time
import typing as t
from dataclasses import dataclass

from ansible_collections.enterprise_tickets.observability.plugins.module_utils._elasticsearch import (
    Elasticsearch,
    ElasticsearchError,
    reason,
)
from ansible_collections.enterprise_tickets.observability.plugins.module_utils._rest import Login

#: What the package configures by itself: with it, Elasticsearch refuses certificates in PEM format, or takes a password
#: that nobody knows.
AUTOMATIC: t.Final = re.compile(
    r"autoconfiguration\.password_hash|xpack\.security\.(http|transport)\.ssl\.(key|trust)store\.secure_password"
)
BOOTSTRAP_PASSWORD: t.Final = "bootstrap.password"
#: Read by our unit; it does not outlive a boot of the host, and is not needed after the first start.
BOOTSTRAP_FILE: t.Final = "/run/ets-elasticsearch/bootstrap.env"
ALLOCATION: t.Final = "cluster.routing.allocation.enable"
#: What the role sets before a restart.
RESTRICTED: t.Final = "primaries"
#: Elasticsearch gives a node that uses more no further shards, and above the second makes indices read-only.
LOW_WATERMARK: t.Final = 0.85
FLOOD_STAGE: t.Final = 0.95
#: Seconds for which a yellow cluster that has nothing to do any more must stay so.
_QUIET: t.Final = 10.0


class NodeError(Exception):
    """It did not work; the message is for people and holds no secret."""


@dataclass(frozen=True)
class Node:
    """A node on this host.

    Attributes:
        name: Its name in the cluster.
        home: Where the package's programs are.
        config_dir: Its configuration.
        data_dir: Its data.
        server: How it is asked, as the superuser.
        login: The superuser.
        others: The same for the other nodes.
    """

    name: str
    home: str
    config_dir: str
    data_dir: str
    server: Elasticsearch
    login: Login
    others: tuple[Elasticsearch, ...] = ()

    @property
    def bootstrapped(self) -> bool:
        """Whether it has been part of a cluster: its state is there, since 7.x in this directory."""
        return os.path.isdir(os.path.join(self.data_dir, "_state"))

    @property
    def installed(self) -> bool:
        """Whether the package is there."""
        return os.path.exists(self._program("elasticsearch-keystore"))

    def _program(self, name: str) -> str:
        return os.path.join(self.home, "bin", name)

    def run(self, program: str, *arguments: str, text: str = "") -> str:
        """Run one of the package's programs; secrets come as its standard input.

        Raises:
            NodeError: It failed.
        """
        environment = {**os.environ, "ES_PATH_CONF": self.config_dir}
        command = [self._program(program), *arguments]
        done = subprocess.run(command, input=text, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            words = (done.stderr.strip() or done.stdout.strip()).replace(self.login.password, "********")
            raise NodeError("%s %s: exit code %d: %s" % (program, arguments[0], done.returncode, words))
        return done.stdout


# -- before anything changes -----------------------------------------------------------------------------


def memory_problem(heap: int, path: str = "/proc/meminfo") -> str:
    """What is wrong with a heap of so many bytes on this host; 0 leaves it to Elasticsearch, which takes half."""
    with open(path, encoding="ascii") as file:
        found = re.search(r"^MemTotal:\s+(\d+) kB", file.read(), re.MULTILINE)
    total = int(found.group(1)) * 1024 if found else 0
    if not total or heap <= total / 2:
        return ""
    return (
        "elasticsearch_heap_size: found %d MiB, expected half of the host's memory at most, which is %d MiB: "
        "Elasticsearch needs the other half for its caches." % (heap >> 20, total >> 21)
    )


def disk_warning(path: str, usage: t.Callable[[str], t.Any] = os.statvfs) -> str:
    """What is to be said about the disk of a directory that may not be there yet, or an empty text."""
    while not os.path.exists(path):
        path = os.path.dirname(path)
    found = usage(path)
    used = 1 - found.f_bavail / found.f_blocks if found.f_blocks else 0.0
    if used < LOW_WATERMARK:
        return ""
    what = "makes its indices read-only" if used >= FLOOD_STAGE else "gives this node no further shards"
    return "%s: %d %% of the disk are used; from %d %% on Elasticsearch %s." % (
        path,
        used * 100,
        (FLOOD_STAGE if used >= FLOOD_STAGE else LOW_WATERMARK) * 100,
        what,
    )


def unsettled(node: Node) -> str:
    """Why a node is not a whole part of its cluster, or an empty text."""
    try:
        status, answer = node.server.answer("GET", "/")
        if status != 200:
            return "%d %s" % (status, reason(answer))
        if node.name not in _names(node.server):
            return "it is not in its cluster"
        if _allocation(node.server) == RESTRICTED:
            return "%s is %r, which an earlier run has left" % (ALLOCATION, RESTRICTED)
    except ElasticsearchError as error:
        return str(error)
    return ""


# -- before the start ------------------------------------------------------------------------------------


def prepare(node: Node, seed: bool, check_mode: bool) -> list[str]:
    """See to it that the node starts as part of one cluster, and that the superuser's password is the wished one.

    Args:
        node: The node.
        seed: Whether it begins the cluster where there is none yet.
        check_mode: Tell only what would be done.

    Returns:
        What was done, in words; nothing for a node that runs as it should.

    Raises:
        NodeError, ElasticsearchError: It did not work.
    """
    if node.bootstrapped:
        _forget_bootstrap(check_mode)
        return _keystore(node, "", check_mode) + _password(node, check_mode)
    done = _keystore(node, node.login.password, check_mode)
    if seed and not _cluster_elsewhere(node):
        done.append("it begins the cluster")
        if not check_mode:
            os.makedirs(os.path.dirname(BOOTSTRAP_FILE), 0o755, exist_ok=True)
            with open(BOOTSTRAP_FILE, "w", encoding="ascii") as file:
                file.write("ETS_BOOTSTRAP=-Ecluster.initial_master_nodes=%s\n" % node.name)
    else:
        _forget_bootstrap(check_mode)
    return done


def _forget_bootstrap(check_mode: bool) -> None:
    if not check_mode and os.path.exists(BOOTSTRAP_FILE):
        os.unlink(BOOTSTRAP_FILE)


def _keystore(node: Node, password: str, check_mode: bool) -> list[str]:
    """Take out what the package has put in by itself, and put the first password in."""
    if not node.installed:
        return ["the keystore would be made"] if check_mode else []
    path = os.path.join(node.config_dir, "elasticsearch.keystore")
    done: list[str] = []
    if not os.path.exists(path):
        done.append("the keystore is made")
        if not check_mode:
            node.run("elasticsearch-keystore", "create")
    there = node.run("elasticsearch-keystore", "list").split() if os.path.exists(path) else []
    automatic = [name for name in there if AUTOMATIC.fullmatch(name)]
    if automatic:
        done.append("what the package has configured by itself is taken out of the keystore")
        if not check_mode:
            node.run("elasticsearch-keystore", "remove", *automatic)
    if password:
        # What is in there cannot be compared without showing it.
        done.append("the first password is put into the keystore")
        if not check_mode:
            node.run("elasticsearch-keystore", "add", "-x", "-f", BOOTSTRAP_PASSWORD, text=password + "\n")
    if done and not check_mode:
        os.chown(path, 0, grp.getgrnam("elasticsearch").gr_gid)
        os.chmod(path, 0o660)
    return done


def _password(node: Node, check_mode: bool) -> list[str]:
    try:
        status, answer = node.server.answer("GET", "/_security/_authenticate")
    except ElasticsearchError:  # it does not run; once it does, the readiness probe logs in
        return []
    if status == 503:  # without a master nobody can log in
        return []
    if status == 200:
        return []
    if status != 401:
        raise NodeError("GET /_security/_authenticate: %d %s" % (status, reason(answer)))
    if not check_mode:
        text = "%s\n%s\n" % (node.login.password, node.login.password)
        node.run("elasticsearch-reset-password", "-b", "-i", "-u", node.login.user, text=text)
    return ["the password of %s is set" % node.login.user]


def _cluster_elsewhere(node: Node) -> bool:
    """Whether another node has a cluster already, which this one has to join then."""
    for other in node.others:
        try:
            status, _answer = other.answer("GET", "/")
        except ElasticsearchError:  # nobody there, or somebody with a certificate of another authority
            continue
        if status == 200:
            return True
        if status == 401:
            raise NodeError(
                "elasticsearch_elastic_password: %s runs and does not take it, so it cannot be told whether there is a "
                "cluster that this node has to join. Run the play for that host first." % other.url
            )
    return False


# -- after the start -------------------------------------------------------------------------------------


def settle(node: Node, timeout: float) -> dict[str, t.Any]:
    """Let shards be allocated again, and wait until the node is in the cluster and the cluster is whole.

    Args:
        node: The node.
        timeout: Seconds.

    Returns:
        Status and number of nodes.

    Raises:
        NodeError: It does not become so in time.
        ElasticsearchError: A request failed that must not.
    """
    end = time.monotonic() + timeout
    quiet_since = 0.0
    why_not = ""
    while True:
        try:
            health = node.server.ask("GET", "/_cluster/health")
            if node.name in _names(node.server):
                if _allocation(node.server) == RESTRICTED:
                    node.server.ask("PUT", "/_cluster/settings", {"persistent": {ALLOCATION: None}})
                    health = node.server.ask("GET", "/_cluster/health")
                quiet = health["status"] == "green" or _has_nothing_to_do(health)
                quiet_since = (quiet_since or time.monotonic()) if quiet else 0.0
                if health["status"] == "green" or (quiet and time.monotonic() - quiet_since >= _QUIET):
                    _forget_bootstrap(False)
                    return {"status": health["status"], "nodes": health["number_of_nodes"]}
                why_not = "it is %s, %d shards are unassigned" % (
                    health["status"],
                    health["unassigned_shards"],
                )
            else:
                why_not = "it has not joined the cluster"
        except ElasticsearchError as error:
            why_not = str(error)
        if time.monotonic() > end:
            raise NodeError("%s is not whole after %d s: %s" % (node.name, timeout, why_not))
        time.sleep(0.5)


def _has_nothing_to_do(health: dict[str, t.Any]) -> bool:
    """Yellow for good, as one node with copies of its shards is."""
    waiting = ("initializing_shards", "relocating_shards", "delayed_unassigned_shards", "number_of_pending_tasks")
    return bool(health["status"] == "yellow") and not any(health.get(key) for key in waiting)


def _names(server: Elasticsearch) -> set[str]:
    answer = server.ask("GET", "/_nodes/_all?filter_path=nodes.*.name")
    return {item["name"] for item in answer.get("nodes", {}).values()}


def _allocation(server: Elasticsearch) -> str:
    answer = server.ask("GET", "/_cluster/settings?flat_settings=true")
    return str(answer.get("persistent", {}).get(ALLOCATION, ""))

# Copyright (c) 2026, Enterprise Tickets contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. A PostgreSQL role that may watch and nothing else: what is there, and what to change.

psql gets its SQL over standard input, so that nothing of it is seen in a list of processes, and the server is asked not
to log it. A password travels as the verifier that the server stores, never as itself.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import pwd
import re
import subprocess
import typing as t
from dataclasses import dataclass

MARK = "Managed by Ansible (enterprise_tickets.observability)"
"""The comment on a role that we made; only such a role is ever changed."""
WANTED_MEMBERSHIP = "pg_monitor"
STATEMENTS_EXTENSION = "pg_stat_statements"
ITERATIONS = 4096
"""PostgreSQL's own number of rounds."""

_NAME = re.compile(r"[a-z_][a-z0-9_$]{0,62}\Z")
_VERIFIER = re.compile(r"SCRAM-SHA-256\$(\d+):([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+):([A-Za-z0-9+/=]+)\Z")
_POWERS = ("superuser", "createrole", "createdb", "replication", "bypassrls")

_QUIET = """
SET log_statement = 'none';
SET log_min_duration_statement = -1;
SET log_min_error_statement = 'panic';
SET pg_stat_statements.track_utility = off;
SET standard_conforming_strings = on;
"""
_LOOK = """
SELECT json_build_object(
  'recovery', pg_is_in_recovery(),
  'libraries', current_setting('shared_preload_libraries'),
  'extensions', (SELECT COALESCE(json_agg(extname), '[]') FROM pg_catalog.pg_extension),
  'role', (
    SELECT json_build_object(
      'superuser', a.rolsuper, 'createrole', a.rolcreaterole, 'createdb', a.rolcreatedb,
      'replication', a.rolreplication, 'bypassrls', a.rolbypassrls, 'login', a.rolcanlogin, 'inherit', a.rolinherit,
      'password', a.rolpassword, 'comment', shobj_description(a.oid, 'pg_authid'),
      'memberships', (
        SELECT COALESCE(json_agg(DISTINCT g.rolname), '[]')
        FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles g ON g.oid = m.roleid WHERE m.member = a.oid))
    FROM pg_catalog.pg_authid a WHERE a.rolname = %s));
"""


class PostgresqlError(Exception):
    """The role cannot be brought about; the message is for people."""


class ServerUnreachable(PostgresqlError):
    """psql got no connection; the message holds its words."""


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server on this host, and how to administer it.

    Attributes:
        name: What the inventory calls it.
        socket: Directory of its socket.
        port: Its port, which names the socket.
        admin: User of the operating system who is superuser there (peer authentication).
        database: Database to connect to; the one the exporter uses.
    """

    name: str
    socket: str
    port: int
    admin: str
    database: str


@dataclass(frozen=True)
class Wish:
    """How the role should be.

    Attributes:
        role: Its name.
        password: Its password; empty where it needs none (peer authentication).
        statements: Whether the database should have the extension pg_stat_statements.
    """

    role: str
    password: str = ""
    statements: bool = False

    def problem(self) -> str:
        """Why this cannot be wished, empty where it can."""
        if not _NAME.match(self.role) or self.role.startswith("pg_"):
            return "%r is no name for the role; small letters, digits and underscores are expected" % self.role
        if any(not 32 <= ord(char) < 127 for char in self.password):
            return "the password of %s has characters outside ASCII, which drivers treat differently" % self.role
        return ""


@dataclass(frozen=True)
class Statement:
    """A statement of SQL, and how it may be shown."""

    sql: str
    shown: str


@dataclass(frozen=True)
class State:
    """What the server has."""

    recovery: bool
    libraries: str
    extensions: tuple[str, ...]
    role: dict[str, t.Any] | None

    @classmethod
    def parse(cls, text: str) -> State:
        """Read the answer to the look."""
        data = json.loads(text)
        return cls(data["recovery"], data["libraries"], tuple(data["extensions"]), data["role"])


def scram_verifier(password: str, salt: bytes, iterations: int = ITERATIONS) -> str:
    """What PostgreSQL stores of a password, see RFC 5803.

    Args:
        password: ASCII text.
        salt: Random bytes.
        iterations: Number of rounds.
    """
    salted = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, iterations)
    stored = hashlib.sha256(hmac.new(salted, b"Client Key", hashlib.sha256).digest()).digest()
    server = hmac.new(salted, b"Server Key", hashlib.sha256).digest()
    return "SCRAM-SHA-256$%d:%s$%s:%s" % (iterations, _base64(salt), _base64(stored), _base64(server))


def is_password(password: str, stored: str | None) -> bool:
    """Whether a stored verifier belongs to a password. An MD5 hash of older days never does: it is to be replaced."""
    match = _VERIFIER.match(stored or "")
    if match is None:
        return False
    salt = base64.b64decode(match.group(2))
    return hmac.compare_digest(scram_verifier(password, salt, int(match.group(1))), stored or "")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def statements(state: State, wish: Wish, salt: bytes) -> list[Statement]:
    """What has to be told to the server.

    Args:
        state: What it has.
        wish: What it should have.
        salt: Random bytes for a new verifier.

    Raises:
        PostgresqlError: The role exists, is not ours and is not as it should be.
    """
    found = _role_statements(state.role, wish, salt)
    if found and state.role is not None and state.role["comment"] != MARK:
        raise PostgresqlError(
            "The role %s exists and was not made by this collection, so it is left as it is. It would need: %s. "
            "Choose another name, drop the role, or give it the comment '%s' to hand it over."
            % (wish.role, "; ".join(statement.shown for statement in found), MARK)
        )
    if wish.statements and STATEMENTS_EXTENSION not in state.extensions:
        found.append(_plain("CREATE EXTENSION IF NOT EXISTS %s" % STATEMENTS_EXTENSION))
    return found


def _role_statements(role: dict[str, t.Any] | None, wish: Wish, salt: bytes) -> list[Statement]:
    name = '"%s"' % wish.role
    found = []
    if role is None:
        found.append(_plain("CREATE ROLE %s LOGIN" % name))
        found.append(_plain("COMMENT ON ROLE %s IS %s" % (name, literal(MARK))))
    else:
        wrong = ["NO" + power.upper() for power in _POWERS if role[power]]
        wrong += [word.upper() for word in ("login", "inherit") if not role[word]]
        if wrong:
            found.append(_plain("ALTER ROLE %s %s" % (name, " ".join(wrong))))
    memberships = role["memberships"] if role is not None else []
    found += [_plain('REVOKE "%s" FROM %s' % (group, name)) for group in memberships if group != WANTED_MEMBERSHIP]
    if WANTED_MEMBERSHIP not in memberships:
        found.append(_plain("GRANT %s TO %s" % (WANTED_MEMBERSHIP, name)))
    if wish.password and not is_password(wish.password, role["password"] if role is not None else None):
        sql = "ALTER ROLE %s PASSWORD %%s" % name
        found.append(Statement(sql % literal(scram_verifier(wish.password, salt)), sql % "'********'"))
    return found


def _plain(sql: str) -> Statement:
    return Statement(sql, sql)


def literal(text: str) -> str:
    """A text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


class Psql:
    """Runs psql as the administrator of a server."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def state(self, role: str) -> State:
        """What the server has.

        Raises:
            ServerUnreachable: There is no psql or no connection.
            PostgresqlError: The administrator may not look.
        """
        return State.parse(self._run(_QUIET + _LOOK % literal(role)))

    def execute(self, found: t.Sequence[Statement]) -> None:
        """Execute statements, all of them or none.

        Raises:
            PostgresqlError: The server refused one.
        """
        body = "".join(statement.sql + ";\n" for statement in found)
        self._run("%sBEGIN;\n%sCOMMIT;\n" % (_QUIET, body))

    def _run(self, sql: str) -> str:
        server = self._server
        try:
            account = pwd.getpwnam(server.admin)
        except KeyError:
            raise ServerUnreachable(
                "there is no user %s on this host, as whom PostgreSQL is administered" % server.admin
            ) from None
        argv = ["psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"]
        argv += ["--host=" + server.socket, "--port=%d" % server.port, "--username=" + server.admin]
        argv += ["--dbname=" + server.database]
        try:
            done = subprocess.run(
                argv,
                input=sql,
                capture_output=True,
                text=True,
                user=account.pw_uid,
                group=account.pw_gid,
                extra_groups=os.getgrouplist(account.pw_name, account.pw_gid),
                cwd="/",
                env={"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "PGCONNECT_TIMEOUT": "10"},
                timeout=120,
                check=False,
            )
        except FileNotFoundError:
            raise ServerUnreachable("there is no psql on this host") from None
        except subprocess.TimeoutExpired:
            raise ServerUnreachable("psql got no answer within 120 seconds") from None
        if done.returncode == 0:
            return done.stdout
        words = _words(done.stderr)
        # psql ends with 2 when the connection failed, with 3 when a statement did.
        if done.returncode == 2:
            raise ServerUnreachable(words)
        raise PostgresqlError(words)


def _words(output: str) -> str:
    """psql's complaints without the statement that they are about: it may hold a verifier."""
    lines = [line for line in output.splitlines() if re.match(r"psql|\s*ERROR|\s*FATAL|\s*Is the server|\t", line)]
    return " ".join(line.strip() for line in lines if not line.startswith("LINE")) or "psql failed"

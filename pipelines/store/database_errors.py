"""Errors of the database: what time can mend, what it cannot, and the remedy. Decided by SQLSTATE alone.

The texts of PostgreSQL are in the language of the server. See docs/adr/0135-refusals-of-a-database.md.
"""

import os
import re
import select
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic

import psycopg
from psycopg import pq

from pipelines.addresses.dsn import address_of
from pipelines.addresses.mask import without_credentials

DIAGNOSIS_S = 6.0
"""Longest time, in seconds, of a connection that is opened to learn why another failed. [assumption]"""
EXHAUSTED = "54"
"""SQLSTATE class "program limit exceeded": psycopg calls it operational, but a retry cannot succeed. [PostgreSQL 18,
appendix A]"""
_TRACED_STATE = re.compile(rb' C "([0-9A-Z]{5})"')
"""SQLSTATE in the protocol trace of libpq. [PostgreSQL 18, PQtrace]"""
_WRONG_PASSWORD = "28P01"  # noqa: S105 - a code
"""SQLSTATE of a password that is missing or wrong. [PostgreSQL 18, appendix A]"""


class DatabaseUnavailable(ConnectionError):
    """The database cannot be used at present. The message names its address and no password."""


class StatementTooSlow(DatabaseUnavailable):
    """A statement took longer than `pipelines.store.pool.STATEMENT_TIMEOUT_MS`, so that less work may succeed."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Answer to an error of the database. waits: whether a retry may succeed without a change of the configuration."""

    waits: bool
    remedy: str


_NO_TABLES = Refusal(
    True, "tables are missing or changed: run simpang store migrate, or restore all tables from the same backup"
)
"""Answer to tables that are not as this program needs them."""
_BLOCKED = Refusal(True, "find the session that locks the tables or slows the server, in pg_stat_activity")
"""Answer to a lock or a statement that took too long."""
_DAMAGED = Refusal(True, "see the log of the database server")
"""Answer to files of the server that cannot be read."""

REFUSALS = {
    "08": Refusal(True, "check the network, and that the database runs"),
    "0A": Refusal(False, "correct store.dsn, or update the database server"),
    "22023": Refusal(False, "correct the parameters in store.dsn"),
    "25006": Refusal(
        True,
        "it is read-only: promote it, end default_transaction_read_only, or name the primary in store.dsn",
    ),
    "25P03": Refusal(True, "raise idle_in_transaction_session_timeout of the server"),
    "25P04": Refusal(True, "raise transaction_timeout of the server"),
    "28P01": Refusal(False, "correct store.dsn: user or password is refused"),
    "28": Refusal(
        False, "create the user, admit it in pg_hba.conf of the server, or correct user and sslmode in store.dsn"
    ),
    "3D": Refusal(False, "create the database (CREATE DATABASE ... ENCODING 'UTF8'), or correct its name in store.dsn"),
    "3F000": _NO_TABLES,
    "42501": Refusal(
        True, "let its owner GRANT the user of store.dsn the right, or run simpang store migrate as the owner"
    ),
    "42703": _NO_TABLES,
    "42P01": _NO_TABLES,
    "42P10": _NO_TABLES,
    "42704": Refusal(False, "correct the options in store.dsn"),
    "53100": Refusal(True, "free some space on the disk of the database server"),
    "53300": Refusal(True, "raise max_connections of the server or the role, or close other programs"),
    "53": Refusal(True, "give the database server more resources"),
    "55000": Refusal(False, "let the database accept connections: ALTER DATABASE ... ALLOW_CONNECTIONS true"),
    "55006": _BLOCKED,
    "55P03": _BLOCKED,
    "57014": _BLOCKED,
    "57P": Refusal(True, "wait until the server has started"),
    "57P04": Refusal(True, "restore the database that was dropped, or correct its name in store.dsn"),
    "57P05": Refusal(True, "raise idle_session_timeout of the server"),
    "58": _DAMAGED,
    "XX001": _DAMAGED,
    "XX002": _DAMAGED,
}
"""SQLSTATE, or its start, -> the answer. The longest start applies. [PostgreSQL 18, appendix A]"""

NO_ANSWER = "check that it runs, the network, and host, port and sslmode in store.dsn"
"""Remedy for a server that gives no SQLSTATE."""
_WAITED = ("25006", "25P03", "25P04", "3F000", "42501", "42703", "42P01", "42P10", "XX001", "XX002")
"""SQLSTATEs that psycopg does not call operational, though a retry may succeed: read-only, two time-outs, and what an
administrator may mend: a right, missing tables, damaged files. No event causes any of them. [PostgreSQL 18, appendix A]
"""


def refusal_for(sqlstate: str | None) -> Refusal | None:
    """Return the answer to an error with this SQLSTATE.

    >>> refusal_for("28P01").waits, refusal_for("53300").waits, refusal_for("XX000")
    (False, True, None)
    """
    starts = [(sqlstate or "")[:length] for length in (5, 4, 3, 2)]
    return next((REFUSALS[start] for start in starts if start in REFUSALS), None)


def is_outage(error: psycopg.Error) -> bool:
    """Return whether a retry may succeed: the server is down, busy, full or read-only, or a right is missing."""
    if error.sqlstate in _WAITED:
        return True
    operational = isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    return operational and not (error.sqlstate or "").startswith(EXHAUSTED)


def explained(conninfo: str, error: Exception, sqlstate: str | None = None) -> str:
    """Return one line: the database, its error, and the remedy where there is one."""
    refusal = refusal_for(sqlstate or getattr(error, "sqlstate", None))
    line = f"database {address_of(conninfo)}: {one_line(error)}"
    return f"{line}; {refusal.remedy}" if refusal else line


def one_line(error: Exception) -> str:
    """Return the first line of the message, without the hints that libpq adds below it, and without secrets."""
    return without_credentials((str(error).splitlines() or [""])[0])


def sqlstate_of_connection(conninfo: str, error: psycopg.OperationalError) -> str | None:
    """Return the SQLSTATE with which the server refuses a connection; None where it does not answer.

    libpq has it, and psycopg does not pass it on. A second connection is therefore traced, in memory.
    """
    if error.sqlstate is not None or isinstance(error, psycopg.errors.ConnectionTimeout):
        return error.sqlstate
    if error.pgconn is not None and error.pgconn.needs_password:
        return _WRONG_PASSWORD
    with suppress(OSError, psycopg.Error, AttributeError):
        traced = _TRACED_STATE.findall(_trace_of_connection(conninfo))
        if traced:
            return str(traced[-1].decode())
    return _WRONG_PASSWORD if error.pgconn is not None and error.pgconn.used_password else None


def _trace_of_connection(conninfo: str) -> bytes:
    """Return the messages between client and server while a connection is opened."""
    deadline = monotonic() + DIAGNOSIS_S
    connection = pq.PGconn.connect_start(conninfo.encode())
    trace = os.memfd_create("simpang-libpq-trace")
    try:
        connection.trace(trace)
        while (state := connection.connect_poll()) not in (pq.PollingStatus.OK, pq.PollingStatus.FAILED):
            sockets = ([connection.socket], []) if state == pq.PollingStatus.READING else ([], [connection.socket])
            if monotonic() > deadline or not any(select.select(*sockets, [], max(0.0, deadline - monotonic()))):
                break
        connection.untrace()  # writes what is in its buffer
        return os.pread(trace, os.fstat(trace).st_size, 0)
    finally:
        connection.untrace()
        connection.finish()
        os.close(trace)

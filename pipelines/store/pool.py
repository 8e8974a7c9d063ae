"""Pool of connections to the database: the embedded PostgreSQL, or any PostgreSQL or TimescaleDB by its DSN.

A database that is down at start is not an error, because after a power cut all machines boot at once. The pool is
opened all the same, events wait in the outbox, and the first successful connection applies pending migrations. Only
what a retry cannot solve is a UserError: a malformed DSN, a refused password, a database of a newer Simpang.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

import psycopg
import structlog
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import ConnectionPool

from pipelines.config.settings import Config
from pipelines.errors import UserError
from pipelines.logging import without_credentials
from pipelines.store.embedded import embedded_server
from pipelines.store.migrate import migrate

log = structlog.get_logger()
# The pool logs each failed connection. This module and its callers report a failure once.
logging.getLogger("psycopg.pool").addHandler(logging.NullHandler())

CONNECTION_DEFAULTS = {
    "connect_timeout": "5",
    "application_name": "simpang",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
}
"""Parameters of libpq that a DSN may override, in seconds, `tcp_user_timeout` in milliseconds. A silent link is closed
within 25 s instead of the two hours of TCP. [assumption: a city's link recovers sooner or not at all]"""
STATEMENT_TIMEOUT_MS = 20_000
"""Longest time of a statement and of an idle transaction, in milliseconds. [assumption]"""
WAIT_FOR_CONNECTION_S = 2.0
"""Longest wait for a free connection, in seconds; a request of the portal fails after it. [assumption]"""
RECONNECT_ROUND_S = 8.0
"""Length of a round of reconnection attempts, in seconds. The pool doubles its delays within a round, so this bounds
each delay to a few seconds. [documentation of psycopg_pool]"""
MAX_LIFETIME_S = 3600.0
"""Age in seconds after which a connection is replaced. [default of psycopg_pool]"""
EXHAUSTED = "54"
"""SQLSTATE class "program limit exceeded": psycopg calls it operational, but a retry cannot succeed. [PostgreSQL 18,
appendix A]"""
READ_ONLY = "25006"
"""SQLSTATE of a write to a standby, which a failover ends. [PostgreSQL 18, appendix A]"""


class DatabaseUnavailable(ConnectionError):
    """The database cannot be used at present. The message names its address and no password."""


@contextmanager
def open_database(config: Config, *, max_connections: int = 8) -> Iterator[ConnectionPool]:
    """Open a pool on the configured database. The first connection applies pending migrations.

    Connections use UTC and time out. max_connections: 1 for a server that accepts one connection at a time.
    Raises UserError where the database refuses the credentials or was migrated by a newer Simpang.
    """
    prepare = config.store.prepared_statements
    if config.store.dsn is not None:
        with _pool(complete_dsn(config.store.dsn.get_secret_value()), max_connections, prepare=prepare) as pool:
            yield pool
        return
    with (
        embedded_server(config.data_dir / "postgres") as server,
        _pool(complete_dsn(server.dsn), max_connections, prepare=prepare, revive=server.revive) as pool,
    ):
        yield pool


@contextmanager
def connect_once(config: Config, *, create: bool = True) -> Iterator[psycopg.Connection[Any]]:
    """Open one connection to the configured database, outside a transaction, without applying migrations.

    create: whether to create the embedded database if there is none. Raises UserError where the database cannot be
    used at present, too, and for errors of the statements that are executed.
    """
    if config.store.dsn is None:
        folder = config.data_dir / "postgres"
        if not create and not folder.exists():
            raise UserError(f"{folder}: no database here; correct data_dir, or let simpang store migrate create it")
        with embedded_server(folder) as server, _connected(complete_dsn(server.dsn)) as connection:
            yield connection
    else:
        with _connected(complete_dsn(config.store.dsn.get_secret_value())) as connection:
            yield connection


@contextmanager
def _connected(conninfo: str) -> Iterator[psycopg.Connection[Any]]:
    try:
        connection = psycopg.connect(conninfo, autocommit=True, prepare_threshold=None)
    except psycopg.OperationalError as error:
        advice = "start the database, or correct store.dsn"
        raise UserError(f"database {address_of(conninfo)}: {_one_line(error)}; {advice}") from None
    try:
        with connection, _migration_errors(conninfo):
            yield connection
    except psycopg.OperationalError as error:
        raise UserError(f"database {address_of(conninfo)}: {_one_line(error)}; run the command again") from error


@contextmanager
def _migration_errors(conninfo: str) -> Iterator[None]:
    """Turn errors of migrations into UserError with the address of the database. Outages are raised as they are."""
    address = address_of(conninfo)
    try:
        yield
    except UserError as error:
        raise UserError(f"{address}: {error}") from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise UserError(f"database {address}: {_one_line(error)}; run simpang store migrate as its owner") from error
    except psycopg.Error as error:
        if is_outage(error):
            raise
        raise UserError(
            f"database {address}: a migration failed and changed nothing: {_one_line(error)}; restore tables and "
            "schema_version from the same backup"
        ) from error


@contextmanager
def transaction(pool: ConnectionPool) -> Iterator[psycopg.Connection[Any]]:
    """Yield a connection of `pool` in one transaction. Raises DatabaseUnavailable where the database is lost."""
    try:
        with pool.connection() as connection:
            yield connection
    except psycopg.Error as error:
        if not is_outage(error):
            raise
        conninfo = pool.conninfo if isinstance(pool.conninfo, str) else pool.conninfo()
        raise DatabaseUnavailable(f"database {address_of(conninfo)}: {_one_line(error)}") from error


def is_outage(error: psycopg.Error) -> bool:
    """Return whether a retry may succeed: the server is down, busy, full, read-only or unreachable."""
    if error.sqlstate == READ_ONLY:
        return True
    operational = isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    return operational and not (error.sqlstate or "").startswith(EXHAUSTED)


def address_of(conninfo: str) -> str:
    """Return `host:port/dbname`, or the folder of the socket, to name a database in messages without its password."""
    parts: dict[str, Any] = conninfo_to_dict(conninfo)
    host = str(parts.get("host") or parts.get("hostaddr") or "localhost")
    name = parts.get("dbname") or parts.get("user") or ""
    return f"{host}/{name}" if host.startswith("/") else f"{host}:{parts.get('port') or 5432}/{name}"


def complete_dsn(dsn: str) -> str:
    """Add CONNECTION_DEFAULTS to `dsn`. Raises UserError where it is no address of a database."""
    try:
        given: dict[str, Any] = conninfo_to_dict(dsn)
        defaults = {key: value for key, value in CONNECTION_DEFAULTS.items() if key not in given}
        complete = make_conninfo(dsn, **defaults)
    except psycopg.ProgrammingError:
        # The message of libpq quotes the DSN, and so perhaps the password.
        raise UserError(
            "store.dsn: no address of a database; write postgresql://user:password@host:5432/dbname"
        ) from None
    ports = str(given.get("port") or "5432").split(",")
    if not all(port.isascii() and port.isdecimal() and 0 < int(port) < 65536 for port in ports if port):
        raise UserError(f"database {address_of(dsn)}: the port is no number from 1 to 65535; correct store.dsn")
    return complete


@contextmanager
def _pool(
    conninfo: str, max_connections: int, *, prepare: bool, revive: Callable[[], None] | None = None
) -> Iterator[ConnectionPool]:
    schema = _SchemaOnce()
    try:
        with psycopg.connect(conninfo, autocommit=True, prepare_threshold=None) as connection:
            schema.ensure(connection, conninfo)
    except psycopg.OperationalError as error:
        _raise_if_refused(conninfo, error)
        log.warning("database is not available; retrying", address=address_of(conninfo), error=_one_line(error))

    def configure(connection: psycopg.Connection[Any]) -> None:
        connection.execute("SET TIME ZONE 'UTC'")
        connection.execute(f"SET statement_timeout = {STATEMENT_TIMEOUT_MS}")
        connection.execute(f"SET idle_in_transaction_session_timeout = {STATEMENT_TIMEOUT_MS}")
        connection.commit()
        schema.ensure(connection, conninfo)

    pool = ConnectionPool(
        conninfo,
        kwargs={"prepare_threshold": 5 if prepare else None},
        min_size=1,
        max_size=max_connections,
        configure=configure,
        check=ConnectionPool.check_connection,
        timeout=WAIT_FOR_CONNECTION_S,
        reconnect_timeout=RECONNECT_ROUND_S,
        reconnect_failed=None if revive is None else lambda _: revive(),
        max_lifetime=MAX_LIFETIME_S,
        open=False,
    )
    pool.open()
    try:
        yield pool
    finally:
        pool.close(timeout=2)


def _raise_if_refused(conninfo: str, error: psycopg.OperationalError) -> None:
    """Raise UserError where the server asked for a password and got none, or refused the one that it got.

    libpq passes no SQLSTATE for a failed connection, and its messages are in the server's language. See ADR 0051.
    """
    if error.pgconn is not None and (error.pgconn.needs_password or error.pgconn.used_password):
        raise UserError(f"database {address_of(conninfo)}: {_one_line(error)}; correct store.dsn") from None


def _one_line(error: Exception) -> str:
    """Return the first line of the message, without the hints that libpq adds below it."""
    return without_credentials((str(error).splitlines() or [""])[0])


class _SchemaOnce:
    """Applies pending migrations once in this process, through the first connection that succeeds."""

    def __init__(self) -> None:
        self._applied = False
        self._lock = Lock()

    def ensure(self, connection: psycopg.Connection[Any], conninfo: str) -> None:
        with self._lock:
            if self._applied:
                return
            with _migration_errors(conninfo):
                migrate(connection)
            self._applied = True

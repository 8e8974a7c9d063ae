"""Migrations from nothing and from databases of version 0.1.0, on PostgreSQL and on TimescaleDB."""

from pathlib import Path
from threading import Thread
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row
from pydantic import SecretStr

from pipelines.config.settings import Config, StoreConfig
from pipelines.errors import UserError
from pipelines.store.migrate import KEYS_BY_CAMERA, MIGRATION_LOCK, migrate, migrations, schema_status
from pipelines.store.pool import open_database
from pipelines.store.tables import EVENT_COLUMNS, OTHER_COLUMNS, TIME_SERIES
from pipelines.store.writer import EventWriter
from tests.support.events import counts, one_of_each
from tests.support.servers import wait_until

FOLDER = Path(__file__).parent
FULL, EARLY = "version_0_1_0.sql", "version_0_1_0_early.sql"
LATEST = len(migrations())
SERVERS = ["postgres_dsn", pytest.param("timescaledb_dsn", marks=pytest.mark.integration)]


def connect(dsn: str) -> psycopg.Connection[dict[str, Any]]:
    return psycopg.connect(dsn, autocommit=True, prepare_threshold=None, row_factory=dict_row)


def migrated(dsn: str) -> list[int]:
    with psycopg.connect(dsn, autocommit=True, prepare_threshold=None) as connection:
        return [migration.version for migration in migrate(connection)]


def rows(connection: psycopg.Connection[dict[str, Any]], table: str) -> list[dict[str, Any]]:
    return connection.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()


def columns(connection: psycopg.Connection[dict[str, Any]]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    query = (
        "SELECT relname, attname, atttypid::regtype::text AS kind FROM pg_attribute JOIN pg_class ON attrelid = oid"
        " WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped"
    )
    names = {"timestamp with time zone": "timestamptz", "integer": "int"}
    for row in connection.execute(query):
        found.setdefault(row["relname"], {})[row["attname"]] = names.get(row["kind"], row["kind"])
    return found


@pytest.fixture(params=SERVERS)
def dsn(request: pytest.FixtureRequest) -> str:
    """An empty database on either server."""
    return str(request.getfixturevalue(request.param))


@pytest.fixture(params=[FULL, EARLY])
def old_dsn(request: pytest.FixtureRequest, dsn: str) -> str:
    """A database of version 0.1.0 with rows in it; on TimescaleDB with the hypertables of that version."""
    with connect(dsn) as connection:
        connection.execute((FOLDER / request.param).read_bytes())
        if connection.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'timescaledb'").fetchone():
            connection.execute("CREATE EXTENSION timescaledb")
            for table, column in TIME_SERIES.items():
                if connection.execute("SELECT to_regclass(%s) AS found", [table]).fetchone() != {"found": None}:
                    connection.execute(
                        "SELECT create_hypertable(%s::regclass, %s::name, migrate_data => true,"
                        " create_default_indexes => false)",
                        [table, column],
                    )
    return dsn


def test_an_empty_database_gets_all_tables(dsn: str) -> None:
    assert migrated(dsn) == list(range(1, LATEST + 1))
    with connect(dsn) as connection:
        assert columns(connection) == {**EVENT_COLUMNS, **OTHER_COLUMNS}
        assert [row["version"] for row in rows(connection, "schema_version")] == list(range(1, LATEST + 1))
    assert migrated(dsn) == []


def test_a_database_of_0_1_0_is_adopted_with_its_rows(old_dsn: str) -> None:
    assert migrated(old_dsn) == list(range(1, LATEST + 1))
    with connect(old_dsn) as connection:
        assert columns(connection) == {**EVENT_COLUMNS, **OTHER_COLUMNS}
        car, bus = rows(connection, "crossings")
        assert (car["camera_id"], car["track"], car["speed_kmh"], car["headway_s"]) == ("kuda", 7, 31.5, None)
        assert bus["road_user"] == "bus"
        (zone,) = rows(connection, "zone_intervals")
        assert (zone["flow_veh_h"], zone["level"], zone["smp_h"]) == (720, "dense", None)
        (health,) = rows(connection, "health")
        assert (health["analysed_fps"], health["width"], health["age_p95_s"]) == (5.5, 1280, None)
        assert (health["condition"], health["details"]) == (None, None)
        assert rows(connection, "levels")[0]["level"] == "jammed"
        assert rows(connection, "observed")[0]["observed_s"] == 9.5
        incident = rows(connection, "incidents")[0]
        assert (incident["v"], incident["evidence"]) == (200.5, None)
        assert rows(connection, "webhook_deliveries")[0]["payload"] == {"incident_id": "kuda-7"}


def test_gate_intervals_of_0_1_0_stay(dsn: str) -> None:
    with connect(dsn) as connection:
        connection.execute((FOLDER / FULL).read_bytes())
    migrated(dsn)
    with connect(dsn) as connection:
        (gate,) = rows(connection, "gate_intervals")
    assert (gate["flow_veh_h"], gate["emp_verified"], gate["coverage"]) == (720, True, 0.75)


def test_an_adopted_database_takes_new_events_once(old_dsn: str) -> None:
    config = Config(store=StoreConfig(dsn=SecretStr(old_dsn)))
    for _ in range(2):
        with open_database(config, max_connections=1) as pool:
            EventWriter(pool).write(
                [
                    counts(crossings=2).model_copy(update={"id": "00000000-0000-0000-0000-000000000009"}),
                    *one_of_each()[1:],
                ]
            )
    with connect(old_dsn) as connection:
        assert len(rows(connection, "crossings")) == 4


@pytest.mark.integration
def test_an_adopted_database_has_hypertables(timescaledb_dsn: str) -> None:
    with connect(timescaledb_dsn) as connection:
        connection.execute((FOLDER / EARLY).read_bytes())
    migrated(timescaledb_dsn)
    with connect(timescaledb_dsn) as connection:
        found = connection.execute("SELECT hypertable_name AS name FROM timescaledb_information.hypertables").fetchall()
        assert {row["name"] for row in found} == set(TIME_SERIES)
        assert len(rows(connection, "crossings")) == 2


def test_status_changes_nothing(postgres_dsn: str) -> None:
    with psycopg.connect(postgres_dsn, autocommit=True) as connection:
        connection.execute((FOLDER / EARLY).read_bytes())
        status = schema_status(connection)
        assert (status.applied, len(status.pending)) == (0, LATEST)
        assert connection.execute("SELECT to_regclass('gate_intervals')").fetchone() == (None,)


@pytest.mark.parametrize("prepare", ["", "version_0_1_0.sql"])
def test_a_database_of_a_newer_version_is_refused_and_not_changed(postgres_dsn: str, prepare: str) -> None:
    with connect(postgres_dsn) as connection:
        if prepare:
            connection.execute((FOLDER / prepare).read_bytes())
            connection.execute("UPDATE schema_version SET version = %s", [LATEST + 1])
        else:
            migrated(postgres_dsn)
            connection.execute("INSERT INTO schema_version VALUES (%s)", [LATEST + 1])
        before = columns(connection)
        with pytest.raises(UserError, match=f"version {LATEST + 1}.*install the newer Simpang"):
            migrated(postgres_dsn)
        assert columns(connection) == before


def test_programs_that_start_together_apply_each_migration_once(postgres_dsn: str) -> None:
    applied: list[list[int]] = []
    with psycopg.connect(postgres_dsn) as first:
        first.execute("SELECT pg_advisory_xact_lock(%s)", [MIGRATION_LOCK])
        threads = [Thread(target=lambda: applied.append(migrated(postgres_dsn))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(0.1)
        assert applied == [], "the lock is taken"
    for thread in threads:
        thread.join(30)
    assert sorted(version for versions in applied for version in versions) == list(range(1, LATEST + 1))
    assert len(applied) == 4


def test_a_migration_that_fails_leaves_nothing_behind(postgres_dsn: str) -> None:
    with connect(postgres_dsn) as connection:
        connection.execute("CREATE TABLE dead_letters (id int)")
        with pytest.raises(psycopg.errors.DuplicateTable):
            migrated(postgres_dsn)
        assert [row["version"] for row in rows(connection, "schema_version")] == [1]
        connection.execute("DROP TABLE dead_letters")
    assert migrated(postgres_dsn) == list(range(2, LATEST + 1))


def test_a_role_without_the_right_to_create_tables_uses_a_migrated_database(postgres_dsn: str) -> None:
    role = "reader_" + postgres_dsn.partition("?")[0][-8:]
    with connect(postgres_dsn) as connection:
        migrated(postgres_dsn)
        connection.execute(f"CREATE ROLE {role} LOGIN")
        connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
    with psycopg.connect(postgres_dsn, user=role, autocommit=True) as connection:
        assert migrate(connection) == []
        assert connection.execute("SELECT count(*) FROM crossings").fetchone() == (0,)


def migrate_before(version: int, dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Migrate a database as the release before a migration did."""
    with monkeypatch.context() as patch:
        patch.setattr("pipelines.store.migrate.migrations", lambda: migrations()[: version - 1])
        migrated(dsn)


def test_new_keys_wait_for_a_store_that_writes(postgres_dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    migrate_before(KEYS_BY_CAMERA, postgres_dsn, monkeypatch)
    with connect(postgres_dsn) as store, connect(postgres_dsn) as watcher:
        migration = Thread(target=migrated, args=[postgres_dsn])
        with store.transaction():
            store.execute(
                "INSERT INTO observed (event_id, camera_id, start_at, end_at, observed_s)"
                " VALUES (gen_random_uuid(), 'kuda', now(), now(), 1)"
            )
            migration.start()
            blocked = "SELECT FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'"
            wait_until(lambda: watcher.execute(blocked).rowcount > 0, "the migration, which waits for the store")
            store.execute(
                "INSERT INTO crossings (event_id, n, camera_id, at, gate, direction, road_user, track)"
                " VALUES (gen_random_uuid(), 0, 'kuda', now(), 'g', 'a', 'car', 1)"
            )
        migration.join()
        assert len(rows(watcher, "crossings")) == 1
        assert rows(watcher, "schema_version")[-1]["version"] == LATEST


@pytest.mark.integration
def test_new_keys_are_refused_where_tables_may_be_compressed(
    timescaledb_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate_before(KEYS_BY_CAMERA, timescaledb_dsn, monkeypatch)
    with connect(timescaledb_dsn) as connection:
        connection.execute(
            "ALTER TABLE observed SET (timescaledb.compress, timescaledb.compress_segmentby = 'camera_id')"
        )
    with pytest.raises(UserError, match="run these statements") as refusal:
        migrated(timescaledb_dsn)
    with connect(timescaledb_dsn) as connection:
        for statement in str(refusal.value).split(": ", 1)[1].split("; "):
            connection.execute(statement)
    assert migrated(timescaledb_dsn)[0] == KEYS_BY_CAMERA

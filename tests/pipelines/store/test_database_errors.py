"""Refusals of a database: what time can mend is waited for, all else is one line with its remedy, in any language."""

import shutil
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from pydantic import SecretStr
from structlog.testing import capture_logs

from pipelines.bus.dead_letter import deliver
from pipelines.config.settings import Config, StoreConfig
from pipelines.errors import UserError
from pipelines.events.schema import IncidentPhase
from pipelines.store.database_errors import DatabaseUnavailable, sqlstate_of_connection
from pipelines.store.pool import connect_once, open_database, transaction
from pipelines.store.writer import EventWriter
from tests.support.events import incident
from tests.support.refusing_postgres import refusing_postgres
from tests.support.servers import PostgresServer, running_postgres, wait_until


def config_for(dsn: str) -> Config:
    return Config(store=StoreConfig(dsn=SecretStr(dsn)))


WAITED = {
    "57P03": "wait until the server has started",
    "57P01": "wait until the server has started",
    "53300": "raise max_connections",
    "53100": "free some space",
    "25006": "it is read-only",
    "08006": "check the network",
}
"""SQLSTATE that time can mend -> part of the advice in the log."""
FINAL = {
    "28P01": "correct store.dsn: user or password is refused",
    "28000": "admit it in pg_hba.conf",
    "3D000": "create the database",
    "55000": "let the database accept connections",
    "22023": "correct the parameters in store.dsn",
    "42704": "correct the options in store.dsn",
}
"""SQLSTATE that time cannot mend -> part of the remedy in the error."""


@pytest.mark.integration
@pytest.mark.parametrize("sqlstate", WAITED)
def test_what_time_can_mend_is_logged_with_advice_and_waited_for(sqlstate: str) -> None:
    with refusing_postgres(sqlstate) as dsn, capture_logs() as logged, open_database(config_for(dsn)):
        pass
    (warning,) = [line for line in logged if line["event"] == "database is not available; retrying"]
    assert WAITED[sqlstate] in warning["advice"]
    assert "das lehnt der Server ab" in warning["error"]
    assert "gehe" not in str(logged)


@pytest.mark.integration
@pytest.mark.parametrize("sqlstate", FINAL)
def test_what_time_cannot_mend_is_one_line_with_the_remedy(sqlstate: str) -> None:
    with refusing_postgres(sqlstate) as dsn:
        for opened in (open_database, connect_once):
            with pytest.raises(UserError) as refusal, opened(config_for(dsn)):
                pass
            assert FINAL[sqlstate] in str(refusal.value)
            assert "das lehnt der Server ab" in str(refusal.value)
            assert "\n" not in str(refusal.value)
            assert "gehe" not in str(refusal.value)


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with warnings.catch_warnings(), running_postgres() as running:
        with psycopg.connect(running.dsn, autocommit=True) as connection:
            for statement in (
                "CREATE ROLE guarded LOGIN PASSWORD 'right'",
                "CREATE ROLE unlucky LOGIN CONNECTION LIMIT 0",
                "CREATE ROLE reader LOGIN",
                "CREATE DATABASE closed",
                "REVOKE CONNECT ON DATABASE closed FROM PUBLIC",
                "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0",
                "CREATE DATABASE ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0",
            ):
                connection.execute(statement)
            (hba,) = connection.execute("SHOW hba_file").fetchone() or ("",)
            path = Path(hba)
            path.write_text("local all guarded scram-sha-256\nlocal all rejected reject\n" + path.read_text())
            connection.execute("SELECT pg_reload_conf()")
        yield running


@pytest.mark.integration
@pytest.mark.parametrize(
    ("changed", "sqlstate"),
    [
        ({"user": "guarded", "password": "wrong"}, "28P01"),
        ({"user": "guarded"}, "28P01"),
        ({"user": "rejected"}, "28000"),
        ({"user": "missing"}, "28000"),
        ({"dbname": "missing"}, "3D000"),
        ({"user": "reader", "dbname": "closed"}, "42501"),
        ({"user": "unlucky"}, "53300"),
        ({"options": "-c no_such_setting=1"}, "42704"),
        ({"host": "/nowhere"}, None),
    ],
)
def test_the_sqlstate_of_a_refused_connection_is_found(
    server: PostgresServer, changed: dict[str, str], sqlstate: str | None
) -> None:
    conninfo = make_conninfo(server.dsn, **changed)
    with pytest.raises(psycopg.OperationalError) as refused:
        psycopg.connect(conninfo)
    assert sqlstate_of_connection(conninfo, refused.value) == sqlstate


def test_a_server_that_does_not_answer_is_not_asked_again() -> None:
    unanswered = psycopg.errors.ConnectionTimeout("connection timeout expired")
    assert sqlstate_of_connection("host=192.0.2.1 connect_timeout=60", unanswered) is None


@pytest.mark.integration
def test_an_outage_is_logged_once_though_it_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.store.pool.RECONNECT_ROUND_S", 1.0)
    with refusing_postgres("53300") as dsn, capture_logs() as logged, open_database(config_for(dsn)):
        time.sleep(4)
    assert [line["event"] for line in logged] == ["database is not available; retrying"]


@pytest.mark.integration
@pytest.mark.parametrize(("database", "encoding"), [("latin", "LATIN1"), ("ascii", "SQL_ASCII")])
def test_a_database_that_cannot_store_every_text_is_refused(
    server: PostgresServer, database: str, encoding: str
) -> None:
    for opened in (open_database, connect_once):
        with (
            pytest.raises(UserError, match=f"its encoding is {encoding}; create one with .* ENCODING 'UTF8'"),
            opened(config_for(make_conninfo(server.dsn, dbname=database))),
        ):
            pass


@pytest.mark.integration
def test_formats_of_the_server_do_not_matter(server: PostgresServer) -> None:
    dsn = server.new_database()
    with psycopg.connect(dsn, autocommit=True) as connection:
        name = connection.info.dbname
        for setting in ("intervalstyle = 'iso_8601'", "datestyle = 'SQL, DMY'", "client_encoding = 'LATIN1'"):
            connection.execute(f"ALTER DATABASE {name} SET {setting}")  # type: ignore[call-overload]
    with open_database(config_for(dsn)) as pool, transaction(pool) as connection:
        row = connection.execute("SELECT '1 day'::interval, '2026-11-29Z'::timestamptz, '“café – 市”'").fetchone()
        assert row is not None
        assert (row[0].days, row[1].isoformat(), row[2]) == (1, "2026-11-29T00:00:00+00:00", "“café – 市”")


@pytest.mark.integration
def test_a_user_without_the_right_to_write_is_waited_for(server: PostgresServer) -> None:
    dsn = server.new_database()
    with open_database(config_for(dsn)):
        pass
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
        insert = "INSERT INTO observed VALUES (now(), gen_random_uuid(), 'cam', now(), 1)"
        with open_database(config_for(make_conninfo(dsn, user="reader"))) as pool:
            with pytest.raises(DatabaseUnavailable, match="GRANT the user"), transaction(pool) as connection:
                connection.execute(insert)
            owner.execute("GRANT INSERT ON ALL TABLES IN SCHEMA public TO reader")
            with transaction(pool) as connection:
                connection.execute(insert)


@pytest.mark.integration
def test_a_standby_can_be_read_and_takes_writes_once_it_is_promoted(postgres_server: PostgresServer) -> None:
    config = config_for(postgres_server.new_database())
    with open_database(config):
        pass
    postgres_server.become_standby()
    insert = "INSERT INTO observed VALUES (now(), gen_random_uuid(), 'cam', now(), 1)"
    with open_database(config) as pool:
        with transaction(pool) as connection:
            assert connection.execute("SELECT count(*) FROM observed").fetchone() == (0,)
        with pytest.raises(DatabaseUnavailable, match="it is read-only: promote it"), transaction(pool) as connection:
            connection.execute(insert)
        postgres_server.promote()

        def is_stored() -> bool:
            try:
                with transaction(pool) as connection:
                    connection.execute(insert)
            except DatabaseUnavailable:
                return False
            return True

        wait_until(is_stored, "the new primary to accept writes")


@pytest.mark.integration
def test_a_standby_without_tables_is_waited_for(postgres_server: PostgresServer) -> None:
    config = config_for(postgres_server.new_database())
    postgres_server.become_standby()
    with pytest.raises(UserError, match="it is read-only: promote it"), connect_once(config) as connection:
        connection.execute("CREATE TABLE t (n int)")
    with capture_logs() as logged, open_database(config) as pool:
        assert [line["event"] for line in logged] == ["database is not available; retrying"]
        postgres_server.promote()

        def has_tables() -> bool:
            try:
                with transaction(pool) as connection:
                    return connection.execute("SELECT count(*) FROM observed").fetchone() == (0,)
            except DatabaseUnavailable:
                return False

        wait_until(has_tables, "the tables of the new primary")


@pytest.fixture
def offered_extension(server: PostgresServer) -> Iterator[str]:
    """DSN of a database whose server offers a TimescaleDB that cannot be loaded."""
    folder = server.folder.parent / "offered" / "extension"
    folder.mkdir(parents=True)
    (folder / "timescaledb.control").write_text("default_version = '2.0'\nmodule_pathname = 'missing-library'\n")
    (folder / "timescaledb--2.0.sql").write_text("CREATE FUNCTION f() RETURNS int AS 'missing-library' LANGUAGE C;\n")
    folder.parent.chmod(0o755)
    dsn = server.new_database()
    with psycopg.connect(dsn, autocommit=True) as connection:
        name = connection.info.dbname
        path = f"{folder.parent}:$system"
        connection.execute(f"ALTER DATABASE {name} SET extension_control_path = '{path}'")  # type: ignore[call-overload]
        connection.execute(f"ALTER DATABASE {name} OWNER TO reader")  # type: ignore[call-overload]
    yield dsn
    shutil.rmtree(folder.parent)


@pytest.mark.integration
@pytest.mark.parametrize(("user", "sqlstate"), [("postgres", "58P01"), ("reader", "42501")])
def test_an_extension_that_cannot_be_created_leaves_the_tables_plain(
    offered_extension: str, user: str, sqlstate: str
) -> None:
    config = config_for(make_conninfo(offered_extension, user=user))
    with capture_logs() as logged, open_database(config) as pool, transaction(pool) as connection:
        assert connection.execute("SELECT count(*) FROM observed").fetchone() == (0,)
    (warning,) = [line for line in logged if line["event"] == "database has no TimescaleDB; tables stay plain"]
    assert warning["sqlstate"] == sqlstate


MISSING = [
    ("ALTER TABLE incidents RENAME TO away", "ALTER TABLE away RENAME TO incidents"),
    ("ALTER TABLE incidents RENAME snapshot TO away", "ALTER TABLE incidents RENAME away TO snapshot"),
    ("ALTER SCHEMA public RENAME TO away", "ALTER SCHEMA away RENAME TO public"),
    ("ALTER TABLE incidents DROP CONSTRAINT incidents_pkey", "ALTER TABLE incidents ADD PRIMARY KEY (incident_id)"),
]
"""Statements after which the tables are not as this program needs them, and those that mend it."""


@pytest.mark.integration
@pytest.mark.parametrize(("broken", "mended"), MISSING)
def test_events_wait_while_an_administrator_restores_tables(postgres_dsn: str, broken: str, mended: str) -> None:
    dead_letters = Mock()
    with open_database(config_for(postgres_dsn)) as pool, psycopg.connect(postgres_dsn, autocommit=True) as admin:
        events = [incident(IncidentPhase.RAISED, camera_id="a")]
        admin.execute(broken)  # type: ignore[call-overload]
        with pytest.raises(DatabaseUnavailable, match="run simpang store migrate, or restore all tables from the same"):
            deliver(EventWriter(pool).write, events, dead_letters, source="test")
        admin.execute(mended)  # type: ignore[call-overload]
        deliver(EventWriter(pool).write, events, dead_letters, source="test")
        assert admin.execute("SELECT count(*) FROM incidents").fetchone() == (1,)
    assert dead_letters.add.call_count == 0


RAISED = {
    "42501": "GRANT",
    "42P01": "run simpang store migrate",
    "53100": "free some space",
    "55P03": "pg_stat_activity",
    "57014": "pg_stat_activity",
    "57P04": "restore the database that was dropped",
    "XX001": "see the log of the database server",
    "23514": None,
    "22P02": None,
    "P0001": None,
}
"""SQLSTATE of a refused event -> part of the remedy while it waits, None for a fault of the event itself."""


@pytest.mark.integration
def test_the_writer_waits_for_each_refusal_that_no_event_causes(postgres_dsn: str) -> None:
    with open_database(config_for(postgres_dsn)) as pool, psycopg.connect(postgres_dsn, autocommit=True) as admin:
        for sqlstate, remedy in RAISED.items():
            admin.execute(
                "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
                f" $$ BEGIN RAISE EXCEPTION 'abgelehnt' USING ERRCODE = '{sqlstate}'; END $$"  # type: ignore[call-overload]
            )
            admin.execute(
                "CREATE OR REPLACE TRIGGER refuse BEFORE INSERT ON incidents FOR EACH ROW EXECUTE FUNCTION refuse()"
            )
            dead_letters = Mock()
            answer = ""
            try:
                deliver(EventWriter(pool).write, [incident(IncidentPhase.RAISED)], dead_letters, source="test")
            except DatabaseUnavailable as error:
                answer = str(error)
            assert (remedy or "") in answer, sqlstate
            assert dead_letters.add.call_count == (1 if remedy is None else 0), sqlstate

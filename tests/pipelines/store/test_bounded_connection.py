"""Statements without an answer: they end by the limit of the connection, and soon after a stop."""

from collections.abc import Iterator
from threading import Event as Flag
from threading import Timer

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from pydantic import SecretStr

from pipelines.config.settings import Config, StoreConfig
from pipelines.errors import UserError
from pipelines.store.database_errors import DatabaseUnavailable
from pipelines.store.migrate import MIGRATION_LOCK, migrate
from pipelines.store.pool import connect_once, open_database, transaction
from tests.faults.proxy import FaultyProxy, to_unix_socket

SLEEP = "SELECT pg_sleep(600)"
"""Statement that the server itself does not end in the time of a test."""


@pytest.fixture
def link(postgres_dsn: str) -> Iterator[FaultyProxy]:
    """The way to the database."""
    folder = conninfo_to_dict(postgres_dsn)["host"]
    with FaultyProxy(to_unix_socket(f"{folder}/.s.PGSQL.5432")) as proxy:
        yield proxy


def config_for(dsn: str, link: FaultyProxy) -> Config:
    through = make_conninfo(dsn, host="127.0.0.1", port=link.port)
    return Config(store=StoreConfig(dsn=SecretStr(through)))


@pytest.mark.integration
@pytest.mark.timeout(60)
def test_a_link_that_is_silent_in_one_direction_ends_a_statement(
    postgres_dsn: str, link: FaultyProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.store.pool.STATEMENT_TIMEOUT_MS", 500)
    monkeypatch.setattr("pipelines.store.bounded_connection.BEYOND_TIMEOUT_S", 0.5)
    with open_database(config_for(postgres_dsn, link), max_connections=1) as pool:
        with pytest.raises(DatabaseUnavailable, match="no answer"), transaction(pool) as connection:
            connection.execute("SELECT 1")
            link.to_client.clear()
            connection.execute("SELECT 2")
        link.restore()
        with transaction(pool) as connection:
            assert connection.execute("SELECT 3").fetchone() == (3,), "the pool has a new connection"


@pytest.mark.integration
@pytest.mark.timeout(60)
def test_a_longer_limit_of_one_transaction_holds(
    postgres_dsn: str, link: FaultyProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.store.pool.STATEMENT_TIMEOUT_MS", 1000)
    monkeypatch.setattr("pipelines.store.bounded_connection.BEYOND_TIMEOUT_S", 0.0)
    with open_database(config_for(postgres_dsn, link), max_connections=1) as pool:
        with transaction(pool, 60_000) as connection:
            connection.execute("SELECT pg_sleep(1.6)")
        with pytest.raises(DatabaseUnavailable), transaction(pool) as connection:
            connection.execute("SELECT pg_sleep(1.6)")


@pytest.mark.integration
@pytest.mark.timeout(60)
def test_a_stop_ends_a_statement_that_takes_long(postgres_dsn: str, link: FaultyProxy) -> None:
    stop = Flag()
    with open_database(config_for(postgres_dsn, link), max_connections=1, stop=stop) as pool:
        Timer(0.3, stop.set).start()
        with pytest.raises(DatabaseUnavailable, match="no answer"), transaction(pool) as connection:
            connection.execute(SLEEP)


@pytest.mark.integration
@pytest.mark.timeout(60)
def test_a_start_and_a_migration_end_where_a_statement_has_no_answer(
    postgres_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = Config(store=StoreConfig(dsn=SecretStr(postgres_dsn)))
    with connect_once(config) as connection:
        migrate(connection)
    monkeypatch.setattr("pipelines.store.pool.STATEMENT_TIMEOUT_MS", 500)
    monkeypatch.setattr("pipelines.store.bounded_connection.BEYOND_TIMEOUT_S", 0.0)
    with psycopg.connect(postgres_dsn) as own:
        own.execute("LOCK TABLE schema_version")
        with pytest.raises(UserError, match="no answer"), connect_once(config) as connection:
            migrate(connection)
        with open_database(config):
            pass


@pytest.mark.integration
@pytest.mark.timeout(60)
def test_a_stop_ends_a_start_that_waits_for_a_migration_and_no_limit_does(
    postgres_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.store.pool.STATEMENT_TIMEOUT_MS", 500)
    monkeypatch.setattr("pipelines.store.bounded_connection.BEYOND_TIMEOUT_S", 0.0)
    stop = Flag()
    with psycopg.connect(postgres_dsn, autocommit=True) as own:
        own.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        stopping = Timer(3.0, stop.set)
        stopping.start()
        with open_database(Config(store=StoreConfig(dsn=SecretStr(postgres_dsn))), stop=stop):
            assert stop.is_set()
        stopping.join()

"""Pools on a database that is up, that starts later, that refuses the credentials, and on the embedded one."""

import os
import signal
from pathlib import Path

import psycopg
import pytest
from psycopg_pool import ConnectionPool
from pydantic import SecretStr

from pipelines.addresses.dsn import address_of
from pipelines.config.settings import Config, StoreConfig
from pipelines.errors import UserError
from pipelines.store.database_errors import DatabaseUnavailable, is_outage
from pipelines.store.migrate import migrate
from pipelines.store.pool import connect_once, open_database, transaction
from tests.support.servers import PostgresServer, wait_until


def config_for(dsn: str) -> Config:
    return Config(store=StoreConfig(dsn=SecretStr(dsn)))


def answers(pool: ConnectionPool) -> bool:
    try:
        with transaction(pool) as connection:
            return connection.execute("SELECT count(*) FROM crossings").fetchone() == (0,)
    except DatabaseUnavailable:
        return False


@pytest.mark.parametrize(
    ("conninfo", "address"),
    [
        ("postgresql://simpang:s3cret@db.city:5433/traffic", "db.city:5433/traffic"),
        ("host=db.city user=simpang password=s3cret", "db.city:5432/simpang"),
        ("host=/run/postgres dbname=traffic", "/run/postgres/traffic"),
    ],
)
def test_an_address_has_no_password(conninfo: str, address: str) -> None:
    assert address_of(conninfo) == address


@pytest.mark.parametrize("dsn", ["hello", "postgres//u:s3cret@host/db", "postgres//u:s3cret=@host", "passwort=s3cret"])
def test_a_malformed_dsn_is_a_user_error_and_not_shown(dsn: str) -> None:
    with pytest.raises(UserError, match=r"^store\.dsn: ") as raised, open_database(config_for(dsn)):
        pass
    assert "s3cret" not in str(raised.value)


def test_a_port_that_is_no_number_is_a_user_error() -> None:
    dsn = "postgresql://u:s3cret@host:port/db"
    with pytest.raises(UserError, match=r"^store\.dsn: no address"), open_database(config_for(dsn)):
        pass
    dsn = "host=db.city port=port user=u password=s3cret dbname=db"
    with pytest.raises(UserError, match=r"db\.city:port/db: .*; correct store\.dsn"), open_database(config_for(dsn)):
        pass


@pytest.fixture
def guarded_dsn(postgres_server: PostgresServer) -> str:
    """A database that asks the role `guarded` for the password `right`, and answers in Indonesian where it can."""
    with psycopg.connect(postgres_server.dsn, autocommit=True) as connection:
        connection.execute("CREATE ROLE guarded LOGIN PASSWORD 'right'")
        (hba,) = connection.execute("SHOW hba_file").fetchone() or ("",)
        path = Path(hba)
        path.write_text("local all guarded scram-sha-256\n" + path.read_text())
        connection.execute("SELECT pg_reload_conf()")
    return postgres_server.dsn


@pytest.mark.integration
@pytest.mark.parametrize("password", [None, "wr0ng"])
def test_a_missing_or_refused_password_is_a_user_error(guarded_dsn: str, password: str | None) -> None:
    dsn = psycopg.conninfo.make_conninfo(guarded_dsn, user="guarded", password=password)
    with (
        pytest.raises(UserError, match=r"; correct store\.dsn: user or password") as raised,
        open_database(config_for(dsn)),
    ):
        pass
    assert "wr0ng" not in str(raised.value)


@pytest.mark.parametrize(
    ("error", "outage"),
    [
        (psycopg.OperationalError(), True),
        (psycopg.InterfaceError(), True),
        (psycopg.errors.AdminShutdown(), True),
        (psycopg.errors.DiskFull(), True),
        (psycopg.errors.DeadlockDetected(), True),
        (psycopg.errors.ReadOnlySqlTransaction(), True),
        (psycopg.errors.IdleInTransactionSessionTimeout(), True),
        (psycopg.errors.InsufficientPrivilege(), True),
        (psycopg.errors.ProgramLimitExceeded(), False),
        (psycopg.errors.InvalidTextRepresentation(), False),
        (psycopg.errors.NotNullViolation(), False),
        (psycopg.errors.UndefinedTable(), True),
        (psycopg.errors.SyntaxError(), False),
    ],
)
def test_only_what_a_retry_may_solve_is_an_outage(error: psycopg.Error, outage: bool) -> None:
    assert is_outage(error) is outage


def test_a_migration_that_cannot_succeed_is_a_user_error_that_names_the_database(postgres_dsn: str) -> None:
    with psycopg.connect(postgres_dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE dead_letters (id int)")
    complaint = "a migration failed and changed nothing: .* already exists; restore tables and"
    with (
        pytest.raises(UserError, match=complaint) as raised,
        connect_once(config_for(postgres_dsn)) as connection,
    ):
        migrate(connection)
    assert address_of(postgres_dsn) in str(raised.value)
    with pytest.raises(UserError, match=complaint), open_database(config_for(postgres_dsn)):
        pass


def test_a_connection_that_ends_during_a_migration_is_a_user_error(postgres_dsn: str) -> None:
    with (
        pytest.raises(UserError, match=r"; run the command again$"),
        connect_once(config_for(postgres_dsn)) as connection,
    ):
        connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")


def test_asking_for_the_state_creates_no_embedded_database(tmp_path: Path) -> None:
    config = Config(data_dir=tmp_path / "typo")
    with pytest.raises(UserError, match="no database here; correct data_dir"), connect_once(config, create=False):
        pass
    assert not config.data_dir.exists()


def test_connections_use_utc_and_time_out(postgres_dsn: str) -> None:
    with open_database(config_for(postgres_dsn)) as pool, transaction(pool) as connection:
        assert connection.execute("SHOW timezone").fetchone() == ("UTC",)
        assert connection.execute("SHOW statement_timeout").fetchone() == ("20s",)


@pytest.mark.integration
def test_a_database_that_is_down_at_start_is_used_once_it_is_there(postgres_server: PostgresServer) -> None:
    postgres_server.kill()
    with open_database(config_for(postgres_server.dsn)) as pool:
        assert not answers(pool)
        postgres_server.start()
        wait_until(lambda: answers(pool), "the schema to be applied")


@pytest.fixture
def data_dir(tmp_path_factory: pytest.TempPathFactory, postgres_server: PostgresServer) -> Path:
    """A folder that the server's own user may enter; `postgres_server` has made one."""
    return postgres_server.folder.parent / "own"


@pytest.mark.integration
def test_the_embedded_server_keeps_its_data_and_stops_with_its_last_user(data_dir: Path) -> None:
    config, pid_file = Config(data_dir=data_dir), data_dir / "postgres" / "postmaster.pid"
    with open_database(config) as pool:
        assert pid_file.exists()
        with transaction(pool) as connection:
            connection.execute("INSERT INTO observed VALUES (now(), gen_random_uuid(), 'cam', now(), 1)")
    assert not pid_file.exists()
    with open_database(config) as pool, transaction(pool) as connection:
        assert connection.execute("SELECT camera_id FROM observed").fetchall() == [("cam",)]


@pytest.mark.integration
def test_the_embedded_server_is_started_again_when_it_dies(data_dir: Path) -> None:
    with open_database(Config(data_dir=data_dir)) as pool:
        assert answers(pool)
        postmaster = int((data_dir / "postgres" / "postmaster.pid").read_text().split()[0])
        os.kill(postmaster, signal.SIGQUIT)  # at once, as in a crash
        wait_until(lambda: not (data_dir / "postgres" / "postmaster.pid").exists(), "the server to be gone")
        wait_until(lambda: answers(pool), "the server to be back", within_s=60)


@pytest.mark.integration
def test_a_process_that_was_killed_does_not_keep_the_server_alive(data_dir: Path) -> None:
    config = Config(data_dir=data_dir)
    with open_database(config):
        pass
    (data_dir / "postgres" / ".handle_pids.json").write_text("[999999999]")
    with open_database(config):
        pass
    assert not (data_dir / "postgres" / "postmaster.pid").exists()

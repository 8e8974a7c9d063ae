"""Services of the doctor: what a database, Kafka or a webhook lacks, with the remedy and without secrets."""

import socket
from contextlib import closing, suppress
from pathlib import Path
from threading import Thread

import psycopg
import pytest
from pydantic import SecretStr

from pipelines.config.bus_settings import BusConfig
from pipelines.config.settings import Config, StoreConfig, WebhookConfig
from pipelines.doctor.check import CheckResult, CheckState
from pipelines.doctor.services import check_services
from pipelines.store.migrate import migrate
from tests.support.refusing_postgres import refusing_postgres
from tests.support.servers import PostgresServer


def checked(folder: Path, subject: str, **settings: object) -> CheckResult:
    config = Config(data_dir=folder, **settings)  # type: ignore[arg-type]
    (found,) = [result for result in check_services(config, 2.0) if result.subject == subject]
    assert "gehe" not in f"{found}"
    return found


def database(folder: Path, dsn: str) -> CheckResult:
    return checked(folder, "database", store=StoreConfig(dsn=SecretStr(dsn)))


@pytest.mark.integration
@pytest.mark.parametrize(
    ("sqlstate", "advice"),
    [
        ("28P01", "user or password is refused"),
        ("3D000", "create the database"),
        ("57P03", "wait until the server has started"),
        ("53300", "raise max_connections"),
    ],
)
def test_a_database_that_refuses_is_a_problem_with_its_remedy(tmp_path: Path, sqlstate: str, advice: str) -> None:
    with refusing_postgres(sqlstate) as dsn:
        found = database(tmp_path, dsn)
    assert found.state is CheckState.PROBLEM
    assert advice in found.advice


@pytest.mark.parametrize("dsn", ["gehe#im", "postgresql://u:gehe#im@h:port/db", "mysql://u:gehe@h/db"])
def test_a_malformed_dsn_is_a_problem_that_states_the_form(tmp_path: Path, dsn: str) -> None:
    found = database(tmp_path, dsn)
    assert (found.state, found.message) == (CheckState.PROBLEM, "store.dsn: no address of a database")
    assert "postgresql://user:password@host:5432/dbname" in found.advice


@pytest.mark.integration
def test_a_standby_serves_a_portal_only(postgres_server: PostgresServer, tmp_path: Path) -> None:
    dsn = postgres_server.new_database()
    assert database(tmp_path, dsn).facts["read_only"] is False
    postgres_server.become_standby()
    found = database(tmp_path, dsn)
    assert found.facts["read_only"] is True
    assert "a portal can use it; to store events: it is read-only" in found.advice


@pytest.mark.integration
def test_tables_of_a_newer_program_are_a_problem(tmp_path: Path, postgres_dsn: str) -> None:
    with psycopg.connect(postgres_dsn, autocommit=True) as connection:
        migrate(connection)
        connection.execute("INSERT INTO schema_version (version, applied_at) VALUES (999, now())")
    found = database(tmp_path, postgres_dsn)
    assert (found.state, found.advice) == (CheckState.PROBLEM, "install the newer Simpang")
    assert "tables of version 999" in found.message


def test_a_host_that_no_dns_can_carry_is_a_problem_and_ends_no_check(tmp_path: Path) -> None:
    found = checked(tmp_path, "bus", bus=BusConfig(kafka="xn--a.id:9092,münchen..id:9092"))
    assert (found.state, found.advice) == (CheckState.PROBLEM, "write host:9092,host2:9092")


def test_kafka_with_sasl_in_its_address_is_a_problem(tmp_path: Path) -> None:
    found = checked(tmp_path, "bus", bus=BusConfig(kafka="SASL_SSL://u:gehe@kafka:9093"))
    assert (found.state, found.message) == (
        CheckState.PROBLEM,
        "bus.kafka: TLS and SASL have other keys",
    )


@pytest.mark.integration
def test_a_listener_that_needs_tls_or_sasl_is_a_problem(tmp_path: Path) -> None:
    """Such a listener closes the connection at the first request, which it cannot read."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        Thread(target=_close_each_connection, args=(listener,), daemon=True).start()
        found = checked(tmp_path, "bus", bus=BusConfig(kafka=f"127.0.0.1:{listener.getsockname()[1]}"))
    assert found.state is CheckState.PROBLEM
    assert "accepts connections and does not answer" in found.message
    assert "wants a user (bus.security_protocol SASL_...)" in found.advice


def _close_each_connection(listener: socket.socket) -> None:
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            with client:
                client.recv(4)


def test_a_webhook_is_checked_as_it_is_written(tmp_path: Path) -> None:
    def webhook(url: str) -> CheckResult:
        entry = WebhookConfig(id="police", url=SecretStr(url), secret=SecretStr("x"))
        return checked(tmp_path, "webhook police", webhooks=(entry,))

    assert (
        webhook("https://u:gehe#im@polisi.example/gehe?token=gehe").message
        == "https://***@polisi.example/***, not called"
    )
    assert webhook("ftp://u:gehe@polisi.example").state is CheckState.PROBLEM

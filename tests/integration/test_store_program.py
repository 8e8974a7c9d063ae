"""`simpang store` as a process of its own, started and stopped from outside."""

import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import yaml

from pipelines.bus.kafka.publisher import KafkaPublisher
from pipelines.store.migrate import migrations
from tests.support.kafka.brokers import KafkaBroker
from tests.support.numbered_events import counts
from tests.support.servers import wait_until

pytestmark = pytest.mark.integration


def simpang(*arguments: object) -> Sequence[str]:
    return [sys.executable, "-m", "pipelines", "--log-json", *map(str, arguments)]


def test_it_stores_what_workers_publish_and_stops_on_sigterm(
    kafka_broker: KafkaBroker, postgres_dsn: str, tmp_path: Path
) -> None:
    config = tmp_path / "city.yaml"
    config.write_text(yaml.safe_dump({"bus": {"kafka": kafka_broker.bootstrap}, "store": {"dsn": postgres_dsn}}))
    event = counts(1)
    with closing(KafkaPublisher(kafka_broker.bootstrap)) as publisher:
        publisher.publish([event])
    with (
        subprocess.Popen(simpang("store", config), stderr=subprocess.PIPE, text=True) as store,
        psycopg.connect(postgres_dsn, autocommit=True) as connection,
    ):
        try:

            def stored() -> bool:
                if connection.execute("SELECT to_regclass('observed')").fetchone() == (None,):
                    return False
                return connection.execute("SELECT event_id::text FROM observed").fetchall() == [(event.id,)]

            wait_until(stored, "the event to be stored")
            store.send_signal(signal.SIGTERM)
            assert store.wait(60) == 0
        finally:
            store.kill()
        assert store.stderr is not None
        logged = [json.loads(line)["event"] for line in store.stderr]
    assert logged == [
        *["migration starts", "migration applied"] * len(migrations()),
        "subscribed to Kafka",
        "partitions of the group",
    ]


def test_migrations_are_listed_and_applied(postgres_dsn: str, tmp_path: Path) -> None:
    config = tmp_path / "city.yaml"
    config.write_text(yaml.safe_dump({"store": {"dsn": postgres_dsn}}))

    def migrate(*options: str) -> list[str]:
        command = simpang("store", "migrate", *options, config)
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
        return done.stdout.splitlines()

    known = len(migrations())
    assert migrate("--status")[:2] == [f"schema version 0, {known} pending", "pending 0001: initial"]
    assert migrate() == [
        *(f"applied {migration.version:04}: {migration.title}" for migration in migrations()),
        f"schema version {known}, 0 pending",
    ]
    assert migrate() == migrate("--status") == [f"schema version {known}, 0 pending"]


def test_a_database_that_cannot_be_migrated_is_one_line(tmp_path: Path) -> None:
    config = tmp_path / "city.yaml"
    config.write_text("store: {dsn: 'postgresql://u:s3cret@127.0.0.1:1/city'}")
    tried = subprocess.run(simpang("store", "migrate", config), check=False, capture_output=True, text=True, timeout=60)
    assert tried.returncode == 2
    assert tried.stderr.startswith("simpang: database 127.0.0.1:1/city: ")
    assert tried.stderr.count("\n") == 1
    assert "s3cret" not in tried.stderr


def test_a_malformed_dsn_is_one_line_that_states_the_form(tmp_path: Path) -> None:
    config = tmp_path / "city.yaml"
    config.write_text("store: {dsn: 'postgresql://u:s3cret@127.0.0.1:port/city'}")
    tried = subprocess.run(simpang("store", "migrate", config), check=False, capture_output=True, text=True, timeout=60)
    assert tried.returncode == 2
    assert "write postgresql://user:password@host:5432/dbname, and in user and password write # as %23" in tried.stderr
    assert tried.stderr.count("\n") == 1
    assert "s3cret" not in tried.stderr


def test_without_kafka_the_error_names_what_to_do(tmp_path: Path) -> None:
    config = tmp_path / "city.yaml"
    config.write_text("city: {name: Batam}\n")
    tried = subprocess.run(simpang("store", config), check=False, capture_output=True, text=True, timeout=60)
    assert tried.returncode == 2
    assert (
        tried.stderr == f"simpang: {config}: bus.kafka is missing; add it, or use simpang run, which needs no Kafka\n"
    )

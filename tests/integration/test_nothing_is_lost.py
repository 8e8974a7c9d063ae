"""From outbox to database while broker, database and worker are killed: every crossing is stored exactly once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event as Flag
from threading import Thread

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg_pool import ConnectionPool

from pipelines.bus.bus import Publisher
from pipelines.bus.dead_letter import DEAD_LETTERS, DeadLetterFile
from pipelines.bus.kafka.publisher import KafkaPublisher
from pipelines.bus.kafka.subscriber import KafkaSubscriber
from pipelines.bus.memory import MemoryBus
from pipelines.bus.outbox import Outbox
from pipelines.events.schema import Event
from pipelines.store.database_errors import DatabaseUnavailable
from pipelines.store.pool import open_database, transaction
from pipelines.store.writer import EventWriter
from tests.support.events import NOON, counts
from tests.support.kafka.brokers import KafkaBroker
from tests.support.servers import PostgresServer, wait_until
from tests.support.store_config import config_for

pytestmark = pytest.mark.integration

CROSSINGS = 7


class Traffic:
    """Counts events of two cameras, and what must be in the database because of them."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def pass_by(self, put: Callable[[Event], None], *, events: int) -> None:
        for _ in range(events):
            n = len(self.events)
            event = counts(camera_id=f"cam-{n % 2}", start=NOON + timedelta(seconds=10 * (n // 2)), crossings=CROSSINGS)
            put(event)
            self.events.append(event)

    @property
    def crossings(self) -> set[tuple[str, int]]:
        return {(event.id, n) for event in self.events for n in range(CROSSINGS)}

    def all_stored(self, pool: ConnectionPool) -> bool:
        return self.stored(pool) >= len(self.crossings)

    def stored(self, pool: ConnectionPool) -> int:
        try:
            with transaction(pool) as connection:
                row = connection.execute("SELECT count(*) FROM crossings").fetchone()
        except DatabaseUnavailable:
            return 0
        return int(row[0]) if row else 0

    def check(self, pool: ConnectionPool) -> None:
        """Each crossing and each observed period is there, once."""
        with transaction(pool) as connection:
            crossings = connection.execute("SELECT event_id::text, n FROM crossings").fetchall()
            observed = connection.execute("SELECT event_id::text FROM observed").fetchall()
        assert len(crossings) == len(set(crossings))
        assert set(crossings) == self.crossings
        assert sorted(observed) == sorted((event.id,) for event in self.events)


@contextmanager
def storing(broker: KafkaBroker, pool: ConnectionPool) -> Iterator[None]:
    stop = Flag()
    run = KafkaSubscriber(broker.bootstrap, "simpang-store").run
    thread = Thread(target=run, args=(EventWriter(pool).write, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(15)
        assert not thread.is_alive()


@contextmanager
def worker(folder: Path, publisher: Publisher) -> Iterator[Outbox]:
    try:
        with Outbox(folder / "outbox", publisher) as outbox:
            yield outbox
    finally:
        publisher.close()


@pytest.mark.parametrize("end", ["kill", "lose"])
def test_the_broker_ends_and_comes_back(kafka_broker: KafkaBroker, postgres_dsn: str, tmp_path: Path, end: str) -> None:
    """With all that it had acknowledged, or without: some of it was perhaps not yet stored."""
    traffic = Traffic()
    with (
        open_database(config_for(postgres_dsn)) as pool,
        storing(kafka_broker, pool),
        worker(tmp_path, KafkaPublisher(kafka_broker.bootstrap)) as outbox,
    ):
        traffic.pass_by(outbox.put, events=10)
        wait_until(lambda: traffic.all_stored(pool), "the first crossings to be stored")
        traffic.pass_by(outbox.put, events=10)
        wait_until(lambda: not outbox.waiting, "the broker to acknowledge all")
        getattr(kafka_broker, end)()
        traffic.pass_by(outbox.put, events=10)
        assert outbox.waiting >= 10
        kafka_broker.start()
        traffic.pass_by(outbox.put, events=10)
        wait_until(lambda: traffic.all_stored(pool), "all crossings to be stored", within_s=60)
        traffic.check(pool)


def test_events_that_the_broker_acknowledged_and_lost_are_published_again(
    kafka_broker: KafkaBroker, postgres_dsn: str, tmp_path: Path
) -> None:
    traffic = Traffic()
    with (
        open_database(config_for(postgres_dsn)) as pool,
        worker(tmp_path, KafkaPublisher(kafka_broker.bootstrap)) as outbox,
    ):
        traffic.pass_by(outbox.put, events=20)
        wait_until(lambda: not outbox.waiting, "the broker to acknowledge all")
        kafka_broker.lose()
        kafka_broker.start()
        with storing(kafka_broker, pool):
            traffic.pass_by(outbox.put, events=2)
            wait_until(lambda: traffic.all_stored(pool), "all crossings to be stored", within_s=60)
        traffic.check(pool)


def test_the_database_is_killed_and_comes_back(
    kafka_broker: KafkaBroker, postgres_server: PostgresServer, tmp_path: Path
) -> None:
    traffic = Traffic()
    with (
        open_database(config_for(postgres_server.dsn)) as pool,
        storing(kafka_broker, pool),
        worker(tmp_path, KafkaPublisher(kafka_broker.bootstrap)) as outbox,
    ):
        traffic.pass_by(outbox.put, events=10)
        wait_until(lambda: traffic.all_stored(pool), "the first crossings to be stored")
        postgres_server.kill()
        traffic.pass_by(outbox.put, events=20)
        wait_until(lambda: not outbox.waiting, "the broker to take them meanwhile")
        postgres_server.start()
        wait_until(lambda: traffic.all_stored(pool), "all crossings to be stored", within_s=60)
        traffic.check(pool)


def test_in_one_process_the_database_is_killed_and_comes_back(postgres_server: PostgresServer, tmp_path: Path) -> None:
    traffic, bus = Traffic(), MemoryBus()
    with (
        open_database(config_for(postgres_server.dsn)) as pool,
        worker(tmp_path, bus) as outbox,
    ):
        bus.subscribe(EventWriter(pool).write)
        traffic.pass_by(outbox.put, events=10)
        wait_until(lambda: traffic.all_stored(pool), "the first crossings to be stored")
        postgres_server.kill()
        traffic.pass_by(outbox.put, events=20)
        assert outbox.waiting
        postgres_server.start()
        wait_until(lambda: traffic.all_stored(pool), "all crossings to be stored", within_s=60)
        traffic.check(pool)


def test_a_failover_loses_nothing(postgres_server: PostgresServer, tmp_path: Path) -> None:
    """The database becomes a standby, which refuses writes, and is promoted while the worker counts."""
    config = config_for(postgres_server.new_database())
    traffic, bus = Traffic(), MemoryBus()
    with open_database(config):
        pass
    postgres_server.become_standby()
    with open_database(config) as pool, worker(tmp_path, bus) as outbox:
        bus.subscribe(EventWriter(pool).write)
        traffic.pass_by(outbox.put, events=20)
        assert traffic.stored(pool) == 0
        assert outbox.waiting == 20
        postgres_server.promote()
        wait_until(lambda: traffic.all_stored(pool), "all crossings to be stored", within_s=60)
        traffic.check(pool)
    assert not (tmp_path / DEAD_LETTERS).exists()


def test_a_right_that_is_missing_for_a_while_loses_nothing(postgres_server: PostgresServer, tmp_path: Path) -> None:
    dsn = postgres_server.new_database()
    traffic, bus = Traffic(), MemoryBus(DeadLetterFile(tmp_path / DEAD_LETTERS))
    with open_database(config_for(dsn)), psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute("CREATE ROLE clerk LOGIN")
        owner.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO clerk")
        with (
            open_database(config_for(make_conninfo(dsn, user="clerk"))) as pool,
            worker(tmp_path, bus) as outbox,
        ):
            bus.subscribe(EventWriter(pool).write)
            traffic.pass_by(outbox.put, events=20)
            assert outbox.waiting == 20
            owner.execute("GRANT INSERT ON ALL TABLES IN SCHEMA public TO clerk")
            wait_until(lambda: traffic.all_stored(pool), "all crossings to be stored", within_s=60)
            traffic.check(pool)
    assert not (tmp_path / DEAD_LETTERS).exists()


def test_everything_is_down_at_start(
    kafka_broker: KafkaBroker, postgres_server: PostgresServer, tmp_path: Path
) -> None:
    """After a power cut the worker counts before broker and database are back."""
    kafka_broker.kill()
    postgres_server.kill()
    traffic = Traffic()
    with (
        open_database(config_for(postgres_server.dsn)) as pool,
        storing(kafka_broker, pool),
        worker(tmp_path, KafkaPublisher(kafka_broker.bootstrap)) as outbox,
    ):
        traffic.pass_by(outbox.put, events=10)
        assert outbox.waiting == 10
        postgres_server.start()
        kafka_broker.start()
        wait_until(lambda: traffic.all_stored(pool), "all crossings to be stored", within_s=60)
        traffic.check(pool)


def test_the_worker_and_the_store_are_restarted(kafka_broker: KafkaBroker, postgres_dsn: str, tmp_path: Path) -> None:
    traffic = Traffic()
    with open_database(config_for(postgres_dsn)) as pool:
        for _ in range(2):
            with worker(tmp_path, KafkaPublisher(kafka_broker.bootstrap)) as outbox:
                traffic.pass_by(outbox.put, events=10)
            with storing(kafka_broker, pool):
                wait_until(lambda: traffic.stored(pool) > 0, "some crossings to be stored")
        with worker(tmp_path, KafkaPublisher(kafka_broker.bootstrap)), storing(kafka_broker, pool):
            wait_until(lambda: traffic.all_stored(pool), "all crossings to be stored")
        traffic.check(pool)

"""From camera to database with every server real: each is killed and started again, and no crossing is lost or doubled.

The events that the worker published are compared with the rows in the database.
"""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from pathlib import Path
from threading import Event as Flag
from threading import Thread

import psycopg
import pytest

from pipelines.bus.bus import Handler
from pipelines.bus.kafka.publisher import KafkaPublisher
from pipelines.bus.kafka.subscriber import KafkaSubscriber
from pipelines.bus.outbox import Outbox
from pipelines.config.bus_settings import BusConfig
from pipelines.config.settings import CameraConfig, Config, StoreConfig
from pipelines.events.schema import CountsReport, Event
from pipelines.store.pool import open_database
from pipelines.store.writer import EventWriter
from pipelines.worker.supervisor import RestartPolicy
from pipelines.worker.worker import Worker
from tests.support.bright_detector import BrightDetector
from tests.support.kafka.brokers import KafkaBroker
from tests.support.servers import PostgresServer, RtspCameras, wait_until

CAMERAS = ("utara", "selatan")
GEOMETRY = {"image_size": [320, 240], "gates": [{"id": "tengah", "p1": [160, 40], "p2": [160, 239]}]}

Row = tuple[str, datetime, str, str, int]


class Said:
    """Every event the worker put into the outbox."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self.events: list[Event] = []

    def put(self, event: Event) -> None:
        self.events.append(event)
        self._outbox.put(event)

    def crossings(self) -> list[Row]:
        return [
            (counts.camera_id, crossing.at, crossing.gate, crossing.direction, crossing.track)
            for counts in (event.data for event in list(self.events))
            if isinstance(counts, CountsReport)
            for crossing in counts.crossings
        ]

    def counted_by_each_camera_since(self, before: list[Row]) -> bool:
        new = Counter(row[0] for row in self.crossings()) - Counter(row[0] for row in before)
        return set(new) == set(CAMERAS)


def stored(dsn: str) -> list[Row]:
    with psycopg.connect(dsn) as connection:
        return connection.execute("SELECT camera_id, at, gate, direction, track FROM crossings").fetchall()


@contextmanager
def consuming(bootstrap: str, handler: Handler) -> Iterator[None]:
    stop = Flag()
    thread = Thread(target=KafkaSubscriber(bootstrap, "simpang-store").run, args=(handler, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(30)
    assert not thread.is_alive()


@pytest.fixture
def config(
    tmp_path: Path, rtsp_cameras: RtspCameras, kafka_broker: KafkaBroker, postgres_server: PostgresServer
) -> Config:
    geometry = tmp_path / "road.json"
    geometry.write_text(json.dumps(GEOMETRY))
    return Config(
        cameras=tuple(
            CameraConfig(id=name, name=name, url=rtsp_cameras.url("road.mp4"), geometry=geometry) for name in CAMERAS
        ),
        data_dir=tmp_path / "data",
        analysis={"analysis_fps": 10},
        stream={"stall_s": 3},
        bus=BusConfig(kafka=kafka_broker.bootstrap),
        store=StoreConfig(dsn=postgres_server.dsn),
    )


@pytest.mark.integration
@pytest.mark.usefixtures("brief_periods")
@pytest.mark.timeout(420)
def test_every_crossing_is_stored_once_whatever_is_killed(config, rtsp_cameras, kafka_broker, postgres_server):
    with ExitStack() as parts:
        pool = parts.enter_context(open_database(config))
        parts.enter_context(consuming(kafka_broker.bootstrap, EventWriter(pool).write))
        publisher = parts.enter_context(closing(KafkaPublisher(kafka_broker.bootstrap)))
        said = Said(parts.enter_context(Outbox(config.data_dir / "outbox", publisher)))
        restart_policy = RestartPolicy(first_s=0.2, longest_s=1.0)
        with Worker(config, BrightDetector(), said.put, restart_policy=restart_policy):
            wait_until(lambda: said.counted_by_each_camera_since([]), "both cameras to count", within_s=60)
            for server in (rtsp_cameras, kafka_broker, postgres_server):
                server.kill()
                during = said.crossings()
                if server is not rtsp_cameras:
                    wait_until(lambda d=during: said.counted_by_each_camera_since(d), "counting goes on", within_s=60)
                server.start()
                after = said.crossings()
                wait_until(lambda a=after: said.counted_by_each_camera_since(a), "both count again", within_s=60)
        wait_until(
            lambda: len(stored(config.store.dsn.get_secret_value())) >= len(said.crossings()),
            "all is stored",
            within_s=90,
        )

    in_database, counted = Counter(stored(postgres_server.dsn)), Counter(said.crossings())
    assert in_database == counted
    assert set(counted.values()) == {1}
    assert len(counted) >= 2 * 4

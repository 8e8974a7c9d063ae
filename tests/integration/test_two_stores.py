"""Two `simpang store` processes of one group: they share the partitions, and nothing is lost or doubled."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
import yaml

from pipelines.bus.kafka.publisher import KafkaPublisher
from pipelines.events.schema import TOPICS, CountsReport, Event, IncidentPhase
from tests.support.events import incident
from tests.support.kafka.brokers import KafkaBroker
from tests.support.numbered_events import crossing
from tests.support.servers import wait_until
from tests.support.webhook_receiver import Receiver

pytestmark = pytest.mark.integration

CAMERAS = [f"cam-{n}" for n in range(24)]
PARTITIONS = 6 * len(set(TOPICS.values()))


@contextmanager
def store(folder: Path, config: object) -> Iterator[subprocess.Popen[bytes]]:
    """Run `simpang store` with its log in `folder`."""
    folder.mkdir()
    (folder / "city.yaml").write_text(yaml.safe_dump(config))
    command = [sys.executable, "-m", "pipelines", "--log-json", "store", str(folder / "city.yaml")]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stderr=log) as process:
        try:
            yield process
        finally:
            process.kill()


def lines(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "log").read_text().splitlines() if line.endswith("}")]


def held(folder: Path) -> object:
    """Number of partitions that a store holds."""
    return next((line["held"] for line in reversed(lines(folder)) if "held" in line), 0)


def crossings(first: int, count: int) -> list[Event]:
    """A crossing at each camera for each of some numbers."""
    found = []
    for n in range(first, first + count):
        data = crossing(n).data
        assert isinstance(data, CountsReport)
        found += [Event.wrap(data.model_copy(update={"camera_id": camera}), data.start_at) for camera in CAMERAS]
    return found


def test_two_stores_share_the_cameras_and_one_takes_over_where_the_other_is_killed(
    kafka_broker: KafkaBroker, postgres_dsn: str, tmp_path: Path
) -> None:
    receiver = Receiver()
    webhook = {"id": "police", "url": f"http://127.0.0.1:{receiver.port}/", "secret": "rahasia"}
    config = {"bus": {"kafka": kafka_broker.bootstrap}, "store": {"dsn": postgres_dsn}, "webhooks": [webhook]}
    alerts = [incident(IncidentPhase.RAISED, incident_id=f"{name}-1", camera_id=name) for name in CAMERAS]
    a, b = tmp_path / "a", tmp_path / "b"
    with (
        receiver.listening(),
        closing(KafkaPublisher(kafka_broker.bootstrap)) as publisher,
        psycopg.connect(postgres_dsn, autocommit=True) as connection,
    ):

        def stored() -> list[str]:
            if connection.execute("SELECT to_regclass('crossings')").fetchone() == (None,):
                return []
            return [key for (key,) in connection.execute("SELECT event_id::text FROM crossings").fetchall()]

        publisher.publish(before := crossings(0, 5))
        with store(a, config) as first, store(b, config) as second:
            wait_until(lambda: held(a) == held(b) == PARTITIONS // 2, "each store to have half", within_s=60)
            wait_until(lambda: len(stored()) >= len(before), "the first crossings", within_s=60)
            publisher.publish([*(together := crossings(5, 5)), *alerts])
            first.kill()
            publisher.publish(after := crossings(10, 5))
            expected = [*before, *together, *after]
            wait_until(lambda: len(stored()) >= len(expected), "the other store to take over", within_s=60)
            wait_until(lambda: len(set(receiver.keys)) >= len(alerts), "all alerts", within_s=90)
            assert held(b) == PARTITIONS
            second.terminate()
            assert second.wait(30) == 0
        assert sorted(stored()) == sorted(event.id for event in expected)
        assert connection.execute("SELECT count(*), count(delivered_at) FROM webhook_deliveries").fetchone() == (24, 24)
    assert len(set(receiver.keys)) == len(alerts)
    assert [line["event"] for line in lines(b) if line["level"] == "error"] == []

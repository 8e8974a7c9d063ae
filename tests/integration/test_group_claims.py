"""Partitions that a worker held with a former client: they reach another worker as soon as they move."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event as Flag

import pytest
from kafka.errors import KafkaError

from pipelines.bus.kafka.camera_topic import CameraTopic
from pipelines.bus.kafka.cluster import KafkaCluster
from pipelines.events.registered_camera import RegisteredCamera
from pipelines.worker.camera_group import REJOIN_EVERY_S, CameraGroup
from tests.support.group_workers import GROUP, registered
from tests.support.kafka.apache import ApacheKafka
from tests.support.servers import wait_until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

CAMERAS = tuple(f"cam-{number}" for number in range(8))
WITHIN_S = REJOIN_EVERY_S / 3
"""Longest wait, in seconds, well below the time after which a worker asks for a rebalance anyway."""


class Cameras:
    """Cameras that start and stop at once."""

    def __init__(self, *, ready: bool = True) -> None:
        self.running: frozenset[str] = frozenset()
        self.ready = ready
        self.costs: Mapping[str, float] = {}

    def request(self, cameras: Sequence[RegisteredCamera]) -> None:
        self.running = frozenset(camera.id for camera in cameras)


@contextmanager
def taking_part(group: CameraGroup) -> Iterator[None]:
    """Run a member with a new client."""
    stop = Flag()
    thread = threading.Thread(target=group.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@pytest.fixture
def cluster(kafka_folder: Path) -> Iterator[KafkaCluster]:
    broker = ApacheKafka(kafka_folder)
    broker.start()
    try:
        yield KafkaCluster(broker.bootstrap)
    finally:
        broker.lose()


def state_of_group(cluster: KafkaCluster) -> str:
    """Return the state of the group; an empty text while the broker has none."""
    with suppress(KafkaError), cluster.connected() as admin:
        return str(admin.describe_groups([GROUP])[GROUP]["group_state"])
    return ""


def test_partitions_that_a_new_client_gives_up_are_assigned_at_once(cluster: KafkaCluster) -> None:
    registry = CameraTopic(str(cluster))
    assert registry.read() == {}
    registry.put(registered("rtsp://10.0.0.7/1", *CAMERAS))
    ours, theirs = Cameras(), Cameras(ready=False)
    first, second = CameraGroup(cluster, GROUP, "a", ours), CameraGroup(cluster, GROUP, "b", theirs)
    with taking_part(second):
        wait_until(lambda: state_of_group(cluster) == "Stable", "the second worker to lead", within_s=WITHIN_S)
        with taking_part(first):
            wait_until(lambda: ours.running == set(CAMERAS), "the first worker to have all cameras", within_s=WITHIN_S)
        theirs.ready = True  # the group waits for the first worker, whose new client has no partitions of its own
        wait_until(lambda: state_of_group(cluster) == "PreparingRebalance", "a rebalance", within_s=WITHIN_S)
        with taking_part(first):
            wait_until(
                lambda: bool(theirs.running) and ours.running | theirs.running == set(CAMERAS),
                "each camera to have a worker",
                within_s=WITHIN_S,
            )
            assert ours.running and not ours.running & theirs.running

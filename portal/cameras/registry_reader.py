"""Thread that keeps the catalogue at the cameras of the registry, where workers of a group share them."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from threading import Event as Flag

from pipelines.bus.kafka.camera_topic import CameraTopic
from pipelines.bus.kafka.security import Security
from pipelines.config.bus_settings import BusConfig
from pipelines.events.registered_camera import RegisteredCamera
from pipelines.retry import Backoff
from pipelines.store.polling_thread import PollingThread
from portal.cameras.catalogue import CameraCatalogue
from portal.cameras.listed_cameras import FILE, ListedCameras

FOLLOW_S = 60.0
"""Seconds after which the whole registry is read again: a broker that lost records has other ones. [assumption]"""
BACKOFF = Backoff(first_s=1.0, longest_s=30.0)
"""Delays between attempts to reach the brokers, in seconds. [assumption]"""


def registry_reader(bus: BusConfig, catalogue: CameraCatalogue, data_dir: Path) -> AbstractContextManager[object]:
    """Return the thread; nothing without a group of workers. Without the brokers the last known cameras stay listed."""
    if bus.kafka is None or bus.worker_group is None:
        return nullcontext()
    topic = CameraTopic(bus.kafka, Security.of(bus))
    listed = ListedCameras(catalogue, data_dir / FILE)

    def follow(stop: Flag) -> bool:
        at_first = True

        def show(cameras: Mapping[str, RegisteredCamera]) -> None:
            nonlocal at_first
            listed.show(cameras, at_first=at_first)
            at_first = False

        topic.follow(show, stop, FOLLOW_S)
        return True

    return PollingThread(
        "camera registry",
        follow,
        every_s=0.0,
        backoff=BACKOFF,
        failure="the registry of cameras cannot be read; retrying",
    )

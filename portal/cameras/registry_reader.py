"""Thread that keeps the catalogue at the cameras of the registry, where workers of a group share them."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from threading import Event as Flag

import structlog

from pipelines.bus.kafka.camera_topic import CameraTopic
from pipelines.bus.kafka.security import Security
from pipelines.config.bus_settings import BusConfig
from pipelines.events.registered_camera import RegisteredCamera
from pipelines.retry import Backoff
from pipelines.store.polling_thread import PollingThread
from portal.cameras.catalogue import CameraCatalogue

log = structlog.get_logger(__name__)

FOLLOW_S = 60.0
"""Seconds after which the whole registry is read again: a broker that lost records has other ones. [assumption]"""
BACKOFF = Backoff(first_s=1.0, longest_s=30.0)
"""Delays between attempts to reach the brokers, in seconds. [assumption]"""


def registry_reader(bus: BusConfig, catalogue: CameraCatalogue) -> AbstractContextManager[object]:
    """Return the thread; nothing without a group of workers. Without the brokers the last known cameras stay listed."""
    if bus.kafka is None or bus.worker_group is None:
        return nullcontext()
    topic = CameraTopic(bus.kafka, Security.of(bus))
    listed: dict[str, RegisteredCamera] = {}

    def list_cameras(cameras: Mapping[str, RegisteredCamera]) -> None:
        nonlocal listed
        if cameras != listed:
            listed = dict(cameras)
            catalogue.set_registered(listed.values())
            log.info("cameras of the registry", cameras=len(listed))

    def follow(stop: Flag) -> bool:
        topic.follow(list_cameras, stop, FOLLOW_S)
        return True

    return PollingThread(
        "camera registry",
        follow,
        every_s=0.0,
        backoff=BACKOFF,
        failure="the registry of cameras cannot be read; retrying",
    )

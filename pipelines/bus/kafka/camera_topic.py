"""Registry of the cameras: the compacted topic `traffic.cameras`, whose records are keyed by the id of a camera."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from threading import Event as Flag
from time import monotonic

import structlog
from kafka import KafkaConsumer, KafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic
from kafka.errors import AuthorizationError, KafkaError, TopicAlreadyExistsError
from kafka.structs import TopicPartition
from pydantic import ValidationError

from pipelines.bus.bus import BusUnavailable
from pipelines.bus.kafka.cluster import KafkaCluster
from pipelines.bus.kafka.security import Security
from pipelines.errors import UserError, first_problem
from pipelines.events.event_contracts import CONTENT_TYPE
from pipelines.events.registered_camera import CAMERA_SCHEMA, CAMERA_TOPIC, RegisteredCamera

log = structlog.get_logger()

PARTITIONS = 128
"""Partitions of the topic, the units in which cameras move between workers: the cameras of one partition move together.
[assumption: 300 cameras on eight workers are 16 units each]"""

ANSWER_S = 10.0
"""Longest wait (s) for the brokers. [assumption]"""

POLL_MS = 200
"""Longest wait for records, in milliseconds. [assumption]"""


class CameraTopic:
    """Reads and changes the registry. Raises BusUnavailable where the brokers do not answer."""

    def __init__(self, bootstrap: str, security: Security | None = None) -> None:
        self._cluster = KafkaCluster(bootstrap, security)

    def read(self) -> dict[str, RegisteredCamera]:
        """Return all cameras by id. A record that cannot be used is logged and left out."""
        try:
            with self._cluster.connected() as admin:
                create_camera_topic(admin)
            consumer = KafkaConsumer(**self._cluster.client, enable_auto_commit=False)
            with closing(consumer):
                return self._read(consumer)
        except KafkaError as error:
            raise self._cluster.unavailable(error) from error

    def follow(self, on_read: Callable[[Mapping[str, RegisteredCamera]], None], stop: Flag, for_s: float) -> None:
        """Pass all cameras by id to `on_read`, at first and after each record, for some seconds or until `stop`."""
        until = monotonic() + for_s
        self._cluster.require_one()
        cameras: dict[str, RegisteredCamera] = {}
        try:
            with closing(KafkaConsumer(**self._cluster.client, enable_auto_commit=False)) as consumer:
                self._read_to_end(consumer, cameras)
                on_read(dict(cameras))
                while not stop.is_set() and monotonic() < until:
                    if _poll(consumer, cameras):
                        on_read(dict(cameras))
        except KafkaError as error:
            raise self._cluster.unavailable(error) from error

    def put(self, cameras: Iterable[RegisteredCamera]) -> None:
        """Add cameras, or replace those with their ids."""
        self._send((camera.id, camera.model_dump_json(exclude_none=True).encode()) for camera in cameras)

    def remove(self, camera_id: str) -> None:
        """Remove a camera."""
        self._send([(camera_id, None)])

    def _read(self, consumer: KafkaConsumer) -> dict[str, RegisteredCamera]:
        cameras: dict[str, RegisteredCamera] = {}
        self._read_to_end(consumer, cameras)
        return dict(sorted(cameras.items()))

    def _read_to_end(self, consumer: KafkaConsumer, cameras: dict[str, RegisteredCamera]) -> None:
        """Assign all partitions to the consumer, and apply the records that they have now."""
        deadline = monotonic() + ANSWER_S
        numbers: set[int] = set()
        while not numbers:
            numbers = consumer.partitions_for_topic(CAMERA_TOPIC) or set()
            self._check(deadline)
        partitions = [TopicPartition(CAMERA_TOPIC, number) for number in sorted(numbers)]
        consumer.assign(partitions)
        ends = consumer.end_offsets(partitions, timeout_ms=int(ANSWER_S * 1000))
        consumer.seek_to_beginning(*partitions)
        filled = [partition for partition in partitions if ends[partition] > 0]
        while any(consumer.position(p, timeout_ms=POLL_MS) < ends[p] for p in filled):
            self._check(deadline)
            _poll(consumer, cameras)

    def _check(self, deadline: float) -> None:
        if monotonic() > deadline:
            raise BusUnavailable(f"Kafka at {self._cluster}: {CAMERA_TOPIC} cannot be read; try again")

    def _send(self, records: Iterable[tuple[str, bytes | None]]) -> None:
        headers = [("content-type", CONTENT_TYPE.encode()), ("ce_dataschema", CAMERA_SCHEMA.encode())]
        try:
            producer = KafkaProducer(
                **self._cluster.client, acks="all", enable_idempotence=True, allow_auto_create_topics=False
            )
            with closing(producer):
                sent = [producer.send(CAMERA_TOPIC, value, key=key.encode(), headers=headers) for key, value in records]
                for record in sent:
                    record.get(timeout=ANSWER_S)
        except KafkaError as error:
            raise self._cluster.unavailable(error) from error


def _poll(consumer: KafkaConsumer, cameras: dict[str, RegisteredCamera]) -> bool:
    """Wait for records, and apply them to the cameras; return whether there were any."""
    found = consumer.poll(timeout_ms=POLL_MS)
    for records in found.values():
        for record in records:
            apply_record(cameras, record.key, record.value)
    return bool(found)


def apply_record(cameras: dict[str, RegisteredCamera], key: bytes | None, value: bytes | None) -> None:
    """Apply a record to the cameras by id. One that cannot be used is logged, and leaves its camera as it was."""
    camera_id = (key or b"").decode(errors="replace")
    if value is None:
        cameras.pop(camera_id, None)
        return
    try:
        camera = RegisteredCamera.model_validate_json(value)
        if camera.id != camera_id:
            raise UserError(f"id {camera.id} is not the key")
        cameras[camera_id] = camera
    except ValidationError as error:
        log.error("a record of the registry cannot be used", camera=camera_id, reason=first_problem(error))
    except UserError as error:
        log.error("a record of the registry cannot be used", camera=camera_id, reason=str(error))


def create_camera_topic(admin: KafkaAdminClient) -> None:
    """Create the topic where it is missing. Raises UserError without the right to do so."""
    if CAMERA_TOPIC in admin.list_topics():
        return
    settings = {"cleanup.policy": "compact"}
    try:
        topic = NewTopic(CAMERA_TOPIC, num_partitions=PARTITIONS, replication_factor=-1, topic_configs=settings)
        admin.create_topics([topic])
        log.info("topic created", topic=CAMERA_TOPIC, partitions=PARTITIONS)
    except TopicAlreadyExistsError:
        pass
    except AuthorizationError as error:
        raise UserError(
            f"no right to create topic {CAMERA_TOPIC}; create it with {PARTITIONS} partitions and "
            "cleanup.policy=compact"
        ) from error

"""The bus on Kafka: events as CloudEvents in structured JSON mode, keyed by camera, so that a camera's order is kept.

A broker that is down is one line in the log, and is asked again until it is back. Clients are built afresh after every
failure: a half-broken one may hold positions and producer ids that the restarted broker has never heard of.
"""

import logging
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Event as Flag
from time import monotonic
from typing import Any

import structlog
from kafka import KafkaConsumer, KafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic
from kafka.errors import AuthorizationError, KafkaError, MessageSizeTooLargeError, TopicAlreadyExistsError
from kafka.structs import TopicPartition
from pydantic import ValidationError

from pipelines.bus import BusDown, Handler
from pipelines.errors import BadInput
from pipelines.events import TOPICS, Event

log = structlog.get_logger()
# The client reports every single attempt; what matters of them is said here, once.
logging.getLogger("kafka").addHandler(logging.NullHandler())

PARTITIONS = 6
"""So many stores may share the work. Topics that exist already stay as they are."""
CONTENT_TYPE = [("content-type", b"application/cloudevents+json; charset=utf-8")]

CONNECT_S = 3.0
PUBLISH_S = 8.0
POLL_MS = 300
BATCH = 500
PROBE_EVERY_S = 2.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.25, 5.0

_CLIENT = {
    "request_timeout_ms": 10_000,
    "bootstrap_timeout_ms": 5_000,
    "reconnect_backoff_max_ms": 1_000,
    "metadata_max_age_ms": 30_000,
}
_PRODUCER = {
    **_CLIENT,
    "acks": "all",
    "enable_idempotence": True,
    "allow_auto_create_topics": False,
    "request_timeout_ms": 4_000,
    "delivery_timeout_ms": int(PUBLISH_S * 1000),
    "max_block_ms": 4_000,
    "linger_ms": 5,
}
_CONSUMER = {
    **_CLIENT,
    "enable_auto_commit": False,
    "auto_offset_reset": "earliest",
    "allow_auto_create_topics": False,
    # A group settles in about half of this, and takes this long to notice a store that died.
    "session_timeout_ms": 6_000,
    "heartbeat_interval_ms": 2_000,
    "max_poll_records": BATCH,
}


class _Brokers:
    """The addresses in `bootstrap` (`host:9092,host2:9092`). Raises BadInput where they make no sense."""

    def __init__(self, bootstrap: str) -> None:
        self.name = bootstrap
        self.addresses = [self._address(part.strip()) for part in bootstrap.split(",")]
        self.list = [f"{host}:{port}" for host, port in self.addresses]

    def _address(self, text: str) -> tuple[str, int]:
        host, _, port = text.rpartition(":") if ":" in text else (text, "", "9092")
        if not host or not port.isdecimal() or not 0 < int(port) < 65536:
            raise BadInput(f"bus.kafka: {self.name!r} is no list of brokers; write host:9092,host2:9092")
        return host.strip("[]"), int(port)

    def require_one(self) -> None:
        """Raises BusDown where none takes a connection: cheaper, and clearer, than a client that finds out itself."""
        reason = ""
        for address in self.addresses:
            try:
                with socket.create_connection(address, timeout=CONNECT_S):
                    return
            except OSError as error:
                reason = error.strerror or str(error)
        raise BusDown(f"Kafka at {self.name}: {reason}")

    def create_topics(self) -> None:
        """Create those of our topics that do not exist."""
        admin = KafkaAdminClient(bootstrap_servers=self.list, **_CLIENT)
        try:
            for topic in sorted(set(TOPICS.values()) - set(admin.list_topics())):
                try:
                    admin.create_topics([NewTopic(topic, num_partitions=PARTITIONS, replication_factor=-1)])
                    log.info("topic created", topic=topic, partitions=PARTITIONS)
                except TopicAlreadyExistsError:
                    pass
                except AuthorizationError:
                    log.warning("may not create a topic; ask the broker's keeper to", topic=topic)
        finally:
            admin.close()

    def down(self, error: Exception) -> BusDown:
        return BusDown(f"Kafka at {self.name}: {type(error).__name__}: {(str(error).splitlines() or [''])[0][:300]}")


class KafkaPublisher:
    """Publishes with an idempotent producer and `acks=all`. For one thread, the outbox's."""

    def __init__(self, bootstrap: str) -> None:
        self._brokers = _Brokers(bootstrap)
        self._producer: KafkaProducer | None = None
        self._offsets: dict[TopicPartition, int] = {}

    def publish(self, events: Sequence[Event]) -> None:
        """Raises BusDown, after some 10 s at most, where not all of them are acknowledged."""
        try:
            self._send(self._connected(), events)
        except KafkaError as error:
            self.close()
            raise self._brokers.down(error) from error

    def close(self) -> None:
        producer, self._producer = self._producer, None
        self._offsets.clear()
        if producer is not None:
            with suppress(KafkaError):
                producer.close(timeout=1)

    def _connected(self) -> KafkaProducer:
        if self._producer is None:
            self._brokers.require_one()
            self._brokers.create_topics()
            self._producer = KafkaProducer(bootstrap_servers=self._brokers.list, **_PRODUCER)
            log.info("publishing to Kafka", brokers=self._brokers.name)
        return self._producer

    def _send(self, producer: KafkaProducer, events: Sequence[Event]) -> None:
        deadline = monotonic() + PUBLISH_S
        sent = []
        for event in events:
            try:
                key = event.key.encode()
                sent.append((event, producer.send(event.topic, event.to_json(), key=key, headers=CONTENT_TYPE)))
            except MessageSizeTooLargeError as error:
                _leave_out(event, error)
        for event, acknowledged in sent:
            try:
                kept = acknowledged.get(timeout=max(deadline - monotonic(), 0.001))
            except MessageSizeTooLargeError as error:
                _leave_out(event, error)
            else:
                self._note_offset(kept.topic_partition, kept.offset)

    def _note_offset(self, partition: TopicPartition, offset: int) -> None:
        """Offsets only grow. Where they do not, the broker has lost what it had acknowledged: raises BusDown."""
        if 0 <= offset <= self._offsets.get(partition, -1):
            self.close()
            raise BusDown(f"Kafka at {self._brokers.name}: lost events that it had acknowledged ({partition.topic})")
        self._offsets[partition] = offset


def _leave_out(event: Event, error: Exception) -> None:
    """It would never be taken, and block all that come after it."""
    log.error("event left out: too large for the broker", event_id=event.id, camera=event.key, error=error)


class KafkaSubscriber:
    """Takes all of our topics as a member of `group`; what the handler has taken is committed, and not before."""

    def __init__(self, bootstrap: str, group: str) -> None:
        self._brokers = _Brokers(bootstrap)
        self._group = group

    def run(self, handler: Handler, stop: Flag) -> None:
        """Feed `handler` until `stop` is set, whatever becomes of the broker or the handler meanwhile."""
        pauses = _Pauses()
        while not stop.is_set():
            try:
                with self._consumer() as consumer:
                    log.info("subscribed to Kafka", brokers=self._brokers.name, group=self._group)
                    pauses.over()
                    self._feed(consumer, handler, stop)
            except (BusDown, KafkaError) as error:
                down = error if isinstance(error, BusDown) else self._brokers.down(error)
                pauses.wait(stop, "bus is down; asking again until it is back", down)

    @contextmanager
    def _consumer(self) -> Iterator[KafkaConsumer]:
        self._brokers.require_one()
        self._brokers.create_topics()
        consumer = KafkaConsumer(
            *TOPICS.values(), bootstrap_servers=self._brokers.list, group_id=self._group, **_CONSUMER
        )
        try:
            yield consumer
        finally:
            consumer.close(timeout_ms=1000)

    def _feed(self, consumer: KafkaConsumer, handler: Handler, stop: Flag) -> None:
        """Until `stop`. Raises KafkaError or BusDown where the broker is lost."""
        pauses, next_probe = _Pauses(), monotonic() + PROBE_EVERY_S
        while not stop.is_set():
            records: dict[TopicPartition, list[Any]] = consumer.poll(timeout_ms=POLL_MS)
            if not records:
                if monotonic() > next_probe:  # a client whose broker is gone only falls silent
                    self._brokers.require_one()
                    next_probe = monotonic() + PROBE_EVERY_S
                continue
            try:
                handler(_events(records))
            except Exception as error:  # the handler may fail in any way; its events stay ours until it takes them
                for partition, batch in records.items():
                    consumer.seek(partition, batch[0].offset)
                pauses.wait(stop, "events cannot be kept; giving them again until they are", error)
            else:
                consumer.commit(timeout_ms=5000)
                pauses.over()


class _Pauses:
    """Ever longer waits between failures, of which only the first is logged."""

    def __init__(self) -> None:
        self._pause_s = 0.0

    def wait(self, stop: Flag, message: str, error: Exception) -> None:
        if not self._pause_s:
            log.warning(message, error=error)
        self._pause_s = min(max(self._pause_s * 2, FIRST_PAUSE_S), LONGEST_PAUSE_S)
        stop.wait(self._pause_s)

    def over(self) -> None:
        self._pause_s = 0.0


def _events(records: dict[TopicPartition, list[Any]]) -> list[Event]:
    """What is not one of our events is logged and passed over: it will not become one by waiting."""
    events = []
    for partition, batch in records.items():
        for record in batch:
            try:
                events.append(Event.from_json(record.value or b""))
            except ValidationError as error:
                log.error(
                    "message is none of our events and is passed over",
                    topic=partition.topic,
                    partition=partition.partition,
                    offset=record.offset,
                    error=str(error).splitlines()[0],
                )
    return events

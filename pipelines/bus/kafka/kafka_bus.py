"""The bus on Kafka: events as CloudEvents in structured JSON mode, keyed by camera, so that a camera's order is kept.

A broker that is down is one line in the log, and is asked again until it is back. Clients are built afresh after every
failure: a half-broken one may hold positions and producer ids that the restarted broker has never heard of.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Event as Flag
from time import monotonic
from typing import Any

import structlog
from kafka import KafkaConsumer, KafkaProducer
from kafka.errors import KafkaError, MessageSizeTooLargeError
from kafka.structs import TopicPartition
from pydantic import ValidationError

from pipelines.bus.bus import BusUnavailable, Handler
from pipelines.bus.kafka.cluster import CLIENT, ClusterMonitor, KafkaCluster, TopicLayout
from pipelines.events.schema import Event

log = structlog.get_logger()

CONTENT_TYPE = [("content-type", b"application/cloudevents+json; charset=utf-8")]
PUBLISH_S = 8.0
POLL_MS = 300
ANSWER_MS = 5_000
BATCH = 500
REWIND = 300
"""Messages a partition: some two minutes of it."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.25, 5.0

_PRODUCER = {
    **CLIENT,
    "acks": "all",
    "enable_idempotence": True,
    "allow_auto_create_topics": False,
    "request_timeout_ms": 4_000,
    "delivery_timeout_ms": int(PUBLISH_S * 1000),
    "max_block_ms": 4_000,
    "linger_ms": 5,
}
_CONSUMER = {
    **CLIENT,
    "enable_auto_commit": False,
    "auto_offset_reset": "none",
    "allow_auto_create_topics": False,
    "max_poll_records": BATCH,
}


class KafkaPublisher:
    """Publishes with an idempotent producer and `acks=all`. For one thread, the outbox's."""

    def __init__(self, bootstrap: str) -> None:
        self._brokers = KafkaCluster(bootstrap)
        self._producer: KafkaProducer | None = None
        self._offsets: dict[TopicPartition, int] = {}

    def publish(self, events: Sequence[Event]) -> None:
        """Raises BusUnavailable, after some 10 s at most, where not all of them are acknowledged."""
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
            with self._brokers.admin():
                self._producer = KafkaProducer(bootstrap_servers=self._brokers.servers, **_PRODUCER)
            log.info("publishing to Kafka", brokers=str(self._brokers))
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
        """Offsets only grow. Where they do not, the broker has lost what it had acknowledged: raises BusUnavailable."""
        if 0 <= offset <= self._offsets.get(partition, -1):
            self.close()
            raise BusUnavailable(f"Kafka at {self._brokers}: lost events that it had acknowledged ({partition.topic})")
        self._offsets[partition] = offset


def _leave_out(event: Event, error: Exception) -> None:
    """It would never be taken, and block all that come after it."""
    log.error("event left out: too large for the broker", event_id=event.id, camera=event.key, error=error)


class KafkaSubscriber:
    """Takes all of our topics; what the handler has taken is committed in the name of `group`, and not before.

    It assigns itself every partition, rather than let the group share them out: nothing has to be negotiated after a
    restart, and a second store beside the first is a hot standby, since whatever is stored twice changes nothing. For
    the same reason it starts a little before the last commit: a broker that lost power may have filled the places just
    before it with other messages.
    """

    def __init__(self, bootstrap: str, group: str) -> None:
        self._brokers = KafkaCluster(bootstrap)
        self._group = group

    def run(self, handler: Handler, stop: Flag) -> None:
        """Feed `handler` until `stop` is set, whatever becomes of the broker or the handler meanwhile."""
        pauses = _Pauses()
        while not stop.is_set():
            try:
                with self._brokers.admin() as admin:
                    watch = ClusterMonitor(self._brokers, admin)
                    with self._consumer(watch.layout) as consumer:
                        log.info("subscribed to Kafka", brokers=str(self._brokers), group=self._group)
                        pauses.over()
                        self._feed(consumer, handler, stop, watch)
            except (BusUnavailable, KafkaError) as error:
                down = error if isinstance(error, BusUnavailable) else self._brokers.down(error)
                pauses.wait(stop, "bus is down; asking again until it is back", down)

    @contextmanager
    def _consumer(self, layout: TopicLayout) -> Iterator[KafkaConsumer]:
        consumer = KafkaConsumer(bootstrap_servers=self._brokers.servers, group_id=self._group, **_CONSUMER)
        try:
            partitions = [TopicPartition(topic, n) for topic, (_, epochs) in layout.items() for n in epochs]
            consumer.assign(partitions)
            first = consumer.beginning_offsets(partitions, timeout_ms=ANSWER_MS)
            end = consumer.end_offsets(partitions, timeout_ms=ANSWER_MS)
            for partition in partitions:
                committed = consumer.committed(partition, timeout_ms=ANSWER_MS) or 0
                consumer.seek(partition, max(first[partition], min(committed, end[partition]) - REWIND))
            yield consumer
        finally:
            consumer.close(timeout_ms=1000)

    def _feed(self, consumer: KafkaConsumer, handler: Handler, stop: Flag, watch: ClusterMonitor) -> None:
        """Until `stop`. Raises KafkaError or BusUnavailable where the broker is lost."""
        pauses = _Pauses()
        while not stop.is_set():
            records: dict[TopicPartition, list[Any]] = consumer.poll(timeout_ms=POLL_MS)
            watch.look()
            if not records:
                continue
            try:
                handler(_events(records))
            except Exception as error:  # the handler may fail in any way; its events stay ours until it takes them
                for partition, batch in records.items():
                    consumer.seek(partition, batch[0].offset)
                pauses.wait(stop, "events cannot be kept; giving them again until they are", error)
            else:
                consumer.commit(timeout_ms=ANSWER_MS)
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

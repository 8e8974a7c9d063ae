"""Sending end of the Kafka bus: CloudEvents in binary mode, with the camera as key: one partition.

After every failure a new client is made. An old one may keep producer ids that a restarted broker does not know.
"""

from collections.abc import Sequence
from contextlib import suppress
from time import monotonic

import structlog
from kafka import KafkaProducer
from kafka.errors import KafkaError, MessageSizeTooLargeError, TopicAuthorizationFailedError
from kafka.structs import TopicPartition

from pipelines.bus.bus import BusUnavailable, TopicsUnavailable
from pipelines.bus.kafka.cloud_events import headers_of, value_of
from pipelines.bus.kafka.cluster import KafkaCluster
from pipelines.bus.kafka.security import Security
from pipelines.events.schema import Event

log = structlog.get_logger()

PUBLISH_S = 8.0
"""Longest wait in seconds for the acknowledgement of a batch. [assumption]"""

_PRODUCER = {
    "acks": "all",
    "enable_idempotence": True,
    "allow_auto_create_topics": False,
    "request_timeout_ms": 4_000,
    "delivery_timeout_ms": int(PUBLISH_S * 1000),
    "max_block_ms": 4_000,
    "linger_ms": 5,
}
"""Options of the producer. Delivery ends within PUBLISH_S, and a batch is gathered for 5 ms. [assumption]"""
TOPICS_EVERY_S = 10.0
"""Seconds between two checks whether a topic can be written now. [assumption]"""


class KafkaPublisher:
    """Publishes with an idempotent producer and `acks=all`. For one thread, that of the outbox."""

    def __init__(self, bootstrap: str, security: Security | None = None) -> None:
        self._cluster = KafkaCluster(bootstrap, security)
        self._producer: KafkaProducer | None = None
        self._unwritable: frozenset[str] = frozenset()
        self._topics_at = 0.0
        self._offsets: dict[TopicPartition, int] = {}

    def publish(self, events: Sequence[Event]) -> None:
        """Raise BusUnavailable, after about 10 s at most, where not all of `events` are acknowledged.

        Raises TopicsUnavailable, and nothing is sent, where some topics of the events cannot be written. Raises
        MessageSizeTooLargeError where an event is larger than the broker accepts, which no retry can solve.
        """
        try:
            producer = self._connected()
            self._require_topics({event.topic for event in events})
            self._send(producer, events)
        except MessageSizeTooLargeError:
            raise
        except KafkaError as error:
            self.close()
            raise self._cluster.unavailable(error) from error

    def close(self) -> None:
        """Close the producer. The next `publish` makes a new one."""
        producer, self._producer = self._producer, None
        self._offsets.clear()
        if producer is not None:
            with suppress(KafkaError):
                producer.close(timeout=1)

    def _connected(self) -> KafkaProducer:
        if self._producer is None:
            self._check_topics()
            self._producer = KafkaProducer(**{**self._cluster.client, **_PRODUCER})
            log.info("publishing to Kafka", brokers=str(self._cluster))
        return self._producer

    def _check_topics(self) -> None:
        self._unwritable = self._cluster.create_topics(self._unwritable)
        self._topics_at = monotonic()

    def _require_topics(self, topics: set[str]) -> None:
        if self._unwritable & topics and monotonic() - self._topics_at > TOPICS_EVERY_S:
            self._check_topics()
        if missing := self._unwritable & topics:
            refusal = TopicAuthorizationFailedError(", ".join(sorted(missing)))
            raise TopicsUnavailable(f"{self._cluster.unavailable(refusal)} ({', '.join(sorted(missing))})", missing)

    def _send(self, producer: KafkaProducer, events: Sequence[Event]) -> None:
        deadline = monotonic() + PUBLISH_S
        pending = [
            producer.send(event.topic, value_of(event), key=event.key.encode(), headers=headers_of(event))
            for event in events
        ]
        for acknowledgement in pending:
            record = acknowledgement.get(timeout=max(deadline - monotonic(), 0.001))
            self._check_offset(record.topic_partition, record.offset)

    def _check_offset(self, partition: TopicPartition, offset: int) -> None:
        """Raise BusUnavailable where an offset does not grow: the broker has lost acknowledged events."""
        if 0 <= offset <= self._offsets.get(partition, -1):
            self.close()
            raise BusUnavailable(f"Kafka at {self._cluster}: lost events that it had acknowledged ({partition.topic})")
        self._offsets[partition] = offset

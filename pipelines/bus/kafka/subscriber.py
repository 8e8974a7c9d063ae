"""Receiving end of the Kafka bus.

After every failure a new client is made. An old one may keep positions that a restarted broker does not know.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event as Flag
from typing import Any

import structlog
from kafka import KafkaConsumer
from kafka.errors import KafkaError
from kafka.structs import TopicPartition
from pydantic import ValidationError

from pipelines.bus.bus import BusUnavailable, Handler
from pipelines.bus.dead_letter import DeadLetterLog, DeadLetters, deliver
from pipelines.bus.kafka.cluster import CLIENT, ClusterMonitor, KafkaCluster, TopicLayout
from pipelines.events.schema import Event
from pipelines.retry import Backoff, Retry

log = structlog.get_logger()

POLL_MS = 300
"""Longest wait for records, in milliseconds. [assumption]"""
ANSWER_MS = 5_000
"""Longest wait for the broker's answer to a request, in milliseconds. [assumption]"""
BATCH = 500
"""Most records in one batch. [assumption]"""
REWIND = 300
"""Messages a partition: some two minutes of it."""
BACKOFF = Backoff(first_s=0.25, longest_s=5.0)
"""Delays, in seconds, between attempts to reach the broker or to store a batch. [assumption]"""

_CONSUMER = {
    **CLIENT,
    "enable_auto_commit": False,
    "auto_offset_reset": "none",
    "allow_auto_create_topics": False,
    "max_poll_records": BATCH,
}


class KafkaSubscriber:
    """Takes all of our topics; what the handler has taken is committed in the name of `group`, and not before.

    It assigns itself every partition, rather than let the group share them out: nothing has to be negotiated after a
    restart, and a second store beside the first is a hot standby, since whatever is stored twice changes nothing. For
    the same reason it starts a little before the last commit: a broker that lost power may have filled the places just
    before it with other messages.
    """

    def __init__(self, bootstrap: str, group: str, dead_letters: DeadLetters | None = None) -> None:
        self._cluster = KafkaCluster(bootstrap)
        self._group = group
        self._dead_letters = dead_letters or DeadLetterLog()

    def run(self, handler: Handler, stop: Flag) -> None:
        """Feed `handler` until `stop` is set, whatever becomes of the broker or the handler meanwhile."""
        retry = Retry(BACKOFF)
        while not stop.is_set():
            try:
                with self._cluster.admin() as admin:
                    monitor = ClusterMonitor(self._cluster, admin)
                    with self._consumer(monitor.layout) as consumer:
                        log.info("subscribed to Kafka", brokers=str(self._cluster), group=self._group)
                        retry.succeeded()
                        self._feed(consumer, handler, stop, monitor)
            except (BusUnavailable, KafkaError) as error:
                unavailable = error if isinstance(error, BusUnavailable) else self._cluster.unavailable(error)
                retry.wait(stop, "bus is unavailable; retrying", unavailable)

    @contextmanager
    def _consumer(self, layout: TopicLayout) -> Iterator[KafkaConsumer]:
        consumer = KafkaConsumer(bootstrap_servers=self._cluster.servers, group_id=self._group, **_CONSUMER)
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

    def _feed(self, consumer: KafkaConsumer, handler: Handler, stop: Flag, monitor: ClusterMonitor) -> None:
        """Until `stop`. Raises KafkaError or BusUnavailable where the broker is lost."""
        retry = Retry(BACKOFF)
        while not stop.is_set():
            records: dict[TopicPartition, list[Any]] = consumer.poll(timeout_ms=POLL_MS)
            monitor.poll()
            if not records:
                continue
            try:
                deliver(handler, self._events(records), self._dead_letters, source="kafka")
            except ConnectionError as error:
                for partition, batch in records.items():
                    consumer.seek(partition, batch[0].offset)
                retry.wait(stop, "events cannot be stored; retrying", error)
            else:
                consumer.commit(timeout_ms=ANSWER_MS)
                retry.succeeded()

    def _events(self, records: dict[TopicPartition, list[Any]]) -> list[Event]:
        """Parse records. Those that are no events of this program become dead letters."""
        events = []
        for partition, batch in records.items():
            for record in batch:
                try:
                    events.append(Event.from_json(record.value or b""))
                except ValidationError as error:
                    source = f"kafka {partition.topic}[{partition.partition}] at {record.offset}"
                    self._dead_letters.add(record.value or b"", source=source, error=error)
        return events

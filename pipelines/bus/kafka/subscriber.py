"""Receiving end of the Kafka bus: this member's share of the partitions, from a little before their last commits.

After every failure a new client is made. An old one may keep positions that a restarted broker does not know. It takes
the place of the old one in the group at once, because both have the same name there.
See docs/adr/0052-kafka-positions.md and docs/adr/0168-stores-share-the-partitions.md.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Event as Flag
from time import time
from typing import Any
from uuid import uuid4

import structlog
from kafka import KafkaConsumer
from kafka.admin import KafkaAdminClient, MemberToRemove
from kafka.errors import CommitFailedError, KafkaError, KafkaTimeoutError, NoOffsetForPartitionError
from kafka.structs import OffsetAndMetadata, TopicPartition
from pydantic import ValidationError

from pipelines.bus.bus import BusUnavailable, Handler
from pipelines.bus.dead_letter import DeadLetterLog, DeadLetters, deliver
from pipelines.bus.kafka.cloud_events import whole_event
from pipelines.bus.kafka.cluster import ClusterMonitor, KafkaCluster
from pipelines.bus.kafka.security import Security
from pipelines.events.schema import Event
from pipelines.retry import Backoff, Retry

log = structlog.get_logger()

POLL_MS = 300
"""Longest wait for records, in milliseconds. [assumption]"""
ANSWER_MS = 5_000
"""Longest wait for the broker's answer to a request, in milliseconds. [assumption]"""
BATCH = 500
"""Most records in one batch. [assumption]"""
REWIND_S = 120.0
"""Seconds before its last commit at which a partition starts. A broker that lost power may have replaced records that
it had not yet written to disk, and workers publish the events of this time again. [`pipelines.bus.outbox.KEPT_S`]"""
BACKOFF = Backoff(first_s=0.25, longest_s=5.0)
"""Delays, in seconds, between attempts to reach the broker or to store a batch. [assumption]"""

SESSION_S = 10.0
"""Seconds without a heartbeat after which the partitions of a killed process move to others. [assumption]"""
HEARTBEAT_S = 2.0
"""Seconds between two heartbeats; by them a member also learns of a rebalance. [assumption]"""
POLL_STALL_S = 60.0
"""Seconds without a poll after which a member that hangs loses its partitions. [3 statements at
`pipelines.store.pool.STATEMENT_TIMEOUT_MS`]"""

_CONSUMER = {
    "session_timeout_ms": int(SESSION_S * 1000),
    "heartbeat_interval_ms": int(HEARTBEAT_S * 1000),
    "max_poll_interval_ms": int(POLL_STALL_S * 1000),
    "enable_auto_commit": False,
    "auto_offset_reset": "none",
    "allow_auto_create_topics": False,
    "max_poll_records": BATCH,
}
"""Options of the consumer, which commits and sets its positions itself. The first assignor of the client, by ranges,
puts all events of a camera into one process, as each topic has as many partitions."""

Records = dict[TopicPartition, list[Any]]


class KafkaSubscriber:
    """Passes the events of all topics to a handler. What it has processed is committed for `group`, and not before.

    Several processes of one group share the partitions. Where one moves, some events are passed twice. dead_letters:
    receives the records that are no events, and the events that the handler cannot process.
    """

    def __init__(
        self, bootstrap: str, group: str, dead_letters: DeadLetters | None = None, security: Security | None = None
    ) -> None:
        self._cluster = KafkaCluster(bootstrap, security)
        self._group = group
        self._member = f"store-{uuid4()}"
        self._topics: frozenset[str] = frozenset()
        self._dead_letters = dead_letters or DeadLetterLog()

    def run(self, handler: Handler, stop: Flag) -> None:
        """Pass events to `handler` until `stop` is set, across failures of the broker and of the handler."""
        retry = Retry(BACKOFF)
        while not stop.is_set():
            try:
                with self._cluster.connected() as admin:
                    monitor = ClusterMonitor(self._cluster, admin)
                    topics = frozenset(topic for topic, (_, partitions) in monitor.layout.items() if partitions)
                    if self._topics not in (topics, frozenset()):  # a member that is known gets its former partitions
                        self._leave(admin)
                    self._topics = topics
                    with self._consumer() as consumer:
                        log.info("subscribed to Kafka", brokers=str(self._cluster), group=self._group)
                        retry.succeeded()
                        self._consume(consumer, handler, stop, monitor)
                    self._leave(admin)
            except (BusUnavailable, KafkaError) as error:
                unavailable = error if isinstance(error, BusUnavailable) else self._cluster.unavailable(error)
                retry.wait(stop, "bus is unavailable; retrying", unavailable)

    def _leave(self, admin: KafkaAdminClient) -> None:
        """Leave the group; otherwise others wait for the end of the session."""
        with suppress(KafkaError):
            admin.remove_group_members(self._group, [MemberToRemove(group_instance_id=self._member)])

    @contextmanager
    def _consumer(self) -> Iterator[KafkaConsumer]:
        options = {**self._cluster.client, **_CONSUMER, "group_id": self._group, "group_instance_id": self._member}
        consumer = KafkaConsumer(**options)
        try:
            consumer.subscribe(sorted(self._topics))
            yield consumer
        finally:
            consumer.close(timeout_ms=1000)

    def _consume(self, consumer: KafkaConsumer, handler: Handler, stop: Flag, monitor: ClusterMonitor) -> None:
        """Process batches until `stop` is set. Raises KafkaError or BusUnavailable where the broker is lost."""
        retry, held = Retry(BACKOFF), set[TopicPartition]()
        while not stop.is_set():
            records: Records = {}
            try:
                records = consumer.poll(timeout_ms=POLL_MS)
            except NoOffsetForPartitionError:  # partitions without a commit
                held = set()
            monitor.poll()
            former, held = held, set(consumer.assignment())
            new = held - former
            if held != former:
                log.info("partitions of the group", held=len(held), new=len(new))
            if new:
                _rewind(consumer, sorted(new))
            records = {partition: batch for partition, batch in records.items() if partition in held - new}
            if not records:
                continue
            try:
                self._process(records, handler)
            except ConnectionError as error:
                if stop.is_set():
                    return
                for partition, batch in records.items():
                    consumer.seek(partition, batch[0].offset)
                retry.wait(stop, "events cannot be stored; retrying", error)
            else:
                _commit(consumer, records)
                retry.succeeded()

    def _process(self, records: Records, handler: Handler) -> None:
        events, others = [], []
        for batch in records.values():
            for record in batch:
                body = whole_event(record.headers or (), record.value)
                try:
                    events.append(Event.from_json(body))
                except ValidationError as invalid:
                    others.append((record, body, invalid))
        if events:
            deliver(handler, events, self._dead_letters, source="kafka")
        for record, body, error in others:
            source = f"kafka {record.topic}[{record.partition}] at {record.offset}"
            self._dead_letters.add(body, source=source, error=error)


def _commit(consumer: KafkaConsumer, records: Records) -> None:
    """Commit the end of each batch, with the timestamp of its last record as metadata.

    Where the partitions move at this moment, their next member begins at an earlier commit.
    """
    offsets = {
        partition: OffsetAndMetadata(batch[-1].offset + 1, str(batch[-1].timestamp), -1)
        for partition, batch in records.items()
    }
    with suppress(CommitFailedError):
        consumer.commit(offsets, timeout_ms=ANSWER_MS)


def _rewind(consumer: KafkaConsumer, partitions: Sequence[TopicPartition]) -> None:
    """Set each position to REWIND_S before its last commit, or to the first record where there is no commit."""
    try:
        first = consumer.beginning_offsets(partitions, timeout_ms=ANSWER_MS)
        end = consumer.end_offsets(partitions, timeout_ms=ANSWER_MS)
    except KeyError as missing:  # kafka-python's error for a partition without an answer, as of a deleted topic
        raise KafkaTimeoutError(f"no offsets of {missing}") from missing
    committed = {p: consumer.committed(p, metadata=True, timeout_ms=ANSWER_MS) for p in partitions}
    times_ms = {p: _commit_time_ms(found) - int(REWIND_S * 1000) for p, found in committed.items() if found}
    by_time = consumer.offsets_for_times(times_ms) if times_ms else {}
    for partition in partitions:
        position = first[partition]
        if committed[partition]:
            limits = [committed[partition].offset, end[partition]]
            earlier = by_time.get(partition)
            if earlier is not None and earlier.timestamp >= 0:  # some brokers answer -1 for "no such record"
                limits.append(earlier.offset)
            position = max(first[partition], min(limits))
        consumer.seek(partition, position)


def _commit_time_ms(committed: OffsetAndMetadata) -> int:
    """Return the time of the last processed record in Unix milliseconds. Commits of 0.1.0 lack it: then it is now."""
    return int(committed.metadata) if (committed.metadata or "").isdecimal() else int(time() * 1000)

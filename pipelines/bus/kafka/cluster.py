"""Kafka cluster: addresses, reachability and topics."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

import structlog
from kafka.admin import KafkaAdminClient, NewTopic
from kafka.errors import (
    AuthorizationError,
    GroupAuthorizationFailedError,
    KafkaError,
    TopicAlreadyExistsError,
    TopicAuthorizationFailedError,
)

from pipelines.addresses.broker_addresses import broker_addresses
from pipelines.bus.bus import BusUnavailable
from pipelines.bus.kafka.security import Security
from pipelines.events.schema import TOPICS

log = structlog.get_logger()
# The client logs every attempt. This package logs a failure once.
logging.getLogger("kafka").addHandler(logging.NullHandler())

PARTITIONS = 6
"""Partitions of a topic that this program creates; existing topics are not changed. [assumption]"""
CONNECT_S = 3.0
"""Longest wait for a connection to a broker, in seconds. [assumption]"""
POLL_EVERY_S = 2.0
"""Seconds between two checks of the cluster. [assumption]"""

CLIENT = {
    "request_timeout_ms": 10_000,
    "bootstrap_timeout_ms": 5_000,
    "reconnect_backoff_max_ms": 1_000,
    "metadata_max_age_ms": 30_000,
}
"""Options of every client, in milliseconds: an answer within 10 s, a reconnection within 1 s. [assumption]"""

RIGHTS = ("READ", "WRITE")
"""Rights on each topic: of the store and of the workers. [Apache Kafka, `AclOperation`]"""

TopicLayout = dict[str, tuple[str | None, dict[int, int]]]
"""Topic -> its id, and the leader epoch of each partition."""


class KafkaCluster:
    """The brokers in `bootstrap` (`host:9092,host2:9092`). Raises UserError for a malformed address."""

    def __init__(self, bootstrap: str, security: Security | None = None) -> None:
        self._addresses = broker_addresses(bootstrap)
        self._security = security or Security()
        self._servers = [f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in self._addresses]

    def __str__(self) -> str:
        return ",".join(self._servers)

    @property
    def client(self) -> dict[str, Any]:
        """Options of every client."""
        return {**CLIENT, **self._security.options, "bootstrap_servers": self._servers}

    def require_one(self) -> None:
        """Raise BusUnavailable where no broker accepts a connection, sooner and clearer than the client itself does."""
        reason = ""
        for address in self._addresses:
            try:
                self._security.connect(address, CONNECT_S)
            except (OSError, UnicodeError) as error:  # UnicodeError: a name that DNS cannot carry
                reason = self._security.remedy(error) or getattr(error, "strerror", None) or str(error)
            else:
                return
        raise BusUnavailable(f"Kafka at {self}: {reason}")

    def create_topics(self, known: frozenset[str]) -> frozenset[str]:
        """Create missing topics; return those that cannot be written, since they are missing or a right is.

        known: those that were returned before, and are logged no more. Raises BusUnavailable or KafkaError without a
        broker.
        """
        with self.connected() as admin:
            refused = _create_topics(admin, known)
            described = admin.describe_topics(sorted(TOPICS.values()))
            return frozenset(refused | {topic["name"] for topic in described if not _is_granted(topic, "WRITE")})

    def missing_rights(self, group: str, topics: Iterable[str] = TOPICS.values()) -> list[tuple[str, str]]:
        """Return right and what it is lacking for: `("WRITE", "traffic.counts")`. Raises BusUnavailable.

        Topics that do not exist yet, and brokers that do not report rights, count as permitted.
        """
        missing = []
        with self.connected() as admin:
            try:
                described = admin.describe_topics(sorted(topics))
            except KafkaError as error:
                raise self.unavailable(error) from error
            for topic in described:
                missing += [(right, topic["name"]) for right in RIGHTS if not _is_granted(topic, right)]
            try:
                admin.describe_groups([group])
            except GroupAuthorizationFailedError:
                missing.append(("READ", f"group {group}"))
            except KafkaError:
                pass  # a new broker has no coordinator of groups yet
        return missing

    @contextmanager
    def connected(self) -> Iterator[KafkaAdminClient]:
        """Yield an admin client. Raises BusUnavailable or KafkaError without a broker."""
        self.require_one()
        with _refusal() as refused:
            try:
                admin = KafkaAdminClient(**self.client)
            except KafkaError as error:
                known = [self._security.remedy(each) for each in (*refused, error)]
                reason = next(filter(None, known), None) or self._security.closed(self._addresses[0], CONNECT_S)
                raise BusUnavailable(f"Kafka at {self}: {reason}") from error
        try:
            yield admin
        finally:
            admin.close()

    def unavailable(self, error: Exception) -> BusUnavailable:
        """Return the error to raise for an error of the client."""
        first_line = (str(error).splitlines() or [""])[0][:300]
        return BusUnavailable(
            f"Kafka at {self}: {self._security.remedy(error) or f'{type(error).__name__}: {first_line}'}"
        )


class _Refusal(logging.Handler):
    """Collects the errors with which brokers refused a connection: the client logs them, and raises a time-out."""

    def __init__(self) -> None:
        super().__init__()
        self.errors: list[BaseException] = []

    def emit(self, record: logging.LogRecord) -> None:
        found = record.args if isinstance(record.args, tuple) else ()
        self.errors += [each for each in found if isinstance(each, BaseException)]


@contextmanager
def _refusal() -> Iterator[list[BaseException]]:
    handler, logger = _Refusal(), logging.getLogger("kafka.net.manager")
    logger.addHandler(handler)
    try:
        yield handler.errors
    finally:
        logger.removeHandler(handler)


class ClusterMonitor:
    """Detects that a broker was lost or restarted.

    A consumer without its broker returns no records and no error. After a restart of the broker it continues at
    positions that may belong to other records.
    """

    def __init__(self, cluster: KafkaCluster, admin: KafkaAdminClient) -> None:
        """Create missing topics, and read all. Raises BusUnavailable where one is not ready.

        One that the user may not create or read is left out; `poll` finds it once it can be read.
        """
        self._cluster = cluster
        self._admin = admin
        refused = _create_topics(admin)
        self.layout = _layout(admin)
        self._next_poll = monotonic() + POLL_EVERY_S
        unready = [topic for topic, (_, partitions) in self.layout.items() if not partitions and topic not in refused]
        if unready:
            raise BusUnavailable(f"Kafka at {cluster}: topic {unready[0]} is not ready")
        if not any(partitions for _, partitions in self.layout.values()):
            raise BusUnavailable(
                f"Kafka at {cluster}: no topic can be read; grant READ on {', '.join(TOPICS.values())}"
            )
        for topic in sorted(set(TOPICS.values()) - self.layout.keys()):
            log.warning("no right to read a topic; its events are stored once READ is granted", topic=topic)

    def poll(self) -> None:
        """Check the cluster every POLL_EVERY_S. Raises BusUnavailable or KafkaError where a new consumer is needed."""
        if monotonic() < self._next_poll:
            return
        self._next_poll = monotonic() + POLL_EVERY_S
        self._cluster.require_one()
        if _layout(self._admin) != self.layout:
            raise BusUnavailable(f"Kafka at {self._cluster}: was restarted, or its topics changed")


def _create_topics(admin: KafkaAdminClient, known: frozenset[str] = frozenset()) -> set[str]:
    """Create missing topics, and return those without the right to do so, of which some may exist hidden.

    known: those that are logged already.
    """
    refused = set()
    for topic in sorted(set(TOPICS.values()) - set(admin.list_topics())):
        try:
            admin.create_topics([NewTopic(topic, num_partitions=PARTITIONS, replication_factor=-1)])
            log.info("topic created", topic=topic, partitions=PARTITIONS)
        except TopicAlreadyExistsError:
            pass
        except AuthorizationError:
            refused.add(topic)
            if topic not in known:
                log.warning(
                    "a topic is missing, and the right to create it; its events wait until an administrator creates it",
                    topic=topic,
                    partitions=PARTITIONS,
                )
    return refused


def _is_granted(topic: dict[str, Any], right: str) -> bool:
    """Whether the user has a right on a described topic. Brokers that do not report rights grant all."""
    if topic["error_code"] == TopicAuthorizationFailedError.errno:
        return False
    granted = topic.get("authorized_operations")
    return granted is None or right in granted


def _layout(admin: KafkaAdminClient) -> TopicLayout:
    """Return the topics that the user may read; without partitions where one does not exist."""
    return {
        topic["name"]: (topic["topic_id"], {p["partition_index"]: p["leader_epoch"] for p in topic["partitions"]})
        for topic in admin.describe_topics(list(TOPICS.values()))
        if _is_granted(topic, "READ")
    }

"""Kafka cluster: addresses, reachability and topics."""

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

import structlog
from kafka.admin import KafkaAdminClient, NewTopic
from kafka.errors import AuthorizationError, KafkaError, TopicAlreadyExistsError

from pipelines.addresses.broker_addresses import broker_addresses
from pipelines.bus.bus import BusUnavailable
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

TopicLayout = dict[str, tuple[str | None, dict[int, int]]]
"""Topic -> its id, and the leader epoch of each partition."""


class KafkaCluster:
    """The brokers in `bootstrap` (`host:9092,host2:9092`). Raises UserError for a malformed address."""

    def __init__(self, bootstrap: str) -> None:
        self._addresses = broker_addresses(bootstrap)
        self.servers = [f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in self._addresses]

    def __str__(self) -> str:
        return ",".join(self.servers)

    def require_one(self) -> None:
        """Raise BusUnavailable where no broker accepts a connection, sooner and clearer than the client itself does."""
        reason = ""
        for address in self._addresses:
            try:
                with socket.create_connection(address, timeout=CONNECT_S):
                    return
            except (OSError, UnicodeError) as error:  # UnicodeError: a name that DNS cannot carry
                reason = getattr(error, "strerror", None) or str(error)
        raise BusUnavailable(f"Kafka at {self}: {reason}")

    @contextmanager
    def admin(self) -> Iterator[KafkaAdminClient]:
        """Yield an admin client, and create missing topics. Raises BusUnavailable or KafkaError without a broker."""
        with self._connected() as admin:
            _create_topics(admin)
            yield admin

    def require_answer(self) -> None:
        """Raise BusUnavailable where no broker answers to the protocol of a listener without TLS and SASL."""
        with self._connected():
            pass

    @contextmanager
    def _connected(self) -> Iterator[KafkaAdminClient]:
        self.require_one()
        try:
            admin = KafkaAdminClient(bootstrap_servers=self.servers, **CLIENT)
        except KafkaError as error:
            raise BusUnavailable(
                f"Kafka at {self}: accepts connections and does not answer; it may be starting, or the listener needs "
                "TLS or SASL, which is not supported yet"
            ) from error
        try:
            yield admin
        finally:
            admin.close()

    def unavailable(self, error: Exception) -> BusUnavailable:
        """Return the error to raise for an error of the client."""
        return BusUnavailable(f"Kafka at {self}: {type(error).__name__}: {(str(error).splitlines() or [''])[0][:300]}")


class ClusterMonitor:
    """Detects that a broker was lost or restarted.

    A consumer without its broker returns no records and no error. After a restart of the broker it continues at
    positions that may belong to other records.
    """

    def __init__(self, cluster: KafkaCluster, admin: KafkaAdminClient) -> None:
        """Read the topics. Raises BusUnavailable where one is not ready."""
        self._cluster = cluster
        self._admin = admin
        self.layout = _layout(admin)
        self._next_poll = monotonic() + POLL_EVERY_S
        unready = [topic for topic in TOPICS.values() if not self.layout.get(topic, (None, {}))[1]]
        if unready:
            raise BusUnavailable(f"Kafka at {cluster}: topic {unready[0]} is not ready")

    def poll(self) -> None:
        """Check the cluster every POLL_EVERY_S. Raises BusUnavailable or KafkaError where a new consumer is needed."""
        if monotonic() < self._next_poll:
            return
        self._next_poll = monotonic() + POLL_EVERY_S
        self._cluster.require_one()
        if _layout(self._admin) != self.layout:
            raise BusUnavailable(f"Kafka at {self._cluster}: was restarted, or its topics changed")


def _create_topics(admin: KafkaAdminClient) -> None:
    for topic in sorted(set(TOPICS.values()) - set(admin.list_topics())):
        try:
            admin.create_topics([NewTopic(topic, num_partitions=PARTITIONS, replication_factor=-1)])
            log.info("topic created", topic=topic, partitions=PARTITIONS)
        except TopicAlreadyExistsError:
            pass
        except AuthorizationError:
            log.warning("no right to create a topic; ask the administrator of the broker", topic=topic)


def _layout(admin: KafkaAdminClient) -> TopicLayout:
    return {
        topic["name"]: (topic["topic_id"], {p["partition_index"]: p["leader_epoch"] for p in topic["partitions"]})
        for topic in admin.describe_topics(list(TOPICS.values()))
    }

"""Member of the consumer group in which workers share the cameras of the registry. Only this module uses its client.

The thread of `run` only polls: cameras are started and stopped elsewhere. Kafka's classic group protocol, which this
needs for its own assignor, ends with Kafka 6. See docs/adr/0178-cameras-of-a-group.md.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from threading import Event as Flag
from threading import Lock
from typing import Any, Protocol

import structlog
from kafka import ConsumerRebalanceListener, KafkaConsumer
from kafka.admin import MemberToRemove
from kafka.errors import FencedInstanceIdError, KafkaError
from kafka.structs import OffsetAndMetadata, TopicPartition

from pipelines.bus.bus import BusUnavailable
from pipelines.bus.kafka.camera_topic import apply_record, create_camera_topic
from pipelines.bus.kafka.cluster import KafkaCluster
from pipelines.errors import UserError
from pipelines.events.registered_camera import CAMERA_TOPIC, RegisteredCamera
from pipelines.retry import Backoff, Retry
from pipelines.worker.cost_assignor import CostAssignor, Costs, MemberState, PartitionCost

log = structlog.get_logger()

SESSION_S = 10.0
"""Time (s) without a heartbeat after which the cameras of a worker move to others. [target: analysed elsewhere within
15 s; a restart takes up to 8 s]"""

HEARTBEAT_S = 1.5
"""Interval (s) of heartbeats; by them a member also learns of a rebalance. [assumption]"""

POLL_STALL_S = 20.0
"""Time (s) without a poll after which a member leaves the group, and longest wait for all to join. [assumption]"""

POLL_MS = 300
"""Longest wait for records, in milliseconds. [assumption]"""

STOP_WITHIN_S = 4.0
"""Longest wait (s) for cameras that move to stop, less than half of a session: heartbeats pause. [assumption]"""

PROBE_EVERY_S = 2.0
"""Interval (s) at which a commit without content finds whether another worker has this one's name. [assumption]"""

REJOIN_EVERY_S = 300.0
"""Shortest interval (s) between two rebalances that this worker asks for because of its costs: each move interrupts a
camera for seconds. [assumption]"""

CHANGED_SHARE = 0.25
"""Change of a worker's cost, as a share of it, from which it asks for a rebalance. [assumption]"""

BACKOFF = Backoff(first_s=0.25, longest_s=5.0)
"""Delays, in seconds, between attempts to reach the brokers. [assumption]"""


class Cameras(Protocol):
    """The cameras of this worker."""

    def request(self, cameras: Sequence[RegisteredCamera]) -> None:
        """Analyse these cameras and no others, without waiting for it."""
        ...

    @property
    def ready(self) -> bool:
        """Whether further cameras can be analysed at once."""
        ...

    @property
    def running(self) -> frozenset[str]:
        """Return the ids of the cameras that are analysed."""
        ...

    @property
    def costs(self) -> Mapping[str, float]:
        """Return the measured cost of each camera by id."""
        ...


class Replaced(UserError):
    """Another worker with the same name has joined the group."""


class CameraGroup:
    """Analyses the cameras of the partitions that this worker holds. group: of the workers. name: of this one.

    While the brokers cannot be reached, the present cameras go on: no other worker can know of them either.
    """

    def __init__(self, cluster: KafkaCluster, group: str, name: str, cameras: Cameras) -> None:
        self._cluster, self._group, self._name, self._cameras = cluster, group, name, cameras
        self._lock = Lock()
        self._held: frozenset[int] = frozenset()
        self._generation = -1
        self._known: Costs = {}
        self._registry: dict[int, dict[str, RegisteredCamera]] = {}
        self._loading: dict[int, dict[str, RegisteredCamera]] = {}
        self._closing = False
        self._joined_with: Costs = {}
        self._joined_at = 0.0
        self._joined_ready = False
        self._gave_up = False  # partitions that no member has before the next rebalance

    def run(self, stop: Flag) -> None:
        """Take part in the group until `stop` is set. Raises Replaced, and UserError without the right to do so."""
        retry = Retry(BACKOFF)
        while not stop.is_set():
            try:
                with self._cluster.connected() as admin:
                    create_camera_topic(admin)
                self._take_part(stop, retry)
            except FencedInstanceIdError as error:
                raise Replaced(
                    f"another worker has joined {self._group} as {self._name}; give each its own bus.worker_name"
                ) from error
            except (BusUnavailable, KafkaError) as error:
                unavailable = error if isinstance(error, BusUnavailable) else self._cluster.unavailable(error)
                retry.wait(stop, "the group of workers is unavailable; retrying", unavailable)

    def leave(self) -> None:
        """Leave the group at once, so that others take the cameras; without it they wait for the session to end."""
        with suppress(BusUnavailable, KafkaError), self._cluster.connected() as admin:
            admin.remove_group_members(self._group, [MemberToRemove(group_instance_id=self._name)])

    def _take_part(self, stop: Flag, retry: Retry) -> None:
        consumer = KafkaConsumer(
            **self._cluster.client,
            group_id=self._group,
            group_instance_id=self._name,
            partition_assignment_strategy=[CostAssignor(self._state, self._assigned)],
            session_timeout_ms=int(SESSION_S * 1000),
            heartbeat_interval_ms=int(HEARTBEAT_S * 1000),
            max_poll_interval_ms=int(POLL_STALL_S * 1000),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            allow_auto_create_topics=False,
        )
        self._closing = False
        self._read_again()
        with closing(consumer):
            consumer.subscribe([CAMERA_TOPIC], listener=_LossListener(self._read_again))
            try:
                self._poll(consumer, stop, retry)
            finally:
                self._closing = True

    def _poll(self, consumer: KafkaConsumer, stop: Flag, retry: Retry) -> None:
        probe_at = 0.0
        while not stop.is_set():
            records = consumer.poll(timeout_ms=POLL_MS)
            self._apply(records)
            self._finish_loading(consumer)
            self._request()
            if self._held:
                retry.succeeded()
            if time.monotonic() >= probe_at:
                probe_at = time.monotonic() + PROBE_EVERY_S
                consumer.commit_async({TopicPartition(CAMERA_TOPIC, 0): OffsetAndMetadata(0, "", -1)})
            if reason := self._reason_to_rejoin():
                log.info("asking for a rebalance", reason=reason)
                consumer._coordinator.request_rejoin()

    def _state(self) -> MemberState:
        """Return what this worker joins the group with."""
        with self._lock:
            own = self._own_costs()
            self._gave_up = False
            self._joined_with, self._joined_at, self._joined_ready = own, time.monotonic(), self._cameras.ready
            others = {partition: cost for partition, cost in self._known.items() if partition not in self._registry}
            return MemberState(self._held, self._generation, {**others, **own}, self._joined_ready)

    def _own_costs(self) -> Costs:
        """Return the costs of the partitions whose cameras are known. The lock is held."""
        measured = self._cameras.costs
        found = {}
        for partition, cameras in self._registry.items():
            active = [camera for camera in cameras.values() if camera.out_of_service is None]
            costs = [measured[camera.id] for camera in active if camera.id in measured]
            if active:
                found[partition] = PartitionCost(sum(costs), len(costs), len(active) - len(costs))
        return found

    def _assigned(self, partitions: frozenset[int], generation: int, known: Costs) -> None:
        """Take an assignment, and wait until the cameras that moved are stopped.

        Called in the network thread of the client, which joins no further rebalance in the meantime.
        """
        with self._lock:
            for partition in partitions - self._held:
                self._loading[partition] = {}
            for partition in self._held - partitions:
                self._loading.pop(partition, None)
                self._registry.pop(partition, None)
            moved_in, moved_out = len(partitions - self._held), len(self._held - partitions)
            self._held, self._generation, self._known = partitions, generation, known
        log.info("partitions of the group", held=len(partitions), new=moved_in, gone=moved_out, generation=generation)
        if moved_out:
            self._await_stopped()
            # The client asks for the next rebalance only for partitions that it had itself, not for those of an earlier
            # client or membership.
            self._gave_up = True

    def _read_again(self) -> None:
        """Read the records of all partitions again, as a client does that lost its place; the cameras go on."""
        with self._lock:
            self._loading = {partition: {} for partition in self._held}

    def _await_stopped(self) -> None:
        """Return once the cameras that moved are stopped, within STOP_WITHIN_S."""
        if self._closing:
            return
        self._request()
        deadline = time.monotonic() + STOP_WITHIN_S
        while self._cameras.running - self._wanted().keys():
            if time.monotonic() > deadline:
                log.error("cameras that moved to another worker are still being stopped")
                return
            time.sleep(0.02)

    def _apply(self, records: Mapping[TopicPartition, Sequence[Any]]) -> None:
        with self._lock:
            for partition, found in records.items():
                cameras = self._loading.get(partition.partition, self._registry.get(partition.partition))
                for record in found:
                    if cameras is not None:
                        apply_record(cameras, record.key, record.value)

    def _finish_loading(self, consumer: KafkaConsumer) -> None:
        """Use the partitions that were read to their present end."""
        assigned = {partition.partition for partition in consumer.assignment()}
        waiting = [TopicPartition(CAMERA_TOPIC, number) for number in self._loading if number in assigned]
        if not waiting:
            return
        ends = consumer.end_offsets(waiting)
        complete = [p for p in waiting if ends[p] == 0 or consumer.position(p, timeout_ms=POLL_MS) >= ends[p]]
        with self._lock:
            for partition in complete:
                if (cameras := self._loading.pop(partition.partition, None)) is not None:
                    self._registry[partition.partition] = cameras

    def _wanted(self) -> dict[str, RegisteredCamera]:
        with self._lock:
            return {
                camera.id: camera for number in sorted(self._registry) for camera in self._registry[number].values()
            }

    def _request(self) -> None:
        self._cameras.request(tuple(self._wanted().values()))

    def _reason_to_rejoin(self) -> str | None:
        """Return the reason why a rebalance is needed, once: this worker is not in the state in which it joined."""
        with self._lock:
            own, joined = self._own_costs(), self._joined_with
            known = {partition: cost for partition, cost in self._known.items() if partition in self._registry}
            if self._gave_up:
                reason = "partitions without a worker"
            elif self._loading:
                return None
            elif not self._held:
                if self._joined_ready or not self._cameras.ready:
                    return None
                reason = "ready for cameras"
            elif _cameras_of(own) != _cameras_of(known) and _cameras_of(own) != _cameras_of(joined):
                reason = "other cameras"
            elif time.monotonic() - self._joined_at >= REJOIN_EVERY_S and _differ(own, joined):
                reason = "other costs"
            else:
                return None
            self._gave_up = False
            self._joined_with, self._joined_at, self._joined_ready = own, time.monotonic(), True
            return reason


def _cameras_of(costs: Costs) -> dict[int, int]:
    return {partition: cost.measured + cost.unmeasured for partition, cost in costs.items()}


def _differ(own: Costs, joined: Costs) -> bool:
    """Whether the total cost, or the number of cameras without a measured cost, has changed."""
    now, before = (sum(cost.cost for cost in costs.values()) for costs in (own, joined))
    fewer_unknown = sum(c.unmeasured for c in own.values()) < sum(c.unmeasured for c in joined.values())
    return fewer_unknown or abs(now - before) > CHANGED_SHARE * max(now, before)


class _LossListener(ConsumerRebalanceListener):  # type: ignore[misc]
    """Reads the records again after the client lost its membership. Assignments reach the assignor."""

    def __init__(self, read_again: Callable[[], None]) -> None:
        self._read_again = read_again

    def on_partitions_revoked(self, revoked: object) -> None:
        """Do nothing: their cameras are stopped."""

    def on_partitions_assigned(self, assigned: object) -> None:
        """Do nothing: their records are being read."""

    def on_partitions_lost(self, lost: object) -> None:
        """Prepare for the next assignment; the cameras go on until it comes, within seconds."""
        self._read_again()

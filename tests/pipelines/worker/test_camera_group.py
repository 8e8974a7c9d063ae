"""Partitions that a worker gives up reach the others in a rebalance that it asks for, once its cameras are stopped."""

from collections.abc import Mapping, Sequence

from pipelines.bus.kafka.cluster import KafkaCluster
from pipelines.events.registered_camera import RegisteredCamera
from pipelines.worker.camera_group import CameraGroup
from pipelines.worker.cost_assignor import MemberState, PartitionCost, shared

COSTS = {number: PartitionCost(1.0, measured=1) for number in range(8)}


class SlowCameras:
    """Cameras of which one needs some time to stop."""

    ready = True
    costs: Mapping[str, float] = {}

    def __init__(self) -> None:
        self.asked = 0

    def request(self, cameras: Sequence[RegisteredCamera]) -> None:
        self.asked += 1

    @property
    def running(self) -> frozenset[str]:
        if self.asked == 0:
            return frozenset({"north"})
        self.asked += 1
        return frozenset({"north"} if self.asked < 5 else ())


def test_a_worker_that_gives_partitions_up_asks_for_the_next_rebalance_once_their_cameras_are_stopped() -> None:
    cameras = SlowCameras()
    group = CameraGroup(KafkaCluster("127.0.0.1:1"), "workers", "a", cameras)
    group._assigned(frozenset(range(4)), 1, COSTS)
    # A new client, or one that lost its membership, has no partitions; the claim of the worker goes on.
    states = {"a": group._state(), "b": MemberState(frozenset(range(4, 8)), 1, COSTS), "c": MemberState(costs=COSTS)}
    shares, _ = shared(range(8), states)
    assert shares["a"] < set(range(4)) and not shares["c"]
    group._assigned(frozenset(shares["a"]), 2, COSTS)
    assert not cameras.running  # the client joins no rebalance before
    assert group._reason_to_rejoin() is not None
    assert group._reason_to_rejoin() is None
    group._assigned(frozenset(), 3, COSTS)
    group._state()  # a rebalance has begun already, as for partitions that the client itself gave up
    assert group._reason_to_rejoin() is None

"""Policy of dropped packets, with packets made by hand and with encoded video."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.ingest.nal import FrameRole, classify_access_unit
from pipelines.ingest.packet_queue import MAX_HEADERS, MAX_PACKETS, PacketQueue, QueuedPacket
from pipelines.ingest.source import VideoPacket
from tests.support.servers import CLIP_FPS, write_clip

HEADERS, KEY, NEEDED, SPARE = (
    FrameRole.HEADERS,
    FrameRole.RANDOM_ACCESS,
    FrameRole.NEEDED,
    FrameRole.DISPOSABLE,
)


def stream(roles: Iterable[FrameRole]) -> list[QueuedPacket]:
    """Packets of 25 frames a second, which arrive in time."""
    packets = []
    for number, role in enumerate(roles):
        packet = av.Packet(bytes(8))
        packet.time_base = Fraction(1, CLIP_FPS)
        packet.dts = packet.pts = number
        packet.is_keyframe = role is KEY
        packets.append(QueuedPacket(role, packet, 1000 + number / CLIP_FPS))
    return packets


def roles_left(queue: PacketQueue) -> list[FrameRole]:
    return [queued.role for queued in queue.pop_all()]


def test_packets_are_returned_in_their_order_and_once() -> None:
    queue, packets = PacketQueue(decode_ordered=False), stream([KEY, NEEDED, NEEDED])
    for queued in packets:
        queue.put(queued, 5.0)
    assert queue.pop_all() == packets
    assert queue.pop_all() == []


def test_a_random_access_point_makes_earlier_frames_superfluous_but_not_parameter_sets() -> None:
    queue = PacketQueue(decode_ordered=False)
    for queued in stream([HEADERS, KEY, NEEDED, NEEDED, KEY, NEEDED]):
        queue.put(queued, 5.0)
    assert queue.stats.dropped_outdated == 3
    assert roles_left(queue) == [HEADERS, KEY, NEEDED]


def test_only_the_latest_parameter_sets_are_kept() -> None:
    queue = PacketQueue(decode_ordered=False)
    for queued in stream([HEADERS] * 9 + [KEY]):
        queue.put(queued, 5.0)
    assert roles_left(queue) == [HEADERS] * MAX_HEADERS + [KEY]


def test_overload_drops_all_frames_up_to_the_next_keyframe() -> None:
    queue = PacketQueue(decode_ordered=False)
    for queued in stream([KEY, *[NEEDED] * (MAX_PACKETS + 9)]):
        queue.put(queued, 5.0)
    assert roles_left(queue) == []
    assert queue.stats.dropped_overload == 1 + MAX_PACKETS + 9
    for queued in stream([NEEDED, KEY, NEEDED]):
        queue.put(queued, 5.0)
    assert roles_left(queue) == [KEY, NEEDED]


def test_without_requested_frames_nothing_is_kept_and_decoding_resumes_at_a_keyframe() -> None:
    queue = PacketQueue(decode_ordered=False)
    due = [queue.put(queued, 0.0) for queued in stream([KEY, NEEDED, NEEDED])]
    assert not any(due)
    assert queue.stats.dropped_unrequested == 3
    for queued in stream([NEEDED, KEY, NEEDED]):
        queue.put(queued, 5.0)
    assert roles_left(queue) == [KEY, NEEDED]


@pytest.mark.parametrize(
    ("requested_fps", "decode_ordered", "kept"),
    [(5.0, False, False), (25.0, False, True), (5.0, True, True)],
    ids=["reference frames suffice", "every frame is requested", "packets are counted to find the time"],
)
def test_disposable_frames_are_dropped_where_reference_frames_suffice(
    requested_fps: float, decode_ordered: bool, kept: bool
) -> None:
    queue = PacketQueue(decode_ordered=decode_ordered)
    group = [KEY, *[NEEDED, SPARE] * 12]
    packets = stream(group * 2)
    for queued in packets[: len(group) + 1]:  # the rate of reference frames is known from the second keyframe on
        queue.put(queued, requested_fps)
    queue.pop_all()
    for queued in packets[len(group) + 1 :]:
        queue.put(queued, requested_fps)
    assert (SPARE in roles_left(queue)) == kept


def test_pictures_of_a_real_encoder_that_no_other_needs_are_dropped(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "reordered.ts", seconds=3, reordered=True)
    with av.open(str(clip)) as container:
        packets: list[VideoPacket] = [packet for packet in container.demux(video=0) if packet.size]
    for requested_fps, some_dropped in ((2.0, True), (float(CLIP_FPS), False)):
        queue = PacketQueue(decode_ordered=False)
        for number, packet in enumerate(packets):
            role = classify_access_unit("h264", bytes(packet))
            queue.put(QueuedPacket(role, packet, number / CLIP_FPS), requested_fps)
        assert (queue.stats.dropped_disposable > 0) == some_dropped


def test_decoding_is_due_at_the_requested_rate() -> None:
    queue = PacketQueue(decode_ordered=False)
    due = [queue.put(queued, 5.0) for queued in stream([KEY, *[NEEDED] * 99])]
    assert sum(due) == pytest.approx(4 * 5, abs=3)
    assert due[0]


def test_passed_over_frames_are_those_since_the_previous_delivery() -> None:
    queue = PacketQueue(decode_ordered=False)
    packets = stream([KEY, *[NEEDED] * 9])
    for queued in packets[:4]:
        queue.put(queued, 5.0)
    assert queue.pop_passed_over() == 3
    for queued in packets[4:]:
        queue.put(queued, 5.0)
    assert queue.pop_passed_over() == 5
    assert queue.pop_passed_over() == 0
    assert queue.stats.delivered == 3


@given(
    roles=st.lists(st.sampled_from(FrameRole), max_size=300),
    rates=st.lists(st.sampled_from([0.0, 1.0, 25.0]), min_size=300, max_size=300),
)
def test_every_frame_waits_or_is_counted_as_dropped(roles: list[FrameRole], rates: list[float]) -> None:
    queue = PacketQueue(decode_ordered=False)
    for queued, requested_fps in zip(stream(roles), rates, strict=False):
        queue.put(queued, requested_fps)
    stats, left = queue.stats, roles_left(queue)
    assert len(left) <= MAX_PACKETS
    frames = sum(role is not HEADERS for role in left)
    dropped = stats.dropped_disposable + stats.dropped_outdated + stats.dropped_unrequested + stats.dropped_overload
    assert stats.arrived == sum(role is not HEADERS for role in roles) == frames + dropped

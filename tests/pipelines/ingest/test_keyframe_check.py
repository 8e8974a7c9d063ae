"""Check of keyframes that are not decoded otherwise."""

from pathlib import Path
from threading import Event as Flag

import av
import pytest

from pipelines.ingest.keyframe_check import CHECK_EVERY_S, KeyframeCheck
from pipelines.ingest.source import CodedPicture, Source, SourceLost, VideoPacket
from tests.support.servers import write_clip


def cut(packet: VideoPacket) -> VideoPacket:
    """The keyframe without most of its data."""
    part = av.Packet(bytes(packet)[: packet.size // 2])
    part.is_keyframe, part.stream, part.time_base = True, packet.stream, packet.time_base
    return part


def test_a_stream_whose_keyframes_stay_damaged_ends(tmp_path: Path) -> None:
    now = [0.0]
    with Source(str(write_clip(tmp_path / "road.ts", seconds=1)), stop=Flag(), stall_s=3) as source:
        keyframe = next(packet for packet in source.packets() if packet.is_keyframe)
        check = KeyframeCheck(source, lambda: now[0])
        check.put(keyframe)
        for now[0] in (1.0, 2.0):
            check.put(cut(keyframe))  # between two checks
        for now[0] in (CHECK_EVERY_S, CHECK_EVERY_S + 2.0):
            check.put(cut(keyframe))
        check.put(keyframe)  # a single damaged one on a line that loses packets
        for now[0] in (2 * CHECK_EVERY_S + 2.0, 2 * CHECK_EVERY_S + 4.0):
            check.put(cut(keyframe))
        now[0] += 2.0
        with pytest.raises(SourceLost, match="no frame"):
            check.put(cut(keyframe))


def test_a_stream_that_is_renewed_in_parts_goes_on(tmp_path: Path) -> None:
    now = [0.0]
    clip = write_clip(tmp_path / "road.ts", seconds=4, intra_refresh=True)
    with Source(str(clip), stop=Flag(), stall_s=3) as source, av.open(str(clip)) as recording:
        marked = [packet for packet in recording.demux(video=0) if packet.is_keyframe][1:]
        check = KeyframeCheck(source, lambda: now[0])
        for recovery_point in marked:
            now[0] += CHECK_EVERY_S
            check.put(recovery_point)
            assert source.coded_picture(recovery_point) == CodedPicture((320, 240)), "live video begins there, too"
    assert len(marked) >= 2

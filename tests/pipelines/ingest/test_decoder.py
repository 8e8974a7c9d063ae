"""Frames and timestamps of a decoder, with sound and with corrupt packets."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from threading import Event as Flag

import av
import pytest

from pipelines.events.condition import Condition
from pipelines.ingest.decoder import MAX_CORRUPT_PACKETS, Decoder
from pipelines.ingest.source import Source, SourceLost, VideoPacket
from tests.support.servers import CLIP_FPS, write_clip


@contextmanager
def opened(clip: Path) -> Iterator[tuple[Source, list[VideoPacket]]]:
    with Source(str(clip), stop=Flag()) as source, av.open(str(clip)) as container:
        yield source, [packet for packet in container.demux(video=0) if packet.size]


def corrupt(like: VideoPacket) -> VideoPacket:
    packet = av.Packet(b"\x00\x00\x00\x01\x65" + b"\xff" * 40)
    packet.stream, packet.time_base = like.stream, like.time_base
    packet.pts = packet.dts = like.dts
    return packet


@pytest.mark.parametrize("reordered", [False, True])
def test_frames_come_in_display_order_at_equal_distances(tmp_path: Path, reordered: bool) -> None:
    with opened(write_clip(tmp_path / "road.ts", seconds=2, reordered=reordered)) as (source, packets):
        decoder = Decoder(source)
        times = [seconds for packet in packets for seconds, _ in decoder.frames(packet)]
    assert len(times) > 1.5 * CLIP_FPS
    assert all(after - before == pytest.approx(1 / CLIP_FPS, abs=1e-3) for before, after in pairwise(times))


def test_a_stream_stamped_in_the_order_of_decoding_has_rising_times(tmp_path: Path) -> None:
    with opened(write_clip(tmp_path / "road.ts", seconds=2, reordered=True)) as (source, packets):
        source.decode_ordered = True
        decoder = Decoder(source)
        times = [seconds for packet in packets for seconds, _ in decoder.frames(packet)]
    assert len(times) > 1.5 * CLIP_FPS
    assert all(before < after for before, after in pairwise(times))


def test_a_few_corrupt_packets_lose_only_their_frames(tmp_path: Path) -> None:
    with opened(write_clip(tmp_path / "road.ts", seconds=2)) as (source, packets):
        decoder = Decoder(source)
        frames = [frame for packet in packets[:CLIP_FPS] for frame in decoder.frames(packet)]
        for _ in range(MAX_CORRUPT_PACKETS):
            decoder.frames(corrupt(packets[CLIP_FPS]))
        frames += [frame for packet in packets[CLIP_FPS:] for frame in decoder.frames(packet)]
    assert len(frames) >= 2 * CLIP_FPS


def test_many_corrupt_packets_in_a_row_end_the_connection(tmp_path: Path) -> None:
    with opened(write_clip(tmp_path / "road.ts", seconds=1)) as (source, packets):
        decoder = Decoder(source)
        decoder.frames(packets[0])
        for _ in range(MAX_CORRUPT_PACKETS):
            assert decoder.frames(corrupt(packets[1])) == []
        with pytest.raises(SourceLost) as lost:
            decoder.frames(corrupt(packets[1]))
        assert lost.value.condition.code is Condition.UNDECODABLE_VIDEO

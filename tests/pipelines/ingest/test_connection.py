"""One connection over a file, with several sinks."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event as Flag

import pytest

from pipelines.ingest.connection import OpenSink, run_connection
from pipelines.ingest.source import Source, SourceLost, VideoPacket
from tests.support.servers import CLIP_FPS, write_clip


class Sink:
    """Stores the packets; fails with the packet of number `fails_at`."""

    def __init__(self, fails_at: int = -1) -> None:
        self.packets: list[VideoPacket] = []
        self.is_closed = False
        self._fails_at = fails_at

    def put(self, packet: VideoPacket) -> None:
        if len(self.packets) == self._fails_at:
            raise ValueError("no room for this packet")
        self.packets.append(packet)


def opening(sink: Sink) -> OpenSink:
    @contextmanager
    def open_sink(source: Source) -> Iterator[Sink]:
        assert source.codec == "h264"
        yield sink
        sink.is_closed = True

    return open_sink


@pytest.fixture
def clip(tmp_path: Path) -> str:
    return str(write_clip(tmp_path / "road.ts", seconds=1))


def test_every_sink_receives_each_packet_in_order_until_the_source_ends(clip: str) -> None:
    first, second, codecs = Sink(), Sink(), list[str]()
    with pytest.raises(SourceLost, match="ended"):
        run_connection(clip, Flag(), sinks=[opening(first), opening(second)], stall_s=5, on_connected=codecs.append)
    assert len(first.packets) == CLIP_FPS
    assert all(a is b for a, b in zip(first.packets, second.packets, strict=True))
    times = [packet.dts for packet in first.packets]
    assert times == sorted(times)
    assert codecs == ["h264"]


def test_an_error_of_one_sink_ends_the_connection(clip: str) -> None:
    sound, failing = Sink(), Sink(fails_at=3)
    with pytest.raises(ValueError, match="no room"):
        run_connection(clip, Flag(), sinks=[opening(sound), opening(failing)], stall_s=5)
    assert len(sound.packets) == 4


def test_a_source_that_cannot_be_opened_opens_no_sink(tmp_path: Path) -> None:
    sink, codecs = Sink(), list[str]()
    with pytest.raises(SourceLost):
        run_connection(
            str(tmp_path / "missing.mp4"), Flag(), sinks=[opening(sink)], stall_s=5, on_connected=codecs.append
        )
    assert codecs == sink.packets == []


def test_a_stop_closes_the_sinks_without_an_error(clip: str) -> None:
    sink, stop = Sink(), Flag()
    stop.set()
    run_connection(clip, stop, sinks=[opening(sink)], stall_s=5)
    assert sink.is_closed
    assert sink.packets == []

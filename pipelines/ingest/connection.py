"""One connection to a camera: read its packets until it fails, and pass them to live video and decoding.

A failure is raised. `pipelines.worker.supervisor` connects again, after a delay from `pipelines.retry`.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from threading import Event as Flag
from typing import Protocol

from pipelines.ingest.open_stream import RtspTransport
from pipelines.ingest.picture_cadence import PictureCadence
from pipelines.ingest.source import Source, VideoPacket
from pipelines.ingest.stream_times import ClockState, ClockVerdict


class PacketSink(Protocol):
    """Receiver of the packets of one connection."""

    def put(self, packet: VideoPacket) -> None:
        """Receive the next packet, which must stay as it is. An error ends the connection."""
        ...


OpenSink = Callable[[Source], AbstractContextManager[PacketSink]]
"""Makes the sink of a connection from its open source."""

OnClock = Callable[[ClockVerdict], None]
"""Receives each change of the state of the stream's clock, from its first packet on."""

OnConnected = Callable[[str], None]
"""Receives the codec of the stream, by FFmpeg's name."""


def run_connection(
    url: str,
    stop: Flag,
    *,
    sinks: Sequence[OpenSink],
    stall_s: float,
    hardware: str | None = None,
    transport: RtspTransport | None = None,
    clock: ClockVerdict | None = None,
    cadence: PictureCadence | None = None,
    on_connected: OnConnected = lambda codec: None,
    on_clock: OnClock = lambda verdict: None,
) -> None:
    """Read `url` until `stop` is set, and put each packet into all sinks. Raises SourceLost, and errors of the sinks.

    stall_s, hardware, transport, clock, cadence: as for `Source`. on_connected: called when the stream is open.
    """
    with ExitStack() as stack:
        source = stack.enter_context(
            Source(
                url,
                stop=stop,
                stall_s=stall_s,
                hardware=hardware,
                transport=transport,
                clock=clock,
                cadence=cadence,
            )
        )
        opened = [stack.enter_context(open_sink(source)) for open_sink in sinks]
        on_connected(source.codec)
        reported: ClockState | None = None
        for packet in source.packets():
            if source.clock.state is not reported:
                reported = source.clock.state
                on_clock(source.clock)
            for sink in opened:
                sink.put(packet)

"""The video of one camera, for as long as one connection lasts."""

from collections.abc import Callable
from contextlib import ExitStack
from threading import Event as Flag

from pipelines.buffer import TimedFrame
from pipelines.clock import StreamClock
from pipelines.config import StreamConfig
from pipelines.hls import HlsWriter
from pipelines.playlist import LivePlaylist
from pipelines.source import Decoder, Source

BROWSERS_LACK = {"hevc": "sends H.265, which many browsers cannot play; set it to H.264 for viewers"}
Watch = Callable[[TimedFrame], None]


def feed(
    url: str,
    stream: StreamConfig,
    stop: Flag,
    *,
    playlist: LivePlaylist | None,
    watch: Watch | None,
    connected: Callable[[str], None] = lambda remark: None,
) -> None:
    """Read `url` until `stop` is set: packets to HLS in `playlist`, decoded frames to `watch`; None for neither.

    connected: called once the stream is open, with what an operator should know about it.
    Raises SourceLost.
    """
    with ExitStack() as stack:
        source = stack.enter_context(Source(url, stop=stop, stall_s=stream.stall_s))
        writer = None
        if playlist is not None:
            writer = stack.enter_context(HlsWriter(playlist, source, segment_s=stream.segment_s))
        decoder, clock = Decoder(source), StreamClock()
        connected(BROWSERS_LACK.get(source.codec, "") if writer is not None else "")
        for packet in source.packets():
            if watch is not None:
                for seconds, picture in decoder.frames(packet):
                    watch(TimedFrame(clock.wall(seconds), picture))
            if writer is not None:
                writer.write(packet)

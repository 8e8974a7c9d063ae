"""The video of one camera, for as long as one connection lasts."""

from collections.abc import Callable
from contextlib import ExitStack
from threading import Event as Flag

from pipelines.config.settings import StreamConfig
from pipelines.ingest.decode_pool import DecodeTask
from pipelines.ingest.source import Source
from pipelines.live_video.hls_muxer import HlsWriter
from pipelines.live_video.hls_playlist import LivePlaylist

BROWSERS_LACK = {"hevc": "sends H.265, which many browsers cannot play; set it to H.264 for viewers"}
OpenDecoder = Callable[[Source], DecodeTask]


def run_connection(
    url: str,
    stream: StreamConfig,
    stop: Flag,
    *,
    playlist: LivePlaylist | None,
    decode: OpenDecoder | None,
    connected: Callable[[str], None] = lambda remark: None,
) -> None:
    """Read `url` until `stop` is set: packets to HLS in `playlist`, and to what `decode` makes; None for neither.

    connected: called once the stream is open, with what an operator should know about it.
    Raises SourceLost.
    """
    with ExitStack() as stack:
        source = stack.enter_context(
            Source(url, stop=stop, stall_s=stream.stall_s, hardware=stream.hardware_decoder if decode else None)
        )
        writer = decoding = None
        if playlist is not None:
            writer = stack.enter_context(HlsWriter(playlist, source, segment_s=stream.segment_s))
        if decode is not None:
            decoding = stack.enter_context(decode(source))
        connected(BROWSERS_LACK.get(source.codec, "") if writer is not None else "")
        for packet in source.packets():
            if decoding is not None:
                decoding.put(packet)
            if writer is not None:
                writer.write(packet)

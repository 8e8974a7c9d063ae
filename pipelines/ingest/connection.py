"""The video of one camera, for as long as one connection lasts."""

from collections.abc import Callable
from contextlib import ExitStack
from threading import Event as Flag

from pipelines.config.settings import StreamConfig
from pipelines.events.condition import CameraCondition, Condition
from pipelines.ingest.decode_pool import DecodeTask
from pipelines.ingest.source import Source
from pipelines.live_video.hls_muxer import HlsWriter
from pipelines.live_video.hls_playlist import LivePlaylist

_UNPLAYABLE = ("hevc",)
"""Codecs, by FFmpeg's names, that many browsers cannot play. [assumption]"""
OpenDecoder = Callable[[Source], DecodeTask]
OnConnected = Callable[[CameraCondition | None], None]
"""Receives the condition of a stream that works, such as an unplayable codec; None for none."""


def run_connection(
    url: str,
    stream: StreamConfig,
    stop: Flag,
    *,
    playlist: LivePlaylist | None,
    decode: OpenDecoder | None,
    connected: OnConnected = lambda note: None,
) -> None:
    """Read `url` until `stop` is set: packets to HLS in `playlist`, and to what `decode` makes; None for neither.

    connected: called once the stream is open.
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
        is_unplayable = writer is not None and source.codec in _UNPLAYABLE
        connected(CameraCondition.of(Condition.UNPLAYABLE_CODEC, codec=source.codec) if is_unplayable else None)
        for packet in source.packets():
            if decoding is not None:
                decoding.put(packet)
            if writer is not None:
                writer.write(packet)

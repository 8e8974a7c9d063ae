"""Timestamps of the frames that a stream yields."""

from threading import Event as Flag

from pipelines.ingest.decoder import Decoder
from pipelines.ingest.source import Source


def decoded_times(url: str, *, frames: int, stall_s: float = 5.0) -> list[float]:
    """Timestamps (s) of that many decoded frames."""
    times: list[float] = []
    with Source(url, stop=Flag(), stall_s=stall_s) as source:
        decoder = Decoder(source)
        for packet in source.packets():
            times += [seconds for seconds, _ in decoder.frames(packet)]
            if len(times) >= frames:
                break
    return times

"""CPU time of a worker from RTSP packet to decoded frame: reading, live video and decoding.

    python -m bench.performance.reading_cost [--cameras 20] [--seconds 15]

Clips play in a loop behind an RTSP server, each as a camera of 640 x 360 with 12.5 frames a second. Each camera is read
by `run_connection` with the sinks of production: none, live video, live video and decoding. Decoded frames are dropped.
Threads are measured by their own CPU time. Prints ms a packet of the reading threads, and ms a decoded frame of the
decoding threads. To compare two states of the code, run both in turn: other programs on the machine change the figures.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from threading import Event as Flag
from threading import Thread

from bench.inputs import CLIPS, RESULTS
from pipelines.capacity.clips import prepare_clips
from pipelines.capacity.plan import PlaybackPlan
from pipelines.capacity.run import served
from pipelines.config.settings import StreamConfig
from pipelines.ingest.connection import OpenSink, run_connection
from pipelines.ingest.decode_pool import DecodePool, DecodeTask
from pipelines.ingest.keyframe_interval import KeyframeMonitor
from pipelines.ingest.source import Source, VideoPacket
from pipelines.live_video.hls_muxer import open_live_video
from pipelines.live_video.hls_playlist import LivePlaylist

SETTLE_S = 6.0
"""Time (s) from the start to the measurement: every camera has sent a keyframe [assumption]."""
ANALYSIS_FPS = 5.0
"""Frames a second that the analysis requests of each camera [source: default analysis rate]."""
DECODING_THREADS = 2
"""Threads that decode [source: cores of the reference machine]."""
KINDS = ("reading", "live video", "decoding")
"""What becomes of the packets in a run, with all before it."""


class PacketCounter(ExitStack):
    """Sink of one connection that counts its packets."""

    packets = 0

    def put(self, packet: VideoPacket) -> None:
        """Count a packet."""
        self.packets += 1


class Run:
    """Cameras that are read in threads. kind: of `KINDS`. folder: for live video. Use `stop` to end the threads."""

    def __init__(self, kind: str, plan: PlaybackPlan, port: int, folder: Path) -> None:
        self.stop, self._settings = Flag(), StreamConfig()
        self._pool = DecodePool(DECODING_THREADS)
        self._counters: list[PacketCounter] = []
        self._tasks: list[DecodeTask] = []
        self.readers = [
            Thread(
                target=run_connection,
                args=(f"rtsp://127.0.0.1:{port}/{camera.id}", self.stop),
                kwargs={"sinks": self._sinks(kind, folder / camera.id), "stall_s": self._settings.stall_s},
            )
            for camera in plan.cameras
        ]
        self.decoders = [Thread(target=self._pool.run, args=(self.stop,)) for _ in range(DECODING_THREADS)]
        for thread in (*self.readers, *self.decoders):
            thread.start()

    def _sinks(self, kind: str, folder: Path) -> tuple[OpenSink, ...]:
        stream = self._settings
        playlist = LivePlaylist(folder, segments_kept=stream.segments_kept)
        write_live = partial(open_live_video, playlist, segment_s=stream.segment_s, on_stored=lambda condition: None)

        def watch(source: Source) -> KeyframeMonitor:
            return KeyframeMonitor(lambda condition: None, codec=source.codec)

        return {
            "reading": (self._count,),
            "live video": (self._count, write_live, watch),
            "decoding": (self._count, self._decode, write_live, watch),
        }[kind]

    def _count(self, source: Source) -> PacketCounter:
        self._counters.append(PacketCounter())
        return self._counters[-1]

    def _decode(self, source: Source) -> DecodeTask:
        task = self._pool.open(source, on_frame=lambda frame: None, requested_fps=lambda: ANALYSIS_FPS)
        self._tasks.append(task)
        return task

    def so_far(self) -> tuple[float, float, float, float]:
        """Return CPU seconds and packets of reading, CPU seconds and frames of decoding."""
        packets = sum(counter.packets for counter in self._counters)
        return _cpu_s(self.readers), packets, _cpu_s(self.decoders), sum(task.stats.decoded for task in self._tasks)

    def end(self) -> None:
        """End the threads."""
        self.stop.set()
        for thread in (*self.readers, *self.decoders):
            thread.join()


def _cpu_s(threads: Iterable[Thread]) -> float:
    return sum(time.clock_gettime(time.pthread_getcpuclockid(thread.ident)) for thread in threads if thread.ident)


def measure(kind: str, cameras: int, seconds: float) -> dict[str, float]:
    """Return ms a packet of the reading threads, and ms a decoded frame of the decoding threads."""
    plan = PlaybackPlan.of(prepare_clips(CLIPS, RESULTS / "capacity"), cameras, time.time())
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        port, _ = stack.enter_context(served(plan, Path(folder)))
        run = Run(kind, plan, port, Path(folder))
        stack.callback(run.end)
        time.sleep(SETTLE_S)
        before = run.so_far()
        time.sleep(seconds)
        read_s, packets, decode_s, frames = (last - first for first, last in zip(before, run.so_far(), strict=True))
    figures = {f"{kind}: ms a packet": 1000 * read_s / packets}
    return figures | ({f"{kind}: ms a frame": 1000 * decode_s / frames} if frames else {})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cameras", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--kind", choices=KINDS, action="append")
    options = parser.parse_args()
    if not CLIPS.is_dir():
        print(f"bench: needs {CLIPS}; nothing was measured", file=sys.stderr)
        return 2
    figures: dict[str, float] = {}
    for kind in options.kind or KINDS:
        figures |= measure(kind, options.cameras, options.seconds)
    print(json.dumps({name: round(value, 3) for name, value in figures.items()}))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Baseline of a clip: its crossings and its moving traffic, from an analysis of every frame.

The clip is analysed in a loop, as a camera plays it, so that the seam between two loops is included: the end of one
loop, a whole loop, and the start of the next, in which late facts become known. The whole loop gives the baseline.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from threading import Event as Flag
from typing import TypeAlias

import av
from av.packet import Packet
from av.video.stream import VideoStream
from pydantic import BaseModel, ConfigDict, SecretStr

from analytics.camera import Camera
from analytics.detections import Tracks
from analytics.facts import Crossing
from models.detection.detector import Detector
from models.gating.roi import RegionOfInterest, choose_roi
from pipelines.atomic_file import write_atomically
from pipelines.capacity.clips import FPS, SIZE, PreparedClip
from pipelines.config.settings import CameraConfig
from pipelines.ingest.frame_buffer import TimedFrame
from pipelines.recordings.count_video import count_video
from pipelines.recordings.video_reader import VideoReader

BASELINE_VERSION = 1
"""Part of the name of a stored baseline. Raise it with every change after which clips are counted differently."""

BEFORE_S, AFTER_S = 8, 4
"""Seconds of the previous and of the next loop that are analysed [assumption: longer than a track waits]."""

MOVED_PX = 5.0
"""Movement in pixels a second from which a track moves; boxes of parked vehicles vary by less [assumption]."""

MOTION_STEP_S = 1.0
"""Time (s) over which the movement of a track is measured [assumption]."""

_Packet: TypeAlias = "Packet[VideoStream]"


class Baseline(BaseModel):
    """Traffic in one loop of a clip.

    crossings: (seconds into the loop, gate), in order. moving: for each second of the loop, whether a track moved.
    """

    model_config = ConfigDict(frozen=True)

    crossings: tuple[tuple[float, str], ...]
    moving: tuple[bool, ...]

    def moves_at(self, position_s: float) -> bool:
        """Return whether traffic moves at a position, and moved in the second before: the rate rises with a delay."""
        second = min(int(position_s), len(self.moving) - 1)
        return self.moving[second] and self.moving[second - 1]


def baseline_for(
    clip: PreparedClip,
    detector: Detector,
    cache: Path | None = None,
    *,
    weights: Path | None = None,
    refresh: bool = False,
) -> Baseline:
    """Return the stored baseline of a clip, or compute and store it.

    cache: folder of stored baselines; None stores none. weights: file or folder of the detector's model; a baseline of
    other weights is not used. refresh: compute the baseline even if one is stored.
    """
    if cache is None:
        return compute_baseline(clip, detector)
    stored = cache / f"{clip.path.stem}-{_key(clip, detector.name, weights)}.baseline.json"
    if stored.is_file() and not refresh:
        return Baseline.model_validate_json(stored.read_text())
    baseline = compute_baseline(clip, detector)
    write_atomically(stored, baseline.model_dump_json(), durable=False)
    return baseline


def _key(clip: PreparedClip, detector: str, weights: Path | None) -> str:
    """Hash of all that a baseline depends on, except the content of the clip: the name of its file identifies that."""
    parts = (str(BASELINE_VERSION), version("simpang"), detector, clip.geometry.model_dump_json())
    digest = hashlib.sha256("\n".join(parts).encode())
    if weights is not None:
        files = [weights] if weights.is_file() else sorted(path for path in weights.rglob("*") if path.is_file())
        for path in files:
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def compute_baseline(clip: PreparedClip, detector: Detector) -> Baseline:
    """Analyse every frame of the looped clip, as `simpang count` does."""
    looped = clip.path.with_suffix(".looped.mp4")
    before_s = write_looped(clip.path, looped)
    loop_s = float(clip.frames / FPS)
    motion = _Motion(before_s, loop_s)
    try:
        with VideoReader(str(looped)) as video:
            result = count_video(video, clip_camera(clip), detector, stop=Flag(), callbacks=[motion.add])
    finally:
        looped.unlink(missing_ok=True)
    crossed = ((fact.t - before_s, fact.gate) for fact in result.facts if isinstance(fact, Crossing))
    return Baseline(
        crossings=tuple(sorted((round(t, 3), gate) for t, gate in crossed if 0 <= t < loop_s)),
        moving=tuple(second in motion.moving for second in range(int(loop_s) + 1)),
    )


def clip_camera(clip: PreparedClip) -> Camera:
    """Return the camera as the worker configures it: with a zone over the whole frame where none is drawn."""
    config = CameraConfig(id=clip.name, name=clip.name, url=SecretStr(str(clip.path)))
    return config.camera(clip.geometry, SIZE)


def clip_roi(clip: PreparedClip) -> RegionOfInterest:
    """Return the part of the frame that the detector processes."""
    return choose_roi(clip_camera(clip))


def write_looped(clip: Path, target: Path) -> float:
    """Write the end of the clip, the whole clip and its start, without decoding; return the length of the end in s.

    The video starts with a keyframe. It is about `BEFORE_S` and `AFTER_S` seconds longer than the clip.
    """
    with av.open(str(clip)) as source, av.open(str(target), "w") as output:
        stream = source.streams.video[0]
        copied = output.add_stream_from_template(stream)
        packets = [packet for packet in source.demux(stream) if packet.size]
        end = _end_of(packets)
        for number, packet in enumerate(chain(end, packets, _beginning_of(packets))):
            copy = Packet(bytes(packet))
            copy.is_keyframe, copy.stream = packet.is_keyframe, copied
            copy.pts = copy.dts = number
            copy.time_base = 1 / FPS
            output.mux(copy)
    return float(len(end) / FPS)


def _end_of(packets: list[_Packet]) -> list[_Packet]:
    """Return the last `BEFORE_S` seconds, from a keyframe on; whole loops where the clip is shorter."""
    wanted = int(BEFORE_S * FPS)
    loops, rest = divmod(wanted, len(packets))
    first = len(packets) - rest
    while rest and not packets[first].is_keyframe:
        first -= 1
    return packets[first:] * bool(rest) + packets * loops


def _beginning_of(packets: list[_Packet]) -> Iterator[_Packet]:
    wanted = int(AFTER_S * FPS)
    for number in range(wanted):
        yield packets[number % len(packets)]


@dataclass
class _Motion:
    """Seconds of the loop in which a track moves. starts_s, loop_s: start and length of the loop in the video."""

    starts_s: float
    loop_s: float
    moving: set[int] = field(default_factory=set)
    _positions: dict[int, tuple[float, float, float]] = field(default_factory=dict)

    def add(self, frame: TimedFrame, tracks: Tracks, _facts: object) -> None:
        """Compare the position of each track with its position a second ago."""
        points = tracks.ground_points
        for track, (u, v) in zip(tracks.track_id.tolist(), points.tolist(), strict=True):
            since, from_u, from_v = self._positions.setdefault(track, (frame.at, u, v))
            if frame.at - since < MOTION_STEP_S:
                continue
            self._positions[track] = frame.at, u, v
            if abs(u - from_u) + abs(v - from_v) >= MOVED_PX:
                self._mark(since, frame.at)

    def _mark(self, since: float, until: float) -> None:
        for second in range(int(since - self.starts_s), int(until - self.starts_s) + 1):
            if 0 <= second <= self.loop_s:
                self.moving.add(second)

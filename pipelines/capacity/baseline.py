"""What is in a looped clip when every picture of it is looked at: who crosses when, and when anything moves.

The clip is played as a camera shows it, over and over, so that what happens where its end meets its beginning is in the
reference, too: the end of one loop, a whole loop, which is what counts, and a little of the next, in which late facts
become known.
"""

import hashlib
import inspect
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from threading import Event as Flag
from typing import TypeAlias

import av
from av.packet import Packet
from av.video.stream import VideoStream
from pydantic import BaseModel, ConfigDict, SecretStr

import analytics
import models
import pipelines.analysis.frame_convert
import pipelines.analysis.perception
import pipelines.recordings.count_video
from analytics.camera import Camera
from analytics.detections import Tracks
from analytics.facts import Crossing
from models.detection.detector import Detector
from models.gating.roi import RegionOfInterest, choose_roi
from pipelines.capacity.clips import FPS, SIZE, PreparedClip
from pipelines.config.settings import CameraConfig
from pipelines.ingest.frame_buffer import TimedFrame
from pipelines.recordings.video_reader import VideoReader

BEFORE_S, AFTER_S = 8, 4
MOVED_PX = 5.0
"""In a second; boxes of what stands sway by less."""

_Packet: TypeAlias = "Packet[VideoStream]"


class Reference(BaseModel):
    """crossings: seconds into the loop and gate, in order. moving: by second of the loop, whether anything moved."""

    model_config = ConfigDict(frozen=True)

    crossings: tuple[tuple[float, str], ...]
    moving: tuple[bool, ...]

    def moves_at(self, position_s: float) -> bool:
        """Whether something moves that did so in the second before, too: a quiet road is allowed to be noticed late."""
        second = min(int(position_s), len(self.moving) - 1)
        return self.moving[second] and self.moving[second - 1]


def reference_for(clip: PreparedClip, detector: Detector, cache: Path | None = None) -> Reference:
    """cache: a folder that keeps references for as long as neither clip, gates, detector nor our code change."""
    kept = None if cache is None else cache / f"{clip.path.stem}-{_fingerprint(clip, detector.name)}.reference.json"
    if kept is not None and kept.is_file():
        return Reference.model_validate_json(kept.read_text())
    reference = look_at_all(clip, detector)
    if kept is not None:
        kept.write_text(reference.model_dump_json())
    return reference


def _fingerprint(clip: PreparedClip, detector: str) -> str:
    digest = hashlib.sha256(f"{detector}{clip.geometry.model_dump_json()}".encode())
    packages = (Path(package.__path__[0]) for package in (analytics, models))
    for source in sorted(chain.from_iterable(folder.rglob("*.py") for folder in packages)):
        digest.update(source.read_bytes())
    for part in (pipelines.recordings.count_video, pipelines.analysis.frame_convert, pipelines.analysis.perception):
        digest.update(inspect.getsource(part).encode())
    return digest.hexdigest()[:12]


def look_at_all(clip: PreparedClip, detector: Detector) -> Reference:
    """`simpang count` of every picture."""
    played = clip.path.with_suffix(".looped.mp4")
    before_s = play_looped(clip.path, played)
    loop_s = float(clip.pictures / FPS)
    motion = _Motion(before_s, loop_s)
    try:
        with VideoReader(str(played)) as recording:
            counted = pipelines.recordings.count_video.count_video(
                recording, as_watched(clip), detector, stop=Flag(), callbacks=[motion.add]
            )
    finally:
        played.unlink(missing_ok=True)
    crossed = ((fact.t - before_s, fact.gate) for fact in counted.facts if isinstance(fact, Crossing))
    return Reference(
        crossings=tuple(sorted((round(t, 3), gate) for t, gate in crossed if 0 <= t < loop_s)),
        moving=tuple(second in motion.moving for second in range(int(loop_s) + 1)),
    )


def as_watched(clip: PreparedClip) -> Camera:
    """As the worker sees it, which looks at the whole picture where no zone is drawn."""
    config = CameraConfig(id=clip.name, name=clip.name, url=SecretStr(str(clip.path)))
    return config.camera(clip.geometry, SIZE)


def whole_view(clip: PreparedClip) -> RegionOfInterest:
    return choose_roi(as_watched(clip))


def play_looped(clip: Path, target: Path) -> float:
    """Write the clip's end, the whole of it and its beginning, without decoding; returns how long the end is.

    Begins with a keyframe, and lasts about `BEFORE_S` and `AFTER_S` seconds longer than the clip.
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
    """Whole loops and a part of one, where the clip is shorter."""
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
    """moving: seconds of the loop."""

    starts_s: float
    loop_s: float
    moving: set[int] = field(default_factory=set)
    _since: dict[int, tuple[float, float, float]] = field(default_factory=dict)

    def add(self, frame: TimedFrame, tracks: Tracks, _facts: object) -> None:
        """Compare each track with its place a second ago."""
        t = frame.at
        bottoms = tracks.ground_points
        for track, (u, v) in zip(tracks.track_id.tolist(), bottoms.tolist(), strict=True):
            since, from_u, from_v = self._since.setdefault(track, (t, u, v))
            if t - since < 1.0:
                continue
            self._since[track] = t, u, v
            if abs(u - from_u) + abs(v - from_v) >= MOVED_PX:
                self._mark(since, t)

    def _mark(self, since: float, until: float) -> None:
        for second in range(int(since - self.starts_s), int(until - self.starts_s) + 1):
            if 0 <= second <= self.loop_s:
                self.moving.add(second)

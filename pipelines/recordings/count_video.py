"""`simpang count`: one video or stream in, traffic facts out."""

import math
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, Full, Queue
from threading import Event as Flag
from threading import Thread

import av
import numpy as np

from analytics.camera import Camera
from analytics.camera_analyzer import CameraAnalyzer
from analytics.detections import Detections, Tracks
from analytics.facts import Fact
from analytics.road_users import ROAD_USERS, RoadUser
from models.detection.detector import Detector, RgbImage
from models.gating.roi import choose_roi
from pipelines.analysis.detection_request import DetectionRequest
from pipelines.analysis.perception import CameraPerception
from pipelines.analysis.view_gate import ViewGate, ViewQuality
from pipelines.analysis.view_store import has_geometry
from pipelines.config.settings import StreamConfig
from pipelines.errors import UserError
from pipelines.ingest.frame_buffer import TimedFrame
from pipelines.logging import without_credentials
from pipelines.recordings.video_reader import Recording

_WAITING_PICTURES = 8
_PATIENCE_S = 0.1
"""How soon the threads notice a stop."""

_FROZEN_S = StreamConfig().frozen_s
_CHECK_EVERY_S = 0.2
"""How often it is asked whether the view is fit to be analysed: as often as of a live camera."""

Watcher = Callable[[float, av.VideoFrame, Tracks, list[Fact]], None]
"""Told about every frame that was due for a look: time, frame, tracks in it (none where it was withheld) and facts that
became known."""


@dataclass(slots=True)
class Withheld:
    """A span without facts, because the view was no basis for them: see `pipelines.analysis.view_gate`."""

    from_s: float
    to_s: float
    reason: str = "the usual view was hidden or not recognised for a moment"


@dataclass(slots=True)
class Counted:
    """What came out.

    frames: in the recording. analysed_frames: fewer where not all were to be looked at or frames were withheld, where a
    live stream outran the machine, or the count was stopped. road_users: how many were followed, by the class each was
    seen as most often.
    """

    frames: int = 0
    analysed_frames: int = 0
    duration_s: float = 0.0
    facts: list[Fact] = field(default_factory=list)
    road_users: dict[RoadUser, int] = field(default_factory=dict)
    withheld: list[Withheld] = field(default_factory=list)

    def withhold(self, t: float, reason: str) -> None:
        if not self.withheld or t - self.withheld[-1].to_s > 1.0:
            self.withheld.append(Withheld(t, t))
        span = self.withheld[-1]
        span.to_s, span.reason = t, reason or span.reason


@dataclass(frozen=True, slots=True)
class _Picture:
    """glance: what the detector is to see, where that could be told in advance."""

    t: float
    frame: av.VideoFrame
    glance: DetectionRequest | None
    fitness: ViewQuality


Look = Callable[[TimedFrame], DetectionRequest]


class _Reader:
    """Decodes in a thread of its own and keeps a few pictures ready.

    A file waits for its reader; of a live stream the oldest waiting picture is dropped.
    """

    def __init__(
        self, recording: Recording, view: ViewGate, looks_per_s: float, stop: Flag, look: Look | None = None
    ) -> None:
        """look: taken at each frame that may be analysed, in advance."""
        self._recording, self._stop, self._look_ahead = recording, stop, look
        self._looks_per_s, self._due = looks_per_s, 0.0
        self._view, self._fitness, self._check_at = view, ViewQuality(usable=True), 0.0
        self._ready: Queue[_Picture | None] = Queue(_WAITING_PICTURES)
        self._failure: BaseException | None = None
        self._thread = Thread(target=self._run, name="decode", daemon=True)
        self.frames = 0
        self.last_t = 0.0

    def __iter__(self) -> Iterator[_Picture]:
        self._thread.start()
        while not self._stop.is_set():
            try:
                picture = self._ready.get(timeout=_PATIENCE_S)
            except Empty:
                continue
            if picture is None:
                break
            yield picture
        self._thread.join(timeout=2.0)
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        try:
            for timed in self._recording.frames(self._looks_per_s):
                if self._stop.is_set():
                    return
                self.frames += 1
                self.last_t = timed.t
                if timed.t < self._due - self._recording.frame_s / 4:
                    continue
                self._due = max(self._due + 1 / self._looks_per_s, timed.t)
                if timed.t >= self._check_at:
                    self._check_at = timed.t + _CHECK_EVERY_S
                    self._fitness = self._view.update(timed.t, timed.frame)
                ahead = self._look_ahead if self._fitness.usable else None
                glance = None if ahead is None else ahead(TimedFrame(timed.t, timed.frame))
                self._offer(_Picture(timed.t, timed.frame, glance, self._fitness))
        except Exception as error:  # handed to the thread that reads
            self._failure = error
        finally:
            self._offer(None)

    def _offer(self, picture: _Picture | None) -> None:
        while not self._stop.is_set():
            try:
                self._ready.put(picture, timeout=_PATIENCE_S)
            except Full:
                if self._recording.is_live:
                    self._drop_oldest()
            else:
                return

    def _drop_oldest(self) -> None:
        with suppress(Empty):
            self._ready.get_nowait()


def count(
    recording: Recording,
    camera: Camera,
    detector: Detector,
    *,
    stop: Flag,
    looks_per_s: float = math.inf,
    gating: bool = False,
    watchers: Sequence[Watcher] = (),
) -> Counted:
    """Analyse the recording to its end, or until `stop` is set.

    looks_per_s: how many frames of a second to look at, at most. gating: let the detector see only what moved and is
    not known already (`models.gating.motion_gate`), one frame at a time.

    Decoding, detection and analysis overlap; facts come in the order of the frames. Raises UserError where nothing
    in the recording can be decoded.
    """
    sight = CameraPerception(camera, choose_roi(camera, analysis_fps=looks_per_s), gating=gating)
    fitness = ViewGate(_FROZEN_S, has_geometry=has_geometry(camera))
    reader = _Reader(recording, fitness, looks_per_s, stop, None if gating else sight.plan)
    counting = _Counting(camera, detector, sight, watchers)
    for picture in reader:
        if not picture.fitness.usable:
            counting.withhold(picture)
            continue
        if gating:
            counting.finish_all()
        counting.look(picture)
    if not reader.frames and not stop.is_set():
        raise UserError(f"{without_credentials(recording.source)}: not one frame can be decoded; is the video whole?")
    counted = counting.finish(reader.last_t + recording.frame_s if reader.frames else 0.0)
    counted.frames = reader.frames + recording.passed_over
    return counted


class _Counting:
    """Frames on their way through the detector, and what came out so far."""

    def __init__(
        self, camera: Camera, detector: Detector, sight: CameraPerception, watchers: Sequence[Watcher]
    ) -> None:
        self._detector, self._sight, self._watchers = detector, sight, watchers
        self._analyst, self._counted = CameraAnalyzer(camera), Counted()
        self._votes: dict[int, Counter[int]] = {}
        self._under_way: deque[tuple[_Picture, DetectionRequest, Future[Detections] | None]] = deque()
        self._latest: tuple[RgbImage, Future[Detections]] | None = None

    def look(self, picture: _Picture) -> None:
        glance = picture.glance or self._sight.plan(TimedFrame(picture.t, picture.frame))
        self._under_way.append((picture, glance, None if glance.image is None else self._detect(glance.image)))
        while self._under_way and (self._is_full or _is_done(self._under_way[0][2])):
            self._finish_oldest()

    def withhold(self, picture: _Picture) -> None:
        """It may not be analysed; time passes all the same."""
        self.finish_all()
        self._counted.withhold(picture.t, picture.fitness.reason)
        self._tell(picture, Tracks.empty(), self._analyst.advance(picture.t))

    def finish_all(self) -> None:
        while self._under_way:
            self._finish_oldest()

    def finish(self, t: float) -> Counted:
        """The recording ends at `t` seconds."""
        self.finish_all()
        counted = self._counted
        counted.duration_s = t
        counted.facts += self._analyst.finish(t)
        winners = Counter(ROAD_USERS[vote.most_common(1)[0][0]] for vote in self._votes.values())
        counted.road_users = {road_user: winners[road_user] for road_user in ROAD_USERS if winners[road_user]}
        return counted

    @property
    def _is_full(self) -> bool:
        return len(self._under_way) > 2 * self._detector.in_flight

    def _detect(self, image: RgbImage) -> Future[Detections]:
        # Streams that were recoded repeat pictures; what is in them is known.
        if self._latest is None or not np.array_equal(image, self._latest[0]):
            self._latest = image, self._detector.submit(image)
        return self._latest[1]

    def _finish_oldest(self) -> None:
        picture, glance, detected = self._under_way.popleft()
        tracks = self._sight.complete(glance, None if detected is None else detected.result())
        self._counted.analysed_frames += 1
        for track, class_id in zip(tracks.track_id.tolist(), tracks.class_id.tolist(), strict=True):
            self._votes.setdefault(track, Counter())[class_id] += 1
        self._tell(picture, tracks, self._analyst.observe(picture.t, tracks))

    def _tell(self, picture: _Picture, tracks: Tracks, facts: list[Fact]) -> None:
        self._counted.facts += facts
        for watch in self._watchers:
            watch(picture.t, picture.frame, tracks, facts)


def _is_done(detected: Future[Detections] | None) -> bool:
    return detected is None or detected.done()

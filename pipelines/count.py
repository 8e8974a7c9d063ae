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

from analytics.analyst import CameraAnalyst
from analytics.camera import Camera
from analytics.detections import Detections, Tracks
from analytics.facts import ROAD_USERS, Fact, RoadUser
from models.detector import Detector, RgbImage
from models.tracker import make_tracker
from models.view import choose_view
from pipelines.config import StreamConfig
from pipelines.errors import BadInput
from pipelines.logs import without_credentials
from pipelines.pictures import Pictures
from pipelines.recording import Recording
from pipelines.view_memory import is_drawn_on
from pipelines.viewing import CameraView, Fitness

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
    """A time from which no facts were taken, because of what was wrong with the view: see `pipelines.viewing`."""

    from_s: float
    to_s: float
    reason: str = "the usual view was hidden or not recognised for a moment"


@dataclass(slots=True)
class Counted:
    """What came out.

    frames: decoded. analysed_frames: fewer where not all were to be looked at or frames were withheld, where a live
    stream outran the machine, or the count was stopped. road_users: how many were followed, by the class each was seen
    as most often.
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
    """image: what the detector is to see, None where the frame is unfit to be analysed."""

    t: float
    frame: av.VideoFrame
    image: RgbImage | None
    fitness: Fitness


class _Reader:
    """Decodes in a thread of its own and keeps a few pictures ready.

    A file waits for its reader; of a live stream the oldest waiting picture is dropped.
    """

    def __init__(self, recording: Recording, pictures: Pictures, view: CameraView, period_s: float, stop: Flag) -> None:
        self._recording, self._pictures, self._stop = recording, pictures, stop
        self._period_s, self._due = period_s, 0.0
        self._view, self._fitness, self._check_at = view, Fitness(usable=True), 0.0
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
            for timed in self._recording.frames():
                if self._stop.is_set():
                    return
                self.frames += 1
                self.last_t = timed.t
                if timed.t < self._due - self._recording.frame_s / 4:
                    continue
                self._due = max(self._due + self._period_s, timed.t)
                if timed.t >= self._check_at:
                    self._check_at = timed.t + _CHECK_EVERY_S
                    self._fitness = self._view.see(timed.t, timed.frame)
                image = self._pictures.take(timed.frame) if self._fitness.usable else None
                self._offer(_Picture(timed.t, timed.frame, image, self._fitness))
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
    watchers: Sequence[Watcher] = (),
) -> Counted:
    """Analyse the recording to its end, or until `stop` is set.

    looks_per_s: how many frames of a second to look at, at most.

    Decoding, detection and analysis overlap; facts come in the order of the frames. Raises BadInput where nothing
    in the recording can be decoded.
    """
    view = choose_view(camera, looks_per_s=looks_per_s)
    fitness = CameraView(_FROZEN_S, drawn_on=is_drawn_on(camera))
    reader = _Reader(recording, Pictures(view), fitness, 1 / looks_per_s, stop)
    tracker, analyst, counted = make_tracker(camera), CameraAnalyst(camera), Counted()
    votes: dict[int, Counter[int]] = {}
    under_way: deque[tuple[_Picture, Future[Detections]]] = deque()
    latest: tuple[RgbImage, Future[Detections]] | None = None

    def finish_oldest() -> None:
        picture, detected = under_way.popleft()
        tracks = tracker.update(picture.t, view.to_frame(detected.result()))
        facts = analyst.observe(picture.t, tracks)
        counted.analysed_frames += 1
        counted.facts += facts
        _vote(votes, tracks)
        for watch in watchers:
            watch(picture.t, picture.frame, tracks, facts)

    def withhold(picture: _Picture) -> None:
        while under_way:
            finish_oldest()
        counted.withhold(picture.t, picture.fitness.reason)
        facts = analyst.advance(picture.t)
        counted.facts += facts
        for watch in watchers:
            watch(picture.t, picture.frame, Tracks.empty(), facts)

    for picture in reader:
        if picture.image is None:
            withhold(picture)
            continue
        # Streams that were recoded repeat pictures; what is in them is known.
        if latest is None or not np.array_equal(picture.image, latest[0]):
            latest = picture.image, detector.submit(picture.image)
        under_way.append((picture, latest[1]))
        while under_way and (len(under_way) > 2 * detector.in_flight or under_way[0][1].done()):
            finish_oldest()
    while under_way:
        finish_oldest()
    if not reader.frames and not stop.is_set():
        raise BadInput(f"{without_credentials(recording.source)}: not one frame can be decoded; is the video whole?")
    counted.frames = reader.frames
    counted.duration_s = reader.last_t + recording.frame_s if reader.frames else 0.0
    counted.facts += analyst.finish(counted.duration_s)
    winners = Counter(ROAD_USERS[vote.most_common(1)[0][0]] for vote in votes.values())
    counted.road_users = {road_user: winners[road_user] for road_user in ROAD_USERS if winners[road_user]}
    return counted


def _vote(votes: dict[int, Counter[int]], tracks: Tracks) -> None:
    for track, class_id in zip(tracks.track_id.tolist(), tracks.class_id.tolist(), strict=True):
        votes.setdefault(track, Counter())[class_id] += 1

"""Choice of the offered frames that are kept as pictures: of each camera and period the most unsure one.

All work on images is done here, in one thread of its own. Offers wait in a short queue; where it is full, they are
dropped, so that the analysis never waits.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from queue import Empty, Full, Queue
from threading import Event as Flag
from typing import Literal

import numpy as np
import structlog
from av.video.frame import VideoFrame

from analytics.detections import Detections
from models.detection.detector import Detector
from models.detection.letterbox import letterbox
from pipelines.learning.anonymise import BgrImage, anonymise
from pipelines.learning.offers import OfferedFrame, Rectangle
from pipelines.learning.scene import Scene, thumbnail
from pipelines.learning.unsureness import count_weak
from pipelines.learning.waiting_pictures import WaitingPicture, WaitingPictures, proposed_boxes

log = structlog.get_logger()

SECOND_CONFIDENCE = 0.05
"""Lowest confidence, 0..1, of the second detection in an offered frame. [measured: docs/adr/0115-unsure-pictures.md]"""

SECOND_WIDTH_PX = 960
"""Largest width, in pixels, of the image of the second detection. [measured: docs/adr/0115-unsure-pictures.md]"""

QUEUED_OFFERS = 4
"""Offers that wait at most; a frame of 1920x1080 takes 3 MB. [assumption]"""

OFFERS_PER_PERIOD = 30
"""Frames of a camera that are compared for each picture that is kept; each takes a detection. [assumption]"""

COMPARED_PICTURES = 24
"""Latest pictures of a camera with which a new one is compared. [assumption]"""

PRUNE_EVERY_S = 3600.0
"""Interval (s) at which old pictures are deleted, also while no new ones come. [assumption]"""

WAIT_S = 0.5
"""Longest wait (s) for an offer; bounds the reaction to a stop. [assumption]"""


@dataclass(frozen=True, slots=True)
class KeepingPlan:
    """How many pictures are kept: one of each `period_s` seconds, `min_interval_s` seconds apart.

    source: what the times of the frames count from, as in `WaitingPicture`.
    """

    period_s: float
    min_interval_s: float
    source: Literal["camera", "recording"] = "camera"


@dataclass(slots=True)
class _History:
    """Pictures of one camera. latest: that of the current period, which a better one replaces. older: before it."""

    latest: WaitingPicture | None = None
    older: deque[WaitingPicture] = field(default_factory=lambda: deque(maxlen=COMPARED_PICTURES))

    def add(self, picture: WaitingPicture) -> None:
        if self.latest is not None and self.latest.period != picture.period:
            self.older.append(self.latest)
        self.latest = picture


class PictureKeeper:
    """Keeper of the pictures of all cameras. Only `offer` may be called by several threads.

    open_detector: opens a detector with `SECOND_CONFIDENCE`, at the first offer. conditions_at: (light, rain) of a
    camera's street at a time (s).
    """

    def __init__(
        self,
        pictures: WaitingPictures,
        plan: KeepingPlan,
        open_detector: Callable[[], Detector],
        conditions_at: Callable[[str, float], tuple[str, str]],
    ) -> None:
        self._pictures = pictures
        self._plan = plan
        self._open_detector = open_detector
        self._conditions_at = conditions_at
        self._detector: Detector | None = None
        self._histories: dict[str, _History] | None = None
        self._offers: Queue[OfferedFrame] = Queue(QUEUED_OFFERS)

    @property
    def offer_every_s(self) -> float:
        """Seconds between two offers of a camera."""
        return self._plan.period_s / OFFERS_PER_PERIOD

    def offer(self, offered: OfferedFrame) -> bool:
        """Queue a frame; return False where the queue is full. Never waits."""
        try:
            self._offers.put_nowait(offered)
        except Full:
            return False
        return True

    def run(self, stop: Flag) -> None:
        """Keep offered frames until `stop` is set. An error of the disk is logged, and the frame is dropped."""
        try:
            to_prune_s = 0.0
            while not stop.is_set():
                if to_prune_s <= 0:
                    to_prune_s = PRUNE_EVERY_S
                    self._prune()
                try:
                    offered = self._offers.get(timeout=WAIT_S)
                except Empty:
                    to_prune_s -= WAIT_S
                    continue
                try:
                    self.keep(offered)
                except OSError as error:
                    log.error("a picture for labelling was not stored", camera=offered.camera, error=str(error))
        finally:
            self.close()

    def _prune(self) -> None:
        try:
            self._pictures.prune()
        except OSError as error:
            log.error("old pictures for labelling were not deleted", error=str(error))

    def close(self) -> None:
        """Close the detector. Idempotent."""
        if self._detector is not None:
            self._detector.close()
            self._detector = None

    def keep(self, offered: OfferedFrame) -> int | None:
        """Store the frame as a picture, if it is the most unsure of its period, and return the period's number.

        Faces and plates are removed before anything is stored. The picture that it replaces is deleted. Returns None
        for a frame that is not kept. Raises OSError.
        """
        history = self._history_of(offered.camera)
        period = int(offered.frame.at // self._plan.period_s)
        replaced = history.latest if history.latest is not None and history.latest.period == period else None
        if self._is_too_early(offered.frame.at, history, replaced):
            return None
        image = crop(offered.frame.video_frame, offered.region)
        second = self._detect(image)
        found = replace(offered.found, weak_detections=count_weak(second))
        if found.score <= (0 if replaced is None else replaced.score):
            return None
        light, rain = self._conditions_at(offered.camera, offered.frame.at)
        picture = WaitingPicture(
            camera=offered.camera,
            at=offered.frame.at,
            source=self._plan.source,
            period=period,
            width=image.shape[1],
            height=image.shape[0],
            light=light,
            rain=rain,
            network="" if self._detector is None else self._detector.name,
            found=asdict(found),
            boxes=proposed_boxes(offered.detections),
            thumbnail=thumbnail(image),
            anonymised=anonymise(image, joined(offered.detections, second)),
        )
        if any(_scene(picture).is_nearly(_scene(before)) for before in self._compared(history, replaced)):
            return None
        self._pictures.save(picture, image)
        if replaced is not None and replaced.name != picture.name:
            self._pictures.delete(replaced.name)
        history.add(picture)
        self._pictures.prune()
        return period

    def _history_of(self, camera: str) -> _History:
        if self._histories is None:
            self._histories = {}
            for picture in sorted(self._pictures, key=lambda picture: picture.at):
                self._histories.setdefault(picture.camera, _History()).add(picture)
        return self._histories.setdefault(camera, _History())

    def _is_too_early(self, at: float, history: _History, replaced: WaitingPicture | None) -> bool:
        before = history.latest if replaced is None else (history.older[-1] if history.older else None)
        return before is not None and 0 <= at - before.at < self._plan.min_interval_s

    @staticmethod
    def _compared(history: _History, replaced: WaitingPicture | None) -> list[WaitingPicture]:
        latest = [] if history.latest is None or replaced is not None else [history.latest]
        return [*history.older, *latest]

    def _detect(self, image: BgrImage) -> Detections:
        """Return the detections from `SECOND_CONFIDENCE`, in pixels of the image."""
        if self._detector is None:
            self._detector = self._open_detector()
        height, width = image.shape[:2]
        scale = min(1.0, SECOND_WIDTH_PX / width)
        rgb = np.ascontiguousarray(image[..., ::-1])
        fitted = letterbox(rgb, (round(width * scale), round(height * scale)))
        found = self._detector.submit(fitted.image).result()
        return Detections(fitted.to_image(found.xyxy), found.confidence, found.class_id)


def crop(frame: VideoFrame, region: Rectangle) -> BgrImage:
    """Return a copy of a region of the frame."""
    left, top, right, bottom = region
    return np.array(frame.to_ndarray(format="bgr24")[top:bottom, left:right], dtype=np.uint8)


def joined(first: Detections, second: Detections) -> Detections:
    """Return the detections of both."""
    return Detections(
        np.concatenate([first.xyxy, second.xyxy]),
        np.concatenate([first.confidence, second.confidence]),
        np.concatenate([first.class_id, second.class_id]),
    )


def _scene(picture: WaitingPicture) -> Scene:
    boxes = np.array([box.xyxy for box in picture.boxes], dtype=np.float64).reshape(-1, 4)
    return Scene(np.array(picture.thumbnail, dtype=np.float64), boxes)

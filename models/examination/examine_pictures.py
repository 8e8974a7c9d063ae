"""Examination of a detector: each labelled picture through the detector of production, then scored."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass

import cv2
import numpy as np

from analytics.detections import Detections
from models.detection.detector import Detector, RgbImage
from models.detection.letterbox import Letterboxed, pad_to_stride
from models.examination.average_precision import judge_detections
from models.examination.figures import ExaminedPicture
from models.examination.matching import match_detections
from models.gating.roi import STRIDE
from models.pictures.picture_set import LabelledPicture

MAX_WIDTH_PX = 1280
"""Longer side to which larger pictures are reduced where no width is given, pixels [assumption: 720p streams]."""

CURVE_CONFIDENCE = 0.01
"""Least confidence, 0..1, of detections for a precision-recall curve [source: COCO evaluations use nearly 0]."""

Size = tuple[int, int]
"""(width, height) in pixels."""

OpenDetector = Callable[[float, Size], Detector]
"""Factory of a detector, given the least confidence of its detections, 0..1, and the size of all its images."""


@dataclass(frozen=True, slots=True)
class _Submitted:
    """A picture in progress: its size, and the futures of the working and of the whole curve's detections."""

    picture: LabelledPicture
    fitted: Letterboxed
    working: Future[Detections]
    curve: Future[Detections]

    def examined(self, confidence: float) -> ExaminedPicture:
        """Scores of the picture; waits for its detections. confidence: the working one."""
        labels = self.picture.read_labels(self.fitted.image_size)
        found, curve = (self._on_picture(future.result()) for future in (self.working, self.curve))
        match = match_detections(found, labels)
        judged = judge_detections(extended_below(found, curve, confidence), labels)
        return ExaminedPicture(self.picture, self.fitted.image_size, labels, found, match, judged)

    def _on_picture(self, found: Detections) -> Detections:
        return Detections(self.fitted.to_image(found.xyxy), found.confidence, found.class_id)


def examine_pictures(
    pictures: Sequence[LabelledPicture],
    open_detector: OpenDetector,
    *,
    confidence: float,
    width: int | None = None,
) -> Iterator[ExaminedPicture]:
    """Examine each picture, those of one size together: the detector is opened once for each size.

    width: longer side to which pictures are scaled, pixels; None keeps them, up to `MAX_WIDTH_PX`. No picture shares
    an input with another, so that the figures do not depend on their order. Raises UnusablePictures, UnusableWeights.
    """
    by_size: dict[Size, list[LabelledPicture]] = defaultdict(list)
    for picture in pictures:
        image = picture.read_image()
        size = examined_size((image.shape[1], image.shape[0]), width)
        picture.read_labels(size)  # a wrong line ends the examination at its start
        by_size[_whole_strides(size[0]), _whole_strides(size[1])].append(picture)
    for size, members in by_size.items():
        with (
            closing(open_detector(confidence, size)) as working,
            closing(open_detector(CURVE_CONFIDENCE, size)) as curve,
        ):
            yield from _examine_with(members, working, curve, confidence, width)


def extended_below(working: Detections, curve: Detections, confidence: float) -> Detections:
    """Detections of production, and those of the whole curve below its confidence.

    At a confidence near 0, boxes that production never reports are merged with riders and two-wheelers, and enlarge
    them (docs/adr/0112-examination-of-a-network.md).
    """
    below = curve.confidence < confidence
    return Detections(
        np.concatenate([working.xyxy, curve.xyxy[below]]),
        np.concatenate([working.confidence, curve.confidence[below]]),
        np.concatenate([working.class_id, curve.class_id[below]]),
    )


def examined_size(image_size: Size, width: int | None) -> Size:
    """Size to which a picture is scaled, with its aspect. Other arguments as in `examine_pictures`."""
    longer = max(image_size)
    scale = (min(longer, MAX_WIDTH_PX) if width is None else width) / longer
    return max(1, round(image_size[0] * scale)), max(1, round(image_size[1] * scale))


def _examine_with(
    pictures: Sequence[LabelledPicture], working: Detector, curve: Detector, confidence: float, width: int | None
) -> Iterator[ExaminedPicture]:
    submitted: deque[_Submitted] = deque()
    for picture in pictures:
        fitted = _fitted(picture.read_image(), width)
        submitted.append(_Submitted(picture, fitted, working.submit(fitted.image), curve.submit(fitted.image)))
        if len(submitted) > working.in_flight:
            yield submitted.popleft().examined(confidence)
    while submitted:
        yield submitted.popleft().examined(confidence)


def _fitted(image: RgbImage, width: int | None) -> Letterboxed:
    """Picture at the examined size, padded to whole strides; the rest of a side shows grey."""
    before = image.shape[1], image.shape[0]
    size = examined_size(before, width)
    if size != before:
        interpolation = cv2.INTER_AREA if size < before else cv2.INTER_LINEAR
        image = np.asarray(cv2.resize(image, size, interpolation=interpolation), dtype=np.uint8)
    return pad_to_stride(image, STRIDE)


def _whole_strides(side: int) -> int:
    return -(-side // STRIDE) * STRIDE

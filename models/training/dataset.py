"""Labelled images, and batches of crops of them for training."""

import gzip
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from analytics.detections import Detections
from analytics.road_users import ROAD_USERS, RoadUser
from models.detection.detector import RgbImage
from models.detection.letterbox import PADDING_GREY

MIN_VISIBLE_SHARE = 0.3
"""Share of a road user that must be visible for a label, 0..1 [assumption].

Less visible or smaller road users are ignore regions: detections there are neither required nor false, in training and
in evaluation.
"""

MIN_WIDTH_PX, MIN_HEIGHT_PX = 5.0, 9.0
"""Smallest width and height of a labelled box, pixels [assumption]."""

CROP_SIZES = ((320, 320), (448, 256), (608, 192), (384, 288))
"""(width, height) of the crops, pixels, one for each batch in turn [assumption].

About 100,000 pixels each, in multiples of the stride.
"""

WIDTH_RANGE = (450.0, 1024.0)
"""Smallest and largest width, pixels, to which the image of a rescaled crop is scaled [assumption]."""

AIMED_SHARE = 0.75
"""Share of the crops that are placed around a road user; the others are placed anywhere [assumption]."""

AIM_RANGE = (0.1, 0.9)
"""Range of the aimed road user's place in a crop, as shares of its sides [assumption]."""

MIRRORED_SHARE = 0.5
"""Share of the crops that are mirrored [assumption]."""

GAIN_RANGE, COLOUR_RANGE, OFFSET_RANGE = (0.75, 1.3), (0.94, 1.06), (-14.0, 14.0)
"""Ranges of the random gain, gain of each channel, and offset in grey levels of a crop [assumption]."""

MIN_CROPPED_SHARE = 0.5
"""Share of a box that must lie inside a crop for a label there, exclusive [assumption]."""

MIN_KEPT_SCALE = 0.75
"""Scale of a kept image from which detections are kept; in smaller ones its labels count [measured: ADR 0121].

The start network finds more in the whole image than in a smaller one.
"""

MIN_FREQUENCY = 1e-3
"""Smallest frequency of a class among the images, before a division [assumption]."""


@dataclass(frozen=True, slots=True)
class Labels:
    """Boxes of one image.

    xyxy: (N, 4) float32 pixels. class_id: (N,) index into ROAD_USERS. is_labelled: (N,) bool; False for ignore regions.
    labelled_classes: (classes,) bool; of the other classes there may be road users without a box.
    """

    xyxy: NDArray[np.float32]
    class_id: NDArray[np.int64]
    is_labelled: NDArray[np.bool_]
    labelled_classes: NDArray[np.bool_] = field(default_factory=lambda: np.ones(len(ROAD_USERS), dtype=np.bool_))

    @property
    def truth(self) -> Detections:
        """All boxes as detections of confidence 1."""
        return Detections(self.xyxy, np.ones(len(self.xyxy), dtype=np.float32), self.class_id)


@dataclass(frozen=True, slots=True)
class LabelledImage:
    """Image with its labels.

    weight: how often it is sampled, relative to the others. is_day: taken by daylight. is_kept: the network shall go on
    to detect there what its start weights detect; the labels count only where the image is scaled down.
    """

    image: RgbImage
    labels: Labels
    weight: float = 1.0
    is_day: bool = True
    is_kept: bool = False


@dataclass(frozen=True, slots=True)
class Batch:
    """Crops of one size. images: (B, H, W, 3) uint8 RGB. labels: of each crop, in its pixels. is_kept: (B,) bool."""

    images: NDArray[np.uint8]
    labels: tuple[Labels, ...]
    is_kept: NDArray[np.bool_]


def read_labelled_frames(folder: Path) -> list[LabelledImage]:
    """Frames of all NAME.mp4 of a folder with the boxes of NAME.jsonl.gz (see `simulator.training.dataset`)."""
    read: list[LabelledImage] = []
    for labels in sorted(folder.glob("*.jsonl.gz")):
        with gzip.open(labels, "rt", encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        with av.open(str(labels.with_name(labels.name.removesuffix(".jsonl.gz") + ".mp4"))) as video:
            images = [np.asarray(frame.to_ndarray(format="rgb24"), np.uint8) for frame in video.decode(video=0)]
        read += [LabelledImage(i, labels_from_boxes(line["boxes"])) for i, line in zip(images, lines, strict=True)]
    return read


def labels_from_boxes(boxes: Sequence[Sequence[float | str]]) -> Labels:
    """Labels from `[x1, y1, x2, y2, visible share, class]` of each road user."""
    xyxy = np.array([box[:4] for box in boxes], dtype=np.float32).reshape(-1, 4)
    share = np.array([box[4] for box in boxes], dtype=np.float32)
    class_id = np.array([ROAD_USERS.index(RoadUser(str(box[5]))) for box in boxes], dtype=np.int64)
    return Labels(xyxy, class_id, (share >= MIN_VISIBLE_SHARE) & _large_enough(xyxy))


def _large_enough(xyxy: NDArray[np.float32]) -> NDArray[np.bool_]:
    width, height = (xyxy[:, 2:] - xyxy[:, :2]).T
    return np.asarray((width >= MIN_WIDTH_PX) & (height >= MIN_HEIGHT_PX))


Augmentation = Callable[[NDArray[np.uint8], Labels, bool, np.random.Generator], tuple[NDArray[np.uint8], Labels]]
"""Change of a crop and its labels: receives them, whether the image was taken by day, and a random generator."""


class CropSampler:
    """Endless sampler of batches, equal for equal seeds.

    rare_class_power: preference for rare classes. 0: none; 1: crops are aimed at each class of an image equally often,
    and images with a rare class are sampled more often. rescaled_share: share of the crops that change their scale,
    width_range: the widths, pixels, to which their images are scaled. augment: applied after the change of scale, but
    not where detections are kept.
    """

    def __init__(
        self,
        images: Sequence[LabelledImage],
        batch_size: int,
        seed: int,
        *,
        rare_class_power: float = 0.0,
        rescaled_share: float = 1.0,
        width_range: tuple[float, float] = WIDTH_RANGE,
        augment: Augmentation | None = None,
    ) -> None:
        self._images, self._batch_size, self._augment = images, batch_size, augment
        self._rescaled_share, self._width_range = rescaled_share, width_range
        self._rng = np.random.default_rng(seed)
        self._order: list[int] = []
        self._batches = 0
        counts = np.array(
            [np.bincount(i.labels.class_id[i.labels.is_labelled], minlength=len(ROAD_USERS)) for i in images]
        )
        self._class_weights = np.maximum(counts.sum(axis=0), 1.0) ** -rare_class_power
        rareness = np.maximum((counts > 0).mean(axis=0), MIN_FREQUENCY) ** (-rare_class_power / 2)
        rare = np.maximum(((counts > 0) * rareness).max(axis=1), 1.0)
        self._repeats = rare * np.array([image.weight for image in images])

    def next(self) -> Batch:
        """Next batch."""
        size = CROP_SIZES[self._batches % len(CROP_SIZES)]
        self._batches += 1
        sources = [self._images[self._draw()] for _ in range(self._batch_size)]
        images, labels, is_kept = zip(*(self._crop(source, size) for source in sources), strict=True)
        return Batch(np.stack(images), labels, np.array(is_kept, dtype=np.bool_))

    def _draw(self) -> int:
        """Index of the next image; each occurs about as often as its repeats before a new round begins."""
        while not self._order:
            times = np.floor(self._repeats + self._rng.random(len(self._images))).astype(int)
            self._order = self._rng.permutation(np.repeat(np.arange(len(self._images)), times)).tolist()
        return self._order.pop()

    def _crop(self, source: LabelledImage, size: tuple[int, int]) -> tuple[NDArray[np.uint8], Labels, bool]:
        """Random crop, its labels, and whether detections are kept there."""
        scale = 1.0
        if self._rng.random() < self._rescaled_share:
            scale = float(np.exp(self._rng.uniform(*np.log(self._width_range)))) / source.image.shape[1]
        is_kept = source.is_kept and scale >= MIN_KEPT_SCALE
        image, labels = crop_image(source, self._window(source, (size[0] / scale, size[1] / scale)), size)
        if self._rng.random() < MIRRORED_SHARE:
            image, labels = mirrored(image, labels)
        if self._augment is not None and not is_kept:
            image, labels = self._augment(image, labels, source.is_day, self._rng)
        return self._relit(image), labels, is_kept

    def _window(self, source: LabelledImage, window: tuple[float, float]) -> tuple[float, float, float, float]:
        """Random window x1, y1, x2, y2 inside the image, or around it where the window is larger."""
        height, width = source.image.shape[:2]
        room = np.array([width - window[0], height - window[1]])
        corner = self._rng.random(2) * room
        targets = np.flatnonzero(source.labels.is_labelled)
        if len(targets) and self._rng.random() < AIMED_SHARE:
            weight = self._class_weights[source.labels.class_id[targets]]
            x1, y1, x2, y2 = source.labels.xyxy[self._rng.choice(targets, p=weight / weight.sum())]
            middle = np.array([x1 + x2, y1 + y2]) / 2
            corner = middle - np.array(window) * self._rng.uniform(*AIM_RANGE, 2)
        x, y = np.clip(corner, np.minimum(room, 0), np.maximum(room, 0))
        return float(x), float(y), float(x + window[0]), float(y + window[1])

    def _relit(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Image with random brightness, contrast and colour balance."""
        gain = self._rng.uniform(*GAIN_RANGE) * self._rng.uniform(*COLOUR_RANGE, 3)
        return np.asarray(np.clip(image * gain + self._rng.uniform(*OFFSET_RANGE), 0, 255), dtype=np.uint8)


def crop_image(
    source: LabelledImage, window: tuple[float, float, float, float], size: tuple[int, int]
) -> tuple[NDArray[np.uint8], Labels]:
    """Window of an image scaled to `size` (width, height), grey outside the image.

    A road user stays labelled where more than half of its box lies inside, and that part is large enough.
    """
    x1, y1, x2, _ = window
    scale = size[0] / (x2 - x1)
    move = np.array([[scale, 0, -x1 * scale], [0, scale, -y1 * scale]])
    image = cv2.warpAffine(
        source.image, move, size, flags=cv2.INTER_LINEAR, borderValue=(PADDING_GREY, PADDING_GREY, PADDING_GREY)
    )
    moved = (source.labels.xyxy - np.array([x1, y1, x1, y1], np.float32)) * np.float32(scale)
    inside = np.clip(moved, 0, np.tile(size, 2).astype(np.float32))
    share = _area(inside) / np.maximum(_area(moved), 1e-6)
    kept = share > 0
    is_labelled = source.labels.is_labelled & (share > MIN_CROPPED_SHARE) & _large_enough(inside)
    labels = replace(
        source.labels,
        xyxy=inside[kept].astype(np.float32),
        class_id=source.labels.class_id[kept],
        is_labelled=is_labelled[kept],
    )
    return np.asarray(image, dtype=np.uint8), labels


def mirrored(image: NDArray[np.uint8], labels: Labels) -> tuple[NDArray[np.uint8], Labels]:
    """Image and labels, mirrored left to right."""
    x1, y1, x2, y2 = labels.xyxy.T
    width = np.float32(image.shape[1])
    boxes = np.stack([width - x2, y1, width - x1, y2], axis=1)
    return np.ascontiguousarray(image[:, ::-1]), replace(labels, xyxy=boxes)


def _area(xyxy: NDArray[np.float32]) -> NDArray[np.float32]:
    width, height = np.clip(xyxy[:, 2:] - xyxy[:, :2], 0, None).T
    return np.asarray(width * height)

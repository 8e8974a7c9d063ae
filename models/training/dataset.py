"""Pictures with exact boxes, and the batches of crops that a network learns from."""

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
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
"""Of a road user must show. Of one that is hidden more, or smaller than the next two, a network may say what it likes:
neither training nor examination asks for it, or holds it against the network."""

MIN_WIDTH_PX, MIN_HEIGHT_PX = 5.0, 9.0

CROP_SIZES = ((320, 320), (448, 256), (608, 192), (384, 288))
"""(width, height), one for each batch in turn: about 100,000 pixels each, and all of them multiples of the stride."""

LARGEST_SCALE, SMALLEST_SCALE = 1.6, 0.7

AIMED = 0.75
"""Share of the crops that are laid around some road user; others fall anywhere."""


@dataclass(frozen=True, slots=True)
class Labels:
    """xyxy: (N, 4) float32 pixels. class_id: (N,) index into ROAD_USERS. counts: (N,) bool, shows well enough."""

    xyxy: NDArray[np.float32]
    class_id: NDArray[np.int64]
    counts: NDArray[np.bool_]

    @property
    def truth(self) -> Detections:
        return Detections(self.xyxy, np.ones(len(self.xyxy), dtype=np.float32), self.class_id)


@dataclass(frozen=True, slots=True)
class LabelledImage:
    image: RgbImage
    labels: Labels


@dataclass(frozen=True, slots=True)
class Batch:
    """images: (B, H, W, 3) uint8 RGB. labels: of each crop, in its pixels."""

    images: NDArray[np.uint8]
    labels: tuple[Labels, ...]


def read_labelled_frames(folder: Path) -> list[LabelledImage]:
    """All of the folder's NAME.mp4 with the boxes of their NAME.jsonl.gz (see `simulator.training.dataset`)."""
    found: list[LabelledImage] = []
    for labels in sorted(folder.glob("*.jsonl.gz")):
        with gzip.open(labels, "rt", encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        with av.open(str(labels.with_name(labels.name.removesuffix(".jsonl.gz") + ".mp4"))) as video:
            images = [np.asarray(frame.to_ndarray(format="rgb24"), np.uint8) for frame in video.decode(video=0)]
        found += [LabelledImage(i, labels_of(line["boxes"])) for i, line in zip(images, lines, strict=True)]
    return found


def labels_of(boxes: Sequence[Sequence[float | str]]) -> Labels:
    """boxes: `[x1, y1, x2, y2, share that shows, class]` each."""
    xyxy = np.array([box[:4] for box in boxes], dtype=np.float32).reshape(-1, 4)
    share = np.array([box[4] for box in boxes], dtype=np.float32)
    class_id = np.array([ROAD_USERS.index(RoadUser(str(box[5]))) for box in boxes], dtype=np.int64)
    return Labels(xyxy, class_id, (share >= MIN_VISIBLE_SHARE) & _large_enough(xyxy))


def _large_enough(xyxy: NDArray[np.float32]) -> NDArray[np.bool_]:
    width, height = (xyxy[:, 2:] - xyxy[:, :2]).T
    return np.asarray((width >= MIN_WIDTH_PX) & (height >= MIN_HEIGHT_PX))


class CropSampler:
    """An endless supply of batches, the same ones for the same seed.

    rarity: how much rare classes are preferred. 0: not at all; 1: crops are aimed at each class of a picture as often
    as at any other, and pictures that show a rare one come again sooner.
    scaled: share of the crops that are made larger or smaller than the camera saw them.
    """

    def __init__(
        self,
        pictures: Sequence[LabelledImage],
        batch_size: int,
        seed: int,
        *,
        rarity: float = 0.0,
        scaled: float = 1.0,
    ) -> None:
        self._pictures, self._batch_size, self._scaled = pictures, batch_size, scaled
        self._dice = np.random.default_rng(seed)
        self._order: list[int] = []
        self._batches = 0
        shown = np.array([np.bincount(p.labels.class_id[p.labels.counts], minlength=len(ROAD_USERS)) for p in pictures])
        self._wanted = np.maximum(shown.sum(axis=0), 1.0) ** -rarity
        rareness = np.maximum((shown > 0).mean(axis=0), 1e-3) ** (-rarity / 2)
        self._repeats = np.maximum(((shown > 0) * rareness).max(axis=1), 1.0)

    def next(self) -> Batch:
        size = CROP_SIZES[self._batches % len(CROP_SIZES)]
        self._batches += 1
        crops = [self._crop(self._pictures[self._draw()], size) for _ in range(self._batch_size)]
        return Batch(np.stack([image for image, _ in crops]), tuple(labels for _, labels in crops))

    def _draw(self) -> int:
        """Each picture comes about as often as it is to be repeated before a new round begins."""
        if not self._order:
            times = np.floor(self._repeats + self._dice.random(len(self._pictures))).astype(int)
            self._order = self._dice.permutation(np.repeat(np.arange(len(self._pictures)), times)).tolist()
        return self._order.pop()

    def _crop(self, picture: LabelledImage, size: tuple[int, int]) -> tuple[NDArray[np.uint8], Labels]:
        scale = 1.0
        if self._dice.random() < self._scaled:
            scale = float(np.exp(self._dice.uniform(np.log(SMALLEST_SCALE), np.log(LARGEST_SCALE))))
        image, labels = cut(picture, self._window(picture, (size[0] / scale, size[1] / scale)), size)
        if self._dice.random() < 0.5:
            image, labels = mirrored(image, labels)
        return self._relit(image), labels

    def _window(self, picture: LabelledImage, window: tuple[float, float]) -> tuple[float, float, float, float]:
        """x1, y1, x2, y2 inside the picture, or around it where the window is larger."""
        height, width = picture.image.shape[:2]
        room = np.array([width - window[0], height - window[1]])
        corner = self._dice.random(2) * room
        able = np.flatnonzero(picture.labels.counts)
        if len(able) and self._dice.random() < AIMED:
            weight = self._wanted[picture.labels.class_id[able]]
            x1, y1, x2, y2 = picture.labels.xyxy[self._dice.choice(able, p=weight / weight.sum())]
            middle = np.array([x1 + x2, y1 + y2]) / 2
            corner = middle - np.array(window) * self._dice.uniform(0.1, 0.9, 2)
        x, y = np.clip(corner, np.minimum(room, 0), np.maximum(room, 0))
        return float(x), float(y), float(x + window[0]), float(y + window[1])

    def _relit(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Another brightness, contrast, and colour balance."""
        gain = self._dice.uniform(0.75, 1.3) * self._dice.uniform(0.94, 1.06, 3)
        return np.asarray(np.clip(image * gain + self._dice.uniform(-14, 14), 0, 255), dtype=np.uint8)


def cut(
    picture: LabelledImage, window: tuple[float, float, float, float], size: tuple[int, int]
) -> tuple[NDArray[np.uint8], Labels]:
    """The window scaled to `size` (width, height), grey where it reaches beyond the picture.

    A road user counts where it did, more than half of its box lies inside, and what does is large enough.
    """
    x1, y1, x2, _ = window
    scale = size[0] / (x2 - x1)
    move = np.array([[scale, 0, -x1 * scale], [0, scale, -y1 * scale]])
    image = cv2.warpAffine(
        picture.image, move, size, flags=cv2.INTER_LINEAR, borderValue=(PADDING_GREY, PADDING_GREY, PADDING_GREY)
    )
    moved = (picture.labels.xyxy - np.array([x1, y1, x1, y1], np.float32)) * np.float32(scale)
    inside = np.clip(moved, 0, np.tile(size, 2).astype(np.float32))
    share = _area(inside) / np.maximum(_area(moved), 1e-6)
    kept = share > 0
    counts = picture.labels.counts & (share > 0.5) & _large_enough(inside)
    labels = Labels(inside[kept].astype(np.float32), picture.labels.class_id[kept], counts[kept])
    return np.asarray(image, dtype=np.uint8), labels


def mirrored(image: NDArray[np.uint8], labels: Labels) -> tuple[NDArray[np.uint8], Labels]:
    x1, y1, x2, y2 = labels.xyxy.T
    width = np.float32(image.shape[1])
    boxes = np.stack([width - x2, y1, width - x1, y2], axis=1)
    return np.ascontiguousarray(image[:, ::-1]), Labels(boxes, labels.class_id, labels.counts)


def _area(xyxy: NDArray[np.float32]) -> NDArray[np.float32]:
    width, height = np.clip(xyxy[:, 2:] - xyxy[:, :2], 0, None).T
    return np.asarray(width * height)

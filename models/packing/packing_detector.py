"""Many cameras' crops in one canvas: the detector of a city on a CPU.

What must be looked at of each camera is a crop of some size. A network takes its time by the pixel, whatever they
show; but one that is compiled for a size takes half the time of one that is given another size with every picture,
and each size that it is compiled for costs 45 MB. So there are a few canvases of fixed sizes. Whenever the network has
a request free, what waits is laid out on the smallest canvas that holds it, in shelves, oldest first; the boxes found
on it go to the crop that holds their centres. A crop is left for the next canvas where a larger one would cost more
than two. The more crops there are to choose from, the fuller canvases are: with much to do enough of them wait anyway,
and with less to do they may be told to have some patience, where somebody else may come along.

A batch was tried instead: it takes 6 % less than a canvas, but only of crops of one size, which crops seldom have.
"""

import math
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Condition
from typing import Protocol

import numpy as np

from analytics.detections import Detections
from models.detection.detector import RgbImage
from models.detection.letterbox import GREY
from models.detection.rider_merge import merge_riders
from models.detection.yolo_postprocess import without_duplicates

Size = tuple[int, int]
"""(width, height) in pixels."""

CANVASES: tuple[Size, ...] = ((192, 224), (416, 224), (640, 224), (512, 288), (640, 320), (640, 352), (960, 544))
"""A whole sub-stream of 640x360, half of 1080 lines, and what suits gated looks at ten clips.

They take 13 % more than if each look had a canvas of its own size; 640x96, 640x192 and 640x384 took 36 % more.
"""

FULL_PIXELS = 640 * 352
"""So much is worth collecting for one canvas."""

CANVASES_WAITING = 2
"""For each that is worked on: so much more may be under way. With half of one, as many cameras as two cores could hold
were kept waiting while those were idle: 150 instead of 185 looks a second."""

CALL_PIXELS = 12_000
"""What calling the network costs besides its pixels, in pixels."""

LOOKED_THROUGH = 16
"""So many of the oldest that wait may come onto the next canvas."""


class Network(Protocol):
    """What packing needs of an inference runtime. sizes: pictures that it takes with less trouble than others."""

    name: str
    requests: int
    sizes: tuple[Size, ...]

    def candidates(self, image: RgbImage) -> Detections:
        """Boxes with duplicates, in the picture's pixels. Called by up to `requests` threads at once."""
        ...


@dataclass(frozen=True, slots=True)
class Layout:
    """Crops on a canvas. members: which of the waiting ones. corners: the left and top of each, in that order."""

    canvas: Size
    members: tuple[int, ...]
    corners: tuple[tuple[int, int], ...]


def lay_out(sizes: Sequence[Size], canvases: Sequence[Size]) -> Layout | None:
    """The first of these crops, and those of the others with which one canvas costs less than another for them.

    canvases: smallest first. Returns None where the first fits no canvas.
    """
    members, best = [0], _smallest(sizes[:1], canvases)
    if best is None:
        return None
    for other in range(1, len(sizes)):
        alone = _smallest([sizes[other]], canvases)
        both = _smallest([sizes[member] for member in (*members, other)], canvases) if alone else None
        if alone and both and _cost(both[0]) <= _cost(best[0]) + _cost(alone[0]):
            members.append(other)
            best = both
    return Layout(best[0], tuple(members), best[1])


def arranged(sizes: Sequence[Size]) -> tuple[tuple[tuple[int, int], ...], Size]:
    """Where to put the parts of one picture, left and top of each, and its size: few pixels, and fit for a canvas."""
    if len(sizes) == 1:
        return ((0, 0),), sizes[0]
    everything = sum(height for _, height in sizes)
    widest = max(width for width, _ in sizes)
    widths = {widest, *(canvas[0] for canvas in CANVASES if canvas[0] > widest)}
    tried = [corners for width in sorted(widths) if (corners := _on_shelves(sizes, (width, everything))) is not None]
    extents = [_extent(corners, sizes) for corners in tried]
    best = min(range(len(tried)), key=lambda n: _price(extents[n]))
    return tried[best], extents[best]


def _price(size: Size) -> tuple[float, int]:
    """By the canvas that holds it, if there is one, and then by the pixels that are left on it."""
    canvas = _smallest([size], CANVASES)
    return (math.inf if canvas is None else _cost(canvas[0])), size[0] * size[1]


def _extent(corners: Sequence[tuple[int, int]], sizes: Sequence[Size]) -> Size:
    placed = list(zip(corners, sizes, strict=True))
    return max(left + width for (left, _), (width, _) in placed), max(top + height for (_, top), (_, height) in placed)


def _cost(canvas: Size) -> int:
    return canvas[0] * canvas[1] + CALL_PIXELS


def _smallest(sizes: Sequence[Size], canvases: Sequence[Size]) -> tuple[Size, tuple[tuple[int, int], ...]] | None:
    pixels = sum(width * height for width, height in sizes)
    for canvas in canvases:
        corners = _on_shelves(sizes, canvas) if canvas[0] * canvas[1] >= pixels else None
        if corners is not None:
            return canvas, corners
    return None


def _on_shelves(sizes: Sequence[Size], canvas: Size) -> tuple[tuple[int, int], ...] | None:
    """Tallest first, each on the uppermost shelf with room; None where they do not all fit."""
    corners = [(0, 0)] * len(sizes)
    shelves: list[tuple[int, int]] = []
    bottom = 0
    for crop in sorted(range(len(sizes)), key=lambda crop: -sizes[crop][1]):
        width, height = sizes[crop]
        shelf = next((n for n, (_, used) in enumerate(shelves) if used + width <= canvas[0]), None)
        if shelf is None:
            if width > canvas[0] or bottom + height > canvas[1]:
                return None
            shelf = len(shelves)
            shelves.append((bottom, 0))
            bottom += height
        top, used = shelves[shelf]
        corners[crop] = used, top
        shelves[shelf] = top, used + width
    return tuple(corners)


@dataclass(slots=True, eq=False)
class _Crop:
    """One picture on its way. found: what was detected, or what went wrong; None for as long as nobody knows."""

    image: RgbImage
    came: float = field(default_factory=time.monotonic)
    result: Future[Detections] = field(default_factory=Future)
    found: Detections | Exception | None = None

    @property
    def size(self) -> Size:
        return self.image.shape[1], self.image.shape[0]


class PackingDetector:
    """See `models.detection.detector.Detector`. Crops that fit no canvas go to the network by themselves.

    patience_s: so long a crop waits for others to fill a canvas with, for the sake of throughput. Of no use to who
    submits the next crop only when he has the answer to the last.
    """

    def __init__(self, network: Network, *, patience_s: float = 0.0) -> None:
        self.name = network.name
        self._network = network
        self._patience_s = patience_s
        self._canvases_under_way = (1 + CANVASES_WAITING) * network.requests
        self._canvases = sorted(network.sizes, key=_cost)
        self._waiting: deque[_Crop] = deque()
        self._unanswered: deque[_Crop] = deque()
        self._changed = Condition()
        self._threads = ThreadPoolExecutor(network.requests, thread_name_prefix="detect")
        self._usual_pixels = float(FULL_PIXELS)

    @property
    def in_flight(self) -> int:
        """As many as fill the canvases that may be under way: the smaller they are, the more."""
        return max(self._canvases_under_way, round(self._canvases_under_way * FULL_PIXELS / self._usual_pixels))

    def submit(self, image: RgbImage) -> Future[Detections]:
        """Raises RuntimeError after `close`."""
        crop = _Crop(image)
        crop.result.set_running_or_notify_cancel()
        with self._changed:
            self._changed.wait_for(self._has_room)
            # Each crop is good for one turn; those whose crop went with an earlier one find nothing to do.
            self._threads.submit(self._take_turn)
            self._waiting.append(crop)
            self._unanswered.append(crop)
            self._usual_pixels += 0.05 * (_cost(crop.size) - self._usual_pixels)
            if self._has_enough():
                self._changed.notify_all()
        return crop.result

    def close(self) -> None:
        with self._changed:
            self._patience_s = 0.0
            self._changed.notify_all()
        self._threads.shutdown(wait=True)

    def _has_room(self) -> bool:
        return self._waiting_pixels() < self._canvases_under_way * FULL_PIXELS

    def _waiting_pixels(self) -> int:
        return sum(_cost(crop.size) for crop in self._waiting)

    def _has_enough(self) -> bool:
        return self._waiting_pixels() >= CANVASES_WAITING * FULL_PIXELS

    def _wait_for_company(self) -> None:
        """Until there is enough to choose from, or the oldest crop has waited for long enough."""
        while self._waiting and not self._has_enough():
            left_s = self._waiting[0].came + self._patience_s - time.monotonic()
            if left_s <= 0:
                return
            self._changed.wait(left_s)

    def _take_turn(self) -> None:
        with self._changed:
            self._wait_for_company()
            if not self._waiting:
                return
            crops, layout = self._take()
            self._changed.notify_all()
        try:
            found: Sequence[Detections | Exception] = self._detect(crops, layout)
        except Exception as error:  # handed to whoever waits for the results
            found = [error] * len(crops)
        self._answer(crops, found)

    def _take(self) -> tuple[list[_Crop], Layout | None]:
        looked_through = [self._waiting[n] for n in range(min(LOOKED_THROUGH, len(self._waiting)))]
        layout = lay_out([crop.size for crop in looked_through], self._canvases)
        taken = [looked_through[member] for member in (layout.members if layout else (0,))]
        for crop in taken:
            self._waiting.remove(crop)
        return taken, layout

    def _detect(self, crops: Sequence[_Crop], layout: Layout | None) -> list[Detections]:
        if layout is None or crops[0].size == layout.canvas:
            found = [self._network.candidates(crops[0].image)]
        else:
            canvas = np.full((layout.canvas[1], layout.canvas[0], 3), GREY, np.uint8)
            for crop, (left, top) in zip(crops, layout.corners, strict=True):
                canvas[top : top + crop.size[1], left : left + crop.size[0]] = crop.image
            on_canvas = self._network.candidates(canvas)
            found = [cut_out(on_canvas, *place, crop.size) for crop, place in zip(crops, layout.corners, strict=True)]
        return [merge_riders(without_duplicates(boxes)) for boxes in found]

    def _answer(self, crops: Sequence[_Crop], found: Sequence[Detections | Exception]) -> None:
        """Give what was found for these, and for those after them that have waited for it, in the order they came."""
        with self._changed:
            for crop, boxes in zip(crops, found, strict=True):
                crop.found = boxes
            while self._unanswered and (answer := self._unanswered[0].found) is not None:
                result = self._unanswered.popleft().result
                if isinstance(answer, Exception):
                    result.set_exception(answer)
                else:
                    result.set_result(answer)


def cut_out(found: Detections, left: int, top: int, size: Size) -> Detections:
    """Those with their centres in a crop of the canvas, in the crop's pixels and clipped to it."""
    width, height = size
    boxes = found.xyxy - np.array([left, top, left, top], np.float32)
    u, v = boxes[:, 0] + boxes[:, 2], boxes[:, 1] + boxes[:, 3]
    own = np.flatnonzero((u >= 0) & (u < 2 * width) & (v >= 0) & (v < 2 * height))
    clipped = np.clip(boxes[own], 0, np.array([width, height, width, height], np.float32))
    return Detections(clipped, found.confidence[own], found.class_id[own])

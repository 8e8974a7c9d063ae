"""Detector that packs the crops of many cameras onto shared network inputs: the detector of a city on a CPU.

A network compiled for one input size takes half the time of one with a dynamic size, so there are a few canvases of
fixed sizes. Whenever an inference request is idle, the oldest crop and others that are queued are laid out on the
canvas that costs the least for each pixel of a crop (`models.packing.shelf_layout`). The parts of one image are crops
of their own, often on several canvases. Each box goes to the crop that holds its centre. Measurements and the
alternatives tried: docs/adr/0031-crop-packing.md, docs/adr/0166-memory-of-networks.md.
"""

import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Condition, RLock, Thread
from typing import Protocol

import numpy as np

from analytics.detections import Detections
from models.detection.detector import ImageParts, RgbImage
from models.detection.letterbox import PADDING_GREY
from models.detection.rider_merge import merge_riders
from models.detection.yolo_postprocess import nms
from models.packing.crop_collage import crop_detections
from models.packing.shelf_layout import Layout, Size, canvas_cost, plan_canvas

FULL_PIXELS = 640 * 352
"""Pixels of a full canvas, the unit of the limits below: a 640 x 360 sub-stream cut to whole strides [assumption]."""

QUEUED_CANVASES = 2
"""Full canvases queued per inference request [measured: docs/adr/0031-crop-packing.md].

With 0.5, cameras waited while two cores were idle: 150 instead of 185 frames a second.
"""

MAX_PLANNED_CROPS = 16
"""Oldest queued crops that are considered for the next canvas; bounds the time of the layout [assumption]."""

IMAGE_COST_MEMORY = 0.05
"""Weight of the latest image in the moving average of their cost, which sets `in_flight` [assumption]."""


class Network(Protocol):
    """Inference runtime below the packing.

    confidence: least confidence of a detection, 0..1. sizes: input sizes that it runs fastest, (width, height) in
    pixels. rare_sizes: the same, but the first image of such a size takes as long as its network takes to compile.
    """

    name: str
    confidence: float
    requests: int
    sizes: tuple[Size, ...]
    rare_sizes: tuple[Size, ...]

    def candidates(self, image: RgbImage) -> Detections:
        """Boxes before non-maximum suppression, in pixels of the image; two-wheelers also below `confidence`.

        Called by up to `requests` threads at once.
        """
        ...


@dataclass(slots=True, eq=False)
class _Picture:
    """A submitted image. pending: its crops that are not detected yet. result: detections or the exception, at last."""

    image: RgbImage
    pending: int
    future: Future[Detections] = field(default_factory=Future)
    found: list[Detections] = field(default_factory=list)
    failure: Exception | None = None
    result: Detections | Exception | None = None


@dataclass(slots=True, eq=False)
class _Crop:
    """Part of a submitted image, (left, top, right, bottom) in its pixels."""

    picture: _Picture
    part: tuple[int, int, int, int]
    submitted_at: float

    @property
    def size(self) -> Size:
        left, top, right, bottom = self.part
        return right - left, bottom - top

    @property
    def image(self) -> RgbImage:
        left, top, right, bottom = self.part
        return self.picture.image[top:bottom, left:right]


class PackingDetector:
    """See `models.detection.detector.Detector`. Crops that fit no canvas go to the network alone.

    max_batch_delay_s: time that a crop may wait for others to share its canvas, for throughput. It only helps callers
    that submit the next crop before the last result arrives.
    """

    def __init__(self, network: Network, *, max_batch_delay_s: float = 0.0) -> None:
        self.name = network.name
        self._network = network
        self._max_batch_delay_s = max_batch_delay_s
        self._max_canvases = (1 + QUEUED_CANVASES) * network.requests
        self._canvases = sorted(network.sizes, key=canvas_cost)
        self._queue: deque[_Crop] = deque()
        self._queued_cost = 0
        self._unresolved: deque[_Picture] = deque()
        self._mean_image_cost = float(FULL_PIXELS)
        self._closed = False
        lock = RLock()
        self._crop_queued, self._space_freed = Condition(lock), Condition(lock)
        self._threads = [Thread(target=self._run, name=f"detect-{n}", daemon=True) for n in range(network.requests)]
        for thread in self._threads:
            thread.start()

    @property
    def in_flight(self) -> int:
        """Number of images that fill the canvases in progress; the smaller the images, the more."""
        return max(self._max_canvases, round(self._max_canvases * FULL_PIXELS / self._mean_image_cost))

    def submit(self, image: RgbImage, parts: ImageParts = ()) -> Future[Detections]:
        """Queue the parts of one image; blocks while the queue is full. Raises RuntimeError after `close`."""
        # Without canvases each part would be an inference: a network with one input size takes the whole image.
        parts = (parts if self._canvases else ()) or ((0, 0, image.shape[1], image.shape[0]),)
        picture, now = _Picture(image, len(parts)), time.monotonic()
        picture.future.set_running_or_notify_cancel()
        crops = [_Crop(picture, part, now) for part in parts]
        cost = sum(canvas_cost(crop.size) for crop in crops)
        with self._crop_queued:
            self._space_freed.wait_for(lambda: self._closed or self._queued_cost < self._max_canvases * FULL_PIXELS)
            if self._closed:
                raise RuntimeError("this detector is closed")
            was_empty = not self._queue
            self._queue.extend(crops)
            self._unresolved.append(picture)
            self._queued_cost += cost
            self._mean_image_cost += IMAGE_COST_MEMORY * (cost - self._mean_image_cost)
            if was_empty or self._is_due():
                self._crop_queued.notify()
        return picture.future

    def close(self) -> None:
        """Finish the queued crops without further delay and stop the threads. Idempotent."""
        with self._crop_queued:
            self._closed = True
            self._crop_queued.notify_all()
            self._space_freed.notify_all()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        """Body of one inference thread; ends when the detector is closed and its queue is empty."""
        while (canvas := self._next_canvas()) is not None:
            crops, layout = canvas
            try:
                results: Sequence[Detections | Exception] = self._detect(crops, layout)
            except Exception as error:  # goes to the callers, in their futures
                results = [error] * len(crops)
            self._store(crops, results)

    def _next_canvas(self) -> tuple[list[_Crop], Layout | None] | None:
        """Crops of the next canvas, removed from the queue; blocks until they are due. None after `close`."""
        with self._crop_queued:
            while not (self._queue and self._is_due()):
                if self._closed:
                    return None
                self._crop_queued.wait(self._remaining_delay_s() if self._queue else None)
            planned = [self._queue[n] for n in range(min(MAX_PLANNED_CROPS, len(self._queue)))]
            layout = self._plan([crop.size for crop in planned])
            crops = [planned[member] for member in (layout.members if layout else (0,))]
            for crop in crops:
                self._queue.remove(crop)
                self._queued_cost -= canvas_cost(crop.size)
            self._space_freed.notify_all()
            if self._queue:
                self._crop_queued.notify()
            return crops, layout

    def _plan(self, sizes: Sequence[Size]) -> Layout | None:
        """Layout of the next canvas; None where the first crop fits none. Opens a rare canvas only for such a crop."""
        layout = plan_canvas(sizes, self._canvases)
        if layout is None:
            width, height = sizes[0]
            fitting = [size for size in self._network.rare_sizes if size[0] >= width and size[1] >= height]
            if fitting:
                self._canvases = sorted([*self._canvases, min(fitting, key=canvas_cost)], key=canvas_cost)
                layout = plan_canvas(sizes, self._canvases)
        return layout

    def _is_due(self) -> bool:
        """Whether the queue holds enough crops to choose from, or its oldest crop has waited long enough."""
        enough = self._queued_cost >= QUEUED_CANVASES * FULL_PIXELS
        return self._closed or enough or self._remaining_delay_s() <= 0

    def _remaining_delay_s(self) -> float:
        return self._queue[0].submitted_at + self._max_batch_delay_s - time.monotonic()

    def _detect(self, crops: Sequence[_Crop], layout: Layout | None) -> list[Detections]:
        """Boxes of each crop before non-maximum suppression, in pixels of its image."""
        if layout is None or crops[0].size == layout.canvas:
            return [_moved(self._network.candidates(crops[0].image), *crops[0].part[:2])]
        canvas = np.full((layout.canvas[1], layout.canvas[0], 3), PADDING_GREY, np.uint8)
        for crop, (left, top) in zip(crops, layout.offsets, strict=True):
            canvas[top : top + crop.size[1], left : left + crop.size[0]] = crop.image
        on_canvas = self._network.candidates(canvas)
        return [
            _moved(crop_detections(on_canvas, *offset, crop.size), *crop.part[:2])
            for crop, offset in zip(crops, layout.offsets, strict=True)
        ]

    def _store(self, crops: Sequence[_Crop], results: Sequence[Detections | Exception]) -> None:
        """Store the results and resolve the futures of all images that are next in the order of submission."""
        complete = []
        with self._crop_queued:
            for crop, result in zip(crops, results, strict=True):
                picture = crop.picture
                picture.pending -= 1
                if isinstance(result, Exception):
                    picture.failure = result
                else:
                    picture.found.append(result)
                if not picture.pending:
                    complete.append(picture)
        finished = [self._outcome(picture) for picture in complete]
        with self._crop_queued:
            for picture, outcome in zip(complete, finished, strict=True):
                picture.result = outcome
            while self._unresolved and (ready := self._unresolved[0].result) is not None:
                future = self._unresolved.popleft().future
                if isinstance(ready, Exception):
                    future.set_exception(ready)
                else:
                    future.set_result(ready)

    def _outcome(self, picture: _Picture) -> Detections | Exception:
        """Return the boxes of a complete image, or the error of one of its parts."""
        try:
            return picture.failure or self._without_repeats(picture.found)
        except Exception as error:  # goes to the caller, in its future
            return error

    def _without_repeats(self, found: Sequence[Detections]) -> Detections:
        boxes = Detections(
            np.concatenate([part.xyxy for part in found]),
            np.concatenate([part.confidence for part in found]),
            np.concatenate([part.class_id for part in found]),
        )
        return merge_riders(nms(boxes), self._network.confidence)


def _moved(found: Detections, left: int, top: int) -> Detections:
    return Detections(found.xyxy + np.array([left, top, left, top], np.float32), found.confidence, found.class_id)

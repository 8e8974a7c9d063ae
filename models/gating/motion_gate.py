"""Selection of the image regions in which the detector must run; the other detections are carried over.

Detection time grows with the pixels, and most pixels show an empty road or road users that are tracked already.
Per frame:

1. Blocks of 8 pixels are compared with their last known content. A block has moved where it differs by more than the
   camera's noise and a slight shake of the camera explain.
2. Boxes that should have moved, or whose blocks have, are tracked by template (`models.gating.template_tracking`).
   Motion in the blocks around a tracked box is explained by that box.
3. Blocks with motion that no tracked box explains become regions for the detector, with a margin. No region cuts a box.
4. Stationary boxes on unchanged blocks keep their place without detection.
5. The whole window is detected every seventh frame, and every 4 s, so that no error lasts longer.

Regions become larger where the network misses in them what it finds in the whole window (`models.gating.crop_size`).

Meant for low frame rates: at 25 frames a second a vehicle at constant speed moves by less than a pixel of its reduced
patch, and its box fell 0.13 s behind. Measurements and the alternatives tried: docs/adr/0032-motion-gate.md.
"""

from collections import deque
from collections.abc import Sequence
from functools import reduce
from math import isnan
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from analytics.detections import Detections, Tracks
from models.gating.block_motion import BLOCK_PX, BlockMask, BlockMotion, Thumbnail, block_span
from models.gating.crop_size import CropSize, TrackedBox
from models.gating.roi import RegionOfInterest
from models.gating.template_tracking import Box, Grey, track_template
from models.packing.crop_collage import Rectangle

FULL_DETECTION_FRAMES = 7
"""Most frames from one detection in the whole window to the next; a tracked box drifts with each frame [assumption].

At 5 frames a second it is 1.4 s. With 1 s a quarter more pixels are detected; with 2 s crossings are lost
[measured: docs/adr/0032-motion-gate.md].
"""

FULL_DETECTION_INTERVAL_S = 4.0
"""Longest time without detection in the whole window, seconds, at low frame rates [measured: as `SCALES` of
pipelines.analysis.picture_limits].

It bounds the life of a box whose road user left unnoticed. With 1.5 s, a sixth more pixels are detected at 2 frames a
second, and hardly more crossings are found.
"""

MAX_GAP_S = 1.5
"""Longest time between two frames, seconds, after which boxes are still carried over or tracked [assumption]."""

VELOCITY_BASE_S = 0.6
"""Seconds over which the velocity of a box is measured, at least two frames [assumption].

Over one frame, the motion of a far cyclist is below what a small patch resolves: its box kept its place until the next
full detection, and the tracker lost it there (docs/adr/0107-repeated-boxes.md).
"""

STATIONARY_PX = 1.5
"""Motion in `VELOCITY_BASE_S`, pixels, below which a box stands [measured: docs/adr/0107-repeated-boxes.md].

Other boxes are tracked or detected even where no block moved: a far motorcycle covers no whole block. When such boxes
were carried over, speeds in simulated zones were a quarter too low.
"""

MIN_STEP_SHARE = 0.5
"""Share of its expected motion below which a tracked box goes to the detector again [assumption].

A road user brakes by less between two frames. One that seems to stop at once has passed behind something: the box kept
its place there for up to 1.5 s, and the vehicle was taken for a standing one (docs/adr/0107-repeated-boxes.md).
"""

EXPLAINED_MARGIN_PX = 10
"""Margin around a tracked box, pixels, in which motion is explained: its shadow and what it uncovers [assumption]."""

REGION_MARGIN_PX = 16
"""Margin around unexplained blocks, pixels: a road user is larger than its moving parts [assumption]."""

FULL_DETECTION_SHARE = 0.7
"""Share of selected pixels from which the whole window is detected, which then is not due for a while [assumption]."""


class MotionGate:
    """Motion gate of one camera; not thread-safe.

    Call `select_regions`, `merge_detections` and `update_tracks` in this order for each frame. All pixels are those of
    the ROI's window, except for the boxes that `merge_detections` returns.
    """

    def __init__(self, roi: RegionOfInterest, crop_size: CropSize | None = None) -> None:
        """crop_size: as adapted before, for another window; None for the smallest crops."""
        self._roi = roi
        self._size = roi.window[2:]
        self._crop_size = crop_size or CropSize()
        self._crop_size.restart(self._size)
        self._regions: tuple[Rectangle, ...] = ()
        self._motion = BlockMotion()
        self._grey: Grey | None = None
        self._t = self._full_detection_at = 0.0
        self._frames_since_full = 0
        self._detections = Detections.empty()
        self._velocities = np.empty((0, 2), np.float32)
        self._track_places: dict[int, deque[tuple[float, list[float]]]] = {}

    def select_regions(self, t: float, grey: Grey, thumbnail: Thumbnail) -> tuple[Rectangle, ...]:
        """Regions of the window that need detection at `t` seconds.

        grey: brightness of the window, (H, W). thumbnail: its `models.gating.block_motion.block_means`.
        """
        before, passed_s = self._grey, t - self._t
        self._grey, self._t = grey, t
        moving = self._motion.moving_blocks(thumbnail)
        self._frames_since_full += 1
        full_is_due = not 0 <= t - self._full_detection_at < FULL_DETECTION_INTERVAL_S
        full_is_due |= self._frames_since_full >= FULL_DETECTION_FRAMES or not 0 < passed_s < MAX_GAP_S
        if before is None or moving is None or full_is_due:
            return self._select_everything(thumbnail)
        unexplained = self._track_boxes(before, grey, passed_s, moving, thumbnail)
        regions = self._regions_around(unexplained)
        if sum(map(_area, regions)) >= FULL_DETECTION_SHARE * self._size[0] * self._size[1]:
            return self._select_everything(thumbnail)
        for left, top, right, bottom in regions:
            blocks = np.s_[top // BLOCK_PX : bottom // BLOCK_PX, left // BLOCK_PX : right // BLOCK_PX]
            self._motion.mark_known(blocks, thumbnail)
        self._regions = tuple(regions)
        return self._regions

    def merge_detections(self, regions: Sequence[Rectangle], detected: Sequence[Detections]) -> Detections:
        """All detections of the frame, in frame pixels: new ones in the regions, carried-over ones elsewhere.

        detected: for each region, in its pixels.
        """
        if regions:
            parts = [_outside(self._detections, regions)]
            for region, new in zip(regions, detected, strict=True):
                moved = new.xyxy + np.array(region[:2] * 2, np.float32)
                parts.append(Detections(moved, new.confidence, new.class_id))
            self._detections = Detections.joined(parts)
        self._velocities = np.full((len(self._detections), 2), np.nan, np.float32)
        return self._roi.to_frame(self._detections)

    def update_tracks(self, t: float, tracks: Tracks) -> None:
        """Derive the velocity of each detection from its track, and adapt the size of regions.

        tracks: result of the tracker on what `merge_detections` returned for the frame at `t` seconds.
        """
        centres = _centres(self._detections)
        places_now = centres.tolist()
        rows, passed_s, previous = [], [], []
        boxes, confidences = self._detections.xyxy.tolist(), self._detections.confidence.tolist()
        tracked: dict[int, TrackedBox] = {}
        for track_id, row in zip(tracks.track_id.tolist(), tracks.detection_index.tolist(), strict=True):
            if row < 0:
                continue
            tracked[track_id] = confidences[row], boxes[row]
            places = self._track_places.setdefault(track_id, deque())
            while len(places) > 1 and t - places[1][0] >= VELOCITY_BASE_S:
                places.popleft()
            if places:
                rows.append(row)
                passed_s.append(t - places[0][0])
                previous.append(places[0][1])
            places.append((t, places_now[row]))
        self._crop_size.observe(t, self._regions, tracked)
        if rows:
            steps = centres[rows] - np.array(previous, np.float32)
            self._velocities[rows] = steps / np.array(passed_s, np.float32)[:, None]
        recent = FULL_DETECTION_INTERVAL_S
        self._track_places = {track: at for track, at in self._track_places.items() if t - at[-1][0] < recent}

    def _select_everything(self, thumbnail: Thumbnail) -> tuple[Rectangle, ...]:
        self._full_detection_at, self._frames_since_full = self._t, 0
        self._motion.mark_known(np.s_[:, :], thumbnail)
        self._regions = ((0, 0, *self._size),)
        return self._regions

    def _track_boxes(
        self, before: Grey, now: Grey, passed_s: float, moving: BlockMask, thumbnail: Thumbnail
    ) -> BlockMask:
        """Move every box that can be tracked; return the blocks whose motion no box explains."""
        boxes, explained, unexplained = self._detections.xyxy.copy(), np.zeros_like(moving), np.zeros_like(moving)
        expected_boxes = boxes + self._velocities[:, [0, 1, 0, 1]] * np.float32(passed_s)
        rows = zip(boxes.tolist(), expected_boxes.tolist(), self._velocities.tolist(), strict=True)
        for row, (last, moved, (right, down)) in enumerate(rows):
            box, expected = cast(Box, tuple(last)), cast(Box, tuple(moved))
            is_stationary = max(abs(right), abs(down)) * VELOCITY_BASE_S < STATIONARY_PX
            found = None
            if isnan(expected[0]):  # it has no velocity yet
                expected = box
            elif is_stationary and not np.count_nonzero(moving[block_span(box)]):
                continue
            else:
                found = track_template(box, expected, before, now)
            if found is not None and _stops_at_once(box, expected, found):
                found = None
            marked = unexplained if found is None else explained
            for place in (box, expected if found is None else found):
                marked[block_span(place, EXPLAINED_MARGIN_PX)] = True
            if found is not None:
                boxes[row] = found
        self._detections = Detections(boxes, self._detections.confidence, self._detections.class_id)
        unexplained |= moving & ~explained
        self._motion.mark_known(explained & ~unexplained, thumbnail)
        return unexplained

    def _regions_around(self, unexplained: BlockMask) -> list[Rectangle]:
        """Rectangles of whole blocks around these blocks, which cut no box."""
        if not np.count_nonzero(unexplained):
            return []
        if self._crop_size.least_side_px is None:
            return [(0, 0, *self._size)]
        reach = 2 * (REGION_MARGIN_PX // BLOCK_PX) + 1
        grown = cv2.dilate(unexplained.astype(np.uint8), np.ones((reach, reach), np.uint8))
        _, _, stats, _ = cv2.connectedComponentsWithStats(grown)
        components = [
            (u * BLOCK_PX, v * BLOCK_PX, (u + w) * BLOCK_PX, (v + h) * BLOCK_PX) for u, v, w, h, _ in stats[1:].tolist()
        ]
        regions = [self._in_blocks(region) for region in components]
        xyxy = self._detections.xyxy
        corners = np.concatenate([np.floor(xyxy[:, :2]), np.ceil(xyxy[:, 2:])], axis=1)
        boxes = [cast(Rectangle, tuple(box)) for box in corners.astype(int).tolist()]
        while (grown_regions := _merged([self._around_whole_boxes(region, boxes) for region in regions])) != regions:
            regions = grown_regions
        return regions

    def _around_whole_boxes(self, region: Rectangle, boxes: Sequence[Rectangle]) -> Rectangle:
        left, top, right, bottom = region
        touched = [box for box in boxes if box[0] < right and left < box[2] and box[1] < bottom and top < box[3]]
        return self._in_blocks(reduce(_union, touched, region)) if touched else region

    def _in_blocks(self, region: Rectangle) -> Rectangle:
        shortest = self._crop_size.least_side_px or 0
        left, right = _block_span(region[0], region[2], self._size[0], shortest)
        top, bottom = _block_span(region[1], region[3], self._size[1], shortest)
        return left, top, right, bottom


def _centres(detections: Detections) -> NDArray[np.float32]:
    return np.asarray((detections.xyxy[:, :2] + detections.xyxy[:, 2:]) / 2, np.float32)


def _stops_at_once(box: Box, expected: Box, found: Box) -> bool:
    """Whether a box that should have moved did not: it shows what now hides its road user, not the road user."""
    should = _largest_step(box, expected)
    return should >= STATIONARY_PX and _largest_step(box, found) < MIN_STEP_SHARE * should


def _outside(detections: Detections, regions: Sequence[Rectangle]) -> Detections:
    """The detections whose centres lie in none of the regions."""
    rows = [
        row
        for row, (u, v) in enumerate(_centres(detections).tolist())
        if not any(left <= u < right and top <= v < bottom for left, top, right, bottom in regions)
    ]
    return detections if len(rows) == len(detections) else detections.rows(rows)


def _largest_step(a: Box, b: Box) -> float:
    return max(abs(b[0] - a[0]), abs(b[1] - a[1]), abs(b[2] - a[2]), abs(b[3] - a[3]))


def _block_span(low: float, high: float, limit: int, shortest: int) -> tuple[int, int]:
    """Shortest span of whole blocks within 0..limit that covers low..high and has at least that length."""
    start, end = max(0, int(low // BLOCK_PX) * BLOCK_PX), min(limit, int(-(-high // BLOCK_PX)) * BLOCK_PX)
    shortest = min(shortest, limit)
    while end - start < shortest:
        end = min(limit, end + BLOCK_PX)
        if end - start < shortest:
            start = max(0, start - BLOCK_PX)
    return start, end


def _merged(regions: Sequence[Rectangle]) -> list[Rectangle]:
    """Regions after those were joined that overlap, or that cost no more as one."""
    merged: list[Rectangle] = []
    for region in regions:
        joined = region
        while (other := next((o for o in merged if _belongs_to(o, joined)), None)) is not None:
            merged.remove(other)
            joined = _union(other, joined)
        merged.append(joined)
    return merged


def _belongs_to(a: Rectangle, b: Rectangle) -> bool:
    """Whether two regions overlap, or cost no more as one."""
    if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]:
        return True
    return _area(_union(a, b)) <= _area(a) + _area(b)


def _union(a: Rectangle, b: Rectangle) -> Rectangle:
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])


def _area(region: Rectangle) -> int:
    return (region[2] - region[0]) * (region[3] - region[1])

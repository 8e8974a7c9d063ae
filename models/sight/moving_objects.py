"""Moving objects with and without a track: evidence of road users that the detector does not see.

Blocks that changed since the previous sample, on the road and outside every tracked box, form blobs. A blob that
travels in one direction is a road user, or the light of its lamps. Rain, flicker and branches do not travel.
Measurements and rejected alternatives: docs/adr/0109-what-the-detector-misses.md.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from analytics.detections import Tracks
from models.gating.block_motion import BLOCK_PX, BlockMask, BlockMotion, Thumbnail
from models.gating.roi import RegionOfInterest

Points = NDArray[np.float64]
"""(N, 2) or (2,) places in blocks of the window, u and v."""

MAX_GAP_S = 1.0
"""Time between two samples, seconds, after which no blob is followed further [assumption]."""

BOX_MARGIN = 0.3
"""Margin around a tracked box in which motion is that of its road user, as a share of the longer side.

It covers the shadow, the light of the lamps on the road, and the place of the previous sample.
[measured: docs/adr/0109-what-the-detector-misses.md]
"""

MAX_BLOBS = 40
"""Blobs of one sample that are followed, largest first; bounds the cost in rain [assumption]."""

FIRST_SPEED_BLOCKS_S = 40.0
"""Highest speed of a new blob, blocks per second: half the width of a window in a second [assumption]."""

REACH_BLOCKS = 2.0
"""Distance of a blob from its expected place, blocks, beside half its size [assumption]."""

TRAVEL_SAMPLES = 4
"""Samples in which a blob must appear before it counts as travelling [measured: as `BOX_MARGIN`]."""

TRAVEL_BLOCKS = 2.0
"""Least distance that a travelling blob has moved, blocks [assumption]."""

TRAVEL_SIZES = 0.5
"""The same in sizes of the blob; the larger of both holds [assumption]."""

STRAIGHTNESS = 0.6
"""Least distance from the first place over the length of the path; chance makes crooked paths [assumption]."""

COMPANION_SIDES = 1.0
"""Distance from the middle of a box within which a blob may be its shadow or light, in its longer side [assumption]."""

COMPANION_SPEED = 0.35
"""Difference of the two displacements, as a share of the box's, up to which they move together [assumption]."""

COMPANION_BLOCKS = 0.5
"""The same in blocks, added to it for the coarse place of a blob [assumption]."""


@dataclass(frozen=True, slots=True)
class _Path:
    """Path of one blob. place, origin: (2,) blocks. speed: (2,) blocks per second. size, length: blocks."""

    place: Points
    origin: Points
    speed: Points
    size: float
    length: float = 0.0
    samples: int = 1

    def reach(self, sizes: Points, passed_s: float) -> Points:
        """Distance (N,) from the expected place within which blobs of these sizes (N,) continue the path."""
        unknown = FIRST_SPEED_BLOCKS_S * passed_s if self.samples == 1 else 0.0
        return np.asarray(REACH_BLOCKS + sizes / 2 + unknown)

    def continued(self, place: Points, size: float, passed_s: float) -> "_Path":
        """The path with one more place."""
        step = place - self.place
        length = self.length + float(np.hypot(*step))
        return _Path(place, self.origin, step / passed_s, size, length, self.samples + 1)

    def accompanies(self, box: Points, moved: Points, passed_s: float) -> bool:
        """Whether the blob is the shadow or the light of a tracked box (4,), which moved (4,) in the last sample."""
        centre, step = (box[:2] + box[2:]) / 2, (moved[:2] + moved[2:]) / 2
        near = COMPANION_SIDES * float(max(box[2] - box[0], box[3] - box[1])) + self.size / 2
        alike = COMPANION_SPEED * float(np.hypot(*step)) + COMPANION_BLOCKS
        apart, difference = np.hypot(*(self.place - centre)), np.hypot(*(self.speed * passed_s - step))
        return bool(apart <= near and difference <= alike)

    @property
    def travels(self) -> bool:
        """Whether the blob has travelled."""
        net = float(np.hypot(*(self.place - self.origin)))
        is_far = net >= max(TRAVEL_BLOCKS, TRAVEL_SIZES * self.size)
        return self.samples >= TRAVEL_SAMPLES and is_far and net >= STRAIGHTNESS * self.length


class MovingObjects:
    """Count of moving objects in one window, sample by sample. Not thread-safe.

    road: (rows, columns) of the window's blocks on which motion counts.
    """

    def __init__(self, roi: RegionOfInterest, road: BlockMask) -> None:
        self._roi = roi
        self._road = road
        self._motion = BlockMotion()
        self._boxes: dict[int, Points] = {}
        self._paths: list[_Path] = []

    def count(self, passed_s: float, thumbnail: Thumbnail, tracks: Tracks) -> tuple[int, int]:
        """Number of moving objects with a track, and without one.

        passed_s: since the previous sample, seconds. thumbnail: of the window. tracks: of the frame, in its pixels.
        """
        moving = self._motion.moving_blocks(thumbnail)
        self._motion.mark_known(np.s_[:, :], thumbnail)
        before, self._boxes = self._boxes, self._in_blocks(tracks)
        boxes = list(self._boxes.values())
        if moving is None or not 0 < passed_s <= MAX_GAP_S:
            self._paths = []
            return 0, 0
        moving &= self._road
        tracked = sum(bool(moving[_inside(box)].any()) for box in boxes)
        for box in [*before.values(), *boxes]:
            margin = 1 + BOX_MARGIN * max(box[2] - box[0], box[3] - box[1])
            moving[_inside(box + np.array([-margin, -margin, margin, margin]))] = False
        self._follow(_blobs(moving), passed_s)
        moved = [(now, now - before[track]) for track, now in self._boxes.items() if track in before]
        travelling = [
            path
            for path in self._paths
            if path.travels and not any(path.accompanies(*each, passed_s) for each in moved)
        ]
        return tracked, sum(path.samples if path.samples == TRAVEL_SAMPLES else 1 for path in travelling)

    def _in_blocks(self, tracks: Tracks) -> dict[int, Points]:
        """Box (4,) of each track in blocks of the window."""
        per_u, per_v = (
            scaled / whole for whole, scaled in zip(self._roi.frame_size, self._roi.scaled_size, strict=True)
        )
        left, top = self._roi.window[:2]
        boxes = (tracks.xyxy * np.array([per_u, per_v] * 2) - np.array([left, top] * 2)) / BLOCK_PX
        return dict(zip(tracks.track_id.tolist(), boxes, strict=True))

    def _follow(self, blobs: list[tuple[Points, float]], passed_s: float) -> None:
        """Continue each path to the nearest blob, longest paths first; a blob without a path starts one."""
        places = np.array([place for place, _ in blobs]).reshape(-1, 2)
        sizes = np.array([size for _, size in blobs])
        free = np.ones(len(blobs), dtype=bool)
        continued = []
        for path in sorted(self._paths, key=lambda each: -each.samples):
            apart = np.hypot(*(places - path.place - path.speed * passed_s).T)
            apart[~free | (apart > path.reach(sizes, passed_s))] = np.inf
            if np.isfinite(apart.min(initial=np.inf)):
                k = int(apart.argmin())
                free[k] = False
                continued.append(path.continued(places[k], float(sizes[k]), passed_s))
        self._paths = continued + [_Path(places[k], places[k], np.zeros(2), sizes[k]) for k in np.flatnonzero(free)]


def _blobs(moving: BlockMask) -> list[tuple[Points, float]]:
    """Centre (2,) and longer side of each group of touching blocks, largest first, at most `MAX_BLOBS`; in blocks."""
    touching = cv2.dilate(moving.astype(np.uint8), np.ones((3, 3), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(touching)
    rows, columns = np.nonzero(moving)
    of = labels[rows, columns]
    areas = np.bincount(of, minlength=len(stats))
    centres = [np.bincount(of, weights=axis, minlength=len(stats)) / np.maximum(areas, 1) for axis in (columns, rows)]
    largest = sorted(range(1, len(stats)), key=lambda label: -areas[label])[:MAX_BLOBS]
    return [(np.array([axis[label] for axis in centres]), float(stats[label, 2:4].max())) for label in largest]


def _inside(box: NDArray[np.float64]) -> tuple[slice, slice]:
    """Rows and columns of the blocks that a box, (4,), touches."""
    left, top = np.floor(np.maximum(box[:2], 0)).astype(int)
    right, bottom = np.ceil(np.maximum(box[2:], 0)).astype(int)
    return slice(top, bottom), slice(left, right)

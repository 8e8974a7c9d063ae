"""Moving objects with and without a track: evidence of road users that the detector does not see.

Blocks that changed since the previous sample, on the road and outside every tracked box, form blobs. A blob that
travels in one direction is a road user, or the light of its lamps. Rain, flicker and branches do not travel.
Measurements and rejected alternatives: docs/adr/0109-what-the-detector-misses.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot, inf

import cv2
import numpy as np
from numpy.typing import NDArray

from analytics.detections import Tracks
from models.gating.block_motion import BLOCK_PX, BlockMask, BlockMotion, Thumbnail, block_span
from models.gating.roi import RegionOfInterest

Boxes = NDArray[np.float32]
"""(N, 4) left, top, right, bottom in pixels of the window."""

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
"""Highest speed of a new blob, blocks per second: half the width of a window in one [assumption]."""

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
class _Blob:
    """Group of touching blocks. u, v: centre, blocks. size: longer side with a block around it, blocks."""

    u: float
    v: float
    size: float


@dataclass(slots=True)
class _Path:
    """Path of one blob. speed_u, speed_v: blocks per second. length: of the path so far, blocks.

    reported: number of its samples that were reported as those of a travelling object.
    """

    blob: _Blob
    origin: _Blob
    speed_u: float = 0.0
    speed_v: float = 0.0
    length: float = 0.0
    samples: int = 1
    reported: int = 0

    def distance(self, blob: _Blob, passed_s: float) -> float:
        """Distance of a blob from the expected place; infinite out of reach."""
        apart = hypot(
            blob.u - self.blob.u - self.speed_u * passed_s,
            blob.v - self.blob.v - self.speed_v * passed_s,
        )
        unknown = FIRST_SPEED_BLOCKS_S * passed_s if self.samples == 1 else 0.0
        return apart if apart <= REACH_BLOCKS + blob.size / 2 + unknown else inf

    def continued(self, blob: _Blob, passed_s: float) -> "_Path":
        """The path with one more place."""
        u, v = blob.u - self.blob.u, blob.v - self.blob.v
        length = self.length + hypot(u, v)
        return _Path(blob, self.origin, u / passed_s, v / passed_s, length, self.samples + 1, self.reported)

    def report(self) -> int:
        """Number of samples of the travelling object that were not reported before."""
        new, self.reported = self.samples - self.reported, self.samples
        return new

    @property
    def travels(self) -> bool:
        """Whether the blob has travelled."""
        net = hypot(self.blob.u - self.origin.u, self.blob.v - self.origin.v)
        is_far = net >= max(TRAVEL_BLOCKS, TRAVEL_SIZES * self.blob.size)
        return self.samples >= TRAVEL_SAMPLES and is_far and net >= STRAIGHTNESS * self.length

    def accompanies(self, box: "_MovedBox", passed_s: float) -> bool:
        """Whether the blob is the shadow or the light of a tracked road user."""
        apart = hypot(self.blob.u - box.u, self.blob.v - box.v)
        difference = hypot(self.speed_u * passed_s - box.step_u, self.speed_v * passed_s - box.step_v)
        alike = COMPANION_SPEED * hypot(box.step_u, box.step_v) + COMPANION_BLOCKS
        return apart <= COMPANION_SIDES * box.size + self.blob.size / 2 and difference <= alike


@dataclass(frozen=True, slots=True)
class _MovedBox:
    """Tracked box in two samples, in blocks. u, v: its middle. size: longer side. step_u, step_v: its displacement."""

    u: float
    v: float
    size: float
    step_u: float
    step_v: float


class MovingObjects:
    """Count of moving objects in one window, sample by sample. Not thread-safe.

    road: (rows, columns) of the window's blocks on which motion counts.
    """

    def __init__(self, roi: RegionOfInterest, road: BlockMask) -> None:
        self._roi = roi
        self._road = road
        self._motion = BlockMotion()
        self._tracks = Tracks.empty()
        self._boxes = np.empty((0, 4), np.float32)
        self._paths: list[_Path] = []

    def count(self, passed_s: float, thumbnail: Thumbnail, tracks: Tracks) -> tuple[int, int]:
        """Number of moving objects with a track, and without one.

        passed_s: since the previous sample, seconds. thumbnail: of the window. tracks: of the frame, in its pixels.
        """
        moving = self._motion.moving_blocks(thumbnail)
        self._motion.mark_known(np.s_[:, :], thumbnail)
        previous, self._tracks = self._tracks, tracks
        before, self._boxes = self._boxes, self._roi.to_window(tracks.xyxy)
        now = self._boxes
        if moving is None or not 0 < passed_s <= MAX_GAP_S:
            self._paths = []
            return 0, 0
        moving &= self._road
        tracked = 0
        if np.count_nonzero(moving):
            tracked = sum(bool(np.count_nonzero(moving[block_span(box)])) for box in now.tolist())
            for box in _with_margin(np.concatenate([before, now])).tolist():
                moving[block_span(box)] = False
        self._follow(_blobs(moving), passed_s)
        travelling = [path for path in self._paths if path.travels]
        moved = _moved(previous, before, tracks, now) if travelling else ()
        untracked = 0
        for path in travelling:
            new = path.report()
            untracked += 0 if any(path.accompanies(box, passed_s) for box in moved) else new
        return tracked, untracked

    def _follow(self, blobs: Sequence[_Blob], passed_s: float) -> None:
        """Continue each path to the nearest blob, longest paths first; a blob without a path starts one."""
        free = list(blobs)
        continued = []
        for path in sorted(self._paths, key=lambda each: -each.samples):
            nearest = min(free, key=lambda blob: path.distance(blob, passed_s), default=None)
            if nearest is not None and path.distance(nearest, passed_s) < inf:
                free.remove(nearest)
                continued.append(path.continued(nearest, passed_s))
        self._paths = continued + [_Path(blob, blob) for blob in free]


def _blobs(moving: BlockMask) -> list[_Blob]:
    """Groups of touching blocks, largest first, at most `MAX_BLOBS`."""
    if not np.count_nonzero(moving):
        return []
    touching = cv2.dilate(moving.astype(np.uint8), np.ones((3, 3), np.uint8))
    count, _, stats, centres = cv2.connectedComponentsWithStats(touching)
    largest = sorted(range(1, count), key=lambda label: -int(stats[label, 4]))[:MAX_BLOBS]
    sizes = stats[:, 2:4].max(axis=1).tolist()
    return [_Blob(float(centres[label, 0]), float(centres[label, 1]), float(sizes[label])) for label in largest]


def _with_margin(boxes: Boxes) -> Boxes:
    """The boxes with the margin in which motion is explained."""
    margin = BLOCK_PX + BOX_MARGIN * (boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0.0)
    return np.asarray(boxes + margin[:, None] * np.array([-1, -1, 1, 1], np.float32), np.float32)


def _moved(previous: Tracks, before: Boxes, tracks: Tracks, now: Boxes) -> list[_MovedBox]:
    """The boxes of tracks that are in both samples."""
    first, second = np.nonzero(previous.track_id[:, None] == tracks.track_id)
    sides = (now[second, 2:] - now[second, :2]).max(axis=1, initial=0.0)
    middle, step = (now[second, :2] + now[second, 2:]) / 2, (now[second] - before[first])
    values = np.column_stack([middle, sides, (step[:, :2] + step[:, 2:]) / 2]) / BLOCK_PX
    return [_MovedBox(*row) for row in values.tolist()]

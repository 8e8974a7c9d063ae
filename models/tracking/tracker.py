"""Multi-object tracking of road users: assigns each detection of a frame to a track.

Tracks are predicted by Kalman filters, on the road plane in metres where the camera is calibrated. Detections are
assigned by the likelihood of position, size and class, all at once. Tracks that turned or braked harder than predicted
are matched by overlap afterwards. Occluded tracks are predicted for a few seconds, stationary ones for longer.
Comparison with BoT-SORT, OC-SORT and ByteTrack, and what was rejected: docs/adr/0030-tracker.md.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from analytics.camera import Camera
from analytics.detections import Detections, Tracks
from models.detection.fragments import whole_vehicles
from models.tracking.association import (
    CLASS_GROUPS,
    assign,
    class_cost,
    gate_costs,
    motion_cost,
    pairwise_iou,
    part_and_whole,
    size_cost,
    touches,
    unassigned,
)
from models.tracking.kalman import KalmanFilters
from models.tracking.measurement_space import Array, GroundPlane, ImagePlane, Indices, MeasurementSpace
from models.tracking.track_table import Measurements, TrackTable

POSITION_SIGMA = np.array([0.03, 0.04])
"""Standard deviation of a ground point: u in box widths, v in box heights [assumption]."""

POSITION_SIGMA_PX = 0.5
"""Standard deviation of a ground point that does not depend on the box, pixels [assumption]."""

ACCELERATION_MS2 = 3.5
"""Standard deviation of the acceleration of a visible road user, m/s2 [assumption]."""

OCCLUDED_ACCELERATION_MS2 = 2.5
"""The same while it is occluded, m/s2 [assumption]."""

STATIONARY_ACCELERATION_MS2 = 0.1
"""The same while it is occluded and stationary, m/s2 [assumption]."""

STATIONARY_BELOW_MS = 1.0
"""Speed, m/s, below which a track counts as stationary [assumption]."""

OVERLAP_MATCH_WITHIN_S = 1.0
"""Time since the last detection, seconds, within which a track can be matched by overlap [assumption]."""

VELOCITY_INFLATION_MS = 3.0
"""Standard deviation, m/s, added to the velocity of a track that was matched by overlap [assumption]."""

LOOMING_DECAY_S = 0.5
"""Time constant, seconds, with which the growth rate of an occluded track's box decays [assumption]."""

LOOMING_STEP_LIMITS = (-0.5, 0.4)
"""Smallest and largest share of the distance to the camera covered between two frames [assumption]."""

LOST_AFTER_S = 3.0
"""Time without a detection, seconds, after which a moving track is dropped [assumption]."""

LOST_STATIONARY_AFTER_S = 20.0
"""The same for a stationary track, seconds [assumption]."""

MIN_HITS = 3
"""Detections that confirm a track [assumption]."""

TENTATIVE_FOR_S = 0.7
"""Time without a detection, seconds, after which an unconfirmed track is dropped as a false detection [assumption]."""

TENTATIVE_FOR_STEPS = 1.5
"""The same in steps from one frame to the next: at a low rate, the next frame comes later than that [assumption]."""

BIRTH_CONFIDENCE = 0.4
"""Detector confidence, 0..1, from which a detection starts a track [measured: bench/robustness/low_light.py]."""

DUPLICATE_IOU = 0.4
"""Intersection over union with an assigned box from which a detection shows the same road user [assumption]."""

INITIAL_SPEED_SIGMA_MS = 12.0
"""Standard deviation of the speed of a new track, m/s [assumption]."""


class Tracker(Protocol):
    """Tracker of one camera. Not thread-safe; one for each camera."""

    def update(self, t: float, detections: Detections) -> Tracks:
        """Tracks detected in the frame at `t` seconds, from its detections."""
        ...


def make_tracker(camera: Camera) -> Tracker:
    """Tracker for the camera, in road metres where it is calibrated."""
    return RoadTracker(ImagePlane() if camera.homography is None else GroundPlane(camera.homography))


class RoadTracker:
    """Tracker in one measurement space. Memory is bounded: tracks without detections are dropped."""

    def __init__(self, space: MeasurementSpace) -> None:
        self._space = space
        self._t: float | None = None
        self._next_id = 1
        self._table = TrackTable()
        self._filters = KalmanFilters()

    def __len__(self) -> int:
        return len(self._table)

    def update(self, t: float, detections: Detections) -> Tracks:
        self._predict(t)
        measured = self._measure(detections)
        tracks, boxes = self._match(measured)
        if len(tracks):
            self._correct(tracks, t, measured.rows(boxes))
        new = self._new_tracks(measured, boxes)
        if len(new):
            self._start_tracks(t, measured.rows(new))
            tracks = np.concatenate([tracks, np.arange(len(self) - len(new), len(self))])
            boxes = np.concatenate([boxes, new])
        index = measured.index[boxes]
        return Tracks(
            xyxy=detections.xyxy[index],
            confidence=detections.confidence[index],
            class_id=detections.class_id[index],
            track_id=self._table.ids[tracks],
            detection_index=index,
        )

    def _measure(self, detections: Detections) -> Measurements:
        """Positions and their noise of the detections of whole vehicles, at places where positions can be measured."""
        index = np.arange(len(detections))
        rows = detections.measured_rows
        if len(rows) < len(detections):
            index, detections = index[rows], detections.rows(rows)
        kept = whole_vehicles(detections)
        boxes = detections.xyxy.astype(np.float64)
        pixels = _ground_points(boxes)
        jacobians = self._space.jacobians(pixels)
        kept &= self._space.is_usable(pixels, jacobians)
        if not kept.all():
            index, detections = index[kept], detections.rows(kept)
            boxes, pixels, jacobians = boxes[kept], pixels[kept], jacobians[kept]
        sizes = np.maximum(boxes[:, 2:] - boxes[:, :2], 1.0)
        scaled = jacobians * (POSITION_SIGMA * sizes + POSITION_SIGMA_PX)[:, None, :]
        return Measurements(
            index=index,
            boxes=boxes,
            sizes=sizes,
            positions=self._space.positions(pixels),
            noises=scaled @ scaled.transpose(0, 2, 1),
            class_id=detections.class_id,
            confidence=detections.confidence.astype(np.float64),
        )

    def _predict(self, t: float) -> None:
        """Drop lost tracks and predict the others at `t` seconds."""
        before = t if self._t is None else self._t
        self._t = t
        if not len(self):
            return
        units_per_metre = self._space.units_per_metre(self._table.sizes[:, 1])
        stationary = (
            np.hypot(self._filters.mean[:, 2], self._filters.mean[:, 3]) < STATIONARY_BELOW_MS * units_per_metre
        )
        occluded = self._table.last_seen < before
        acceleration = np.where(occluded, OCCLUDED_ACCELERATION_MS2, ACCELERATION_MS2)
        acceleration = np.where(occluded & stationary, STATIONARY_ACCELERATION_MS2, acceleration)
        size_ratios = self._looming_size_ratios(max(0.0, t - before), occluded)
        self._filters.predict(max(0.0, t - before), acceleration * units_per_metre, size_ratios)
        self._table.sizes *= size_ratios[:, None]
        lost_after_s = np.where(stationary, LOST_STATIONARY_AFTER_S, LOST_AFTER_S)
        tentative_for_s = min(max(TENTATIVE_FOR_S, TENTATIVE_FOR_STEPS * (t - before)), LOST_AFTER_S)
        lost_after_s[self._table.hits < MIN_HITS] = tentative_for_s
        kept = np.abs(t - self._table.last_seen) <= lost_after_s
        if not kept.all():
            self._filters.keep(kept)
            self._table.keep(kept)

    def _looming_size_ratios(self, dt: float, occluded: NDArray[np.bool_]) -> Array:
        """Growth (T,) of the apparent sizes in `dt` seconds at a constant speed of approach."""
        if not self._space.looming_gain:
            return np.ones(len(self))
        self._table.looming_rates[occluded] *= np.exp(-dt / LOOMING_DECAY_S)
        smallest, largest = LOOMING_STEP_LIMITS
        return np.asarray(1 / (1 - np.minimum(np.maximum(self._table.looming_rates * dt, smallest), largest)))

    def _match(self, measured: Measurements) -> tuple[Indices, Indices]:
        """Rows of tracks and of their detections, by cost and then by overlap."""
        if not len(self) or not len(measured):
            return _NONE, _NONE
        tracks, boxes = assign(self._costs(measured))
        if len(tracks) == len(self) or len(boxes) == len(measured):
            return tracks, boxes
        free_tracks, free_boxes = unassigned(len(self), tracks), unassigned(len(measured), boxes)
        turned, found = self._match_by_overlap(measured, free_tracks, free_boxes)
        if not len(turned):
            return tracks, boxes
        units_per_metre = self._space.units_per_metre(self._table.sizes[turned, 1])
        self._filters.inflate_velocity(turned, VELOCITY_INFLATION_MS * units_per_metre)
        return np.concatenate([tracks, turned]), np.concatenate([boxes, found])

    def _costs(self, measured: Measurements) -> Array:
        """Assignment costs (T, D), infinite where a detection cannot belong to a track."""
        expected = self._filters.mean[:, :2]
        size_ratios = self._space.size_ratio(self._table.positions, expected)
        cost = motion_cost(
            measured.positions - expected[:, None],
            self._filters.innovation_covariance(measured.noises),
            self._space.units_per_metre(self._table.sizes[:, 1]),
        )
        cost += size_cost(self._table.sizes * size_ratios[:, None], measured.sizes)
        cost += class_cost(self._table.votes, measured.class_id)
        return gate_costs(cost)

    def _match_by_overlap(
        self, measured: Measurements, free_tracks: NDArray[np.bool_], free_boxes: NDArray[np.bool_]
    ) -> tuple[Indices, Indices]:
        """Pairs among the rest whose boxes overlap the last or the predicted box of the track, or are a part of it."""
        assert self._t is not None
        rows = (free_tracks & (self._t - self._table.last_seen <= OVERLAP_MATCH_WITHIN_S)).nonzero()[0]
        columns = free_boxes.nonzero()[0]
        last, boxes = self._table.boxes[rows], measured.boxes[columns]
        predicted = last + (self._space.to_pixels(self._filters.mean[rows, :2]) - _ground_points(last))[:, [0, 1, 0, 1]]
        near = touches(last, boxes) | touches(predicted, boxes)
        if not near.any():
            return _NONE, _NONE
        rows, last, predicted = rows[near], last[near], predicted[near]
        iou = np.maximum(pairwise_iou(last, boxes), pairwise_iou(predicted, boxes))
        classes, class_id = self._table.votes[rows].argmax(axis=1), measured.class_id[columns]
        fits = (iou >= self._space.min_iou) & (CLASS_GROUPS[classes][:, None] == CLASS_GROUPS[class_id])
        fits |= part_and_whole(predicted, boxes, classes, class_id)
        a, b = assign(np.where(fits, 1 - iou, np.inf))
        return rows[a], columns[b]

    def _correct(self, tracks: Indices, t: float, measured: Measurements) -> None:
        """Correct filters and rows of the matched tracks. measured: their detections."""
        self._filters.correct(tracks, measured.positions, measured.noises)
        positions = self._filters.mean[tracks, :2]
        size_ratios = self._space.size_ratio(self._table.positions[tracks], positions)
        looming_gain = self._space.looming_gain
        self._table.update(tracks, t, measured, positions, size_ratios=size_ratios, looming_gain=looming_gain)

    def _new_tracks(self, measured: Measurements, assigned: Indices) -> Indices:
        """Detections that start tracks: of those that show one road user, the most confident."""
        if len(assigned) == len(measured):
            return _NONE
        free = unassigned(len(measured), assigned)
        candidates = (free & (measured.confidence >= BIRTH_CONFIDENCE)).nonzero()[0]
        if not len(candidates):
            return _NONE
        candidates = candidates[np.argsort(-measured.confidence[candidates])]
        boxes, class_id = measured.boxes[candidates], measured.class_id[candidates]
        same = pairwise_iou(boxes, measured.boxes) > DUPLICATE_IOU
        same &= CLASS_GROUPS[class_id][:, None] == CLASS_GROUPS[measured.class_id]
        same |= part_and_whole(boxes, measured.boxes, class_id, measured.class_id)
        covered, new = ~free, []
        for k, shows_same in zip(candidates.tolist(), same, strict=True):
            if not (shows_same & covered).any():
                new.append(k)
                covered[k] = True
        return np.array(new, dtype=np.int64)

    def _start_tracks(self, t: float, measured: Measurements) -> None:
        """Add a track for each of these detections."""
        units_per_metre = self._space.units_per_metre(measured.sizes[:, 1])
        self._filters.add(measured.positions, measured.noises, units_per_metre * INITIAL_SPEED_SIGMA_MS)
        self._table.start(t, measured, self._next_id)
        self._next_id += len(measured)


_NONE: Indices = np.zeros(0, dtype=np.int64)
"""No rows."""


def _ground_points(boxes: Array) -> Array:
    """(N, 2) bottom centre of each box (N, 4), in pixels."""
    points = boxes[:, 2:].copy()
    points[:, 0] = (boxes[:, 0] + boxes[:, 2]) / 2
    return points

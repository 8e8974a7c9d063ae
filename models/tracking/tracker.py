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
    unassigned,
)
from models.tracking.kalman import KalmanFilters
from models.tracking.measurement_space import Array, GroundPlane, ImagePlane, Indices, MeasurementSpace
from models.tracking.track_table import TrackTable, table_from_detections

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
        usable = np.flatnonzero(detections.is_measured)
        measured_boxes = _rows(detections, usable)
        usable = usable[self._space.is_usable(_ground_points(measured_boxes)) & whole_vehicles(measured_boxes)]
        detections = _rows(detections, usable)
        pixels = _ground_points(detections)
        measured = table_from_detections(
            t,
            detections.xyxy.astype(np.float64),
            self._space.positions(pixels),
            detections.class_id,
            detections.confidence.astype(np.float64),
        )
        noises = self._measurement_noises(pixels, measured.sizes)
        tracks, boxes = self._match(measured, noises, detections.class_id)
        self._filters.correct(tracks, measured.positions[boxes], noises[boxes])
        self._update_table(tracks, t, measured, boxes)
        new = self._new_tracks(detections, measured, boxes)
        self._start_tracks(measured, noises, new)
        started = np.arange(len(self._table) - len(new), len(self._table))
        rows, columns = np.concatenate([tracks, started]), np.concatenate([boxes, new])
        return Tracks(
            xyxy=detections.xyxy[columns],
            confidence=detections.confidence[columns],
            class_id=detections.class_id[columns],
            track_id=self._table.ids[rows],
            detection_index=usable[columns],
        )

    def _predict(self, t: float) -> None:
        """Drop lost tracks and predict the others at `t` seconds."""
        before = t if self._t is None else self._t
        self._t = t
        units_per_metre = self._space.units_per_metre(self._table.sizes[:, 1])
        stationary = np.hypot(*self._filters.mean[:, 2:].T) < STATIONARY_BELOW_MS * units_per_metre
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
        self._table.looming_rates[occluded] *= np.exp(-dt / LOOMING_DECAY_S)
        return np.asarray(1 / (1 - np.clip(self._table.looming_rates * dt, *LOOMING_STEP_LIMITS)))

    def _measurement_noises(self, pixels: Array, sizes: Array) -> Array:
        """Covariance (D, 2, 2) of each measured position in the measurement space."""
        sigma = POSITION_SIGMA * sizes + POSITION_SIGMA_PX
        scaled = self._space.jacobians(pixels) * sigma[:, None, :]
        return np.asarray(scaled @ scaled.transpose(0, 2, 1))

    def _match(self, measured: TrackTable, noises: Array, class_id: Indices) -> tuple[Indices, Indices]:
        """Rows of tracks and of their detections, by cost and then by overlap."""
        tracks, boxes = assign(self._costs(measured, noises, class_id))
        free_tracks, free_boxes = unassigned(len(self), tracks), unassigned(len(measured), boxes)
        turned, found = self._match_by_overlap(measured, class_id, free_tracks, free_boxes)
        units_per_metre = self._space.units_per_metre(self._table.sizes[turned, 1])
        self._filters.inflate_velocity(turned, VELOCITY_INFLATION_MS * units_per_metre)
        return np.concatenate([tracks, turned]), np.concatenate([boxes, found])

    def _costs(self, measured: TrackTable, noises: Array, class_id: Indices) -> Array:
        """Assignment costs (T, D), infinite where a detection cannot belong to a track."""
        if not len(self) or not len(measured):
            return np.zeros((len(self), len(measured)))
        expected = self._filters.mean[:, :2]
        size_ratios = self._space.size_ratio(self._table.positions, expected)
        cost = motion_cost(
            measured.positions[None] - expected[:, None],
            self._filters.innovation_covariance(noises),
            self._space.units_per_metre(self._table.sizes[:, 1]),
        )
        cost += size_cost(self._table.sizes * size_ratios[:, None], measured.sizes)
        cost += class_cost(self._table.votes, class_id)
        return gate_costs(cost)

    def _match_by_overlap(
        self, measured: TrackTable, class_id: Indices, free_tracks: NDArray[np.bool_], free_boxes: NDArray[np.bool_]
    ) -> tuple[Indices, Indices]:
        """Pairs among the rest whose boxes overlap the last or the predicted box of the track, or are a part of it."""
        assert self._t is not None
        rows = np.flatnonzero(free_tracks & (self._t - self._table.last_seen <= OVERLAP_MATCH_WITHIN_S))
        columns = np.flatnonzero(free_boxes)
        if not len(rows) or not len(columns):
            return rows[:0], columns[:0]
        last = self._table.boxes[rows]
        last_ground = np.column_stack([(last[:, 0] + last[:, 2]) / 2, last[:, 3]])
        predicted = last + np.tile(self._space.to_pixels(self._filters.mean[rows, :2]) - last_ground, 2)
        boxes = measured.boxes[columns]
        iou = np.maximum(pairwise_iou(last, boxes), pairwise_iou(predicted, boxes))
        classes = self._table.votes[rows].argmax(axis=1)
        fits = (iou >= self._space.min_iou) & (CLASS_GROUPS[classes][:, None] == CLASS_GROUPS[class_id[columns]])
        fits |= part_and_whole(predicted, boxes, classes, class_id[columns])
        a, b = assign(np.where(fits, 1 - iou, np.inf))
        return rows[a], columns[b]

    def _update_table(self, tracks: Indices, t: float, measured: TrackTable, boxes: Indices) -> None:
        """Update the rows of the matched tracks, with positions from the corrected filters."""
        matched = measured.rows(boxes)
        matched.positions = self._filters.mean[tracks, :2]
        size_ratios = self._space.size_ratio(self._table.positions[tracks], matched.positions)
        self._table.update(tracks, t, matched, size_ratios, self._space.looming_gain)

    def _new_tracks(self, detections: Detections, measured: TrackTable, assigned: Indices) -> Indices:
        """Detections that start tracks: of those that show one road user, the most confident."""
        free = unassigned(len(measured), assigned)
        candidates = np.flatnonzero(free & (detections.confidence >= BIRTH_CONFIDENCE))
        if not len(candidates):
            return candidates
        same = pairwise_iou(measured.boxes, measured.boxes) > DUPLICATE_IOU
        groups = CLASS_GROUPS[detections.class_id]
        same &= groups[:, None] == groups
        same |= part_and_whole(measured.boxes, measured.boxes, detections.class_id, detections.class_id)
        covered, new = ~free, []
        for k in candidates[np.argsort(-detections.confidence[candidates])].tolist():
            if not (same[k] & covered).any():
                new.append(k)
                covered[k] = True
        return np.array(new, dtype=np.int64)

    def _start_tracks(self, measured: TrackTable, noises: Array, new: Indices) -> None:
        """Add a track for each of these detections."""
        if not len(new):
            return
        started = measured.rows(new)
        started.ids = np.arange(self._next_id, self._next_id + len(new))
        self._next_id += len(new)
        units_per_metre = self._space.units_per_metre(started.sizes[:, 1])
        self._filters.add(started.positions, noises[new], units_per_metre * INITIAL_SPEED_SIGMA_MS)
        self._table.add(started)


def _ground_points(detections: Detections) -> Array:
    """(N, 2) bottom centre of each box, in pixels."""
    x1, _, x2, y2 = detections.xyxy.astype(np.float64).T
    return np.stack([(x1 + x2) / 2, y2], axis=1)


def _rows(detections: Detections, rows: Indices) -> Detections:
    if len(rows) == len(detections):
        return detections
    return Detections(detections.xyxy[rows], detections.confidence[rows], detections.class_id[rows])

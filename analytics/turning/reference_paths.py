"""Fully observed trips over a junction, as examples to judge which movement a partly observed road user makes."""

from dataclasses import dataclass, field
from math import radians

import numpy as np
from numpy.typing import NDArray

from analytics.facts import Trip

Array = NDArray[np.float64]

POSITION_SIGMA_M, HEADING_SIGMA_RAD = 1.0, radians(20)
"""Standard deviations (m, rad) of a position and a heading from the nearest point of a reference path [assumption]."""

UNKNOWN_HEADING_RAD = 0.5
"""Difference (rad) assumed to a heading that is not known [assumption]."""

CHORD_POINTS = 2
"""A heading is the chord between the points this many before and after [assumption]."""

MIN_CHORD_M = 1.0
"""A shorter chord (m) gives no heading [assumption]."""

MAX_DEVIATION = 30.0
"""Squared deviation in standard deviations from every reference path beyond which the likelihood is 0 [assumption]."""

MIN_KEPT = 40
"""Reference paths kept per movement, spread evenly over time; at most twice as many are stored [assumption]."""


@dataclass(frozen=True, slots=True)
class Pose:
    """Position (2,) in metres, unit heading (2,) (nan if unknown), speed (m/s) and time (s) of a road user."""

    position: Array
    heading: Array
    speed_ms: float
    t: float


@dataclass(frozen=True, slots=True)
class ReferencePath:
    """Path of one trip.

    times: (N,) seconds. positions: (N, 2) metres. headings: (N, 2) unit vectors, nan if unknown.
    """

    times: Array
    positions: Array
    headings: Array

    @classmethod
    def of(cls, trip: Trip) -> "ReferencePath":
        positions = np.array(trip.positions, dtype=np.float64).reshape(-1, 2)
        k = np.arange(len(positions))
        chords = (
            positions[np.minimum(k + CHORD_POINTS, len(positions) - 1)] - positions[np.maximum(k - CHORD_POINTS, 0)]
        )
        length = np.linalg.norm(chords, axis=1, keepdims=True)
        headings = np.divide(chords, length, out=np.full_like(chords, np.nan), where=length >= MIN_CHORD_M)
        return cls(np.array(trip.times, dtype=np.float64), positions, headings)

    @property
    def start(self) -> Pose:
        return self._pose(0, min(CHORD_POINTS, len(self.times) - 1))

    @property
    def end(self) -> Pose:
        return self._pose(-1, max(-1 - CHORD_POINTS, -len(self.times)))

    def _pose(self, at: int, other: int) -> Pose:
        seconds = abs(self.times[at] - self.times[other])
        metres = float(np.linalg.norm(self.positions[at] - self.positions[other]))
        speed_ms = metres / seconds if seconds > 0 else 0.0
        return Pose(self.positions[at], self.headings[at], speed_ms, float(self.times[at]))

    def nearest(self, pose: Pose) -> tuple[float, int]:
        """Return the squared deviation of the pose from the nearest point of the path, and that point's index."""
        squared = ((self.positions - pose.position) ** 2).sum(axis=1) / POSITION_SIGMA_M**2
        if np.isfinite(pose.heading).all():
            angles = np.arccos(np.clip(self.headings @ pose.heading, -1, 1))
            squared += (np.where(np.isnan(angles), UNKNOWN_HEADING_RAD, angles) / HEADING_SIGMA_RAD) ** 2
        nearest = int(squared.argmin())
        return float(squared[nearest]), nearest

    def metres_between(self, start: int, end: int) -> float:
        """Length in metres of the path between two of its points."""
        return float(np.linalg.norm(np.diff(self.positions[start : end + 1], axis=0), axis=1).sum())


@dataclass(slots=True)
class PathSample:
    """Reference paths of one movement, sampled evenly over time. count: all paths that were added."""

    paths: list[ReferencePath] = field(default_factory=list)
    count: int = 0
    _every: int = 1

    def add(self, path: ReferencePath) -> None:
        if self.count % self._every == 0:
            self.paths.append(path)
        self.count += 1
        if len(self.paths) >= 2 * MIN_KEPT:
            self.paths, self._every = self.paths[::2], 2 * self._every

    def likelihood(self, pose: Pose) -> float:
        """Likelihood of the pose for a road user on this movement, up to a factor common to all movements."""
        deviations = np.array([path.nearest(pose)[0] for path in self.paths])
        return float(np.exp(-deviations / 2).mean()) if deviations.min(initial=np.inf) <= MAX_DEVIATION else 0.0

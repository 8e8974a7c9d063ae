"""The ways that road users take over a junction, known from those who were seen from one end to the other."""

from dataclasses import dataclass, field
from math import radians

import numpy as np
from numpy.typing import NDArray

from analytics.facts import Journey

Array = NDArray[np.float64]

SPREAD_M, SPREAD_RAD = 1.0, radians(20)
"""Standard deviation of a place and a heading from the nearest one on a way that was taken."""

UNKNOWN_RAD = 0.5
"""Taken for the difference to a heading that is not known."""

CHORD = 2
"""A heading is that between the places so many points before and after."""
SHORTEST_CHORD_M = 1.0

FARTHEST = 30.0
"""Squared standard deviations from every way of a movement beyond which one does not make it."""

KEPT = 40
"""Ways kept of each movement at the least, spread evenly over all that were taken; at the most twice as many."""


@dataclass(frozen=True, slots=True)
class Pose:
    """Where one is and whither one moves. place: (2,) metres. heading: (2,) of length 1, nan where not known."""

    place: Array
    heading: Array
    speed_ms: float
    t: float


@dataclass(frozen=True, slots=True)
class Way:
    """times: (N,) seconds. places: (N, 2) metres. headings: (N, 2) of length 1, nan where not known."""

    times: Array
    places: Array
    headings: Array

    @classmethod
    def of(cls, journey: Journey) -> "Way":
        places = np.array(journey.places, dtype=np.float64).reshape(-1, 2)
        k = np.arange(len(places))
        chords = places[np.minimum(k + CHORD, len(places) - 1)] - places[np.maximum(k - CHORD, 0)]
        length = np.linalg.norm(chords, axis=1, keepdims=True)
        headings = np.divide(chords, length, out=np.full_like(chords, np.nan), where=length >= SHORTEST_CHORD_M)
        return cls(np.array(journey.times, dtype=np.float64), places, headings)

    @property
    def start(self) -> Pose:
        return self._pose(0, min(CHORD, len(self.times) - 1))

    @property
    def end(self) -> Pose:
        return self._pose(-1, max(-1 - CHORD, -len(self.times)))

    def _pose(self, at: int, other: int) -> Pose:
        took_s = abs(self.times[at] - self.times[other])
        far_m = float(np.linalg.norm(self.places[at] - self.places[other]))
        return Pose(self.places[at], self.headings[at], far_m / took_s if took_s > 0 else 0.0, float(self.times[at]))

    def nearest(self, pose: Pose) -> tuple[float, int]:
        """How far the pose is from the nearest point of the way, squared in standard deviations, and that point."""
        squared = ((self.places - pose.place) ** 2).sum(axis=1) / SPREAD_M**2
        if np.isfinite(pose.heading).all():
            angles = np.arccos(np.clip(self.headings @ pose.heading, -1, 1))
            squared += (np.where(np.isnan(angles), UNKNOWN_RAD, angles) / SPREAD_RAD) ** 2
        nearest = int(squared.argmin())
        return float(squared[nearest]), nearest

    def metres_between(self, start: int, end: int) -> float:
        return float(np.linalg.norm(np.diff(self.places[start : end + 1], axis=0), axis=1).sum())


@dataclass(slots=True)
class WaysTaken:
    """Of one movement. The sample of its ways stays spread evenly over time however many were taken."""

    sample: list[Way] = field(default_factory=list)
    taken: int = 0
    _every: int = 1

    def add(self, way: Way) -> None:
        if self.taken % self._every == 0:
            self.sample.append(way)
        self.taken += 1
        if len(self.sample) >= 2 * KEPT:
            self.sample, self._every = self.sample[::2], 2 * self._every

    def likelihood(self, pose: Pose) -> float:
        """Of the pose for one who makes this movement, up to a factor that is the same for all movements."""
        deviations = np.array([way.nearest(pose)[0] for way in self.sample])
        return float(np.exp(-deviations / 2).mean()) if deviations.min(initial=np.inf) <= FARTHEST else 0.0

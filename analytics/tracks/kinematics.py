"""Speed of single road users from their paths."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.tracks.trajectories import Trajectory

KMH = 3.6
"""km/h in one m/s."""

FIT_WINDOW_S = 0.8
"""A path is fitted this long before and after the moment in question."""

NOISE_CORRELATION = 1.5
"""A box errs alike for several frames, so a fit is worse than independent errors would make it (measured)."""

CHANGE_SHARE = 0.3
"""Of the change of velocity within the window: who brakes or turns is not in even motion (measured)."""

MIN_SIGMA_MS = 0.5 / KMH
"""What no fit shows: the ground point wanders under a vehicle that comes nearer, and the homography errs."""

_HUBER = 1.345
"""Residuals beyond this many standard deviations weigh less: 95% efficient on normal noise (Huber 1981)."""


@dataclass(frozen=True, slots=True)
class Speed:
    """sigma_kmh: standard error. Of the speeds in the simulated scenarios, about 73% are right to within one of it."""

    kmh: float
    sigma_kmh: float


@dataclass(frozen=True, slots=True)
class LinearFit:
    """A straight, even motion fitted to N points.

    velocity: (2,) m/s. weights: (N,) 0..1. since: (N,) s from the weighted mean time. residuals: (N, 2) metres.
    """

    velocity: NDArray[np.float64]
    weights: NDArray[np.float64]
    since: NDArray[np.float64]
    residuals: NDArray[np.float64]

    def standard_error(self) -> float:
        """Of the speed, m/s, from the scatter along the way, as if points erred independently. N is 3 or more."""
        speed = np.linalg.norm(self.velocity)
        along = self.residuals @ (self.velocity / speed) if speed > 0 else np.linalg.norm(self.residuals, axis=1)
        variance = self.weights @ along**2 / (len(along) - 2)
        return float(np.sqrt(variance / (self.weights @ self.since**2)))


def fit_constant_velocity(times: ArrayLike, positions: ArrayLike) -> LinearFit:
    """Least squares with Huber weights. times: (N,) seconds, increasing. positions: (N, 2) metres.

    The velocity is nan for fewer than 2 points or no time between them.

    >>> fit_constant_velocity([0, 1, 2], [(0, 0), (3, 4), (6, 8)]).velocity.round(6).tolist()
    [3.0, 4.0]
    """
    t, p = np.asarray(times, dtype=np.float64), np.asarray(positions, dtype=np.float64).reshape(-1, 2)
    weights, velocity = np.ones(len(t)), np.full(2, np.nan)
    if len(t) < 2 or t[-1] - t[0] <= 0:
        return LinearFit(velocity, weights, np.zeros(len(t)), np.zeros((len(t), 2)))
    for _ in range(4):
        since, offsets = t - weights @ t / weights.sum(), p - weights @ p / weights.sum()
        velocity = (weights * since) @ offsets / (weights @ since**2)
        residuals = offsets - since[:, None] * velocity
        distances = np.linalg.norm(residuals, axis=1)
        scale = 1.4826 * np.median(distances)
        if scale < 1e-9:
            break
        weights = np.minimum(1.0, _HUBER * scale / np.maximum(distances, 1e-9))
    return LinearFit(velocity, weights, since, residuals)


def speed_at(trajectory: Trajectory, t: float) -> Speed | None:
    """Speed around time `t`, None where the path is too short to tell (under 0.3 s or 3 points)."""
    times, positions = np.array(trajectory.times), np.array(trajectory.positions)
    near = np.abs(times - t) <= FIT_WINDOW_S
    if near.sum() < 3 or np.ptp(times[near]) < 0.3:
        return None
    fit = fit_constant_velocity(times[near], positions[near])
    noise, change = fit.standard_error(), change_of_velocity(times[near], positions[near])
    sigma = np.sqrt((NOISE_CORRELATION * noise) ** 2 + (CHANGE_SHARE * change) ** 2 + MIN_SIGMA_MS**2)
    return Speed(float(np.linalg.norm(fit.velocity)) * KMH, float(sigma) * KMH)


def change_of_velocity(times: NDArray[np.float64], positions: NDArray[np.float64]) -> float:
    """m/s between the first and the second half of a path of 3 points or more, each by plain least squares."""
    middle = len(times) // 2
    before = _slope(times[: middle + 1], positions[: middle + 1])
    return float(np.linalg.norm(_slope(times[middle:], positions[middle:]) - before))


def _slope(times: NDArray[np.float64], positions: NDArray[np.float64]) -> NDArray[np.float64]:
    since = times - times.mean()
    return np.asarray(since @ (positions - positions.mean(axis=0)) / (since @ since))

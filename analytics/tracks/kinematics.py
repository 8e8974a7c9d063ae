"""Speed of a single road user, fitted to its path."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.tracks.trajectories import Trajectory

KMH_PER_MS = 3.6
"""km/h in one m/s [definition]."""

FIT_WINDOW_S = 0.8
"""Seconds before and after the time in question from which the path is fitted [assumption]."""

MIN_FIT_SAMPLES, MIN_FIT_S = 3, 0.3
"""Detections, and seconds between the first and the last, that a speed needs [assumption]."""

NOISE_CORRELATION = 1.5
"""Factor on the standard error of independent errors: a box errs alike for several frames [measured: ADR 0021]."""

CHANGE_SHARE = 0.3
"""Standard error per change of velocity within the window, for road users that brake or turn [measured: ADR 0021]."""

MIN_SIGMA_MS = 0.5 / KMH_PER_MS
"""Smallest standard error (m/s): drift of the ground point, and the error of the homography [assumption]."""

MAX_FIT_ITERATIONS = 4
"""Iterations of the reweighted fit [assumption]."""

_HUBER = 1.345
"""Residual in standard deviations above which the weight falls: 95 % efficient on normal noise [source: Huber 1981]."""

_MAD_TO_SIGMA = 1.4826
"""Standard deviation per median absolute deviation of normal noise [source: Huber 1981]."""

_MIN_SCALE_M = 1e-9
"""Residual in metres below which the fit is exact [assumption]."""

MAX_SPEED_KMH = 300.0
"""Largest speed of a road user, km/h; more is a false path, such as one near the horizon [assumption]."""


@dataclass(frozen=True, slots=True)
class Speed:
    """A speed and its standard error in km/h. About 73 % of simulated speeds are within one error [ADR 0021]."""

    kmh: float
    sigma_kmh: float


@dataclass(frozen=True, slots=True)
class LinearFit:
    """Constant velocity fitted to N points.

    velocity: (2,) m/s. weights: (N,) 0..1. lag_s: (N,) seconds from the weighted mean time. residuals: (N, 2) metres.
    """

    velocity: NDArray[np.float64]
    weights: NDArray[np.float64]
    lag_s: NDArray[np.float64]
    residuals: NDArray[np.float64]

    def standard_error(self) -> float:
        """Standard error of the speed (m/s) from the scatter along the path, for independent errors; N >= 3."""
        speed = np.linalg.norm(self.velocity)
        along = self.residuals @ (self.velocity / speed) if speed > 0 else np.linalg.norm(self.residuals, axis=1)
        variance = self.weights @ along**2 / (len(along) - 2)
        return float(np.sqrt(variance / (self.weights @ self.lag_s**2)))


def fit_constant_velocity(times: ArrayLike, positions: ArrayLike) -> LinearFit:
    """Fit by least squares with Huber weights. times: (N,) seconds, increasing. positions: (N, 2) metres.

    Raises ValueError for fewer than 2 points, or without time between them.

    >>> fit_constant_velocity([0, 1, 2], [(0, 0), (3, 4), (6, 8)]).velocity.round(6).tolist()
    [3.0, 4.0]
    """
    t, p = np.asarray(times, dtype=np.float64), np.asarray(positions, dtype=np.float64).reshape(-1, 2)
    if len(t) < 2 or t[-1] - t[0] <= 0:
        raise ValueError(f"a velocity needs 2 points with time between them, got {len(t)} at {t.tolist()} s")
    weights = np.ones(len(t))
    for _ in range(MAX_FIT_ITERATIONS):
        lag_s, offsets = t - weights @ t / weights.sum(), p - weights @ p / weights.sum()
        velocity = (weights * lag_s) @ offsets / (weights @ lag_s**2)
        residuals = offsets - lag_s[:, None] * velocity
        distances = np.linalg.norm(residuals, axis=1)
        scale = _MAD_TO_SIGMA * np.median(distances)
        if scale < _MIN_SCALE_M:
            break
        weights = np.minimum(1.0, _HUBER * scale / np.maximum(distances, _MIN_SCALE_M))
    return LinearFit(velocity, weights, lag_s, residuals)


def speed_at(trajectory: Trajectory, t: float) -> Speed | None:
    """Return the speed around time `t`, or None where the path is too short, or no road user is that fast."""
    times, positions = np.array(trajectory.times), np.array(trajectory.positions)
    near = np.abs(times - t) <= FIT_WINDOW_S
    if near.sum() < MIN_FIT_SAMPLES or np.ptp(times[near]) < MIN_FIT_S:
        return None
    fit = fit_constant_velocity(times[near], positions[near])
    noise, change = fit.standard_error(), change_of_velocity(times[near], positions[near])
    sigma = np.sqrt((NOISE_CORRELATION * noise) ** 2 + (CHANGE_SHARE * change) ** 2 + MIN_SIGMA_MS**2)
    kmh = float(np.linalg.norm(fit.velocity)) * KMH_PER_MS
    return Speed(kmh, float(sigma) * KMH_PER_MS) if kmh <= MAX_SPEED_KMH else None


def change_of_velocity(times: NDArray[np.float64], positions: NDArray[np.float64]) -> float:
    """Return m/s between the velocities of both halves of a path of 3 points or more, by plain least squares."""
    middle = len(times) // 2
    before = _slope(times[: middle + 1], positions[: middle + 1])
    return float(np.linalg.norm(_slope(times[middle:], positions[middle:]) - before))


def _slope(times: NDArray[np.float64], positions: NDArray[np.float64]) -> NDArray[np.float64]:
    lag_s = times - times.mean()
    return np.asarray(lag_s @ (positions - positions.mean(axis=0)) / (lag_s @ lag_s))

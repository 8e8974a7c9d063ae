"""Speed of single road users from their paths."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.trajectories import Trajectory

KMH = 3.6
"""km/h in one m/s."""

FIT_WINDOW_S = 0.8
"""A path is fitted this long before and after the moment in question."""

_HUBER = 1.345
"""Residuals beyond this many standard deviations weigh less: 95% efficient on normal noise (Huber 1981)."""


def fitted_velocity(times: ArrayLike, places: ArrayLike) -> NDArray[np.float64]:
    """Velocity of a straight, even motion through the points: least squares with Huber weights.

    times: (N,) seconds. places: (N, 2) metres. Returns (2,) m/s; nan for fewer than 2 points or no time between them.

    >>> fitted_velocity([0, 1, 2], [(0, 0), (3, 4), (6, 8)]).round(6).tolist()
    [3.0, 4.0]
    """
    t, p = np.asarray(times, dtype=np.float64), np.asarray(places, dtype=np.float64)
    if len(t) < 2 or t[-1] - t[0] <= 0:
        return np.full(2, np.nan)
    weights = np.ones(len(t))
    velocity = np.zeros(2)
    for _ in range(4):
        centre_t, centre_p = weights @ t / weights.sum(), weights @ p / weights.sum()
        dt = t - centre_t
        velocity = (weights * dt) @ (p - centre_p) / (weights @ dt**2)
        residual = np.linalg.norm(p - centre_p - dt[:, None] * velocity, axis=1)
        scale = 1.4826 * np.median(residual)
        if scale < 1e-9:
            break
        weights = np.minimum(1.0, _HUBER * scale / np.maximum(residual, 1e-9))
    return velocity


def speed_at(trajectory: Trajectory, t: float) -> float | None:
    """Speed in km/h around time `t`, None where the path is too short to tell (under 0.3 s or 3 points)."""
    times, places = np.array(trajectory.times), np.array(trajectory.places)
    near = np.abs(times - t) <= FIT_WINDOW_S
    if near.sum() < 3 or np.ptp(times[near]) < 0.3:
        return None
    return float(np.linalg.norm(fitted_velocity(times[near], places[near]))) * KMH

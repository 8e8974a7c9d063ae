"""Kalman filters with constant velocity for all tracks of one camera at once (Bar-Shalom et al., Estimation, ch. 6)."""

import numpy as np
from numpy.typing import NDArray

from models.tracking.measurement_space import Array, Indices


class KalmanFilters:
    """Position and velocity of T tracks. mean: (T, 4) as x, y, vx, vy. covariance: (T, 4, 4)."""

    def __init__(self) -> None:
        self.mean = np.zeros((0, 4))
        self.covariance = np.zeros((0, 4, 4))

    def __len__(self) -> int:
        return len(self.mean)

    def predict(self, dt: float, accelerations: Array, enlargements: Array) -> None:
        """Let `dt` seconds pass. accelerations: (T,) standard deviations (white noise acceleration).

        enlargements: (T,) how much larger each looks meanwhile for having come nearer: 1 on the ground. What comes
        nearer at constant speed gathers speed in the picture. With its depth Z falling evenly and `s` = Z / Z', a place
        moves by v dt s and its velocity becomes v s^2 (derivatives of the pinhole's x = X / Z).
        """
        step = np.zeros((len(self), 4, 4))
        step[:, [0, 1, 2, 3], [0, 1, 2, 3]] = 1.0
        step[:, [0, 1], [2, 3]] = dt * enlargements[:, None]
        step[:, [2, 3], [2, 3]] = enlargements[:, None] ** 2
        self.mean = (step @ self.mean[:, :, None])[:, :, 0]
        self.covariance = step @ self.covariance @ step.transpose(0, 2, 1)
        self.covariance += accelerations[:, None, None] ** 2 * _noise(dt)

    def spread(self, noises: Array) -> Array:
        """Covariance of where each track would be measured: (T, D, 2, 2) for D measurement noises (D, 2, 2)."""
        return np.asarray(self.covariance[:, None, :2, :2] + noises[None])

    def correct(self, tracks: Indices, places: Array, noises: Array) -> None:
        """Take measurements of some tracks. tracks: (M,) indices. places: (M, 2). noises: (M, 2, 2)."""
        covariance = self.covariance[tracks]
        gain = covariance[:, :, :2] @ np.linalg.inv(covariance[:, :2, :2] + noises)
        surprise = places - self.mean[tracks, :2]
        self.mean[tracks] += (gain @ surprise[:, :, None])[:, :, 0]
        self.covariance[tracks] = covariance - gain @ covariance[:, :2, :]

    def unsettle(self, tracks: Indices, speeds: Array) -> None:
        """Doubt the velocity of tracks that did not go where they were expected. speeds: standard deviations."""
        self.covariance[tracks, 2, 2] += speeds**2
        self.covariance[tracks, 3, 3] += speeds**2

    def start(self, places: Array, noises: Array, speeds: Array) -> None:
        """Add tracks at rest, on average. speeds: (M,) standard deviation of their speed."""
        covariance = np.zeros((len(places), 4, 4))
        covariance[:, :2, :2] = noises
        covariance[:, 2, 2] = covariance[:, 3, 3] = speeds**2
        self.mean = np.concatenate([self.mean, np.column_stack([places, np.zeros_like(places)])])
        self.covariance = np.concatenate([self.covariance, covariance])

    def keep(self, kept: NDArray[np.bool_]) -> None:
        """kept: (T,) mask."""
        self.mean, self.covariance = self.mean[kept], self.covariance[kept]


def _noise(dt: float) -> Array:
    """Covariance of position and velocity from unit white noise acceleration over `dt`, (4, 4)."""
    position, mixed, velocity = dt**4 / 4, dt**3 / 2, dt**2
    noise = np.zeros((4, 4))
    noise[[0, 1], [0, 1]], noise[[2, 3], [2, 3]] = position, velocity
    noise[[0, 1, 2, 3], [2, 3, 0, 1]] = mixed
    return noise

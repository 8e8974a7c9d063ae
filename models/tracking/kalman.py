"""Kalman filters with constant velocity for all tracks of a camera at once.

[source: Bar-Shalom et al., Estimation with Applications to Tracking and Navigation, ch. 6]
"""

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

    def predict(self, dt: float, accelerations: Array, size_ratios: Array) -> None:
        """Advance all filters by `dt` seconds.

        accelerations: (T,) standard deviations of white noise acceleration. size_ratios: (T,) growth of the apparent
        size in that time, from approach; 1 on the ground. A road user that approaches at constant speed accelerates in
        the image. With depth falling evenly and s = Z / Z', its position moves by v dt s and its velocity becomes v s^2
        (derivatives of the pinhole's x = X / Z).
        """
        step = np.zeros((len(self), 4, 4))
        step[:, 0, 0] = step[:, 1, 1] = 1.0
        step[:, 0, 2] = step[:, 1, 3] = dt * size_ratios
        step[:, 2, 2] = step[:, 3, 3] = size_ratios**2
        self.mean = (step @ self.mean[:, :, None])[:, :, 0]
        self.covariance = step @ self.covariance @ step.transpose(0, 2, 1)
        self.covariance += accelerations[:, None, None] ** 2 * _process_noise(dt)

    def innovation_covariance(self, noises: Array) -> Array:
        """Covariance of the expected measurement of each track: (T, D, 2, 2) for D measurement noises (D, 2, 2)."""
        return np.asarray(self.covariance[:, None, :2, :2] + noises[None])

    def correct(self, tracks: Indices, positions: Array, noises: Array) -> None:
        """Apply measurements of some tracks. tracks: (M,) rows. positions: (M, 2). noises: (M, 2, 2)."""
        covariance = self.covariance[tracks]
        gain = covariance[:, :, :2] @ np.linalg.inv(covariance[:, :2, :2] + noises)
        innovation = positions - self.mean[tracks, :2]
        self.mean[tracks] += (gain @ innovation[:, :, None])[:, :, 0]
        self.covariance[tracks] = covariance - gain @ covariance[:, :2, :]

    def inflate_velocity(self, tracks: Indices, speeds: Array) -> None:
        """Raise the velocity variance of tracks that left their expected path. speeds: standard deviations."""
        self.covariance[tracks, 2, 2] += speeds**2
        self.covariance[tracks, 3, 3] += speeds**2

    def add(self, positions: Array, noises: Array, speeds: Array) -> None:
        """Add tracks with mean velocity 0. speeds: (M,) standard deviation of their speed."""
        covariance = np.zeros((len(positions), 4, 4))
        covariance[:, :2, :2] = noises
        covariance[:, 2, 2] = covariance[:, 3, 3] = speeds**2
        self.mean = np.concatenate([self.mean, np.column_stack([positions, np.zeros_like(positions)])])
        self.covariance = np.concatenate([self.covariance, covariance])

    def keep(self, kept: NDArray[np.bool_]) -> None:
        """Drop all other tracks. kept: (T,) mask."""
        self.mean, self.covariance = self.mean[kept], self.covariance[kept]


def _process_noise(dt: float) -> Array:
    """Covariance (4, 4) of position and velocity from unit white noise acceleration over `dt` seconds."""
    p, m, v = dt**4 / 4, dt**3 / 2, dt**2
    return np.array([[p, 0.0, m, 0.0], [0.0, p, 0.0, m], [m, 0.0, v, 0.0], [0.0, m, 0.0, v]])

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
        # In place, as the transition [[1, moved], [0, gained]] is sparse: x += moved v, v *= gained; then the
        # covariance by its rows and by its columns.
        moved, gained = (dt * size_ratios)[:, None], (size_ratios**2)[:, None]
        self.mean[:, :2] += moved * self.mean[:, 2:]
        self.mean[:, 2:] *= gained
        rows = self.covariance
        columns = rows.transpose(0, 2, 1)
        for side in (rows, columns):
            side[:, :2] += moved[:, None] * side[:, 2:]
            side[:, 2:] *= gained[:, None]
        self.covariance += (accelerations**2)[:, None, None] * _process_noise(dt)

    def innovation_covariance(self, noises: Array) -> Array:
        """Covariance of the expected measurement of each track: (T, D, 2, 2) for D measurement noises (D, 2, 2)."""
        return np.asarray(self.covariance[:, None, :2, :2] + noises[None])

    def correct(self, tracks: Indices, positions: Array, noises: Array) -> None:
        """Apply measurements of some tracks. tracks: (M,) rows. positions: (M, 2). noises: (M, 2, 2)."""
        covariance = self.covariance[tracks]
        gain = covariance[:, :, :2] @ _inverse(covariance[:, :2, :2] + noises)
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


def _inverse(matrices: Array) -> Array:
    """Inverse of (M, 2, 2) matrices: [[d, -b], [-c, a]] over the determinant.

    Exact also where rounding left a covariance not quite symmetric: otherwise the difference grows with each step.
    """
    area = matrices[:, 0, 0] * matrices[:, 1, 1] - matrices[:, 0, 1] * matrices[:, 1, 0]
    return np.asarray(matrices[:, ::-1, ::-1].transpose(0, 2, 1) * _COFACTOR_SIGNS / area[:, None, None])


_COFACTOR_SIGNS = np.array([[1.0, -1.0], [-1.0, 1.0]])
"""Signs of the cofactors of a matrix (2, 2)."""


def _process_noise(dt: float) -> Array:
    """Covariance (4, 4) of position and velocity from unit white noise acceleration over `dt` seconds."""
    p, m, v = dt**4 / 4, dt**3 / 2, dt**2
    return np.array([[p, 0.0, m, 0.0], [0.0, p, 0.0, m], [m, 0.0, v, 0.0], [0.0, m, 0.0, v]])

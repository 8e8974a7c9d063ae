import numpy as np
import pytest

from models.tracking.kalman import KalmanFilters

EVEN = np.ones(1)
"""No approach."""


def filtered(positions, dt=0.1, noise=0.01):
    filters = KalmanFilters()
    filters.add(positions[:1], noise * np.eye(2)[None], np.array([12.0]))
    for place in positions[1:]:
        filters.predict(dt, np.array([2.5]), EVEN)
        filters.correct(np.array([0]), place[None], noise * np.eye(2)[None])
    return filters


def test_velocity_is_learned_from_positions():
    filters = filtered(np.column_stack([np.arange(20) * 1.0, np.zeros(20)]))
    assert filters.mean[0] == pytest.approx([19, 0, 10, 0], abs=0.1)


def test_uncertainty_grows_without_measurements():
    filters = filtered(np.zeros((10, 2)))
    before = filters.covariance[0, 0, 0]
    for _ in range(20):
        filters.predict(0.1, np.array([2.5]), EVEN)
    assert filters.covariance[0, 0, 0] > 10 * before
    assert np.linalg.eigvalsh(filters.covariance[0]).min() > 0


def test_one_long_step_equals_many_short_ones():
    short, long = filtered(np.zeros((5, 2))), filtered(np.zeros((5, 2)))
    for _ in range(10):
        short.predict(0.1, np.array([0.0]), EVEN)
    long.predict(1.0, np.array([0.0]), EVEN)
    assert short.covariance == pytest.approx(long.covariance)


def test_an_approach_at_constant_speed_accelerates_in_the_image():
    def seen_at(t):
        depth = 40 - 20 * t
        return np.array([2 / depth, 5 / depth]), np.array([2, 5]) * 20 / depth**2, depth

    place, velocity, depth = seen_at(0.5)
    filters = KalmanFilters()
    filters.add(place[None], 1e-9 * np.eye(2)[None], np.ones(1))
    filters.mean[0, 2:] = velocity
    later, faster, nearer = seen_at(1.1)
    filters.predict(0.6, np.zeros(1), np.array([depth / nearer]))
    assert filters.mean[0] == pytest.approx([*later, *faster])


def test_rows_are_kept_and_dropped_together():
    filters = KalmanFilters()
    filters.add(np.array([[1.0, 1], [2, 2], [3, 3]]), np.stack([np.eye(2)] * 3), np.ones(3))
    filters.keep(np.array([True, False, True]))
    assert filters.mean[:, 0].tolist() == [1, 3] and len(filters) == len(filters.covariance) == 2


def test_covariances_stay_symmetric_under_correlated_noise():
    random = np.random.default_rng(1)
    along = np.array([[100.0, 9.9], [9.9, 1.0]])
    filters = KalmanFilters()
    filters.add(np.zeros((1, 2)), along[None], np.array([12.0]))
    for _ in range(300):
        filters.predict(0.1, np.array([3.5]), EVEN)
        filters.correct(np.array([0]), random.normal(size=(1, 2)), along[None])
    covariance = filters.covariance[0]
    assert covariance == pytest.approx(covariance.T, rel=1e-9, abs=1e-9)

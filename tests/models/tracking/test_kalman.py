import numpy as np
import pytest

from models.tracking.kalman import KalmanFilters

EVEN = np.ones(1)
"""Nobody comes nearer."""


def followed(places, dt=0.1, noise=0.01):
    motions = KalmanFilters()
    motions.start(places[:1], noise * np.eye(2)[None], np.array([12.0]))
    for place in places[1:]:
        motions.predict(dt, np.array([2.5]), EVEN)
        motions.correct(np.array([0]), place[None], noise * np.eye(2)[None])
    return motions


def test_velocity_is_learned_from_positions():
    motions = followed(np.column_stack([np.arange(20) * 1.0, np.zeros(20)]))
    assert motions.mean[0] == pytest.approx([19, 0, 10, 0], abs=0.1)


def test_doubt_grows_while_nobody_is_seen():
    motions = followed(np.zeros((10, 2)))
    before = motions.covariance[0, 0, 0]
    for _ in range(20):
        motions.predict(0.1, np.array([2.5]), EVEN)
    assert motions.covariance[0, 0, 0] > 10 * before
    assert np.linalg.eigvalsh(motions.covariance[0]).min() > 0


def test_one_long_step_is_as_many_short_ones():
    short, long = followed(np.zeros((5, 2))), followed(np.zeros((5, 2)))
    for _ in range(10):
        short.predict(0.1, np.array([0.0]), EVEN)
    long.predict(1.0, np.array([0.0]), EVEN)
    assert short.covariance == pytest.approx(long.covariance)


def test_who_comes_nearer_evenly_gathers_speed_in_the_picture():
    def seen_at(t):
        depth = 40 - 20 * t
        return np.array([2 / depth, 5 / depth]), np.array([2, 5]) * 20 / depth**2, depth

    place, velocity, depth = seen_at(0.5)
    motions = KalmanFilters()
    motions.start(place[None], 1e-9 * np.eye(2)[None], np.ones(1))
    motions.mean[0, 2:] = velocity
    later, faster, nearer = seen_at(1.1)
    motions.predict(0.6, np.zeros(1), np.array([depth / nearer]))
    assert motions.mean[0] == pytest.approx([*later, *faster])


def test_rows_are_kept_and_dropped_together():
    motions = KalmanFilters()
    motions.start(np.array([[1.0, 1], [2, 2], [3, 3]]), np.stack([np.eye(2)] * 3), np.ones(3))
    motions.keep(np.array([True, False, True]))
    assert motions.mean[:, 0].tolist() == [1, 3] and len(motions) == len(motions.covariance) == 2

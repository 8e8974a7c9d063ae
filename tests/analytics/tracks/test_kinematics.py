import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.geometry.homography import Homography
from analytics.tracks.kinematics import fit_constant_velocity, speed_at
from analytics.tracks.trajectories import Trajectories, Trajectory
from tests.support.builders import Drive, film

SQUARE = [(0, 0), (1000, 0), (1000, 1000), (0, 1000)]


@settings(deadline=None)
@given(st.floats(-40, 40), st.floats(-40, 40), st.floats(-1e3, 1e3))
def test_constant_velocity_is_recovered(vx, vy, start):
    t = np.linspace(0, 2, 15)
    assert fit_constant_velocity(t + start, np.column_stack([vx * t, vy * t])).velocity == pytest.approx(
        [vx, vy], abs=1e-3
    )


def test_an_outlier_has_little_influence():
    t = np.arange(0, 2, 0.1)
    positions = np.column_stack([10 * t, np.zeros_like(t)])
    positions[12] += (15, 8)
    assert fit_constant_velocity(t, positions).velocity[0] == pytest.approx(10, abs=0.5)


@pytest.mark.parametrize("times", [[], [1.0], [1.0, 1.0]])
def test_without_elapsed_time_there_is_no_velocity(times):
    with pytest.raises(ValueError, match="2 points"):
        fit_constant_velocity(times, np.zeros((len(times), 2)))


def test_speed_of_a_track_is_in_kmh_on_the_ground():
    ground = [(0, 0), (100, 0), (100, 100), (0, 100)]
    trajectories = Trajectories(Homography.fit(SQUARE, ground))
    for t, seen in film([Drive(1, (100, 500), (500, 500), 0, 4)], until=4):
        trajectory = trajectories.update(t, 0.1, seen).trajectories[0]
    assert speed_at(trajectory, 2.0).kmh == pytest.approx(36, abs=0.1)
    assert speed_at(trajectory, 60.0) is None


def seen(positions, step_s=0.1):
    trajectory = Trajectory(1)
    for n, position in enumerate(positions):
        trajectory.append(n * step_s, (0, 0), tuple(position))
    return trajectory


def walk(noise_m=0.0, turn=0.0, seed=0):
    """10 m/s for 2 s, along a circle where `turn` (1/s) is not 0."""
    t = np.arange(0, 2, 0.1)
    positions = np.column_stack([10 * np.sin(turn * t) / turn, 10 * (1 - np.cos(turn * t)) / turn]) if turn else None
    straight = np.column_stack([10 * t, np.zeros_like(t)]) if positions is None else positions
    return seen(straight + noise_m * np.random.default_rng(seed).normal(size=(len(t), 2)))


def test_standard_error_grows_with_noise_turning_and_fewer_points():
    calm, noisy, turning = (speed_at(walk(**how), 1.0).sigma_kmh for how in ({}, {"noise_m": 0.5}, {"turn": 0.8}))
    assert calm == pytest.approx(0.5, abs=0.01), "it is never quite 0"
    assert noisy > 2 * calm
    assert turning > 2 * calm
    begun = walk(noise_m=0.5)
    assert speed_at(begun, 0.0).sigma_kmh > speed_at(begun, 1.0).sigma_kmh


def test_standard_error_covers_independent_errors():
    paths = [walk(noise_m=0.3, seed=n) for n in range(300)]
    fits = [fit_constant_velocity(path.times, path.positions) for path in paths]
    errors = [(np.linalg.norm(fit.velocity) - 10) / fit.standard_error() for fit in fits]
    assert np.mean(np.abs(errors) < 1) == pytest.approx(0.68, abs=0.08)


def test_a_stationary_road_user_has_a_speed_near_zero_and_a_standard_error():
    speed = speed_at(seen([(5.0, 5.0)] * 20), 1.0)
    assert (speed.kmh, speed.sigma_kmh) == (0, pytest.approx(0.5))

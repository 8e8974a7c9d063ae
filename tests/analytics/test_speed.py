import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.geometry import Homography
from analytics.speed import fitted_velocity, speed_at
from analytics.trajectories import Trajectories
from tests.analytics.builders import Drive, film

SQUARE = [(0, 0), (1000, 0), (1000, 1000), (0, 1000)]


@given(st.floats(-40, 40), st.floats(-40, 40), st.floats(-1e3, 1e3))
def test_even_motion_gives_its_velocity(vx, vy, start):
    t = np.linspace(0, 2, 15)
    assert fitted_velocity(t + start, np.column_stack([vx * t, vy * t])) == pytest.approx([vx, vy], abs=1e-3)


def test_one_wild_point_hardly_matters():
    t = np.arange(0, 2, 0.1)
    places = np.column_stack([10 * t, np.zeros_like(t)])
    places[12] += (15, 8)
    assert fitted_velocity(t, places)[0] == pytest.approx(10, abs=0.5)


@pytest.mark.parametrize("times", [[], [1.0], [1.0, 1.0]])
def test_no_time_passed_gives_nan(times):
    assert np.isnan(fitted_velocity(times, np.zeros((len(times), 2)))).all()


def test_speed_of_a_track_is_in_kmh_on_the_ground():
    ground = [(0, 0), (100, 0), (100, 100), (0, 100)]
    trajectories = Trajectories(Homography.fit(SQUARE, ground))
    for t, frame in film([Drive(1, (100, 500), (500, 500), 0, 4)], until=4):
        look = trajectories.update(t, 0.1, frame)
        trajectory = look.trajectories[0]
    assert speed_at(trajectory, 2.0) == pytest.approx(36, abs=0.1)
    assert speed_at(trajectory, 60.0) is None

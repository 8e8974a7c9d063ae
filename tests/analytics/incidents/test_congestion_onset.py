"""Onset and end of congestion in a zone."""

import numpy as np
import pytest

from analytics.facts import IncidentType
from analytics.incidents.congestion_onset import MIN_DURATION_S, SIGNAL_QUEUE_S, CongestionOnset
from analytics.tracks.scene import RoadUserState, Scene
from analytics.tracks.trajectories import Trajectory
from tests.support.builders import straight_road


class Levels:
    """Recent measurements of one zone."""

    def __init__(self, relative_speed, vehicles):
        self.measurement = relative_speed, vehicles

    def recent(self, zone):
        return self.measurement


def standing(track, x, t):
    path = Trajectory(track)
    path.append(t - 5, (x * 10, 500.0), (x, 50.0))
    path.append(t, (x * 10, 500.0), (x, 50.0))
    return RoadUserState(path, 0, (x * 10, 500.0), (x, 50.0), (0.0, 0.0), 0.0, 0.1, t - 5)


def first_raised(zone, measurements, *, queue=0):
    """Time of the first candidate, with one measurement (relative speed, vehicles) a second; None without one."""
    detector = CongestionOnset([zone])
    for t, measurement in enumerate(measurements):
        users = [standing(k, 30.0 + 7 * k, float(t)) for k in range(queue)]
        scene = Scene.of(float(t), users, np.array([[1.0, 0.0]]), calibrated=True)
        found = detector.observe(scene, Levels(*measurement))
        if found:
            assert found[0].type is IncidentType.CONGESTION
            return t
    return None


def test_slow_traffic_is_congestion_after_a_minute():
    assert first_raised(straight_road(), [(0.3, 5.0)] * 100) == pytest.approx(MIN_DURATION_S - 7, abs=1)


@pytest.mark.parametrize(
    ("name", "measurements"),
    [
        ("fast traffic", [(0.8, 5.0)] * 200),
        ("a single slow vehicle", [(0.1, 1.0)] * 200),
        ("no traffic", [(None, 0.0)] * 200),
        ("slow for too short a time", ([(0.3, 5.0)] * 40 + [(0.9, 5.0)] * 20) * 4),
    ],
)
def test_no_congestion(name, measurements):
    assert first_raised(straight_road(), measurements) is None, name


def test_a_short_gap_in_a_slow_platoon_does_not_end_it():
    gapped = ([(0.3, 5.0)] * 20 + [(0.9, 5.0)] * 4) * 5
    assert first_raised(straight_road(), gapped) is not None


def test_at_a_signal_the_queue_must_not_clear_for_two_cycles():
    signal = straight_road(signal_controlled=True)
    slow = [(0.2, 5.0)] * 400
    assert first_raised(signal, slow, queue=2) is None
    assert first_raised(signal, slow, queue=3) == pytest.approx(SIGNAL_QUEUE_S, abs=1)

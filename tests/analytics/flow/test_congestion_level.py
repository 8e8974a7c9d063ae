import itertools

import numpy as np
import pytest

from analytics.camera import Zone
from analytics.facts import Level
from analytics.flow.congestion_level import DWELL_S, LevelHysteresis, RollingSpeed, ZoneLevelMonitor, level_at
from analytics.flow.edie_totals import EdieTotals
from analytics.flow.free_flow import FreeFlowEstimator
from analytics.tracks.trajectories import AnalyzedFrame


def levels(readings, *, vehicles=6.0, every_s=1.0):
    """Levels after each reading of relative speed, `every_s` apart."""
    hysteresis = LevelHysteresis()
    return [hysteresis.update(k * every_s, reading, vehicles) for k, reading in enumerate(readings)]


@pytest.mark.parametrize(
    ("relative_speed", "level"),
    [(1.1, Level.FREE), (0.6, Level.DENSE), (0.4, Level.CONGESTED), (0.1, Level.JAMMED), (None, Level.FREE)],
)
def test_first_reading_sets_the_level(relative_speed, level):
    assert levels([relative_speed]) == [level]


def test_one_slow_measurement_changes_no_level():
    assert set(levels([1.0] * 30 + [0.2] * 10 + [1.0] * 30)) == {Level.FREE}


def test_a_lasting_change_is_reported_after_the_dwell():
    shown = levels([1.0] * 30 + [0.1] * 40)
    assert shown[29] is Level.FREE and shown[-1] is Level.JAMMED
    assert shown.index(Level.JAMMED) - 30 == pytest.approx(DWELL_S, abs=1)


def test_level_does_not_flap_around_a_boundary():
    shown = levels([0.49, 0.51] * 200)
    assert sum(a is not b for a, b in itertools.pairwise(shown)) == 0


def test_a_single_slow_vehicle_is_not_congestion():
    assert levels([0.05] * 60, vehicles=1.0)[-1] is Level.DENSE


def test_rolling_speed_drops_old_steps_and_needs_half_its_window():
    rolling = RollingSpeed(10)
    assert rolling.read() is None
    for t in range(100):
        rolling.add(float(t), 1.0, seconds=2.0, metres=20.0 if t < 80 else 2.0)
    reading = rolling.read()
    assert reading is not None
    assert reading.speed_ms == pytest.approx(1.0)
    assert reading.vehicles == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("relative_speed", "vehicles", "level"),
    [
        (0.71, 9, Level.FREE),
        (0.69, 9, Level.DENSE),
        (0.49, 9, Level.CONGESTED),
        (0.24, 9, Level.JAMMED),
        (0.0, 1, Level.DENSE),
        (None, 0, Level.FREE),
    ],
)
def test_level_of_a_speed_without_hysteresis(relative_speed, vehicles, level):
    assert level_at(relative_speed, vehicles) is level


def levels_of_a_zone(speed_ms, free_flow, *, vehicles=4):
    """Level each second of a minute in which that many vehicles drive at one speed."""
    zone = Zone(id="z", polygon=((0.0, 0.0), (100.0, 0.0), (100.0, 100.0)))
    monitor = ZoneLevelMonitor([zone], [free_flow], calibrated=False)
    shown = []
    for second in range(60):
        travel = EdieTotals.zeros(1)
        travel.add(0, 0, seconds=float(vehicles), metres=vehicles * speed_ms)
        monitor.observe(AnalyzedFrame(float(second), 1.0, [], np.empty((0, 2))), travel)
        shown.append(monitor.levels[0])
    return shown


def test_vehicles_that_stand_before_free_flow_is_known_are_no_free_road():
    assert set(levels_of_a_zone(0.2, FreeFlowEstimator(None))) == {Level.UNKNOWN}
    assert levels_of_a_zone(0.2, FreeFlowEstimator(14.0))[-1] is Level.JAMMED


def test_vehicles_that_move_before_free_flow_is_known_are_a_free_road():
    assert levels_of_a_zone(8.0, FreeFlowEstimator(None))[-1] is Level.FREE
    assert levels_of_a_zone(0.2, FreeFlowEstimator(None), vehicles=1)[-1] is Level.FREE, (
        "one parked vehicle is no queue"
    )

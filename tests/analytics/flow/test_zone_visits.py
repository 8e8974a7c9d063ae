"""Visits of vehicles to zones: steps, confirmation and continuation."""

import pytest

from analytics.flow.edie_totals import EdieTotals
from analytics.flow.zone_visits import VisitConfirmer, ZoneVisit
from analytics.tracks.trajectories import Trajectory

EAST = [(1.0, 0.0)]


def trajectory(*times, track=1):
    """A car at 10 m/s eastwards, detected at these times."""
    path = Trajectory(track)
    for t in times:
        path.append(t, (100 * t, 0.0), (10 * t, 0.0))
    return path


def visit_of(path, *, inside=True):
    return ZoneVisit.start(path, path.times[0], [inside])


def advance(visit, t, totals, *, x=None, inside=True):
    visit.advance(t, (10 * t if x is None else x, 0.0), [inside], EAST, totals)


def test_nothing_is_added_before_confirmation():
    visit, totals = visit_of(trajectory(0.0)), EdieTotals.zeros(1)
    advance(visit, 1.0, totals)
    assert totals.seconds.tolist() == [0] and visit.seconds == [1] and visit.metres == [10]


def test_confirmation_adds_what_accumulated_before():
    visit, totals = visit_of(trajectory(0.0)), EdieTotals.zeros(1)
    advance(visit, 1.0, totals)
    VisitConfirmer(EAST).confirm(visit, totals)
    advance(visit, 1.5, totals)
    assert totals.seconds.tolist() == [1.5] and totals.metres.tolist() == [15] and totals.entered.tolist() == [1]


def test_a_step_over_the_edge_of_a_zone_counts_half():
    visit, totals = visit_of(trajectory(0.0), inside=False), EdieTotals.zeros(1)
    visit.confirmed = True
    advance(visit, 1.0, totals, inside=True)
    assert totals.seconds.tolist() == [0.5] and totals.metres.tolist() == [5]


def test_jitter_adds_no_distance():
    visit, totals = visit_of(trajectory(0.0)), EdieTotals.zeros(1)
    visit.confirmed = True
    for k in range(1, 11):
        advance(visit, k / 10, totals, x=0.3 * (k % 2))
    assert totals.metres.tolist() == pytest.approx([0.0]) and totals.seconds.tolist() == pytest.approx([1.0])


def test_a_vehicle_against_the_direction_adds_positive_distance():
    visit, totals = visit_of(trajectory(0.0)), EdieTotals.zeros(1)
    visit.confirmed = True
    advance(visit, 2.0, totals, x=-20.0)
    assert totals.metres.tolist() == [20]


@pytest.mark.parametrize(
    ("times", "confirmable"),
    [
        ((0.0, 0.2, 0.4, 0.6), True),
        ((0.0, 0.3, 0.6), False),
        ((0.0, 0.1, 0.2, 0.3), False),
    ],
)
def test_a_visit_needs_detections_and_time_to_be_confirmable(times, confirmable):
    path = trajectory(*times)
    assert visit_of(path).is_confirmable(times[-1]) is confirmable


def test_start_zone_is_that_of_the_first_detection():
    path = trajectory(0.0, 1.0)
    assert ZoneVisit.start(path, 0.0, [False, True]).start_zone == 1
    assert ZoneVisit.start(path, 1.0, [True]).start_zone is None
    assert visit_of(path, inside=False).start_zone is None


def test_a_resumed_visit_continues_time_and_distance_from_the_imputed_position():
    occluded, totals = visit_of(trajectory(0.0)), EdieTotals.zeros(1)
    occluded.confirmed = True
    advance(occluded, 2.0, totals)
    newcomer = visit_of(trajectory(5.0, track=2))
    resumed = VisitConfirmer(EAST).resume(occluded, newcomer, totals)
    assert (resumed.trajectory.track, resumed.t, resumed.confirmed) == (2, 5.0, True)
    assert totals.seconds.tolist() == [5] and totals.metres.tolist() == [50] and totals.entered.tolist() == [1]


def test_mean_speeds_are_those_of_zones_driven_through():
    visit, totals = visit_of(trajectory(0.0)), EdieTotals.zeros(1)
    advance(visit, 0.7, totals)
    assert visit.mean_speeds() == []
    advance(visit, 2.0, totals)
    assert visit.mean_speeds() == [(0, pytest.approx(10.0))]

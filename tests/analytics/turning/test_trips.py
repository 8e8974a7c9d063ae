"""Trips over a junction, as `CameraAnalyzer` emits them."""

from analytics.camera import Camera, Gate
from analytics.camera_analyzer import CameraAnalyzer
from analytics.facts import Trip
from tests.support.builders import Drive, film, metric_camera

WEST = Gate(id="w", p1=(400, 550), p2=(400, 450), role="entry", arm="W")
EAST = Gate(id="e", p1=(600, 450), p2=(600, 550), role="exit", arm="E")
CROSSES = Drive(1, (0, 500), (1000, 500), 10, 20)


def trips(camera, *drives, until=60.0):
    analyzer = CameraAnalyzer(camera)
    facts = [fact for t, seen in film(drives, until=until) for fact in analyzer.observe(t, seen)]
    return [fact for fact in [*facts, *analyzer.finish(until)] if isinstance(fact, Trip)]


def test_a_trip_is_in_metres_and_thinned():
    (trip,) = trips(metric_camera(WEST, EAST), CROSSES)
    assert trip.track == 1 and trip.arrived and trip.departed
    assert {round(y) for _, y in trip.positions} == {50}
    assert 35 <= trip.positions[0][0] <= 40 and 60 <= trip.positions[-1][0] <= 65
    steps = [b[0] - a[0] for a, b in zip(trip.positions, trip.positions[1:], strict=False)]
    assert all(step >= 1.0 for step in steps[:-1]) and max(steps) < 2.1
    assert all(b > a for a, b in zip(trip.times, trip.times[1:], strict=False))


def test_trips_at_the_edge_of_observation_are_marked():
    early = Drive(1, (500, 500), (1000, 500), 0, 5)
    late = Drive(2, (0, 500), (500, 500), 50, 60)
    assert [(j.arrived, j.departed) for j in trips(metric_camera(WEST, EAST), early, late)] == [
        (False, True),
        (True, False),
    ]


def test_no_trips_without_a_junction_or_calibration():
    plain = Gate(id="g", p1=(400, 550), p2=(400, 450))
    assert trips(metric_camera(plain), CROSSES) == []
    assert trips(metric_camera(WEST), CROSSES) == []
    assert trips(Camera(id="c", image_size=(1000, 1000), gates=(WEST, EAST)), CROSSES) == []

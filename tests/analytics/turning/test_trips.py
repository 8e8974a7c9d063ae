"""Ways over a junction, as the analyst tells them."""

from analytics.camera import Camera, Gate
from analytics.camera_analyzer import CameraAnalyzer
from analytics.facts import Trip
from tests.support.builders import Drive, film, metric_camera

WEST = Gate(id="w", p1=(400, 550), p2=(400, 450), role="entry", arm="W")
EAST = Gate(id="e", p1=(600, 450), p2=(600, 550), role="exit", arm="E")
CROSSES = Drive(1, (0, 500), (1000, 500), 10, 20)


def journeys(camera, *drives, until=60.0):
    analyst = CameraAnalyzer(camera)
    facts = [fact for t, seen in film(drives, until=until) for fact in analyst.observe(t, seen)]
    return [fact for fact in [*facts, *analyst.finish(until)] if isinstance(fact, Trip)]


def test_the_way_over_the_junction_is_told_in_metres_and_thinned():
    (journey,) = journeys(metric_camera(WEST, EAST), CROSSES)
    assert journey.track == 1 and journey.arrived and journey.departed
    assert {round(y) for _, y in journey.positions} == {50}
    assert 35 <= journey.positions[0][0] <= 40 and 60 <= journey.positions[-1][0] <= 65
    steps = [b[0] - a[0] for a, b in zip(journey.positions, journey.positions[1:], strict=False)]
    assert all(step >= 1.0 for step in steps[:-1]) and max(steps) < 2.1
    assert all(b > a for a, b in zip(journey.times, journey.times[1:], strict=False))


def test_who_was_there_before_or_stays_is_told_apart():
    early = Drive(1, (500, 500), (1000, 500), 0, 5)
    late = Drive(2, (0, 500), (500, 500), 50, 60)
    assert [(j.arrived, j.departed) for j in journeys(metric_camera(WEST, EAST), early, late)] == [
        (False, True),
        (True, False),
    ]


def test_no_journeys_without_a_junction_or_without_metres():
    plain = Gate(id="g", p1=(400, 550), p2=(400, 450))
    assert journeys(metric_camera(plain), CROSSES) == []
    assert journeys(metric_camera(WEST), CROSSES) == []
    assert journeys(Camera(id="c", image_size=(1000, 1000), gates=(WEST, EAST)), CROSSES) == []

import pytest

from analytics.camera_analyzer import CameraAnalyzer
from analytics.facts import Incident, IncidentType
from analytics.road_users import RoadUser
from tests.support.analysis import analyse
from tests.support.builders import Drive, metric_camera, straight_road, tracks


@pytest.mark.parametrize(
    ("name", "drive", "alerts"),
    [
        ("against the direction", Drive(1, (1000, 500), (0, 500), 0, 10), 1),
        ("with the direction", Drive(1, (0, 500), (1000, 500), 0, 10), 0),
        ("across the road", Drive(1, (500, 300), (520, 700), 0, 10), 0),
        ("backs up for three metres", Drive(1, (500, 500), (470, 500), 0, 2), 0),
        ("against the direction, beside the zone", Drive(1, (1000, 700), (0, 700), 0, 10), 0),
        ("walks against the direction", Drive(1, (1000, 500), (0, 500), 0, 30, RoadUser.PERSON), 0),
    ],
)
def test_wrong_way(name, drive, alerts):
    facts = analyse(metric_camera(zones=[straight_road()]), [drive], until=40)
    raised = [f.type for f in facts if isinstance(f, Incident) and f.end_s is None]
    assert raised.count(IncidentType.WRONG_WAY) == alerts, name


def test_wrong_way_is_raised_within_seconds():
    facts = analyse(metric_camera(zones=[straight_road()]), [Drive(1, (1000, 500), (0, 500), 0, 10)], until=40)
    raised, ended = (f for f in facts if isinstance(f, Incident))
    enters = 1.0
    assert raised.detected_s - enters < 3
    assert ended.end_s == pytest.approx(9, abs=1)


def test_a_track_that_jumps_between_vehicles_is_no_wrong_way_driver():
    analyzer = CameraAnalyzer(metric_camera(zones=[straight_road()]))
    jumps = {0.2: 800, 0.4: 760, 0.8: 720, 1.2: 680, 1.6: 640}
    facts = [
        fact
        for k in range(100)
        for fact in analyzer.observe(k / 5, tracks((1, jumps[k / 5], 500)) if k / 5 in jumps else tracks())
    ]
    assert not [f for f in facts if isinstance(f, Incident)]


def test_a_track_lost_in_a_queue_and_found_further_up_is_no_wrong_way_driver():
    analyzer = CameraAnalyzer(metric_camera(zones=[straight_road()]))
    sways = {k / 5: 600 - 6 * (k - 5) for k in range(5, 11)}
    found_again = {4.6: 470, 4.8: 464, 5.0: 460, 5.2: 460}
    seen = {round(t, 1): u for t, u in (sways | found_again).items()}
    facts = [
        fact
        for k in range(60)
        for fact in analyzer.observe(k / 5, tracks((1, seen[k / 5], 500)) if k / 5 in seen else tracks())
    ]
    assert not [f for f in facts if isinstance(f, Incident)]

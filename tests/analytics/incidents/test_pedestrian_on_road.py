import pytest

from analytics.facts import Incident, IncidentType
from analytics.road_users import RoadUser
from tests.support.analysis import analyse
from tests.support.builders import Drive, metric_camera, straight_road


def walk(start, end, seconds, road_user=RoadUser.PERSON):
    return Drive(1, start, end, 0, seconds, road_user)


@pytest.mark.parametrize(
    ("name", "drive", "signal", "alerts"),
    [
        ("walks along the carriageway", walk((300, 500), (600, 500), 30), False, 1),
        ("stands on the carriageway", walk((300, 500), (301, 500), 30), False, 1),
        ("walks beside it", walk((300, 650), (600, 650), 30), False, 0),
        ("crosses at a signal", walk((500, 380), (500, 620), 16), True, 0),
        ("stays at a signal", walk((500, 450), (510, 550), 60), True, 1),
        ("rides an undetected vehicle", walk((0, 500), (1000, 500), 12), False, 0),
        ("rides a bicycle", walk((300, 500), (600, 500), 30, RoadUser.BICYCLE), False, 0),
    ],
)
def test_person_on_road(name, drive, signal, alerts):
    facts = analyse(metric_camera(zones=[straight_road(signal_controlled=signal)]), [drive], until=70)
    raised = [f.type for f in facts if isinstance(f, Incident) and f.end_s is None]
    assert raised == [IncidentType.PERSON_ON_ROAD] * alerts, name


def person_alerts(drives, *, until=70.0, signal=False):
    facts = analyse(metric_camera(zones=[straight_road(signal_controlled=signal)]), drives, until=until)
    return [fact for fact in facts if isinstance(fact, Incident) and fact.type is IncidentType.PERSON_ON_ROAD]


def test_a_rider_that_stops_is_no_pedestrian():
    rides = Drive(1, (100, 500), (300, 500), 0, 4, RoadUser.PERSON)
    stands = Drive(1, (300, 500), (301, 500), 4.2, 40, RoadUser.PERSON)
    assert person_alerts([rides, stands]) == []


def test_a_person_counts_as_long_as_it_is_seen():
    assert person_alerts([walk((300, 500), (301, 500), 3)]) == []
    first, *_ = person_alerts([walk((300, 500), (301, 500), 30)])
    assert first.detected_s - first.start_s == pytest.approx(5, abs=0.5)


def stands(track, at, seconds, road_user=RoadUser.PERSON, *, since=0.0):
    return Drive(track, at, (at[0] + 1, at[1]), since, seconds, road_user)


CAR_AHEAD = stands(3, (560, 480), 60, RoadUser.CAR)


@pytest.mark.parametrize(
    ("name", "others", "alerts"),
    [
        ("a truck beside hides the machine", [stands(2, (505, 505), 60, RoadUser.TRUCK), CAR_AHEAD], 0),
        ("a motorcycle behind hides the machine", [stands(2, (485, 495), 60, RoadUser.MOTORCYCLE), CAR_AHEAD], 0),
        ("the feet are visible in the queue", [stands(2, (505, 470), 60, RoadUser.TRUCK), CAR_AHEAD], 1),
        ("a truck that it delays hides the feet", [stands(2, (485, 490), 60, RoadUser.TRUCK)], 1),
        ("a truck hides the feet while it passes", [Drive(2, (100, 505), (900, 505), 2, 10, RoadUser.TRUCK)], 1),
    ],
)
def test_a_person_whose_machine_a_queue_may_hide_is_no_pedestrian(name, others, alerts):
    raised = person_alerts([stands(1, (500, 480), 60), *others], until=30)
    assert len({incident.number for incident in raised}) == alerts, name


def test_hidden_time_does_not_count_and_visible_time_does():
    queue = [stands(2, (505, 505), 20, RoadUser.TRUCK), stands(3, (560, 480), 20, RoadUser.CAR)]
    first, *_ = person_alerts([stands(1, (500, 480), 60), *queue])
    assert 24 <= first.detected_s <= 36

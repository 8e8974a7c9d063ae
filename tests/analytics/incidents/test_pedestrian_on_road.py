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

import pytest

from analytics.facts import Incident, IncidentType
from tests.analytics.builders import Drive, metric_camera
from tests.analytics.test_analyst import analyse


def stays(track, place, since, until=40.0):
    return Drive(track, place, place, since + 0.01, until)


FROM_WEST, FROM_NORTH = Drive(1, (0, 500), (480, 500), 0, 4), Drive(2, (500, 20), (500, 500), 0, 4)
STAY = [stays(1, (480, 500), 4), stays(2, (500, 500), 4)]
GO_ON = [Drive(1, (480, 500), (900, 500), 4.5, 9), Drive(2, (500, 500), (500, 900), 4.5, 9)]
BRAKES = [Drive(1, (0, 500), (300, 500), 0, 2.5), Drive(1, (300, 500), (440, 500), 2.51, 5), stays(1, (440, 500), 5)]
EACH_ITS_WAY = [Drive(1, (0, 500), (1000, 500), 0, 8), Drive(2, (1000, 520), (0, 520), 0, 8)]


@pytest.mark.parametrize(
    ("name", "drives", "alerts"),
    [
        ("two meet at a right angle and stay", [FROM_WEST, FROM_NORTH, *STAY], 1),
        ("one stops dead behind another that stands since long", [FROM_WEST, STAY[0], stays(2, (500, 500), 0)], 0),
        ("two pass close by each other", EACH_ITS_WAY, 0),
        ("one stops dead alone", [FROM_WEST, STAY[0]], 0),
        ("one brakes behind another that brakes", [*BRAKES, Drive(2, (60, 500), (500, 500), 0, 9), STAY[1]], 0),
        ("both drive on at once", [FROM_WEST, FROM_NORTH, *GO_ON], 0),
    ],
)
def test_collision(name, drives, alerts):
    facts = analyse(metric_camera(), drives, until=40, fps=10)
    raised = [f.type for f in facts if isinstance(f, Incident) and f.end_s is None]
    assert raised == [IncidentType.COLLISION] * alerts, name


def test_when_and_where():
    (raised,) = (
        f for f in analyse(metric_camera(), [FROM_WEST, FROM_NORTH, *STAY], until=30, fps=10) if isinstance(f, Incident)
    )
    assert raised.start_s == pytest.approx(5, abs=1.5)
    assert raised.detected_s < 12
    assert raised.pixel == pytest.approx((490, 500), abs=15)
    assert raised.zone is None

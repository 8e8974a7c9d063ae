import pytest

from analytics.camera import Zone
from analytics.facts import Incident, IncidentType
from tests.support.analysis import analyse
from tests.support.builders import Drive, metric_camera, straight_road


def stays(track, position, since, until=40.0):
    return Drive(track, position, position, since + 0.01, until)


FROM_WEST, FROM_NORTH = Drive(1, (0, 500), (480, 500), 0, 4), Drive(2, (500, 20), (500, 500), 0, 4)
STAY = [stays(1, (480, 500), 4), stays(2, (500, 500), 4)]
GO_ON = [Drive(1, (480, 500), (900, 500), 4.5, 9), Drive(2, (500, 500), (500, 900), 4.5, 9)]
BRAKES = [Drive(1, (0, 500), (300, 500), 0, 2.5), Drive(1, (300, 500), (440, 500), 2.51, 5), stays(1, (440, 500), 5)]
EACH_ITS_WAY = [Drive(1, (0, 500), (1000, 500), 0, 8), Drive(2, (1000, 520), (0, 520), 0, 8)]


@pytest.mark.parametrize(
    ("name", "drives", "alerts"),
    [
        ("two vehicles meet at a right angle and stay", [FROM_WEST, FROM_NORTH, *STAY], 1),
        ("a vehicle stops abruptly behind a standing one", [FROM_WEST, STAY[0], stays(2, (500, 500), 0)], 0),
        ("two vehicles pass close to each other", EACH_ITS_WAY, 0),
        ("a single vehicle stops abruptly", [FROM_WEST, STAY[0]], 0),
        ("a vehicle brakes behind a braking one", [*BRAKES, Drive(2, (60, 500), (500, 500), 0, 9), STAY[1]], 0),
        ("both drive on immediately", [FROM_WEST, FROM_NORTH, *GO_ON], 0),
    ],
)
def test_collision(name, drives, alerts):
    facts = analyse(metric_camera(), drives, until=40, fps=10)
    raised = [f.type for f in facts if isinstance(f, Incident) and f.end_s is None]
    assert raised == [IncidentType.COLLISION] * alerts, name


def test_time_and_position_are_reported():
    (raised,) = (
        f for f in analyse(metric_camera(), [FROM_WEST, FROM_NORTH, *STAY], until=30, fps=10) if isinstance(f, Incident)
    )
    assert raised.start_s == pytest.approx(5, abs=1.5)
    assert raised.detected_s < 12
    assert raised.pixel == pytest.approx((490, 500), abs=15)
    assert raised.zone is None


def raised_at(fps, start, *, others=()):
    """One car drives into another at 12 m/s; the first frame is `start` seconds into the scene."""
    behind = [Drive(1, (0, 500), (480, 500), 0, 4), stays(1, (480, 500), 4)]
    ahead = [Drive(2, (250, 500), (500, 500), 0, 3), stays(2, (500, 500), 3)]
    west = Zone(id="west", polygon=((100, 420), (900, 420), (900, 300), (100, 300)), direction=(-1, 0), lanes=2)
    camera = metric_camera(zones=(straight_road(), west))
    facts = analyse(camera, [*behind, *ahead, *others], until=30, fps=fps, start=start)
    return [f.type for f in facts if isinstance(f, Incident) and f.end_s is None and f.type is IncidentType.COLLISION]


@pytest.mark.parametrize("fps", [5.0, 6.25, 12.5])
def test_a_stop_between_two_scenes_is_abrupt(fps):
    assert all(len(raised_at(fps, start)) == 1 for start in (0.0, 0.15, 0.3, 0.45))


def test_a_queue_on_the_other_carriageway_is_ignored():
    waiting = [stays(10 + k, (420 + 60 * k, 380), 0.0) for k in range(4)]
    assert len(raised_at(5.0, 0.0, others=waiting)) == 1

import numpy as np
import pytest

from analytics.camera_analyzer import CameraAnalyzer
from analytics.facts import ZoneInterval
from analytics.flow.occlusion import impute_speeds, match_reappeared
from tests.support.builders import Drive, film, joined, metric_camera, straight_road, tracks

EAST = (1.0, 0.0)


def speed_beside(seen, *, own_ms=0.0, hidden_s=10.0):
    """Of one hidden vehicle at 0, 0 among (along, beside, speed) of seen ones."""
    steps = np.array([[position[:2] for position in seen]], dtype=float).reshape(1, -1, 2)
    speeds = np.array([position[2] for position in seen], dtype=float)
    return impute_speeds(steps, speeds, np.array([own_ms]), np.array([hidden_s]), EAST).item()


def test_a_hidden_vehicle_stands_where_its_neighbours_stand():
    assert speed_beside([(3, 0, 0), (-4, 1, 0)], own_ms=9.0) < 0.1


def test_a_hidden_vehicle_goes_with_the_nearest():
    assert speed_beside([(2, 0, 6.0), (20, 0, 0.0)]) == pytest.approx(6.0, rel=0.05)


def test_just_lost_it_keeps_some_of_its_own_speed():
    assert speed_beside([(3, 0, 0)], own_ms=9.0, hidden_s=0.6) > speed_beside([(3, 0, 0)], own_ms=9.0, hidden_s=3.0)


def test_alone_on_the_road_it_drives_on():
    assert speed_beside([]) > 5


def test_it_never_goes_back():
    assert speed_beside([(2, 0, -3.0)]) == 0.0


@pytest.mark.parametrize(
    ("position", "expected"),
    [
        ((11.0, 0.5), 1),
        ((3.0, 0.0), 0),
        ((60.0, 0.0), None),
        ((10.0, 6.0), None),
    ],
)
def test_a_newcomer_is_the_nearest_hidden_vehicle_in_its_lane_or_nobody(position, expected):
    hidden = np.array([[0.0, 0.0], [10.0, 0.0]])
    assert match_reappeared(position, hidden, [5.0, 5.0], EAST) == expected


def test_the_longer_hidden_the_farther_it_may_have_come():
    hidden = np.array([[0.0, 0.0]])
    assert match_reappeared((12.0, 0.0), hidden, [2.0], EAST) is None
    assert match_reappeared((12.0, 0.0), hidden, [20.0], EAST) == 0


def minute(frames, camera):
    analyst = CameraAnalyzer(camera)
    facts = [fact for t, seen in frames for fact in analyst.observe(t, seen)]
    return next(fact for fact in facts if isinstance(fact, ZoneInterval))


def queue(*, hidden_from_s=np.inf, back_as=None):
    """Two cars drive up and stand; the one behind is hidden for 30 s, and drives on, perhaps under another id."""
    drives = [Drive(1, (100, 500), (700, 500), 0, 5), Drive(2, (50, 500), (640, 500), 0, 5)]
    for t, seen in film(drives, until=61):
        standing = [(1, 700, 500)] if t < 45 else [(1, min(990, 700 + 100 * (t - 45)), 500)]
        behind = [(back_as or 2, min(990, 640 + 100 * (t - 45)), 500)] if t >= 45 else [(2, 640, 500)]
        if t <= 5:
            yield t, seen
        else:
            yield t, joined([tracks(*standing), *([] if hidden_from_s < t < 45 else [tracks(*behind)])])


@pytest.mark.parametrize("back_as", [2, 7])
def test_a_vehicle_hidden_in_a_queue_still_spends_its_time_there(back_as):
    camera = metric_camera(zones=[straight_road()])
    plain, hidden = minute(queue(), camera), minute(queue(hidden_from_s=12.0, back_as=back_as), camera)
    assert hidden.speed_kmh == pytest.approx(plain.speed_kmh, rel=0.05)
    assert hidden.density_veh_km_lane == pytest.approx(plain.density_veh_km_lane, rel=0.05)
    assert hidden.flow_veh_h == pytest.approx(plain.flow_veh_h, rel=0.05)


def test_a_hidden_vehicle_belongs_to_the_queue():
    camera = metric_camera(zones=[straight_road()])
    plain, hidden = minute(queue(), camera), minute(queue(hidden_from_s=5.8), camera)
    assert (plain.queue_veh, plain.queue_m) == (2, pytest.approx(10.6, abs=0.2))
    assert (hidden.queue_veh, hidden.queue_m) == (2, pytest.approx(10.6, abs=1.0))


def test_boxes_that_are_gone_at_once_are_no_traffic():
    flickers = [Drive(n, (400, 500), (402, 500), 5 * n, 5 * n + 0.15) for n in range(10)]
    empty = minute(film(flickers, until=61), metric_camera(zones=[straight_road()]))
    assert (empty.speed_kmh, empty.flow_veh_h, empty.density_veh_km_lane) == (None, 0, 0)


def test_nobody_hidden_is_reckoned_with_after_a_gap():
    analyst = CameraAnalyzer(metric_camera(zones=[straight_road()]))
    for t, seen in queue(hidden_from_s=12.0):
        if t < 20:
            analyst.observe(t, seen)
    facts = [fact for k in range(900) for fact in analyst.observe(40.0 + k / 10, tracks())]
    after = next(fact for fact in facts if isinstance(fact, ZoneInterval) and fact.start_s == 60)
    assert (after.density_veh_km_lane, after.speed_kmh) == (0, None)


def test_who_stands_at_the_line_just_outside_the_zone_holds_up_the_hidden_behind():
    def frames(hidden_from_s=np.inf):
        drives = [Drive(1, (100, 500), (910, 500), 0, 8), Drive(2, (50, 500), (850, 500), 0, 8)]
        for t, seen in film(drives, until=61):
            standing = [(1, 910, 500), *([] if t > hidden_from_s else [(2, 850, 500)])]
            yield t, seen if t <= 8 else tracks(*standing)

    camera = metric_camera(zones=[straight_road()])
    plain, hidden = minute(frames(), camera), minute(frames(hidden_from_s=12.0), camera)
    assert hidden.speed_kmh == pytest.approx(plain.speed_kmh, rel=0.1)
    assert hidden.level is plain.level

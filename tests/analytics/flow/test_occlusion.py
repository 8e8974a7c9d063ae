import numpy as np
import pytest

from analytics.camera_analyzer import CameraAnalyzer
from analytics.facts import ZoneInterval
from analytics.flow.occlusion import MAX_ACCELERATION_MS2, impute_speeds, limit_change, match_reappeared
from analytics.road_users import RoadUser
from tests.support.builders import Drive, film, joined, metric_camera, straight_road, tracks

EAST = (1.0, 0.0)


def speed_beside(visible, *, own_ms=0.0, occluded_s=10.0):
    """Imputed speed of an occluded vehicle at (0, 0) among visible ones: (along, beside, speed)."""
    steps = np.array([[position[:2] for position in visible]], dtype=float).reshape(1, -1, 2)
    speeds = np.array([position[2] for position in visible], dtype=float)
    return impute_speeds(steps, speeds, np.array([own_ms]), np.array([occluded_s]), EAST).item()


def test_an_occluded_vehicle_stands_with_its_neighbours():
    assert speed_beside([(3, 0, 0), (-4, 1, 0)], own_ms=9.0) < 0.1


def test_an_occluded_vehicle_moves_with_the_nearest_vehicle():
    assert speed_beside([(2, 0, 6.0), (20, 0, 0.0)]) == pytest.approx(6.0, rel=0.05)


def test_own_speed_counts_shortly_after_the_last_detection():
    assert speed_beside([(3, 0, 0)], own_ms=9.0, occluded_s=0.6) > speed_beside([(3, 0, 0)], own_ms=9.0, occluded_s=3.0)


def test_default_speed_without_neighbours():
    assert speed_beside([]) > 5


def test_imputed_speed_is_never_negative():
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
def test_a_new_track_matches_the_nearest_occluded_vehicle_in_its_lane_or_none(position, expected):
    occluded = np.array([[0.0, 0.0], [10.0, 0.0]])
    assert match_reappeared(position, occluded, occluded[None], [5.0, 5.0], EAST) == expected


def test_match_distance_grows_with_occluded_time():
    occluded = np.array([[0.0, 0.0]])
    assert match_reappeared((12.0, 0.0), occluded, occluded[None], [2.0], EAST) is None
    assert match_reappeared((12.0, 0.0), occluded, occluded[None], [20.0], EAST) == 0


def test_a_vehicle_may_have_kept_its_speed_while_it_was_hidden():
    occluded, steady = np.array([[0.0, 0.0]]), np.array([[14.0, 0.0]])
    assert match_reappeared((12.0, 0.0), occluded, steady[None], [2.0], EAST) == 0
    assert match_reappeared((-12.0, 0.0), occluded, steady[None], [2.0], EAST) is None
    assert match_reappeared((12.0, 0.0), occluded, np.array([-steady, steady]), [2.0], EAST) == 0


@pytest.mark.parametrize(("wanted", "expected"), [(0.0, 10 - MAX_ACCELERATION_MS2 / 2), (9.0, 9.0), (50.0, 11.7)])
def test_an_imputed_speed_changes_no_faster_than_a_vehicle_brakes(wanted, expected):
    assert limit_change(np.array([wanted]), np.array([10.0]), np.array([0.5])) == pytest.approx(expected)


def minute(frames, camera):
    analyzer = CameraAnalyzer(camera)
    facts = [fact for t, seen in frames for fact in analyzer.observe(t, seen)]
    return next(fact for fact in facts if isinstance(fact, ZoneInterval))


def truck_in_front(u, v=620.0):
    """A truck outside the zone, nearer to the camera, whose box covers vehicles of the zone."""
    return tracks((9, u, v), size=200.0, road_user=RoadUser.TRUCK)


def queue(*, occluded_from_s=np.inf, back_as=None, covered=True):
    """Two cars drive up and stand; the rear one is occluded for 30 s and drives on, under id `back_as`."""
    truck = [truck_in_front(640)] if covered else []
    drives = [Drive(1, (100, 500), (700, 500), 0, 5), Drive(2, (50, 500), (640, 500), 0, 5)]
    for t, seen in film(drives, until=61):
        standing = [(1, 700, 500)] if t < 45 else [(1, min(990, 700 + 100 * (t - 45)), 500)]
        behind = [(back_as or 2, min(990, 640 + 100 * (t - 45)), 500)] if t >= 45 else [(2, 640, 500)]
        if t <= 5:
            yield t, joined([seen, *truck])
        else:
            yield t, joined([tracks(*standing), *truck, *([] if occluded_from_s < t < 45 else [tracks(*behind)])])


@pytest.mark.parametrize("back_as", [2, 7])
def test_a_vehicle_occluded_in_a_queue_adds_its_time(back_as):
    camera = metric_camera(zones=[straight_road()])
    plain, occluded = minute(queue(), camera), minute(queue(occluded_from_s=12.0, back_as=back_as), camera)
    assert occluded.speed_kmh == pytest.approx(plain.speed_kmh, rel=0.05)
    assert occluded.density_veh_km_lane == pytest.approx(plain.density_veh_km_lane, rel=0.05)
    assert occluded.flow_veh_h == pytest.approx(plain.flow_veh_h, rel=0.05)


def test_an_occluded_vehicle_is_part_of_the_queue():
    camera = metric_camera(zones=[straight_road()])
    plain, occluded = minute(queue(), camera), minute(queue(occluded_from_s=5.8), camera)
    assert (plain.queue_veh, plain.queue_m) == (2, pytest.approx(10.6, abs=0.2))
    assert (occluded.queue_veh, occluded.queue_m) == (2, pytest.approx(10.6, abs=1.0))


def test_a_vehicle_that_nothing_covers_is_not_imputed():
    """It was a false detection, or has left."""
    camera = metric_camera(zones=[straight_road()])
    lost = minute(queue(occluded_from_s=12.0, back_as=7, covered=False), camera)
    imputed = minute(queue(occluded_from_s=12.0, back_as=7), camera)
    vehicle_s = (imputed.density_veh_km_lane - lost.density_veh_km_lane) * 0.08 * 2 * 60
    assert vehicle_s == pytest.approx(33, abs=2.5), "of 33 s without a detection"


def test_a_vehicle_missed_in_the_open_adds_its_time_when_it_is_detected_again():
    camera = metric_camera(zones=[straight_road()])
    plain, missed = minute(queue(covered=False), camera), minute(queue(occluded_from_s=30.0, covered=False), camera)
    assert missed.density_veh_km_lane == pytest.approx(plain.density_veh_km_lane, rel=0.01)


def test_a_vehicle_lost_beside_a_breakdown_and_found_ahead_of_it_stands_there_no_longer():
    """It gathers speed while it is hidden, so that its new track starts out of reach of its last speed."""

    def frames(back_as):
        drives = [
            Drive(1, (640, 500), (640, 500), 0, 61),
            Drive(2, (600, 520), (630, 520), 0, 10),
            Drive(back_as, (700, 520), (995, 520), 11.3, 14.25),
        ]
        for t, seen in film(drives, until=61):
            yield t, joined([seen, truck_in_front(640)])

    camera = metric_camera(zones=[straight_road()])
    same_track, new_track = minute(frames(2), camera), minute(frames(7), camera)
    assert new_track.density_veh_km_lane == pytest.approx(same_track.density_veh_km_lane, rel=0.05)


def test_short_tracks_add_nothing():
    flickers = [Drive(n, (400, 500), (402, 500), 5 * n, 5 * n + 0.15) for n in range(10)]
    empty = minute(film(flickers, until=61), metric_camera(zones=[straight_road()]))
    assert (empty.speed_kmh, empty.flow_veh_h, empty.density_veh_km_lane) == (None, 0, 0)


def test_no_vehicle_is_imputed_after_a_gap():
    analyzer = CameraAnalyzer(metric_camera(zones=[straight_road()]))
    for t, seen in queue(occluded_from_s=12.0):
        if t < 20:
            analyzer.observe(t, seen)
    facts = [fact for k in range(900) for fact in analyzer.observe(40.0 + k / 10, tracks())]
    after = next(fact for fact in facts if isinstance(fact, ZoneInterval) and fact.start_s == 60)
    assert (after.density_veh_km_lane, after.speed_kmh) == (0, None)


def test_a_vehicle_standing_just_outside_the_zone_slows_occluded_vehicles_behind_it():
    def frames(occluded_from_s=np.inf):
        drives = [Drive(1, (100, 500), (910, 500), 0, 8), Drive(2, (50, 500), (850, 500), 0, 8)]
        for t, seen in film(drives, until=61):
            standing = [(1, 910, 500), *([] if t > occluded_from_s else [(2, 850, 500)])]
            yield t, joined([seen if t <= 8 else tracks(*standing), truck_in_front(850)])

    camera = metric_camera(zones=[straight_road()])
    plain, occluded = minute(frames(), camera), minute(frames(occluded_from_s=12.0), camera)
    assert occluded.speed_kmh == pytest.approx(plain.speed_kmh, rel=0.1)
    assert occluded.level is plain.level

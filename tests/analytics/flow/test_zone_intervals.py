"""Flow in passenger-car units of zones, from whole scenes."""

from dataclasses import replace

import numpy as np
import pytest

from analytics.camera import Road
from analytics.camera_analyzer import CameraAnalyzer
from analytics.capacity.pkji_tables import RoadType
from analytics.facts import Coverage, Level, LevelOfService, ZoneInterval
from analytics.flow.edie_totals import EdieTotals
from analytics.flow.zone_intervals import ZoneIntervalAggregator
from analytics.road_users import ROAD_USERS, RoadUser
from tests.support.builders import Drive, film, metric_camera, straight_road

ONE_WAY = Road(type=RoadType.DIVIDED_4, capacity_smp_h=3000)


def minute_of(zone, camera=metric_camera):
    """Six cars, six motorcycles and a bus drive through in a minute."""
    users = [RoadUser.CAR, RoadUser.MOTORCYCLE] * 6 + [RoadUser.BUS]
    drives = [Drive(n, (0, 500), (990, 500), 4 * n, 4 * n + 6, user) for n, user in enumerate(users)]
    analyzer = CameraAnalyzer(camera(zones=[zone]))
    facts = [fact for t, seen in film(drives, until=61) for fact in analyzer.observe(t, seen)]
    return next(fact for fact in facts if isinstance(fact, ZoneInterval))


def test_a_zone_whose_road_is_not_described_has_no_smp():
    interval = minute_of(straight_road())
    assert interval.flow_veh_h is not None
    assert (interval.smp_h, interval.saturation, interval.level_of_service, interval.emp_verified) == (None,) * 4


def test_a_wrong_way_driver_does_not_lower_the_zone_speed():
    drives = [Drive(1, (0, 500), (1000, 500), 0, 10), Drive(2, (1000, 450), (0, 450), 20, 30)]
    analyzer = CameraAnalyzer(metric_camera(zones=[straight_road()]))
    facts = [fact for t, seen in film(drives, until=61) for fact in analyzer.observe(t, seen)]
    (interval,) = (fact for fact in facts if isinstance(fact, ZoneInterval))
    assert interval.speed_kmh == pytest.approx(36.0, rel=0.05)
    assert interval.level is Level.FREE


@pytest.mark.parametrize("calibrated", [True, False])
def test_smp_flow_of_a_zone_weights_its_classes(calibrated):
    def camera(zones):
        drawn = metric_camera(zones=zones)
        return drawn if calibrated else replace(drawn, control_points=())

    interval = minute_of(replace(straight_road(), road=ONE_WAY), camera)
    expected = 60 * (6 + 6 * 0.40 + 1.3)
    assert interval.smp_h == pytest.approx(expected, rel=0.05)
    assert interval.saturation == pytest.approx(interval.smp_h / 3000)
    assert interval.emp_verified is True


@pytest.mark.parametrize(
    ("saturation", "level", "road_type", "expected"),
    [
        (0.1, Level.FREE, RoadType.DIVIDED_4, LevelOfService.A),
        (0.5, Level.DENSE, RoadType.DIVIDED_4, LevelOfService.C),
        (0.1, Level.JAMMED, RoadType.DIVIDED_4, LevelOfService.F),
        (0.1, Level.UNKNOWN, RoadType.DIVIDED_4, None),
        (0.5, Level.FREE, RoadType.SIGNAL_PROTECTED, None),
    ],
)
def test_level_of_service_beside_the_public_level(saturation, level, road_type, expected):
    cars = 10
    road = Road(type=road_type, capacity_smp_h=cars * 60 / saturation)
    camera = metric_camera(zones=[replace(straight_road(), road=road)])
    aggregator = ZoneIntervalAggregator(camera.zones, camera.homography)
    by_class = np.array([[cars * 80.0 if user is RoadUser.CAR else 0.0 for user in ROAD_USERS]])
    aggregator.add(EdieTotals(by_class / 80 * 6, by_class, by_class / 80))
    (interval,) = aggregator.close(Coverage(start_s=0, end_s=60, observed_s=60), [level], [14.0])
    assert interval.saturation == pytest.approx(saturation)
    assert interval.level_of_service is expected


def test_a_zone_with_little_observed_time_has_no_smp():
    camera = metric_camera(zones=[replace(straight_road(), road=ONE_WAY)])
    aggregator = ZoneIntervalAggregator(camera.zones, camera.homography)
    (interval,) = aggregator.close(Coverage(start_s=0, end_s=60, observed_s=3), [Level.FREE], [14.0])
    assert (interval.smp_h, interval.saturation, interval.level_of_service) == (None, None, None)

"""Time and distance of vehicles in a zone, frame by frame."""

import pytest

from analytics.flow.edie_totals import EdieTotals
from analytics.flow.zone_travel import ZoneTravelMeter
from analytics.road_users import RoadUser
from analytics.tracks.scene import SceneSampler
from analytics.tracks.trajectories import Trajectories
from tests.support.builders import Drive, film, joined, metric_camera, straight_road, tracks


class Road:
    """A zone of 80 m with the meter, fed frame by frame."""

    def __init__(self):
        camera = metric_camera(zones=[straight_road()])
        self.trajectories = Trajectories(camera.homography)
        self.scenes = SceneSampler(camera.zones, camera.homography)
        self.meter = ZoneTravelMeter(camera.zones, camera.homography)
        self.totals = EdieTotals.zeros(1)
        self.last_t = None

    def feed(self, t, seen, *, after_gap=False):
        step_s = 0.0 if after_gap or self.last_t is None else t - self.last_t
        self.last_t = t
        self.totals += self.meter.observe(self.trajectories.update(t, step_s, seen))
        scene = self.scenes.observe(t, self.trajectories)
        if scene is not None:
            self.totals += self.meter.advance_occluded(scene)

    def film(self, drives, until, *, also=()):
        for t, seen in film(drives, until=until):
            self.feed(t, joined([seen, *also]))
        return self


COVER = tracks((9, 500, 620), size=1000, road_user=RoadUser.BUS)
"""A bus outside the zone, nearer to the camera, whose box covers the whole zone."""


def test_a_drive_through_the_zone_adds_its_length_and_time():
    road = Road().film([Drive(1, (0, 500), (1000, 500), 0, 10)], until=12)
    assert road.totals.metres.tolist() == pytest.approx([80], abs=1)
    assert road.totals.seconds.tolist() == pytest.approx([8], abs=0.1)
    assert road.totals.entered.tolist() == [1]


def test_pedestrians_add_nothing():
    road = Road().film([Drive(1, (300, 500), (420, 500), 0, 10, RoadUser.PERSON)], until=12)
    assert road.totals.seconds.tolist() == [0] and len(road.meter) == 0


def test_a_dropped_vehicle_gives_its_mean_speed():
    road = Road().film([Drive(1, (0, 500), (1000, 500), 0, 10)], until=12)
    assert road.meter.drop(road.trajectories.pop_all()) == [(0, pytest.approx(10, rel=0.05))]
    assert len(road.meter) == 0


def test_an_occluded_vehicle_outlives_its_track_until_it_leaves_the_zone():
    road = Road().film([Drive(1, (0, 500), (300, 500), 0, 3)], until=5, also=[COVER])
    assert [vehicle.zone for vehicle in road.meter.occluded] == [0]
    assert road.meter.drop(road.trajectories.pop_all()) == []
    assert len(road.meter) == 1
    for k in range(50, 200):
        road.feed(k / 10, COVER)
    assert len(road.meter) == 1 and list(road.meter.occluded) == []
    assert road.totals.metres.tolist() == pytest.approx([80], abs=3)


def test_time_in_a_gap_is_not_added():
    road = Road().film([Drive(1, (300, 500), (400, 500), 0, 2)], until=2)
    before = road.totals.seconds.item()
    road.feed(9.0, tracks((1, 410, 500)), after_gap=True)
    assert road.totals.seconds.item() == before
    road.feed(9.1, tracks((1, 411, 500)))
    assert road.totals.seconds.item() == pytest.approx(before + 0.1)

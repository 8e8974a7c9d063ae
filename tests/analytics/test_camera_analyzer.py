"""The whole of one camera: intervals, coverage, levels and incidents from simple scenes."""

from collections import deque

import numpy as np
import pytest

from analytics.camera import Camera, Gate
from analytics.camera_analyzer import CameraAnalyzer
from analytics.detections import Tracks
from analytics.facts import Coverage, Crossing, GateInterval, Incident, IncidentType, Level, LevelChange, ZoneInterval
from analytics.road_users import RoadUser
from tests.support.analysis import analyse
from tests.support.builders import Drive, film, metric_camera, straight_road, tracks

GATE = Gate(id="g", p1=(500, 600), p2=(500, 400))


def platoon(count, *, every_s, speed_px_s=120.0, first=0.0, lane=500.0, road_user=RoadUser.CAR):
    """Cars that follow each other through the straight road, 43 km/h at 120 px/s."""
    return [
        Drive(k + 1, (0, lane), (1000, lane), first + k * every_s, first + k * every_s + 1000 / speed_px_s, road_user)
        for k in range(count)
    ]


def of(kind, facts):
    return [fact for fact in facts if isinstance(fact, kind)]


def test_flow_speed_and_density_of_a_minute():
    facts = analyse(metric_camera(GATE, zones=[straight_road()]), platoon(30, every_s=4), until=120)
    second = of(ZoneInterval, facts)[1]
    assert (second.start_s, second.end_s, second.coverage) == (60, 120, 1.0)
    assert second.flow_veh_h == pytest.approx(900, rel=0.05)
    assert second.speed_kmh == pytest.approx(43.2, rel=0.02)
    assert second.density_veh_km_lane == pytest.approx(900 / 43.2 / 2, rel=0.05)
    assert second.occupancy == pytest.approx(second.density_veh_km_lane * 4.6 / 1000, rel=0.01)
    assert second.queue_m == 0 and second.queue_veh == 0
    assert second.level is Level.FREE
    assert {c.speed_kmh is not None for c in of(Crossing, facts)} == {True}


def test_without_calibration_there_is_no_kmh_but_a_relative_speed():
    camera = metric_camera(GATE, zones=[straight_road()])
    camera = Camera(id="c", image_size=camera.image_size, gates=camera.gates, zones=camera.zones)
    drives = platoon(60, every_s=4)
    drives += [Drive(100 + k, (0, 500), (1000, 500), 244 + 4 * k, 244 + 4 * k + 25) for k in range(30)]
    facts = analyse(camera, drives, until=360)
    intervals = of(ZoneInterval, facts)
    assert all(i.speed_kmh is None and i.queue_m is None for i in intervals)
    assert intervals[0].relative_speed is None
    assert intervals[3].relative_speed == pytest.approx(1.0, abs=0.1)
    assert intervals[5].relative_speed == pytest.approx(1 / 3, abs=0.05)
    assert intervals[3].flow_veh_h == pytest.approx(900, rel=0.1)
    assert all(c.speed_kmh is None for c in of(Crossing, facts))


def test_an_empty_minute_is_zero_and_an_unobserved_one_is_unknown():
    camera = metric_camera(zones=[straight_road()])
    analyzer = CameraAnalyzer(camera)
    facts = []
    for t, frame in film([], until=61, fps=2):
        facts += analyzer.observe(t, frame)
    facts += analyzer.advance(200)
    empty, *dark = of(ZoneInterval, facts)
    assert (empty.flow_veh_h, empty.density_veh_km_lane, empty.level, empty.speed_kmh) == (0, 0, Level.FREE, None)
    assert [(i.flow_veh_h, i.occupancy, i.queue_veh, i.level) for i in dark] == [(None, None, None, Level.UNKNOWN)] * 2
    assert [i.coverage for i in dark] == pytest.approx([0.5 / 60, 0], abs=0.01)


def test_coverage_is_emitted_every_ten_seconds_and_sums_to_the_observed_time():
    facts = analyse(metric_camera(), [], until=35, start=7.0)
    periods = of(Coverage, facts)
    # From the first frame on: an earlier run may have reported the seconds before it.
    assert [(p.start_s, p.end_s) for p in periods] == [(7, 10), (10, 20), (20, 30), (30, 35)]
    assert sum(p.observed_s for p in periods) == pytest.approx(28)


def test_a_period_is_reported_after_its_crossings():
    """A program that is killed right after the report of a period has reported its crossings, too."""
    analyzer = CameraAnalyzer(metric_camera(GATE))
    reported, crossed, at_risk = 0.0, [], []
    for t, frame in film([Drive(k, (0, 500), (1000, 500), 5.9 * k, 5.9 * k + 8) for k in range(1, 12)], until=80):
        for fact in analyzer.observe(t, frame):
            if isinstance(fact, Crossing):
                crossed.append(fact.t)
                at_risk += [fact.t] if fact.t < reported else []
            if isinstance(fact, Coverage):
                reported = fact.end_s
    assert len(crossed) >= 9 and reported >= 60
    assert at_risk == []


DOUBTS = [
    ((), 30),  # all frames clear
    ([(12, 13.5)], 30),  # a doubt that ends in time
    ([(12, 15)], 27),  # one that lasts longer: not observed from its start
    ([(12, 13.5), (14, 15.5)], 30),
]


@pytest.mark.parametrize(("doubts", "observed_s"), DOUBTS)
def test_doubtful_frames_count_as_observed_if_a_clear_one_follows_soon(doubts, observed_s):
    analyzer = CameraAnalyzer(metric_camera(zones=[straight_road()]))
    facts = []
    for t, frame in film([], until=30.2, fps=5):
        in_doubt = any(start < t < end for start, end in doubts)
        facts += analyzer.observe(t, frame, doubt_s=2.0 if in_doubt else None)
    facts += analyzer.finish(30.0)
    assert sum(p.observed_s for p in of(Coverage, facts)) == pytest.approx(observed_s, abs=0.41)


def test_time_of_doubtful_frames_ends_without_a_clear_one():
    analyzer = CameraAnalyzer(metric_camera(zones=[straight_road()]))
    facts = []
    for t, frame in film([], until=100, fps=5):
        facts += analyzer.observe(t, frame, doubt_s=2.0 if t > 30 else None)
    assert [i.coverage for i in of(ZoneInterval, facts)] == pytest.approx([0.5], abs=0.01)
    assert sum(p.observed_s for p in of(Coverage, facts)) == pytest.approx(30, abs=0.3)


def test_vehicles_in_doubtful_frames_are_no_density_of_the_time_before():
    """A picture that freezes with vehicles on it repeats them in time that does not count."""
    facts, analyzer = [], CameraAnalyzer(metric_camera(GATE, zones=[straight_road()]))
    frozen = next(frame for t, frame in film(platoon(1, every_s=4), until=60) if t > 8)
    for t, frame in film([], until=62, fps=5):
        is_frozen = 50 < t < 58
        facts += analyzer.observe(t, frozen if is_frozen else frame, doubt_s=5.0 if is_frozen else None)
    (interval,) = of(ZoneInterval, facts)
    assert interval.density_veh_km_lane == 0


def test_flow_of_a_gate_is_that_of_the_observed_time():
    """Vehicles that are seen in damaged pictures are reported; their time and they are not in the minute's flow."""
    facts, analyzer = [], CameraAnalyzer(metric_camera(GATE))
    for t, frame in film(platoon(30, every_s=4), until=65, fps=5):
        facts += analyzer.observe(t, frame, doubt_s=2.0 if 20 < t < 60 else None)
    (flow,) = [i for i in of(GateInterval, facts) if i.direction == of(Crossing, facts)[0].direction]
    crossed = [c.t for c in of(Crossing, facts) if c.t < 60]
    assert flow.coverage == pytest.approx(20 / 60, abs=0.01)
    assert len(crossed) == 14
    assert flow.flow_veh_h == pytest.approx(sum(t <= 20 for t in crossed) * 3600 / (60 * flow.coverage))


def test_time_that_ends_in_doubt_is_not_observed():
    analyzer, facts = CameraAnalyzer(metric_camera(GATE)), []
    for t, frame in film([], until=30, fps=5):
        facts += analyzer.observe(t, frame, doubt_s=5.0 if t > 28 else None)
    facts += analyzer.finish(30.0)
    assert sum(p.observed_s for p in of(Coverage, facts)) == pytest.approx(28, abs=0.21)


def test_vehicles_in_a_frozen_picture_are_no_queue():
    facts, analyzer, shown = [], CameraAnalyzer(metric_camera(zones=[straight_road()])), None
    for t, frame in film(platoon(30, every_s=4), until=62, fps=5):
        is_frozen = 30 < t < 38
        shown = shown if is_frozen else frame
        facts += analyzer.observe(t, shown, doubt_s=5.0 if is_frozen else None)
    (interval,) = of(ZoneInterval, facts)
    assert interval.queue_veh == 0


def test_a_queue_in_pictures_that_repeat_for_a_while_counts():
    facts, analyzer = [], CameraAnalyzer(metric_camera(zones=[straight_road()]))
    standing = next(frame for t, frame in film(platoon(1, every_s=4), until=60) if t > 4)
    for number, (t, _) in enumerate(film([], until=62, fps=5)):
        facts += analyzer.observe(t, standing, doubt_s=None if number % 20 == 0 else 5.0)
    (interval,) = of(ZoneInterval, facts)
    assert interval.queue_veh == 1


def test_level_is_unknown_while_the_camera_is_away():
    analyzer = CameraAnalyzer(metric_camera(zones=[straight_road()]))
    facts = []
    for t, frame in film([], until=40, fps=2):
        facts += analyzer.observe(t, frame)
    for t in range(40, 100):
        facts += analyzer.advance(t)
    for t, frame in film([], until=140, fps=2, start=100):
        facts += analyzer.observe(t, frame)
    changes = [(r.previous, r.level) for r in of(LevelChange, facts) if r.previous is not r.level]
    assert changes == [(Level.UNKNOWN, Level.FREE), (Level.FREE, Level.UNKNOWN), (Level.UNKNOWN, Level.FREE)]
    lost = next(r.t for r in of(LevelChange, facts) if r.level is Level.UNKNOWN and r.previous is Level.FREE)
    assert 68 <= lost <= 72


def test_level_is_repeated_once_a_minute():
    reports = of(LevelChange, analyse(metric_camera(zones=[straight_road()]), [], until=300, fps=2))
    assert 5 <= len(reports) <= 7


@pytest.mark.slow
@pytest.mark.parametrize("back_s", [0.0, 0.5, 30.0, 4000.0])
def test_a_clock_that_steps_back_neither_raises_nor_repeats_a_minute(back_s):
    analyzer = CameraAnalyzer(metric_camera(GATE, zones=[straight_road()]))
    facts = []
    for t, frame in film(platoon(60, every_s=4), until=200, start=10_000 - 10_000 % 60):
        facts += analyzer.observe(t, frame)
    now = 10_000.0
    for t, frame in film(platoon(60, every_s=4), until=200):
        facts += analyzer.observe(now + t, frame)
    for t, frame in film(platoon(60, every_s=4), until=200):
        facts += analyzer.observe(now + 200 - back_s + t, frame)
    starts = [i.start_s for i in of(ZoneInterval, facts)]
    assert len(set(starts)) == len(starts)


def test_a_camera_without_frames_has_unobserved_minutes():
    analyzer = CameraAnalyzer(metric_camera(zones=[straight_road()]))
    facts = [fact for t in range(0, 200) for fact in analyzer.advance(float(t))]
    assert [i.coverage for i in of(ZoneInterval, facts)] == [0, 0, 0]
    assert sum(p.observed_s for p in of(Coverage, facts)) == 0


def test_late_frames_are_counted():
    analyzer = CameraAnalyzer(metric_camera(GATE, zones=[straight_road()]))
    facts = []
    for t, frame in film([Drive(1, (0, 500), (1000, 500), 20, 28)], until=60, fps=5):
        facts += [*analyzer.observe(t, frame), *analyzer.advance(t + 6)]
    assert len(of(Crossing, facts)) == 1


def test_levels_and_incidents_continue_after_the_clock_steps_back():
    analyzer = CameraAnalyzer(metric_camera(zones=[straight_road()]))
    stop = [Drive(1, (0, 500), (500, 500), 0, 4), Drive(1, (500, 500), (500, 500), 4.01, 90)]
    facts = []
    for start in (100_000.0, 5_000.0):
        for t, frame in film(stop, until=90, fps=5):
            facts += analyzer.observe(start + t, frame)
    numbers = [i.number for i in of(Incident, facts) if i.end_s is None]
    assert len(numbers) == len(set(numbers)) == 2
    assert [i.number for i in of(Incident, facts) if i.end_s is not None] == numbers[:1]
    assert any(r.t < 6_000 and r.level is not Level.UNKNOWN for r in of(LevelChange, facts))


def test_a_clock_jump_of_a_day_emits_few_intervals():
    analyzer = CameraAnalyzer(metric_camera(zones=[straight_road()]))
    analyzer.observe(0, Tracks.empty())
    assert len(analyzer.observe(86_400, Tracks.empty())) < 20


def test_a_gap_ends_tracks_but_a_short_one_does_not():
    camera = metric_camera(GATE)
    near, far = (tracks((1, 400 + 10 * k, 500)) for k in (0, 20)), 20
    before, after = near
    for gap, counted in ((1.0, 1), (60.0, 0)):
        analyzer = CameraAnalyzer(camera)
        facts = []
        for k in range(far):
            facts += analyzer.observe(k * 0.1, before)
        for k in range(far):
            facts += analyzer.observe(2 + gap + k * 0.1, after)
        assert len(of(Crossing, facts + analyzer.finish(4 + gap))) == counted, gap


def containers(thing, seen=None, depth=0):
    """Sizes of all containers reachable from an object of ours."""
    seen = set() if seen is None else seen
    if id(thing) in seen or depth > 8:
        return 0
    seen.add(id(thing))
    if isinstance(thing, dict):
        return len(thing) + sum(containers(v, seen, depth + 1) for v in thing.values())
    if isinstance(thing, list | set | deque | tuple):
        return len(thing) + sum(containers(v, seen, depth + 1) for v in thing)
    if isinstance(thing, np.ndarray):
        return thing.size
    names = getattr(thing, "__dict__", None) or dict.fromkeys(getattr(type(thing), "__slots__", ()), 0)
    ours = type(thing).__module__.startswith("analytics")
    return sum(containers(getattr(thing, n), seen, depth + 1) for n in names) if ours else 0


@pytest.mark.slow
def test_memory_is_bounded_over_days_of_traffic():
    analyzer = CameraAnalyzer(metric_camera(GATE, zones=[straight_road()]))
    sizes = []
    for hour in range(6):
        for k in range(1500):
            t, track = hour * 1000 + k * 0.5, hour * 3000 + k // 8
            analyzer.observe(t, tracks((track, 100 + 100 * (k % 8), 500), (track + 10**6, 900 - 100 * (k % 8), 450)))
        sizes.append(containers(analyzer))
    assert max(sizes[2:]) <= 1.2 * sizes[1]


def test_unix_times_give_the_same_facts():
    start = 1_795_000_020.0
    facts = analyse(
        metric_camera(GATE, zones=[straight_road()]),
        [Drive(1, (0, 500), (1000, 500), start + 5, start + 13)],
        until=start + 130,
        start=start,
    )
    assert [c.t for c in of(Crossing, facts)] == pytest.approx([start + 9], abs=0.05)
    assert [i.start_s % 60 for i in of(ZoneInterval, facts)] == [0] * len(of(ZoneInterval, facts))


def test_congestion_is_raised_once_and_ended():
    slow = [
        Drive(200 + k, (0, 500 - 60 * (k % 2)), (1000, 500 - 60 * (k % 2)), 60 + 5 * k, 60 + 5 * k + 60)
        for k in range(40)
    ]
    fast = platoon(40, every_s=4, first=330)
    for k, drive in enumerate(fast):
        fast[k] = Drive(900 + k, drive.start, drive.end, drive.from_s, drive.to_s)
    facts = analyse(metric_camera(zones=[straight_road()]), [*platoon(15, every_s=4), *slow, *fast], until=480, fps=2)
    raised, ended = (i for i in of(Incident, facts) if i.type is IncidentType.CONGESTION)
    assert raised.number == ended.number and raised.end_s is None
    assert 60 < raised.start_s < 110 and 50 <= raised.detected_s - raised.start_s <= 75
    assert ended.end_s is not None and 290 < ended.end_s < 360

"""Sight of the detector from evidence, and what becomes of intervals and levels."""

from dataclasses import replace

import pytest

from analytics.camera import Gate
from analytics.camera_analyzer import CameraAnalyzer
from analytics.facts import Fact, GateInterval, Level, LevelChange, Sight, ZoneInterval
from analytics.flow.detector_sight import DetectorSight
from analytics.sight import SightEvidence
from tests.support.builders import Drive, film, metric_camera, straight_road

NOTHING_MOVES = SightEvidence(step_s=0.2, tracked=0, untracked=0, hidden=0.0)
GATE = Gate(id="g", p1=(500, 600), p2=(500, 400))


def minute(
    sight: DetectorSight, *, tracked_s: float = 0.0, untracked_s: float = 0.0, hidden: float = 0.0
) -> Sight | None:
    """Sight in a minute with these object-seconds."""
    for second in range(120):
        sight.add(SightEvidence(0.5, int(second < 2 * tracked_s), int(second < 2 * untracked_s), hidden))
    return sight.close_minute()


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        ({}, Sight.CLEAR),
        ({"tracked_s": 40}, Sight.CLEAR),
        ({"tracked_s": 40, "untracked_s": 2}, Sight.CLEAR),
        ({"tracked_s": 40, "untracked_s": 3}, Sight.DOUBTFUL),
        ({"tracked_s": 40, "untracked_s": 8}, Sight.DOUBTFUL),
        ({"tracked_s": 10, "untracked_s": 20}, Sight.BLIND),
        ({"untracked_s": 2}, Sight.BLIND),
        ({"untracked_s": 0.5}, Sight.CLEAR),
        ({"hidden": 0.1}, Sight.CLEAR),
        ({"hidden": 0.4}, Sight.DOUBTFUL),
        ({"hidden": 0.9}, Sight.BLIND),
        ({"hidden": 0.9, "tracked_s": 20}, Sight.DOUBTFUL),
    ],
)
def test_sight_follows_the_untracked_share_of_what_moves_and_the_hidden_share_of_the_road(evidence, expected):
    assert minute(DetectorSight(), **evidence) is expected


def test_a_quiet_minute_borrows_from_the_minutes_before_and_a_busy_one_does_not():
    sight = DetectorSight()
    minute(sight, tracked_s=4, untracked_s=20)
    assert minute(sight) is Sight.BLIND
    assert minute(sight, tracked_s=30) is Sight.CLEAR
    assert [minute(sight) for _ in range(3)] == [Sight.CLEAR] * 3


def test_without_evidence_nothing_is_known_of_the_sight():
    sight = DetectorSight()
    assert (sight.sight, sight.close_minute()) == (None, None)
    minute(sight, untracked_s=20)
    assert sight.close_minute() is None


def facts_with(evidence: SightEvidence | None, until: float = 125.0) -> list[Fact]:
    """Facts of twenty vehicles in two minutes, with this evidence in each frame."""
    analyzer = CameraAnalyzer(metric_camera(GATE, zones=[straight_road()]))
    drives = [Drive(k + 1, (0, 500), (1000, 500), 6 * k, 6 * k + 8) for k in range(20)]
    facts = [fact for t, seen in film(drives, until=until) for fact in analyzer.observe(t, seen, evidence)]
    return [*facts, *analyzer.finish(until)]


def of_first_minutes(kind, facts):
    return [fact for fact in facts if isinstance(fact, kind) and fact.start_s < 120]


def test_in_a_doubtful_minute_the_figures_stay_and_carry_the_mark():
    facts = facts_with(replace(NOTHING_MOVES, tracked=2, untracked=1))
    for interval in [*of_first_minutes(ZoneInterval, facts), *of_first_minutes(GateInterval, facts)]:
        assert interval.sight is Sight.DOUBTFUL
        assert interval.flow_veh_h is not None
    levels = [fact for fact in facts if isinstance(fact, LevelChange)]
    assert (levels[-1].level, levels[-1].sight) == (Level.FREE, Sight.DOUBTFUL)


def test_in_a_blind_minute_nothing_is_known_though_frames_were_analysed():
    facts = facts_with(replace(NOTHING_MOVES, untracked=1))
    for interval in of_first_minutes(ZoneInterval, facts):
        assert (interval.sight, interval.level, interval.flow_veh_h) == (Sight.BLIND, Level.UNKNOWN, None)
        assert interval.coverage > 0.9
    assert {i.flow_veh_h for i in of_first_minutes(GateInterval, facts)} == {None}
    levels = [fact for fact in facts if isinstance(fact, LevelChange)]
    assert {(fact.level, fact.sight) for fact in levels[1:]} == {(Level.UNKNOWN, Sight.BLIND)}


def test_a_level_becomes_known_again_when_the_detector_sees_again():
    analyzer = CameraAnalyzer(metric_camera(zones=[straight_road()]))
    facts: list[Fact] = []
    drives = [Drive(k + 1, (0, 500), (1000, 500), 3 * k, 3 * k + 8) for k in range(60)]
    for t, seen in film(drives, until=180):
        missing = replace(NOTHING_MOVES, untracked=3) if t < 60 else replace(NOTHING_MOVES, tracked=3)
        facts += analyzer.observe(t, seen, missing)
    levels = [fact for fact in facts if isinstance(fact, LevelChange)]
    assert {fact.level for fact in levels if fact.t < 60} == {Level.UNKNOWN}
    assert levels[-1].level is Level.FREE


def test_without_pictures_sight_is_unknown_and_the_figures_stay():
    intervals = of_first_minutes(ZoneInterval, facts_with(None))
    assert {interval.sight for interval in intervals} == {None}
    assert all(interval.flow_veh_h is not None for interval in intervals)

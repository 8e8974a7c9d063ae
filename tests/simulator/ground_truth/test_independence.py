"""The ground truth agrees with the analytics that it judges, and a bug in the analytics does not reach it."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from analytics.camera import Zone
from analytics.facts import Direction, Level
from analytics.flow import congestion_level, free_flow
from analytics.flow.congestion_level import RollingSpeed, level_at
from analytics.geometry.plane import segments_cross, side_of_line
from analytics.geometry.zone_index import ZoneIndex
from analytics.ground_truth import GroundTruth
from simulator.ground_truth import congestion_rule
from simulator.ground_truth.congestion_rule import FREE_FLOW_SHARE, SpeedWindow, level_of
from simulator.ground_truth.gate_geometry import gate_direction, gate_intersection, inside_polygon
from simulator.render.frame_renderer import FrameRenderer
from simulator.render.scenery import Scenery
from simulator.world.scenario import Light
from simulator.world.sites import Site
from tests.support.placed_road_users import PlacedUser, record_ground_truth

PIXELS = st.tuples(st.floats(-100, 700), st.floats(-100, 500))
POLYGON = ((100.0, 50.0), (400.0, 80.0), (350.0, 200.0), (500.0, 340.0), (90.0, 300.0))


@given(st.none() | st.floats(0, 1.5), st.floats(0, 40))
def test_levels_agree(relative_speed: float | None, vehicles: float) -> None:
    assert level_of(relative_speed, vehicles) is level_at(relative_speed, vehicles)


def test_levels_disagree_where_a_boundary_of_the_analytics_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(congestion_level, "BOUNDARIES", (0.60, 0.50, 0.25))
    assert (level_of(0.65, 5), level_at(0.65, 5)) == (Level.DENSE, Level.FREE)


def test_windows_and_the_free_flow_share_agree() -> None:
    assert congestion_rule.WINDOW_S == congestion_level.WINDOW_S
    assert congestion_rule.SIGNAL_WINDOW_S == congestion_level.SIGNAL_WINDOW_S
    assert FREE_FLOW_SHARE == free_flow.LIMIT_SHARE


@given(PIXELS, PIXELS, PIXELS, PIXELS)
def test_gate_intersections_agree(
    before: tuple[float, float], after: tuple[float, float], p1: tuple[float, float], p2: tuple[float, float]
) -> None:
    sides = side_of_line(p1, p2, [before, after])
    ends = side_of_line(before, after, [p1, p2])
    assume((np.abs([*sides, *ends]) > 1e-3).all())
    fraction = gate_intersection(before, after, p1, p2)
    assert (fraction is not None) == segments_cross(before, after, p1, p2)
    if fraction is not None:
        assert fraction == pytest.approx(abs(sides[0]) / (abs(sides[0]) + abs(sides[1])), abs=1e-6)
        movement = np.subtract(after, before)
        assert gate_direction(movement, p1, p2) is (Direction.A if sides[0] < 0 else Direction.B)


@given(PIXELS)
def test_zones_contain_the_same_pixels(pixel: tuple[float, float]) -> None:
    edges = zip(POLYGON, POLYGON[1:] + POLYGON[:1], strict=True)
    assume(all(abs(float(side_of_line(a, b, [pixel])[0])) > 1.0 for a, b in edges))
    (membership,) = ZoneIndex([Zone(id="z", polygon=POLYGON)]).membership([pixel])
    assert inside_polygon(POLYGON, pixel) == membership[0]


@pytest.mark.parametrize("seed", range(5))
def test_speed_windows_agree_but_for_the_second_in_progress(seed: int) -> None:
    """Both average the last 30 s; the analytics exclude the second in progress, at most 1/30 of the window."""
    judged, independent = RollingSpeed(30.0), SpeedWindow(30.0)
    speeds = np.random.default_rng(seed).uniform(0, 15, 40)
    for number in range(400):
        for window in (judged, independent):
            window.add(0.1 * number, 0.1, 0.1 * 4, 0.1 * 4 * speeds[number // 10])
    reading = judged.read()
    assert reading is not None
    assert independent.congested_speed_ms() == pytest.approx(reading.speed_ms, abs=15 / 30)


def _broken_level(relative_speed: float | None, vehicles: float, current: object = None) -> Level:
    return Level.JAMMED


@pytest.fixture(scope="module")
def renderer(scenery: Scenery) -> FrameRenderer:
    return scenery.renderer(Light.DAY)


def test_a_bug_in_the_analytics_does_not_change_the_ground_truth(
    site: Site, renderer: FrameRenderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def vehicles(t: float) -> list[PlacedUser]:
        return [PlacedUser("hatch", (8.0 * t + 25 * k) % 150, 4.0, key=k, speed=8.0) for k in range(6)]

    def ground_truth() -> GroundTruth:
        return record_ground_truth(site, renderer, vehicles, 20.0)

    correct = ground_truth()
    assert correct.crossings
    assert {i.level for i in correct.intervals if i.vehicles} == {Level.DENSE}
    monkeypatch.setattr(ZoneIndex, "membership", lambda self, pixels: np.zeros((len(pixels), 2), dtype=bool))
    monkeypatch.setattr(RollingSpeed, "read", lambda self: None)
    # The code objects are replaced, so that every module that imported these functions has the bug.
    monkeypatch.setattr(level_at, "__code__", _broken_level.__code__)
    monkeypatch.setattr(side_of_line, "__code__", (lambda p1, p2, points: -points[:, 0]).__code__)
    monkeypatch.setattr(segments_cross, "__code__", (lambda a1, a2, b1, b2: False).__code__)
    assert level_at(0.9, 5) is Level.JAMMED
    assert ground_truth() == correct

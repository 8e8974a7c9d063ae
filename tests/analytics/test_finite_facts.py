"""No fact holds a number that is not finite, whichever optional parts of the geometry are given."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from math import isfinite

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.camera import Camera, ControlPoint, Gate, Position, Road, Zone
from analytics.camera_analyzer import CameraAnalyzer
from analytics.capacity.pkji_tables import BOTH_DIRECTIONS, RoadType
from analytics.detections import Tracks
from analytics.facts import Fact, ZoneInterval
from analytics.road_users import RoadUser
from tests.support.builders import joined, tracks

SIZE = (640, 360)
FLAT = [((0, 0), (0, 36)), ((640, 0), (64, 36)), ((640, 360), (64, 0)), ((0, 360), (0, 0))]
WITH_HORIZON = [((280, 150), (0, 60)), ((360, 150), (7, 60)), ((640, 350), (7, 5)), ((0, 350), (0, 5))]
"""Points on a road whose horizon crosses the picture at v = 123."""

WHOLE = ((0, 0), (640, 0), (640, 360), (0, 360))
SKY = ((0, 0), (640, 0), (640, 100), (0, 100))
ROAD = ((150, 200), (450, 200), (600, 350), (50, 350))


def numbers(value: object, name: str = "") -> Iterator[tuple[str, float]]:
    """Yield all numbers in a fact, with the names of their fields."""
    if is_dataclass(value):
        for field in fields(value):
            yield from numbers(getattr(value, field.name), f"{name}.{field.name}")
    elif isinstance(value, tuple):
        for item in value:
            yield from numbers(item, name)
    elif isinstance(value, int | float | np.number):
        yield name, float(value)


def road_users_at(t: float) -> Tracks:
    """Standing, driving, reversing, distant, and walking road users, and false detections in the sky."""
    seen = [
        tracks((1, 300, 300)),
        tracks((2, 320, 310)),
        tracks((3, 60 + 25 * t % 520, 240), road_user=RoadUser.TRUCK),
        tracks((4, 600 - 25 * t % 520, 260), road_user=RoadUser.MOTORCYCLE),
        tracks((5, 320, 330), road_user=RoadUser.PERSON, size=60),
        tracks((6, 20 * t % 600, 80)),
        tracks((7, 320, 100 + t), size=2, road_user=RoadUser.BUS),
        tracks((8, 320, 123)),
    ]
    return joined(seen)


def facts_of(camera: Camera, seconds: int = 66) -> list[Fact]:
    analyzer = CameraAnalyzer(camera)
    facts = [fact for t in range(seconds) for fact in analyzer.observe(float(t), road_users_at(float(t)))]
    return [*facts, *analyzer.finish(float(seconds))]


def assert_finite(facts: list[Fact]) -> None:
    wrong = {(type(fact).__name__, name) for fact in facts for name, n in numbers(fact) if not isfinite(n)}
    assert not wrong


roads = st.builds(
    Road,
    type=st.sampled_from(RoadType),
    width_m=st.floats(3, 30),
    capacity_smp_h=st.none() | st.floats(100, 9000),
)
directions = st.none() | st.tuples(st.floats(-1, 1), st.floats(0.01, 1)) | st.just((0.0, 1e-6))


@st.composite
def zones(draw: st.DrawFn) -> Zone:
    road, direction = draw(st.none() | roads), draw(directions)
    return Zone(
        id="z",
        polygon=draw(st.sampled_from([WHOLE, SKY, ROAD])),
        direction=None if road is not None and road.type in BOTH_DIRECTIONS else direction,
        lanes=draw(st.none() | st.integers(1, 4)),
        length_m=draw(st.none() | st.floats(1, 500)),
        signal_controlled=draw(st.booleans()),
        road=road,
    )


@st.composite
def cameras(draw: st.DrawFn) -> Camera:
    gate_roads = roads.filter(lambda road: road.type is not RoadType.JUNCTION)
    ends = draw(st.sampled_from([((0, 250), (640, 250)), ((320, 360), (320, 0)), ((0, 50), (640, 123))]))
    arms = [(draw(st.sampled_from([None, "entry", "exit"])), draw(st.sampled_from([None, "N", "S"]))) for _ in "ab"]
    gates = [
        Gate(id="a", p1=ends[0], p2=ends[1], role=arms[0][0], arm=arms[0][1], road=draw(st.none() | gate_roads)),
        Gate(id="b", p1=(0, 340), p2=(640, 345), role=arms[1][0], arm=arms[1][1]),
    ]
    points = draw(st.sampled_from([[], FLAT, WITH_HORIZON]))
    return Camera(
        id="c",
        image_size=SIZE,
        gates=tuple(gates[: draw(st.integers(0, 2))]),
        zones=draw(st.lists(zones(), max_size=1).map(tuple)),
        control_points=tuple(ControlPoint(pixel=pixel, ground=ground) for pixel, ground in points),
        anchor=draw(st.none() | st.just(Position(lat=-6.2, lon=106.8))),
        position=draw(st.none() | st.just(Position(lat=-6.2, lon=106.8))),
        speed_limit_kmh=draw(st.none() | st.floats(5, 120)),
    )


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cameras())
def test_all_numbers_are_finite_for_every_geometry(camera):
    assert_finite(facts_of(camera))


@pytest.mark.parametrize("points", [FLAT, WITH_HORIZON], ids=["from above", "with a horizon"])
@pytest.mark.parametrize("polygon", [WHOLE, SKY], ids=["whole picture", "sky"])
def test_all_numbers_are_finite_in_a_zone_without_direction(points, polygon):
    camera = Camera(
        id="c",
        image_size=SIZE,
        zones=(Zone(id="z", polygon=polygon),),
        control_points=tuple(ControlPoint(pixel=pixel, ground=ground) for pixel, ground in points),
    )
    facts = facts_of(camera, seconds=62)
    assert_finite(facts)
    (minute, _) = [fact for fact in facts if isinstance(fact, ZoneInterval)]
    assert minute.queue_m is None
    assert minute.queue_veh >= (2 if polygon is WHOLE else 0)

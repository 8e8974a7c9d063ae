"""Measures of a minute from those of its parts."""

from typing import Any

import pytest

from analytics.facts import GateMeasures, Level, LevelOfService, Sight, ZoneMeasures
from analytics.flow.interval_parts import merge_parts


def zone(coverage: float, **measures: Any) -> dict[str, Any]:
    return {"level": Level.UNKNOWN, "coverage": coverage, **measures}


def test_counts_are_added_and_means_weighted_by_observed_time() -> None:
    """24 s with 6 vehicles, then 30 s with 3: 9 vehicles in 54 s."""
    merged = merge_parts(GateMeasures, [{"flow_veh_h": 900.0, "coverage": 0.4}, {"flow_veh_h": 360.0, "coverage": 0.5}])
    assert merged["flow_veh_h"] == pytest.approx(9 * 3600 / 54)
    assert merged["coverage"] == pytest.approx(0.9)


def test_parts_of_the_worst_level_of_service_have_it_together_at_any_saturation() -> None:
    part = zone(0.4, level=Level.CONGESTED, level_of_service="F", saturation=0.1)
    free = zone(0.4, level=Level.FREE, level_of_service="A", saturation=0.1)
    assert merge_parts(ZoneMeasures, [part, part])["level_of_service"] == LevelOfService.F
    assert merge_parts(ZoneMeasures, [part, free])["level_of_service"] == LevelOfService.A


def test_headways_are_weighted_by_vehicles() -> None:
    many = {"flow_veh_h": 900.0, "coverage": 0.4, "headway_mean_s": 4.0}
    few = {"flow_veh_h": 360.0, "coverage": 0.5, "headway_mean_s": 10.0}
    assert merge_parts(GateMeasures, [many, few])["headway_mean_s"] == pytest.approx((6 * 4 + 3 * 10) / 9)


def test_speed_is_weighted_by_time_spent_and_a_part_without_values_only_adds_its_time() -> None:
    merged = merge_parts(
        ZoneMeasures,
        [
            zone(0.5, speed_kmh=40.0, density_veh_km_lane=10.0, queue_m=5.0, flow_veh_h=400.0),
            zone(0.25, speed_kmh=10.0, density_veh_km_lane=60.0, queue_m=80.0, flow_veh_h=600.0),
            zone(0.05),
        ],
    )
    assert merged["speed_kmh"] == pytest.approx((40 * 5 + 10 * 15) / 20)
    assert (merged["queue_m"], merged["coverage"]) == (80.0, pytest.approx(0.8))
    assert merged["flow_veh_h"] == pytest.approx((400 * 2 + 600) / 3)
    assert merged["occupancy"] is None


def test_coverage_is_never_above_one() -> None:
    assert merge_parts(ZoneMeasures, [zone(0.8), zone(0.7)])["coverage"] == 1.0


@pytest.mark.parametrize(
    ("parts", "level"),
    [
        ([(0.6, "unknown"), (0.1, "free"), (0.2, "jammed")], Level.JAMMED),
        ([(0.3, "free"), (0.3, "jammed")], Level.JAMMED),
        ([(0.2, "dense"), (0.2, "dense"), (0.3, "free")], Level.DENSE),
        ([(0.5, "unknown")], Level.UNKNOWN),
    ],
)
def test_level_is_the_known_one_that_lasted_longest(parts: list[tuple[float, str]], level: Level) -> None:
    assert merge_parts(ZoneMeasures, [zone(share, level=text) for share, text in parts])["level"] is level


@pytest.mark.parametrize(
    ("parts", "sight"),
    [
        ([(0.9, "clear"), (0.05, "blind")], Sight.CLEAR),
        ([(0.8, "clear"), (0.1, "blind")], Sight.BLIND),
        ([(0.8, "clear"), (0.06, "blind"), (0.06, "doubtful")], Sight.DOUBTFUL),
        ([(0.9, None)], None),
    ],
)
def test_sight_is_the_worst_that_lasted(parts: list[tuple[float, str | None]], sight: Sight | None) -> None:
    assert merge_parts(ZoneMeasures, [zone(share, sight=text) for share, text in parts])["sight"] is sight


def test_level_of_service_is_that_of_the_mean_saturation() -> None:
    parts = [
        zone(0.5, saturation=0.1, level_of_service="A", emp_verified=True),
        zone(0.4, saturation=0.9, level_of_service="E", emp_verified=False),
        zone(0.1, saturation=0.9, level_of_service=None),
    ]
    merged = merge_parts(ZoneMeasures, parts)
    assert merged["level_of_service"] is LevelOfService.C
    assert merged["emp_verified"] is False


@pytest.mark.parametrize("kind", [GateMeasures, ZoneMeasures])
def test_one_part_is_itself(kind: type) -> None:
    part = {"flow_veh_h": 300.0, "smp_h": 100.0, "saturation": 0.25, "level": Level.FREE, "coverage": 0.75}
    merged = merge_parts(kind, [part])
    assert {name: merged[name] for name in part if name in merged} == pytest.approx(
        {name: value for name, value in part.items() if name in merged}
    )

"""Figures of the survey sheet, against sums by hand."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from analytics.camera import Road
from analytics.capacity.pkji_tables import RoadType
from analytics.facts import LevelOfService
from analytics.road_users import ROAD_USERS
from pipelines.query.history_rows import HistoryInterval
from pipelines.report.quarter_flows import Month
from pipelines.report.survey_figures import survey_of

JAKARTA = ZoneInfo("Asia/Jakarta")
FIRST = datetime(2026, 11, 1, tzinfo=JAKARTA).astimezone(UTC)
QUARTERS = 30 * 96
MIXED = np.array([50.0, 100, 2, 3, 8, 40])
"""Cars, motorcycles, buses, trucks, bicycles and persons of a quarter: 163 vehicles."""
UNDIVIDED = Road(type=RoadType.UNDIVIDED_2, width_m=7, capacity_smp_h=2000)


def month(coverage: np.ndarray | None = None) -> Month:
    shares = np.ones(QUARTERS) if coverage is None else coverage
    rows = [
        HistoryInterval(
            start_at=FIRST + timedelta(minutes=15 * k),
            end_at=FIRST + timedelta(minutes=15 * k + 15),
            coverage=float(share),
            counts=dict.fromkeys(ROAD_USERS, 0) if share else None,
        )
        for k, share in enumerate(shares)
    ]
    return Month.of(rows, JAKARTA)


def steady(share: float = 1.0) -> np.ndarray:
    return np.tile(MIXED * share, (QUARTERS, 1))


def test_smp_and_saturation_of_an_undivided_road_are_of_both_directions():
    """By hand: 4 x (50 + 0.4 x 100 + 1.3 x 5) = 386 smp/h of 620 motor vehicles, on C = 2000."""
    survey = survey_of("g", UNDIVIDED, month(), {"A": steady(0.5), "B": steady(0.5)}, frozenset())
    assert survey.capacity.smp.smp_h == pytest.approx(386) and survey.capacity.smp.veh_h == pytest.approx(620)
    assert survey.capacity.saturation == pytest.approx(0.193)
    assert survey.capacity.level is LevelOfService.A
    assert survey.smp_of_quarter(10) == {"A": pytest.approx(96.5 / 2), "B": pytest.approx(96.5 / 2)}


def test_a_divided_road_has_the_saturation_of_its_larger_direction():
    road = Road(type=RoadType.DIVIDED_4, capacity_smp_h=1000)
    survey = survey_of("g", road, month(), {"A": steady(), "B": steady(0.25)}, frozenset())
    assert survey.capacity.saturation == pytest.approx(0.386)


def test_a_road_without_capacity_or_description_has_no_saturation():
    without = survey_of("g", Road(type=RoadType.DIVIDED_4), month(), {"A": steady()}, frozenset())
    assert without.capacity.saturation is None and without.capacity.level is None
    bare = survey_of("g", None, month(), {"A": steady()}, frozenset())
    assert bare.capacity is None and bare.smp_of_quarter(0) == {"A": None}


def test_an_approach_at_a_signal_has_a_saturation_and_no_level_of_roads():
    road = Road(type=RoadType.SIGNAL_PROTECTED, capacity_smp_h=900)
    survey = survey_of("U", road, month(), {"S": steady(0.5), "?": steady(0.5)}, frozenset(), is_approach=True)
    assert survey.capacity.saturation == pytest.approx(4 * (50 + 0.15 * 100 + 1.3 * 5) / 900)
    assert survey.capacity.level is None


@pytest.mark.parametrize(
    ("road", "is_approach"),
    [
        (UNDIVIDED, True),
        (Road(type=RoadType.JUNCTION, capacity_smp_h=2000), True),
        (Road(type=RoadType.JUNCTION, capacity_smp_h=2000), False),
    ],
)
def test_a_part_of_the_flow_has_no_smp_and_no_saturation(road, is_approach):
    survey = survey_of("U", road, month(), {"S": steady()}, frozenset(), is_approach=is_approach)
    assert survey.capacity is None and survey.smp_of_quarter(30) == {"S": None}


def test_movements_of_a_divided_approach_share_its_carriageway():
    road = Road(type=RoadType.DIVIDED_4, capacity_smp_h=1000)
    together = survey_of("U", road, month(), {"A": steady()}, frozenset())
    parts = survey_of("U", road, month(), {"S": steady(0.5), "T": steady(0.5)}, frozenset(), is_approach=True)
    assert parts.capacity == together.capacity
    assert sum(parts.smp_of_quarter(30).values()) == pytest.approx(together.smp_of_quarter(30)["A"])


def test_smp_of_a_divided_road_are_by_the_flow_of_each_direction():
    """The busy direction has over 1050 vehicles/h a lane, whose emp are smaller; the other keeps its own."""
    road = Road(type=RoadType.DIVIDED_4, capacity_smp_h=1000)
    alone = survey_of("g", road, month(), {"B": steady(0.5)}, frozenset()).smp_of_quarter(0)["B"]
    both = survey_of("g", road, month(), {"A": steady(9), "B": steady(0.5)}, frozenset())
    assert both.smp_of_quarter(0)["B"] == pytest.approx(alone)
    assert 4 * both.smp_of_quarter(0)["A"] == pytest.approx(both.capacity.smp.smp_h)


def test_totals_are_as_counted_and_means_are_scaled_up_over_observed_working_days():
    coverage = np.ones(QUARTERS)
    coverage[:96] = 0  # Sunday 1 November
    coverage[96 : 96 * 2] = 0.8  # Monday 2 November
    coverage[96 * 2 : 96 * 3] = 0.5  # Tuesday 3 November: too little for means
    counts = steady() * coverage[:, None]
    survey = survey_of("g", None, month(coverage), {"A": counts}, frozenset({date(2026, 11, 4)}))
    assert survey.total == pytest.approx(MIXED * (27 + 0.8 + 0.5) * 96)
    assert len(survey.working_days) == 20, "21 working days, of which one is a holiday"
    assert survey.mean_day["A"] == pytest.approx(np.tile(MIXED, (96, 1)))
    assert survey.peak.volume == pytest.approx(4 * 163) and survey.peak.factor == pytest.approx(1)


def test_the_busiest_hour_of_the_month_is_found_with_its_date():
    counts = steady()
    counts[96 * 14 + 30 : 96 * 14 + 34] *= 3
    when, peak = survey_of("g", None, month(), {"A": counts}, frozenset()).busiest
    assert (when, peak.first, peak.volume) == (date(2026, 11, 15), 30, pytest.approx(12 * 163))


def test_a_month_without_observation_has_no_figures():
    survey = survey_of("g", UNDIVIDED, month(np.zeros(QUARTERS)), {"A": np.zeros((QUARTERS, 6))}, frozenset())
    assert (survey.peak, survey.busiest, survey.capacity) == (None, None, None)
    assert survey.smp_of_quarter(0) == {"A": None}

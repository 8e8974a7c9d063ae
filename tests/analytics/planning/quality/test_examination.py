"""Faults that are planted in the days of a synthetic camera are found, and nothing else is."""

from dataclasses import replace

import numpy as np
import pytest

from analytics.planning.quality.camera_days import CameraDays
from analytics.planning.quality.examination import Fault, examine, examine_day
from bench.planner.quality_score import GATES, camera_days, plant
from bench.planner.synthetic_camera import synthetic_camera

DATES = np.arange("2026-05-01", "2026-09-05", dtype="datetime64[D]")
HOLIDAYS = np.array(
    ["2026-05-14", "2026-05-27", "2026-06-01", "2026-06-16", "2026-08-17", "2026-08-25"], "datetime64[D]"
)
NONE = np.array([], "datetime64[D]")
FAULTY = 100
"""Number of the day on which faults begin, 9 August."""


@pytest.fixture(scope="module")
def days() -> CameraDays:
    camera = synthetic_camera(np.random.default_rng(4), DATES, HOLIDAYS, NONE, gates=len(GATES))
    return camera_days(replace(camera, counts=camera.whole))


def faulty(days: CameraDays, fault: Fault, seed: int = 1):
    counts = days.counts.copy()
    keys = plant(np.random.default_rng(seed), fault, counts, FAULTY)
    assert keys is not None
    return replace(days, counts=counts), keys


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("fault", Fault)
def test_a_planted_fault_is_found_on_its_day_and_is_new(days, fault, seed):
    made, keys = faulty(days, fault, seed)
    found = examine(made, HOLIDAYS, FAULTY)
    assert {finding.key for finding in found} == keys
    assert not any(finding.recurring for finding in found)


@pytest.mark.parametrize("fault", [Fault.ZERO, Fault.CLASS_GONE, Fault.LEGS_SWAPPED, Fault.LEVEL_SHIFT, Fault.CLOCK])
def test_a_fault_that_lasts_is_recurring_on_the_next_day(days, fault):
    made, keys = faulty(days, fault)
    assert {finding.key: finding.recurring for finding in examine(made, HOLIDAYS, FAULTY + 1)} == dict.fromkeys(
        keys, True
    )


def test_days_without_a_fault_have_no_finding(days):
    found = [finding for day in range(60, len(DATES), 3) for finding in examine_day(days, day, HOLIDAYS)]
    assert found == []


@pytest.mark.parametrize("share", [0.45, 0.6, 1.6])
def test_the_level_of_a_holiday_is_no_fault(days, share):
    counts = days.counts.copy()
    day = int(np.flatnonzero(np.datetime64("2026-08-17") == DATES)[0])
    counts[day] = np.round(counts[day] * share)
    assert examine_day(replace(days, counts=counts), day, HOLIDAYS) == []
    assert share == 1.6 or examine_day(replace(days, counts=counts), day, NONE)


def test_an_unobserved_day_or_stretch_is_no_fault(days):
    counts = days.counts.copy()
    counts[FAULTY, 20:60] = np.nan
    counts[FAULTY + 1] = np.nan
    made = replace(days, counts=counts)
    assert examine_day(made, FAULTY, HOLIDAYS) == examine_day(made, FAULTY + 1, HOLIDAYS) == []


def test_a_dead_gate_is_found_beside_a_gap_of_the_camera(days):
    counts = days.counts.copy()
    counts[FAULTY, 20:50] = np.nan
    counts[FAULTY, 50:, 0] = 0
    (found,) = examine_day(replace(days, counts=counts), FAULTY, HOLIDAYS)
    assert (found.fault, found.gate, found.first, found.end, found.observed) == (Fault.ZERO, GATES[0], 50, 96, 0)


def test_too_short_a_history_shows_nothing(days):
    assert examine_day(days, 20, HOLIDAYS) == []
    with pytest.raises(ValueError, match="shape"):
        replace(days, gates=("a",))


def test_a_new_usual_after_weeks_is_no_fault_any_more(days):
    counts = days.counts.copy()
    counts[60:] = np.round(counts[60:] * 0.5)
    made = replace(days, counts=counts)
    assert {finding.fault for finding in examine_day(made, 60, HOLIDAYS)} == {Fault.LEVEL_SHIFT}
    assert examine_day(made, 120, HOLIDAYS) == []

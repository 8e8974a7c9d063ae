"""Descriptions of measures."""

from dataclasses import dataclass
from typing import Annotated

import pytest

from analytics.facts import CrossingMeasures, GateMeasures, ZoneMeasures
from analytics.measures import BothDirections, Measure, OverTime, measures_of

SHARE = Measure(description="A share, 0..1.", digits=3, history_digits=1, over_time=OverTime.MEAN)


@dataclass
class Measured:
    name: str
    share: Annotated[float | None, SHARE]
    other: Annotated[float, "no measure"] = 0


@dataclass
class MeasuredAgain(Measured):
    second: Annotated[bool, SHARE] = True


def test_measures_are_found_by_their_annotation_and_inherited() -> None:
    assert measures_of(MeasuredAgain) == {"share": SHARE, "second": SHARE}


@pytest.mark.parametrize(("value", "in_count", "over_time"), [(0.12345, 0.123, 0.1), (None, None, None), (True,) * 3])
def test_floats_are_rounded_and_nothing_else(value: object, in_count: object, over_time: object) -> None:
    assert (SHARE.rounded(value), SHARE.rounded_over_time(value)) == (in_count, over_time)


def test_a_text_names_unit_and_rules() -> None:
    measure = Measure(description="Flow.", unit="veh/h", over_time=OverTime.LARGEST, directions=BothDirections.SUM)
    assert measure.text == "Flow. Unit: veh/h. Over several intervals: the largest; sum of both directions."
    assert Measure(description="Flow.").text == "Flow."


def test_every_measure_of_an_interval_has_its_rules() -> None:
    measures = {**measures_of(GateMeasures), **measures_of(ZoneMeasures)}
    assert [name for name, measure in measures.items() if measure.over_time is None] == []
    gate = measures_of(GateMeasures)
    assert [name for name, measure in gate.items() if measure.directions is None] == ["coverage"]


def test_every_description_is_a_sentence() -> None:
    for cls in (CrossingMeasures, GateMeasures, ZoneMeasures):
        for name, measure in measures_of(cls).items():
            assert measure.description[0].isupper(), name
            assert measure.description.endswith("."), name

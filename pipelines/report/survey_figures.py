"""Figures of the survey sheet of one road: its streams by quarter, in vehicles and smp, peak hour, DJ and LOS.

A road is a gate with its two directions, or an approach of a junction with its movements. Working days are Monday to
Friday without the holidays of the calendar.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from analytics.camera import Road
from analytics.capacity.pkji import SmpFlow, degree_of_saturation, level_of_service, smp_flow, weighted
from analytics.capacity.pkji_tables import AT_JUNCTIONS, DIVIDED, RoadType
from analytics.facts import LevelOfService
from analytics.planning.peak_hour import PeakHour, Quarter, peak_hour
from analytics.road_users import RoadUser
from pipelines.report.quarter_flows import QUARTER_S, Counts, Month, by_class, vehicles

PKJI_GROUPS: dict[str, tuple[RoadUser, ...]] = {
    "SM": (RoadUser.MOTORCYCLE,),
    "MP": (RoadUser.CAR,),
    "KS": (RoadUser.BUS, RoadUser.TRUCK),
    "KTB": (RoadUser.BICYCLE,),
}
"""Classes of the survey sheet: sepeda motor, mobil penumpang, kendaraan sedang, kendaraan tak bermotor [PKJI 2023]."""
HOUR_S = 3600
"""Seconds of an hour."""


@dataclass(frozen=True, kw_only=True)
class Capacity:
    """Flow of the peak hour against the capacity of the road.

    saturation: DJ, None without a capacity. level: None at a junction, where it is by delay.
    """

    smp: SmpFlow
    saturation: float | None
    level: LevelOfService | None


@dataclass(frozen=True, kw_only=True)
class RoadSurvey:
    """A road over a month. streams: observed counts (n, 6) by name. mean_day: of working days, (96, 6) by stream.

    is_approach: whether the streams are movements of one approach of a junction, else the directions of a gate.
    working_days: those of the month. busiest: the peak hour of the whole month and its date.
    """

    name: str
    road: Road | None
    month: Month
    streams: Mapping[str, Counts]
    mean_day: Mapping[str, Counts]
    working_days: list[date]
    peak: PeakHour | None
    busiest: tuple[date, PeakHour] | None
    capacity: Capacity | None
    is_approach: bool = False

    @property
    def has_whole_flow(self) -> bool:
        """Whether the streams are all traffic that uses the capacity: an approach lacks the way out, or other arms."""
        if self.road is None or self.road.type is RoadType.JUNCTION:
            return False
        return not (self.is_approach and self.road.counts_both_directions)

    @property
    def is_divided(self) -> bool:
        """Whether each stream has a carriageway of its own."""
        return self.road is not None and self.road.type in DIVIDED and not self.is_approach

    @property
    def total(self) -> Counts:
        """Observed counts (6,) of the month in all streams, not scaled up."""
        return np.asarray(np.sum([counts.sum(axis=0) for counts in self.streams.values()], axis=0))

    def smp_of_quarter(self, number: int) -> dict[str, float | None]:
        """Return the smp of each stream in a quarter of the mean day, weighted by the flow of its carriageway."""
        if self.is_divided:
            flows = {name: self.smp_flow(day[number], QUARTER_S) for name, day in self.mean_day.items()}
            return {name: None if one is None else one.smp_h * QUARTER_S / HOUR_S for name, one in flows.items()}
        together = np.sum([day[number] for day in self.mean_day.values()], axis=0)
        flow = self.smp_flow(together, QUARTER_S)
        if flow is None:
            return dict.fromkeys(self.mean_day)
        return {name: weighted(_motor(day[number]), flow.row) for name, day in self.mean_day.items()}

    def smp_flow(self, counts: Counts, observed_s: float) -> SmpFlow | None:
        """Return counts (6,) in smp/h; None where they are unknown, a part of the flow, or of no described road."""
        if self.road is None or not self.has_whole_flow or np.isnan(counts).any():
            return None
        return smp_flow(by_class(counts), observed_s, self.road.type, width_m=self.road.width_m)


def survey_of(
    name: str,
    road: Road | None,
    month: Month,
    streams: Mapping[str, Counts],
    holidays: frozenset[date],
    *,
    is_approach: bool = False,
) -> RoadSurvey:
    """Return the figures of a road from its observed counts by quarter."""
    dates = sorted(set(month.dates))
    working = [day for day in dates if day.weekday() < 5 and day not in holidays]
    mean_day = {stream: month.mean_day(counts, frozenset(working)) for stream, counts in streams.items()}
    together = np.sum(list(mean_day.values()), axis=0)
    peak = peak_hour([Quarter(None if np.isnan(n) else float(n)) for n in vehicles(together)])
    survey = RoadSurvey(
        name=name,
        road=road,
        month=month,
        streams=streams,
        mean_day=mean_day,
        working_days=working,
        peak=peak,
        busiest=_busiest(month, np.sum(list(streams.values()), axis=0), dates),
        capacity=None,
        is_approach=is_approach,
    )
    return replace(survey, capacity=_capacity(survey))


def _busiest(month: Month, counts: Counts, dates: list[date]) -> tuple[date, PeakHour] | None:
    peaks = [(day, peak) for day in dates if (peak := peak_hour(month.quarters_of(counts, day)))]
    return max(peaks, key=lambda one: one[1].volume, default=None)


def _capacity(survey: RoadSurvey) -> Capacity | None:
    """Return the flow of the peak hour of the mean working day against the road's capacity.

    Of a divided road, the larger direction has it; of all others, all streams together.
    """
    if survey.peak is None or survey.road is None:
        return None
    hour = slice(survey.peak.first, survey.peak.first + HOUR_S // QUARTER_S)
    flows = [day[hour].sum(axis=0) for day in survey.mean_day.values()]
    if not survey.is_divided:
        flows = [np.sum(flows, axis=0)]
    known = [flow for counts in flows if (flow := survey.smp_flow(counts, HOUR_S))]
    if not known:
        return None
    largest = max(known, key=lambda flow: flow.smp_h)
    saturation = degree_of_saturation(largest.smp_h, survey.road.capacity_smp_h)
    level = None if survey.road.type in AT_JUNCTIONS else level_of_service(saturation)
    return Capacity(smp=largest, saturation=saturation, level=level)


def _motor(counts: Counts) -> dict[RoadUser, float]:
    return {user: n for user, n in by_class(counts).items() if user not in (RoadUser.PERSON, RoadUser.BICYCLE)}

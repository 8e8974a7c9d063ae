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
from analytics.capacity.pkji_tables import AT_JUNCTIONS
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

    @property
    def total(self) -> Counts:
        """Observed counts (6,) of the month in all streams, not scaled up."""
        return np.asarray(np.sum([counts.sum(axis=0) for counts in self.streams.values()], axis=0))

    def smp_of_quarter(self, number: int) -> dict[str, float | None]:
        """Return the smp of each stream in a quarter of the mean day, weighted by the flow of the whole road."""
        together = np.sum([day[number] for day in self.mean_day.values()], axis=0)
        flow = self.smp_flow(together, QUARTER_S)
        if flow is None:
            return dict.fromkeys(self.mean_day)
        return {name: weighted(_motor(day[number]), flow.row) for name, day in self.mean_day.items()}

    def smp_flow(self, counts: Counts, observed_s: float) -> SmpFlow | None:
        """Return counts (6,) in smp/h; None where they are unknown or the road is not described."""
        if self.road is None or np.isnan(counts).any():
            return None
        return smp_flow(by_class(counts), observed_s, self.road.type, width_m=self.road.width_m)


def survey_of(
    name: str, road: Road | None, month: Month, streams: Mapping[str, Counts], holidays: frozenset[date]
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
    )
    return replace(survey, capacity=_capacity(survey))


def _busiest(month: Month, counts: Counts, dates: list[date]) -> tuple[date, PeakHour] | None:
    peaks = [(day, peak) for day in dates if (peak := peak_hour(month.quarters_of(counts, day)))]
    return max(peaks, key=lambda one: one[1].volume, default=None)


def _capacity(survey: RoadSurvey) -> Capacity | None:
    """Return the flow of the peak hour of the mean working day against the road's capacity; by its larger direction.

    Of an undivided road and of an approach, all streams together have the capacity.
    """
    if survey.peak is None or survey.road is None:
        return None
    hour = slice(survey.peak.first, survey.peak.first + HOUR_S // QUARTER_S)
    flows = [day[hour].sum(axis=0) for day in survey.mean_day.values()]
    if survey.road.counts_both_directions or survey.road.type in AT_JUNCTIONS:
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

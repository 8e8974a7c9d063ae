"""Indonesian road capacity: flow in passenger-car units, degree of saturation, level of service.

smp (satuan mobil penumpang, skr in PKJI 2023) are the passenger-car units of HCM: vehicles weighted by the share of
the road's capacity that each uses. The weights (emp) depend on the road type and on the flow.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from analytics.capacity.pkji_tables import EMP, LANES_IN_FLOW, LEVEL_OF_SERVICE_UP_TO, EmpRow, Manual, RoadType
from analytics.facts import LevelOfService
from analytics.road_users import SIDE_FRICTION, RoadUser


@dataclass(frozen=True, slots=True)
class SmpFlow:
    """Flow in passenger-car units, and the table row with its weights.

    smp_h: smp per hour. veh_h: the same motor vehicles per hour, unweighted.
    """

    smp_h: float
    veh_h: float
    row: EmpRow


def emp(row: EmpRow, road_user: RoadUser) -> float | None:
    """Return the passenger-car equivalent of a class; None for side friction.

    Bicycles and people on foot are side friction in PKJI, not flow (RSNI T-14-2004 gives them no emp either). Light
    pick-ups are MP in PKJI; where the detector classifies one as a truck, its weight is too large.
    """
    match road_user:
        case RoadUser.MOTORCYCLE:
            return row.motorcycle
        case RoadUser.CAR:
            return row.light
        case RoadUser.BUS | RoadUser.TRUCK:
            return row.medium
        case RoadUser.BICYCLE | RoadUser.PERSON:
            return None


def emp_row(
    road: RoadType,
    veh_h: float,
    *,
    width_m: float | None = None,
    manual: Manual = Manual.PKJI_2023,
    rows: Iterable[EmpRow] = EMP,
) -> EmpRow | None:
    """Return the row for a road at a flow of `veh_h` motor vehicles/h, or None if the manual has none.

    width_m: of the carriageway; None means a width above 6 m. rows: another table, such as a city's own.
    """
    flow = veh_h / LANES_IN_FLOW.get(road, 1)
    width = width_m if width_m is not None else np.inf
    fitting = [
        row
        for row in rows
        if row.manual is manual
        and row.road is road
        and row.over_width_m < width <= row.up_to_width_m
        and row.flow_from <= flow
    ]
    return max(fitting, key=lambda row: row.flow_from, default=None)


def smp_flow(
    counts: Mapping[RoadUser, float],
    observed_s: float,
    road: RoadType,
    *,
    width_m: float | None = None,
    manual: Manual = Manual.PKJI_2023,
    rows: Iterable[EmpRow] = EMP,
) -> SmpFlow | None:
    """Return the flow in smp/h: sum of hourly count times emp [PKJI 2023, chapter 4; HCM, passenger-car units].

    counts: road users that crossed in `observed_s` observed seconds: both directions together on 2/2-TT, one
    carriageway on divided roads, one approach at signals, all approaches at a junction without them.
    None without observed time, or if the manual has no row for the road. Raises ValueError for negative counts.
    """
    if any(n < 0 for n in counts.values()):
        raise ValueError(f"counts cannot be negative, got {dict(counts)}")
    if observed_s <= 0:
        return None
    hours = observed_s / 3600
    motor: dict[RoadUser, float] = {user: n for user, n in counts.items() if user not in SIDE_FRICTION}
    veh_h = sum(motor.values()) / hours
    row = emp_row(road, veh_h, width_m=width_m, manual=manual, rows=rows)
    if row is None:
        return None
    return SmpFlow(smp_h=weighted(motor, row) / hours, veh_h=veh_h, row=row)


def weighted(counts: Mapping[RoadUser, float], row: EmpRow) -> float:
    """Return counts in passenger-car units."""
    return sum((emp(row, user) or 0.0) * n for user, n in counts.items())


def degree_of_saturation(smp_h: float | None, capacity_smp_h: float | None) -> float | None:
    """Return DJ = q / C (derajat kejenuhan) [PKJI 2023, equation 5-14 at signals; volume/capacity ratio in HCM].

    capacity_smp_h: C as surveyed for this road, never a default. None without it, or without a flow.
    Raises ValueError for a capacity that is not positive.
    """
    if capacity_smp_h is None or smp_h is None:
        return None
    if capacity_smp_h <= 0:
        raise ValueError(f"a capacity is positive, got {capacity_smp_h:g} smp/h")
    return smp_h / capacity_smp_h


def level_of_service(saturation: float | None, *, forced: bool = False) -> LevelOfService | None:
    """Return the level of service (tingkat pelayanan) by volume/capacity on primary arterials [KM 14/2006].

    forced: traffic is jammed. The level is then F however small the flow, because a queue that hardly moves passes few
    vehicles. None if the degree of saturation is unknown and flow is not forced.

    >>> level_of_service(0.45), level_of_service(0.46), level_of_service(0.1, forced=True)
    (<LevelOfService.B: 'B'>, <LevelOfService.C: 'C'>, <LevelOfService.F: 'F'>)
    """
    if forced:
        return LevelOfService.F
    if saturation is None:
        return None
    return next(
        (LevelOfService(level) for level, limit in LEVEL_OF_SERVICE_UP_TO if saturation <= limit), LevelOfService.F
    )

"""JSON of counts and history: crossings of the last minutes, and measures over buckets of time."""

from pydantic import Field

from analytics.facts import Direction, Level, LevelOfService
from analytics.road_users import RoadUser
from portal.schemas import Answer, Fraction, Utc

Counts = dict[RoadUser, int]
"""Gate crossings by class; every class is a key."""


class MinuteCounts(Answer):
    start_at: Utc
    observed: Fraction = Field(description="Share of the minute that was analysed; the newest is still filling.")
    counts: Counts | None = Field(description="Gate crossings by class; null where nothing was observed.")


class GateTotal(Answer):
    gate: str
    direction: Direction
    counts: Counts


class RecentCounts(Answer):
    camera_id: str
    from_at: Utc
    to_at: Utc
    observed_s: float
    minutes: list[MinuteCounts]
    totals: list[GateTotal]


class HistoryRow(Answer):
    start_at: Utc
    end_at: Utc
    coverage: Fraction = Field(description="Share of the bucket that was observed; counts are not scaled up by it.")
    counts: Counts | None = None
    flow_veh_h: float | None = Field(default=None, description="Vehicles an hour of observed time.")
    speed_kmh: float | None = Field(default=None, description="Space-mean speed.")
    relative_speed: float | None = Field(default=None, description="Speed over the zone's own free flow.")
    occupancy: float | None = None
    level: Level = Field(default=Level.UNKNOWN, description="The level that held longest; of equals, the worse.")
    headway_mean_s: float | None = Field(default=None, description="At a gate, between vehicles of one direction.")
    headway_median_s: float | None = None
    headway_under_2s: Fraction | None = Field(default=None, description="Share of vehicles that followed within 2 s.")
    smp_h: float | None = Field(default=None, description="Flow in passenger-car units (PKJI 2023) an hour.")
    saturation: float | None = Field(
        default=None, description="Degree of saturation DJ = q / C; at a gate, of the direction that has most."
    )
    level_of_service: LevelOfService | None = Field(default=None, description="Of a zone's road, by KM 14/2006.")
    emp_verified: bool | None = Field(
        default=None, description="Whether the emp behind smp_h are established; null where there is no smp_h."
    )


class History(Answer):
    camera_id: str
    gate: str | None = None
    zone: str | None = None
    interval_s: int
    rows: list[HistoryRow]

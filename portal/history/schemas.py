"""JSON of counts and history: gate crossings of the last minutes, and measures over buckets of time."""

from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from analytics.facts import Direction, GateMeasures, Level, ObservedShare, ZoneMeasures
from pipelines.query.history_rows import Counts
from portal.schemas import ApiModel, Fraction, Utc


class MinuteCounts(ApiModel):
    """Gate crossings of one UTC minute."""

    start_at: Utc
    observed: Fraction = Field(description="Share of the minute that was analysed; the newest minute is not over yet.")
    counts: Counts | None = Field(
        description="Gate crossings by class; null where nothing was observed, or a blind detector found nothing."
    )


class GateTotal(ApiModel):
    """Crossings of one direction of a gate over all minutes."""

    gate: str
    direction: Direction
    counts: Counts


class RecentCounts(ApiModel):
    """Gate crossings of the last minutes."""

    camera_id: str
    from_at: Utc
    to_at: Utc
    observed_s: float
    minutes: list[MinuteCounts]
    totals: list[GateTotal]


@dataclass(
    frozen=True,
    kw_only=True,
    config=ConfigDict(extra="forbid", json_schema_serialization_defaults_required=True),
)
class HistoryRow(GateMeasures, ZoneMeasures):
    """Measures of a gate or a zone over one bucket of time. Without observation a value is null, never 0.

    All measures come from `analytics.facts`. Those of zones are null for a gate, and those of gates for a zone.
    """

    start_at: Utc
    end_at: Utc
    coverage: Annotated[ObservedShare, Field(ge=0, le=1)]
    counts: Annotated[
        Counts | None, Field(description="Crossings of a gate in both directions; not scaled up by coverage.")
    ] = None
    flow_veh_h: Annotated[
        float | None, Field(description="Vehicles per hour of observed time; of both directions of a gate.")
    ] = None
    speed_kmh: Annotated[
        float | None,
        Field(description="Space-mean speed: in the zone, or the harmonic mean of the speeds at the gate."),
    ] = None
    level: Annotated[
        Level, Field(description="The known level that lasted longest; of equals, the worse; `unknown` for a gate.")
    ] = Level.UNKNOWN


class History(ApiModel):
    """Measures of a gate or a zone over consecutive buckets of time."""

    camera_id: str
    gate: str | None = None
    zone: str | None = None
    interval_s: int
    rows: list[HistoryRow]


class TrendHour(ApiModel):
    """Flow of one hour, beside the usual flow of that weekday and hour."""

    start_at: Utc
    end_at: Utc
    flow_veh_h: float | None = Field(
        description="Vehicles an hour of observed time; null where less than ten minutes were observed."
    )
    usual_veh_h: float | None = Field(
        description="Median of the same weekday and hour of the last six weeks; null where fewer than two are known."
    )
    weeks: int = Field(description="Past weeks that are known.")


class Trend(ApiModel):
    """Flow of a camera over the last twelve hours, the newest not over yet, against the usual flow."""

    camera_id: str
    gate: str | None = Field(description="The busiest gate of the last day, of which the flow is; null without any.")
    hours: list[TrendHour]

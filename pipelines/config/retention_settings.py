"""Settings of old rows: the age at which they are compressed or deleted."""

from datetime import datetime, timedelta
from typing import Annotated, Self

from pydantic import Field, model_validator

from pipelines.config.section import Section

Days = Annotated[int, Field(ge=14, le=36_500)]
"""Age in days. At least twice the time that late data takes. [assumption: an outbox waits for a week]"""
DROPPED_AFTER = timedelta(days=2)
"""Time from the age at which events are not stored any more to that at which rows are deleted: so a bucket that a late
event changes has all its rows. [a day of the city, the longest bucket, and a chunk]"""


class RetentionConfig(Section):
    """Old rows of the database. What a key leaves out is kept for ever; roll-ups, gaps and incidents always are."""

    compress_after_days: Days | None = 14
    """Age from which on a day is compressed, on TimescaleDB with its own licence (TSL). `null`: never."""
    crossings_days: Days | None = None
    """Days for which gate crossings are kept. `observed_days` must be as long or shorter. Roll-ups remain, but no
    movements and reports."""
    observed_days: Days | None = None
    """Days for which the analysed periods are kept; required with `crossings_days`."""
    gate_intervals_days: Days | None = None
    """Days for which the minutes of gates are kept."""
    zone_intervals_days: Days | None = None
    """Days for which the minutes of zones are kept."""
    levels_days: Days | None = None
    """Days for which changes of congestion levels are kept."""
    health_days: Days | None = None
    """Days for which reports of the cameras' state are kept."""

    @model_validator(mode="after")
    def _count_nothing_as_zero(self) -> Self:
        """Refuse analysed periods without their crossings: they state that no vehicle crossed."""
        crossings, observed = self.crossings_days, self.observed_days
        if crossings is not None and (observed is None or observed > crossings):
            raise ValueError(
                f"observed_days must be set to {crossings} or fewer, as crossings_days:"
                " analysed periods without their crossings would count as periods without traffic"
            )
        return self

    def days_of(self, *tables: str) -> int | None:
        """Return for how many days the rows of all these tables are kept; None for ever."""
        limits = [days for table in tables if (days := getattr(self, f"{table}_days")) is not None]
        return min(limits, default=None)

    def kept_from(self, table: str, now: datetime) -> datetime | None:
        """Return the time from which no row of a table is deleted; None where none ever is."""
        days = self.days_of(table)
        return None if days is None else now - timedelta(days=days) - DROPPED_AFTER
